"""Mutes and follows: once however often it is said, found where a story stands now. On SQLite and on PostgreSQL."""

from datetime import timedelta

import pytest

from monitor.errors import MonitorError
from monitor.model import ChannelName, Mute, MuteKind, StoryId
from monitor.storage import mutes as storage_mutes
from monitor.storage.store import Store, Transaction
from tests.fakes.clock import START
from tests.storage.given import an_article, store_articles

DESK = ChannelName("desk")
WEEK = START + timedelta(days=7)
LATER = START + timedelta(hours=1)


def mute(tx: Transaction, value: str = "7", kind: MuteKind = MuteKind.STORY, **said: object) -> Mute:
    """A mute of a week on the desk's channel."""
    given: dict[str, object] = {"until": WEEK, "now": START, "by": "slack:U1", "channel": DESK, **said}
    return tx.mutes.add(kind, value, **given)  # type: ignore[arg-type]


def merge(store: Store, one: int, other: int) -> None:
    """Put one story into the other."""
    with store.write() as tx:
        tx.corrections.merge(StoryId(one), StoryId(other), at=START, by="", reason="")


def held(store: Store) -> list[str]:
    """The values of what is held at the beginning."""
    with store.read() as tx:
        return [one.value for one in tx.mutes.in_force(START)]


def test_a_mute_comes_back_as_it_was_made(store: Store) -> None:
    """Who, when, where, until when and why."""
    with store.write() as tx:
        made = mute(tx, reason="too much of it")
        assert tx.mutes.get(made.id) == made
        assert tx.mutes.in_force(START) == tx.mutes.listed() == [made]
        assert made == Mute(made.id, MuteKind.STORY, "7", WEEK, START, "slack:U1", DESK, "too much of it")
        assert tx.mutes.in_force(WEEK) == []
        assert tx.mutes.get(99) is None


@pytest.mark.parametrize(
    ("kind", "value", "again"),
    [
        (MuteKind.STORY, "7", "7"),
        (MuteKind.TOPIC, "hostages", "hostages"),
        (MuteKind.FEED, "BBC World", "BBC World"),
        (MuteKind.TERM, "Film Festival", "film festival"),
    ],
)
def test_the_same_again_is_the_same_mute(store: Store, kind: MuteKind, value: str, again: str) -> None:
    """A double click holds nothing twice; said for longer, it lasts longer; said for less, it stays."""
    with store.write() as tx:
        first = mute(tx, value, kind, reason="why")
        longer = mute(tx, again, kind, now=LATER, until=WEEK + timedelta(days=1), by="slack:U2")
        shorter = mute(tx, again, kind, now=LATER, until=LATER + timedelta(minutes=1))
        assert [longer.id, shorter.id] == [first.id, first.id]
        assert longer.until == shorter.until == WEEK + timedelta(days=1)
        assert (longer.by, longer.at, longer.reason) == ("slack:U1", START, "why")
        assert len(tx.mutes.listed()) == 1


def test_each_channel_has_its_own_mute(store: Store) -> None:
    """What holds on one channel is another mute than what holds on all; another kind, another thing."""
    with store.write() as tx:
        made = [mute(tx), mute(tx, channel=None), mute(tx, channel=ChannelName("night")), mute(tx, "8")]
        made.append(mute(tx, kind=MuteKind.TERM))
        assert tx.mutes.in_force(START) == made
        assert tx.mutes.listed(2) == made[:2:-1]


def test_a_mute_is_lifted_once(store: Store) -> None:
    """Lifting says how it stands; the second time changes nothing, and afterwards it can be muted anew."""
    with store.write() as tx:
        made = mute(tx)
        lifted = tx.mutes.lift(made.id, by="cli:anna", now=LATER)
        assert lifted is not None
        assert (lifted.lifted_at, lifted.lifted_by) == (LATER, "cli:anna")
        assert tx.mutes.lift(made.id, by="cli:bo", now=WEEK - timedelta(days=1)) == lifted
        assert tx.mutes.lift(99, by="cli:bo", now=LATER) is None
        assert tx.mutes.in_force(LATER) == []
        assert mute(tx, now=LATER).id != made.id


def test_one_that_has_run_out_is_not_lifted(store: Store) -> None:
    """It ended by itself, and says so."""
    with store.write() as tx:
        made = mute(tx)
        assert tx.mutes.lift(made.id, by="cli:anna", now=WEEK) == made


def test_a_thing_is_unmuted_by_its_name(store: Store) -> None:
    """On the channel that is meant, under whatever case, and told what ended."""
    with store.write() as tx:
        one = mute(tx, "Film", MuteKind.TERM)
        everywhere = mute(tx, "film", MuteKind.TERM, channel=None)
        ended = tx.mutes.lift_all(MuteKind.TERM, "FILM", channel=DESK, by="cli:anna", now=LATER)
        assert [mute.id for mute in ended] == [one.id]
        assert tx.mutes.in_force(LATER) == [everywhere]
        assert tx.mutes.lift_all(MuteKind.TERM, "FILM", channel=DESK, by="cli:anna", now=LATER) == []


def test_a_muted_story_stays_muted_where_it_is_merged(store: Store) -> None:
    """Under whichever number it was muted, at every later merge; the list shows the number that was said."""
    store_articles(store, [an_article(number) for number in (7, 8, 9)])
    with store.write() as tx:
        made = mute(tx, "9")
    merge(store, 8, 9)
    assert held(store) == ["8"]
    merge(store, 7, 8)
    assert held(store) == ["7"]
    with store.write() as tx:
        assert tx.mutes.listed() == [made]
        assert mute(tx, "7").id == made.id  # the same story under another number
        [ended] = tx.mutes.lift_all(MuteKind.STORY, "8", channel=DESK, by="", now=LATER)
        assert ended.id == made.id
    with store.read() as tx:
        assert tx.mutes.in_force(LATER) == []


def test_there_are_only_so_many_mutes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every digest looks at all of them; more are refused with a way out, the same again is not."""
    monkeypatch.setattr(storage_mutes, "IN_FORCE_MAX", 2)
    with store.write() as tx:
        mute(tx, "1")
        mute(tx, "2")
        mute(tx, "2")
        with pytest.raises(MonitorError, match="2 mutes are in force"):
            mute(tx, "3")


def test_what_ended_long_ago_goes(store: Store) -> None:
    """In portions; what still holds stays."""
    with store.write() as tx:
        gone = [mute(tx, str(number), until=LATER) for number in range(3)]
        lifted, stays = mute(tx, "8"), mute(tx, "9")
        tx.mutes.lift(lifted.id, by="", now=LATER)
        assert tx.mutes.forget(LATER, limit=2) == 0
        assert [tx.mutes.forget(LATER + timedelta(days=1), limit=2) for _ in range(3)] == [2, 2, 0]
        assert tx.mutes.listed() == [stays]
        assert len(gone) == 3


def test_a_followed_story_is_followed_once(store: Store) -> None:
    """The first to say so stays, the later end counts; unfollowing twice says that it was not."""
    with store.write() as tx:
        first = tx.follows.set(DESK, StoryId(7), by="slack:U1", now=START, until=WEEK)
        again = tx.follows.set(DESK, StoryId(7), by="slack:U2", now=LATER, until=LATER)
        assert first == again
        assert tx.follows.of(DESK, START) == tx.follows.all(START) == [first]
        assert tx.follows.of(ChannelName("night"), START) == tx.follows.of(DESK, WEEK) == []
        assert tx.follows.lift(DESK, StoryId(7), now=START)
        assert not tx.follows.lift(DESK, StoryId(7), now=START)
        assert tx.follows.all(START) == []


def test_what_ran_out_is_followed_anew(store: Store) -> None:
    """By whoever says so now."""
    with store.write() as tx:
        tx.follows.set(DESK, StoryId(7), by="slack:U1", now=START, until=LATER)
        anew = tx.follows.set(DESK, StoryId(7), by="slack:U2", now=LATER, until=WEEK)
        assert (anew.by, anew.at) == ("slack:U2", LATER)


def test_a_followed_story_is_found_where_it_is_merged(store: Store) -> None:
    """Both were followed: one story, until the later time; unfollowed under any number, no part stays."""
    store_articles(store, [an_article(number) for number in (7, 8)])
    with store.write() as tx:
        tx.follows.set(DESK, StoryId(7), by="slack:U1", now=START, until=LATER)
        tx.follows.set(DESK, StoryId(8), by="slack:U2", now=START, until=WEEK)
    merge(store, 7, 8)
    with store.write() as tx:
        [follow] = tx.follows.of(DESK, START)
        assert (follow.story_id, follow.until) == (7, WEEK)
        assert tx.follows.lift(DESK, StoryId(8), now=START)
        assert tx.follows.all(START) == []


def test_there_are_only_so_many_follows_and_they_go(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounded per channel, swept when long over."""
    monkeypatch.setattr(storage_mutes, "IN_FORCE_MAX", 2)
    with store.write() as tx:
        for number in (1, 2):
            tx.follows.set(DESK, StoryId(number), by="", now=START, until=LATER)
        with pytest.raises(MonitorError, match="follows 2 stories"):
            tx.follows.set(DESK, StoryId(3), by="", now=START, until=LATER)
        assert [tx.follows.forget(WEEK, limit=1) for _ in range(3)] == [1, 1, 0]
