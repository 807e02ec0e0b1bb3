"""`monitor feeds`: which feeds there are and how they are; find, try, add some, lists from and to other readers.

Effects: files, database, network (discover, add, test), prints.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from shlex import quote

from monitor.cli.edited import noting_edit
from monitor.cli.feeds_found import add_feed, show_feeds
from monitor.cli.feeds_health import accept_feed, find_feed, list_health, retry_feed
from monitor.cli.lines import read_bytes, write_line
from monitor.cli.moments import say_time
from monitor.cli.opening import load_config
from monitor.clock import SystemClock
from monitor.config.edit import add_feeds
from monitor.config.feeds import address_key, new_feeds
from monitor.config.load import Loaded
from monitor.config.values import shown, url_fault
from monitor.errors import FetchError, MonitorError, ParseError, ParseReason
from monitor.feeds.discover import OTHER_SCHEME
from monitor.feeds.fetch import fetch_once, user_agent
from monitor.feeds.guard import Guard
from monitor.feeds.opml import read_outlines, write_opml
from monitor.feeds.sandbox import ParserProcess
from monitor.feeds.sites import typed_addresses, web_address
from monitor.model import FeedRules, Fetched, ParsedFeed
from monitor.model.feeds import FeedSpec

DOUBLES_SHOWN = 20
"""Feeds of a list that are there already, told one by one; the rest is counted."""
NAME = "feeds"
SUMMARY = "Feeds and their health; find, try and add some, OPML in and out."
EXAMPLE = "monitor feeds discover theguardian.com\n  monitor feeds test https://feeds.bbci.co.uk/news/world/rss.xml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    actions = parser.add_subparsers(
        dest="action", metavar="list|discover|add|test|retry|accept|import|export", required=True
    )
    listing = actions.add_parser("list", help="every feed with its health")
    listing.add_argument("--json", action="store_true", help="one object per line")
    finding = actions.add_parser("discover", help="the feeds of a site or page, best first; nothing is written")
    finding.add_argument("url", metavar="URL", help="of a page, with or without https://")
    finding.add_argument("--json", action="store_true", help="one object per feed")
    adding = actions.add_parser(
        "add", help="try a feed, or the one feed of a page, and write it into feeds.toml, comments kept"
    )
    adding.add_argument("url", metavar="URL", help="of a feed, or of a page that has exactly one")
    adding.add_argument("--name", help="default: the feed's own title")
    adding.add_argument("--language", help="such as en or de; default: what the feed says")
    testing = actions.add_parser("test", help="fetch and parse a feed as the daemon would; nothing is stored")
    testing.add_argument("url", metavar="URL|NAME", help="an address, or the name of a configured feed")
    testing.add_argument("--json", action="store_true", help="one object")
    retrying = actions.add_parser("retry", help="have the daemon visit a feed now, whatever its wait")
    retrying.add_argument("feed", metavar="NAME|URL", help="its name or address in feeds.toml")
    accepting = actions.add_parser("accept", help="say that a held feed is the right one: from now on it is told again")
    accepting.add_argument("feed", metavar="NAME|URL", help="its name or address in feeds.toml")
    importing = actions.add_parser("import", help="add every feed of an OPML file to feeds.toml")
    importing.add_argument("file", metavar="FILE.opml|-")
    exporting = actions.add_parser("export", help="every configured feed as OPML")
    exporting.add_argument("file", metavar="FILE.opml|-", nargs="?", default="-")


def run(args: argparse.Namespace) -> int:
    """Do the one thing asked for; 1 when a feed that was to be tried or added is none."""
    actions = {
        "list": list_health,
        "discover": show_feeds,
        "add": add_feed,
        "test": _test,
        "accept": accept_feed,
        "retry": retry_feed,
        "import": _import,
        "export": _export,
    }
    return actions[args.action](args, load_config(args))


def _visit(typed: str, loaded: Loaded) -> tuple[str, Fetched, ParsedFeed]:
    """Fetch and parse as the daemon would, with the address that was meant. Raises FetchError or ParseError.

    What is configured, by its name or its address, is asked for with its key and through its proxy.
    """
    polling = loaded.settings.polling
    guard = Guard(polling.allow_private_hosts)
    spec = find_feed(typed, loaded)
    rules = spec.rules if spec is not None else FeedRules()
    addresses = [spec.url] if spec is not None else typed_addresses(typed)
    for url in addresses:
        try:
            answer = fetch_once(
                url,
                guard,
                user_agent=user_agent(polling.user_agent_contact),
                body_bytes_max=polling.body_bytes_max,
                exchange_s=polling.timeout_s,
                headers=rules.headers,
                proxy=rules.proxy,
            )
            break
        except FetchError as error:
            if url == addresses[-1] or error.reason not in OTHER_SCHEME:
                raise
    if not isinstance(answer, Fetched):
        raise MonitorError(
            "the server says the feed is gone for good (410)", where=url, remedy="Look for a new address."
        )
    parser = ParserProcess()
    try:
        return url, answer, parser.parse(answer.body, answer.final_url, answer.charset, SystemClock().now())
    except ParseError as error:
        if error.reason is ParseReason.HTML:
            error.where, error.remedy = url, f"See which feeds it has: monitor feeds discover {quote(url)}"
        raise
    finally:
        parser.close()


def _test(args: argparse.Namespace, loaded: Loaded) -> int:
    try:
        url, answer, parsed = _visit(args.url, loaded)
    except (FetchError, ParseError) as error:
        if not args.json:
            raise
        write_line({"url": args.url, "ok": False, "reason": error.reason.value, "error": str(error)})
        return 1
    if args.json:
        write_line(
            {
                "url": url,
                "ok": True,
                "final_url": answer.final_url,
                "status": answer.status,
                "bytes": len(answer.body),
                "title": parsed.title,
                "language": parsed.language,
                "entries": len(parsed.entries),
                "parser": parsed.road,
            }
        )
        return 0
    print(f"{parsed.title or 'a feed without a title'}: {len(parsed.entries)} entries, {len(answer.body)} bytes")
    if answer.final_url != url:
        print(f"  redirected to {answer.final_url}")
    for entry in parsed.entries[:5]:
        print(f"  {say_time(entry.published) if entry.published else 'no date':<17}  {entry.title}")
    if len(parsed.entries) > 5:
        print(f"  and {len(parsed.entries) - 5} more")
    return 0


def _import(args: argparse.Namespace, loaded: Loaded) -> int:
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


def _export(args: argparse.Namespace, loaded: Loaded) -> int:
    text = write_opml(loaded.feeds, "news-monitor")
    if args.file == "-":
        sys.stdout.write(text)
    else:
        Path(args.file).write_text(text, encoding="utf-8")
        print(f"{len(loaded.feeds)} feeds written to {args.file}.")
    return 0
