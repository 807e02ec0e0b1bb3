"""`monitor group`: which articles are copies or reports of one another.

Effects: reads files and standard input, writes to standard output.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from monitor.cli.lines import read_articles, to_article, write_line
from monitor.model import Article, ArticleId, FeedId, Relation, StoryId
from monitor.model.ids import NO_FEED
from monitor.stories.group import tell_choice
from monitor.stories.memory import StoryMemory
from monitor.stories.rarity import read_table
from monitor.text import plain_line, shorten
from monitor.topics.lexicon import load_lexicon

EXAMPLE = "monitor group --json articles.jsonl"

OWN_KEYS = frozenset({"id", "title", "text", "url", "feed", "source", "language", "author", "published", "seen"})
"""Keys of an article line that we read; any other is carried along."""
TITLE_CHARS = 100
"""So much of a title or id fits a terminal's line."""
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""The time of every article in a file that knows no times."""
NOTHING_NEAR = "nothing alike in the last 7 days"


class Grouped(Struct, frozen=True):
    """One article line with what was decided about it; ids are the lines' own."""

    record: dict[str, object]
    article: object
    """The line's own id, or its number where it has none."""
    story: object
    relation: Relation
    of: object
    evidence: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("file", metavar="FILE.jsonl", help="articles, one JSON object a line; - for standard input")
    parser.add_argument("--json", action="store_true", help="one JSON object per article")


def run(args: argparse.Namespace) -> int:
    """Print each article's story and why."""
    counts: Counter[Relation] = Counter()
    for grouped in group_lines(args.file):
        counts[grouped.relation] += 1
        if args.json:
            write_line(_to_record(grouped))
        else:
            print(_to_words(grouped))
    if not args.json:
        copies, reports = counts[Relation.COPY], counts[Relation.REPORT]
        print(f"articles: {counts.total()}, stories: {counts[Relation.NEW]}, copies: {copies}, reports: {reports}")
    return 0


def group_lines(path: str) -> Iterator[Grouped]:
    """Each article line of a file with its story, in the lines' order, which is taken for that of arrival."""
    lines = [(number, record, to_article(record, number)) for number, record in read_articles(path)]
    memory = StoryMemory(read_table(load_lexicon().shares()))
    feeds: dict[str, FeedId] = {"": NO_FEED}
    ids: dict[int, object] = {}
    titles: dict[int, str] = {}
    at = next((time for time in (_time_of(article) for _, _, article in lines) if time is not None), LONG_AGO)
    for number, record, article in lines:
        # An article without a time came when the line before it did.
        at = _time_of(article) or at
        feed_id = feeds.setdefault(article.feed, FeedId(len(feeds)))
        ids[number] = record.get("id", number)
        titles[number] = shorten(article.title, TITLE_CHARS)
        choice = memory.assign(replace(article, id=ArticleId(number), feed_id=feed_id), int(at.timestamp()))
        story_id = choice.story_id if choice.story_id is not None else StoryId(number)
        title = "" if choice.compared is None else titles[choice.compared]
        yield Grouped(
            record=record,
            article=ids[number],
            story=ids[story_id],
            relation=choice.relation,
            of=None if choice.of is None else ids[choice.of],
            evidence=tell_choice(choice, title) or NOTHING_NEAR,
        )


def _time_of(article: Article) -> datetime | None:
    times = [time for time in (article.published_at, article.seen_at) if time is not None]
    return min(times, default=None)


def _to_record(grouped: Grouped) -> dict[str, object]:
    record = grouped.record
    extra = {key: value for key, value in record.items() if key not in OWN_KEYS}
    own: dict[str, object] = {
        "article": grouped.article,
        "story": grouped.story,
        "relation": grouped.relation.value,
        "of": grouped.of,
        "evidence": grouped.evidence,
    }
    return own | {key: value for key, value in extra.items() if key not in own}


def _to_words(grouped: Grouped) -> str:
    title = shorten(plain_line(str(grouped.record.get("title") or "(no title)")), TITLE_CHARS)
    if grouped.relation is Relation.NEW:
        return f"new     {title}\n        story {_shown(grouped.story)}; {grouped.evidence}"
    to = f"story {_shown(grouped.story)}, of {_shown(grouped.of)}"
    return f"{grouped.relation.value:7} {title}\n        {to}: {grouped.evidence}"


def _shown(own_id: object) -> str:
    return shorten(plain_line(str(own_id)), TITLE_CHARS)
