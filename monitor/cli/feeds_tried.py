"""`monitor feeds test`: a feed fetched and parsed as the daemon would.

Effects: network, a child process, prints.
"""

import argparse
from shlex import quote

from monitor.cli.feeds_health import find_feed
from monitor.cli.lines import write_line
from monitor.cli.moments import say_time
from monitor.clock import SystemClock
from monitor.config.load import Loaded
from monitor.errors import FetchError, MonitorError, ParseError, ParseReason
from monitor.feeds.discover import OTHER_SCHEME
from monitor.feeds.fetch import fetch_once, user_agent
from monitor.feeds.guard import Guard
from monitor.feeds.sandbox import ParserProcess
from monitor.feeds.sites import typed_addresses
from monitor.model import FeedRules, Fetched, ParsedFeed


def test_feed(args: argparse.Namespace, loaded: Loaded) -> int:
    """Fetch and parse one; 1 when it is none."""
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
