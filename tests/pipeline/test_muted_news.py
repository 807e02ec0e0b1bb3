"""What a mute held is told once when the mute ends, marked as late; quiet hours hold it no longer than themselves."""

from datetime import time, timedelta

import pytest

from monitor.digests.schedule import parse_schedule
from monitor.model import ArticleId, Mark, MuteKind, QuietHours, StoryId
from monitor.pipeline import opened
from monitor.pipeline.corrections import split_story
from monitor.storage import matches
from monitor.storage.store import Store
from tests.fakes.clock import START
from tests.pipeline.given import a_topic, an_entry, articles_of, told_stories
from tests.pipeline.test_channel_rules import HOUR, MINUTE, Newsroom, a_newsroom, a_now_topic

UNTIL = START + 5 * HOUR


def mute(room: Newsroom, kind: MuteKind, story: int = 0) -> int:
    """Hold back what the first entry is: its story, its topic, its feed, or words of it."""
    values = {"story": str(story), "topic": room.topics[0].key, "feed": "Outlet 0", "term": "families"}
    with room.store.write() as tx:
        return tx.mutes.add(kind, values[kind.value], until=UNTIL, now=START, by="cli:anna", reason="seen enough").id


def open_stories(room: Newsroom) -> list[StoryId]:
    """The stories whose matches no digest has taken."""
    with room.store.read() as tx:
        return sorted({one.story_id for one in tx.matches.open_for(room.topics[0].key)})


@pytest.mark.parametrize("kind", list(MuteKind))
@pytest.mark.parametrize("at_once", [False, True], ids=["hourly", "now"])
def test_what_an_ended_mute_held_is_told_once_and_late(sqlite_store: Store, kind: MuteKind, at_once: bool) -> None:
    """By story, topic, feed and term; nobody lifts it, and nobody has to."""
    topic = a_now_topic(schedule=parse_schedule("now", "UTC")) if at_once else a_topic()
    room = a_newsroom(sqlite_store, topic)
    room.read(an_entry(1), now=START + MINUTE)
    mute(room, kind, *open_stories(room))
    for minutes in range(2, 5 * 60, 20):
        assert sum(done.deliveries for done in room.close(START + minutes * MINUTE)) == 0

    closed = [done for minutes in range(0, 3 * 60, 20) for done in room.close(UNTIL + minutes * MINUTE)]

    assert [done.deliveries for done in closed if done.deliveries] == [1]
    [digest] = room.channel.kept
    assert [story.marks for story in digest.stories] == [(Mark.LATE,)]
    assert len(told_stories(sqlite_store)) == 1


def test_a_mute_that_ends_in_quiet_hours_is_told_when_these_end(sqlite_store: Store) -> None:
    """What a person held and what the night holds are two things; the later of the two counts."""
    quiet = QuietHours(time(13), time(16))
    topic = a_now_topic(schedule=parse_schedule("now", "UTC"), quiet_hours=quiet)
    room = a_newsroom(sqlite_store, topic)
    room.read(an_entry(1), now=START + MINUTE)
    mute(room, MuteKind.TOPIC)
    closed = [(hours, done) for hours in range(1, 12) for done in room.close(START + hours * HOUR)]

    assert [hours for hours, done in closed if done.deliveries] == [7], "09:00 and seven hours"
    assert len(room.channel.kept) == 1


def test_what_comes_while_a_term_is_muted_and_says_it_not_is_told_in_time(sqlite_store: Store) -> None:
    """Matching goes on, and so does all that the mute is not about: told as news, not as late."""
    room = a_newsroom(sqlite_store, a_topic())
    room.read(an_entry(1), now=START + MINUTE)
    mute(room, MuteKind.TERM)
    room.read(an_entry(2, title="Hostage freed at the old market", summary="Police say so."), now=START + 2 * MINUTE)
    assert [done.stories for done in room.close(START + HOUR)] == [1]
    assert [story.marks for story in room.channel.kept[0].stories] == [()]
    with sqlite_store.write() as tx:
        [one] = tx.mutes.in_force(START + HOUR)
        tx.mutes.lift(one.id, by="cli:anna", now=START + HOUR + MINUTE)

    assert [done.stories for done in room.close(START + 2 * HOUR)] == [1]
    assert room.close(START + 3 * HOUR) == []
    assert [story.marks for story in room.channel.kept[1].stories] == [(Mark.LATE,)]


@pytest.mark.parametrize("kind", [MuteKind.STORY, MuteKind.FEED, MuteKind.TERM])
def test_what_comes_behind_a_flood_that_is_muted_is_told(
    store: Store, kind: MuteKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of a muted thing than one digest takes: what is new does not wait behind it, and it is told in its time."""
    monkeypatch.setattr(matches, "OPEN_MAX", 3)
    monkeypatch.setattr(opened, "OPEN_MAX", 3)
    room = a_newsroom(store, a_topic(), feeds=2)
    room.read(*(an_entry(n) for n in range(1, 7)), now=START + MINUTE)
    first = articles_of(store)[2:]
    with store.write() as tx:
        if kind is MuteKind.STORY:
            for other in first[1:]:
                tx.corrections.merge(other.story_id, first[0].story_id, at=START, by="cli:anna", reason="one event")
    mute(room, kind, first[0].story_id)
    assert [done.stories for done in room.close(START + HOUR)] == [0]
    new = an_entry(9, title="Hostage freed at the old market", summary="Police say so.")
    room.read(new, outlet=1, now=START + HOUR + MINUTE)

    assert [done.stories for done in room.close(START + 2 * HOUR)] == [1]
    assert [story.lead.title for story in room.channel.kept[-1].stories] == ["Hostage freed at the old market"]
    assert sum(done.stories for hours in range(12) for done in room.close(UNTIL + hours * HOUR)) > 0
    assert open_stories(room) == []


def test_what_is_split_from_a_muted_story_is_not_muted_with_it(sqlite_store: Store) -> None:
    """A person who says that it is another event has not said that it is to be held."""
    room = a_newsroom(sqlite_store, a_topic())
    room.read(an_entry(1), an_entry(2), now=START + MINUTE)
    first, second = open_stories(room)
    with sqlite_store.write() as tx:
        tx.corrections.merge(first, second, at=START + MINUTE, by="cli:anna", reason="one event")
    mute(room, MuteKind.STORY, first)
    assert [done.stories for done in room.close(START + HOUR)] == [0]
    with sqlite_store.read() as tx:
        [*_, newest] = tx.matches.open_for(room.topics[0].key)
    part = ArticleId(newest.match.article_id)
    split_story(sqlite_store, first, [part], by="anna", reason="two events", now=START + HOUR)

    assert [done.stories for done in room.close(START + 2 * HOUR)] == [1]
    assert [done.stories for done in room.close(UNTIL + timedelta(minutes=1))] == [1]
