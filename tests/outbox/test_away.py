"""What grew old while a channel was away: one note for all of it, nothing lost, nothing told twice."""

from collections.abc import Sequence

import pytest

from monitor.channels.base import Payload, Receipt
from monitor.digests.compose import Telling
from monitor.model import ArticleId, ChannelName, Delivery, DeliveryKind, DigestKind, Note, StoryId
from monitor.outbox.deliver import Sender, SendRules
from monitor.storage.outbox import LEASE_S
from monitor.storage.store import Store
from tests.fakes.channel import RecordingChannel
from tests.fakes.clock import FakeClock
from tests.storage.given import TOPIC, a_delivery, an_article, some_feeds, store_articles

DESK = ChannelName("desk")
RULES = SendRules()


class NotingChannel(RecordingChannel):
    """Remembers what its notes say."""

    notes: list[Note]
    seen: list[Delivery]

    def send(self, delivery: Delivery) -> Receipt:
        """Keep what came, in whose thread."""
        receipt = super().send(delivery)
        self.seen = [*getattr(self, "seen", []), delivery]
        return receipt

    def render_note(self, note: Note, key: str, root: str = "") -> Sequence[Payload]:
        """Keep the note beside its payload."""
        self.notes = [*getattr(self, "notes", []), note]
        return super().render_note(note, key, root)


def tell(store: Store, clock: FakeClock, number: int, *more: int, parts: Sequence[str] = ("{}",)) -> None:
    """A digest that tells a story or more, its deliveries in line."""
    with store.write() as tx:
        digest_id = tx.digests.close(
            TOPIC,
            f"slot {number}",
            DigestKind.SCHEDULED,
            window_start=clock.now(),
            window_end=clock.now(),
            now=clock.now(),
        )
        assert digest_id is not None
        tellings = [Telling(StoryId(n), 0, ArticleId(n), "first telling", 1, 1, 1) for n in (number, *more)]
        tx.digests.log_told(DESK, digest_id, TOPIC, tellings, clock.now())
        new = [a_delivery(number, digest_id=digest_id, part=n, payload=one) for n, one in enumerate(parts, 1)]
        tx.outbox.add(new, clock.now(), due_at=clock.now())


def test_old_news_is_gathered_into_one_note_when_the_channel_is_back(store: Store) -> None:
    """A day without the channel: no flood of yesterday's digests, and each story has its line."""
    clock, channel = FakeClock(), NotingChannel(faults=["retry"] * 20)
    [feed_id] = some_feeds(store, 1)
    store_articles(store, [an_article(n, feed_id=feed_id, title=f"Ferry {n} left") for n in (1, 2, 3)])
    sender = Sender(store, clock, owner="me", jitter=lambda: 0.0)
    tell(store, clock, 1)
    tell(store, clock, 2)
    for _ in range(8):
        sender.deliver_due(channel, RULES)
        clock.forward(hours=3)
    tell(store, clock, 3)
    clock.forward(minutes=5)
    sender.deliver_due(channel, RULES)
    clock.forward(hours=1)
    channel.faults = []

    sender.deliver_due(channel, RULES)

    [note] = channel.notes
    assert [line.title for line in note.lines] == ["Ferry 1 left", "Ferry 2 left"]
    assert note.head.startswith("While this channel could not be reached, since ")
    assert [key.split("-")[0] for key in channel.arrived] == ["away", "digest"], "the note stands where they stood"
    with store.read() as tx:
        assert tx.outbox.count_by_state() == {"sent": 2}, "what went out in the note needs nobody"


def test_what_an_earlier_part_told_is_not_in_the_note(store: Store) -> None:
    """Its first part went out before the channel was away; an address that only begins like another is another."""
    clock, channel = FakeClock(), NotingChannel(faults=["ok", *["retry"] * 20])
    [feed_id] = some_feeds(store, 1)
    store_articles(store, [an_article(n, feed_id=feed_id, title=f"Ferry {n} left") for n in (1, 12, 13)])
    sender = Sender(store, clock, owner="me", jitter=lambda: 0.0)
    first = f'{{"url": "https://feed{feed_id}.example.org/12"}}'
    tell(store, clock, 1, 12, 13, parts=(first, "{}"))
    for _ in range(10):
        sender.deliver_due(channel, RULES)
        clock.forward(hours=3)
    channel.faults = []
    sender.deliver_due(channel, RULES)

    assert [line.title for line in channel.notes[-1].lines] == ["Ferry 1 left", "Ferry 13 left"]


def test_a_note_that_grew_old_itself_is_gathered_again_with_what_it_held(store: Store) -> None:
    """Three days away: still one note, and still every story."""
    clock, channel = FakeClock(), NotingChannel(faults=["retry"] * 200)
    [feed_id] = some_feeds(store, 1)
    store_articles(store, [an_article(n, feed_id=feed_id, title=f"Ferry {n} left") for n in range(1, 7)])
    sender = Sender(store, clock, owner="me", jitter=lambda: 0.0)
    for number in range(1, 7):
        tell(store, clock, number)
        for _ in range(4):
            sender.deliver_due(channel, RULES)
            clock.forward(hours=3)
    channel.faults = []
    sender.deliver_due(channel, RULES)
    clock.forward(hours=1)
    sender.deliver_due(channel, RULES)

    assert len(channel.arrived) <= 4
    arrived = [key for key in channel.arrived if key.startswith("away-")]
    last = channel.notes[-1]
    digests = len([key for key in channel.arrived if key.startswith("digest-")])
    assert len(arrived) == 1
    assert len(last.lines) + digests == 6
    assert [line.title for line in last.lines] == [f"Ferry {n} left" for n in range(1, len(last.lines) + 1)]


def test_what_was_perhaps_sent_is_asked_for_before_it_is_gathered(store: Store) -> None:
    """An old message that did arrive is not told again in the note."""
    clock, channel = FakeClock(), NotingChannel(faults=["taken"])
    [feed_id] = some_feeds(store, 1)
    store_articles(store, [an_article(n, feed_id=feed_id) for n in (1, 2)])
    sender = Sender(store, clock, owner="me", jitter=lambda: 0.0)
    tell(store, clock, 1)
    tell(store, clock, 2)
    sender.deliver_due(channel, RULES)
    clock.forward(hours=30)

    sender.deliver_due(channel, RULES)

    assert [key.split("-")[0] for key in channel.arrived] == ["digest", "digest"]
    assert not hasattr(channel, "notes")


def test_an_old_edit_is_dropped(store: Store) -> None:
    """Counts of yesterday are no news; what holds an edit up tells nobody."""
    clock, channel = FakeClock(), NotingChannel(faults=["retry"])
    sender = Sender(store, clock, owner="me", jitter=lambda: 0.0)
    with store.write() as tx:
        edit = a_delivery(1, kind=DeliveryKind.EDIT)
        tx.outbox.add([edit], clock.now(), due_at=clock.now())
    sender.deliver_due(channel, RULES)
    clock.forward(hours=30, seconds=LEASE_S)

    assert sender.deliver_due(channel, RULES) == []
    assert channel.arrived == []
    with store.read() as tx:
        assert tx.outbox.count_by_state() == {}


def test_a_long_lane_loses_nothing_of_what_it_held(sqlite_store: Store) -> None:
    """A busy channel away for a week: more old deliveries than one list of values holds, and each is accounted for."""
    clock, channel = FakeClock(), NotingChannel(faults=["retry"])
    notes = 1_200
    with sqlite_store.write() as tx:
        lines = [a_delivery(n, digest_id=n, kind=DeliveryKind.NOTE) for n in range(1, notes + 1)]
        tx.outbox.add(lines, clock.now(), due_at=clock.now())
    sender = Sender(sqlite_store, clock, owner="me", jitter=lambda: 0.0)
    sender.deliver_due(channel, RULES)
    clock.forward(hours=30)

    sender.deliver_due(channel, RULES)

    [note] = channel.notes
    assert note.head.endswith(f": 0 stories and {notes:,} notes")


@pytest.mark.parametrize("divided_late", [True, False])
def test_what_was_divided_holds_up_nothing_when_it_grows_old(store: Store, divided_late: bool) -> None:
    """Halves of a message grow old together, and a note in halves waits for none that it gathered."""
    clock, channel = FakeClock(), NotingChannel(faults=["retry"])
    [feed_id] = some_feeds(store, 1)
    store_articles(store, [an_article(n, feed_id=feed_id) for n in (1, 2)])
    sender = Sender(store, clock, owner="me", jitter=lambda: 0.0)
    tell(store, clock, 1)
    sender.deliver_due(channel, RULES)
    clock.forward(hours=20 if divided_late else 30)
    channel.faults = ["too_long", "retry"] if divided_late else ["too_long"]
    sender.deliver_due(channel, RULES)
    clock.forward(hours=10)
    sender.deliver_due(channel, RULES)
    tell(store, clock, 2)

    sender.deliver_due(channel, RULES)

    with store.read() as tx:
        assert set(tx.outbox.count_by_state()) == {"sent"}
    assert channel.arrived[-1].startswith("digest-"), "what came later is not held up"
    parents = [one.parent_receipt for one in channel.seen if one.part > 1]
    assert all(parents), "a second half stands under the first"
