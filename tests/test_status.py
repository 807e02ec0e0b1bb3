"""What the status says needs a person."""

from monitor.status import read_status
from monitor.storage.store import Store
from tests.fakes.clock import FakeClock
from tests.storage.given import a_delivery


def test_deliveries_of_a_removed_channel_are_named(store: Store) -> None:
    """What waits for a channel that nobody configures any more does not wait unseen."""
    clock = FakeClock()
    with store.write() as tx:
        tx.outbox.add([a_delivery(1, digest_id=1, channel="desk")], clock.now(), due_at=clock.now())

    [need] = read_status(store, (), ["console"], clock.now()).needs

    assert '1 deliveries wait for the channel "desk"' in need.head
    assert read_status(store, (), ["console", "desk"], clock.now()).needs == ()
