"""Deliveries: at least once, never silently not, and once where the channel can be asked."""

import sqlite3
from contextlib import closing
from itertools import pairwise

import pytest

from monitor.errors import ChannelError, SendOutcome, StorageError
from monitor.model import Delivery, DeliveryState
from monitor.outbox.deliver import Sender, SendRules
from monitor.storage.engine import open_engine
from monitor.storage.outbox import LEASE_S, StoredDelivery
from monitor.storage.store import Store
from tests.fakes.channel import Crash, RecordingChannel
from tests.fakes.clock import FakeClock
from tests.storage.given import a_delivery

RULES = SendRules()


def a_sender(store: Store, clock: FakeClock, owner: str = "me") -> Sender:
    """A sender without jitter."""
    return Sender(store, clock, owner=owner, jitter=lambda: 0.0)


def add(store: Store, clock: FakeClock, *numbers: int) -> None:
    """Deliveries of digests of their own, due now."""
    with store.write() as tx:
        tx.outbox.add([a_delivery(n, digest_id=n) for n in numbers], clock.now(), due_at=clock.now())


def stored(store: Store) -> list[StoredDelivery]:
    """The whole outbox."""
    with store.read() as tx:
        return tx.outbox.listed(everything=True)


def states(store: Store) -> list[str]:
    """The states of the outbox, in order."""
    return [item.delivery.state.value for item in stored(store)]


def test_what_is_due_is_sent_once_in_order(store: Store) -> None:
    """The plain case, on both databases."""
    clock, channel = FakeClock(), RecordingChannel()
    add(store, clock, 1, 2, 3)
    sender = a_sender(store, clock)

    sent = sender.deliver_due(channel, RULES)

    assert [item.state for item in sent] == ["sent", "sent", "sent"]
    assert channel.arrived == [item.delivery.key for item in stored(store)]
    assert stored(store)[0].delivery.receipt == f"receipt of {channel.arrived[0]}"
    assert sender.deliver_due(channel, RULES) == []
    assert len(channel.arrived) == 3


def test_a_sender_knows_that_a_message_is_in_hand(sqlite_store: Store) -> None:
    """While one is, the process lock is not given back: the next process takes the lock for a proof that nobody is."""
    clock, seen = FakeClock(), list[bool]()
    add(sqlite_store, clock, 1)
    sender = a_sender(sqlite_store, clock)
    channel = RecordingChannel(on_send=lambda _: seen.append(sender.is_sending))

    sender.deliver_due(channel, RULES)

    assert (seen, sender.is_sending) == ([True], False)


def test_a_channel_that_asks_to_wait_is_left_alone_until_then(sqlite_store: Store) -> None:
    """Retry-After is kept, and the deliveries behind do not overtake the one that waits within this look."""
    clock, channel = FakeClock(), RecordingChannel(faults=["retry"])
    add(sqlite_store, clock, 1, 2)
    sender = a_sender(sqlite_store, clock)

    [failed] = sender.deliver_due(channel, RULES)

    assert (failed.state, failed.error) == ("pending", "later.")
    assert channel.arrived == []
    clock.forward(seconds=8)
    assert [item.state for item in sender.deliver_due(channel, RULES)] == ["sent", "sent"]


def test_a_refused_delivery_waits_for_a_person(sqlite_store: Store) -> None:
    """It is not tried again by itself, its remedy is kept, and after `retry` it goes."""
    clock, channel = FakeClock(), RecordingChannel(faults=["refused"])
    add(sqlite_store, clock, 1, 2)
    sender = a_sender(sqlite_store, clock)

    assert [item.state for item in sender.deliver_due(channel, RULES)] == ["dead", "sent"]

    dead = stored(sqlite_store)[0].delivery
    assert (dead.reason, dead.error) == ("refused", "it is not welcome. Ask them.")
    clock.forward(hours=5)
    assert sender.deliver_due(channel, RULES) == []
    with sqlite_store.write() as tx:
        assert tx.outbox.retry(dead.id, clock.now())
    assert [item.state for item in sender.deliver_due(channel, RULES)] == ["sent"]


@pytest.mark.parametrize(("fault", "asked"), [("taken", 1), ("lost", 1)])
def test_an_unknown_outcome_is_asked_for_before_anything_is_sent_again(
    sqlite_store: Store, fault: str, asked: int
) -> None:
    """Whether it arrived or not, in the end it is there exactly once."""
    clock, channel = FakeClock(), RecordingChannel(faults=[fault])
    add(sqlite_store, clock, 1)
    sender = a_sender(sqlite_store, clock)
    assert [item.state for item in sender.deliver_due(channel, RULES)] == ["pending"]

    clock.forward(seconds=40)

    assert [item.state for item in sender.deliver_due(channel, RULES)] == ["sent"]
    assert len(channel.arrived) == 1
    assert channel.asked == asked


@pytest.mark.parametrize("fault", ["crash_before", "crash_after"])
def test_a_kill_while_sending_loses_and_doubles_nothing(store: Store, fault: str) -> None:
    """The next process finds the lease run out, asks, and sends only what is not there."""
    clock, channel = FakeClock(), RecordingChannel(faults=[fault])
    add(store, clock, 1)
    with pytest.raises(Crash):
        a_sender(store, clock, "killed").deliver_due(channel, RULES)
    next_one = a_sender(store, clock, "next")
    assert next_one.deliver_due(channel, RULES) == [], "the lease still holds"

    clock.forward(seconds=LEASE_S + 1)

    assert [item.state for item in next_one.deliver_due(channel, RULES)] == ["sent"]
    assert len(channel.arrived) == 1


@pytest.mark.parametrize(("resend", "state", "count"), [(True, "sent", 2), (False, "dead", 1)])
def test_where_nobody_can_be_asked_the_rule_decides(sqlite_store: Store, resend: bool, state: str, count: int) -> None:
    """Mail and webhooks: `resend` may tell twice, `hold` waits for a person; both are said in the docs."""
    clock, channel = FakeClock(), RecordingChannel(faults=["taken"], can_find=False)
    add(sqlite_store, clock, 1)
    sender, rules = a_sender(sqlite_store, clock), SendRules(resend_unknown=resend)
    sender.deliver_due(channel, rules)
    clock.forward(seconds=40)

    [done] = sender.deliver_due(channel, rules)

    assert done.state == state
    assert len(channel.arrived) == count
    assert channel.asked == 0


def test_a_fault_of_the_channels_own_code_counts_as_unknown(sqlite_store: Store) -> None:
    """Whatever breaks inside a channel, the message may be out: it is asked for, not lost and not doubled."""
    clock, channel = FakeClock(), RecordingChannel()

    def break_once(_: object) -> None:
        channel.on_send = None
        raise ZeroDivisionError

    channel.on_send = break_once
    add(sqlite_store, clock, 1)
    sender = a_sender(sqlite_store, clock)
    assert [item.state for item in sender.deliver_due(channel, RULES)] == ["pending"]
    assert stored(sqlite_store)[0].delivery.perhaps_sent
    clock.forward(seconds=40)
    assert [item.state for item in sender.deliver_due(channel, RULES)] == ["sent"]


def test_a_database_that_refuses_after_sending_doubles_nothing(sqlite_store: Store) -> None:
    """The outcome is kept and written before anything else is claimed; meanwhile nothing more is sent."""
    clock, channel = FakeClock(), RecordingChannel(can_find=False)
    add(sqlite_store, clock, 1, 2)
    path = sqlite_store.database.path
    impatient = Store(open_engine(f"sqlite:///{path}", busy_timeout_s=0.02))
    sender = a_sender(impatient, clock)
    with closing(sqlite3.connect(str(path), isolation_level=None)) as other:

        def take_the_database(_: object) -> None:
            channel.on_send = None
            other.execute("BEGIN IMMEDIATE")  # no write of ours goes through from here on, as on a full disk

        channel.on_send = take_the_database
        with pytest.raises(StorageError):
            sender.deliver_due(channel, RULES)
        assert len(channel.arrived) == 1
        clock.forward(seconds=LEASE_S + 1)
        with pytest.raises(StorageError):
            sender.deliver_due(channel, RULES)
        assert len(channel.arrived) == 1, "nothing is sent while the outcome cannot be written"
        other.execute("ROLLBACK")

    assert [item.state for item in sender.deliver_due(channel, RULES)] == ["sent"]
    assert len(channel.arrived) == 2
    assert states(sqlite_store) == ["sent", "sent"]
    impatient.close()


def test_a_stop_ends_between_two_deliveries(sqlite_store: Store) -> None:
    """A drain waits for the message under way, not for the backlog."""
    clock, channel = FakeClock(), RecordingChannel()
    add(sqlite_store, clock, 1, 2, 3)
    sent = a_sender(sqlite_store, clock).deliver_due(channel, RULES, is_stopping=lambda: len(channel.arrived) >= 1)
    assert len(sent) == 1
    assert states(sqlite_store) == [DeliveryState.SENT, DeliveryState.PENDING, DeliveryState.PENDING]


def test_a_held_delivery_goes_after_a_persons_retry(store: Store) -> None:
    """on_unknown = "hold", end to end: held once, and sent when a person says that it is not there."""
    clock, channel = FakeClock(), RecordingChannel(faults=["lost"], can_find=False)
    rules = SendRules(resend_unknown=False)
    add(store, clock, 1)
    sender = a_sender(store, clock)
    sender.deliver_due(channel, rules)
    clock.forward(seconds=40)
    assert [item.state for item in sender.deliver_due(channel, rules)] == ["dead"]

    with store.write() as tx:
        assert tx.outbox.retry(stored(store)[0].delivery.id, clock.now())

    assert [item.state for item in sender.deliver_due(channel, rules)] == ["sent"]
    assert len(channel.arrived) == 1


def test_waiting_for_the_daemon_is_no_age(sqlite_store: Store) -> None:
    """A delivery that lay for two days while nothing ran does not die of its first failure."""
    clock, channel = FakeClock(), RecordingChannel(faults=["retry"])
    add(sqlite_store, clock, 1)
    clock.forward(seconds=2 * 86_400)

    assert [item.state for item in a_sender(sqlite_store, clock).deliver_due(channel, RULES)] == ["pending"]


@pytest.mark.parametrize(("reason", "wait_s", "attempt"), [("rate_limited", 600.0, 0), ("connect", None, 1)])
def test_what_keeps_a_channel_away_keeps_all_its_deliveries(
    store: Store, reason: str, wait_s: float | None, attempt: int
) -> None:
    """One delivery learns it for all: the backlog is not tried row by row against a closed door."""
    clock, tried = FakeClock(), []

    def refuse(delivery: Delivery) -> None:
        tried.append(delivery.id)
        raise ChannelError("not now", reason=reason, outcome=SendOutcome.RETRYABLE, retry_after_s=wait_s)

    channel = RecordingChannel(on_send=refuse)
    add(store, clock, 1, 2, 3)
    sender = a_sender(store, clock)

    sender.deliver_due(channel, RULES)
    clock.forward(seconds=1)
    sender.deliver_due(channel, RULES)

    assert len(tried) == 1
    assert stored(store)[0].delivery.attempt == attempt
    channel.on_send = None
    clock.forward(seconds=700)
    sender.deliver_due(channel, RULES)
    assert states(store)[1:] == ["sent", "sent"]


def test_a_channel_rests_between_two_messages_and_no_other_does(sqlite_store: Store) -> None:
    """Slack asks for a second between two posts to one channel, whatever the outcome of the first."""
    clock, sent_at_s = FakeClock(), []
    desk = RecordingChannel(spacing_s=1.0, faults=["ok", "refused"])
    desk.on_send = lambda _: sent_at_s.append(clock.monotonic_s())
    add(sqlite_store, clock, 1, 2, 3)
    sender = a_sender(sqlite_store, clock)

    def pause(wait_s: float) -> None:
        clock.forward(seconds=wait_s)

    sender.deliver_due(desk, SendRules(), pause=pause)

    assert [later - earlier for earlier, later in pairwise(sent_at_s)] == [1.0, 1.0]
    sender.deliver_due(RecordingChannel("night", spacing_s=1.0), SendRules(), pause=pause)
    assert clock.monotonic_s() == sent_at_s[-1] + 1.0, "the other waited for nothing"
