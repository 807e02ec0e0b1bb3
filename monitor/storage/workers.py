"""Who works on this database beside others, who of them leads, and which slot of each tick was taken.

Effects: database.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection, Row

from monitor.storage.rows import insert_into, upsert
from monitor.storage.run_tables import LEAD, TICK, WORKER

LOST_AFTER = timedelta(seconds=30)
"""Six beats: a long transaction or a busy machine costs two or three."""
LEAD_FOR = timedelta(seconds=15)
"""Three beats: so long nothing new is looked for when the leader is lost; what is under way goes on."""
AHEAD_MAX = timedelta(minutes=1)
"""What is noted further ahead than that was noted by a clock of the database that was wrong, and counts no more."""
_TICKS = "ticks"


class Worker(Struct, frozen=True):
    """A process that works on this database, as of its last beat."""

    id: str
    host: str
    pid: int
    version: str
    queues: tuple[str, ...]
    started_at: datetime
    beat_at: datetime
    left_at: datetime | None = None
    """When it went of its own accord."""
    revision: int = 0
    """The configuration it works by; 0 before the first."""
    jobs: int = 0
    """Units of work under way."""
    visits: int = 0
    """Feeds visited in the minute before the beat."""
    articles: int = 0
    """Articles stored in that minute."""
    sent: int = 0
    """Messages sent in that minute."""

    def is_lost(self, now: datetime) -> bool:
        """Whether it stopped beating without a word."""
        return self.left_at is None and now - self.beat_at > LOST_AFTER

    def is_at_work(self, now: datetime) -> bool:
        """Whether it beats."""
        return self.left_at is None and now - self.beat_at <= LOST_AFTER


class WorkerTable:
    """Questions and changes of workers."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def now(self) -> datetime | None:
        """What time the database has; None where it is a file and has none of its own."""
        if self._db.dialect.name != "postgresql":
            return None
        found: datetime = self._db.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        return found

    def beat(self, worker: Worker) -> None:
        """Say that it works, and what it does."""
        row = {
            "id": worker.id,
            "host": worker.host,
            "pid": worker.pid,
            "version": worker.version,
            "queues": ",".join(worker.queues),
            "started_at": worker.started_at,
            "beat_at": worker.beat_at,
            "left_at": worker.left_at,
            "revision": worker.revision,
            "jobs": worker.jobs,
            "visits": worker.visits,
            "articles": worker.articles,
            "sent": worker.sent,
        }
        upsert(self._db, WORKER, [row], update=[name for name in row if name != "id"])

    def leave(self, worker_id: str, now: datetime) -> None:
        """It goes of its own accord: nobody waits for it, and the lead is free."""
        change = sa.update(WORKER).where(WORKER.c.id == worker_id)
        self._db.execute(change.values(left_at=now, jobs=0, visits=0, articles=0, sent=0))
        self._db.execute(sa.delete(LEAD).where(LEAD.c.owner == worker_id))

    def listed(self) -> list[Worker]:
        """All that are remembered, who came first at the top."""
        rows = self._db.execute(sa.select(WORKER).order_by(WORKER.c.started_at, WORKER.c.id))
        return [_to_worker(row) for row in rows]

    def at_work(self, now: datetime) -> list[Worker]:
        """Those that beat."""
        return [worker for worker in self.listed() if worker.is_at_work(now)]

    def forget(self, before: datetime, *, limit: int) -> int:
        """Forget up to `limit` workers that have not beaten since then."""
        old = sa.select(WORKER.c.id).where(WORKER.c.beat_at < before).limit(limit)
        return self._db.execute(sa.delete(WORKER).where(WORKER.c.id.in_(old))).rowcount

    def leader(self, now: datetime) -> str | None:
        """Who leads; None where nobody does."""
        found: str | None = self._db.execute(
            sa.select(LEAD.c.owner).where(LEAD.c.name == _TICKS, LEAD.c.until > now)
        ).scalar()
        return found

    def lead(self, worker_id: str, now: datetime) -> bool:
        """Take the lead where it is free, or keep it; whether it is this worker's until `LEAD_FOR` from now.

        Two workers may ask at the same moment: the UPDATE that takes it is the one that checks that it is free.
        """
        free = sa.or_(LEAD.c.owner == worker_id, LEAD.c.until <= now, LEAD.c.until > now + LEAD_FOR + AHEAD_MAX)
        change = sa.update(LEAD).where(LEAD.c.name == _TICKS, free)
        return self._taken(
            change.values(owner=worker_id, until=now + LEAD_FOR),
            LEAD,
            {
                "name": _TICKS,
                "owner": worker_id,
                "until": now + LEAD_FOR,
            },
        )

    def take_slot(self, name: str, slot: int, *, every_s: float) -> bool:
        """Take a slot of a tick that comes so often: whether nobody took it or a later one before.

        One much later was taken while the database's clock was ahead; nothing waits until it comes again.
        """
        wrong = slot + 1 + int(AHEAD_MAX.total_seconds() / every_s)
        change = sa.update(TICK).where(TICK.c.name == name, sa.or_(TICK.c.slot < slot, TICK.c.slot > wrong))
        return self._taken(change.values(slot=slot), TICK, {"name": name, "slot": slot})

    def _taken(self, change: sa.Update, table: sa.Table, first: dict[str, Any]) -> bool:
        """Whether the change found its row; where there is none yet, whether this one made it."""
        if self._db.execute(change).rowcount:
            return True
        made = insert_into(self._db, table).on_conflict_do_nothing().values(first)
        # Not by its count, which psycopg gives as -1 for an INSERT: then every worker would lead.
        return self._db.execute(made.returning(table.c.name)).first() is not None


def _to_worker(row: Row[Any]) -> Worker:
    queues: Sequence[str] = row.queues.split(",") if row.queues else ()
    return Worker(
        id=row.id,
        host=row.host,
        pid=row.pid,
        version=row.version,
        queues=tuple(queues),
        started_at=row.started_at,
        beat_at=row.beat_at,
        left_at=row.left_at,
        revision=row.revision,
        jobs=row.jobs,
        visits=row.visits,
        articles=row.articles,
        sent=row.sent,
    )
