"""`monitor replay`: a recorded day, run again under another configuration, and what would have been told otherwise.

Effects: reads files and the database, writes to a temporary folder, one child process, prints.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from monitor.cli.arguments import read_age
from monitor.cli.lines import format_time, screen_line, write_line
from monitor.cli.moments import say_time
from monitor.cli.opening import load_config, opened_store
from monitor.clock import SystemClock
from monitor.config.load import load, load_settings
from monitor.digests.retelling import Difference, Retold, compare_tellings
from monitor.errors import ConfigError
from monitor.feeds.recordings import raw_path
from monitor.logs import setup_logging
from monitor.replaying import InForceFrom, Side, Span, choose_span, configs_of, listed, run_side, told_really
from monitor.text import plural
from monitor.topics.lexicon import load_lexicon

EXAMPLE = "monitor replay 2026-11-29 --config draft --archive config"

LIKE_REALLY = timedelta(minutes=5)
"""How much earlier or later than really told counts as at its time: the daemon's own visits take their turn."""
_HEADS = {
    Difference.ONLY_BEFORE: "Told only before",
    Difference.ONLY_AFTER: "Told only after",
    Difference.MOVED: "Told at another time",
    Difference.SAME: "Told alike",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument("day", metavar="DAY", help="a day in UTC, as in 2026-11-29; or yesterday, or today")
    parser.add_argument(
        "--archive",
        metavar="DIR",
        help="folder of the configuration whose archive and recordings are used (default: that of --config)",
    )
    parser.add_argument(
        "--before",
        metavar="DIR",
        help="compare with the configuration in this folder, and not with what was in force that day",
    )
    parser.add_argument(
        "--warm-up", default="7d", metavar="AGE", help="how much of the recording before the day is run first (7d)"
    )
    parser.add_argument("--all", action="store_true", help="list what is told alike, too")
    parser.add_argument("--json", action="store_true", help="a line per telling that differs, and one that sums up")


def run(args: argparse.Namespace) -> int:
    """Run both sides, compare, print."""
    setup_logging("CRITICAL")
    day = read_day(args.day, SystemClock().now())
    warm_up = read_age(args.warm_up)
    after = load_config(args)
    archive = Path(args.archive or args.config)
    kept = load_settings(archive, os.environ)
    folder = raw_path(kept.settings.database.url)
    span = choose_span(folder, day, warm_up)
    progress = _Progress(is_shown=not args.json and sys.stderr.isatty())

    with opened_store(kept) as store:
        if args.before:
            loaded = load(Path(args.before), os.environ, load_lexicon(), needs_channels=False)
            configs = [InForceFrom(span.start, loaded)]
        else:
            configs = configs_of(
                store,
                span,
                lambda bodies: load(archive, os.environ, load_lexicon(), needs_channels=False, instead=bodies),
            )
        really = told_really(store, span)
    try:
        one = run_side(folder, span, configs, lambda words: progress.tell(f"before: {words}"))
        other = run_side(folder, span, [InForceFrom(span.start, after)], lambda words: progress.tell(f"after: {words}"))
    finally:
        progress.clear()
    differences = compare_tellings(one.tellings, other.tellings)
    agreement = compare_tellings(really, one.tellings, tolerance=LIKE_REALLY)
    shown = [pair for pair in differences if args.all or pair.difference is not Difference.SAME]
    if args.json:
        for pair in shown:
            write_line(record_of(pair))
        write_line(_summary(span, one, other, differences, agreement))
        return 0
    _say_runs(span, one, other, list(listed(configs)), args.config)
    _say_agreement(agreement)
    _say_differences(differences, shown)
    return 0


def read_day(text: str, now: datetime) -> date:
    """A day as a person types it. Raises `ConfigError` for anything else."""
    today = now.astimezone(UTC).date()
    if text in ("today", "yesterday"):
        return today if text == "today" else today - timedelta(days=1)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f'"{text[:40]}" is no day', remedy="Write it as in 2026-11-29, or: yesterday.") from error


def record_of(pair: Retold) -> dict[str, object]:
    """One telling for programs; a side that does not tell it has no time."""
    telling = pair.telling
    return {
        "difference": pair.difference.value,
        "topic": telling.topic,
        "channel": telling.channel,
        "headline": telling.headline,
        "url": telling.url or None,
        "before_at": format_time(pair.before.told_at) if pair.before else None,
        "after_at": format_time(pair.after.told_at) if pair.after else None,
        "reason": telling.reason,
    }


def _summary(
    span: Span, one: Side, other: Side, differences: Sequence[Retold], agreement: Sequence[Retold]
) -> dict[str, object]:
    return {
        "day": span.day.isoformat(),
        "warm_up_days": len(span.days) - 1,
        "visits": one.visits,
        "recorded_until": format_time(one.last_at),
        "torn": one.torn,
        "before": len(one.tellings),
        "after": len(other.tellings),
        **{kind.value: _count(differences, kind) for kind in Difference},
        "unrecorded_feeds": list(other.unrecorded),
        "really_told": sum(1 for pair in agreement if pair.before is not None),
        "really_alike": _count(agreement, Difference.SAME),
        "really_at_another_time": _count(agreement, Difference.MOVED),
        "really_only": _count(agreement, Difference.ONLY_BEFORE),
        "replayed_only": _count(agreement, Difference.ONLY_AFTER),
    }


def _count(pairs: Sequence[Retold], kind: Difference) -> int:
    return sum(1 for pair in pairs if pair.difference is kind)


def _say_runs(span: Span, one: Side, other: Side, configs: Sequence[str], folder: str) -> None:
    warm = plural(len(span.days) - 1, "recorded day")
    print(f"{span.day} (UTC), run twice over {plural(one.visits, 'recorded visit')}, {warm} of warm-up before it.")
    if len(span.days) == 1:
        print("Without a day before it, what each feed showed first is its baseline, and is not told.")
    print(screen_line(f"  before: {', then '.join(configs)}: {plural(len(one.tellings), 'telling')}"))
    print(screen_line(f"  after:  {folder}: {plural(len(other.tellings), 'telling')}"))
    if one.torn:
        print(f"  {plural(one.torn, 'segment')} of the recording ended in the middle of a record, which is left out.")
    if one.last_at is not None and one.last_at < span.until - timedelta(hours=2):
        print(f"  The recording ends at {say_time(one.last_at)}.")
    if other.unrecorded:
        names = ", ".join(other.unrecorded[:5]) + (" and more" if len(other.unrecorded) > 5 else "")
        print(screen_line(f"  Nothing was recorded of {plural(len(other.unrecorded), 'feed')}: {names}."))


def _say_agreement(agreement: Sequence[Retold]) -> None:
    told = sum(1 for pair in agreement if pair.before is not None)
    alike, moved = _count(agreement, Difference.SAME), _count(agreement, Difference.MOVED)
    print(
        f"Really told that day: {told}; run again, the configuration before tells {alike} of them at their time, "
        f"{moved} at another, {_count(agreement, Difference.ONLY_BEFORE)} not, "
        f"and {_count(agreement, Difference.ONLY_AFTER)} that were not told."
    )


def _say_differences(differences: Sequence[Retold], shown: Sequence[Retold]) -> None:
    if not any(pair.difference is not Difference.SAME for pair in differences):
        print("\nNothing would have been told otherwise.")
    for kind in Difference:
        some = [pair for pair in shown if pair.difference is kind]
        if some:
            print(f"\n{_HEADS[kind]} ({len(some)}):")
        for pair in some:
            when = " -> ".join(say_time(side.told_at) for side in (pair.before, pair.after) if side is not None)
            when = say_time(pair.at) if kind is Difference.SAME else when
            telling = pair.telling
            headline = telling.headline or "(its article is past the retention)"
            print(screen_line(f"  {when}  {telling.topic} to {telling.channel}: {headline}"))
    alike = _count(differences, Difference.SAME)
    if alike and not any(pair.difference is Difference.SAME for pair in shown):
        print(f"\nTold alike: {alike} (--all lists them).")


class _Progress:
    """Which day is run, for a person at a terminal: one line, gone when anything else is printed."""

    def __init__(self, *, is_shown: bool) -> None:
        self._is_shown = is_shown

    def tell(self, words: str) -> None:
        """So far it has come."""
        self._put(f"\r\x1b[K{words}")

    def clear(self) -> None:
        """Take the line away."""
        self._put("\r\x1b[K")

    def _put(self, text: str) -> None:
        if self._is_shown:
            sys.stderr.write(text)
            sys.stderr.flush()
