"""One look at the work that workers share: who they are, what waits in each queue, and what of it needs a person.

Only where the configuration asks for workers: rows of an earlier time say nothing of one process that does it all.

Effects: database.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from monitor.model import Need
from monitor.outbox.notices import KINDS
from monitor.storage.store import Transaction
from monitor.storage.work_views import Backlog
from monitor.storage.workers import LOST_AFTER, Worker
from monitor.text import plural

QUEUES = ("poll", "ingest", "deliver")
"""Who visits feeds, who stores what visits bring, and who sends."""
STANDS_STILL: Mapping[str, str] = {
    "poll": "no feed is visited",
    "ingest": "what visits bring is not stored",
    "deliver": "no message goes out",
}
"""What is not done while nobody serves a queue."""
ENDED_FOR = timedelta(hours=1)
"""For how long a worker that left or was lost is still shown, and missed."""
UNSERVED_AFTER = timedelta(seconds=30)
"""A worker that is started anew takes some seconds."""
INGEST_BEHIND = timedelta(minutes=5)
"""Seconds are usual; back pressure holds the visits up long before."""
WORKERS_MAX = 200
"""Shown one by one; all are counted."""
WORK_NEEDS = frozenset({"worker-lost", "queue-unserved", "ingest-behind"})


class WorkerState(StrEnum):
    """How a worker is."""

    AT_WORK = "at_work"
    LOST = "lost"
    """It stopped beating without a word."""
    LEFT = "left"
    """It ended of its own accord."""

    @property
    def in_words(self) -> str:
        """As a person reads it."""
        return self.value.replace("_", " ")


class WorkerLook(Struct, frozen=True):
    """A worker as it is now."""

    worker: Worker
    state: WorkerState
    beat_age: timedelta
    share: float | None
    """Its part of all feeds visited in the last minute, from 0 to 1; None where none was, or it visits none."""
    leads: bool
    """Whether it looks what is due, for all of them."""
    is_newest: bool
    """Whether it works by the newest configuration."""


class QueueLook(Struct, frozen=True):
    """A queue as it is now."""

    name: str
    workers: int
    """Those at work that serve it."""
    waiting: int
    """What is due and nobody has begun: feeds to visit, feeds to store, deliveries to send."""
    oldest_at: datetime | None
    lag: timedelta
    """How long the oldest of it has waited."""
    done: int
    """In the last minute, by all workers: feeds visited, articles stored, messages sent."""
    unserved_since: datetime | None
    """Since when no worker at work serves it; None where one does, or no worker was ever started."""


class SharedWork(Struct, frozen=True):
    """All of it, at one moment."""

    at: datetime
    workers: tuple[WorkerLook, ...]
    """Those at work, then those that were lost or left within the hour; at most `WORKERS_MAX`."""
    queues: tuple[QueueLook, ...]
    at_work: int
    lost: int
    """Within the hour."""
    needs: tuple[Need, ...]

    @property
    def visits(self) -> int:
        """Feeds that all of them visited in the last minute."""
        return sum(queue.done for queue in self.queues if queue.name == "poll")


def read_shared_work(tx: Transaction, now: datetime) -> SharedWork:
    """Look at who shares the work and what waits; `now` is the time of the clock that workers beat by."""
    known = tx.workers.listed()
    head = tx.revisions.head()
    shown = _looks(known, tx.workers.leader(now), head.id if head is not None else 0, now)
    backlogs = {
        "poll": tx.work_views.feeds_due(now),
        "ingest": tx.work_views.feeds_handed(),
        "deliver": tx.work_views.deliveries_due(now),
    }
    queues = tuple(_queue_look(name, backlogs[name], known, now) for name in QUEUES)
    states = [one.state for one in shown]
    return SharedWork(
        at=now,
        workers=tuple(shown[:WORKERS_MAX]),
        queues=queues,
        at_work=states.count(WorkerState.AT_WORK),
        lost=states.count(WorkerState.LOST),
        needs=(*_unserved(queues, now), *_behind(queues), *_lost(known, now)),
    )


def _looks(known: Sequence[Worker], leader: str | None, newest: int, now: datetime) -> list[WorkerLook]:
    visits = sum(worker.visits for worker in known if worker.is_at_work(now))
    looks = [
        WorkerLook(
            worker=worker,
            state=_state(worker, now),
            beat_age=max(timedelta(0), now - worker.beat_at),
            share=worker.visits / visits if visits and _serves(worker, "poll", now) else None,
            leads=worker.id == leader,
            is_newest=worker.revision >= newest,
        )
        for worker in known
        if worker.is_at_work(now) or now - _ended_at(worker) <= ENDED_FOR
    ]
    order = list(WorkerState)
    return sorted(looks, key=lambda one: (order.index(one.state), one.worker.started_at, one.worker.id))


def _state(worker: Worker, now: datetime) -> WorkerState:
    if worker.is_at_work(now):
        return WorkerState.AT_WORK
    return WorkerState.LOST if worker.is_lost(now) else WorkerState.LEFT


def _ended_at(worker: Worker) -> datetime:
    return worker.left_at or worker.beat_at


def _serves(worker: Worker, queue: str, now: datetime) -> bool:
    return queue in worker.queues and worker.is_at_work(now)


def _queue_look(name: str, backlog: Backlog, known: Sequence[Worker], now: datetime) -> QueueLook:
    serving = [worker for worker in known if _serves(worker, name, now)]
    done = {"poll": "visits", "ingest": "articles", "deliver": "sent"}[name]
    oldest = backlog.oldest_at
    return QueueLook(
        name=name,
        workers=len(serving),
        waiting=backlog.count,
        oldest_at=oldest,
        lag=max(timedelta(0), now - oldest) if oldest is not None else timedelta(0),
        done=sum(int(getattr(worker, done)) for worker in serving),
        unserved_since=None if serving or not known else _unserved_since(name, known),
    )


def _unserved_since(name: str, known: Sequence[Worker]) -> datetime:
    """When the last one that served it went; where none ever did, when the first worker came."""
    ended = [_ended_at(worker) for worker in known if name in worker.queues]
    return max(ended, default=min(worker.started_at for worker in known))


def _unserved(queues: Sequence[QueueLook], now: datetime) -> Iterator[Need]:
    since = {one.name: one.unserved_since for one in queues if one.unserved_since is not None}
    long = {name: at for name, at in since.items() if now - at > UNSERVED_AFTER}
    if len(long) == len(QUEUES):
        head = f"No worker has been at work since {_at(max(long.values()))}: {', '.join(STANDS_STILL.values())}."
        yield Need("queue-unserved", head, KINDS["queue-unserved"].remedy)
        return
    for name, at in long.items():
        head = f'No worker has served the queue "{name}" since {_at(at)}: {STANDS_STILL[name]}.'
        yield Need(f"queue-unserved:{name}", head, f"Start one: monitor worker --queues {name}")


def _behind(queues: Sequence[QueueLook]) -> Iterator[Need]:
    for one in queues:
        if one.name == "ingest" and one.lag > INGEST_BEHIND:
            minutes = int(INGEST_BEHIND.total_seconds() // 60)
            head = f"What visits brought has waited for more than {minutes} minutes to be stored."
            yield Need("ingest-behind", head, KINDS["ingest-behind"].remedy)


def _lost(known: Sequence[Worker], now: datetime) -> Iterator[Need]:
    for worker in known:
        if worker.is_lost(now) and now - worker.beat_at <= ENDED_FOR and _is_missed(worker, known, now):
            name = f"{worker.host}:{worker.pid} ({_queues(worker)})"
            came = f"it came at {_at(worker.started_at)}"
            head = f"The worker {name} has not beaten since {_at(worker.beat_at)}; {came}."
            yield Need(f"worker-lost:{worker.id}", head, KINDS["worker-lost"].remedy)


def _is_missed(lost: Worker, known: Sequence[Worker], now: datetime) -> bool:
    """Whether fewer serve one of its queues than with it, those aside that went of their own accord since."""
    with_it = [
        worker
        for worker in known
        if worker.left_at is None and worker.started_at <= lost.beat_at and worker.beat_at >= lost.beat_at - LOST_AFTER
    ]
    return any(
        sum(_serves(worker, name, now) for worker in known) < sum(name in worker.queues for worker in with_it)
        for name in lost.queues
    )


def _queues(worker: Worker) -> str:
    return ", ".join(worker.queues) or "no queue"


def _at(moment: datetime) -> str:
    return f"{moment:%d %b %H:%M} UTC"


def queue_words(one: QueueLook) -> str:
    """`41 feeds are due`, `Nothing waits to be sent`: what waits in a queue, for people."""
    if one.name == "poll":
        return f"{plural(one.waiting, 'feed is', 'feeds are')} due" if one.waiting else "no feed is due"
    if one.name == "ingest":
        said = f"{plural(one.waiting, 'feed waits', 'feeds wait')} to be stored"
        return said if one.waiting else "nothing waits to be stored"
    said = f"{plural(one.waiting, 'delivery waits', 'deliveries wait')} to be sent"
    return said if one.waiting else "nothing waits to be sent"
