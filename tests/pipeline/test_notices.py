"""Needs and the operator: told once, once more when over, on a channel that works, whatever was stopped between."""

from datetime import timedelta

import pytest

from monitor.model import ChannelName, DigestId, Need, Note, Notice
from monitor.outbox.notices import OVER_FOR, find_changes
from monitor.outbox.operator import Peers
from monitor.pipeline.notices import KEPT_FOR, look_after_needs
from monitor.pipeline.sweep import Retention, sweep
from monitor.storage.store import Store, Transaction
from tests.fakes.channel import Crash, RecordingChannel
from tests.fakes.clock import FakeClock
from tests.storage.given import a_delivery, some_feeds

DESK, MAIL = ChannelName("desk"), ChannelName("mail")
DISK = Need("disk", "The disk is nearly full: 90 MB are free.", "Make room.")


class Watch:
    """A daemon's look at what needs a person, at a clock that is moved."""

    def __init__(self, store: Store, operator: tuple[ChannelName, ...] = ()) -> None:
        self.store, self.clock = store, FakeClock()
        self.channels = {DESK: RecordingChannel("desk", account="a"), MAIL: RecordingChannel("mail", account="b")}
        self.peers = Peers(self.channels, operator)
        self.own: list[Need] = []
        some_feeds(store, 1)

    def look(self, **later: float) -> int:
        """Look so much later."""
        now = self.clock.forward(**later)
        return look_after_needs(self.store, self.peers, now, own=self.own, own_kinds={"disk", "canary", "unit"})

    def line(self) -> list[tuple[str, str]]:
        """What stands in line: the channel and the words."""
        with self.store.read() as tx:
            listed = tx.outbox.listed()
            return [(one.delivery.channel, one.delivery.payload.partition(": ")[2]) for one in listed]


def hold(tx: Transaction, clock: FakeClock, *names: ChannelName) -> None:
    """Hold channels."""
    words = {"account": "a", "scope": "channel", "reason": "no", "error": "it says no", "remedy": "Ask them."}
    tx.holds.hold(names, clock.now(), **words)


def test_a_need_is_told_once_and_once_when_it_is_over(store: Store) -> None:
    """After its hold time, with its remedy; and at its end."""
    watch = Watch(store)
    watch.own = [DISK]
    assert [watch.look(), watch.look(seconds=30), watch.look(seconds=30)] == [0, 0, 1]
    assert [watch.look(hours=1), watch.look(days=2)] == [0, 0], "a long one is not told every day"
    watch.own = []
    assert [watch.look(seconds=15), watch.look(seconds=OVER_FOR.total_seconds()), watch.look(hours=1)] == [0, 1, 0]
    assert watch.line() == [
        ("desk", "operator: The disk is nearly full: 90 MB are free."),
        ("desk", "operator: Over since 16 Mar 10:01 UTC: The disk is nearly full: 90 MB are free."),
    ]


def test_what_comes_and_goes_within_its_hold_time_is_told_to_nobody(store: Store) -> None:
    """It is in the status meanwhile, and nothing is said of its end."""
    watch = Watch(store)
    watch.own = [DISK]
    watch.look()
    watch.own = []
    assert [watch.look(seconds=30), watch.look(hours=1)] == [0, 0]
    assert watch.line() == []


def test_what_flaps_is_told_at_most_once_in_six_hours(store: Store) -> None:
    """Ten minutes there, ten minutes gone, for a day: some messages, not a hundred and forty."""
    watch = Watch(store)
    messages = 0
    for turn in range(24 * 60 // 5):
        watch.own = [DISK] if turn // 2 % 2 == 0 else []
        messages += watch.look(minutes=5)
    assert 2 <= messages <= 10


def test_a_second_refusal_on_the_same_day_is_told_and_a_long_one_once(store: Store) -> None:
    """What counts is when the hold began, not the date."""
    watch = Watch(store)
    with store.write() as tx:
        hold(tx, watch.clock, MAIL)
    assert [watch.look(), watch.look(days=3)] == [1, 0]
    with store.write() as tx:
        tx.holds.lift(MAIL, [MAIL])
    assert [watch.look(seconds=15), watch.look(minutes=6)] == [0, 1]
    watch.clock.forward(hours=7)
    with store.write() as tx:
        hold(tx, watch.clock, MAIL)
    assert watch.look() == 1
    assert [channel for channel, _ in watch.line()] == ["desk"] * 3


def test_it_is_told_on_a_channel_that_works(store: Store) -> None:
    """Where none does it waits for one; the operator's own channels come before others."""
    watch = Watch(store, operator=(MAIL, DESK))
    with store.write() as tx:
        hold(tx, watch.clock, MAIL, DESK)
    assert watch.look() == 0
    with store.write() as tx:
        tx.holds.lift(MAIL, [MAIL])
    assert watch.look(seconds=15) == 1
    assert [channel for channel, _ in watch.line()] == ["mail"]


def test_orphans_and_dead_deliveries_are_told(store: Store) -> None:
    """A channel that left the configuration, and each delivery that was given up."""
    watch = Watch(store)
    with store.write() as tx:
        tx.outbox.add([a_delivery(1, digest_id=1, channel="old")], watch.clock.now(), due_at=watch.clock.now())
        tx.outbox.add([a_delivery(2, digest_id=2, channel="mail")], watch.clock.now(), due_at=watch.clock.now())
        [claimed] = tx.outbox.claim(watch.clock.now(), owner="me", channel=MAIL)
        tx.outbox.settle_dead(claimed, "me", watch.clock.now(), reason="refused", error="it says no")
    assert [watch.look(), watch.look(minutes=10)] == [1, 1]
    heads = [head for channel, head in watch.line() if channel == "desk"]
    assert any('to "mail" was given up: it says no' in head for head in heads)
    assert any('wait for the channel "old"' in head for head in heads)


def test_a_stop_between_any_two_lines_tells_nothing_twice(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The row and the message stand or fall together: a message that cannot be made leaves it untold."""
    watch = Watch(store)
    watch.own = [DISK]
    watch.look()
    render = watch.channels[DESK].render_note

    def die(note: Note, key: str, root: str = "") -> object:
        render(note, key, root)
        raise Crash

    monkeypatch.setattr(watch.channels[DESK], "render_note", die)
    with pytest.raises(Crash):
        watch.look(minutes=2)
    assert watch.line() == []
    monkeypatch.undo()
    again = Watch(store)
    again.own, again.clock = [DISK], watch.clock
    assert [again.look(seconds=15), again.look(seconds=15)] == [1, 0]
    with store.read() as tx:
        assert not tx.outbox.has_stem("operator-disk-over", DESK, DigestId(0))


def test_nothing_is_written_where_nothing_changed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look every quarter of a minute costs the writers nothing."""
    watch = Watch(store)
    watch.own = [DISK]
    watch.look()
    watch.look(minutes=2)

    def refuse() -> object:
        raise AssertionError

    monkeypatch.setattr(store, "write", refuse)
    assert watch.look(minutes=2) == 0


def test_what_is_long_over_is_swept(store: Store) -> None:
    """Far later than anything asks for it."""
    watch = Watch(store)
    watch.own = [DISK]
    watch.look()
    watch.own = []
    watch.look(minutes=1)
    sweep(store, Retention(), watch.clock.forward(days=KEPT_FOR.days) + timedelta(minutes=1))
    with store.read() as tx:
        assert tx.notices.all() == []


def test_a_need_with_a_long_name_is_remembered_once_and_told(store: Store) -> None:
    """A feed's address may be longer than a key, and an error longer than a head; all of it is no news each time."""
    watch = Watch(store)
    long = Need(f"unit:{'x' * 400}", "It fails: " + "y" * 900, "Mend it. " + "z" * 900)
    watch.own = [long]
    watch.look()
    with store.read() as tx:
        [before] = tx.notices.all()
    assert [watch.look(minutes=6), watch.look(minutes=6)] == [1, 0]

    with store.read() as tx:
        [notice] = tx.notices.all()
    assert notice.since == before.since
    assert notice.is_told
    assert notice.key == long.key


def test_what_is_as_it_was_is_written_no_more(store: Store) -> None:
    """Also where there are more needs than are remembered."""
    needs = [Need(f"unit:{number}", "It fails.") for number in range(4)]
    changed, over = find_changes(needs, [], {"unit"}, open_max=3)
    known = [Notice(one.key, FakeClock().now(), one.head, one.remedy, one.detail) for one in changed]

    assert (len(changed), over) == (3, [])
    assert find_changes(needs, known, {"unit"}, open_max=3) == ([], [])
    assert find_changes(needs[1:], known, {"unit"}, open_max=3) == ([needs[3]], [known[0]])
