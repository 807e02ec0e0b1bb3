"""What counts as one thing to tell, and how its publishers and texts are counted."""

import pytest

from monitor.digests.burst import breaking_origins
from monitor.digests.things import count_member, counts_of, things_of
from monitor.model import ArticleId, CountedArticle, Dedup, Relation, StoryCandidate
from tests.digests.given import NOW, a_member, a_story

COPY = Relation.COPY


def a_wire_story() -> StoryCandidate:
    """One text in three prints, and another newsroom's own text in two."""
    return a_story(
        5,
        a_member(5, relation=Relation.NEW),
        a_member(6, relation=COPY, text_id=5),
        a_member(7),
        a_member(8, relation=COPY, text_id=5),
        a_member(9, relation=COPY, text_id=7),
    )


@pytest.mark.parametrize("dedup", [Dedup.BALANCED, Dedup.LOOSE])
def test_a_story_is_one_thing(dedup: Dedup) -> None:
    """With `balanced` and `loose` a story is told as a whole."""
    story = a_wire_story()
    assert things_of(story, dedup) == [story]


def test_strict_tells_each_text_with_its_copies() -> None:
    """A text is known by its first article, and counts its own prints alone."""
    things = things_of(a_wire_story(), Dedup.STRICT)
    assert [(thing.story_id, [one.article.id for one in thing.members]) for thing in things] == [
        (5, [5, 6, 8]),
        (7, [7, 9]),
    ]
    assert [(one.article_count, one.publisher_count, one.independent_count) for one in things] == [(3, 3, 1), (2, 2, 1)]


def test_off_tells_each_article_by_itself() -> None:
    """Without any deduplication each article is a thing of its own, a copy too."""
    things = things_of(a_wire_story(), Dedup.OFF)
    assert [thing.story_id for thing in things] == [5, 6, 7, 8, 9]
    assert {(one.article_count, one.publisher_count, one.independent_count) for one in things} == {(1, 1, 1)}


def test_what_lies_beyond_the_members_counts_with_its_text() -> None:
    """A story too large to look at is counted all the same, text by text."""
    further = tuple(CountedArticle(ArticleId(5), f"far{n}.example", "", is_copy=True) for n in range(10))
    story = a_wire_story()
    large = StoryCandidate(story.story_id, story.members, 15, 15, 2, further)
    first, second = things_of(large, Dedup.STRICT)
    assert (first.article_count, first.publisher_count, first.independent_count) == (13, 13, 1)
    assert (second.article_count, second.further) == (2, ())


def test_an_agency_is_one_origin_whoever_prints_it() -> None:
    """Two outlets that credit one agency for texts of their own cut, and the agency's own site, are one origin."""
    members = (
        a_member(1, origin="fictapress"),
        a_member(2, origin="fictapress"),
        a_member(3, publisher="fictapress.example"),
        a_member(4),
        a_member(5, relation=COPY, text_id=4),
    )
    assert counts_of(map(count_member, members)) == (5, 5, 2)
    assert breaking_origins(a_story(1, *members), now=NOW) == ("fictapress", "outlet4.example")


def test_a_text_of_which_only_copies_are_left_is_still_one_text() -> None:
    """The original may stand in another story by now, or be past the retention."""
    copies = [a_member(number, relation=COPY, text_id=1) for number in (2, 3)]
    assert counts_of(map(count_member, copies)) == (2, 2, 1)
