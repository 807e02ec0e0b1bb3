"""What becomes of reports of what was told: lines, waiting, and what is only counted; headlines and the appendix."""

from datetime import datetime, timedelta

import pytest

from monitor.digests.follow_ups import (
    LINES_MAX,
    WAITING_MAX,
    Following,
    HeldThing,
    Untold,
    find_folded,
    follow,
    pick_headlines,
)
from monitor.digests.telling import Held, Told
from monitor.model import ArticleId, Dedup, Relation, StoryId, StoryMember
from tests.digests.given import NOW, a_member, a_story

TOLD = Told(NOW - timedelta(hours=9), tellings=1, title="What was told")


def a_held(story_id: int, *fresh: StoryMember, again_at: datetime | None = None) -> HeldThing:
    """A told thing with these reports since."""
    return HeldThing(a_story(story_id, *fresh), Held("told before", again_at, fresh), TOLD)


def following(
    *things: HeldThing, goes_out: bool = True, dedup: Dedup = Dedup.BALANCED, hours_ago: float = 1
) -> Following:
    """What becomes of them, all of them open and matched so long ago."""
    opened = {member.article.id: NOW - timedelta(hours=hours_ago) for one in things for member in one.held.fresh}
    return follow(things, opened, dedup=dedup, goes_out=goes_out, now=NOW)


def shown(found: Following) -> list[tuple[int, int]]:
    """The lines: story and article."""
    return [(line.story_id, line.article.id) for line in found.lines]


def test_lines_of_one_story_stand_side_by_side_and_each_story_has_its_first_before_any_its_second() -> None:
    """Ten lines are shared out fairly; the rest is counted, and the note of each thing says which it was."""
    many = a_held(1, *(a_member(number, minutes_ago=200 - number) for number in range(1, 20)))
    others = [a_held(story, a_member(story * 10)) for story in range(3, 12)]
    found = following(many, *others)
    assert shown(found) == [(1, 1), *((story, story * 10) for story in range(3, 12))]
    assert (len(found.lines), found.more, found.waiting) == (LINES_MAX, 18, frozenset())
    assert {line.told_title for line in found.lines} == {"What was told"}
    late = following(*others, a_held(12, a_member(500)), a_held(13, a_member(501)))
    assert late.notes[StoryId(12)] == "stands in a line of this digest"
    assert late.notes[StoryId(13)] == "counted beside the lines of this digest"


def test_without_a_digest_reports_wait_two_days() -> None:
    """What waited longer is given up, with the reason in words."""
    found = following(a_held(1, a_member(5)), goes_out=False, hours_ago=47)
    assert (found.lines, found.waiting, found.again_at) == ((), frozenset({ArticleId(5)}), NOW + timedelta(hours=1))
    late = following(a_held(1, a_member(5)), goes_out=False, hours_ago=48)
    assert late.waiting == frozenset()
    assert late.notes[StoryId(1)] == "no digest went out for 48 hours to stand in"


@pytest.mark.parametrize("dedup", [Dedup.LOOSE, Dedup.STRICT, Dedup.OFF])
def test_only_balanced_has_lines(dedup: Dedup) -> None:
    """What is counted under the other kinds is neither shown nor does it wait."""
    assert following(a_held(1, a_member(5)), dedup=dedup) == Following()


def test_a_quiet_report_has_no_line() -> None:
    """It says nearly what was told: it is counted."""
    assert shown(following(a_held(1, a_member(5, quiet=True), a_member(6)))) == [(1, 6)]


def test_an_update_that_is_due_soon_waits_and_is_no_line() -> None:
    """What will be told by itself is not shown before; it waits whatever `dedup` says and whatever goes out."""
    soon = NOW + timedelta(hours=2)
    for dedup in (Dedup.BALANCED, Dedup.LOOSE):
        found = following(a_held(1, a_member(5), again_at=soon), dedup=dedup)
        assert (found.lines, found.waiting, found.again_at) == ((), frozenset({ArticleId(5)}), soon)


def test_what_waits_is_bounded_and_updates_come_first() -> None:
    """However many reports come, there is room for what is new; an update is never pushed out by lines."""
    flood = a_held(1, *(a_member(number) for number in range(10, 10 + WAITING_MAX)))
    update = a_held(2, a_member(5), again_at=NOW + timedelta(hours=1))
    found = following(flood, update, goes_out=False)
    assert len(found.waiting) == WAITING_MAX
    assert 5 in found.waiting


def test_what_a_digest_has_taken_is_not_looked_at_again() -> None:
    """Only open reports have lines."""
    assert follow([a_held(1, a_member(5))], {}, dedup=Dedup.BALANCED, goes_out=True, now=NOW) == Following()


def test_headlines_are_the_most_different_and_never_twice() -> None:
    """Copies have none, and neither has another print of the lead's own headline."""
    lead = a_member(1, title="Ferry fire kills five")
    members = (
        lead,
        a_member(2, title="Ferry fire kills five - Outlet 2"),
        a_member(3, title="Ferry fire leaves five dead", minutes_ago=9),
        a_member(4, title="Captain arrested in Redcliff", minutes_ago=8),
        a_member(5, title="Captain arrested in Redcliff", minutes_ago=7),
        a_member(6, title="Inquiry ordered", relation=Relation.COPY, text_id=3),
    )
    story = a_story(1, *members)
    picked = pick_headlines(story, lead.article, 10, NOW)
    assert [(one.title, one.outlet) for one in picked][:2] == [
        ("Captain arrested in Redcliff", "outlet4"),
        ("Ferry fire leaves five dead", "outlet3"),
    ]
    assert len({one.title for one in picked}) == len(picked)
    assert pick_headlines(story, lead.article, 0, NOW) == ()


def test_the_appendix_names_copies_and_reports_of_what_was_told() -> None:
    """A text that was neither told nor belongs to what was told is not called folded."""

    def untold(number: int, relation: Relation, story_id: int) -> Untold:
        return Untold(a_member(number).article, relation, ArticleId(1), StoryId(story_id), "The first print")

    found = find_folded(
        [
            untold(2, Relation.COPY, 1),
            untold(3, Relation.REPORT, 1),
            untold(4, Relation.NEW, 9),
            untold(5, Relation.COPY, 9),
        ],
        {StoryId(1): TOLD},
        Dedup.BALANCED,
        {ArticleId(3)},
    )
    assert [(one.article.id, one.is_copy, one.of_title, one.told_at) for one in found] == [
        (2, True, "The first print", TOLD.last_at),
        (5, True, "The first print", None),
    ]
