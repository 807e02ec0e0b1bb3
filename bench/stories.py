"""How well copies and stories are found, beside exact titles, on labelled articles.

`python -m bench.stories [FOLDER]` reads `stories/*.jsonl` of `$MONITOR_CORPUS` (or FOLDER), an article a line; its
`story` is the label. Copies are judged by pairs, stories by B-cubed and by pairs; tellings are what a reader of
everything gets per story of several outlets. Then `bench.stories_speed` says what it costs.

Effects: reads files, writes to standard output.
"""

import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from bench import stories_speed
from monitor.cli.lines import to_article
from monitor.model import Article, FeedId, Relation, StoryChoice
from monitor.stories.memory import StoryMemory
from monitor.stories.normal import headline_key
from monitor.stories.rarity import read_table
from monitor.topics.lexicon import load_lexicon

HOT_OUTLETS = 25
"""A story of so many outlets is the one that nobody wants to be told twice."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What one way of grouping made of one set."""

    copy_precision: float
    """Of pairs of articles taken for one text, those that the labels put together."""
    copy_recall: float
    """Of pairs that the labels put together, those taken for one text."""
    story_precision: float
    """B-cubed, as the next."""
    story_recall: float
    tellings: float
    """Per story of several outlets; 1 is right."""
    once: float
    """Part of those stories told exactly once."""
    never_told: float
    """Part of all stories: told under another's name, as a report."""
    never_shown: float
    """Part of all stories of which no article was shown at all."""
    hot_twice: int
    """Stories of 25 outlets and more that were told more than once."""

    @property
    def story_f1(self) -> float:
        """The harmonic mean of the B-cubed two."""
        return 2 * self.story_precision * self.story_recall / max(1e-9, self.story_precision + self.story_recall)


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


def group_ours(articles: Sequence[Article]) -> list[StoryChoice]:
    """What is decided of each article; its id is its place, from 1."""
    memory = StoryMemory(read_table(load_lexicon().shares()))
    choices = []
    for article in articles:
        assert article.published_at is not None
        choices.append(memory.assign(article, int(article.published_at.timestamp())))
    return choices


def group_by_title(articles: Sequence[Article]) -> list[StoryChoice]:
    """What exact titles would say: a copy where the title was there before."""
    first: dict[int, Article] = {}
    choices = []
    for article in articles:
        before = first.setdefault(headline_key(article.title), article)
        is_new = before is article
        choices.append(
            StoryChoice(Relation.NEW, None)
            if is_new
            else StoryChoice(Relation.COPY, None, before.id, text_id=before.id)
        )
    return choices


def _groups(articles: Sequence[Article], choices: Sequence[StoryChoice]) -> tuple[list[int], list[int]]:
    """The text and the story of each article, by the id of its first one."""
    texts: dict[int, int] = {}
    stories: dict[int, int] = {}
    for article, choice in zip(articles, choices, strict=True):
        texts[article.id] = choice.text_id or article.id
        stories[article.id] = article.id if choice.of is None else stories[choice.of]
    return list(texts.values()), list(stories.values())


def _pairs(counts: Counter[object]) -> int:
    return sum(count * (count - 1) // 2 for count in counts.values())


def judge(choices: Sequence[StoryChoice], labels: Sequence[str], articles: Sequence[Article]) -> Judged:
    """Pairs, B-cubed, and what a reader of everything would have been told."""
    texts, stories = _groups(articles, choices)
    both = _pairs(Counter(zip(texts, labels, strict=True)))
    size, true_size = Counter(stories), Counter(labels)
    joint = Counter(zip(stories, labels, strict=True))
    told: dict[str, int] = defaultdict(int)
    shown: dict[str, int] = defaultdict(int)
    outlets: dict[str, set[str]] = defaultdict(set)
    for article, choice, label in zip(articles, choices, labels, strict=True):
        told[label] += choice.relation is Relation.NEW
        shown[label] += choice.relation is Relation.NEW or (choice.relation is Relation.REPORT and not choice.quiet)
        outlets[label].add(article.outlet)
    several = [label for label in told if len(outlets[label]) > 1]
    return Judged(
        copy_precision=both / max(1, _pairs(Counter(texts))),
        copy_recall=both / max(1, _pairs(Counter(labels))),
        story_precision=sum(count * count / size[story] for (story, _), count in joint.items()) / len(labels),
        story_recall=sum(count * count / true_size[label] for (_, label), count in joint.items()) / len(labels),
        tellings=sum(told[label] for label in several) / max(1, len(several)),
        once=sum(told[label] == 1 for label in several) / max(1, len(several)),
        never_told=sum(count == 0 for count in told.values()) / max(1, len(told)),
        never_shown=sum(count == 0 for count in shown.values()) / max(1, len(shown)),
        hot_twice=sum(told[label] > 1 and len(outlets[label]) >= HOT_OUTLETS for label in told),
    )


def run(folder: str = "") -> int:
    """Measure the sets and print one table, then the speed; exit code 2 without the corpus."""
    root = folder or os.environ.get("MONITOR_CORPUS", "")
    files = sorted((Path(root) / "stories").glob("*.jsonl")) if root else []
    if not files:
        print("bench.stories needs the corpus: set MONITOR_CORPUS to its folder.", file=sys.stderr)
        return 2
    print(
        f"{'set':12} {'grouping':12} {'copy P':>7} {'copy R':>7} {'B3 P':>6} {'B3 R':>6} {'B3 F1':>6} {'tellings':>9}"
        f" {'once':>6} {'not told':>9} {'not shown':>10} {'hot twice':>10}"
    )
    for path in files:
        articles, labels = read_articles(path)
        rows = {
            "ours": judge(group_ours(articles), labels, articles),
            "exact title": judge(group_by_title(articles), labels, articles),
        }
        for name, row in rows.items():
            print(
                f"{path.stem:12} {name:12} {row.copy_precision:7.3f} {row.copy_recall:7.3f} {row.story_precision:6.3f}"
                f" {row.story_recall:6.3f} {row.story_f1:6.3f} {row.tellings:9.2f} {row.once:6.3f}"
                f" {row.never_told:9.3f} {row.never_shown:10.4f} {row.hot_twice:10}"
            )
        ratio = rows["exact title"].tellings / rows["ours"].tellings
        print(f"{'':12} exact titles tell {ratio:.2f} times as often")
    return stories_speed.run()


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:2]))
