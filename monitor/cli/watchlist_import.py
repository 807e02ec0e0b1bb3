"""`monitor watchlist import`: topics out of what other tools call alerts, word groups, rules or a list of words.

Effects: reads files and standard input, writes watchlist.toml, database, prints.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from monitor.cli.edited import noting_edit
from monitor.cli.lines import read_bytes
from monitor.cli.opening import find_channel, load_config
from monitor.config.edit_topics import NewTopic, add_topics, topic_text
from monitor.config.load import Loaded
from monitor.digests.schedule import parse_schedule
from monitor.errors import MonitorError, QueryError
from monitor.feeds.opml import read_outlines
from monitor.model import Schedule, Topic, TopicKey
from monitor.text import plain_line, plural, shorten
from monitor.topics.import_alerts import read_alerts
from monitor.topics.import_rules import read_miniflux
from monitor.topics.import_words import read_plain, read_trendradar
from monitor.topics.imported import TOPICS_MAX, Imported, LeftOut, Reading, make_key
from monitor.topics.match import CompiledTopic, compile_topic

READERS: dict[str, Callable[[list[tuple[int, str]]], Reading]] = {
    "google-alerts": read_alerts,
    "trendradar": read_trendradar,
    "miniflux": read_miniflux,
    "words": read_plain,
}
FILE_BYTES_MAX = 5_000_000
"""Larger than any such list; another file by mistake."""
SHOWN_CHARS = 80
NAME = "import"
EXAMPLE = "monitor watchlist import alerts.txt --from google-alerts --channels desk --schedule 'every 2h' --dry-run"


class _Sorted(Struct, frozen=True):
    """What becomes of the rules."""

    topics: list[tuple[Imported, NewTopic]]
    known: list[tuple[Imported, str]]
    """Rules that a topic of this key says already."""
    left_out: list[LeftOut]


def add_parser(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`import` among the actions of `monitor watchlist`."""
    said = "topics out of Google Alerts, TrendRadar, Miniflux or a plain list of words"
    parser = actions.add_parser(
        "import",
        help=said,
        description=f"Add {said} to watchlist.toml, all or none, comments kept. What cannot be said in our query "
        "language is listed with its line and what to write. docs/import.md shows each form.",
        epilog=f"example:\n  {EXAMPLE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE|-", help="the list; - is standard input")
    parser.add_argument(
        "--from", dest="tool", choices=sorted(READERS), required=True, help="what the list is written for"
    )
    parser.add_argument(
        "--channels", metavar="A,B", default="", help="where the topics are told (default: the console)"
    )
    parser.add_argument("--schedule", default="", help='when, as in "every 2h" or "daily 08:00" (default: every 1h)')
    parser.add_argument("--dry-run", action="store_true", help="print what would be added, and write nothing")


def run(args: argparse.Namespace) -> int:
    """Add the topics, or print them; 1 when none of the rules could be taken."""
    loaded = load_config(args)
    shared = _shared_values(args, loaded)
    where = "standard input" if args.file == "-" else args.file
    reading = _read(args, where)
    if len(reading.topics) > TOPICS_MAX:
        raise MonitorError(
            f"{len(reading.topics):,} topics are too many", where=where, remedy=f"Import up to {TOPICS_MAX:,}."
        )
    found = _sort(reading, shared, loaded, f"from {args.tool}, {plain_line(Path(where).name)}")
    added = [topic for _, topic in found.topics]
    if args.dry_run:
        print("\n".join(map(topic_text, added)), end="")
    elif added:
        note = f"{plural(len(added), 'topic')} imported from {args.tool}"
        add_topics(Path(args.config), added, loaded.compiled.lexicon, noting=noting_edit(loaded, note))
    out = sys.stderr if args.dry_run else sys.stdout
    for line in _remarks(found, reading, where):
        print(line, file=out)
    for one in found.left_out:
        print(_say_left_out(one, where), file=sys.stderr)
    print("\n".join(_summary(found, args)), file=out)
    return 1 if found.left_out and not found.topics and not found.known else 0


def _shared_values(args: argparse.Namespace, loaded: Loaded) -> dict[str, object]:
    """The channels and the schedule of every topic. Raises MonitorError for what there is not."""
    values: dict[str, object] = {}
    if names := [name.strip() for name in args.channels.split(",") if name.strip()]:
        values["channels"] = [str(find_channel(loaded, name)) for name in names]
    if args.schedule:
        parse_schedule(args.schedule, "UTC")
        values["schedule"] = args.schedule
    return values


def _read(args: argparse.Namespace, where: str) -> Reading:
    body = read_bytes(args.file)
    if len(body) > FILE_BYTES_MAX:
        raise MonitorError("this is no list of rules (too large)", where=where, remedy="Name another file.")
    if args.tool == "google-alerts" and body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return read_alerts([(_line_of(feed.place), feed.name) for feed in read_outlines(body, where).feeds])
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise MonitorError(
            "this is not UTF-8", where=f"{where}:{line}", remedy="Save it with the encoding UTF-8."
        ) from error
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return READERS[args.tool](list(enumerate(lines, 1)))


def _line_of(place: str) -> int:
    number = place.rpartition(":")[2]
    return int(number) if number.isdigit() else 0


def _sort(reading: Reading, shared: dict[str, object], loaded: Loaded, origin: str) -> _Sorted:
    """Each rule compiled as the daemon would, and given a key; what is there already is found by what it says."""
    found = _Sorted([], [], list(reading.left_out))
    known = {_meaning(one): str(one.topic.key) for one in reversed(loaded.compiled.topics)}
    taken = {str(topic.key) for topic in loaded.watchlist.topics}
    for one in reading.topics:
        draft = Topic(TopicKey("draft"), one.name, Schedule("UTC", now=True), (), query=one.query, exclude=one.exclude)
        try:
            compiled = compile_topic(draft, loaded.watchlist, loaded.compiled.lexicon)
        except MonitorError as error:
            what = error.what if isinstance(error, QueryError) else f"the name {error.what}"
            found.left_out.append(LeftOut(one.line, one.said, what, error.remedy))
            continue
        meaning = _meaning(compiled)
        if meaning in known:
            found.known.append((one, known[meaning]))
            continue
        key = make_key(one.name, taken)
        known[meaning] = key
        values: dict[str, object] = {"name": one.name}
        values |= {"query": one.query} if one.query is not None else {}
        values |= {"exclude": one.exclude} if one.exclude is not None else {}
        topic = NewTopic(key, values | shared, f"{origin}:{one.line}: {shorten(plain_line(one.said), SHOWN_CHARS)}")
        lints = tuple(lint for lint in compiled.lints if lint not in one.notes)
        found.topics.append((replace(one, notes=one.notes + lints), topic))
    found.left_out.sort(key=lambda one: one.line)
    return found


def _meaning(one: CompiledTopic) -> tuple[str, str]:
    """What two topics share that find the same."""
    names = "\n".join(sorted(name.casefold() for name in (one.topic.name, *one.topic.also)))
    exclude = "" if one.exclude is None else one.exclude.normalised
    return (names if one.query is None else f"query {one.query.normalised}"), exclude


def _remarks(found: _Sorted, reading: Reading, where: str) -> Iterator[str]:
    for one, topic in found.topics:
        yield f"{topic.key}: {shorten(plain_line(one.said), SHOWN_CHARS)}"
        if one.query is not None and one.query != one.said:
            yield f"  query: {one.query}"
        for note in one.notes:
            yield f"  note: {plain_line(note)}"
    for one, key in found.known:
        yield f"{where}:{one.line}: {shorten(plain_line(one.said), SHOWN_CHARS)}: there already, as topic {key}"
    if found.topics:
        for note in reading.notes:
            yield f"Note: {note}"


def _say_left_out(one: LeftOut, where: str) -> str:
    said = shorten(plain_line(one.said), SHOWN_CHARS)
    place = f"{where}:{one.line}" if one.line else where
    stop = "" if one.reason.endswith((".", "!", "?")) else "."
    return f"{place}: left out: {said}: {plain_line(one.reason)}{stop} {plain_line(one.remedy)}".rstrip()


def _summary(found: _Sorted, args: argparse.Namespace) -> Iterator[str]:
    verb = "would be added to" if args.dry_run else "added to"
    parts = [f"{plural(len(found.topics), 'topic')} {verb} {Path(args.config) / 'watchlist.toml'}"]
    parts += [f"{len(found.known)} there already"] if found.known else []
    parts += [f"{len(found.left_out)} left out"] if found.left_out else []
    yield f"{', '.join(parts)}."
    if found.topics and not args.dry_run:
        yield "See what they find in the stored articles: monitor plan"
