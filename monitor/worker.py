"""One of many processes over one database: the daemon's work, shared out by the queue.

Each does for itself what a process must (its beat, its configuration, its page). One of them leads: it looks what is
due, each look once in the cluster, and hands units to the queue. A process that finds that it slept for longer than
others wait for it ends itself, before it does anything that is others' by now.

Effects: those of `app`, signals.
"""

import asyncio
import os
import sys
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NoReturn

from msgspec import Struct

from monitor import __version__
from monitor.app import App, set_clock
from monitor.auditor import LOOK_EVERY_S as AUDIT_LOOK_S
from monitor.clock import SharedClock, awake_s
from monitor.config.watch import Watcher
from monitor.daemon import (
    INDEX_EVERY_S,
    LOOKS_EVERY_S,
    MARKS_EVERY_S,
    SWEEP_EVERY_S,
    SWITCH_S,
    WEIGH_EVERY_S,
    Daemon,
    left_s,
)
from monitor.health import beat
from monitor.logs import get_log
from monitor.model import ChannelName
from monitor.outbox.deliver import Sent
from monitor.pipeline.batches import Batch, BatchVisitor, claim_batches
from monitor.pipeline.visits import PollSummary
from monitor.queue import QueueRunner
from monitor.refusals import SharedRefusals
from monitor.runner import Queue, Unit, in_pool
from monitor.scheduler import Tick
from monitor.storage.store import Transaction
from monitor.storage.workers import Worker
from monitor.watchman import LOOK_EVERY_S, Refusals

BEAT_EVERY_S = 5.0
LOOK_S = 0.5
"""A feed that is due waits a quarter of a second on average before it is claimed."""
ASK_EVERY_S = 2.0
"""How often a process that does not lead asks whether the lead is free."""
RESCUE_EVERY_S = 5.0
OWED_EVERY_S = 1.0
"""What was sent while the database was away is written well before its lease ends and another sends it again."""
SLEPT_S = 20.0
"""Two thirds of the time after which others take up what a process had in hand."""
SLEPT_CODE = 75
"""The exit code of one that slept: temporary, start it anew (sysexits.h, EX_TEMPFAIL)."""
MINUTE_S = 60.0

TICKS = {
    "poll": LOOK_S,
    "ingest": 1.0,
    "pages": 5.0,
    "looks": LOOKS_EVERY_S,
    "meanings": 5.0,
    "digests": 2.0,
    "deliveries": 1.0,
    "audit": AUDIT_LOOK_S,
    "index": INDEX_EVERY_S,
    "sweep": SWEEP_EVERY_S,
}
"""What the leader looks for, and how often."""

log = get_log()


class _Done(Struct, frozen=True):
    at_s: float
    visits: int = 0
    articles: int = 0
    sent: int = 0


class WorkerProcess(Daemon):
    """The app as one of many. `run` belongs to one event loop."""

    def __init__(self, app: App, watcher: Watcher, queues: tuple[Queue, ...]) -> None:
        self._queues = queues
        self._leads = False
        self._known_refusals: SharedRefusals | None = None
        super().__init__(app, watcher)
        self._batches = BatchVisitor(
            app.store,
            app.visitor,
            app.clock,
            context=lambda: app.in_force.ingest,
            pool=app.batch_pool,
            report=app.note_visit,
            wake=lambda: self._queue.submit("ingest"),
            count=lambda visits: self._count(_Done(app.clock.monotonic_s(), visits=visits)),
        )
        units = [
            *self._units.listed(),
            Unit("poll_batch", Queue.POLL, self._visit_batch),
            Unit("ingest", Queue.INGEST, self._store_handed),
        ]
        self._queue = QueueRunner(app.store, units, self._runner, queues)
        self._started_at = app.clock.now()
        self._turned_s = awake_s()
        self._slots: dict[str, int] = {}
        self._asked_s = float("-inf")
        self._done: deque[_Done] = deque()
        self._lost: frozenset[str] | None = None
        """The workers that are lost, as it was said; None while it was not looked yet."""
        self._shared_out = frozenset(unit.name for unit in units)
        app.on_visit, app.on_sent = self._count_visit, self._count_sent

    def _refusals(self) -> Refusals:
        app, shared = self._app, [unit.name for unit in self._units.listed()]
        self._known_refusals = SharedRefusals(
            app.store, app.clock, app.owner, [*shared, "poll_batch", "ingest"], lambda: self._runner.refusals
        )
        return self._known_refusals

    def _note_end(self, key: str, is_good: bool) -> None:  # as the runner tells it
        super()._note_end(key, is_good)
        if self._known_refusals is not None:
            self._known_refusals.note(key, is_good)

    def _listens(self) -> bool:
        """Who leads: a question that was asked in Slack and its answer have to come to the same process."""
        return self._leads

    def _hear(self) -> None:
        self._listening.take(self._app.in_force.loaded)

    def _own_units(self) -> list[Unit]:
        """The beat and the look for what is due have threads of their own: they wait for no ingest."""
        return [
            *(unit for unit in super()._own_units() if unit.name not in ("poll", "heartbeat", "handed")),
            self._aside("heartbeat", self._beat),
            self._aside("notes", self._note),
            self._aside("look", self._look),
            Unit("rescue", Queue.INGEST, self._rescue),
            Unit("outcomes", Queue.DELIVER, self._settle_owed),
        ]

    def _aside(self, name: str, work: Callable[[], object]) -> Unit:
        async def run() -> None:
            await in_pool(self._app.beat_pool, work)

        return Unit(name, Queue.INGEST, run)

    def _submit(self, name: str, **args: str) -> bool:
        """What is shared out goes to the queue, the rest is done here."""
        if name in self._shared_out:
            return self._queue.submit(name, **args)
        return self._runner.submit(name, **args)

    def _ticks(self) -> list[Tick]:
        return [
            self._tick("look", LOOK_S),
            self._tick("heartbeat", BEAT_EVERY_S),
            self._tick("notes", BEAT_EVERY_S),
            self._tick("config", 1),
            self._tick("marks", MARKS_EVERY_S),
            self._tick("words", WEIGH_EVERY_S),
            Tick("parser", 30, self._rest_parser),
            Tick("notices", LOOK_EVERY_S, lambda: self._if_leading("notices")),
            self._tick("rescue", RESCUE_EVERY_S),
            Tick("outcomes", OWED_EVERY_S, self._look_for_owed),
        ]

    def _if_leading(self, name: str) -> None:
        if self._leads:
            self._submit(name)

    def _look_for_owed(self) -> None:
        if self._app.sender.owes:
            self._submit("outcomes")

    async def _settle_owed(self) -> None:
        # Here: the next unit of that channel may run on another process, which knows nothing of it.
        await in_pool(self._app.sender_pool, self._app.sender.settle_owed)

    async def _begin(self) -> None:
        await self._queue.start()
        log.info("worker.started", worker=self._app.owner, queues=",".join(self._queues))

    # --- leading -----------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Where this process leads: take the slots that have come, and hand out what is due."""
        now, now_s = self._app.clock.now(), self._app.clock.monotonic_s()
        if not self._leads and now_s - self._asked_s < ASK_EVERY_S:
            return
        self._queue.mend()
        due = {name: int(now.timestamp() / every_s) for name, every_s in TICKS.items()}
        due = {name: slot for name, slot in due.items() if self._slots.get(name) != slot}
        with self._app.store.write() as tx:
            led, self._leads = self._leads, tx.workers.lead(self._app.owner, now)
            self._asked_s = now_s  # only once it was answered: else a look that asks nothing would pass for a recovery
            if led != self._leads:
                self._loop.call_soon_threadsafe(self._hear)
            if not self._leads:
                return
            taken = [name for name, slot in due.items() if tx.workers.take_slot(name, slot, every_s=TICKS[name])]
            batches = self._claim(tx, now) if "poll" in taken else []
            is_handed = "ingest" in taken and tx.handed.waiting().feeds > 0
            channels = tx.outbox.channels_due(now) if "deliveries" in taken else []
            self._queue.defer_in(tx, "poll_batch", [_job_of(batch) for batch in batches])
        self._slots |= due
        if not led:
            log.info("worker.leads", worker=self._app.owner)
        wake = [name for name in taken if name not in ("poll", "ingest", "deliveries")]
        self._loop.call_soon_threadsafe(self._hand_out, [*wake, *(["ingest"] if is_handed else [])], channels)

    def _claim(self, tx: Transaction, now: datetime) -> list[Batch]:
        visitors = sum(Queue.POLL in worker.queues for worker in tx.workers.at_work(now))
        limit_of = self._app.visitor.limit_of
        return claim_batches(tx, now, visitors=visitors, at_once=lambda host: limit_of(host).at_once)

    def _hand_out(self, names: list[str], channels: list[ChannelName]) -> None:
        for name in names:
            if name != "meanings" or self._app.asks_meaning:
                self._queue.submit(name)
        for channel in channels:
            if channel in self._app.in_force.channels:
                self._queue.submit("deliver", channel=channel)

    async def _rescue(self) -> None:
        await self._queue.rescue(leads=self._leads)

    # --- what is handed out ------------------------------------------------------------------------------------------

    async def _visit_batch(self, claim: str, feed_ids: list[int]) -> None:
        await self._batches.visit(claim, feed_ids)

    def _looks_back(self) -> bool:
        return self._leads

    def _ingest_some(self) -> list[PollSummary] | None:
        self._edits.follow()  # what comes after an edit is judged by it, whoever takes it in
        return super()._ingest_some()

    # --- what each does for itself -----------------------------------------------------------------------------------

    def _beat(self) -> None:
        """Note that the loop turned and the database took a write, and take the database's time."""
        app = self._app
        if isinstance(app.clock, SharedClock):
            set_clock(app.store.database, app.clock)
        with app.store.write() as tx:
            tx.workers.beat(self._as_worker(app.clock.now()))
        beat(self._heartbeat)

    def _note(self) -> None:
        """Write down what is one row for all: apart, so that one stopped while it holds it keeps no other's beat."""
        app, leads = self._app, self._leads
        now, lost = app.clock.now(), []
        with app.store.write() as tx:
            if self._known_refusals is not None:
                self._known_refusals.write(tx, now)
            if leads:
                tx.topics.beat("daemon", now)
                lost = [worker for worker in tx.workers.listed() if worker.is_lost(now)]
        if not leads:
            self._lost = None
            return
        self._tell_lost(lost)
        if self._watchman.note_beat():
            self._loop.call_soon_threadsafe(self._submit, "ping")

    def _tell_lost(self, lost: Sequence[Worker]) -> None:
        """Say once of each that it is lost; whoever takes a lost one's lead has it before that one counts as lost."""
        for worker in lost:
            if self._lost is not None and worker.id not in self._lost:
                hint = "what it had in hand is taken up by others; see monitor status"
                log.warning("worker.lost", worker=worker.id, last_beat_at=worker.beat_at, hint=hint)
        self._lost = frozenset(worker.id for worker in lost)

    def _as_worker(self, now: datetime) -> Worker:
        since_s = self._app.clock.monotonic_s() - MINUTE_S
        while self._done and self._done[0].at_s < since_s:
            self._done.popleft()
        done = list(self._done)
        host, pid, _ = self._app.owner.rsplit(":", 2)
        return Worker(
            id=self._app.owner,
            host=host[:80],
            pid=int(pid),
            version=__version__,
            queues=tuple(self._queues),
            started_at=self._started_at,
            beat_at=now,
            revision=self._app.revision or 0,
            jobs=self._queue.busy,
            visits=sum(one.visits for one in done),
            articles=sum(one.articles for one in done),
            sent=sum(one.sent for one in done),
        )

    def _count_visit(self, visit: PollSummary) -> None:
        at_s = self._app.clock.monotonic_s()
        self._count(_Done(at_s, articles=visit.new))

    def _count_sent(self, sent: Sent) -> None:
        if sent.state == "sent":
            self._count(_Done(self._app.clock.monotonic_s(), sent=1))

    def _count(self, done: _Done) -> None:
        """In one entry for each second: the minute has sixty, whatever is done in it."""
        last = self._done[-1] if self._done else None
        if last is None or int(last.at_s) != int(done.at_s):
            self._done.append(done)
            return
        self._done[-1] = _Done(
            last.at_s, last.visits + done.visits, last.articles + done.articles, last.sent + done.sent
        )

    def _note_turn(self, late_s: float) -> None:
        super()._note_turn(late_s)
        now_s = awake_s()
        slept_s, self._turned_s = now_s - self._turned_s, now_s
        if slept_s > SLEPT_S:
            end_slept(slept_s)

    # --- the end -----------------------------------------------------------------------------------------------------

    def _stop_taking(self) -> None:
        super()._stop_taking()
        self._batches.stop()
        self._queue.stop()

    async def _drain_shared(self, until_s: float) -> None:
        await self._guard("queue", lambda: self._queue.drain(left_s(until_s)))
        await self._guard("worker", self._leave)

    async def _leave(self) -> None:
        """Say that it goes: nobody waits for it, and the lead is free at once."""

        def leave() -> None:
            with self._app.store.write() as tx:
                tx.workers.leave(self._app.owner, self._app.clock.now())

        await in_pool(self._app.database_pool, leave)


def end_slept(late_s: float) -> NoReturn:
    """End at once: what it had in hand is others' by now, and nothing of it may be written or sent."""
    log.error("worker.slept", seconds=round(late_s, 1), hint="others took up its work; it is to be started anew")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(SLEPT_CODE)


def _job_of(batch: Batch) -> dict[str, object]:
    return {"claim": batch.claim, "feed_ids": list(batch.feed_ids)}


def run_worker(app: App, watcher: Watcher, queues: tuple[Queue, ...]) -> None:
    """Work until a signal says stop, then drain."""
    sys.setswitchinterval(SWITCH_S)

    async def work() -> None:
        await WorkerProcess(app, watcher, queues).run()

    asyncio.run(work())
