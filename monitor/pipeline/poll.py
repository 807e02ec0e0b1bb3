"""Claim due feeds, visit them politely, hand what came back to the ingest through a bounded queue.

What is in the queue is in no row: after a stop the leases end and the same bytes are read again. When the queue is
full, polling waits.

Effects: network, database, one child process.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from datetime import datetime
from typing import TypeVar

from monitor.clock import Clock
from monitor.errors import StorageError
from monitor.logs import get_log
from monitor.model import Feed, FeedId, Polled
from monitor.pipeline.ingest import IngestContext
from monitor.pipeline.salvage import ingest_safely
from monitor.pipeline.visitor import Visitor
from monitor.pipeline.visits import PollSummary
from monitor.storage.store import Store
from monitor.urls import host_of

T = TypeVar("T")

QUEUE_FEEDS_MAX = 100
"""Polled feeds waiting for the ingest; usually there are a few."""
QUEUE_BYTES_MAX = 20_000_000
"""Bytes of bodies those feeds came from: with entries in memory a few times as much, and one large feed always fits."""
BATCH_FEEDS_MAX = 250
"""Feeds in one transaction: a round of unchanged feeds shares its syncs, and is over in 20 ms (measured)."""
BATCH_BYTES_MAX = 500_000
"""Bytes of bodies in one transaction: some twenty changed news feeds, or one of the largest. Twice as much takes 13 MB
more at its peak, and a thirtieth less time (measured)."""
CLAIMS_AHEAD = 3
"""Feeds claimed, in visits at one time: each claim is a sync, and the last of them waits two exchanges, within a
lease."""
HOST_AT_ONCE = 2
"""Visits to a public host at one time, by default."""
HOST_CLAIMS = 4
"""Feeds of one host claimed for each that may be visited at one time: they wait a few exchanges, well within a lease,
and a host with hundreds of feeds does not keep all others waiting."""
GATHER_S = 0.25
"""How long a batch waits for more feeds while visits are under way: a transaction is a sync of the disk."""
STORAGE_PAUSE_S = 10.0
"""How long polling rests after the database refused to take anything."""

log = get_log()


class Poller:
    """Visits feeds and ingests what they bring. `look` and `finish` belong to one event loop."""

    def __init__(
        self,
        store: Store,
        visitor: Visitor,
        clock: Clock,
        *,
        context: Callable[[], IngestContext],
        owner: str,
        database_pool: Executor,
        report: Callable[[PollSummary], None] | None = None,
    ) -> None:
        self._store = store
        self._visitor = visitor
        self._clock = clock
        self._context = context
        self._owner = owner
        self._concurrency = visitor.concurrency
        self._database_pool = database_pool
        self._report = report
        self._queue: asyncio.Queue[Polled] = asyncio.Queue(QUEUE_FEEDS_MAX)
        self._visits: set[asyncio.Task[None]] = set()
        self._under_way: dict[FeedId, str] = {}
        self._bytes_waiting = 0
        self.refusal: StorageError | None = None
        """Why the database last took a batch not in; what was in it will be read again."""
        self._room = asyncio.Condition()
        self._ingesting: asyncio.Task[None] | None = None
        self._resume_s = 0.0
        self._stopping = False

    @property
    def busy(self) -> int:
        """Visits under way and polled feeds not yet ingested."""
        return len(self._visits) + self._queue.qsize()

    async def look(self, *, round_started_at: datetime | None = None) -> int:
        """Claim what is due, as much as there is room for, and start visiting it; returns how many feeds.

        With `round_started_at` each feed is claimed that was not visited since, whatever its schedule, unless its
        server asked us to stay away. Raises StorageError when the database takes no claim; polling then rests.
        """
        loop = asyncio.get_running_loop()
        self._visitor.tidy()
        room = CLAIMS_AHEAD * self._concurrency - len(self._visits)
        if self._stopping or room < (CLAIMS_AHEAD - 1) * self._concurrency or loop.time() < self._resume_s:
            return 0
        waiting = Counter(self._under_way.values())
        busy = [host for host, count in waiting.items() if count >= HOST_CLAIMS * self._visitor.limit_of(host).at_once]
        try:
            claimed = await self._in_database(lambda: self._claim(room, busy, round_started_at))
        except StorageError:
            self._resume_s = loop.time() + STORAGE_PAUSE_S
            raise
        # One whose lease ran out while it waited for its host is still ours to visit, once.
        feeds = [feed for feed in claimed if feed.id not in self._under_way]
        if feeds and self._ingesting is None:
            self._ingesting = loop.create_task(self._ingest_forever())
        for feed in feeds:
            visit = loop.create_task(self._visit(feed))
            self._under_way[feed.id] = host_of(feed.address)
            self._visits.add(visit)
            visit.add_done_callback(self._visits.discard)
        return len(feeds)

    async def run_round(self) -> None:
        """Visit every feed once and ingest it; returns when all of it is stored."""
        started = self._clock.now()
        while True:
            was_idle = not self._visits
            claimed = await self.look(round_started_at=started)
            if self._visits:
                await asyncio.wait(self._visits, return_when=asyncio.FIRST_COMPLETED)
            elif not claimed and was_idle:
                break  # nothing was under way that could have kept its host busy while we looked
        await self._queue.join()

    async def drain(self, timeout_s: float) -> None:
        """Claim no more, let visits under way end, ingest them, then give back what is left; bounded by `timeout_s`."""
        self._stopping = True
        try:
            async with asyncio.timeout(timeout_s):
                if self._visits:
                    await asyncio.wait(set(self._visits))
                await self._queue.join()
        except TimeoutError:
            log.warning("poll.abandoned", feeds=self.busy)
        for task in [*self._visits, *([self._ingesting] if self._ingesting else [])]:
            task.cancel()
        await asyncio.gather(*self._visits, *([self._ingesting] if self._ingesting else []), return_exceptions=True)
        self._ingesting = None
        try:
            await self._in_database(self._release)
        except StorageError as error:
            log.error("leases.kept", reason=error.reason, hint="they end by themselves within minutes")

    def _claim(self, room: int, busy_hosts: Sequence[str], round_started_at: datetime | None) -> list[Feed]:
        with self._store.write() as tx:
            return tx.feeds.claim_due(
                self._clock.now(),
                owner=self._owner,
                limit=room,
                per_host=HOST_CLAIMS * HOST_AT_ONCE,
                busy_hosts=busy_hosts,
                round_started_at=round_started_at,
            )

    def _release(self) -> None:
        with self._store.write() as tx:
            tx.feeds.release(self._owner)

    async def _in_database(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._database_pool, work)

    async def _visit(self, feed: Feed) -> None:
        try:
            polled = await self._visitor.visit(feed)
        finally:
            self._under_way.pop(feed.id, None)
        if not self._has_room(polled.bytes_read):
            async with self._room:
                await self._room.wait_for(lambda: self._has_room(polled.bytes_read))
        self._bytes_waiting += polled.bytes_read
        await self._queue.put(polled)

    def _has_room(self, bytes_read: int) -> bool:
        return self._bytes_waiting == 0 or self._bytes_waiting + bytes_read <= QUEUE_BYTES_MAX

    async def _ingest_forever(self) -> None:
        while True:
            batch = [await self._queue.get()]
            await self._gather(batch)
            try:
                await self._ingest(batch)
            finally:
                async with self._room:
                    self._bytes_waiting -= sum(polled.bytes_read for polled in batch)
                    self._room.notify_all()
                for _ in batch:
                    self._queue.task_done()

    async def _gather(self, batch: list[Polled]) -> None:
        loop = asyncio.get_running_loop()
        until_s = loop.time() + GATHER_S
        while len(batch) < BATCH_FEEDS_MAX and sum(polled.bytes_read for polled in batch) < BATCH_BYTES_MAX:
            if self._queue.empty() and (not self._visits or loop.time() >= until_s):
                return
            try:
                async with asyncio.timeout(max(0.0, until_s - loop.time())):
                    batch.append(await self._queue.get())
            except TimeoutError:
                return

    async def _ingest(self, batch: Sequence[Polled]) -> None:
        try:
            summaries = await self._in_database(
                lambda: ingest_safely(self._store, batch, self._context(), now=self._clock.now(), jitter=random.random)
            )
            for summary in summaries:
                if self._report is not None:
                    self._report(summary)
        except StorageError as error:
            # Nothing of the batch stands; its leases end and the same bytes are read again when there is room.
            self._resume_s = asyncio.get_running_loop().time() + STORAGE_PAUSE_S
            self.refusal = error
            log.error("batch.refused", feeds=len(batch), reason=error.reason, hint=str(error))
        except Exception as error:  # noqa: BLE001  # the edge of a unit of work: the next batch must still be taken
            log.error("batch.broke", error=error, feeds=len(batch), hint="please report this")
