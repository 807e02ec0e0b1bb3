"""Our own code fails on one channel: it is held, the operator hears of it, and nothing is lost or doubled."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from monitor.channels.base import Payload
from monitor.model import ChannelName, Delivery, DeliveryKind, Note
from monitor.outbox.deliver import Peers, Sender, SendRules
from monitor.storage.holds import FIRST_HOLD
from monitor.storage.outbox import LEASE_S
from monitor.storage.store import Store
from tests.fakes.channel import RecordingChannel
from tests.fakes.clock import FakeClock
from tests.storage.given import a_delivery

DESK, MAIL = ChannelName("desk"), ChannelName("mail")
RULES = SendRules()


@dataclass
class Broken(RecordingChannel):
    """A channel with a fault in its code, until it is mended."""

    is_mended: bool = False

    def render_note(self, note: Note, key: str, root: str = "") -> Sequence[Payload]:
        """Breaks where it should write a note."""
        if not self.is_mended:
            raise ZeroDivisionError
        return RecordingChannel.render_note(self, note, key, root)

    def split(self, delivery: Delivery) -> Sequence[str]:
        """Breaks where it should divide."""
        if not self.is_mended:
            raise ZeroDivisionError
        return RecordingChannel.split(self, delivery)


class Desk:
    """The broken channel and one that works."""

    def __init__(self, store: Store, *faults: str, kind: DeliveryKind = DeliveryKind.DIGEST) -> None:
        self.store, self.clock = store, FakeClock()
        self.channel, self.mail = Broken(faults=list(faults)), RecordingChannel("mail", account="smtp")
        channels = {DESK: self.channel, MAIL: self.mail}
        self.sender = Sender(store, self.clock, owner="me", jitter=lambda: 0.0, peers=lambda: Peers(channels))
        with store.write() as tx:
            rows = [a_delivery(n, digest_id=n, kind=kind) for n in (1, 2)]
            tx.outbox.add(rows, self.clock.now(), due_at=self.clock.now())

    def look(self) -> list[str]:
        """One look at the broken channel, if it has something due."""
        with self.store.read() as tx:
            due = tx.outbox.channels_due(self.clock.now())
        if DESK not in due:
            return []
        return [sent.state for sent in self.sender.deliver_due(self.channel, RULES)]

    def holds(self) -> list[tuple[str, str]]:
        """Which channels are held and why."""
        with self.store.read() as tx:
            return [(hold.channel, hold.reason) for hold in tx.holds.all()]

    def told(self) -> int:
        """How many notes the operator has by now."""
        self.sender.deliver_due(self.mail, RULES)
        return len(self.mail.arrived)


def test_an_outcome_that_breaks_holds_its_channel_and_is_told(store: Store) -> None:
    """Once to the operator; when the fault is mended everything goes, once and in order."""
    desk = Desk(store, "too_long")

    assert desk.look() == ["pending"]
    assert (desk.holds(), desk.told(), desk.sender.unsettled) == ([("desk", "broken")], 1, [])
    assert desk.look() == [], "it is held"
    desk.channel.faults = ["too_long"]
    desk.clock.forward(seconds=FIRST_HOLD.total_seconds())
    assert desk.look() == ["pending"]
    assert desk.told() == 1, "and said no second time"

    desk.channel.is_mended = True
    desk.clock.forward(hours=1)
    assert desk.look() == ["sent", "sent"]
    assert (len(set(desk.channel.arrived)), desk.holds()) == (2, [])


def test_news_that_cannot_be_gathered_holds_its_channel(sqlite_store: Store) -> None:
    """The note of what grew old breaks: what waits goes on waiting, and a person hears of it."""
    desk = Desk(sqlite_store, "retry", kind=DeliveryKind.NOTE)
    assert desk.look() == ["pending"]
    desk.clock.forward(hours=30)

    assert desk.look() == []
    assert (desk.holds(), desk.told()) == ([("desk", "broken")], 1)
    desk.channel.is_mended = True
    desk.clock.forward(hours=1)
    assert desk.look() == ["sent"]


def test_an_outcome_that_cannot_be_written_at_all_stops_no_channel_silently(sqlite_store: Store) -> None:
    """The row itself is refused by the database, and not for want of room: the hold is written all the same."""
    desk = Desk(sqlite_store)
    with closing(sqlite3.connect(str(sqlite_store.database.path))) as raw:
        raw.execute(
            "CREATE TRIGGER never BEFORE UPDATE ON delivery WHEN NEW.state = 'sent' AND NEW.channel = 'desk' "
            "BEGIN SELECT RAISE(ABORT, 'never'); END"
        )
    desk.look()
    assert (desk.holds(), desk.told(), desk.sender.unsettled) == ([("desk", "broken")], 1, [])

    with closing(sqlite3.connect(str(sqlite_store.database.path))) as raw:
        raw.execute("DROP TRIGGER never")
    desk.clock.forward(seconds=max(LEASE_S, FIRST_HOLD.total_seconds()))
    assert desk.look() == ["sent", "sent"]
    assert (len(desk.channel.arrived), desk.holds()) == (2, []), "it was asked for, and is there once"
