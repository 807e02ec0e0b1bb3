"""An outcome that the database refused is written by who has it, though the next message may be another's to send."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from monitor.channels.base import Receipt
from monitor.errors import StorageError
from monitor.model import Delivery
from monitor.outbox.deliver import Sender, SendRules
from monitor.storage.outbox import LEASE_S
from monitor.storage.store import Store
from tests.fakes.channel import RecordingChannel
from tests.fakes.clock import FakeClock
from tests.storage.given import a_delivery


def rename(store: Store, before: str, after: str) -> None:
    """Take a table away from under the store, or give it back."""
    with closing(sqlite3.connect(str(store.database.path))) as raw:
        raw.execute(f"ALTER TABLE {before} RENAME TO {after}")


@dataclass
class Leaving(RecordingChannel):
    """The database goes while the first message is under way."""

    store: Store | None = field(default=None, kw_only=True)

    def send(self, delivery: Delivery) -> Receipt:
        """Send, and take the deliveries away."""
        receipt = RecordingChannel.send(self, delivery)
        if self.store is not None:
            rename(self.store, "delivery", "away")
        return receipt


def test_what_was_sent_while_the_database_was_away_is_sent_by_nobody_else(sqlite_store: Store) -> None:
    """It is written within the lease, without another message of that channel to be sent here."""
    clock, channel = FakeClock(), Leaving(store=sqlite_store)
    here = Sender(sqlite_store, clock, owner="here", jitter=lambda: 0.0)
    there = Sender(sqlite_store, clock, owner="there", jitter=lambda: 0.0)
    with sqlite_store.write() as tx:
        tx.outbox.add([a_delivery(1)], clock.now(), due_at=clock.now())
    with pytest.raises(StorageError):
        here.deliver_due(channel, SendRules())
    assert here.owes
    with pytest.raises(StorageError):
        here.settle_owed()
    rename(sqlite_store, "away", "delivery")
    here.settle_owed()
    assert (here.owes, here.unsettled) == (False, [])

    clock.forward(seconds=LEASE_S + 1)
    assert there.deliver_due(channel, SendRules()) == []
    assert len(channel.arrived) == 1
