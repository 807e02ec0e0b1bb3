"""What buttons do: each once however often it is pressed, taken back, and only where the story was told."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from monitor.channels.asked import Answer
from monitor.errors import MonitorError
from monitor.model import ArticleId, ChannelName, StoryId, TopicKey, Verdict
from monitor.pipeline.clicks import Place, click
from monitor.pipeline.corrections import merge_stories
from monitor.storage.store import Store
from monitor.topics.meaning import EMPTY_LEXICON
from tests.fakes.clock import START
from tests.pipeline.given import HOSTAGES, a_topic, an_entry, told_stories
from tests.pipeline.test_digest import a_desk

ANNA, BO = "slack:U0ANNA", "slack:U0BO"
NOW = START + timedelta(hours=2)
DESK, NIGHT = ChannelName("desk"), ChannelName("night")
TOPIC = a_topic()
PLACE = Place((DESK,), {TOPIC.key: TOPIC}, "UTC", EMPTY_LEXICON)
ELSEWHERE = replace(PLACE, channels=(NIGHT,), topics={})


def a_told_story(store: Store) -> int:
    """A story that the desk was told."""
    desk = a_desk(store, TOPIC)
    desk.read(an_entry(1))
    desk.close(START + timedelta(hours=1))
    [story] = told_stories(store)
    return story


def text_of(answer: Answer) -> str:
    """What it says."""
    return " ".join(line.text for line in answer.lines)


def undo_of(answer: Answer) -> str:
    """The value of its one button."""
    [button] = answer.buttons
    assert button.label == "Undo"
    return button.value


def test_a_story_is_muted_once_and_unmuted(store: Store) -> None:
    """For a week, in this channel; twice pressed it is one mute; undone twice it is over once."""
    story = a_told_story(store)
    answer = click(store, PLACE, f"mute:{story}", ANNA, NOW)
    again = click(store, PLACE, f"mute:{story}", BO, NOW)
    assert answer == again
    assert text_of(answer).startswith("Muted in this channel until")
    assert "Mayor of" in text_of(answer)
    with store.read() as tx:
        [mute] = tx.mutes.in_force(NOW)
    assert (mute.value, mute.channel, mute.by, mute.until) == (str(story), DESK, ANNA, NOW + timedelta(days=7))
    for _ in range(2):
        assert text_of(click(store, PLACE, undo_of(answer), BO, NOW)).startswith("No longer muted.")
    with store.read() as tx:
        assert tx.mutes.in_force(NOW) == []
        assert [one.lifted_by for one in tx.mutes.listed()] == [BO]


@pytest.mark.parametrize(("verb", "verdict"), [("nr", Verdict.NOT_RELEVANT), ("useful", Verdict.USEFUL)])
def test_a_story_is_marked_and_the_mark_taken_back(store: Store, verb: str, verdict: Verdict) -> None:
    """The article that led the telling, under the topic it was told for; a second press changes nothing."""
    story = a_told_story(store)
    answer = click(store, PLACE, f"{verb}:{story}", ANNA, NOW)
    with store.read() as tx:
        [mark] = tx.marks.newest()
        changes = tx.marks.changes()
    assert (mark.topic, mark.verdict, mark.by, mark.at) == (HOSTAGES, verdict, ANNA, NOW)
    click(store, PLACE, f"{verb}:{story}", ANNA, NOW + timedelta(seconds=1))
    with store.read() as tx:
        assert tx.marks.changes() == changes
    assert text_of(click(store, PLACE, undo_of(answer), ANNA, NOW)).startswith("No longer marked as")
    with pytest.raises(MonitorError, match="no mark"):
        click(store, PLACE, undo_of(answer), ANNA, NOW)
    with store.read() as tx:
        assert tx.marks.newest() == []


def test_a_story_is_followed_and_let_go(store: Store) -> None:
    """For a week; a second press keeps the first."""
    story = a_told_story(store)
    answer = click(store, PLACE, f"follow:{story}", ANNA, NOW)
    assert click(store, PLACE, f"follow:{story}", BO, NOW) == answer
    with store.read() as tx:
        [follow] = tx.follows.of(DESK, NOW)
    assert (follow.story_id, follow.by, follow.until) == (story, ANNA, NOW + timedelta(days=7))
    assert text_of(click(store, PLACE, undo_of(answer), ANNA, NOW)) == "No longer followed."
    assert text_of(click(store, PLACE, undo_of(answer), ANNA, NOW)) == "It was not followed in this channel."


def test_a_topic_is_snoozed_for_a_day(store: Store) -> None:
    """In this channel alone; two configured channels of one place are one button's work."""
    a_told_story(store)
    topic = a_topic(channels=(DESK, NIGHT, ChannelName("mail")))
    place = replace(PLACE, channels=(DESK, NIGHT), topics={topic.key: topic})
    answer = click(store, place, f"snooze:{topic.key}", ANNA, NOW)
    with store.read() as tx:
        mutes = tx.mutes.in_force(NOW)
    assert [(one.value, one.channel, one.until) for one in mutes] == [
        (topic.key, DESK, NOW + timedelta(hours=24)),
        (topic.key, NIGHT, NOW + timedelta(hours=24)),
    ]
    click(store, place, undo_of(answer), ANNA, NOW)
    with store.read() as tx:
        assert tx.mutes.in_force(NOW) == []


def test_a_story_that_was_merged_is_found(store: Store) -> None:
    """The button under an old message names the number of then; what is muted is the story of now."""
    desk = a_desk(store, TOPIC)
    desk.read(an_entry(1))
    desk.read(an_entry(5, about="hostage"), outlet=0)
    desk.close(START + timedelta(hours=1))
    stays, goes = told_stories(store)
    merge_stories(store, StoryId(stays), StoryId(goes), by="", reason="", now=NOW)
    click(store, PLACE, f"mute:{goes}", ANNA, NOW)
    with store.read() as tx:
        assert [one.value for one in tx.mutes.in_force(NOW)] == [str(stays)]


FORGED = (
    "mute:{story}",
    "nr:{story}",
    "useful:{story}",
    "follow:{story}",
    "snooze:hostages",
    "undo:mute:{mute}",
    "undo:mute:{mute},{mute}",
    "undo:mark:hostages:{article}",
)


def test_another_channels_story_is_refused(store: Store) -> None:
    """Whoever forges a button's value changes nothing in a channel they are not in."""
    story = a_told_story(store)
    click(store, PLACE, f"mute:{story}", ANNA, NOW)
    click(store, PLACE, f"nr:{story}", ANNA, NOW)
    with store.read() as tx:
        [mute], [mark] = tx.mutes.in_force(NOW), tx.marks.newest()
    for value in FORGED:
        forged = value.format(story=story, mute=mute.id, article=mark.article_id)
        with pytest.raises(MonitorError, match="this channel"):
            click(store, ELSEWHERE, forged, "slack:U0MALLORY", NOW)
    with store.read() as tx:
        assert (tx.mutes.in_force(NOW), tx.marks.newest(), tx.follows.all(NOW)) == ([mute], [mark], [])


def test_another_channels_follow_stays(store: Store) -> None:
    """Undoing it elsewhere finds nothing to undo."""
    story = a_told_story(store)
    click(store, PLACE, f"follow:{story}", ANNA, NOW)
    assert "not followed" in text_of(click(store, ELSEWHERE, f"undo:follow:{story}", BO, NOW))
    with store.read() as tx:
        assert len(tx.follows.all(NOW)) == 1


NOBODYS = (
    "", "mute", "mute:", "mute:x", "mute:-1", "mute:٣", "mute:" + "9" * 40, "mute:0", "nr:1;drop", "snooze:",
    "snooze:no-topic", "undo", "undo:", "undo:mute:", "undo:mute:1,x", "undo:mark:", "undo:mark:hostages:",
    "undo:mark:x:1", "undo:all:1", "launch:1", "edit_watch:1", "\x00", "mute:" + "1," * 9_000,
)  # fmt: skip


def test_a_value_that_nobody_gave_is_refused(store: Store) -> None:
    """In words, and nothing is changed."""
    for value in NOBODYS:
        with pytest.raises(MonitorError):
            click(store, PLACE, value, ANNA, NOW)
    with store.read() as tx:
        assert (tx.mutes.listed(), tx.marks.newest(), tx.follows.all(NOW)) == ([], [], [])


def test_an_article_past_the_retention_cannot_be_marked(store: Store) -> None:
    """It says so; the story can be muted all the same."""
    story = a_told_story(store)
    with store.write() as tx:
        tx.articles.forget([ArticleId(story)])
    with pytest.raises(MonitorError, match="archive"):
        click(store, PLACE, f"nr:{story}", ANNA, NOW)
    assert f"story {story}" in text_of(click(store, PLACE, f"mute:{story}", ANNA, NOW))
    assert TopicKey("hostages") in PLACE.topics
