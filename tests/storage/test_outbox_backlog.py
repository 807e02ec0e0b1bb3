"""A long backlog: the next delivery is found as quickly, whatever waits behind it, and no lane is forgotten."""

from datetime import timedelta

from monitor.model import ChannelName
from monitor.storage.outbox import NEAR_MAX
from monitor.storage.store import Store
from tests.fakes.clock import START
from tests.storage.given import a_delivery

DESK = ChannelName("desk")
STEPS = 100
"""Instructions of SQLite between two counts."""


def steps_of_a_claim(store: Store) -> int:
    """How much SQLite does to find and lease the next delivery, in its own instructions."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    with store.write() as tx:
        raw = tx.connection.connection.driver_connection
        assert raw is not None
        raw.set_progress_handler(count, STEPS)
        [claimed] = tx.outbox.claim(START, owner="me", channel=DESK)
        raw.set_progress_handler(None, 0)
        assert tx.outbox.settle_sent(claimed, "me", "receipt", START)
    return counted * STEPS


def fill(store: Store, first: int, last: int) -> None:
    """Deliveries of digests of their own, due now."""
    with store.write() as tx:
        tx.outbox.add([a_delivery(n, digest_id=n) for n in range(first, last)], START, due_at=START)


def test_a_backlog_drains_in_proportion_to_its_length(sqlite_store: Store) -> None:
    """A claim among four thousand costs no more than among five hundred."""
    fill(sqlite_store, 1, 500)
    short = steps_of_a_claim(sqlite_store)
    fill(sqlite_store, 500, 4_000)

    assert steps_of_a_claim(sqlite_store) < 1.5 * short


def test_a_lane_behind_a_long_one_that_waits_is_served(store: Store) -> None:
    """The first recipient's deliveries wait for their time, more than are looked at first; the second's is due."""
    with store.write() as tx:
        waiting = [a_delivery(n, digest_id=n, lane="anna") for n in range(1, NEAR_MAX + 20)]
        tx.outbox.add(waiting, START, due_at=START + timedelta(hours=1))
        tx.outbox.add([a_delivery(900, digest_id=900, lane="ben")], START, due_at=START)
    with store.write() as tx:
        assert [one.lane for one in tx.outbox.claim(START, owner="me", channel=DESK)] == ["ben"]
        assert tx.outbox.claim(START, owner="me", channel=DESK) == []
