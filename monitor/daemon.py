"""Run what `app` built, until a signal says stop.

SIGTERM and SIGINT drain: visits under way end and are stored, messages under way are settled, leases are given back.
SIGHUP reads the configuration again. SIGKILL at any line loses nothing, because whatever is under way is in a row
with a lease.

Effects: those of `app`, signals.
"""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import TypeVar

from monitor.app import App
from monitor.auditor import LOOK_EVERY_S as AUDIT_LOOK_S
from monitor.auditor import Auditor
from monitor.config.watch import Watcher
from monitor.edits import Edits
from monitor.errors import StorageError, StorageReason
from monitor.feeds.recordings import sweep_recordings
from monitor.health import STALE_S, age_s, beat, heartbeat_path
from monitor.listening import Listening
from monitor.logs import get_log
from monitor.model import ChannelName, TopicKey
from monitor.outbox.deliver import PER_LOOK_MAX, SendRules, Sent
from monitor.pipeline.digest import Closed, close_due
from monitor.pipeline.indexing import Indexer
from monitor.pipeline.pace import Pace
from monitor.pipeline.sweep import sweep
from monitor.pulse import Pulse
from monitor.reception import open_web
from monitor.runner import Runner, in_pool
from monitor.scheduler import Tick, build_scheduler
from monitor.watchman import LOOK_EVERY_S, Watchman
from monitor.web.app import Web

T = TypeVar("T")

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
MEANINGS_S = 60.0
"""How long articles are read by their meaning before the unit ends, so that the log says how it gets on."""
INDEX_EVERY_S = 15.0
"""At a portion each time the index of words keeps up with sixty thousand articles an hour; a look costs nothing."""
MARKS_EVERY_S = 5.0
"""One row is read; so a reader's mark counts for what comes seconds later."""


LOOKS_EVERY_S = 30.0
"""Looks are due to the hour; at eight each time a thousand alerts an hour are looked at again."""


class Daemon:
    """The app, ticking. `run` belongs to one event loop."""

    def __init__(self, app: App, watcher: Watcher) -> None:
        self._app = app
        self._watcher = watcher
        self._runner = Runner(app.numbers.note_step)
        self._stop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop = asyncio.get_running_loop()
        self._heartbeat = heartbeat_path(app.in_force.loaded.settings.database.url)
        self._file_id = app.store.database.file_id()
        self._indexer = Indexer(app.store)
        self._second_looks = app.pages.second_looks(lambda: app.in_force.channels, lambda: app.in_force.topics)
        self._digests_paused: dict[TopicKey, datetime] = {}
        self._listening = Listening(app)
        self._edits = Edits(app, watcher, self._listening.take)
        self._watchman = Watchman(app, self._runner)
        self._auditor = Auditor(app, lambda: self._runner.is_stopping)

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT, then drain and return. The app stays open: its owner closes it."""
        loop = self._loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._watcher.force)
        scheduler = build_scheduler(self._ticks())
        pulse = Pulse(loop, self._app.numbers.metrics.count_turn)
        self._app.on_match = self._look_for_digests
        log.info("daemon.started", feeds=len(self._app.in_force.loaded.feeds), topics=len(self._app.in_force.topics))
        self._submit("heartbeat", self._beat)
        web: Web | None = None
        serving: asyncio.Task[None] | None = None
        try:
            scheduler.start()
            pulse.start()
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
            Tick("poll", POLL_LOOK_S, lambda: self._runner.submit("poll", self._poll)),
            Tick("pages", 1, lambda: self._runner.submit("pages", self._read_pages)),
            Tick("looks", LOOKS_EVERY_S, lambda: self._runner.submit("looks", self._look_again)),
            Tick("meanings", 5, self._ask_meanings),
            Tick("digests", 2, self._look_for_digests),
            Tick("deliveries", 1, lambda: self._runner.submit("deliveries", self._deliver)),
            Tick("config", 1, lambda: self._submit("config", self._edits.look)),
            Tick("marks", MARKS_EVERY_S, lambda: self._submit("marks", self._app.learn)),
            Tick("heartbeat", 10, lambda: self._submit("heartbeat", self._beat)),
            Tick("notices", LOOK_EVERY_S, lambda: self._submit("notices", self._watchman.look)),
            Tick("audit", AUDIT_LOOK_S, self._ask_for_audit),
            Tick("parser", 30, self._rest_parser),
            Tick("index", INDEX_EVERY_S, lambda: self._submit("index", self._indexer.catch_up)),
            Tick("words", WEIGH_EVERY_S, lambda: self._submit("words", self._app.weigh_words)),
            Tick("sweep", SWEEP_EVERY_S, self._ask_for_sweep),
        ]

    def _submit(self, name: str, work: Callable[[], object]) -> None:
        """Run plain work in the database's thread."""
        self._runner.submit(name, lambda: in_pool(self._app.database_pool, work))

    async def _poll(self) -> None:
        self._app.check_room()
        await self._app.poller.look()

    async def _read_pages(self) -> None:
        self._app.check_room()
        await self._app.pages.look()

    async def _look_again(self) -> None:
        self._app.check_room()
        await self._second_looks.look()

    def _ask_meanings(self) -> None:
        if self._app.asks_meaning:
            self._runner.submit("meanings", lambda: in_pool(self._app.meaning_pool, self._read_meanings))

    def _read_meanings(self) -> None:
        self._app.check_room()
        self._app.meanings.run_round(MEANINGS_S, lambda: self._runner.is_stopping)

    def _look_for_digests(self) -> None:
        self._runner.submit("digests", self._close_and_deliver)

    async def _close_and_deliver(self) -> None:
        """What is told at once goes out at once: nobody waits for two ticks."""
        closed = await in_pool(self._app.database_pool, self._close_due)
        if any(done.deliveries for done in closed):
            self._runner.submit("deliveries", self._deliver)

    def _close_due(self) -> list[Closed]:
        app = self._app
        closed = close_due(app.store, app.in_force.digest, app.clock.now(), paused=self._digests_paused)
        app.numbers.note_closed(closed)
        return closed

    async def _deliver(self) -> None:
        due = await in_pool(self._app.database_pool, self._channels_due)
        for name in due:
            # One unit per channel: a channel that hangs costs the others nothing.
            self._runner.submit(f"deliver:{name}", partial(self._deliver_on, name))

    def _channels_due(self) -> list[ChannelName]:
        with self._app.store.read() as tx:
            due = tx.outbox.channels_due(self._app.clock.now())
        # Where an outcome waits to be written nothing is due before its lease ends; a stop until then would forget it.
        owing = [name for name in self._app.sender.unsettled if name not in due]
        return [name for name in (*due, *owing) if name in self._app.in_force.channels]

    async def _deliver_on(self, name: ChannelName) -> list[Sent]:
        force = self._app.in_force
        channel, rules = force.channels.get(name), force.rules.get(name, SendRules())
        if channel is None:
            return []  # it left the configuration since it was found due
        done: list[Sent] = []
        while len(done) < PER_LOOK_MAX and not self._runner.is_stopping:
            # Waited for here and not in the thread: a hundred channels that each rest a second need no thread for it.
            await asyncio.sleep(self._app.sender.wait_s(channel))
            sent = await in_pool(self._app.sender_pool, partial(self._app.sender.deliver_next, channel, rules))
            if sent is None:
                break
            done.append(sent)
            if sent.is_over:
                break
        return done

    def _beat(self) -> None:
        """Note that the loop turned and the database took a write; only then is the file touched."""
        now = self._app.clock.now()
        self._refuse_other_file()
        with self._app.store.write() as tx:
            tx.topics.beat("daemon", now)
        beat(self._heartbeat)
        if self._watchman.note_beat():
            self._loop.call_soon_threadsafe(self._ping)

    def _refuse_other_file(self) -> None:
        """Without a beat whoever looks at the daemon's health starts it anew, on the file that is there now."""
        database = self._app.store.database
        if database.file_id() != self._file_id:
            raise StorageError(
                "the archive's file was moved, removed or replaced while the daemon runs; what it writes is lost",
                reason=StorageReason.UNREACHABLE, where=str(database.path),
                remedy="Stop the daemon, put the archive back there, and start it again.",
            )  # fmt: skip

    def _ping(self) -> None:
        self._runner.submit("ping", lambda: in_pool(self._app.sender_pool, self._watchman.ping))

    def _ask_for_audit(self) -> None:
        """In a thread of its own: it reads a month of articles, and no news waits for it."""
        self._runner.submit("audit", lambda: in_pool(self._app.sender_pool, self._auditor.look))

    def _ask_for_sweep(self) -> None:
        """In a thread of its own: it may take an hour, and whoever waits to write goes first between two portions."""
        self._runner.submit("sweep", lambda: in_pool(self._app.sender_pool, self._sweep))

    def _sweep(self) -> None:
        pace = Pace(is_stopping=lambda: self._runner.is_stopping)
        self._app.swept = sweep(self._app.store, self._app.retention, self._app.clock.now(), pace)
        sweep_recordings(self._app.recorder.folder, self._app.raw_limits.days, self._app.clock.now())
        self._app.numbers.note_swept(self._app.swept)

    def _rest_parser(self) -> None:
        self._app.parser.close_if_idle(self._app.clock.monotonic_s())

    def _open_web(self) -> Web | None:
        """The listener; without it the daemon does its work all the same, and says so."""
        return open_web(self._app, self._watcher, self._answer_health)

    def _answer_health(self) -> tuple[bool, dict[str, object]]:
        seconds = age_s(self._heartbeat, self._app.clock.now().timestamp())
        healthy = seconds is not None and seconds <= STALE_S
        return healthy, {"healthy": healthy, "heartbeat_age_s": None if seconds is None else round(seconds, 1)}

    async def _drain(self) -> None:
        log.info("daemon.draining", visits=self._app.poller.busy)
        self._runner.stop()  # first: senders look at it between two messages
        until_s = asyncio.get_running_loop().time() + DRAIN_S
        await self._guard("listeners", lambda: asyncio.to_thread(self._listening.stop))
        await self._guard("visits", lambda: self._app.poller.drain(_left_s(until_s)))
        await self._guard("pages", lambda: self._app.pages.drain(_left_s(until_s)))
        await self._guard("units", lambda: self._runner.drain(_left_s(until_s)))
        await self._guard("outcomes", self._settle)
        await self._guard("network", self._app.close_network)

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


def _left_s(until_s: float) -> float:
    return max(0.0, until_s - asyncio.get_running_loop().time())


def run_daemon(app: App, watcher: Watcher) -> None:
    """Work until a signal says stop, then drain."""
    sys.setswitchinterval(SWITCH_S)

    async def work() -> None:
        await Daemon(app, watcher).run()

    asyncio.run(work())
