"""Once a week the operator is told what the topics nearly found, with the one command that adds each term.

It is due on Monday at 08:00 in the watchlist's time zone. A row remembers the last one, written with the message in one
transaction: so it is told once, a restart repeats nothing, and who was down at eight is told later in the day.

Effects: those of `app`.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from monitor.app import App
from monitor.digests.schedule import day_began_at, next_slot_at, parse_schedule
from monitor.in_force import InForce
from monitor.logs import get_log
from monitor.model import Note, TopicKey
from monitor.outbox.operator import has_operator, tell_note
from monitor.pipeline.audit import audit_all
from monitor.pipeline.audit_words import audit_note
from monitor.storage.store import Transaction

log = get_log()

LOOK_EVERY_S = 60.0
"""A look on another day, or before eight, costs nothing; on a Monday it reads one row."""
WHEN = "mon 08:00"
TIME_S = 120.0
"""How long the topics are looked at; those that are left come first in the next week."""
COMPONENT = "audit"
"""The row that remembers the last one; its detail is the topic that the next one begins with."""


class Auditor:
    """Looks whether an audit is due. `look` is for a thread in which nothing waits behind it."""

    def __init__(self, app: App, is_stopping: Callable[[], bool]) -> None:
        self._app = app
        self._is_stopping = is_stopping

    def look(self) -> bool:
        """Audit every topic where that is due, and put what is worth saying in line; whether something was told."""
        force, now = self._app.in_force, self._app.clock.now()
        slot = audit_slot(now, force.peers.timezone)
        if slot is None or force.loaded.settings.operator.audit == "never":
            return False
        with self._app.store.read() as tx:
            if not _is_due(tx, slot) or not has_operator(tx, force.peers):
                return False
            last = tx.topics.heartbeats().get(COMPONENT)
        note, following, count = self._audit(force, now, TopicKey(last.detail) if last is not None else None)
        if self._is_stopping():
            return False  # the next start does it whole
        return self._settle(force, slot, note, following, count)

    def _audit(self, force: InForce, now: datetime, first: TopicKey | None) -> tuple[Note | None, str, int]:
        """The message, with which topic the next one begins, and how many topics were looked at."""
        compiled, clock = force.loaded.compiled, self._app.clock
        until_s = clock.monotonic_s() + TIME_S
        done = list(
            audit_all(
                self._app.store,
                compiled,
                now,
                is_over=lambda: self._is_stopping() or clock.monotonic_s() > until_s,
                first=first,
            )
        )
        seen = {audit.topic for audit in done}
        keys = [topic.key for topic in compiled.watchlist.topics]
        at = keys.index(first) if first in keys else 0
        left = [key for key in (*keys[at:], *keys[:at]) if key not in seen]
        return audit_note(done, len(left), now, force.peers.timezone), left[0] if left else "", len(done)

    def _settle(self, force: InForce, slot: datetime, note: Note | None, following: str, count: int) -> bool:
        """Tell it and remember that, or neither. A channel that closed meanwhile has it tried again."""
        now = self._app.clock.now()
        with self._app.store.write() as tx:
            if not _is_due(tx, slot):
                return False  # another process of the same database was first
            if note is not None and not tell_note(tx, force.peers, note, f"{COMPONENT}-{slot:%Y-%m-%d}", now):
                return False
            tx.topics.beat(COMPONENT, now, following)
        log.info("audit.done", topics=count, terms=len(note.lines) + note.more if note is not None else 0)
        return note is not None


def audit_slot(now: datetime, timezone: str) -> datetime | None:
    """When the audit of this day was due; None on another day than its own, and before its time."""
    began = day_began_at(now, timezone)
    at = next_slot_at(parse_schedule(WHEN, timezone), began - timedelta(seconds=1))
    return at if at <= now else None


def _is_due(tx: Transaction, slot: datetime) -> bool:
    last = tx.topics.heartbeats().get(COMPONENT)
    return last is None or last.at < slot
