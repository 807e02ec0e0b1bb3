"""`monitor once`: one full cycle, then stop; for cron and for tests.

Effects: those of `app`.
"""

import argparse
import sys

from monitor.app import build_app
from monitor.cli.lines import write_line
from monitor.cli.opening import load_config, load_instead
from monitor.clock import SystemClock
from monitor.cycle import run_once
from monitor.edits import look_back_now
from monitor.logs import setup_logging
from monitor.model import PollOutcome
from monitor.outbox.deliver import Sent
from monitor.pipeline.visits import PollSummary
from monitor.storage.store import Store
from monitor.text import plural

EXAMPLE = "monitor once --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument(
        "--json",
        action="store_true",
        help="a line per feed and per delivery; digests for the console go to standard error",
    )
    parser.add_argument(
        "--log-level", choices=("debug", "info", "warning", "error"), default="error", help="default: error"
    )


def run(args: argparse.Namespace) -> int:
    """Do one cycle and say what it came to."""
    setup_logging(args.log_level.upper())
    loaded = load_config(args, needs_channels=True)
    visits: list[PollSummary] = []
    sent: list[Sent] = []
    progress = _Progress(len(loaded.feeds), is_shown=not args.json and sys.stderr.isatty())

    def note(visit: PollSummary) -> None:
        visits.append(visit)
        progress.tell(len(visits))

    def write(text: str) -> None:
        progress.clear()
        print(text, end="", file=sys.stderr if args.json else sys.stdout, flush=True)

    app = build_app(
        loaded,
        SystemClock(),
        write=write,
        report_poll=note,
        report_sent=sent.append,
        load_instead=load_instead(args),
    )
    if app.passed:
        older = "older than what other workers have in force, which counts. See: monitor watchlist diff file"
        print(f"{args.config}: {', '.join(sorted(app.passed))}: {older}", file=sys.stderr)
    elif app.in_force.loaded is not loaded:
        waits = "an edit waits to be planned, and the watchlist before it counts. See: monitor plan"
        print(f"{args.config}/watchlist.toml: {waits}", file=sys.stderr)
    try:
        look_back_now(app)
        run_once(app)
        deliveries = _deliveries(app.store, sent)
    finally:
        progress.clear()
        app.close()
    if args.json:
        for visit in visits:
            write_line(_visit_record(visit))
        for record in deliveries:
            write_line(record)
    else:
        _say(visits, deliveries)
    every_feed_failed = bool(visits) and all(v.outcome in (PollOutcome.FAILED, PollOutcome.GONE) for v in visits)
    return 1 if every_feed_failed or any(record["state"] != "sent" for record in deliveries) else 0


class _Progress:
    """How far the reading has come, for a person at a terminal: one line, gone when anything else is printed."""

    def __init__(self, feeds: int, *, is_shown: bool) -> None:
        self._feeds = feeds
        self._is_shown = is_shown

    def tell(self, read: int) -> None:
        """So many feeds are read."""
        self._put(f"\r{read:,} of {plural(self._feeds, 'feed')} read")

    def clear(self) -> None:
        """Take the line away."""
        self._put("\r\x1b[K")

    def _put(self, text: str) -> None:
        if self._is_shown:
            sys.stderr.write(text)
            sys.stderr.flush()


def _visit_record(visit: PollSummary) -> dict[str, object]:
    return {
        "feed": visit.feed,
        "url": visit.url,
        "outcome": visit.outcome.value,
        "status": visit.status,
        "entries": visit.entries,
        "new": visit.new,
        "error": visit.error or None,
        "reason": visit.reason or None,
        "baseline": visit.first and visit.told_later == 0,
    }


def _deliveries(store: Store, sent: list[Sent]) -> list[dict[str, object]]:
    """A record per delivery tried in this cycle, each once, with its last state."""
    last = {item.delivery.id: item for item in sent}
    with store.read() as tx:
        stored = {
            found.delivery.id: found
            for found in tx.outbox.of_digests(sorted({item.delivery.digest_id for item in last.values()}))
        }
    return [
        {
            "topic": stored[number].topic,
            "channel": item.delivery.channel,
            "stories": stored[number].stories,
            "state": item.state,
            "error": item.error or None,
            "delivery": number,
            "part": item.delivery.part,
        }
        for number, item in sorted(last.items())
    ]


def _say(visits: list[PollSummary], deliveries: list[dict[str, object]]) -> None:
    count = {outcome: sum(1 for visit in visits if visit.outcome is outcome) for outcome in PollOutcome}
    articles = sum(visit.new for visit in visits)
    failed = count[PollOutcome.FAILED] + count[PollOutcome.GONE]
    print(
        f"{plural(len(visits), 'feed')} visited: {count[PollOutcome.NEW]} with news, "
        f"{count[PollOutcome.UNCHANGED]} unchanged, {failed} failed. New: {plural(articles, 'article')}."
    )
    first = [visit for visit in visits if visit.first and visit.told_later == 0]
    if first:
        kept = "what was there is its baseline, or old: kept, not told"
        print(f"Read for the first time: {plural(len(first), 'feed')}; {kept}.")
        matched = sum(visit.matches for visit in first)
        if matched:
            print(f"Of that, on your topics: {plural(matched, 'match', 'matches')} (monitor preview TOPIC --since 7d).")
    for visit in visits:
        if visit.outcome in (PollOutcome.FAILED, PollOutcome.GONE):
            print(f"  {visit.feed}: {visit.error or 'gone (410); remove it from feeds.toml'}")
    for record in deliveries:
        tail = f": {record['error']}" if record["error"] else ""
        print(f"delivery {record['delivery']} of {record['topic']} to {record['channel']}: {record['state']}{tail}")
