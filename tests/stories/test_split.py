"""Which articles part when a story is split, and what they are afterwards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import ArticleId, Relation, StoryId
from monitor.stories.split import Member, Split, plan_split

STORY = StoryId(1)


def a_text(number: int, relation: Relation = Relation.REPORT, of: int | None = 1, *, quiet: bool = False) -> Member:
    """An article with a text of its own; the first one opened the story."""
    article_id = ArticleId(number)
    if number == STORY:
        return Member(article_id, article_id, Relation.NEW)
    return Member(article_id, article_id, relation, None if of is None else ArticleId(of), quiet)


def a_copy(number: int, text: int, of: int | None = None) -> Member:
    """A copy of a text."""
    return Member(ArticleId(number), ArticleId(text), Relation.COPY, ArticleId(of or text))


def split(members: list[Member], *named: int) -> Split:
    """The plan for these articles; there must be one."""
    plan = plan_split(STORY, members, [ArticleId(number) for number in named])
    assert plan is not None
    return plan


def moved(plan: Split) -> list[int]:
    """The articles that go."""
    return [member.id for member in plan.moved]


def test_a_text_takes_its_copies_along() -> None:
    """Also the copy of a copy; the first of those that go opens their story and is a text of its own there."""
    members = [a_text(1), a_copy(2, 1), a_text(3), a_copy(4, 3), a_copy(5, 3, of=4), a_text(6)]
    plan = split(members, 3)
    assert (plan.new_id, moved(plan), plan.along) == (3, [3, 4, 5], (4, 5))
    assert plan.moved[0] == Member(ArticleId(3), ArticleId(3), Relation.NEW, ArticleId(1))
    assert [member.id for member in plan.changed] == [3]


def test_a_copy_may_go_alone_and_is_a_text_of_its_own_then() -> None:
    """A person says that it is none of that text: two such copies are copies of each other still."""
    members = [a_text(1), a_copy(2, 1), a_copy(3, 1), a_copy(4, 1)]
    plan = split(members, 3, 4)
    assert (plan.new_id, moved(plan)) == (3, [3, 4])
    assert [(member.text_id, member.relation) for member in plan.moved] == [(3, Relation.NEW), (3, Relation.COPY)]


def test_the_part_with_the_first_article_keeps_the_id() -> None:
    """Naming it lets the others go."""
    members = [a_text(1), a_text(2), a_copy(3, 1), a_text(4)]
    plan = split(members, 1)
    assert (plan.new_id, moved(plan), plan.along) == (2, [2, 4], (3,))
    assert moved(split(members, 2, 4)) == [2, 4]


def test_the_part_that_is_named_goes_where_the_first_article_is_past_the_retention() -> None:
    """And a text whose first article is gone stays one text where all its copies stay together."""
    members = [a_copy(2, 1), a_copy(3, 1), a_text(4)]
    assert moved(split(members, 4)) == [4]
    plan = split(members, 2)
    assert moved(plan) == [2]
    assert plan.moved[0].text_id == 2
    assert plan.texts == ((1, 2),)
    assert [member for member in plan.changed if member.id == 3] == []


def test_a_report_hidden_for_an_article_of_the_other_part_is_shown() -> None:
    """What it was so like does not stand in its story any more; one that stays with it stays quiet."""
    members = [a_text(1), a_text(2), a_text(3, of=2, quiet=True), a_text(4, quiet=True), a_text(5, of=4, quiet=True)]
    plan = split(members, 2, 5)
    after = {member.id: member for member in (*members, *plan.changed)}
    assert [after[ArticleId(number)].quiet for number in (3, 4, 5)] == [False, True, False]


@pytest.mark.parametrize("named", [(), (1, 2, 3), (1, 2), (9,)])
def test_all_of_a_story_or_nothing_of_it_is_no_split(named: tuple[int, ...]) -> None:
    """With the copies that go along, or with no article of it at all."""
    members = [a_text(1), a_text(2), a_copy(3, 1)]
    assert plan_split(STORY, members, [ArticleId(number) for number in named]) is None


@given(
    texts=st.lists(st.integers(0, 8), min_size=1, max_size=9),
    chosen=st.sets(st.integers(1, 9), max_size=9),
)
def test_every_article_is_in_one_part_and_every_text_too(texts: list[int], chosen: set[int]) -> None:
    """Whatever is named: a text never spans both parts, its id is its first article's, and a part has an opener."""
    members: list[Member] = []
    for number, place in enumerate(texts, 1):
        first = members[place].text_id if place < len(members) else None
        members.append(a_text(number) if first is None else a_copy(number, first))
    plan = plan_split(STORY, members, [ArticleId(number) for number in chosen])
    if plan is None:
        return
    after = {member.id: member for member in (*members, *plan.changed)}
    goes = {member.id for member in plan.moved}
    stays = set(after) - goes
    assert goes
    assert ArticleId(STORY) in stays
    assert ArticleId(plan.new_id) == min(goes)
    for part in (goes, stays):
        assert {after[one].text_id for one in part} <= part
        assert {one for one in part if after[one].relation is not Relation.COPY} == {after[one].text_id for one in part}
