"""Deliveries as the pages ask for them, and how much topics bring by day. On SQLite and on PostgreSQL."""

from datetime import timedelta

from monitor.model import ChannelName, DeliveryId
from monitor.storage.delivery_views import NO_LINE
from monitor.storage.store import Store
from tests.fakes.clock import START
from tests.storage.given import TOPIC, a_delivery, a_match
from tests.storage.test_outbox import DESK, add, claim

DAY = timedelta(days=1)


def test_the_list_goes_by_channel_state_and_place(store: Store) -> None:
    """The newest first; what stands in each line is counted, and what is given up."""
    first, second, third, fourth = add(store, *(a_delivery(n, digest_id=n, lane=f"r{n}") for n in range(4)))
    [one] = claim(store)
    with store.write() as tx:
        tx.outbox.settle_sent(one, "me", "a receipt", START)
        tx.outbox.drop(DeliveryId(second), START)
    with store.read() as tx:
        views = tx.delivery_views
        assert [each.id for each in views.page(limit=3)] == [fourth, third, second]
        assert [each.id for each in views.page(before=DeliveryId(second), limit=3)] == [first]
        for state, expected in (("sent", [first]), ("ended", [second]), ("waiting", [fourth, third]), ("failed", [])):
            assert [each.id for each in views.page(channel="desk", state=state, limit=9)] == expected
            assert {each.standing for each in views.page(state=state, limit=9)} == ({state} if expected else set())
        assert views.page(channel="nobody", limit=9) == []
        assert views.channels() == [DESK]
        line = views.lines()[DESK]
        assert (line.count, line.oldest_at, line.is_retried) == (2, START, False)
        assert views.lines().get(ChannelName("nobody"), NO_LINE).count == 0
        assert tx.outbox.count_given_up() == {}
        found = views.get(DeliveryId(first))
        assert found is not None
        assert (found[0].receipt, found[1]) == ("a receipt", one.payload)
        assert views.get(DeliveryId(999)) is None
        assert views.kin(found[0]) == []


def test_what_topics_bring_is_counted_by_day(store: Store) -> None:
    """Between two edges, the later one left out; without what was kept in silence."""
    times = [START, START - timedelta(hours=1), START - DAY, START - DAY - timedelta(hours=1)]
    matches = [a_match(n, at=at) for n, at in enumerate(times, 1)]
    with store.write() as tx:
        tx.matches.record([*matches, a_match(9, at=START - timedelta(hours=2), silent=True)])
    with store.read() as tx:
        counts = tx.arrivals.match_counts([TOPIC], [START - 2 * DAY, START - DAY, START])
    assert counts == {TOPIC: [1, 2]}
