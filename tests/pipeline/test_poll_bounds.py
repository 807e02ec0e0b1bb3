"""Polling is bounded, ends when it is told to, and loses nothing that a database refused."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from threading import Event

import pytest

from monitor.errors import StorageError
from monitor.model import Fetched
from monitor.pipeline.poll import QUEUE_FEEDS_MAX
from monitor.pipeline.visits import PollSummary
from monitor.storage.engine import open_engine
from monitor.storage.feeds import LEASE_S
from monitor.storage.store import Store
from tests.fakes.clock import START, FakeClock
from tests.pipeline.polling import (
    WAIT_S,
    Publishers,
    Works,
    configure,
    leases,
    rss,
    run,
    titles,
)


def test_the_queue_is_bounded_and_polling_waits_for_the_database(sqlite_store: Store) -> None:
    """While the database is busy, polled feeds pile up to a bound; then they go in, all of them."""
    configure(sqlite_store, 420)
    free = Event()

    async def work() -> int:
        # Large enough that a batch is full after a few, however fast they are read.
        large = {n: rss(n) + b"<!--" + b"x" * 100_000 + b"-->" for n in range(420)}
        answers = {f"https://host{n}.example/{n}": Fetched(body, "", 200) for n, body in large.items()}
        publishers = Publishers(dict(answers))
        works = Works(sqlite_store, FakeClock(), publishers, concurrency=210)
        assert await works.poller.look() == 420
        works.pool.submit(free.wait, WAIT_S)  # from here on the database's thread has something else to do
        publishers.open.set()
        try:
            await works.piled_up()
            assert await works.poller.look() == 0
            waiting = works.poller._queue.qsize()
        finally:
            free.set()
        await works.poller.drain(WAIT_S)
        return waiting

    assert run(work()) == QUEUE_FEEDS_MAX
    assert len(titles(sqlite_store)) == 420
    assert leases(sqlite_store) == []


def test_a_stop_lets_visits_end_and_stores_them(sqlite_store: Store) -> None:
    """What is under way when SIGTERM comes is brought home; nothing more is claimed."""
    configure(sqlite_store, 3)

    async def work() -> int:
        publishers = Publishers()
        works = Works(sqlite_store, FakeClock(), publishers)
        await works.poller.look()
        await publishers.visited(lambda: len(publishers.visits) == 3)
        drained = asyncio.create_task(works.poller.drain(WAIT_S))
        await asyncio.sleep(0)
        publishers.open.set()
        await drained
        return await works.poller.look()

    assert run(work()) == 0
    assert len(titles(sqlite_store)) == 3


def test_a_stop_does_not_wait_for_ever_and_gives_leases_back(sqlite_store: Store) -> None:
    """A server that never answers costs the drain its bound; its feed is free for the next process at once."""
    configure(sqlite_store, 3)

    async def work() -> None:
        publishers = Publishers()
        works = Works(sqlite_store, FakeClock(), publishers)
        await works.poller.look()
        await publishers.visited(lambda: len(publishers.visits) == 3)
        assert leases(sqlite_store) == ["worker"] * 3
        await works.poller.drain(0.02)

    run(work())
    assert leases(sqlite_store) == []
    with sqlite_store.write() as tx:
        assert len(tx.feeds.claim_due(START + timedelta(seconds=1), owner="next", limit=9)) == 3


def test_a_database_that_refuses_pauses_polling_and_loses_nothing(sqlite_store: Store) -> None:
    """What it would not take is read again by whoever comes next, without validators, so that nobody answers 304."""
    configure(sqlite_store, 2)
    clock, publishers_asked = FakeClock(), []
    impatient = Store(open_engine(f"sqlite:///{sqlite_store.database.path}", busy_timeout_s=0.02))
    with closing(sqlite3.connect(str(sqlite_store.database.path), isolation_level=None)) as other:

        async def refused() -> None:
            publishers = Publishers()
            works = Works(impatient, clock, publishers)
            assert await works.poller.look() == 2
            await publishers.visited(lambda: len(publishers.visits) == 2)
            other.execute("BEGIN IMMEDIATE")  # no write of ours goes through from here on, as on a full disk
            publishers.open.set()
            await works.settled()
            assert works.poller._resume_s > 0
            assert await works.poller.look() == 0, "polling rests"
            await works.poller.drain(WAIT_S)  # ends quietly: a stop has more steps after this one

        run(refused())
        assert titles(sqlite_store) == set()
        other.execute("ROLLBACK")

    async def next_process() -> None:
        publishers = Publishers()
        publishers.open.set()
        works = Works(sqlite_store, clock, publishers, owner="next")
        await works.poller.run_round()
        await works.poller.drain(WAIT_S)
        publishers_asked.extend(publishers.asked)

    clock.forward(seconds=LEASE_S + 1)
    run(next_process())
    assert len(titles(sqlite_store)) == 2
    assert publishers_asked == [(None, None)] * 2
    impatient.close()


def test_a_claim_that_is_refused_is_said_once_and_polling_rests(sqlite_store: Store) -> None:
    """The daemon does not hammer a database that takes nothing."""
    configure(sqlite_store, 1)
    impatient = Store(open_engine(f"sqlite:///{sqlite_store.database.path}", busy_timeout_s=0.02))
    with closing(sqlite3.connect(str(sqlite_store.database.path), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        async def work() -> None:
            works = Works(impatient, FakeClock(), Publishers())
            with pytest.raises(StorageError):
                await works.poller.look()
            assert await works.poller.look() == 0

        run(work())
    impatient.close()


def test_a_batch_that_breaks_does_not_stop_the_next(sqlite_store: Store) -> None:
    """A fault of our own around one batch is logged; polling goes on."""
    configure(sqlite_store, 1)
    clock = FakeClock()
    reported: list[str] = []

    def report(summary: PollSummary) -> None:
        reported.append(summary.feed)
        if len(reported) == 1:
            raise ZeroDivisionError

    async def work() -> None:
        publishers = Publishers()
        publishers.open.set()
        works = Works(sqlite_store, clock, publishers, report=report)
        await works.poller.run_round()
        configure(sqlite_store, 2)
        clock.forward(hours=1)
        await works.poller.run_round()
        await works.poller.drain(WAIT_S)

    run(work())
    assert len(titles(sqlite_store)) == 2
