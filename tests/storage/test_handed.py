"""What visits brought waits in the order it was handed over, and only from whoever holds the feed."""

from datetime import timedelta

import sqlalchemy as sa

from monitor.storage.handed import AGAIN_S, HandOver, owner_of
from monitor.storage.store import Store
from tests.fakes.clock import START
from tests.pipeline.given import claim_feeds
from tests.pipeline.polling import leases

DAY = timedelta(days=1)


def brought(*feed_ids: int, size: int = 10) -> list[HandOver]:
    """Something small of each feed."""
    return [HandOver(feed_id, size, f"of {feed_id}".encode()) for feed_id in feed_ids]  # type: ignore[arg-type]


def test_it_comes_out_in_the_order_it_was_handed_over(store: Store) -> None:
    """With the feed as it is by then, so many feeds and bytes at a time."""
    one, two, three = (feed.id for feed in claim_feeds(store, 3))
    with store.write() as tx:
        assert tx.handed.hand_over("worker", brought(three), START) == {three}
        assert tx.handed.hand_over("worker", brought(one, two), START + DAY) == {one, two}
        assert [item.feed.id for item in tx.handed.next(feeds=10, bytes_read=1_000)] == [three, one, two]
        assert [item.body for item in tx.handed.next(feeds=2, bytes_read=1_000)] == [b"of 3", b"of 1"]
        assert len(tx.handed.next(feeds=10, bytes_read=20)) == 2
        assert len(tx.handed.next(feeds=10, bytes_read=1)) == 1, "the first is never too large"
        assert tx.handed.next(feeds=1, bytes_read=0)[0].feed.name == "Outlet 2"
        waiting = tx.handed.waiting()
        assert (waiting.feeds, waiting.bytes_read, waiting.oldest_at) == (3, 30, START)


def test_the_lease_goes_with_it(store: Store) -> None:
    """Nobody visits the feed before its news is stored; who held it writes nothing of it any more."""
    [feed] = claim_feeds(store, 1)
    with store.write() as tx:
        tx.handed.hand_over("worker", brought(feed.id), START)
        [item] = tx.handed.next(feeds=1, bytes_read=1_000)
        assert tx.feeds.release("worker") == 0
        assert tx.feeds.under_way(START) == 0
        assert tx.feeds.claim_due(START + timedelta(hours=23), owner="other", limit=10) == []
    assert leases(store) == [owner_of(item.id)]


def test_who_lost_the_lease_hands_nothing_over(store: Store) -> None:
    """And what it had handed over under an earlier one is replaced by whoever visited since."""
    one, two = (feed.id for feed in claim_feeds(store, 2))
    with store.write() as tx:
        tx.feeds.take_over("worker", "worker/later", [one], START)
        assert tx.handed.hand_over("worker", brought(one, two), START) == {two}
        assert tx.handed.hand_over("worker/later", brought(one), START) == {one}
        assert len(tx.feeds.claim_due(START + 2 * DAY, owner="after a day", limit=10)) == 2
        assert tx.handed.hand_over("after a day", brought(one, size=99), START + 2 * DAY) == {one}
        assert [(item.feed.id, item.body) for item in tx.handed.next(feeds=9, bytes_read=999)] == [
            (two, b"of 2"),
            (one, b"of 1"),
        ]
        assert tx.handed.waiting().bytes_read == 109


def test_what_was_stored_is_forgotten_and_what_is_unreadable_visited_again(store: Store) -> None:
    """Each by the name its feed is leased under."""
    one, two = (feed.id for feed in claim_feeds(store, 2))
    with store.write() as tx:
        tx.handed.hand_over("worker", brought(one, two), START)
        first, second = tx.handed.next(feeds=2, bytes_read=1_000)
        tx.handed.settle([owner_of(first.id)])
        tx.handed.drop([second.id], START)
        assert tx.handed.waiting() == tx.handed.waiting().__class__(0, 0, None)
        assert tx.handed.next(feeds=1, bytes_read=1) == []
        assert [feed.id for feed in tx.feeds.claim_due(START, owner="next", limit=10)] == []
        later = START + timedelta(seconds=AGAIN_S)
        assert [feed.id for feed in tx.feeds.claim_due(later, owner="next", limit=10)] == [two]
        tx.handed.remove([])
        tx.handed.settle([])
        tx.handed.drop([], START)


def test_a_worker_of_the_version_before_still_hands_over(store: Store) -> None:
    """It knows nothing of tries, and works on until it is replaced."""
    [feed] = claim_feeds(store, 1)
    with store.write() as tx:
        tx.connection.execute(
            sa.text("INSERT INTO handed (feed_id, at, bytes_read, body) VALUES (:feed, CURRENT_TIMESTAMP, 3, :body)"),
            {"feed": feed.id, "body": b"old"},
        )
        [item] = tx.handed.next(feeds=1, bytes_read=9)
    assert (item.body, item.tries) == (b"old", 0)
