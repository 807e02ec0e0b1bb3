"""Batches of feeds: claimed and packed by host, visited under their claim, handed over and stored."""

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.errors import FetchError, FetchReason
from monitor.model import FeedId, NotModified
from monitor.pipeline import batches
from monitor.pipeline.batches import FEEDS_MAX, Batch, BatchVisitor, claim_batches, ingest_handed, pack
from monitor.pipeline.visits import PollSummary
from monitor.storage.feed_rows import ClaimedFeed
from monitor.storage.feeds import LEASE_S
from monitor.storage.handed import AGAIN_S, HandOver
from monitor.storage.store import Store
from monitor.storage.tables import FEED
from tests.fakes.clock import START, FakeClock
from tests.pipeline.given import a_context, a_topic
from tests.pipeline.polling import Publishers, Works, configure, leases, run, titles

FEEDS = st.lists(st.tuples(st.integers(0, 12), st.booleans(), st.integers(1, 30)), max_size=15)


@settings(max_examples=50, deadline=None)
@given(FEEDS)
def test_packed_are_all_feeds_with_their_hosts_whole(drawn: list[tuple[int, bool, int]]) -> None:
    """Each once, a host in one batch, none too large but for a host that is, and who failed apart."""
    feeds: list[ClaimedFeed] = []
    for host, has_failed, count in drawn:
        feeds += [ClaimedFeed(FeedId(len(feeds) + 1 + n), f"host{host}.example", has_failed) for n in range(count)]
    packed = pack(feeds)
    by_id = {feed.id: feed for feed in feeds}
    assert Counter(number for batch in packed for number in batch) == Counter(by_id.keys())
    assert all(packed)
    failing = {feed.host for feed in feeds if feed.has_failed}
    places: dict[str, set[int]] = {}
    for place, batch in enumerate(packed):
        hosts = {by_id[number].host for number in batch}
        assert len(batch) <= FEEDS_MAX or len(hosts) == 1
        assert not hosts & failing or hosts <= failing
        for name in hosts:
            places.setdefault(name, set()).add(place)
    assert all(len(found) == 1 for found in places.values())


def claim(store: Store, visitors: int = 1) -> list[Batch]:
    """A claim as the leader makes it, a minute after the start."""
    with store.write() as tx:
        return claim_batches(tx, START + timedelta(minutes=1), visitors=visitors)


def test_no_feed_is_claimed_of_a_host_that_is_visited(store: Store) -> None:
    """Until that visit is over; so no host is visited from two places."""
    configure(store, 6, hosts=2)
    with store.write() as tx:
        [first] = tx.feeds.claim_due(START + timedelta(minutes=1), owner="visitor", limit=1)
    [batch] = claim(store)
    assert len(batch.feed_ids) == 3
    assert first.id not in batch.feed_ids
    assert claim(store) == []
    with store.write() as tx:
        tx.feeds.release("visitor")
    [batch] = claim(store)
    assert first.id in batch.feed_ids


def test_what_is_claimed_ahead_is_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """By how many visit; what is under way counts."""
    monkeypatch.setattr(batches, "AHEAD_MAX", 4)
    configure(store, 20)
    assert claim(store, visitors=0) == []
    assert sum(len(batch.feed_ids) for batch in claim(store, visitors=1)) == 4
    assert claim(store, visitors=1) == []
    assert sum(len(batch.feed_ids) for batch in claim(store, visitors=2)) == 4


@pytest.mark.parametrize("bound", ["HANDED_FEEDS_MAX", "HANDED_BYTES_MAX"])
def test_nothing_is_claimed_while_too_much_waits_to_be_stored(
    store: Store, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    """Feeds or bytes; the news that is there is stored first."""
    monkeypatch.setattr(batches, bound, 1)
    configure(store, 2)
    with store.write() as tx:
        [feed] = tx.feeds.claim_due(START + timedelta(minutes=1), owner="visitor", limit=1)
        tx.handed.hand_over("visitor", [HandOver(feed.id, 5, b"body")], START)
    assert claim(store) == []
    with store.write() as tx:
        tx.handed.remove([item.id for item in tx.handed.next(feeds=1, bytes_read=1)])
    assert len(claim(store)) == 1


class Process:
    """One that visits batches, with publishers of its own."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = FakeClock(START + timedelta(minutes=1))
        self.publishers = Publishers()
        works = Works(store, self.clock, self.publishers)
        works.pool.shutdown()
        self.pool = ThreadPoolExecutor(2)
        self.reports: list[PollSummary] = []
        self.woken = 0
        self.counted = 0
        self.context = a_context([a_topic()], tell_first_poll=True)
        self.batches = BatchVisitor(
            store,
            works.poller._visitor,
            self.clock,
            context=lambda: self.context,
            pool=self.pool,
            report=self.reports.append,
            wake=self._wake,
            count=self._count,
        )

    def _wake(self) -> None:
        self.woken += 1

    def _count(self, visits: int) -> None:
        self.counted += visits

    async def visit(self, batch: Batch) -> int:
        """As its job does."""
        return await self.batches.visit(batch.claim, batch.feed_ids)

    def store_all(self) -> int:
        """Store what is handed over; how many visits that were."""
        done = 0
        while (summaries := ingest_handed(self.store, self.context, self.clock)) is not None:
            done += len(summaries)
        return done


def test_what_is_unchanged_is_written_down_and_what_is_new_handed_over(store: Store) -> None:
    """Stored are its articles by whoever ingests; in the end every lease is over."""
    configure(store, 3)
    [batch] = claim(store)

    async def work() -> None:
        process = Process(store)
        process.publishers.answers |= {
            "https://host0.example/0": NotModified("https://host0.example/0"),
            "https://host1.example/1": FetchError("503", reason=FetchReason.UNAVAILABLE, status=503),
        }
        process.publishers.open.set()
        assert await process.visit(batch) == 3
        assert {summary.feed for summary in process.reports} == {"Feed 0", "Feed 1"}
        assert (process.counted, process.batches.busy) == (3, 0)
        assert process.woken == 1
        [owner] = leases(store)
        assert owner.startswith("handed:")
        assert titles(store) == set()
        assert process.store_all() == 1
        assert await process.visit(batch) == 0, "nothing is under the claim any more"

    run(work())
    assert titles(store) == {"Mayor of town 2 speaks of the hostage"}
    assert leases(store) == []


def test_who_was_taken_over_writes_nothing(store: Store) -> None:
    """Of two who work on one claim, as after a sleep, the later owns it all."""
    configure(store, 4)
    [batch] = claim(store)

    async def work() -> None:
        earlier, later = Process(store), Process(store)
        earlier.publishers.answers["https://host0.example/0"] = NotModified("https://host0.example/0")
        sleeping = asyncio.create_task(earlier.visit(batch))
        await earlier.publishers.visited(lambda: len(earlier.publishers.visits) == 4)
        later.publishers.open.set()
        assert await later.visit(batch) == 4
        before = rows(store)
        earlier.publishers.open.set()
        await sleeping
        assert rows(store) == before
        assert earlier.woken == 0
        assert later.store_all() == 4

    run(work())
    assert len(titles(store)) == 4


def rows(store: Store) -> list[object]:
    """All that is known of feeds, and what is handed over."""
    with store.read() as tx:
        feeds = tx.connection.execute(sa.text("SELECT * FROM feed ORDER BY id")).all()
        handed = tx.connection.execute(sa.text("SELECT id, feed_id FROM handed ORDER BY id")).all()
        return [*map(tuple, feeds), *map(tuple, handed)]


def test_what_is_cut_short_is_given_back(store: Store) -> None:
    """Others may visit it at once."""
    configure(store, 4)
    [batch] = claim(store)

    async def work() -> None:
        process = Process(store)
        visiting = asyncio.create_task(process.visit(batch))
        await process.publishers.visited(lambda: len(process.publishers.visits) == 4)
        visiting.cancel()
        with suppress(asyncio.CancelledError):
            await visiting
        process.pool.shutdown()
        assert process.batches.busy == 0

    run(work())
    assert leases(store) == []
    assert len(claim(store)) == 1


def test_after_a_stop_no_batch_is_begun(store: Store) -> None:
    """What is under way ends and is written down."""
    configure(store, 2)
    [batch] = claim(store)

    async def work() -> None:
        process = Process(store)
        visiting = asyncio.create_task(process.visit(batch))
        await process.publishers.visited(lambda: len(process.publishers.visits) == 2)
        process.batches.stop()
        assert await process.visit(replace(batch, claim="another")) == 0
        process.publishers.open.set()
        assert await visiting == 2
        assert process.store_all() == 2

    run(work())


def test_a_long_batch_holds_its_feeds_anew(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a server keeps it waiting, nobody else gets its feeds."""
    monkeypatch.setattr(batches, "RENEW_S", 0.01)
    monkeypatch.setattr(batches, "RECORD_S", 0.01)
    configure(store, 1)
    [batch] = claim(store)

    async def work() -> None:
        process = Process(store)
        visiting = asyncio.create_task(process.visit(batch))
        await process.publishers.visited(lambda: len(process.publishers.visits) == 1)
        process.clock.forward(seconds=LEASE_S - 1)
        until = process.clock.now() + timedelta(seconds=LEASE_S)
        while until not in await asyncio.to_thread(lease_ends, store):  # noqa: ASYNC110  # a row tells nobody
            await asyncio.sleep(0)
        process.publishers.open.set()
        assert await visiting == 1

    run(work())


def lease_ends(store: Store) -> list[object]:
    """When each lease ends."""
    with store.read() as tx:
        return list(tx.connection.execute(sa.select(FEED.c.lease_until)).scalars())


def test_what_cannot_be_read_is_visited_again(store: Store) -> None:
    """As after an update of the program: the others of its portion go in."""
    configure(store, 2)
    [batch] = claim(store)

    async def work() -> None:
        process = Process(store)
        process.publishers.open.set()
        await process.visit(batch)
        with store.write() as tx:
            tx.connection.execute(sa.text("UPDATE handed SET body = :body WHERE feed_id = 1"), {"body": b"damaged"})
        assert process.store_all() == 1

    run(work())
    assert len(titles(store)) == 1
    assert leases(store) == []
    with store.write() as tx:
        [again] = claim_batches(tx, START + timedelta(seconds=60 + AGAIN_S), visitors=1)
    assert 1 in again.feed_ids
