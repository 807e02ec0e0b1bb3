"""Batches of feeds, shared out among processes: claimed by one, visited by any, stored by one at a time.

Hosts are whole in a batch, and no feed is claimed of a host that somebody visits: so no host is ever visited from two
places, and its pause is kept from whoever visited it last. What a batch works on is in rows with leases: a batch that
is lost is taken up again, and one that was given up writes nothing any more.

Effects: network, database, one child process.
"""

import asyncio
import random
import zlib
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from datetime import datetime
from typing import TypeVar
from uuid import uuid4

from msgspec import Struct
from msgspec.structs import replace

from monitor.clock import Clock
from monitor.errors import StorageError, StorageReason
from monitor.feeds.packed import PackError, pack_polled, unpack_polled
from monitor.logs import get_log
from monitor.model import Feed, FeedId, Polled
from monitor.pipeline.ingest import IngestContext
from monitor.pipeline.poll import BATCH_BYTES_MAX, BATCH_FEEDS_MAX, HOST_AT_ONCE, HOST_CLAIMS
from monitor.pipeline.salvage import ingest_safely
from monitor.pipeline.visitor import Visitor
from monitor.pipeline.visits import PollSummary
from monitor.storage.feed_rows import ClaimedFeed
from monitor.storage.handed import GIVEN_UP_S, TRIES_MAX, Handed, HandOver, owner_of
from monitor.storage.store import Store, Transaction
from monitor.urls import host_of

T = TypeVar("T")

FEEDS_MAX = 100
"""Feeds of one batch, but for a host that has more: the queue costs as much for a batch as for a feed, and so do its
transactions. A feed takes a tenth less in batches of a hundred than of fifty (measured)."""
AHEAD_MAX = 1_000
"""Feeds claimed for each process that visits: half a second of the quickest, so that none of them waits for a tick."""
HANDED_FEEDS_MAX = 2_000
HANDED_BYTES_MAX = 200_000_000
"""Nothing is claimed while so much waits to be stored."""
RECORD_S = 0.25
"""How long what came back waits for more of its batch: a transaction is a sync of the database's disk."""
RENEW_S = 60.0
"""How often a batch that takes longer holds its feeds anew; a lease is four times as long."""
TRIES = 3
"""Two that write feeds of one host may wait for each other, and the database ends one of them."""

log = get_log()


class Batch(Struct, frozen=True):
    """Feeds that are to be visited together, under one claim."""

    claim: str
    feed_ids: tuple[FeedId, ...]


def claim_batches(
    tx: Transaction, now: datetime, *, visitors: int, at_once: Callable[[str], int] = lambda _host: HOST_AT_ONCE
) -> list[Batch]:
    """Claim what is due for so many processes that visit, most overdue first, packed by host.

    `at_once` says how many visits a host takes at one time: one's own takes hundreds, and may have most of the feeds.
    Feeds that failed last time are apart from the others: they may keep a batch waiting for half a minute.
    """
    waiting = tx.handed.waiting()
    if waiting.feeds >= HANDED_FEEDS_MAX or waiting.bytes_read >= HANDED_BYTES_MAX:
        return []
    room = visitors * AHEAD_MAX - tx.feeds.under_way(now)
    if room <= 0:
        return []
    claim = uuid4().hex
    feeds = tx.feeds.claim_for_others(now, owner=claim, limit=room, per_host=lambda host: HOST_CLAIMS * at_once(host))
    return [Batch(claim, ids) for ids in pack(feeds)]


def pack(feeds: Sequence[ClaimedFeed]) -> list[tuple[FeedId, ...]]:
    """Feeds in runs of at most `FEEDS_MAX`, all of a host in one; who failed last time apart from who did not."""
    hosts: dict[tuple[bool, str], list[FeedId]] = {}
    failing = {feed.host for feed in feeds if feed.has_failed}
    for feed in feeds:
        hosts.setdefault((feed.host in failing, feed.host), []).append(feed.id)
    batches: list[tuple[FeedId, ...]] = []
    batch: list[FeedId] = []
    was_failing = False
    # By a checksum of the host, the same everywhere and at any time: hosts of one publisher are spread.
    for is_failing, host in sorted(hosts, key=lambda one: (one[0], zlib.crc32(one[1].encode()))):
        ids = hosts[is_failing, host]
        if batch and (len(batch) + len(ids) > FEEDS_MAX or is_failing != was_failing):
            batches.append(tuple(batch))
            batch = []
        batch += ids
        was_failing = is_failing
    return [*batches, tuple(batch)] if batch else batches


class BatchVisitor:
    """Visits batches. All methods belong to one event loop."""

    def __init__(
        self,
        store: Store,
        visitor: Visitor,
        clock: Clock,
        *,
        context: Callable[[], IngestContext],
        pool: Executor,
        report: Callable[[PollSummary], None],
        wake: Callable[[], object],
        count: Callable[[int], None] = lambda _visits: None,
    ) -> None:
        """`wake` says that something was handed over to be stored; `count` is told how many visits ended."""
        self._store = store
        self._visitor = visitor
        self._clock = clock
        self._context = context
        self._pool = pool
        self._report = report
        self._wake = wake
        self._count = count
        self._stopping = False
        self.busy = 0
        """Feeds in hand."""

    def stop(self) -> None:
        """Begin no visit any more; those under way end and are written down."""
        self._stopping = True

    async def visit(self, claim: str, feed_ids: Sequence[int]) -> int:
        """Visit what of these feeds is still under the claim, and write down what they brought; how many they were.

        Raises StorageError when the database takes nothing: then the leases end, and the feeds are visited again.
        """
        owner = f"{claim}/{uuid4().hex[:8]}"
        ids = [FeedId(number) for number in feed_ids]
        feeds, visited = await self._in_pool(lambda: self._take_over(claim, owner, ids))
        if self._stopping:  # it came just before the end: others may visit them at once
            await self._in_pool(lambda: self._release(owner))
            return 0
        self._visitor.tidy()
        now = self._clock.now()
        for host, at in visited.items():
            self._visitor.note_visited(host, (now - at).total_seconds())
        loop = asyncio.get_running_loop()
        visits = {loop.create_task(self._visitor.visit(feed)) for feed in feeds}
        self.busy += len(visits)
        left = set(visits)
        try:
            await self._collect(owner, left)
        finally:
            self.busy -= len(visits)
            if left:  # cut short: others may visit them at once
                for visit in left:
                    visit.cancel()
                self._pool.submit(self._release, owner)
                await asyncio.gather(*left, return_exceptions=True)
        return len(feeds)

    async def _collect(self, owner: str, left: set[asyncio.Task[Polled]]) -> None:
        loop = asyncio.get_running_loop()
        renewed_s = loop.time()
        while left:
            if loop.time() - renewed_s > RENEW_S:
                renewed_s = loop.time()
                await self._in_pool(lambda: self._renew(owner))
            done, _ = await asyncio.wait(left, timeout=RECORD_S)
            if not done:
                await asyncio.wait(left, timeout=RENEW_S, return_when=asyncio.FIRST_COMPLETED)
                continue
            left -= done
            self._count(len(done))
            await self._write([visit.result() for visit in done], owner)

    def _take_over(self, claim: str, owner: str, ids: Sequence[FeedId]) -> tuple[list[Feed], dict[str, datetime]]:
        """The feeds, and when their hosts were last visited, as far as a pause has to be kept."""
        with self._store.write() as tx:
            feeds = tx.feeds.take_over(claim, owner, ids, self._clock.now())
            public = {host_of(feed.address) for feed in feeds}
            public = {host for host in public if self._visitor.limit_of(host).spacing_s}
            return feeds, tx.feeds.last_visits(public) if public else {}

    def _renew(self, owner: str) -> None:
        with self._store.write() as tx:
            tx.feeds.renew(owner, self._clock.now())

    def _release(self, owner: str) -> None:
        try:
            with self._store.write() as tx:
                tx.feeds.release(owner)
        except StorageError as error:
            log.error("leases.kept", reason=error.reason, hint="they end by themselves within minutes")

    async def _write(self, polled: Sequence[Polled], owner: str) -> None:
        """Write down what brought nothing, and hand over what did."""
        quiet = [one for one in polled if one.parsed is None]
        news = [one for one in polled if one.parsed is not None]
        context = replace(self._context(), owner=owner)
        if news:
            handed = await self._in_pool(lambda: self._hand_over(news, owner))
            if handed:
                self._wake()
        if quiet:
            for summary in await self._in_pool(lambda: self._record(quiet, context)):
                self._report(summary)

    def _hand_over(self, news: Sequence[Polled], owner: str) -> set[FeedId]:
        brought = [HandOver(one.feed.id, one.bytes_read, pack_polled(one)) for one in news]

        def keep() -> set[FeedId]:
            with self._store.write() as tx:
                return tx.handed.hand_over(owner, brought, self._clock.now())

        return _with_patience(keep)

    def _record(self, quiet: Sequence[Polled], context: IngestContext) -> list[PollSummary]:
        return _with_patience(
            lambda: ingest_safely(self._store, quiet, context, now=self._clock.now(), jitter=random.random)
        )

    async def _in_pool(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


def _with_patience(work: Callable[[], T]) -> T:
    """What it returns, tried again where the database ended it for another that waited for it."""
    for _ in range(TRIES - 1):
        try:
            return work()
        except StorageError as error:
            if error.reason is not StorageReason.LOCKED:
                raise
    return work()


def ingest_handed(store: Store, context: IngestContext, clock: Clock) -> list[PollSummary] | None:
    """Store the next of what is handed over, in the order it was; None when nothing is.

    What cannot be read is forgotten and its feed visited again; so is what breaks the storing whole, which then raises,
    so that nothing waits behind it. What ended each process that began it is given up. Raises StorageError when the
    database takes nothing.
    """
    waiting = _begin(store, clock.now())
    if waiting is None:
        return None
    batch: list[Polled] = []
    broken: list[int] = []
    for item in waiting:
        try:
            batch.append(replace(unpack_polled(item.body, item.feed), held_as=owner_of(item.id)))
        except PackError as error:
            log.warning("handed.unreadable", feed=item.feed.name, hint=f"{error}; it is visited again")
            broken.append(item.id)
    if broken:
        with store.write() as tx:
            tx.handed.drop(broken, clock.now())
    if not batch:
        return []
    try:
        return ingest_safely(store, batch, context, now=clock.now(), jitter=random.random)
    except Exception as error:
        with suppress(StorageError):  # then it comes alone next time, and is stored all the same
            _live_on(store, [item.id for item in waiting])
        if not isinstance(error, StorageError):
            _drop_first(store, {one.held_as for one in batch}, clock.now())
        raise


def _begin(store: Store, now: datetime) -> list[Handed] | None:
    """The next of what is handed over, noted as begun; none of it where it was given up, None where nothing waits."""
    with store.read() as tx:
        waiting = tx.handed.next(feeds=BATCH_FEEDS_MAX, bytes_read=BATCH_BYTES_MAX)
    if not waiting:
        return None
    first = waiting[0]
    with store.write() as tx:
        if first.tries >= TRIES_MAX:
            tx.handed.drop([first.id], now, GIVEN_UP_S)
        else:
            tx.handed.begin([item.id for item in waiting])
            return waiting
    log.error("handed.given_up", feed=first.feed.name, hint="each process that stored it was lost; tried in an hour")
    return []


def _live_on(store: Store, ids: Collection[int]) -> None:
    with store.write() as tx:
        tx.handed.live_on(ids)


def _drop_first(store: Store, held_as: Collection[str], now: datetime) -> None:
    """Of a batch that was stored feed by feed and broke, the first that is left is the one that broke it."""
    with store.write() as tx:
        broken = [item.id for item in tx.handed.next(feeds=1, bytes_read=0) if owner_of(item.id) in held_as]
        tx.handed.drop(broken, now)
