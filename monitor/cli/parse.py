"""`monitor parse`: from the bytes of feeds to their entries, exactly as the daemon reads them.

Effects: reads files and standard input, starts the parser process, prints.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import closing

from monitor.cli.lines import format_time, read_bytes, write_line
from monitor.clock import SystemClock
from monitor.errors import MonitorError
from monitor.feeds.sandbox import ParserProcess
from monitor.model import Entry, ParsedFeed

EXAMPLE = "monitor parse --articles feed.xml | monitor group -"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="a feed of any kind; - is standard input")
    parser.add_argument("--base-url", default="", metavar="URL", help="resolves relative links")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="one JSON object per file")
    shape.add_argument("--articles", action="store_true", help="one JSON object per entry, as group and match take it")


def run(args: argparse.Namespace) -> int:
    """Read each file in turn; one that fails costs no other."""
    failed = 0
    with closing(ParserProcess()) as parser:
        for file in args.files:
            feed, error = _read(parser, file, args.base_url)
            failed += error is not None
            if args.json:
                write_line(_feed_line(file, feed, error))
            elif feed is None:
                print(f"{_shown(file)}: {error}", file=sys.stderr)
            elif args.articles:
                for line in _article_lines(file, feed):
                    write_line(line)
            else:
                _print_feed(file, feed)
            sys.stdout.flush()
    return 1 if failed == len(args.files) else 0


def _read(parser: ParserProcess, file: str, base_url: str) -> tuple[ParsedFeed | None, str | None]:
    try:
        return parser.parse(read_bytes(file), base_url, None, SystemClock().now()), None
    except MonitorError as error:
        return None, str(error).removeprefix(f"{file}: ")


def _feed_line(file: str, feed: ParsedFeed | None, error: str | None) -> dict[str, object]:
    return {
        "file": file,
        "title": feed.title if feed else None,
        "entries": [_entry_record(entry) for entry in feed.entries] if feed else [],
        "error": error,
    }


def _entry_record(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.guid or entry.id,
        "title": entry.title,
        "link": entry.link,
        "published": format_time(entry.published),
        "updated": format_time(entry.updated),
        "author": entry.author,
        "summary": entry.summary,
        "content": entry.content,
    }


def _article_lines(file: str, feed: ParsedFeed) -> Iterator[dict[str, object]]:
    for number, entry in enumerate(feed.entries, 1):
        yield {
            "id": entry.id or entry.link or f"{file}#{number}",
            "title": entry.title,
            "text": entry.text,
            "url": entry.link,
            "feed": feed.title or file,
            "source": entry.source,
            "language": entry.language or feed.language,
            "published": format_time(entry.published),
        }


def _print_feed(file: str, feed: ParsedFeed) -> None:
    print(f"{_shown(file)}: {feed.title or 'untitled'}, {len(feed.entries)} entries")
    for entry in feed.entries:
        print(f"  {format_time(entry.published) or 'no date':20}  {entry.title}")
        if entry.link:
            print(f"  {'':20}  {entry.link}")


def _shown(file: str) -> str:
    return "standard input" if file == "-" else file
