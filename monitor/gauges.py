"""What the metrics show of the present: read when it is asked for, and not again within five seconds.

Effects: database; reads how full the disk is.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from monitor.clock import Clock
from monitor.errors import MonitorError, StorageError
from monitor.in_force import InForce
from monitor.metrics import OTHER, Metrics, Values
from monitor.outbox.notices import KINDS, kind_of
from monitor.shared_work import SharedWork, read_shared_work
from monitor.storage.store import Store, Transaction
from monitor.targets import TargetStanding, read_targets

KEPT_S = 5.0
"""However many ask, the database is asked no more often."""
TARGETS_KEPT_S = 60.0


class Files(Protocol):
    """Who knows of the configuration's files."""

    in_force_since: datetime

    @property
    def faults(self) -> MonitorError | None:
        """What is wrong with them."""


class Sources(Struct, frozen=True):
    """What the gauges are read from, beside the database."""

    force: Callable[[], InForce]
    files: Files
    free_bytes: Callable[[], int]
    """Of the disk that holds the database."""


class Gauges:
    """Renders the numbers; may be called from any thread."""

    def __init__(self, metrics: Metrics, store: Store, clock: Clock, sources: Sources) -> None:
        self._metrics = metrics
        self._store = store
        self._clock = clock
        self._sources = sources
        self._turn = threading.Lock()
        self._read: Mapping[str, Values] = {}
        self._read_at_s: float | None = None
        self._targets: Sequence[TargetStanding] = ()
        self._targets_at_s: float | None = None

    def render(self, accept: str) -> tuple[bytes, str]:
        """All numbers as text or OpenMetrics, with their media type."""
        with self._turn:
            now_s = self._clock.monotonic_s()
            if self._read_at_s is None or now_s - self._read_at_s >= KEPT_S:
                self._read = self._look()
                self._read_at_s = now_s
        return self._metrics.render(accept, self._read)

    def _look(self) -> Mapping[str, Values]:
        sources, now = self._sources, self._clock.now()
        force = sources.force()
        shown: dict[str, Values] = {
            "monitor_config_valid": {(): float(sources.files.faults is None)},
            "monitor_config_in_force_timestamp_seconds": {(): sources.files.in_force_since.timestamp()},
            "monitor_topics": {(): len(force.topics)},
        }
        if self._store.database.is_sqlite:
            shown["monitor_disk_free_bytes"] = {(): sources.free_bytes()}
        try:
            with self._store.read() as tx:
                shown |= self._of_database(tx, force, now)
        except StorageError:
            return shown | {"monitor_database_up": {(): 0}}
        return shown | {"monitor_database_up": {(): 1}}

    def _of_database(self, tx: Transaction, force: InForce, now: datetime) -> Mapping[str, Values]:
        views, channel = tx.gauge_views, self._metrics.channel
        size, free = views.size_bytes()
        pending = dict.fromkeys(map(channel, force.channels), 0.0)
        unknown, oldest = dict(pending), dict(pending)
        for one in views.outbox():
            name = channel(one.channel)
            pending[name] = pending.get(name, 0) + one.count
            unknown[name] = unknown.get(name, 0) + one.unknown
            oldest[name] = max(oldest.get(name, 0), (now - one.oldest_at).total_seconds())
        held = dict.fromkeys(map(channel, force.channels), 0.0)
        held |= {channel(one.channel): 1.0 for one in tx.holds.all() if one.channel in force.channels}
        kinds = dict.fromkeys(KINDS, 0.0)
        for notice in tx.notices.open():
            kind = kind_of(notice.kind).name
            kinds[kind] = kinds.get(kind, 0) + 1
        return {
            "monitor_database_size_bytes": {(): size},
            "monitor_database_free_bytes": {(): free},
            "monitor_feeds": _labelled(views.feeds(now)),
            "monitor_feeds_overdue_seconds": {(): views.feeds_overdue(now).total_seconds()},
            "monitor_digest_overdue_seconds": {(): views.digests_overdue(now).total_seconds()},
            "monitor_outbox_pending": _labelled(pending),
            "monitor_outbox_oldest_pending_seconds": _labelled(oldest),
            "monitor_outbox_unknown": _labelled(unknown),
            "monitor_outbox_dead": {(): views.dead()},
            "monitor_channel_held": _labelled(held),
            "monitor_notices_open": _labelled(kinds),
            **self._of_targets(tx, force, now),
            **_work_values(read_shared_work(tx, now) if force.loaded.settings.is_distributed else None),
        }

    def _of_targets(self, tx: Transaction, force: InForce, now: datetime) -> Mapping[str, Values]:
        """Read once a minute: they are of seven days, and the dearest to read."""
        now_s = self._clock.monotonic_s()
        if self._targets_at_s is None or now_s - self._targets_at_s >= TARGETS_KEPT_S:
            self._targets, self._targets_at_s = read_targets(tx, force.topics.values(), now), now_s
        return _target_values(self._targets, self._metrics.topic)


def _target_values(standings: Sequence[TargetStanding], topic: Callable[[str], str]) -> Mapping[str, Values]:
    named = [(topic(one.topic), one) for one in standings if topic(one.topic) != OTHER]
    return {
        "monitor_target_seconds": {(name,): one.target.total_seconds() for name, one in named},
        "monitor_target_met_ratio": {(name,): one.share for name, one in named if one.share is not None},
    }


def _work_values(work: SharedWork | None) -> Mapping[str, Values]:
    """No series at all where one process does the work: a rule that asks for them says nothing then."""
    if work is None:
        return {}
    return {
        "monitor_workers": {("at_work",): work.at_work, ("lost",): work.lost},
        "monitor_queue_workers": {(one.name,): one.workers for one in work.queues},
        "monitor_queue_waiting": {(one.name,): one.waiting for one in work.queues},
        "monitor_queue_lag_seconds": {(one.name,): one.lag.total_seconds() for one in work.queues},
        "monitor_queue_done": {(one.name,): one.done for one in work.queues},
    }


def _labelled(values: Mapping[str, float]) -> Values:
    return {(name,): value for name, value in values.items()}
