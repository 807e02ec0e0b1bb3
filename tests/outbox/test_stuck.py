"""A channel that takes nothing for an hour needs a person, though every try may still be the last one."""

from monitor.model import Need
from monitor.needs import find_needs
from monitor.storage.store import Store
from tests.fakes.channel import RecordingChannel
from tests.fakes.clock import FakeClock
from tests.outbox.test_deliver import RULES, a_sender, add


def stuck(store: Store, clock: FakeClock) -> list[Need]:
    """Needs of that kind now."""
    with store.read() as tx:
        found = find_needs(tx, [], ["desk"], clock.now(), beat_at=None)
    return [need for need in found if need.kind == "channel-stuck"]


def test_a_channel_that_takes_nothing_for_an_hour_is_told_with_its_reason(store: Store) -> None:
    """Not before, and not for one try; and it is over with the first thing it takes."""
    clock, channel = FakeClock(), RecordingChannel(faults=["retry"] * 40)
    add(store, clock, 1)
    sender = a_sender(store, clock)
    for _ in range(10):
        sender.deliver_due(channel, RULES)
        assert stuck(store, clock) == []
        clock.forward(minutes=6)
    sender.deliver_due(channel, RULES)
    clock.forward(minutes=1)
    [need] = stuck(store, clock)
    assert need.key == "channel-stuck:desk"
    assert 'Channel "desk" takes nothing: 1 delivery waits, the oldest since 14 Mar 09:00 UTC. later' in need.head
    channel.faults.clear()
    clock.forward(minutes=6)
    sender.deliver_due(channel, RULES)
    assert channel.arrived
    assert stuck(store, clock) == []


def test_what_waited_out_a_night_is_not_stuck_at_its_first_failure(sqlite_store: Store) -> None:
    """Age alone says nothing."""
    clock, channel = FakeClock(), RecordingChannel(faults=["retry"])
    add(sqlite_store, clock, 1)
    clock.forward(hours=9)
    a_sender(sqlite_store, clock).deliver_due(channel, RULES)
    assert stuck(sqlite_store, clock) == []
