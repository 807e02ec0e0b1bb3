"""`monitor feeds discover` and `add`: the feeds of a page, shown or, where there is exactly one, written down.

Effects: files, network, prints.
"""

import argparse
from pathlib import Path
from shlex import quote

from monitor.cli.edited import noting_edit
from monitor.cli.lines import format_time, write_line
from monitor.cli.moments import say_time
from monitor.clock import SystemClock
from monitor.config import edit
from monitor.config.feeds import address_key, is_web_address
from monitor.config.load import Loaded
from monitor.errors import MonitorError
from monitor.feeds.discover import FoundBy, FoundFeed, discover_once
from monitor.feeds.guard import Guard
from monitor.feeds.sandbox import ParserProcess
from monitor.model import FeedSpec
from monitor.text import plural
from monitor.urls import host_of

_WAYS = {
    FoundBy.ITSELF: "the address itself",
    FoundBy.SITE: "as this site has them",
    FoundBy.LINK: "linked in the page",
    FoundBy.CANONICAL: "by the page's own address",
    FoundBy.PROBE: "in a usual place",
}


def show_feeds(args: argparse.Namespace, loaded: Loaded) -> int:
    """List the feeds of a page, best first; nothing is written. Raises MonitorError when there is none."""
    for feed in _discover(args.url, loaded):
        if args.json:
            write_line(_record(feed, loaded))
        else:
            print(_shown(feed, loaded))
    return 0


def add_feed(args: argparse.Namespace, loaded: Loaded) -> int:
    """Write down the feed at an address, or the one feed of the page there; of several none, and they are listed."""
    found = _discover(args.url, loaded)
    good = [feed for feed in found if feed.parsed.entries] or list(found)
    if len(good) > 1 or good[0].is_comments:
        for feed in found:
            print(_shown(feed, loaded))
        what = f"{len(found)} feeds were found" if len(good) > 1 else "only a feed of readers' comments was found"
        raise MonitorError(
            f"{what}, so nothing was written",
            where=args.url,
            remedy=f"Choose one: monitor feeds add {quote(found[0].url)}",
        )
    [feed] = good
    if known := _known_as(feed.url, loaded):
        raise MonitorError(f'the feed is there already, as "{known.name}" ({known.place})', where=feed.url)
    parsed = feed.parsed
    name = args.name or parsed.title or host_of(feed.url)
    spec = FeedSpec(name=name, url=feed.url, language=args.language or parsed.language)
    edit.add_feed(Path(args.config), spec, note=noting_edit(loaded, "feeds add"))
    entries = plural(len(parsed.entries), "entry", "entries")
    print(f'Added "{name}" with {entries} to {args.config}/feeds.toml. A running daemon takes it up.')
    if feed.found_by is not FoundBy.ITSELF:
        print(f"Its address, {_WAYS[feed.found_by]}, is {feed.url}")
    print("Its present entries become the baseline: kept, not told.")
    return 0


def _discover(typed: str, loaded: Loaded) -> tuple[FoundFeed, ...]:
    polling = loaded.settings.polling
    parser, now = ParserProcess(), SystemClock().now()
    try:
        return discover_once(
            typed,
            Guard(polling.allow_private_hosts),
            lambda body, base_url, charset: parser.parse(body, base_url, charset, now),
            body_bytes_max=polling.body_bytes_max,
            exchange_s=polling.timeout_s,
        )
    finally:
        parser.close()


def _known_as(url: str, loaded: Loaded) -> FeedSpec | None:
    """The configured feed of this address, http and https taken for one."""
    key = _key(url)
    return next((spec for spec in loaded.feeds if _key(spec.url) == key), None)


def _key(url: str) -> str:
    return (address_key(url) if is_web_address(url) else url).partition("://")[2]


def _record(feed: FoundFeed, loaded: Loaded) -> dict[str, object]:
    known = _known_as(feed.url, loaded)
    return {
        "url": feed.url,
        "title": feed.parsed.title,
        "entries": len(feed.parsed.entries),
        "newest": format_time(feed.newest),
        "found_by": feed.found_by.value,
        "configured_as": known.name if known else None,
    }


def _shown(feed: FoundFeed, loaded: Loaded) -> str:
    entries = plural(len(feed.parsed.entries), "entry", "entries")
    newest = f", newest {say_time(feed.newest)}" if feed.newest else ""
    comments = ", comments of readers" if feed.is_comments else ""
    known = _known_as(feed.url, loaded)
    configured = f', configured as "{known.name}"' if known else ""
    title = feed.parsed.title or "a feed without a title"
    return f"{feed.url}\n  {title}: {entries}{newest}{comments}; {_WAYS[feed.found_by]}{configured}"
