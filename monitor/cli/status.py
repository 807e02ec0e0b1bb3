"""`monitor status`: one screen of how things stand.

Effects: database, prints.
"""

import argparse
import os
import sys
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from monitor.archive import database_path
from monitor.cli.lines import format_time, write_line
from monitor.cli.moments import say_time
from monitor.cli.mute import mute_record, show_mutes
from monitor.cli.opening import load_config, opened_store
from monitor.cli.workers_block import queue_records, worker_lines, worker_records
from monitor.clock import SystemClock
from monitor.config.load import ConfigFaults, Loaded, load_settings, read_earlier
from monitor.config.watch import WATCHLIST
from monitor.digests.budget import present_words
from monitor.model import FeedTrouble, Need, Topic, TroubleKind
from monitor.status import ChannelBudget, Status, TopicStatus, read_status
from monitor.storage.recipients import READER
from monitor.storage.store import Store
from monitor.targets import TargetStanding
from monitor.text import plural
from monitor.topics.lexicon import load_lexicon

EXAMPLE = "monitor status"


EXIT_FAULTY = 2
FAULTY = "The configuration is faulty; a running daemon keeps the one it loaded. See all of it: monitor check."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument("--json", action="store_true", help="one object")


def run(args: argparse.Namespace) -> int:
    """Show how things stand; 1 when a person is needed, 2 when the configuration is faulty.

    Faulty files are no reason to show nothing: the daemon works on with what it loaded before, and that is the moment
    at which one asks.
    """
    try:
        return _look(args, load_config(args))
    except ConfigFaults as faults:
        if not _can_look(args):
            raise
        print(faults, file=sys.stderr)
        _look(args, load_settings(Path(args.config), os.environ), faults)
        return EXIT_FAULTY


def _can_look(args: argparse.Namespace) -> bool:
    """Whether monitor.toml is good by itself, and the archive it names is there."""
    folder = Path(args.config)
    if not folder.is_dir():
        return False
    try:
        path = database_path(load_settings(folder, os.environ))
    except ConfigFaults:
        return False
    return path is None or path.exists()


def _look(args: argparse.Namespace, loaded: Loaded, faults: ConfigFaults | None = None) -> int:
    with opened_store(loaded) as store:
        topics = loaded.watchlist.topics
        if faults is not None or _waits(store):
            topics = _in_force(store, loaded)
        is_distributed = loaded.settings.is_distributed
        now = (_shared_time(store) if is_distributed else None) or SystemClock().now()
        status = read_status(
            store, topics, loaded.settings.channels, now, loaded.at_most, is_distributed=is_distributed
        )
    if faults is not None:
        status = replace(status, needs=(Need("config", f"{FAULTY} {faults.problems[0]}"), *_but_config(status)))
    if args.json:
        record = _record(status)
        write_line(record if faults is None else record | {"faults": [str(problem) for problem in faults.problems]})
    else:
        _show(status)
    return 1 if status.needs else 0


def _shared_time(store: Store) -> datetime | None:
    """The database's time, by which workers beat: this machine's may be another."""
    with store.read() as tx:
        return tx.workers.now()


def _waits(store: Store) -> bool:
    """Whether a daemon goes on with other topics than the file has: it refused the edit, or the edit waits."""
    with store.read() as tx:
        return any(notice.key in ("config", "config-waits") for notice in tx.notices.open())


def _in_force(store: Store, loaded: Loaded) -> tuple[Topic, ...]:
    """The topics of the latest revision: those that a daemon goes on with while the files are faulty."""
    with store.read() as tx:
        revision = tx.revisions.latest()
    if revision is None:
        return ()
    where = f"revision {revision.id}: {WATCHLIST}"
    compiled = read_earlier(revision.bodies[WATCHLIST], where, load_lexicon(), loaded.compiled)
    return tuple(one.topic for one in compiled.topics)


def _show(status: Status) -> None:
    beat = f"last seen {say_time(status.beat_at)}" if status.beat_at else "never ran on this database"
    print(f"Daemon      {beat}")
    if status.work is not None:
        print(*worker_lines(status.work), sep="\n")
    unread = f", {status.feeds_unread} not read yet" if status.feeds_unread else ""
    print(f"Feeds       {status.feeds} polled, {len(status.feeds_failing)} failing{unread}")
    for feed in status.feeds_failing[:10]:
        print(f"            {feed.feed.name}: {feed.error}")
    if len(status.feeds_failing) > 10:
        print(f"            and {len(status.feeds_failing) - 10} more: monitor feeds list")
    for trouble in status.troubles[:10]:
        print(f"            {trouble.name}: {_trouble(trouble)}")
    if len(status.troubles) > 10:
        print(f"            and {len(status.troubles) - 10} more: monitor feeds list")
    print(f"Articles    {status.articles} kept, {status.articles_day} in the last 24 hours")
    print(f"Stories     told {status.told_day} times in the last 24 hours")
    print(f"Deliveries  {status.waiting} waiting, {status.failed} given up")
    for one in status.stopped[:10]:
        why = "left the list" if one.stopped_by == READER else "was refused too often"
        print(f"            {one.channel}: {one.address} {why} {say_time(one.stopped_at)}")
    if len(status.stopped) > 10:
        print(f"            and {len(status.stopped) - 10} more: monitor outbox recipients")
    show_mutes(status.mutes)
    print("Topics")
    for topic in status.topics:
        due = f"next digest {say_time(topic.next_due_at)}" if topic.next_due_at else "told when something matches"
        waiting = plural(topic.waiting, "match", "matches")
        target = f", {topic.target.in_words}" if topic.target is not None else ""
        print(f"  {topic.key}: {topic.schedule}, {waiting} waiting, {due}{_budget(topic)}{target}")
    if status.budgets:
        print("Channels with a budget")
        for budget in status.budgets:
            told = f"{budget.told:,} told {present_words(budget.at_most)}"
            print(f"  {budget.channel}: at most {budget.at_most}, {told}: {_bar(budget)}")
    if status.needs:
        print("A person is needed:")
        for need in status.needs:
            since = status.since(need)
            print(f"  {need}" + (f" (since {say_time(since)})" if since else ""))
            for line in need.detail.splitlines()[:10]:
                print(f"      {line}")
    else:
        print("Nothing needs a person.")


def _but_config(status: Status) -> list[Need]:
    return [need for need in status.needs if need.key != "config"]


def _budget(topic: TopicStatus) -> str:
    if topic.at_most is None:
        return ""
    return f", at most {topic.at_most}: {_bar(topic)}"


def _bar(one: TopicStatus | ChannelBudget) -> str:
    return f"the bar is {one.bar}" if one.bar is not None else "no bar yet"


def _trouble(trouble: FeedTrouble) -> str:
    at = say_time(trouble.since)
    if trouble.kind is TroubleKind.LOST:
        return f"may have lost about {plural(trouble.count, 'entry', 'entries')} before {at}"
    return f"{'nothing new' if trouble.kind is TroubleKind.STALE else 'held, seems to be another feed'} since {at}"


def _record(status: Status) -> dict[str, object]:
    return {
        "at": format_time(status.at),
        "daemon_seen_at": format_time(status.beat_at),
        "workers": worker_records(status.work),
        "queues": queue_records(status.work),
        "feeds": {
            "polled": status.feeds,
            "failing": [
                {
                    "feed": feed.feed.name,
                    "url": feed.feed.url,
                    "reason": feed.reason,
                    "error": feed.error,
                    "since": format_time(feed.feed.state.failing_since),
                }
                for feed in status.feeds_failing
            ],
            "not_read_yet": status.feeds_unread,
            "troubles": [
                {
                    "feed": trouble.name,
                    "kind": trouble.kind.value,
                    "since": format_time(trouble.since),
                    "entries": trouble.count,
                }
                for trouble in status.troubles
            ],
        },
        "articles": {"kept": status.articles, "last_24h": status.articles_day},
        "stories": {"told_last_24h": status.told_day},
        "deliveries": {"waiting": status.waiting, "failed": status.failed},
        "stopped_recipients": [
            {"channel": one.channel, "address": one.address, "by": one.stopped_by, "at": format_time(one.stopped_at)}
            for one in status.stopped
        ],
        "mutes": [mute_record(mute, status.at) for mute in status.mutes],
        "topics": list(map(_topic_record, status.topics)),
        "channel_budgets": [
            {"channel": one.channel, "at_most": str(one.at_most), "bar": one.bar, "told": one.told}
            for one in status.budgets
        ],
        "needs": [str(need) for need in status.needs],
        "notices": [
            {
                "key": one.key,
                "since": format_time(one.since),
                "head": one.head,
                "remedy": one.remedy,
                "detail": one.detail,
                "told_at": format_time(one.told_at) if one.is_told else None,
            }
            for one in status.notices
        ],
    }


def _target_record(one: TargetStanding | None) -> dict[str, object] | None:
    if one is None:
        return None
    share = None if one.share is None else round(one.share, 4)
    return {
        "seconds": int(one.target.total_seconds()),
        "told_7d": one.told,
        "met_7d": one.met,
        "share_7d": share,
        "worst_seconds": int(one.worst.total_seconds()),
        "lost_by": one.lost_by.value if one.lost_by is not None else None,
    }


def _topic_record(topic: TopicStatus) -> dict[str, object]:
    return {
        "topic": topic.key,
        "name": topic.name,
        "schedule": topic.schedule,
        "waiting": topic.waiting,
        "next_due_at": format_time(topic.next_due_at),
        "last_closed_at": format_time(topic.last_closed_at),
        "at_most": None if topic.at_most is None else str(topic.at_most),
        "bar": topic.bar,
        "target": _target_record(topic.target),
    }
