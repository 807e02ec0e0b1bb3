"""Closing digests: each slot once, each story once per channel, frozen when it closes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import sqlalchemy as sa
from msgspec.structs import replace

from monitor.channels.base import Payload
from monitor.model import ArticleId, ChannelName, Digest, DigestKind, Entry, QuietHours, Topic, TopicKey
from monitor.outbox.deliver import Sender, SendRules
from monitor.pipeline.digest import Closed, close_due, preview
from monitor.storage.matches import OPEN_MAX
from monitor.storage.store import Store
from tests.fakes.channel import RecordingChannel
from tests.fakes.clock import START, FakeClock
from tests.pipeline.given import (
    DESK,
    HOSTAGES,
    SHIPPING,
    a_context,
    a_topic,
    a_visit,
    an_entry,
    articles_of,
    claim_again,
    claim_feeds,
    digest_context,
    ingest,
    told_stories,
    watch,
    with_baseline,
)

HOUR = timedelta(hours=1)
MAIL = ChannelName("mail")


@dataclass
class Desk:
    """A newsroom: topics in force, channels, a database that feeds are read into."""

    store: Store
    topics: list[Topic]
    channels: tuple[RecordingChannel, ...]

    def read(self, *entries: Entry, now: datetime = START, outlet: int = 0) -> None:
        """One known feed brings these entries."""
        feeds = claim_again(self.store, now)
        ingest(self.store, [a_visit(feeds[outlet], entries, now=now)], a_context(self.topics), now)

    def close(self, now: datetime, *, settled: bool = False) -> list[Closed]:
        """Close what is due."""
        return close_due(self.store, digest_context(self.topics, *self.channels), now, settled=settled)

    def payloads(self) -> list[str]:
        """What stands in the outbox, in order."""
        with self.store.read() as tx:
            return [item.delivery.payload for item in tx.outbox.listed(everything=True)]

    def held(self, story_id: int) -> list[str]:
        """Why digests did not tell a story."""
        question = sa.text("SELECT reason FROM held_back WHERE story_id = :story ORDER BY digest_id")
        with self.store.read() as tx:
            return [row.reason for row in tx.connection.execute(question, {"story": story_id})]


def a_desk(store: Store, *topics: Topic, feeds: int = 1, channels: tuple[str, ...] = ("desk",)) -> Desk:
    """Topics over feeds that were read once before."""
    watch(store, topics)
    with_baseline(store, a_context(topics), feeds)
    return Desk(store, list(topics), tuple(RecordingChannel(name) for name in channels))


# --- slots -----------------------------------------------------------------------------------------------------------


def test_a_slot_closes_once_and_tells_once(store: Store) -> None:
    """Asked again and again, by whatever process, an hour's digest is made once; the next hour has nothing to tell."""
    desk = a_desk(store, a_topic())
    desk.read(an_entry(1), an_entry(2))
    assert desk.close(START + timedelta(minutes=59)) == []

    [closed] = desk.close(START + HOUR)

    assert (closed.slot, closed.kind) == ("2026-03-14T10:00 UTC", DigestKind.SCHEDULED)
    assert (closed.stories, closed.deliveries) == (2, 1)
    assert desk.close(START + HOUR) == []
    assert desk.close(START + 2 * HOUR) == []
    assert len(desk.payloads()) == 1
    with store.read() as tx:
        state = tx.topics.get(HOSTAGES)
    assert state is not None
    assert (state.next_due_at, state.last_closed_at) == (START + 3 * HOUR, START + 2 * HOUR)


def test_a_slot_that_another_process_closed_is_left_alone(sqlite_store: Store) -> None:
    """The unique slot decides even if the due time was put back by hand."""
    desk = a_desk(sqlite_store, a_topic())
    desk.read(an_entry(1))
    desk.close(START + HOUR)
    desk.read(an_entry(2))
    with sqlite_store.write() as tx:
        tx.topics.set_next(HOSTAGES, START + HOUR)
    assert desk.close(START + HOUR) == []
    [closed] = desk.close(START + 2 * HOUR)
    assert (closed.slot, closed.stories) == ("2026-03-14T11:00 UTC", 1)


def test_after_downtime_there_is_one_catch_up(store: Store) -> None:
    """Seven hours in which nobody closed anything are told in one digest, and the next one is in the future."""
    desk = a_desk(store, a_topic())
    desk.read(an_entry(1))
    desk.read(an_entry(2), now=START + 3 * HOUR)

    [closed] = desk.close(START + 7 * HOUR + timedelta(minutes=20))

    assert (closed.kind, closed.slot, closed.stories) == (DigestKind.CATCH_UP, "2026-03-14T16:00 UTC", 2)
    with store.read() as tx:
        state = tx.topics.get(HOSTAGES)
    assert state is not None
    assert state.next_due_at == START + 8 * HOUR


def test_quiet_hours_hold_the_telling_not_the_matching(store: Store) -> None:
    """What comes at night is kept and told when the quiet hours end, in one scheduled digest."""
    desk = a_desk(store, a_topic(quiet_hours=QuietHours(time(9, 30), time(12, 30))))
    desk.read(an_entry(1))
    assert desk.close(START + HOUR) == []
    desk.read(an_entry(2), now=START + HOUR)
    assert desk.close(START + 3 * HOUR) == []

    [closed] = desk.close(START + timedelta(hours=3, minutes=30))

    assert (closed.stories, closed.deliveries) == (2, 1)


def test_heartbeat_says_that_nothing_happened(store: Store) -> None:
    """With `on_empty = "heartbeat"` silence never means breakage; without it an empty slot is not sent."""
    desk = a_desk(store, a_topic(on_empty="heartbeat"), a_topic(SHIPPING))
    closed = {done.topic: done for done in desk.close(START + HOUR)}
    assert [*closed] == [HOSTAGES]
    assert (closed[HOSTAGES].stories, closed[HOSTAGES].deliveries) == (0, 1)
    assert desk.close(START + HOUR) == []
    assert len(desk.close(START + 2 * HOUR)) == 1


# --- now -------------------------------------------------------------------------------------------------------------


def test_now_waits_until_its_copies_have_gathered(store: Store) -> None:
    """A topic told at once is due its settle time after the first match; later matches do not put it off."""
    desk = a_desk(store, a_topic(schedule="now", settle_s=120))
    desk.read(an_entry(1))
    desk.read(an_entry(2), now=START + timedelta(seconds=100))
    assert desk.close(START + timedelta(seconds=119)) == []

    [closed] = desk.close(START + timedelta(seconds=120))

    assert (closed.kind, closed.stories) == (DigestKind.NOW, 2)
    assert desk.close(START + 9 * HOUR) == []
    desk.read(an_entry(3), now=START + 9 * HOUR)
    [later] = desk.close(START + 9 * HOUR + timedelta(minutes=2))
    assert later.stories == 1


def test_once_does_not_wait_to_settle(store: Store) -> None:
    """`monitor once` has no later: with `settled` what waits is told now, and a schedule is kept all the same."""
    desk = a_desk(store, a_topic(schedule="now", settle_s=600), a_topic(SHIPPING))
    desk.read(an_entry(1), an_entry(2, about="tanker"))
    [closed] = desk.close(START, settled=True)
    assert (closed.topic, closed.stories) == (HOSTAGES, 1)
    assert desk.close(START, settled=True) == []


def test_what_one_digest_cannot_take_is_due_at_once(sqlite_store: Store) -> None:
    """Of a flood of matches the rest is told a moment later; it does not wait for another match to come."""
    desk = a_desk(sqlite_store, a_topic(schedule="now", settle_s=0))
    desk.read(an_entry(1), an_entry(2))
    first, second = articles_of(sqlite_store)[1:]
    with sqlite_store.write() as tx:
        [match] = tx.matches.of_article(first.article.id)
        early = START - timedelta(minutes=1)
        flood = [replace(match.match, article_id=ArticleId(10_000 + n)) for n in range(OPEN_MAX)]
        tx.matches.record([replace(match, match=one, matched_at=early) for one in flood])

    counts = [[done.stories for done in desk.close(START + timedelta(seconds=n))] for n in range(4)]

    assert counts == [[1], [1], [], []]
    assert told_stories(sqlite_store) == [first.story_id, second.story_id]


def test_two_slots_of_the_same_moment_lose_nothing(sqlite_store: Store) -> None:
    """A match that comes at the very moment whose slot was just closed is told a moment later."""
    desk = a_desk(sqlite_store, a_topic(schedule="now", settle_s=0))
    desk.read(an_entry(1))
    assert [done.stories for done in desk.close(START)] == [1]
    desk.read(an_entry(2))
    desk.close(START)
    assert [done.stories for done in desk.close(START + timedelta(seconds=2))] == [1]


# --- channels --------------------------------------------------------------------------------------------------------


def test_two_topics_of_a_channel_tell_a_story_once(store: Store) -> None:
    """The first digest that closes tells it; the other's record says why it did not."""
    desk = a_desk(store, a_topic(), a_topic(SHIPPING))
    desk.read(an_entry(1, about="hostage tanker"), an_entry(2, about="tanker"))

    closed = {done.topic: done.stories for done in desk.close(START + HOUR)}

    assert closed == {HOSTAGES: 1, SHIPPING: 1}
    told = told_stories(store)
    assert len(told) == len(set(told)) == 2
    shared = articles_of(store)[1].story_id
    assert [reason.startswith("told at") for reason in desk.held(shared)] == [True]


def test_two_channels_are_told_once_each(store: Store) -> None:
    """Each channel has its own memory, its own delivery, its own key."""
    desk = a_desk(store, a_topic(channels=(DESK, MAIL)), channels=("desk", "mail"))
    desk.read(an_entry(1))
    [closed] = desk.close(START + HOUR)
    assert closed.deliveries == 2
    assert told_stories(store, "desk") == told_stories(store, "mail") != []
    with store.read() as tx:
        keys = [item.delivery.key for item in tx.outbox.listed()]
    assert keys == [f"digest-{closed.digest_id}-desk-1", f"digest-{closed.digest_id}-mail-1"]


def test_a_channel_that_left_the_configuration_is_passed_over(sqlite_store: Store) -> None:
    """A topic that still names it tells its other channels; nothing is logged as told to the one that is gone."""
    desk = a_desk(sqlite_store, a_topic(channels=(DESK, MAIL)), channels=("desk",))
    desk.read(an_entry(1))
    [closed] = desk.close(START + HOUR)
    assert closed.deliveries == 1
    assert told_stories(sqlite_store, "mail") == []


@dataclass
class BrokenChannel(RecordingChannel):
    """A channel whose own code fails while it renders."""

    def render(self, digest: Digest, key: str, root: str = "") -> Sequence[Payload]:
        """Fails on one topic, the first that is closed."""
        if digest.topic == HOSTAGES:
            raise ZeroDivisionError
        return super().render(digest, key, root)


def test_a_digest_that_cannot_be_rendered_stops_no_other(sqlite_store: Store) -> None:
    """Whatever one topic's digest breaks, the other topics are told; nothing of the broken one stands, and it is
    tried again.
    """
    desk = a_desk(sqlite_store, a_topic(), a_topic(SHIPPING))
    desk.read(an_entry(1), an_entry(2, about="tanker"))
    working, desk.channels = desk.channels, (BrokenChannel("desk"),)

    closed = desk.close(START + HOUR)

    assert [done.topic for done in closed] == [SHIPPING]
    with sqlite_store.read() as tx:
        assert tx.matches.count_open(HOSTAGES) == 1
    desk.channels = working
    assert [done.topic for done in desk.close(START + HOUR)] == [HOSTAGES]


def test_a_digest_that_broke_is_left_alone_for_a_minute(sqlite_store: Store) -> None:
    """The looks are two seconds apart: one that breaks each time must not cost its whole work each time."""
    desk = a_desk(sqlite_store, a_topic())
    desk.read(an_entry(1))
    working, desk.channels = desk.channels, (BrokenChannel("desk"),)
    paused: dict[TopicKey, datetime] = {}
    assert close_due(sqlite_store, digest_context(desk.topics, *desk.channels), START + HOUR, paused=paused) == []
    context = digest_context(desk.topics, *working)

    soon = close_due(sqlite_store, context, START + HOUR + timedelta(seconds=59), paused=paused)
    later = close_due(sqlite_store, context, START + HOUR + timedelta(seconds=60), paused=paused)

    assert soon == []
    assert [done.topic for done in later] == [HOSTAGES]
    assert paused == {}


# --- what is frozen, what is kept ------------------------------------------------------------------------------------


@dataclass
class Reworded(RecordingChannel):
    """The same channel after an update that words everything anew."""

    def render(self, digest: Digest, key: str, root: str = "") -> Sequence[Payload]:
        """Nothing like before."""
        return [replace(payload, body="reworded") for payload in super().render(digest, key, root)]


def test_a_payload_is_frozen_when_its_digest_closes(sqlite_store: Store) -> None:
    """A delivery that waits sends the very bytes it was made with, whatever layout or topic is configured since."""
    desk = a_desk(sqlite_store, a_topic())
    desk.read(an_entry(1))
    desk.close(START + HOUR)
    before = desk.payloads()
    sent: list[str] = []

    desk.topics = [a_topic(name="Another name")]
    watch(sqlite_store, desk.topics, START + HOUR)
    channel = Reworded("desk", on_send=lambda delivery: sent.append(delivery.payload))
    desk.channels = (channel,)
    desk.close(START + 2 * HOUR)
    clock = FakeClock(START + 2 * HOUR)
    Sender(sqlite_store, clock, owner="me", jitter=lambda: 0.0).deliver_due(channel, SendRules())

    assert sent == before
    assert "reworded" not in sent[0]


def test_why_a_story_was_not_told_is_kept(store: Store) -> None:
    """A second match of a told story is taken, and the digest's record says that it was told before."""
    desk = a_desk(store, a_topic(), feeds=2)
    desk.read(an_entry(1))
    desk.close(START + HOUR)
    desk.read(replace(an_entry(1), id="other"), now=START + HOUR, outlet=1)
    assert [done.stories for done in desk.close(START + 2 * HOUR)] == [0]
    [story_id] = told_stories(store)
    assert [reason.startswith("told at 2026-03-14 10:00 UTC") for reason in desk.held(story_id)] == [True]
    with store.read() as tx:
        assert tx.matches.count_open(HOSTAGES) == 0


def test_a_preview_writes_nothing_and_shows_the_baseline(store: Store) -> None:
    """A person sees what is there, told or not, from the first reading on; and nothing of it counts as told."""
    topic = a_topic()
    watch(store, [topic])
    [feed] = claim_feeds(store)
    ingest(store, [a_visit(feed, [an_entry(n) for n in range(3)])], a_context([topic]))
    desk = Desk(store, [topic], (RecordingChannel("desk"),))

    shown = preview(store, topic, START + HOUR, since=START - HOUR)

    assert shown is not None
    assert (shown.story_count, shown.feed_count) == (3, 1)
    assert preview(store, topic, START + HOUR, since=START + HOUR) is None
    assert told_stories(store) == []
    assert desk.payloads() == []
    assert desk.close(START + HOUR) == []
