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
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from monitor.clock import Clock
from monitor.errors import FetchError, FetchReason, ParseError, ParseReason, StorageError
from monitor.feeds.fetch import Fetcher
from monitor.feeds.moves import may_carry_secrets
from monitor.feeds.policy import BACKOFF_S_MAX, RATE_LIMITED_S, validators_for
from monitor.feeds.recorded import Answer
from monitor.feeds.sandbox import ParserProcess
from monitor.logs import get_log
from monitor.model import Feed, FeedId, Fetched, Gone, NotModified, Polled, PollOutcome
from monitor.model.canary import is_canary
from monitor.pipeline.answers import judge_answer, with_answer
from monitor.pipeline.ingest import IngestContext
from monitor.pipeline.reach import Reach
from monitor.pipeline.salvage import ingest_safely
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
SLOW_SHARE = 4
"""A quarter of the slots is for feeds that failed at their last visit, however many they are."""
GATHER_S = 0.25
"""How long a batch waits for more feeds while visits are under way: a transaction is a sync of the disk."""
STORAGE_PAUSE_S = 10.0
"""How long polling rests after the database refused to take anything."""

log = get_log()


@dataclass(frozen=True, slots=True)
class HostLimit:
    """How a host is treated: visits at one time, and the least pause between two in seconds."""

    at_once: int
    spacing_s: float


class _HostGate:
    """Lets visits to one host through, never too many at once nor too soon after another; shut while it asks for it."""

    def __init__(self, limit: HostLimit) -> None:
        self._slots = asyncio.Semaphore(limit.at_once)
        self._spacing_s = limit.spacing_s
        self.next_s = 0.0
        self.shut_until_s = 0.0
        self.users = 0

    async def enter(self) -> None:
        await self._slots.acquire()
        loop = asyncio.get_running_loop()
        start = max(self.next_s, loop.time())
        self.next_s = start + self._spacing_s
        if start > loop.time():
            try:
                await asyncio.sleep(start - loop.time())
            except asyncio.CancelledError:
                self._slots.release()
                raise

    def leave(self) -> None:
        self._slots.release()

    def is_needed(self, now_s: float) -> bool:
        """Whether it holds somebody back, or may have to."""
        return bool(self.users) or max(self.next_s, self.shut_until_s) > now_s

    def shut(self, error: FetchError) -> None:
        """Let nobody through for as long as the server asked; it means all of us, not one feed."""
        if not self._spacing_s:
            return  # of one's own network: who stands in line is let through, and waits from the next visit on
        wait_s = min(error.retry_after_s or RATE_LIMITED_S, BACKOFF_S_MAX)
        self.shut_until_s = max(self.shut_until_s, asyncio.get_running_loop().time() + wait_s)

    def check(self, host: str) -> None:
        """Raise FetchError while it is shut: what waited in line when the server said no is not asked for."""
        left_s = self.shut_until_s - asyncio.get_running_loop().time()
        if left_s > 0:
            what = "not asked: the server said that we come too often"
            raise FetchError(what, reason=FetchReason.RATE_LIMITED, retry_after_s=left_s, where=host)


class Poller:
    """Visits feeds and ingests what they bring. `look` and `finish` belong to one event loop."""

    def __init__(
        self,
        store: Store,
        fetcher: Fetcher,
        parser: ParserProcess,
        clock: Clock,
        *,
        context: Callable[[], IngestContext],
        owner: str,
        concurrency: int,
        limit_of: Callable[[str], HostLimit],
        database_pool: Executor,
        parser_pool: Executor,
        report: Callable[[PollSummary], None] | None = None,
        record: Callable[[Polled, Answer | ParseError | None], None] | None = None,
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._parser = parser
        self._clock = clock
        self._context = context
        self._owner = owner
        self._concurrency = concurrency
        self._limit_of = limit_of
        self._database_pool = database_pool
        self._parser_pool = parser_pool
        self._report = report
        self._record = record
        self._queue: asyncio.Queue[Polled] = asyncio.Queue(QUEUE_FEEDS_MAX)
        self._slots = asyncio.Semaphore(concurrency)
        self._slow_slots = asyncio.Semaphore(max(1, concurrency // SLOW_SHARE))
        self._hosts: dict[str, _HostGate] = {}
        self._visits: set[asyncio.Task[None]] = set()
        self._under_way: dict[FeedId, str] = {}
        self._bytes_waiting = 0
        self.refusal: StorageError | None = None
        """Why the database last took a batch not in; what was in it will be read again."""
        self._room = asyncio.Condition()
        self._ingesting: asyncio.Task[None] | None = None
        self._resume_s = 0.0
        self._stopping = False
        self._reach = Reach()

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
        # A gate is kept while its pause lasts: the next visit to its host may come with a later look.
        self._hosts = {host: gate for host, gate in self._hosts.items() if gate.is_needed(loop.time())}
        room = CLAIMS_AHEAD * self._concurrency - len(self._visits)
        if self._stopping or room < (CLAIMS_AHEAD - 1) * self._concurrency or loop.time() < self._resume_s:
            return 0
        waiting = Counter(self._under_way.values())
        busy = [host for host, count in waiting.items() if count >= HOST_CLAIMS * self._limit_of(host).at_once]
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
        host = host_of(feed.address)
        gate = self._hosts.setdefault(host, _HostGate(self._limit_of(host)))
        gate.users += 1
        try:
            await gate.enter()
            try:
                # Who failed last time may be silent again, each for the whole exchange: they share a part of the slots.
                async with self._slow_slots if feed.state.fail_count else nullcontext(), self._slots:
                    polled = await self._poll(feed, gate)
            finally:
                gate.leave()
        finally:
            gate.users -= 1
            self._under_way.pop(feed.id, None)
        async with self._room:
            await self._room.wait_for(lambda: self._has_room(polled.bytes_read))
            self._bytes_waiting += polled.bytes_read
        await self._queue.put(polled)

    def _has_room(self, bytes_read: int) -> bool:
        return self._bytes_waiting == 0 or self._bytes_waiting + bytes_read <= QUEUE_BYTES_MAX

    async def _poll(self, feed: Feed, gate: _HostGate) -> Polled:
        now = self._clock.now()
        started_s = self._clock.monotonic_s()
        polled = Polled(feed, PollOutcome.FAILED, now)
        answer: Fetched | NotModified | Gone | None = None
        try:
            gate.check(host_of(feed.address))
            answer = await self._fetch(feed, now)
            # Kept before it is parsed: what the server said is known even where the body turns out to be no feed.
            polled = with_answer(polled, answer)
            polled = await self._understand(polled, answer)
        except (FetchError, ParseError) as error:
            if isinstance(error, FetchError) and error.reason is FetchReason.RATE_LIMITED and error.status is not None:
                gate.shut(error)
            polled = replace(polled, outcome=PollOutcome.FAILED, error=error)
        except Exception as error:  # noqa: BLE001  # the edge of a unit of work: recorded, so that the feed is not silent
            log.error("visit.broke", error=error, feed=feed.name, hint="please report this feed")
            broke = ParseError(f"could not be read ({type(error).__name__})", reason=ParseReason.CRASHED)
            polled = replace(polled, outcome=PollOutcome.FAILED, error=broke)
        self._note_reach(feed, polled.error, started_s)
        elapsed_ms = int((self._clock.monotonic_s() - started_s) * 1000)
        polled = replace(polled, elapsed_ms=elapsed_ms, is_offline=self._reach.is_down)
        if self._record is not None and not is_canary(feed.url):
            self._record(polled, answer or polled.error)
        return polled

    def _note_reach(self, feed: Feed, error: FetchError | ParseError | None, started_s: float) -> None:
        if is_canary(feed.url):
            return  # it is of this machine: that it answers says nothing of the network
        if not self._reach.note(host_of(feed.address), error, started_s, self._clock.monotonic_s()):
            return
        if self._reach.is_down:
            log.error("network.down", hint="no host answers; feeds are tried at their usual interval until one does")
        else:
            log.info("network.up")

    async def _fetch(self, feed: Feed, now: datetime) -> Fetched | NotModified | Gone:
        rules = self._context().rules_of(feed)
        etag, last_modified = validators_for(feed.state, now)
        headers = rules.headers if may_carry_secrets(feed.url, feed.address) else None
        return await self._fetcher.fetch(
            feed.address, etag=etag, last_modified=last_modified, headers=headers, proxy=rules.proxy
        )

    async def _understand(self, polled: Polled, answer: Fetched | NotModified | Gone) -> Polled:
        judged = judge_answer(polled, answer)
        if judged.outcome is not PollOutcome.NEW or not isinstance(answer, Fetched):
            return judged
        # Where parsing fails, nothing that was judged counts: the same bytes are parsed again.
        parsed = await asyncio.get_running_loop().run_in_executor(
            self._parser_pool, self._parser.parse, answer.body, answer.final_url, answer.charset, polled.polled_at
        )
        return replace(judged, parsed=parsed)

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
