"""What is handed over to be stored: one that cannot be stored keeps nothing waiting, and nobody is asked too often."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
import sqlalchemy as sa

from monitor.feeds.packed import pack_polled
from monitor.model import Feed, FeedSpec
from monitor.pipeline.batches import claim_batches, ingest_handed
from monitor.storage.handed import AGAIN_S, HandOver
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
