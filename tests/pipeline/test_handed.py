"""What is handed over to be stored: one that cannot be stored keeps nothing waiting, and nobody is asked too often."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
import sqlalchemy as sa

from monitor.errors import StorageError
from monitor.feeds.packed import pack_polled
from monitor.model import Feed, FeedSpec
from monitor.pipeline.batches import claim_batches, ingest_handed
from monitor.storage.handed import AGAIN_S, GIVEN_UP_S, TRIES_MAX, HandOver
from monitor.storage.store import Store
from tests.fakes.clock import START, FakeClock
from tests.pipeline.given import OWNER, a_context, a_visit, an_entry, articles_of, claim_feeds


def hand_over(store: Store, feeds: list[Feed], *, body: bytes | None = None) -> None:
    """One new entry of each, in order, or the same bytes for all."""
    brought = [
        HandOver(feed.id, 10, body or pack_polled(a_visit(feed, [an_entry(feed.id, at=START)]))) for feed in feeds
    ]
    with store.write() as tx:
        assert tx.handed.hand_over(OWNER, brought, START) == {feed.id for feed in feeds}


def waiting(store: Store) -> int:
    """How many feeds wait to be stored."""
    with store.read() as tx:
        return tx.handed.waiting().feeds


def test_what_cannot_be_stored_at_all_keeps_nothing_waiting(sqlite_store: Store) -> None:
    """Not even that it failed can be written of the first: it is left, visited again later, and the next is stored."""
    clock, context = FakeClock(START), a_context([], tell_first_poll=True)
    feeds = claim_feeds(sqlite_store, 2)
    hand_over(sqlite_store, feeds)
    with closing(sqlite3.connect(str(sqlite_store.database.path))) as raw:
        raw.execute(
            f"CREATE TRIGGER never BEFORE UPDATE OF outcome ON feed WHEN NEW.id = {feeds[0].id} "
            "BEGIN SELECT RAISE(ABORT, 'never'); END"
        )
    with pytest.raises(sa.exc.IntegrityError):
        ingest_handed(sqlite_store, context, clock)
    ingest_handed(sqlite_store, context, clock)
    assert ingest_handed(sqlite_store, context, clock) is None
    assert len(articles_of(sqlite_store)) == 1
    with sqlite_store.write() as tx:
        again = tx.feeds.claim_due(START + timedelta(seconds=AGAIN_S), owner="x", limit=9)
    assert [feed.id for feed in again] == [feeds[0].id]


def test_a_feed_whose_news_cannot_be_read_is_not_asked_over_and_over(store: Store) -> None:
    """While two versions work side by side each visit would end so: it waits some minutes."""
    clock = FakeClock(START)
    feeds = claim_feeds(store, 1)
    hand_over(store, feeds, body=b"of another version")
    assert ingest_handed(store, a_context([]), clock) == []
    with store.write() as tx:
        assert tx.handed.waiting().feeds == 0
        assert tx.feeds.claim_due(START + timedelta(seconds=AGAIN_S - 1), owner="x", limit=9) == []
        assert len(tx.feeds.claim_due(START + timedelta(seconds=AGAIN_S), owner="x", limit=9)) == 1


def begun(store: Store, times: int, *, feeds: int) -> None:
    """As many processes began to store the first so many, and none of them came to an end."""
    with store.write() as tx:
        for _ in range(times):
            tx.handed.begin([item.id for item in tx.handed.next(feeds=feeds, bytes_read=10**9)])


def test_what_a_lost_process_had_begun_is_stored_one_by_one(store: Store) -> None:
    """One of them may have ended it: the others must not share its fate again."""
    clock, context = FakeClock(START), a_context([], tell_first_poll=True)
    hand_over(store, claim_feeds(store, 3))
    begun(store, 1, feeds=2)
    rounds = []
    while (stored := ingest_handed(store, context, clock)) is not None:
        rounds.append(len(stored))
    assert rounds == [1, 1, 1]
    assert len(articles_of(store)) == 3


def test_what_ends_each_process_that_stores_it_is_given_up(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """It would end all of them for ever; its feed is visited again after an hour, what waits behind it is stored."""
    clock, context = FakeClock(START), a_context([], tell_first_poll=True)
    first, second = claim_feeds(store, 2)
    hand_over(store, [first, second])
    begun(store, TRIES_MAX, feeds=1)
    assert ingest_handed(store, context, clock) == []
    assert "handed.given_up" in caplog.text
    stored = ingest_handed(store, context, clock)
    assert stored is not None
    assert [visit.feed for visit in stored] == [second.name]
    assert waiting(store) == 0
    with store.write() as tx:
        early = tx.feeds.claim_due(START + timedelta(seconds=GIVEN_UP_S - 1), owner="x", limit=9)
        late = tx.feeds.claim_due(START + timedelta(seconds=GIVEN_UP_S), owner="x", limit=9)
    assert first.id not in {feed.id for feed in early}
    assert first.id in {feed.id for feed in late}


def test_who_lives_to_tell_of_a_failure_was_not_ended_by_it(sqlite_store: Store) -> None:
    """What the database refused is tried as often as it takes, and nothing of it is given up."""
    clock, context = FakeClock(START), a_context([], tell_first_poll=True)
    long = "The mayor of the town spoke of the hostage again and again. " * 20_000
    one, other = claim_feeds(sqlite_store, 2)
    for feed in (one, other):
        hand_over(sqlite_store, [feed], body=pack_polled(a_visit(feed, [an_entry(feed.id, content=long)])))
    with sqlite_store.write() as tx:
        pages = tx.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        tx.connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")  # "disk is full", says SQLite from here on
    for _ in range(TRIES_MAX + 2):
        with pytest.raises(StorageError):
            ingest_handed(sqlite_store, context, clock)
    with sqlite_store.write() as tx:
        tx.connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    assert len(ingest_handed(sqlite_store, context, clock) or []) == 2


def test_what_an_address_said_is_not_stored_under_another(store: Store) -> None:
    """A person corrected it while the news waited: the new address is read as if for the first time."""
    clock, context = FakeClock(START), a_context([], tell_first_poll=True)
    (feed,) = claim_feeds(store, 1)
    hand_over(store, [feed])
    with store.write() as tx:
        tx.feeds.sync([FeedSpec(feed.name, "https://corrected.example/rss")], START, spread_s=1)
    ingest_handed(store, context, clock)
    assert waiting(store) == 0
    assert articles_of(store) == []
    with store.write() as tx:
        (now_due,) = tx.feeds.claim_due(START, owner="x", limit=9)
    assert (now_due.url, now_due.state.body_hash) == ("https://corrected.example/rss", None)


def test_a_host_of_ones_own_gives_what_it_can_take(store: Store) -> None:
    """A bridge on one's own network may have most feeds: a public host's eight at a time would be too few for it."""
    specs = [FeedSpec(f"{host} {n}", f"https://{host}.example/{n}") for n in range(20) for host in ("public", "own")]
    with store.write() as tx:
        tx.feeds.sync(specs, START, spread_s=1)
        (batch,) = claim_batches(
            tx, START + timedelta(minutes=1), visitors=1, at_once=lambda host: 100 if host == "own.example" else 2
        )
    assert len(batch.feed_ids) == 28
