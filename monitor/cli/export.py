"""`monitor export`: every match as JSON Lines or CSV, for another tool.

Effects: database, writes to standard output.
"""

import argparse
import csv
import sys
from collections.abc import Iterable, Iterator

from monitor.cli.arguments import read_age
from monitor.cli.lines import evidence_record, format_time, write_line
from monitor.cli.opening import find_topic, load_config, opened_store
from monitor.cli.progress import bar_line, shown_progress
from monitor.clock import SystemClock
from monitor.model import Evidence
from monitor.storage.exporting import ExportedMatch, MarkedThen, ToldThen, export_matches
from monitor.storage.store import Store

EXAMPLE = """monitor export --since 30d > matches.jsonl
  monitor export --topic hostage-negotiations --as csv > matches.csv"""

COLUMNS = (
    "topic", "article", "story", "title", "url", "outlet", "feed", "language", "published", "seen", "matched", "score",
    "level", "evidence", "sentence", "told", "marks",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a cell begins that a spreadsheet would reckon out, their wide forms too: a headline may be written to do harm."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument(
        "--topic", metavar="KEY", action="append", default=[], help="only this topic; may be given several times"
    )
    parser.add_argument("--since", help="how far back, as in 24h or 30d (default: all that is kept)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--as", dest="medium", choices=("jsonl", "csv"), default="jsonl", help="JSON Lines or CSV (default: jsonl)"
    )
    form.add_argument("--json", action="store_true", help="JSON Lines, as without it")


def run(args: argparse.Namespace) -> int:
    """Write every match, the oldest article first; says on standard error where there is none."""
    loaded = load_config(args)
    topics = [find_topic(loaded, wanted).key for wanted in args.topic]
    since = SystemClock().now() - read_age(args.since) if args.since else None
    with opened_store(loaded) as store:
        found = _Counted(export_matches(store, topics=topics, since=since), _newest(store))
        # Lines that go to the terminal say by themselves how far it is.
        with shown_progress(found.line, sys.stderr, is_shown=sys.stderr.isatty() and not sys.stdout.isatty()):
            count = write_csv(found) if args.medium == "csv" else write_records(found)
    if not count:
        print("No match to export.", file=sys.stderr)
    return 0


class _Counted:
    """Matches as they come, and how far in the archive the last one stands."""

    def __init__(self, found: Iterable[ExportedMatch], newest: int) -> None:
        self._found = found
        self._newest = newest
        self._first = self._last = 0

    def __iter__(self) -> Iterator[ExportedMatch]:
        for one in self._found:
            self._last = int(one.match.article_id)
            self._first = self._first or self._last
            yield one

    def line(self) -> str:
        """What a person at a terminal sees."""
        return bar_line("exported", (self._last - self._first) / max(1, self._newest - self._first))


def _newest(store: Store) -> int:
    with store.read() as tx:
        return int(next(iter(tx.articles.newest(1)), 0))


def write_records(found: Iterable[ExportedMatch]) -> int:
    """JSON Lines; returns how many."""
    count = 0
    for count, one in enumerate(found, 1):  # noqa: B007  # what is counted is told
        write_line(match_record(one))
    return count


def write_csv(found: Iterable[ExportedMatch]) -> int:
    """CSV with a header, lists in words; returns how many rows."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for count, one in enumerate(found, 1):  # noqa: B007  # likewise
        writer.writerow(map(safe_cell, _cells(one)))
    return count


def safe_cell(value: object) -> object:
    """The cell as a spreadsheet takes it for text; numbers stay numbers."""
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


def match_record(one: ExportedMatch) -> dict[str, object]:
    """A match as an object, in the keys' fixed order; times in UTC."""
    return dict(zip(COLUMNS, _values(one), strict=True))


def _values(one: ExportedMatch) -> Iterator[object]:
    yield from _plain_values(one)
    yield list(map(evidence_record, one.match.evidence))
    yield one.match.sentence
    yield [{"channel": told.channel, "at": format_time(told.at), "update": told.is_update} for told in one.told]
    yield [{"mark": mark.verdict.value, "at": format_time(mark.at), "by": mark.by or None} for mark in one.marks]


def _cells(one: ExportedMatch) -> Iterator[object]:
    yield from _plain_values(one)
    yield "; ".join(map(_evidence_cell, one.match.evidence))
    yield one.match.sentence
    yield "; ".join(map(_told_cell, one.told))
    yield "; ".join(map(_mark_cell, one.marks))


def _plain_values(one: ExportedMatch) -> Iterator[object]:
    match = one.match
    yield from (match.topic, match.article_id, one.story_id, one.title, one.url, one.outlet, one.feed, one.language)
    yield from map(format_time, (one.published_at, one.seen_at, one.matched_at))
    yield from (match.score, match.level.value)


def _evidence_cell(evidence: Evidence) -> str:
    found = ", ".join(f"{word} {count}" for word, count in evidence.found.items())
    return f"{evidence.concept}: {found}" if found else evidence.concept


def _told_cell(told: ToldThen) -> str:
    return f"{told.channel} {format_time(told.at)}" + (" (update)" if told.is_update else "")


def _mark_cell(mark: MarkedThen) -> str:
    return f"{mark.verdict.value} {format_time(mark.at)}" + (f" by {mark.by}" if mark.by else "")
