"""What stands in a digest, and in what order."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.digests.compose import Composed, Told, compose_digest
from monitor.model import (
    Digest,
    DigestKind,
    Evidence,
    FeedTrouble,
    Field,
    Level,
    Mark,
    Match,
    Relation,
    Span,
    StoryCandidate,
    StoryId,
    StoryMember,
    Via,
)
from tests.digests.given import KEY, NOW, a_member, a_story, a_topic


def compose(
    *candidates: StoryCandidate,
    told: dict[StoryId, Told] | None = None,
    kind: DigestKind = DigestKind.SCHEDULED,
    on_empty: str = "skip",
    breaking: frozenset[StoryId] = frozenset(),
    troubles: tuple[FeedTrouble, ...] = (),
    stories_max: int = 10,
) -> Composed:
    """The digest of the eight o'clock slot."""
    return compose_digest(
        topic=a_topic(on_empty),
        is_heartbeat=on_empty == "heartbeat",
        kind=kind,
        slot="2026-03-14T08:00 Europe/Berlin",
        window_start=NOW - timedelta(days=1),
        window_end=NOW,
        candidates=candidates,
        told=told or {},
        breaking=breaking,
        troubles=troubles,
        feed_count=41,
        next_at=NOW + timedelta(days=1),
        stories_max=stories_max,
    )


def digest_of(composed: Composed) -> Digest:
    """The digest, which must be there."""
    assert composed.digest is not None
    return composed.digest


def told_ids(composed: Composed) -> list[int]:
    """The stories of a digest in order, shown and overflowing."""
    digest = digest_of(composed)
    return [story.story_id for story in digest.stories + digest.overflow]


def test_a_digest_says_what_it_is_and_the_sent_log_gets_a_line_for_each_story() -> None:
    """What is told and what is written down as told are the same."""
    composed = compose(a_story(7, a_member(1), a_member(2, relation=Relation.COPY)))
    digest = digest_of(composed)
    assert (digest.topic, digest.topic_name, digest.kind, digest.timezone) == (
        KEY,
        "Talks",
        DigestKind.SCHEDULED,
        "Europe/Berlin",
    )
    assert (digest.slot, digest.feed_count, digest.story_count, digest.article_count) == (
        "2026-03-14T08:00 Europe/Berlin",
        41,
        1,
        2,
    )
    (telling,) = composed.told
    assert (telling.story_id, telling.telling, telling.article_id, telling.reason) == (7, 0, 1, "first telling")
    assert (telling.article_count, telling.publisher_count, telling.independent_count) == (2, 2, 1)


def test_the_order_is_breaking_then_independent_publishers_then_title_then_newest_then_id() -> None:
    """The most important story stands first, and every tie has an end."""
    body_only = "Envoys meet again"
    stories = [
        a_story(1, a_member(1, minutes_ago=30), independent=2),
        a_story(2, a_member(2, minutes_ago=30), independent=2),
        a_story(3, a_member(3, minutes_ago=20), independent=2),
        a_story(4, a_member(4, minutes_ago=5, title=body_only), independent=2),
        a_story(5, a_member(5, minutes_ago=90, title=body_only), independent=3),
        a_story(6, a_member(6, minutes_ago=99, title=body_only), independent=1),
    ]
    assert told_ids(compose(*stories, breaking=frozenset({StoryId(6)}))) == [6, 5, 3, 1, 2, 4]


def test_what_does_not_fit_overflows_and_is_never_dropped() -> None:
    """The header counts all, and what stands below was told too."""
    composed = compose(*(a_story(number, a_member(number)) for number in range(1, 14)), stories_max=10)
    digest = digest_of(composed)
    assert (len(digest.stories), len(digest.overflow), digest.story_count) == (10, 3, 13)
    assert [telling.story_id for telling in composed.told] == told_ids(composed)


def test_a_told_story_is_held_with_its_reason() -> None:
    """Nothing is told twice, and a person can ask why it was not."""
    told = {StoryId(1): Told(NOW - timedelta(hours=9), tellings=1, independent_count=1)}
    composed = compose(a_story(1, a_member(1, minutes_ago=600)), a_story(2, a_member(2, silent=True)), told=told)
    assert composed.digest is None
    assert composed.told == ()
    assert [held.story_id for held in composed.held_back] == [1, 2]
    assert all(held.reason for held in composed.held_back)


def test_an_update_is_marked_and_numbered() -> None:
    """The second telling of a story says that it is one, and has its own line in the sent log."""
    told = {StoryId(1): Told(NOW - timedelta(hours=9), tellings=2, independent_count=1)}
    composed = compose(a_story(1, *(a_member(number) for number in range(1, 6))), told=told)
    assert digest_of(composed).stories[0].marks == (Mark.UPDATE,)
    assert composed.told[0].telling == 2


def test_breaking_and_late_are_marked() -> None:
    """A reader sees at once what is urgent and what is old."""
    old = a_member(1, published_hours_before=49)
    fresh = a_member(2, published_hours_before=47)
    undated = a_member(3, published_hours_before=None)
    composed = compose(a_story(1, old), a_story(2, fresh), a_story(3, undated), breaking=frozenset({StoryId(1)}))
    marks = {story.story_id: story.marks for story in digest_of(composed).stories}
    assert marks == {1: (Mark.BREAKING, Mark.LATE), 2: (), 3: ()}
    assert composed.told[0].reason == "breaking: 1 independent publisher"


@pytest.mark.parametrize(
    ("on_empty", "kind", "expected"),
    [
        ("skip", DigestKind.SCHEDULED, None),
        ("heartbeat", DigestKind.SCHEDULED, DigestKind.HEARTBEAT),
        ("heartbeat", DigestKind.CATCH_UP, DigestKind.HEARTBEAT),
        ("heartbeat", DigestKind.NOW, None),
        ("heartbeat", DigestKind.BREAKING, None),
    ],
)
def test_an_empty_slot_is_silent_unless_a_heartbeat_is_asked_for(
    on_empty: str, kind: DigestKind, expected: DigestKind | None
) -> None:
    """Silence is the default; who asked for a sign of life gets one for every slot, and none for what has no slot."""
    composed = compose(kind=kind, on_empty=on_empty)
    assert (composed.digest.kind if composed.digest else None) == expected


def test_failing_feeds_are_named_longest_failing_first() -> None:
    """Silence must never mean breakage, and the same trouble reads the same every time."""
    one, two = (FeedTrouble(name, "timeout", NOW - timedelta(hours=h)) for name, h in (("A", 1), ("B", 5)))
    digest = digest_of(compose(on_empty="heartbeat", troubles=(one, two)))
    assert digest.failing == (two, one)


def test_title_and_snippet_mark_the_words_that_matched() -> None:
    """A reader sees why without reading."""
    story = digest_of(compose(a_story(1, a_member(1)))).stories[0]
    title, snippet = story.lead.title, story.snippet
    assert [title[start:end] for start, end in story.title_highlights] == ["talks", "resume"]
    assert [snippet[start:end] for start, end in story.highlights] == ["talks", "resume"]


def test_why_names_each_concept_before_a_second_word_of_any() -> None:
    """Six words at most, the title's and the plainest first, no word twice."""
    member = a_member(1)
    evidence = (
        Evidence("negotiation", {"talks": 4, "negotiations": 1, "bargaining": 1}, Via.SYNONYM),
        Evidence("hostage", {"captives": 1, "hostages": 3}, Via.STEM),
        Evidence("release", {"release": 1}, Via.EXACT),
        Evidence("doha", {"doha": 1}, Via.NEAR, (Span(Field.TITLE, 0, 4),)),
        Evidence("qatar", {}, Via.NEAR),
    )
    member = StoryMember(member.article, member.relation, Match(KEY, member.article.id, 70, Level.BROAD, evidence))
    story = digest_of(compose(a_story(1, member))).stories[0]
    assert story.why == ("doha", "release", "hostages", "talks", "qatar", "captives")


def test_two_other_outlets_are_named_and_the_rest_counted() -> None:
    """Own texts before copies, each outlet once, the lead's never, and only addresses that can be opened."""
    members = (
        a_member(1, publisher="lead", minutes_ago=60),
        a_member(2, publisher="lead"),
        a_member(3, publisher="copier", relation=Relation.COPY, minutes_ago=50),
        a_member(4, publisher="second", minutes_ago=20, answers=False),
        a_member(5, publisher="first", minutes_ago=30),
        a_member(6, publisher="third", minutes_ago=10),
    )
    story = digest_of(compose(a_story(1, *members, publishers=30))).stories[0]
    assert story.others == (("first", "https://first.example/5"), ("second", "https://second.example/4"))
    assert story.others_more == 27


def test_two_candidates_of_one_story_are_our_own_fault() -> None:
    """A story that came twice would be told twice."""
    with pytest.raises(AssertionError, match="one candidate per story"):
        compose(a_story(1, a_member(1)), a_story(1, a_member(2)))


RELATIONS = st.sampled_from(Relation)
MEMBER = st.builds(
    a_member,
    st.integers(1, 10_000),
    title=st.sampled_from(["Talks resume", "The talks resume", "Envoys meet", "7 freed as talks resume"]),
    text=st.sampled_from(["", "They resume.", "Of talks. " * 60, "No word. " * 40 + "The talks resume today."]),
    publisher=st.sampled_from(["", "wire", "paper", "radio"]),
    minutes_ago=st.integers(0, 2_000),
    relation=RELATIONS,
    silent=st.booleans(),
    answers=st.booleans(),
    weight=st.sampled_from([0.5, 1.0, 2.0]),
)
STORIES = st.lists(st.lists(MEMBER, min_size=1, max_size=4), max_size=14).map(
    lambda rows: [a_story(number, *members) for number, members in enumerate(rows, start=1)]
)
TOLD = st.dictionaries(
    st.integers(1, 14).map(StoryId),
    st.builds(
        Told,
        last_at=st.integers(0, 1_500).map(lambda minutes: NOW - timedelta(minutes=minutes)),
        tellings=st.integers(1, 4),
        independent_count=st.integers(0, 4),
    ),
)


@settings(max_examples=100, deadline=None)
@given(stories=STORIES, told=TOLD, breaking=st.frozensets(st.integers(1, 14).map(StoryId)), rng=st.randoms())
def test_the_promises_of_a_digest_hold_for_any_stories(
    stories: list[StoryCandidate], told: dict[StoryId, Told], breaking: frozenset[StoryId], rng: Random
) -> None:
    """Every story is told or held once; a told one only as an update; counts add up; order and bytes do not wander."""
    composed = compose(*stories, told=told, breaking=breaking, stories_max=5)
    shuffled = list(stories)
    rng.shuffle(shuffled)
    assert compose(*shuffled, told=dict(reversed(told.items())), breaking=breaking, stories_max=5) == composed

    shown = composed.digest.stories + composed.digest.overflow if composed.digest else ()
    ids = [story.story_id for story in shown]
    assert sorted(ids + [held.story_id for held in composed.held_back]) == [story.story_id for story in stories]
    assert [telling.story_id for telling in composed.told] == ids
    for story in shown:
        assert (story.story_id in told) == (Mark.UPDATE in story.marks)
        assert len(story.snippet) <= 240
        for start, end in story.highlights:
            assert story.snippet[start:end] in {"talks", "resume"}
        for start, end in story.title_highlights:
            assert story.lead.title[start:end] in {"talks", "resume"}
    if composed.digest:
        assert composed.digest.story_count == len(ids)
        assert len(composed.digest.stories) == min(5, len(ids))


@settings(max_examples=60, deadline=None)
@given(stories=STORIES)
def test_what_one_digest_told_the_next_one_does_not(stories: list[StoryCandidate]) -> None:
    """Composed again at once, with the sent log the first digest left, there is nothing to tell."""
    first = compose(*stories)
    told = {line.story_id: Told(NOW, 1, independent_count=line.independent_count) for line in first.told}
    assert compose(*stories, told=told).digest is None
