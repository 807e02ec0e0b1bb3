"""`monitor plan`: what the edited watchlist would change, by the stored articles; with `--apply`, say yes to it.

Effects: reads files and the archive, writes to standard output; with `--apply` writes the yes to the database.
"""

import argparse
import os
import sys
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from monitor.cli.arguments import list_number, read_age
from monitor.cli.lines import write_line
from monitor.cli.moments import say_time
from monitor.cli.opening import cli_author, existing_store
from monitor.clock import SystemClock
from monitor.config.load import ConfigFaults, Loaded, load, read_earlier
from monitor.config.values import near_miss
from monitor.config.watch import WATCHLIST
from monitor.errors import ConfigError, MonitorError
from monitor.model import TopicKey
from monitor.pipeline.plan import TITLES, plan_change
from monitor.pipeline.plan_words import plan_lines, topic_record, total_record
from monitor.pipeline.planned import Plan
from monitor.storage.revisions import Revision, body_hash
from monitor.storage.store import Store
from monitor.topics.lexicon import load_lexicon
from monitor.topics.match import CompiledWatchlist

EXAMPLE = "monitor plan --since 30d\n  monitor plan --apply --replay 24h"

TITLES_MAX = 1_000
EXIT_FAULTY = 2
SHOWN_AFTER_S = 2.0
"""A plan that takes no longer needs no word on how far it has come."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument("--since", metavar="TIME", default="30d", help="how far back, as in 24h or 30d (default: 30d)")
    parser.add_argument(
        "--against", metavar="REVISION", type=list_number, help="compare with this revision (default: the one in force)"
    )
    parser.add_argument("--topic", metavar="KEY", help="this topic alone")
    parser.add_argument(
        "--titles", metavar="N", type=int, default=TITLES, help=f"stories shown of each kind (default: {TITLES})"
    )
    parser.add_argument("--apply", action="store_true", help="say yes to the watchlist as it stands in the file")
    parser.add_argument(
        "--replay", metavar="TIME", help='with --apply: let new topics tell what came in that time, as in "24h"'
    )
    parser.add_argument("--json", action="store_true", help="one JSON object per topic, then one of the total")


def run(args: argparse.Namespace) -> int:
    """Print what would change, or every fault of the edit."""
    if args.replay is not None and not args.apply:
        raise ConfigError("--replay says what becomes of new topics", where="--replay", remedy="Use it with --apply.")
    replay_s = int(read_age(args.replay).total_seconds()) if args.replay is not None else 0
    since = SystemClock().now() - read_age(args.since)
    titles = min(max(args.titles, 0), TITLES_MAX)
    try:
        loaded = load(Path(args.config), os.environ, load_lexicon(), needs_channels=False)
    except ConfigFaults as faults:
        _print_faults(faults, as_json=args.json)
        return EXIT_FAULTY
    now = SystemClock().now()
    with existing_store(loaded) as store:
        if store is None:
            remedy = "Start the monitor once (monitor run), or check database.url."
            raise MonitorError("there is no archive of this version yet", where="[database]", remedy=remedy)
        before = _find_before(store, loaded, args.against)
        topic = _find_topic(before.compiled, loaded.compiled, args.topic)
        progress = _Progress(is_shown=not args.json and sys.stderr.isatty())
        plan = plan_change(
            store,
            before.compiled,
            loaded.compiled,
            now,
            since,
            topic=topic,
            titles=titles,
            tell=progress.tell,
        )
        progress.clear()
        if args.json:
            for one in plan.topics:
                write_line(topic_record(one, plan))
            write_line({**total_record(plan), "against": before.number, "applied": args.apply})
        else:
            print("\n".join([before.said, *plan_lines(plan, say_time)]))
        if args.apply:
            if not before.is_over:
                _apply(store, loaded, now, replay_s)
            if not args.json:
                print(_say_applied(loaded, plan, args.replay, is_over=before.is_over))
    return 0


class _Before(Struct, frozen=True):
    """What the edit is compared with."""

    compiled: CompiledWatchlist | None
    number: int | None
    said: str
    is_over: bool = False
    """Whether the file as it stands is in force already, so that the edit is compared that brought it."""


def _find_before(store: Store, loaded: Loaded, wanted: int | None) -> _Before:
    """The watchlist in force, or that of the revision asked for."""
    with store.read() as tx:
        revision = tx.revisions.latest() if wanted is None else tx.revisions.get(wanted)
        newest = tx.revisions.head()
        is_over = wanted is None and newest is not None and newest.watchlist_hash == body_hash(loaded.bodies[WATCHLIST])
        earlier = tx.revisions.other(newest, WATCHLIST) if is_over and newest else None
    if revision is None and wanted is not None:
        known = f"The newest is {newest.id}." if newest else "There is none yet."
        raise MonitorError(f"there is no revision {wanted}", remedy=f"{known} See: monitor watchlist log")
    if revision is None:
        return _Before(None, None, "No watchlist was in force yet, so every topic is new.")
    revision = earlier or revision
    compiled = read_earlier(
        revision.bodies[WATCHLIST], f"revision {revision.id}: {WATCHLIST}", loaded.compiled.lexicon, loaded.compiled
    )
    said = _say_revision(revision, is_latest=wanted is None and earlier is None)
    if earlier is not None and newest is not None:
        by = f"revision {newest.id} of {say_time(newest.at)} by {newest.author}"
        said = f"{WATCHLIST} as it stands is in force already: {by}.\n{said[:-1]}, the one before it."
    return _Before(compiled, revision.id, said, is_over=is_over)


def _say_revision(revision: Revision, *, is_latest: bool) -> str:
    kind = ", in force" if is_latest else ""
    return f"Against revision {revision.id} of {say_time(revision.at)} by {revision.author}{kind}."


def _find_topic(old: CompiledWatchlist | None, new: CompiledWatchlist, wanted: str | None) -> TopicKey | None:
    """The key of a topic that stands on either side, by its key or name."""
    if wanted is None:
        return None
    topics = [one.topic for side in (new, old) if side for one in side.topics]
    for topic in topics:
        if wanted.casefold() in (topic.key.casefold(), topic.name.casefold()):
            return topic.key
    near = near_miss(wanted, [str(topic.key) for topic in topics])
    raise MonitorError(f'there is no topic "{wanted}", before or after', remedy=f"{near}See: monitor check")


def _apply(store: Store, loaded: Loaded, now: datetime, replay_s: int) -> None:
    """Note the yes to the very text that was planned, whatever stands in the file by now."""
    with store.write() as tx:
        hashed = body_hash(loaded.bodies[WATCHLIST])
        tx.revisions.note_edit(hashed, cli_author(), now, planned=True, replay_s=replay_s)


def _say_applied(loaded: Loaded, plan: Plan, replay: str | None, *, is_over: bool) -> str:
    path = loaded.folder / WATCHLIST
    if is_over:
        late = " It is too late for --replay, which counts from when an edit comes in force." if replay else ""
        return f"There is nothing to approve: {path} as it stands is in force.{late}"
    if not plan.topics:
        return f"Noted: {path} as it stands is approved."
    told = (
        f" New and edited topics look back once and tell what is of the last {replay}, a feed's first reading too."
        if replay
        else ""
    )
    when = "A running monitor takes it within seconds, else its next start."
    return f"Noted: {path} as it stands is approved. {when}{told}"


def _print_faults(faults: ConfigFaults, *, as_json: bool) -> None:
    if not as_json:
        print(faults)
        return
    for problem in faults.problems:
        write_line({"path": problem.path, "line": problem.line or None, "message": problem.message})


class _Progress:
    """How far the replay has come, for a person at a terminal: one line, gone when anything else is printed."""

    def __init__(self, *, is_shown: bool) -> None:
        self._clock = SystemClock()
        self._is_shown = is_shown
        self._began_s = self._clock.monotonic_s()
        self._is_out = False

    def tell(self, done: int, whole: int) -> None:
        """So many articles of so many are judged."""
        if self._is_shown and self._clock.monotonic_s() - self._began_s >= SHOWN_AFTER_S:
            self._is_out = True
            sys.stderr.write(f"\r{done:,} of {whole:,} articles judged")
            sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._is_out:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
