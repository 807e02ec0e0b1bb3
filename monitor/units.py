"""What is done, by name: the same functions whoever runs them, one process or many.

Effects: those of `app`.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Protocol

from monitor.app import App
from monitor.auditor import Auditor
from monitor.feeds.recordings import sweep_recordings
from monitor.model import ChannelName, TopicKey
from monitor.outbox.deliver import PER_LOOK_MAX, SendRules, Sent
from monitor.pipeline.digest import Closed, close_due
from monitor.pipeline.indexing import Indexer
from monitor.pipeline.pace import Pace
from monitor.pipeline.sweep import sweep
from monitor.runner import Queue, Unit, in_pool

MEANINGS_S = 60.0
"""How long articles are read by their meaning before the unit ends, so that the log says how it gets on."""


class Submit(Protocol):
    """Has a unit run."""

    def __call__(self, name: str, **args: str) -> bool:
        """Whether it was not asked for already."""


class Units:
    """The units of work over one app. All methods but those of a thread belong to the event loop."""

    def __init__(self, app: App, submit: Submit, is_stopping: Callable[[], bool]) -> None:
        self._app = app
        self._submit = submit
        self._is_stopping = is_stopping
        self._indexer = Indexer(app.store)
        self._second_looks = app.pages.second_looks(lambda: app.in_force.channels, lambda: app.in_force.topics)
        self._digests_paused: dict[TopicKey, datetime] = {}
        self._auditor = Auditor(app, is_stopping)

    def listed(self) -> list[Unit]:
        """Every unit that may be shared out."""
        return [
            Unit("pages", Queue.POLL, self._read_pages),
            Unit("looks", Queue.POLL, self._look_again),
            Unit("meanings", Queue.INGEST, self._read_meanings),
            Unit("digests", Queue.INGEST, self._close_digests),
            Unit("index", Queue.INGEST, self._index),
            Unit("audit", Queue.INGEST, self._audit),
            Unit("sweep", Queue.INGEST, self._sweep),
            Unit("deliveries", Queue.DELIVER, self._look_for_deliveries),
            Unit("deliver", Queue.DELIVER, self._deliver),
        ]

    async def _read_pages(self) -> None:
        self._app.check_room()
        await self._app.pages.look()

    async def _look_again(self) -> None:
        self._app.check_room()
        await self._second_looks.look()

    async def _read_meanings(self) -> None:
        if self._app.asks_meaning:
            await in_pool(self._app.meaning_pool, self._read_some_meanings)

    def _read_some_meanings(self) -> None:
        self._app.check_room()
        self._app.meanings.run_round(MEANINGS_S, self._is_stopping)

    async def _close_digests(self) -> None:
        """What is told at once goes out at once: nobody waits for two ticks."""
        closed = await in_pool(self._app.database_pool, self._close_due)
        if any(done.deliveries for done in closed):
            self._submit("deliveries")

    def _close_due(self) -> list[Closed]:
        app = self._app
        closed = close_due(app.store, app.in_force.digest, app.clock.now(), paused=self._digests_paused)
        app.numbers.note_closed(closed)
        return closed

    async def _index(self) -> None:
        await in_pool(self._app.database_pool, self._indexer.catch_up)

    async def _audit(self) -> None:
        """In a thread of its own: it reads a month of articles, and no news waits for it."""
        await in_pool(self._app.sender_pool, self._auditor.look)

    async def _sweep(self) -> None:
        """In a thread of its own: it may take an hour, and whoever waits to write goes first between two portions."""
        await in_pool(self._app.sender_pool, self._sweep_now)

    def _sweep_now(self) -> None:
        app = self._app
        swept = sweep(app.store, app.retention, app.clock.now(), Pace(is_stopping=self._is_stopping))
        sweep_recordings(app.recorder.folder, app.raw_limits.days, app.clock.now())
        app.numbers.note_swept(swept)

    async def _look_for_deliveries(self) -> None:
        for name in await in_pool(self._app.database_pool, self._channels_due):
            # One unit per channel: a channel that hangs costs the others nothing.
            self._submit("deliver", channel=name)

    def _channels_due(self) -> list[ChannelName]:
        with self._app.store.read() as tx:
            due = tx.outbox.channels_due(self._app.clock.now())
        # Where an outcome waits to be written nothing is due before its lease ends; a stop until then would forget it.
        owing = [name for name in self._app.sender.unsettled if name not in due]
        return [name for name in (*due, *owing) if name in self._app.in_force.channels]

    async def _deliver(self, channel: str) -> list[Sent]:
        name, force = ChannelName(channel), self._app.in_force
        speaker, rules = force.channels.get(name), force.rules.get(name, SendRules())
        if speaker is None:
            return []  # it left the configuration since it was found due
        done: list[Sent] = []
        while len(done) < PER_LOOK_MAX and not self._is_stopping():
            # Waited for here and not in the thread: a hundred channels that each rest a second need no thread for it.
            await asyncio.sleep(self._app.sender.wait_s(speaker))
            sent = await in_pool(self._app.sender_pool, partial(self._app.sender.deliver_next, speaker, rules))
            if sent is None:
                break
            done.append(sent)
            if sent.is_over:
                break
        return done
