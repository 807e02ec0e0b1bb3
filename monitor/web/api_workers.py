"""Who shares the work, for programs.

Effects: database.
"""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter

from monitor.shared_work import QueueLook, WorkerLook, read_shared_work
from monitor.web.pages import DeskIn

router = APIRouter(tags=["overview"])


@dataclass(frozen=True, slots=True)
class WorkerAnswer:
    """A process that shares the work, as of its last beat."""

    id: str
    host: str
    pid: int
    version: str
    queues: list[str]
    state: str
    """`at_work`, `lost` or `left`."""
    since: datetime
    beat_at: datetime
    left_at: datetime | None
    leads: bool
    """Whether it looks what is due, for all of them."""
    revision: int
    is_newest: bool
    """Whether it works by the newest revision."""
    jobs: int
    """Units of work under way."""
    visits: int
    """Feeds visited in the minute before the beat; so are the next two."""
    articles: int
    sent: int
    share: float | None
    """Its part of all visits, from 0 to 1; null where none was made, or it makes none."""


@dataclass(frozen=True, slots=True)
class QueueAnswer:
    """A queue of the work."""

    workers: int
    """Those at work that serve it."""
    waiting: int
    """What is due and nobody has begun: feeds to visit, feeds to store, deliveries to send."""
    oldest_at: datetime | None
    lag_s: int
    """How long the oldest of it has waited."""
    done_last_minute: int
    """By all workers: feeds visited, articles stored, messages sent."""
    unserved_since: datetime | None


@dataclass(frozen=True, slots=True)
class WorkersAnswer:
    """The work that is shared out, at one moment."""

    at: datetime
    is_distributed: bool
    """False where one process does it all; then there are no workers and no queues."""
    at_work: int
    lost: int
    """Within the hour."""
    workers: list[WorkerAnswer]
    """At most 200: those at work first, then who was lost or left within the hour."""
    queues: dict[str, QueueAnswer]
    """By name: `poll`, `ingest`, `deliver`."""


@router.get("/workers")
def workers(desk: DeskIn) -> WorkersAnswer:
    """Who works, with which share, and what waits in each queue."""
    now = desk.clock.now()
    if not desk.force().loaded.settings.is_distributed:
        return WorkersAnswer(now, is_distributed=False, at_work=0, lost=0, workers=[], queues={})
    with desk.store.read() as tx:
        work = read_shared_work(tx, now)
    return WorkersAnswer(
        at=work.at,
        is_distributed=True,
        at_work=work.at_work,
        lost=work.lost,
        workers=list(map(_worker, work.workers)),
        queues={one.name: _queue(one) for one in work.queues},
    )


def _worker(one: WorkerLook) -> WorkerAnswer:
    worker = one.worker
    return WorkerAnswer(
        id=worker.id,
        host=worker.host,
        pid=worker.pid,
        version=worker.version,
        queues=list(worker.queues),
        state=one.state.value,
        since=worker.started_at,
        beat_at=worker.beat_at,
        left_at=worker.left_at,
        leads=one.leads,
        revision=worker.revision,
        is_newest=one.is_newest,
        jobs=worker.jobs,
        visits=worker.visits,
        articles=worker.articles,
        sent=worker.sent,
        share=one.share,
    )


def _queue(one: QueueLook) -> QueueAnswer:
    return QueueAnswer(
        workers=one.workers,
        waiting=one.waiting,
        oldest_at=one.oldest_at,
        lag_s=int(one.lag.total_seconds()),
        done_last_minute=one.done,
        unserved_since=one.unserved_since,
    )
