"""How well copies and stories are found, beside exact titles, on labelled articles; and what an article costs.

`python -m bench.stories [FOLDER]` reads `stories/*.jsonl` of `$MONITOR_CORPUS` (or FOLDER), an article a line; its
`story` is the label. Copies are judged by pairs; tellings are what a reader of everything gets per story of several
outlets.

Effects: reads files, writes to standard output.
"""

import json
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from monitor.cli.lines import to_article
from monitor.model import Article, FeedId, Relation, StoryId
from monitor.stories.group import Grouper, StoredPrint
from monitor.stories.normal import headline_key
from monitor.stories.similarity import fingerprint
from monitor.urls import publisher_of


@dataclass(frozen=True, slots=True)
class Judged:
    """What one way of grouping made of one set."""

    precision: float
    recall: float
    tellings: float
    """Per story of several outlets; 1 is right."""
    once: float
    """Part of those stories told exactly once."""
    never: float
    """Part of all stories never told."""


def read_articles(path: Path) -> tuple[list[Article], list[str]]:
    """The articles of a file in order of arrival, with their labels."""
    records = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    records.sort(key=lambda record: record["published"])
    feeds: dict[str, int] = {}
    articles = []
    for number, record in enumerate(records, 1):
        feed_id = FeedId(feeds.setdefault(record["feed"], len(feeds) + 1))
        articles.append(replace(to_article(record, number), feed_id=feed_id))
    return articles, [record["story"] for record in records]


def group_ours(articles: Sequence[Article]) -> tuple[list[int], list[int], dict[str, float]]:
    """The copy group and the story of each article, and microseconds per article."""
    started = time.process_time()
    prints = [fingerprint(article.title, article.text, article.url) for article in articles]
    printed = time.process_time()
    grouper = Grouper()
    copies: list[int] = []
    stories: list[int] = []
    for article, mark in zip(articles, prints, strict=True):
        at = article.published_at
        assert at is not None
        choice = grouper.assign(article, mark, at)
        story = choice.story_id if choice.story_id is not None else StoryId(article.id)
        copies.append(copies[choice.of - 1] if choice.relation is Relation.COPY and choice.of else article.id)
        stories.append(story)
        publisher = publisher_of(article.url, article.outlet)
        grouper.add(StoredPrint(article.id, story, article.feed_id, at, publisher, mark, choice.text_id or article.id))
    ended = time.process_time()
    scale = 1e6 / max(1, len(articles))
    return copies, stories, {"fingerprint": (printed - started) * scale, "assign": (ended - printed) * scale}


def group_by_title(articles: Sequence[Article]) -> list[int]:
    """What exact titles would say."""
    first: dict[int, int] = {}
    return [first.setdefault(headline_key(article.title), article.id) for article in articles]


def judge(groups: Sequence[int], tellings: Sequence[int], labels: Sequence[str], articles: Sequence[Article]) -> Judged:
    """Pairs, and what a reader would have been told."""

    def pairs(counts: Counter[object]) -> int:
        return sum(count * (count - 1) // 2 for count in counts.values())

    both = pairs(Counter(zip(groups, labels, strict=True)))
    found, wanted = pairs(Counter(groups)), pairs(Counter(labels))
    told: dict[str, int] = defaultdict(int)
    outlets: dict[str, set[str]] = defaultdict(set)
    for article, group, label in zip(articles, tellings, labels, strict=True):
        told[label] += group == article.id
        outlets[label].add(article.outlet)
    several = [label for label in told if len(outlets[label]) > 1]
    return Judged(
        precision=both / max(1, found),
        recall=both / max(1, wanted),
        tellings=sum(told[label] for label in several) / max(1, len(several)),
        once=sum(told[label] == 1 for label in several) / max(1, len(several)),
        never=sum(count == 0 for count in told.values()) / max(1, len(told)),
    )


def run(folder: str = "") -> int:
    """Measure both sets and print one table; exit code 2 without the corpus."""
    root = folder or os.environ.get("MONITOR_CORPUS", "")
    files = sorted((Path(root) / "stories").glob("*.jsonl")) if root else []
    if not files:
        print("bench.stories needs the corpus: set MONITOR_CORPUS to its folder.", file=sys.stderr)
        return 2
    print(f"{'set':18} {'grouping':14} {'P':>6} {'R':>6} {'tellings':>9} {'once':>6} {'never':>6}")
    for path in files:
        articles, labels = read_articles(path)
        copies, stories, cost = group_ours(articles)
        titles = group_by_title(articles)
        rows = [
            ("copies", judge(copies, stories, labels, articles)),
            ("stories", judge(stories, stories, labels, articles)),
            ("exact title", judge(titles, titles, labels, articles)),
        ]
        for name, row in rows:
            numbers = f"{row.precision:6.3f} {row.recall:6.3f} {row.tellings:9.2f} {row.once:6.3f} {row.never:6.3f}"
            print(f"{path.stem:18} {name:14} {numbers}")
        ratio = rows[2][1].tellings / rows[1][1].tellings
        costs = ", ".join(f"{name} {microseconds:.0f} us" for name, microseconds in cost.items())
        print(f"{'':18} exact titles tell {ratio:.2f} times as often; per article: {costs}")
    return 0


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:2]))
