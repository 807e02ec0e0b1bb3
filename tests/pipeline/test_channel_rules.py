"""Rules of a channel: its most messages in an hour, its other topics, mutes, quiet days, threads."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

import sqlalchemy as sa
from msgspec.structs import replace

from monitor.channels.base import Payload
from monitor.digests.schedule import parse_schedule
from monitor.model import ChannelName, DeliveryKind, Digest, DigestKind, MuteKind, QuietHours, StoryId, Topic
from monitor.pipeline.digest import Closed, close_due
from monitor.storage.outbox import StoredDelivery
from monitor.storage.store import Store
from tests.fakes.channel import RecordingChannel
from tests.fakes.clock import START
from tests.pipeline.given import (
    DESK,
    SHIPPING,
    a_context,
    a_topic,
    an_entry,
    digest_context,
    told_stories,
    watch,
    with_baseline,
)
from tests.pipeline.test_breaking import four_newsrooms
from tests.pipeline.test_digest import Desk
from tests.pipeline.test_follow_ups import FIRST, HEADLINE, LATER, an_article, join

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Keeping(RecordingChannel):
    """Keeps the digests that it rendered, and in whose thread."""

    kept: list[Digest]
    roots: list[str]

    def render(self, digest: Digest, key: str, root: str = "") -> Sequence[Payload]:
        """Keep it."""
        self.kept = [*getattr(self, "kept", []), digest]
        self.roots = [*getattr(self, "roots", []), root]
        return super().render(digest, key, root)


class Newsroom(Desk):
    """A desk whose channel keeps what it renders, with a bound of its own on messages in an hour."""

    channel: Keeping
    per_hour_max: int = 20

    def close(self, now: datetime, *, settled: bool = False) -> list[Closed]:
        """Close what is due."""
        context = digest_context(self.topics, *self.channels)
        bounded = replace(context, per_hour_max={ChannelName(one.name): self.per_hour_max for one in self.channels})
        return close_due(self.store, bounded, now, settled=settled)

    def outbox(self, kind: DeliveryKind) -> list[StoredDelivery]:
        """The deliveries of a kind, in order."""
        with self.store.read() as tx:
            return [one for one in tx.outbox.listed(everything=True) if one.delivery.kind is kind]


def a_newsroom(store: Store, *topics: Topic, feeds: int = 1) -> Newsroom:
    """Topics over feeds that were read once before, told to a desk."""
    watch(store, topics)
    with_baseline(store, a_context(topics), feeds)
    made = Newsroom(store, list(topics), (Keeping("desk"),))
    made.channel = made.channels[0]  # type: ignore[assignment]  # it was made a line above
    return made


def a_now_topic(**changes: object) -> Topic:
    """Told at once, without settling."""
    return replace(a_topic(schedule="now", settle_s=0), **changes)  # the tests name real fields


def test_a_story_that_answers_two_topics_stands_once_with_both_names(store: Store) -> None:
    """One listing for a channel: the second topic's digest does not repeat it."""
    both = a_topic(), a_topic(SHIPPING, query="mayor", name="Gulf shipping")
    room = a_newsroom(store, *both)
    room.read(an_entry(1))

    room.close(START + HOUR)

    [digest] = room.channel.kept
    assert [story.also_topics for story in digest.stories] == [("Gulf shipping",)]
    assert len(told_stories(store)) == 1


def test_beyond_its_most_in_an_hour_a_channel_gets_one_that_gathers(store: Store) -> None:
    """No ticker: what comes when the hour is full waits until it has room, and the message says why it comes late."""
    room = a_newsroom(store, a_now_topic())
    room.per_hour_max = 2
    for minute in (0, 10, 20, 30):
        now = START + minute * MINUTE
        room.read(an_entry(minute + 1), now=now)
        room.close(now)

    assert [len(digest.stories) for digest in room.channel.kept] == [1, 1]
    assert room.close(START + 59 * MINUTE) == []
    room.close(START + 60 * MINUTE)

    last = room.channel.kept[-1]
    assert (len(room.channel.kept), len(last.stories)) == (3, 2)
    assert last.gathered_since == START + 20 * MINUTE
    assert room.channel.kept[0].gathered_since is None


def test_breaking_news_waits_for_room_in_the_hour_too(sqlite_store: Store) -> None:
    """The bound holds for all that is told at once; nothing is lost by it."""
    room = a_newsroom(sqlite_store, a_topic(schedule="daily 20:00"), a_now_topic(key=SHIPPING), feeds=4)
    room.per_hour_max = 1
    room.topics[1] = replace(room.topics[1], query="meeting")
    room.read(an_entry(1), now=START - MINUTE)
    room.close(START - MINUTE)
    four_newsrooms(room, START)
    assert [done.kind for done in room.close(START + MINUTE)].count(DigestKind.BREAKING) == 0
    assert room.close(START + 2 * MINUTE) == []

    kinds = [done.kind for done in room.close(START + 25 * MINUTE)]
    assert DigestKind.BREAKING not in kinds
    assert sum(len(digest.stories) for digest in room.channel.kept) >= 1


def test_breaking_news_may_pass_quiet_hours(sqlite_store: Store) -> None:
    """Only where the topic says so; everything else keeps the quiet."""
    quiet = QuietHours(time(8), time(11))
    loud = a_topic(schedule="daily 20:00", quiet_hours=quiet, breaking_overrides_quiet=True)
    room = a_newsroom(sqlite_store, loud, feeds=4)
    four_newsrooms(room, START)

    [closed] = room.close(START + MINUTE)
    assert closed.kind is DigestKind.BREAKING
    assert room.close(START + 2 * MINUTE) == []


def test_a_quiet_day_is_said_once(sqlite_store: Store) -> None:
    """`daily_heartbeat`: one line on a local day, and none on a day that had a digest."""
    room = a_newsroom(sqlite_store, a_topic(on_empty="daily_heartbeat"))
    for hours in range(1, 10):
        room.close(START + hours * HOUR)
    assert [digest.kind for digest in room.channel.kept] == [DigestKind.HEARTBEAT]
    room.close(datetime(2026, 3, 15, 0, 0, tzinfo=UTC))
    assert len(room.channel.kept) == 2


def test_a_muted_story_is_silent_and_unmuting_restores_it(store: Store) -> None:
    """Nothing of it is taken by a digest meanwhile, also where it was merged into another."""
    room = a_newsroom(store, a_topic())
    room.read(an_entry(1), an_entry(2))
    with store.read() as tx:
        first, second = sorted({one.story_id for one in tx.matches.open_for(room.topics[0].key)})
    with store.write() as tx:
        mute = tx.mutes.add(MuteKind.STORY, str(second), until=START + 9 * HOUR, now=START, by="slack:U1")
        tx.corrections.merge(first, second, at=START, by="cli:anna", reason="one event")
    assert room.close(START + HOUR)[0].stories == 0
    room.read(an_entry(3), now=START + HOUR)
    assert room.close(START + 2 * HOUR)[0].stories == 1
    with store.write() as tx:
        tx.mutes.lift(mute.id, by="slack:U1", now=START + 2 * HOUR)

    assert room.close(START + 3 * HOUR)[0].stories == 1
    assert len(told_stories(store)) == 2


def test_what_a_topic_told_at_once_holds_is_told_when_its_mute_is_lifted(sqlite_store: Store) -> None:
    """Nobody waits for the end of a mute that somebody lifted."""
    room = a_newsroom(sqlite_store, replace(a_now_topic(), schedule=parse_schedule("now", "UTC")))
    with sqlite_store.write() as tx:
        mute = tx.mutes.add(MuteKind.TOPIC, room.topics[0].key, until=START + 9 * HOUR, now=START, by="cli:anna")
    room.read(an_entry(1))
    assert sum(done.deliveries for done in room.close(START)) == 0
    assert room.close(START + HOUR) == []
    with sqlite_store.write() as tx:
        tx.connection.execute(sa.text("UPDATE topic SET schedule = 'now UTC'"))  # as the daemon writes it
        tx.mutes.lift(mute.id, by="cli:anna", now=START + HOUR)

    assert [done.deliveries for done in room.close(START + HOUR)] == [1]


def test_a_scheduled_digest_says_its_volume(sqlite_store: Store) -> None:
    """The count of its window; what is usual is not known on the first day."""
    room = a_newsroom(sqlite_store, a_topic())
    room.read(an_entry(1), an_entry(2), now=START + MINUTE)
    room.close(START + HOUR)
    volume = room.channel.kept[0].volume
    assert volume is not None
    assert (volume.count, volume.usual, volume.buckets[-1]) == (2, None, 2)


def test_a_breaking_story_that_grows_on_is_said_in_its_thread(sqlite_store: Store) -> None:
    """At twice as many newsrooms, once; and the counts of the message that broke it are brought up to date."""
    room = a_newsroom(sqlite_store, a_topic(schedule="daily 20:00"), feeds=12)
    four_newsrooms(room, START)
    room.close(START + MINUTE)
    for outlet in range(4, 8):
        join(room, outlet, f"Redcliff hostage witness {outlet} speaks", f"{LATER} {outlet}.", hours=0.25)

    room.close(START + 21 * MINUTE)
    room.close(START + 22 * MINUTE)

    [root] = room.outbox(DeliveryKind.DIGEST)
    notes = room.outbox(DeliveryKind.NOTE)
    assert [note.delivery.payload.split(": ")[2] for note in notes] == ["Growing"], "said once"
    assert [edit.delivery.digest_id for edit in room.outbox(DeliveryKind.EDIT)] == [root.delivery.digest_id]


def test_a_followed_story_is_shown_at_once_in_its_thread(store: Store) -> None:
    """Each further report as a line; what stood in one is in no later digest again."""
    room = a_newsroom(store, a_topic(schedule="daily 20:00"), feeds=8)
    four_newsrooms(room, START)
    room.close(START + MINUTE)
    [story] = told_stories(store)
    with store.write() as tx:
        tx.follows.set(DESK, StoryId(story), by="slack:U1", now=START + 2 * MINUTE, until=START + 9 * HOUR)
    join(room, 4, "Redcliff hostage fire: owner arrested", LATER, hours=0.25)

    room.close(START + 21 * MINUTE)
    room.close(START + 22 * MINUTE)

    [note] = room.outbox(DeliveryKind.NOTE)
    assert ": followed: More on “" in note.delivery.payload
    room.close(datetime(2026, 3, 14, 20, 0, tzinfo=UTC))
    assert all(not digest.follow_ups for digest in room.channel.kept)


def test_an_update_told_at_once_stands_in_the_thread_of_the_first(store: Store) -> None:
    """The follow-up knows its root, whose counts are renewed by an edit."""
    room = a_newsroom(store, a_now_topic(), feeds=4)
    room.read(an_article(0, HEADLINE, FIRST))
    room.close(START)
    join(room, 1, "Redcliff hostage fire toll rises to 23", LATER, hours=7)
    room.close(START + 7 * HOUR)

    assert [root != "" for root in room.channel.roots] == [False, True]
    assert [digest.stories[0].told_title for digest in room.channel.kept] == ["", HEADLINE], "what mail answers to"
    digests = room.outbox(DeliveryKind.DIGEST)
    with store.read() as tx:
        claimed = tx.outbox.bodies_of(digests[0].delivery.digest_id, DESK)
    [edit] = room.outbox(DeliveryKind.EDIT)
    assert edit.delivery.digest_id == digests[0].delivery.digest_id
    assert claimed[0].body == edit.delivery.payload, "the next edit begins with this one"


def test_what_one_channel_mutes_grows_on_for_the_other_alone(sqlite_store: Store) -> None:
    """A mute of one channel silences threads there, and nothing elsewhere."""
    names = (DESK, ChannelName("other"))
    room = a_newsroom(sqlite_store, a_topic(schedule="daily 20:00", channels=names), feeds=12)
    room.channels = (*room.channels, Keeping("other"))
    four_newsrooms(room, START)
    room.close(START + MINUTE)
    story = StoryId(told_stories(sqlite_store)[0])
    with sqlite_store.write() as tx:
        now, until = START + 2 * MINUTE, START + 9 * HOUR
        tx.mutes.add(MuteKind.STORY, str(story), until=until, now=now, by="slack:U1", channel=DESK)
        for name in names:
            tx.follows.set(name, story, by="slack:U1", now=now, until=until)
    for outlet in range(4, 8):
        join(room, outlet, f"Redcliff hostage witness {outlet} speaks", f"{LATER} {outlet}.", hours=0.25)

    room.close(START + 21 * MINUTE)

    notes = room.outbox(DeliveryKind.NOTE)
    assert [note.delivery.channel for note in notes] == ["other", "other"], "it grew, and it is followed"


def test_channels_whose_names_begin_alike_are_both_told(sqlite_store: Store) -> None:
    """That `desk-2` was told says nothing of `desk`."""
    names = (ChannelName("desk-2"), DESK)
    room = a_newsroom(sqlite_store, a_topic(schedule="daily 20:00", channels=names), feeds=12)
    room.channels = (Keeping("desk-2"), *room.channels)
    four_newsrooms(room, START)
    room.close(START + MINUTE)
    story = StoryId(told_stories(sqlite_store)[0])
    with sqlite_store.write() as tx:
        for name in names:
            tx.follows.set(name, story, by="slack:U1", now=START + 2 * MINUTE, until=START + 9 * HOUR)
    for outlet in range(4, 8):
        join(room, outlet, f"Redcliff hostage witness {outlet} speaks", f"{LATER} {outlet}.", hours=0.25)

    room.close(START + 21 * MINUTE)
    room.close(START + 22 * MINUTE)

    notes = room.outbox(DeliveryKind.NOTE)
    assert sorted(note.delivery.channel for note in notes) == ["desk", "desk", "desk-2", "desk-2"]
