"""Run what `app` built, until a signal says stop.

SIGTERM and SIGINT drain: visits under way end and are stored, messages under way are settled, leases are given back.
SIGHUP reads the configuration again. SIGKILL at any line loses nothing, because whatever is under way is in a row
with a lease.

Effects: those of `app`, signals.
"""

import asyncio
import signal
import sys
import time
from collections.abc import Awaitable, Callable

from monitor.app import App
from monitor.auditor import LOOK_EVERY_S as AUDIT_LOOK_S
from monitor.config.watch import Watcher
from monitor.edits import Edits
from monitor.errors import StorageError, StorageReason
from monitor.health import STALE_S, age_s, beat, heartbeat_path
from monitor.listening import Listening
from monitor.logs import get_log
from monitor.pipeline.batches import ingest_handed
from monitor.pipeline.visits import PollSummary
from monitor.pulse import Pulse
from monitor.reception import open_web
from monitor.runner import EmbeddedRunner, Queue, Unit, in_pool
from monitor.scheduler import Tick, build_scheduler
from monitor.units import Units
from monitor.watchman import LOOK_EVERY_S, Refusals, Watchman
from monitor.web.app import Web

log = get_log()

DRAIN_S = 20.0
"""How long a stop waits for what is under way; a container's grace period must be longer (45 s in compose)."""
SWITCH_S = 0.0005
"""How long a thread keeps the interpreter when another wants it. A hundred senders give it up at every call of the
database and of a socket; at the usual 5 ms each would wait longer for its turn than for all it does."""
POLL_LOOK_S = 0.5
"""A feed that is due waits a quarter of a second on average; looking costs a millisecond."""
SWEEP_EVERY_S = 3600.0
WEIGH_EVERY_S = 86_400.0
"""Once a day, and at each reload: in between the same article always gets the same answer."""
INDEX_EVERY_S = 15.0
"""At a portion each time the index of words keeps up with sixty thousand articles an hour; a look costs nothing."""
MARKS_EVERY_S = 5.0
"""One row is read; so a reader's mark counts for what comes seconds later."""
HANDED_EVERY_S = 30.0
"""What workers left behind where one process goes on in their place: nothing is the rule, and costs a look."""
LOOKS_EVERY_S = 30.0
"""Looks are due to the hour; at eight each time a thousand alerts an hour are looked at again."""


class Daemon:
    """The app, ticking. `run` belongs to one event loop."""

    def __init__(self, app: App, watcher: Watcher) -> None:
        self._app = app
        self._watcher = watcher
        self._units = Units(app, self._submit, lambda: self._runner.is_stopping)
        self._runner = EmbeddedRunner([*self._own_units(), *self._units.listed()], self._note_end)
        self._stop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop = asyncio.get_running_loop()
        self._heartbeat = heartbeat_path(app.in_force.loaded.settings.database.url)
        self._file_id = app.store.database.file_id()
        self._listening = Listening(app, self._listens)
        self._edits = Edits(app, watcher, self._listening.take, looks_back=self._looks_back)
        self._watchman = Watchman(app, self._refusals())

    def _note_end(self, key: str, is_good: bool) -> None:  # as the runner tells it
        self._app.numbers.note_step(key, is_good)

    def _refusals(self) -> Refusals:
        """Who knows which units are refused."""
        return self._runner

    def _listens(self) -> bool:
        """Whether it is this process that hears what is said in Slack."""
        return True

    def _own_units(self) -> list[Unit]:
        """What every process does for itself, and what is done here alone where there is no other."""
        return [
            Unit("poll", Queue.POLL, self._poll),
            Unit("handed", Queue.INGEST, self._store_handed),
            self._plain("config", self._edits_look),
            self._plain("marks", self._app.learn),
            self._plain("words", self._app.weigh_words),
            self._plain("heartbeat", self._beat),
            self._plain("notices", self._look_after_needs),
            Unit("ping", Queue.DELIVER, self._ping),
        ]

    def _plain(self, name: str, work: Callable[[], object]) -> Unit:
        """Plain work in the database's thread."""

        async def run() -> None:
            await in_pool(self._app.database_pool, work)

        return Unit(name, Queue.INGEST, run)

    def _submit(self, name: str, **args: str) -> bool:
        return self._runner.submit(name, **args)

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT, then drain and return. The app stays open: its owner closes it."""
        loop = self._loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._watcher.force)
        scheduler = build_scheduler(self._ticks())
        pulse = Pulse(loop, self._note_turn)
        self._app.on_match = lambda: self._submit("digests")
        log.info("daemon.started", feeds=len(self._app.in_force.loaded.feeds), topics=len(self._app.in_force.topics))
        self._submit("heartbeat")
        web: Web | None = None
        serving: asyncio.Task[None] | None = None
        try:
            scheduler.start()
            pulse.start()
            await self._begin()
            self._listening.take(self._app.in_force.loaded)
            web = self._open_web()
            serving = loop.create_task(web.serve()) if web is not None else None
            await self._stop.wait()
        finally:
            pulse.stop()
            if scheduler.running:
                scheduler.shutdown(wait=False)
            if web is not None and serving is not None:
                web.stop()
                await asyncio.gather(serving, return_exceptions=True)
            await self._drain()
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                loop.remove_signal_handler(number)
        log.info("daemon.stopped")

    def _ticks(self) -> list[Tick]:
        return [
            self._tick("poll", POLL_LOOK_S),
            self._tick("handed", HANDED_EVERY_S),
            self._tick("pages", 1),
            self._tick("looks", LOOKS_EVERY_S),
            Tick("meanings", 5, self._ask_meanings),
            self._tick("digests", 2),
            self._tick("deliveries", 1),
            self._tick("config", 1),
            self._tick("marks", MARKS_EVERY_S),
            self._tick("heartbeat", 10),
            self._tick("notices", LOOK_EVERY_S),
            self._tick("audit", AUDIT_LOOK_S),
            Tick("parser", 30, self._rest_parser),
            self._tick("index", INDEX_EVERY_S),
            self._tick("words", WEIGH_EVERY_S),
            self._tick("sweep", SWEEP_EVERY_S),
        ]

    async def _begin(self) -> None:
        """What more a process begins with."""

    def _note_turn(self, late_s: float) -> None:
        self._app.numbers.metrics.count_turn(late_s)

    def _tick(self, name: str, every_s: float) -> Tick:
        return Tick(name, every_s, lambda: self._submit(name))

    def _ask_meanings(self) -> None:
        if self._app.asks_meaning:
            self._submit("meanings")

    async def _poll(self) -> None:
        self._app.check_room()
        await self._app.poller.look()

    async def _store_handed(self) -> None:
        """What visits of workers brought and nobody stored yet."""
        while not self._runner.is_stopping:
            summaries = await in_pool(self._app.database_pool, self._ingest_some)
            if summaries is None:
                return
            for summary in summaries:
                self._app.note_visit(summary)

    def _ingest_some(self) -> list[PollSummary] | None:
        return ingest_handed(self._app.store, self._app.in_force.ingest, self._app.clock)

    def _looks_back(self) -> bool:
        """Whether new topics look into the archive here, where a person asked for it."""
        return True

    def _edits_look(self) -> None:
        self._edits.look()

    def _look_after_needs(self) -> None:
        self._watchman.look()

    def _beat(self) -> None:
        """Note that the loop turned and the database took a write; only then is the file touched."""
        now = self._app.clock.now()
        self._refuse_other_file()
        with self._app.store.write() as tx:
            tx.topics.beat("daemon", now)
        beat(self._heartbeat)
        if self._watchman.note_beat():
            self._loop.call_soon_threadsafe(self._submit, "ping")

    def _refuse_other_file(self) -> None:
        """Without a beat whoever looks at the daemon's health starts it anew, on the file that is there now."""
        database = self._app.store.database
        if database.file_id() != self._file_id:
            raise StorageError(
                "the archive's file was moved, removed or replaced while the daemon runs; what it writes is lost",
                reason=StorageReason.UNREACHABLE, where=str(database.path),
                remedy="Stop the daemon, put the archive back there, and start it again.",
            )  # fmt: skip

    async def _ping(self) -> None:
        await in_pool(self._app.sender_pool, self._watchman.ping)

    def _rest_parser(self) -> None:
        self._app.parser.close_if_idle(self._app.clock.monotonic_s())

    def _open_web(self) -> Web | None:
        """The listener; without it the daemon does its work all the same, and says so."""
        return open_web(self._app, self._watcher, self._answer_health)

    def _answer_health(self) -> tuple[bool, dict[str, object]]:
        seconds = age_s(self._heartbeat, time.time())  # by the clock that dates files
        healthy = seconds is not None and seconds <= STALE_S
        return healthy, {"healthy": healthy, "heartbeat_age_s": None if seconds is None else round(seconds, 1)}

    async def _drain(self) -> None:
        log.info("daemon.draining", visits=self._app.poller.busy)
        self._stop_taking()
        until_s = asyncio.get_running_loop().time() + DRAIN_S
        await self._guard("listeners", lambda: asyncio.to_thread(self._listening.stop))
        await self._guard("visits", lambda: self._app.poller.drain(left_s(until_s)))
        await self._guard("pages", lambda: self._app.pages.drain(left_s(until_s)))
        await self._drain_shared(until_s)
        await self._guard("units", lambda: self._runner.drain(left_s(until_s)))
        await self._guard("outcomes", self._settle)
        await self._guard("network", self._app.close_network)

    def _stop_taking(self) -> None:
        self._runner.stop()  # first: senders look at it between two messages

    async def _drain_shared(self, until_s: float) -> None:
        """What more a process has to bring to its end, before the units."""

    async def _settle(self) -> None:
        try:
            await in_pool(self._app.database_pool, self._app.sender.settle_kept)
        except StorageError as error:
            log.error("daemon.stopped_owing", reason=error.reason, hint="what was sent is asked for at the next start")

    async def _guard(self, step: str, work: Callable[[], Awaitable[None]]) -> None:
        """One step of the stop: what it breaks is said and keeps no later step from its turn."""
        try:
            await work()
        except Exception as error:  # noqa: BLE001  # the edge of a unit of work: a stop goes on whatever one step says
            log.error("drain.broke", step=step, error=error, hint="leases end by themselves")


def left_s(until_s: float) -> float:
    """How long is left until then, on the loop's clock."""
    return max(0.0, until_s - asyncio.get_running_loop().time())


def run_daemon(app: App, watcher: Watcher) -> None:
    """Work until a signal says stop, then drain."""
    sys.setswitchinterval(SWITCH_S)

    async def work() -> None:
        await Daemon(app, watcher).run()

    asyncio.run(work())
