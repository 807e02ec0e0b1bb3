"""`monitor feeds import` and `export`: the lists of feeds that every reader of feeds writes and reads, OPML.

Effects: reads and writes files, prints.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from monitor.cli.edited import noting_edit
from monitor.cli.lines import read_bytes
from monitor.config.edit import add_feeds
from monitor.config.feeds import address_key, new_feeds
from monitor.config.load import Loaded
from monitor.config.values import shown, url_fault
from monitor.feeds.opml import read_outlines, write_opml
from monitor.feeds.sites import web_address
from monitor.model.feeds import FeedSpec

DOUBLES_SHOWN = 20
"""Feeds of a list that are there already, told one by one; the rest is counted."""


def import_feeds(args: argparse.Namespace, loaded: Loaded) -> int:
    """Add every feed of a list that is not there yet; 1 when it holds no good one."""
    where = "standard input" if args.file == "-" else args.file
    outlines = read_outlines(read_bytes(args.file), where)
    good = []
    faults = [(feed, "has no `xmlUrl`, so it is no feed.") for feed in outlines.without_address]
    for feed in outlines.feeds:
        feed = replace(feed, url=web_address(feed.url) or feed.url)
        fault = url_fault(feed.url)
        if fault is None:
            good.append(feed)
        else:
            faults.append((feed, f"`xmlUrl` {fault}"))
    fresh = new_feeds(loaded.feeds, good)  # a name that is taken gets its host, and refuses nothing
    if fresh:
        add_feeds(Path(args.config), fresh, note=noting_edit(loaded, "feeds import"))
    for feed, fault in sorted(faults, key=lambda one: int(one[0].place.rpartition(":")[2])):
        print(f"{feed.place}: {shown(feed.name or 'an outline without a name')}: left out: {fault}", file=sys.stderr)
    doubles = _find_doubles(loaded, good, fresh)
    known = len(doubles)
    left_out = f", {len(faults)} left out" if faults else ""
    print(f"{len(fresh)} feeds added to {args.config}/feeds.toml, {known} were there already{left_out}.")
    for feed, name in doubles[:DOUBLES_SHOWN]:
        print(f"  {feed.place}: {shown(feed.name or feed.url)} is there already as {shown(name)}")
    if known > DOUBLES_SHOWN:
        print(f"  and {known - DOUBLES_SHOWN} more")
    return 1 if faults and not good else 0


def _find_doubles(loaded: Loaded, good: Sequence[FeedSpec], fresh: Sequence[FeedSpec]) -> list[tuple[FeedSpec, str]]:
    """Feeds of the list whose address is known, or stood higher up in it, with the name it has."""
    names = {address_key(feed.url): feed.name for feed in reversed(loaded.feeds)}
    added = iter(fresh)
    doubles = []
    for feed in good:
        key = address_key(feed.url)
        if key in names:
            doubles.append((feed, names[key]))
        else:
            names[key] = next(added).name
    return doubles


def export_feeds(args: argparse.Namespace, loaded: Loaded) -> int:
    """Write every configured feed as such a list."""
    text = write_opml(loaded.feeds, "news-monitor")
    if args.file == "-":
        sys.stdout.write(text)
    else:
        Path(args.file).write_text(text, encoding="utf-8")
        print(f"{len(loaded.feeds)} feeds written to {args.file}.")
    return 0
