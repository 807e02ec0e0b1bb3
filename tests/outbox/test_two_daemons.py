"""Two senders on one database, as two daemons are: each message goes out once, in order."""

import threading

import pytest

from monitor.channels.base import Receipt
from monitor.errors import StorageError
from monitor.model import Delivery
from monitor.outbox.deliver import Sender, SendRules
from monitor.storage.engine import open_engine
from monitor.storage.outbox import LEASE_S
from monitor.storage.store import Store
from tests.fakes.channel import RecordingChannel
from tests.fakes.clock import FakeClock
from tests.storage.given import a_delivery

COUNT = 12


def test_two_daemons_on_one_database_send_once(store: Store) -> None:
    """Both look at once, over engines of their own, until nothing is left."""
    clock, channel = FakeClock(), RecordingChannel()
    with store.write() as tx:
        rows = [a_delivery(n, digest_id=n) for n in range(1, COUNT + 1)]
        tx.outbox.add(rows, clock.now(), due_at=clock.now())
    url = store.database.url.render_as_string(hide_password=False).replace("+psycopg", "")
    start, failed = threading.Barrier(2), []

    def work(owner: str) -> None:
        own = Store(open_engine(url))
        sender = Sender(own, clock, owner=owner, jitter=lambda: 0.0)
        start.wait(10)
        for _ in range(3 * COUNT):
            try:
                sender.deliver_due(channel, SendRules())
            except StorageError as error:
                failed.append(error)
        own.close()

    threads = [threading.Thread(target=work, args=(f"daemon {number}",)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert channel.arrived == [row.key for row in rows]


@pytest.mark.parametrize("asleep_s", [100, LEASE_S + 1])
def test_who_slept_with_a_delivery_in_hand_sends_it_no_more(store: Store, asleep_s: int) -> None:
    """Asked, not there, then stopped: by the time it wakes up another may have sent it."""
    clock = FakeClock()

    class Sleepy(RecordingChannel):
        """A channel in a process that is stopped."""

        def find(self, delivery: Delivery) -> Receipt | None:
            """Ask, and stand still with the answer in hand."""
            found = super().find(delivery)
            clock.forward(seconds=asleep_s)
            Sender(store, clock, owner="other", jitter=lambda: 0.0).deliver_due(other, SendRules())
            return found

    other = RecordingChannel()
    sleepy = Sleepy(faults=["lost"], arrived=other.arrived)
    with store.write() as tx:
        tx.outbox.add([a_delivery(1)], clock.now(), due_at=clock.now())
    sender = Sender(store, clock, owner="sleepy", jitter=lambda: 0.0)
    sender.deliver_due(sleepy, SendRules())
    clock.forward(seconds=60)

    sender.deliver_due(sleepy, SendRules())
    for _ in range(3):
        clock.forward(seconds=LEASE_S + 1)
        Sender(store, clock, owner="later", jitter=lambda: 0.0).deliver_due(other, SendRules())

    assert len(other.arrived) == 1
