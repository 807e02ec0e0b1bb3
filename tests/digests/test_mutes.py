"""What is muted waits, and nothing else does."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from monitor.digests.compose import Composed, compose_digest
from monitor.digests.mutes import apply_mutes
from monitor.model import ArticleId, ChannelName, DigestKind, Mute, MuteKind, StoryCandidate, StoryId
from tests.digests.given import KEY, NOW, a_member, a_story, a_topic

DESK, NIGHT = ChannelName("desk"), ChannelName("night")
UNTIL = NOW + timedelta(hours=5)


def a_mute(kind: MuteKind, value: str, *, channel: ChannelName | None = None) -> Mute:
    """A mute of five hours."""
    return Mute(1, kind, value, UNTIL, NOW, "slack:U1", channel, "seen enough")


def compose(stories: Sequence[StoryCandidate], *mutes: Mute, channel: ChannelName = DESK) -> Composed:
    """The digest that the mutes leave."""
    unmuted = apply_mutes(stories, mutes, topic=KEY, channel=channel, story_of={})
    opened = {member.article.id: NOW for story in stories for member in story.members if member.match}
    return compose_digest(
        topic=a_topic("heartbeat"),
        kind=DigestKind.SCHEDULED,
        slot="slot",
        window_start=NOW - timedelta(hours=1),
        window_end=NOW,
        candidates=unmuted.candidates,
        told={},
        opened=opened,
        muted=unmuted.muted,
        is_heartbeat=unmuted.topic is None,
    )


def told(composed: Composed) -> list[int]:
    """The stories of the digest."""
    return [] if composed.digest is None else [story.story_id for story in composed.digest.stories]


TWO = (a_story(1, a_member(1)), a_story(2, a_member(2, title="Harbour talks resume"), a_member(3)))


@pytest.mark.parametrize(
    ("kind", "value", "left"),
    [
        (MuteKind.STORY, "2", [1]),
        (MuteKind.TOPIC, "talks", []),
        (MuteKind.TOPIC, "other", [2, 1]),
        (MuteKind.FEED, "outlet1", [2]),
        (MuteKind.FEED, "outlet2", [2, 1]),
        (MuteKind.TERM, "HARBOUR talks", [2, 1]),
        (MuteKind.TERM, "officials", []),
        (MuteKind.TERM, "official", [2, 1]),
    ],
)
def test_a_mute_holds_what_it_names(kind: MuteKind, value: str, left: list[int]) -> None:
    """A story, a topic, and what a feed or a word alone would tell; a story with another reason to be told is told."""
    composed = compose(TWO, a_mute(kind, value))
    assert told(composed) == left


def test_what_is_muted_waits_and_says_why() -> None:
    """No digest takes its articles, so lifting the mute restores it; `explain` names who muted it, and until when."""
    composed = compose(TWO, a_mute(MuteKind.STORY, "2"))
    assert composed.waiting == {ArticleId(2), ArticleId(3)}
    assert composed.again_at == UNTIL
    [held] = composed.held_back
    assert held.reason == "story is muted until 2026-03-14 17:00 UTC by slack:U1: seen enough"


def test_a_mute_of_one_channel_holds_for_it_alone() -> None:
    """What the desk has had enough of is news to the night shift."""
    mute = a_mute(MuteKind.STORY, "2", channel=DESK)
    assert told(compose(TWO, mute)) == [1]
    assert told(compose(TWO, mute, channel=NIGHT)) == [2, 1]


def test_a_snoozed_topic_sends_no_heartbeat() -> None:
    """Who asked for silence is not told that all is quiet."""
    assert compose(TWO, a_mute(MuteKind.TOPIC, "talks")).digest is None


def test_a_story_is_found_by_the_things_that_are_told_of_it() -> None:
    """Where each text is told by itself, muting the story mutes all of them."""
    unmuted = apply_mutes(
        TWO,
        [a_mute(MuteKind.STORY, "70")],
        topic=KEY,
        channel=DESK,
        story_of={TWO[0].story_id: StoryId(70), TWO[1].story_id: StoryId(71)},
    )
    assert list(unmuted.muted) == [TWO[0].story_id]
