"""Whether a channel is told of a story: first, as an update, or not, and why."""

from datetime import timedelta

import pytest

from monitor.digests.telling import Choice, Told, choose_telling, numbers_in
from monitor.model import Relation, StoryMember
from tests.digests.given import NOW, a_member, a_story

OLD = a_member(1, minutes_ago=8 * 60)
TOLD = Told(last_at=NOW - timedelta(hours=7), tellings=1, article_count=1, publisher_count=1, independent_count=1)


def choose(*members: StoryMember, told: Told | None = None, independent: int | None = None) -> Choice | str:
    """The choice for a story of these members, now."""
    return choose_telling(a_story(1, *members, independent=independent), told, False, NOW)


def lead_of(choice: Choice | str) -> int:
    """The article of a choice that tells."""
    assert isinstance(choice, Choice), choice
    return choice.lead.article.id


def test_a_report_that_answers_the_topic_opens_a_telling() -> None:
    """The plain case: news is told."""
    choice = choose(a_member(1, relation=Relation.NEW))
    assert isinstance(choice, Choice)
    assert (choice.reason, choice.is_update) == ("first telling", False)


def test_a_copy_may_be_the_first_article_that_answers_the_topic() -> None:
    """A longer copy says what the teaser left out; then the story is news to this topic."""
    assert lead_of(choose(a_member(1, answers=False), a_member(2, relation=Relation.COPY))) == 2


def test_what_stood_in_a_feed_at_its_first_reading_tells_nothing() -> None:
    """Adding a feed does not send its whole window."""
    choice = choose(a_member(1, silent=True))
    assert isinstance(choice, str)
    assert "first read" in choice


def test_a_copy_of_a_silent_article_stays_silent_and_a_report_does_not() -> None:
    """The same old text again is old; another newsroom's own text shows that the story goes on."""
    silent = a_member(1, silent=True)
    assert isinstance(choose(silent, a_member(2, relation=Relation.COPY)), str)
    assert lead_of(choose(silent, a_member(3, relation=Relation.REPORT))) == 3


def test_a_copy_is_told_where_the_silent_article_never_answered_the_topic() -> None:
    """Stored silently and never matched are two cases, and only the first one silences."""
    silent = a_member(1, silent=True, answers=False)
    assert lead_of(choose(silent, a_member(2, relation=Relation.COPY))) == 2


def test_a_story_that_does_not_answer_the_topic_is_not_told() -> None:
    """A candidate that came by mistake is named as such."""
    assert choose(a_member(1, answers=False)) == "no article of it answers the topic"


def test_the_lead_is_the_earliest_of_the_weightiest_feed_that_answers() -> None:
    """The feed a person trusts most leads, and always with an article that answers the topic."""
    members = (
        a_member(1, minutes_ago=50),
        a_member(2, minutes_ago=40, weight=2.0, answers=False),
        a_member(3, minutes_ago=20, weight=2.0),
        a_member(4, minutes_ago=30, weight=2.0),
    )
    assert lead_of(choose(*members)) == 4


def test_a_told_story_without_anything_new_is_held() -> None:
    """One story, one telling."""
    choice = choose(OLD, told=TOLD, independent=9)
    assert isinstance(choice, str)
    assert "nothing new" in choice


def test_copies_never_bring_a_told_story_back() -> None:
    """Twenty more outlets with the same text are counted, not told."""
    copies = [a_member(number, relation=Relation.COPY, title=f"{number} freed") for number in range(2, 22)]
    choice = choose(OLD, *copies, told=TOLD)
    assert isinstance(choice, str)
    assert "only copies since" in choice


def test_three_more_independent_publishers_bring_it_back() -> None:
    """A story that three more newsrooms took up has grown; with two it has not."""
    fresh = [a_member(number) for number in (2, 3, 4)]
    choice = choose(OLD, *fresh, told=TOLD)
    assert isinstance(choice, Choice)
    assert choice.is_update
    assert choice.reason.startswith("update: 3 more independent publishers since 2026-03-14 05:00 UTC")
    held = choose(OLD, *fresh[:2], told=TOLD)
    assert isinstance(held, str)
    assert "2 of 3 more independent publishers" in held


def test_a_new_number_in_a_headline_brings_it_back_and_leads() -> None:
    """A toll that rose is what a reader wants to hear, from the article that says so."""
    choice = choose(OLD, a_member(2, weight=5.0), a_member(3, title="Talks resume, 23 freed"), told=TOLD)
    assert lead_of(choice) == 3
    assert isinstance(choice, Choice)
    assert choice.reason == "update: a headline has a new number, 23"


@pytest.mark.parametrize("known_in", ["title", "text"])
def test_a_number_that_was_known_at_the_telling_is_not_new(known_in: str) -> None:
    """What the first article said already is no update, in digits or in words."""
    old = a_member(
        1, minutes_ago=480, title="Five freed" if known_in == "title" else "Talks", text="Officials say five."
    )
    assert isinstance(choose(old, a_member(2, title="Talks resume after 5 freed"), told=TOLD), str)


def test_an_update_waits_six_hours() -> None:
    """An evening of reports does not become a row of updates."""
    fresh = [a_member(number) for number in range(2, 9)]
    soon = Told(last_at=NOW - timedelta(hours=5, minutes=59), tellings=1, independent_count=1)
    choice = choose(OLD, *fresh, told=soon)
    assert isinstance(choice, str)
    assert "less than 6 hours" in choice
    due = Told(last_at=NOW - timedelta(hours=6), tellings=1, independent_count=1)
    assert isinstance(choose(OLD, *fresh, told=due), Choice)


def test_there_are_at_most_three_updates() -> None:
    """A story that never ends stops being told; who wants more follows it."""
    fresh = [a_member(number) for number in range(2, 9)]
    assert isinstance(choose(OLD, *fresh, told=Told(TOLD.last_at, tellings=3, independent_count=1)), Choice)
    held = choose(OLD, *fresh, told=Told(TOLD.last_at, tellings=4, independent_count=1))
    assert held == "told 4 times, the most a story is told"


def test_a_new_text_that_does_not_answer_the_topic_is_no_update() -> None:
    """The story may go on elsewhere; this topic hears of it again when it is its own matter."""
    fresh = [a_member(number, answers=False, title="99 questions") for number in range(2, 9)]
    assert isinstance(choose(OLD, *fresh, told=TOLD), str)


def test_a_clock_set_back_makes_no_update() -> None:
    """A last telling in the future holds, it does not repeat."""
    fresh = [a_member(number) for number in range(2, 9)]
    assert isinstance(choose(OLD, *fresh, told=Told(NOW + timedelta(hours=1), tellings=1)), str)


def test_numbers_are_read_as_people_write_them() -> None:
    """The same count in two spellings is one number; `one` is mostly no count."""
    assert numbers_in("Twelve of 5,000 freed, 3.5 percent, one by 1") == frozenset({"12", "5000", "3.5"})
    assert numbers_in("no count at all") == frozenset()
