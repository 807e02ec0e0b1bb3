"""When topics are due, and the heartbeat of the daemon.

Effects: database.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection, Row

from monitor.model import TopicKey
from monitor.storage.rows import portions, upsert
from monitor.storage.tables import HEARTBEAT, TOPIC

REST_MAX = timedelta(days=1)
"""Who takes a topic out by mistake puts it back within a day; what waited for longer is no news."""


class TopicState(Struct, frozen=True):
    """What is remembered of a topic between digests."""

    key: TopicKey
    name: str
    schedule: str
    created_at: datetime
    next_due_at: datetime | None
    """Of one that rests: since when it does."""
    last_closed_at: datetime | None
    touched: bool
    active: bool = True


class TopicPlan(Struct, frozen=True):
    """A topic as configured now, with the first slot it would have."""

    key: TopicKey
    name: str
    schedule: str
    first_due_at: datetime | None
    """None for a topic told at once: it is due when something matches."""


class Heartbeat(Struct, frozen=True):
    """When a part of the daemon last did its work."""

    component: str
    at: datetime
    detail: str


class TopicTable:
    """Questions and changes of topics' due times."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def sync(
        self, plans: Sequence[TopicPlan], now: datetime, renamed: Mapping[TopicKey, TopicKey] | None = None
    ) -> None:
        """Make the table agree with the watchlist.

        A topic is its key: a new name or query keeps what was told. A changed schedule gets a new due time; a topic
        that leaves keeps its history and rests. One told at once and waiting stays due. `renamed` says by the new key
        which topics go on from another: since when they are watched, and when they are due.
        """
        known = {state.key: state for state in self.all()}
        was = renamed or {}
        rows = []
        for plan in plans:
            old = known.get(was.get(plan.key, plan.key))
            due = plan.first_due_at
            if old is not None and old.active and old.schedule == plan.schedule:
                # A due time further ahead than the next slot was set by a clock that was wrong.
                due = _sooner(old.next_due_at, plan.first_due_at)
            rows.append(
                {
                    "key": plan.key,
                    "name": plan.name,
                    "active": True,
                    "schedule": plan.schedule,
                    "created_at": old.created_at if old is not None else now,
                    "next_due_at": due,
                    "touched": True,
                }
            )
        rows.sort(
            key=lambda row: str(row["key"])
        )  # as `touch` goes: two that write rows in one order wait, and no more
        upsert(self._db, TOPIC, rows, update=["name", "active", "schedule", "next_due_at", "touched"])
        planned = {plan.key for plan in plans}
        gone = [key for key, state in known.items() if state.active and key not in planned]
        for some in portions(gone):
            self._db.execute(sa.update(TOPIC).where(TOPIC.c.key.in_(some)).values(active=False, next_due_at=now))

    def returning(self, keys: Iterable[TopicKey], now: datetime) -> list[TopicKey]:
        """Those of these topics that rest, and did for longer than a day: before `sync` makes them active."""
        wanted = set(keys)
        return [
            state.key
            for state in self.all()
            if state.key in wanted
            and not state.active
            and (state.next_due_at is None or now - state.next_due_at > REST_MAX)
        ]

    def all(self) -> list[TopicState]:
        """Every topic that was ever configured, by key."""
        return [_to_state(row) for row in self._db.execute(sa.select(TOPIC).order_by(TOPIC.c.key))]

    def due(self, now: datetime) -> list[TopicState]:
        """Active topics whose digest is due, the most overdue first."""
        ready = sa.select(TOPIC).where(TOPIC.c.active, TOPIC.c.next_due_at <= now)
        return [_to_state(row) for row in self._db.execute(ready.order_by(TOPIC.c.next_due_at, TOPIC.c.key))]

    def get(self, key: TopicKey) -> TopicState | None:
        """One topic, or None."""
        row = self._db.execute(sa.select(TOPIC).where(TOPIC.c.key == key)).first()
        return _to_state(row) if row is not None else None

    def known_since(self, keys: Sequence[TopicKey]) -> datetime | None:
        """When the first of these topics was configured; None where none was yet."""
        firsts = []
        for some in portions(keys):
            rows = self._db.execute(sa.select(TOPIC.c.created_at).where(TOPIC.c.key.in_(some)))
            firsts += list(rows.scalars())
        return min(firsts, default=None)

    def hold(self, key: TopicKey) -> TopicState | None:
        """One topic, kept from every other writer until this transaction ends: who closes its slot comes alone.

        An ingest that matches meanwhile waits, and finds the due time that the closing left.
        """
        row = self._db.execute(sa.select(TOPIC).where(TOPIC.c.key == key).with_for_update()).first()
        return _to_state(row) if row is not None else None

    def touched(self) -> list[TopicKey]:
        """Active topics with new matches since the last look for breaking stories."""
        rows = self._db.execute(sa.select(TOPIC.c.key).where(TOPIC.c.active, TOPIC.c.touched).order_by(TOPIC.c.key))
        return [TopicKey(key) for key in rows.scalars()]

    def touch(self, due: Mapping[TopicKey, datetime | None]) -> None:
        """Note new matches; a topic told at once becomes due at the time given, unless it is due sooner."""
        for key, at in sorted(due.items()):
            values: dict[str, object] = {"touched": True}
            if at is not None:
                sooner = sa.case((TOPIC.c.next_due_at < at, TOPIC.c.next_due_at), else_=at)
                values["next_due_at"] = sooner
            self._db.execute(sa.update(TOPIC).where(TOPIC.c.key == key).values(**values))

    def calm(self, key: TopicKey) -> None:
        """The topic was looked at for breaking stories."""
        self._db.execute(sa.update(TOPIC).where(TOPIC.c.key == key).values(touched=False))

    def set_next(self, key: TopicKey, at: datetime | None, *, closed_at: datetime | None = None) -> None:
        """When the topic is due next; with `closed_at` a slot was closed then."""
        values: dict[str, object] = {"next_due_at": at}
        if closed_at is not None:
            values["last_closed_at"] = closed_at
        self._db.execute(sa.update(TOPIC).where(TOPIC.c.key == key).values(**values))

    def beat(self, component: str, at: datetime, detail: str = "") -> None:
        """Note that a part of the daemon did its work."""
        upsert(self._db, HEARTBEAT, [{"component": component, "at": at, "detail": detail}], update=["at", "detail"])

    def heartbeats(self) -> dict[str, Heartbeat]:
        """When each part of the daemon last did its work."""
        rows = self._db.execute(sa.select(HEARTBEAT))
        return {row.component: Heartbeat(row.component, row.at, row.detail) for row in rows}


def _to_state(row: Row[Any]) -> TopicState:
    return TopicState(
        key=TopicKey(row.key),
        name=row.name,
        schedule=row.schedule,
        created_at=row.created_at,
        next_due_at=row.next_due_at,
        last_closed_at=row.last_closed_at,
        touched=bool(row.touched),
        active=bool(row.active),
    )


def _sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at is not None), default=None)
