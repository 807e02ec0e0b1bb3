"""Whether a channel is told of a story: first, as an update, or not, and why."""

from datetime import timedelta
from functools import partial

import pytest

from monitor.digests.novelty import novelty_of, numbers_in, table_weight, words_said
from monitor.digests.telling import Choice, Held, Told, choose_telling
from monitor.model import ArticleId, Relation, StoryMember
from monitor.stories.rarity import read_table
from monitor.topics.lexicon import load_lexicon
from tests.digests.given import NOW, a_member, a_story

OLD = a_member(1, minutes_ago=8 * 60)
NEWS = "A governor signed the talks accord while ferries carried rescued sailors past burning warehouses at dawn."
HEADLINE = "Governor signs accord, ferries carry sailors"
TOLD = Told(last_at=NOW - timedelta(hours=7), tellings=1, article_count=1, publisher_count=1, independent_count=1)


def choose(*members: StoryMember, told: Told | None = None, shown: tuple[int, ...] = ()) -> Choice | Held:
    """The choice for a story of these members, now."""
    return choose_telling(a_story(1, *members), told, False, NOW, shown=frozenset(map(ArticleId, shown)))


def held(*members: StoryMember, told: Told | None = None, shown: tuple[int, ...] = ()) -> Held:
    """Why a story of these members is not told."""
    choice = choose(*members, told=told, shown=shown)
    assert isinstance(choice, Held), choice
    return choice


def a_development(number: int, *, title: str = HEADLINE, text: str = NEWS, **changes: object) -> StoryMember:
    """A text of its own that says much that was not said."""
    return a_member(number, title=title, text=text, **changes)  # type: ignore[arg-type]  # the tests name real ones


def lead_of(choice: Choice | Held) -> int:
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
    assert "first read" in held(a_member(1, silent=True)).reason


def test_a_copy_of_a_silent_article_stays_silent_and_a_report_does_not() -> None:
    """The same old text again is old; another newsroom's own text shows that the story goes on."""
    silent = a_member(1, silent=True)
    assert held(silent, a_member(2, relation=Relation.COPY))
    assert lead_of(choose(silent, a_member(3, relation=Relation.REPORT))) == 3


def test_a_copy_is_told_where_the_silent_article_never_answered_the_topic() -> None:
    """Stored silently and never matched are two cases, and only the first one silences."""
    silent = a_member(1, silent=True, answers=False)
    assert lead_of(choose(silent, a_member(2, relation=Relation.COPY))) == 2


def test_a_story_that_does_not_answer_the_topic_is_not_told() -> None:
    """A candidate that came by mistake is named as such."""
    assert held(a_member(1, answers=False)).reason == "no article of it answers the topic"


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
    assert "nothing new" in held(OLD, told=TOLD).reason


def test_copies_never_bring_a_told_story_back() -> None:
    """Twenty more outlets with the same text are counted, not told."""
    copies = [a_development(number, relation=Relation.COPY, title=f"{number} freed") for number in range(2, 22)]
    nothing = held(OLD, *copies, told=TOLD)
    assert "only copies since" in nothing.reason
    assert nothing.fresh == ()


def test_three_publishers_with_something_new_to_say_bring_it_back() -> None:
    """A story that went on and that three outlets carry since, prints of one text too, has grown; with two it has
    not.
    """
    prints = [a_development(number, relation=Relation.COPY) for number in (3, 4)]
    choice = choose(OLD, a_development(2), *prints, told=TOLD)
    assert isinstance(choice, Choice)
    assert choice.is_update
    assert choice.reason.startswith("update: 3 publishers since it was told; ")
    few = held(OLD, a_development(2), prints[0], told=TOLD)
    assert few.reason == "told at 2026-03-14 05:00 UTC, 2 of 3 publishers and no new number in a headline since"


def test_a_backlog_is_no_growth() -> None:
    """What an outage brought later, or a feed's first reading, is counted in no gate."""
    late = [a_development(number, silent=True) for number in (3, 4)]
    assert "1 of 3 publishers" in held(OLD, a_development(2), *late, told=TOLD).reason


def test_three_feeds_of_one_publisher_are_one() -> None:
    """A publisher's second and third feed are no more newsrooms."""
    fresh = [a_development(number, publisher="paper") for number in (2, 3, 4)]
    assert "1 of 3 publishers" in held(OLD, *fresh, told=TOLD).reason


def test_a_new_number_in_a_headline_brings_it_back_and_leads() -> None:
    """A toll that rose is what a reader wants to hear, from the article that says so, and the reason says how new."""
    choice = choose(OLD, a_development(2, weight=5.0), a_development(3, title="Talks over, 23 freed"), told=TOLD)
    assert lead_of(choice) == 3
    assert isinstance(choice, Choice)
    assert choice.reason == "update: a headline has a new number, 23; 78% of it is new"


@pytest.mark.parametrize("known_in", ["title", "text"])
def test_a_number_that_was_known_at_the_telling_is_not_new(known_in: str) -> None:
    """What the first article said already is no update, in digits or in words."""
    old = a_member(
        1, minutes_ago=480, title="Five freed" if known_in == "title" else "Talks", text="Officials say five."
    )
    assert "no new number" in held(old, a_development(2, title="5 freed as accord is signed"), told=TOLD).reason


def test_what_says_little_that_is_new_is_no_update() -> None:
    """The same report in nearly the same words, with another number and from many outlets, stands in a line."""
    fresh = [a_member(number, title="Mediators say 23 talks resume") for number in (2, 3, 4)]
    same = held(OLD, *fresh, told=TOLD)
    assert "of what was said since is new, less than 55%" in same.reason
    assert same.fresh == tuple(fresh)


def test_an_update_waits_six_hours() -> None:
    """An evening of reports does not become a row of updates; what waits for that alone is told when it is over."""
    fresh = [a_development(number) for number in (2, 3, 4)]
    soon = Told(last_at=NOW - timedelta(hours=5, minutes=59), tellings=1)
    waiting = held(OLD, *fresh, told=soon)
    assert "less than 6 hours ago; else update: 3 publishers" in waiting.reason
    assert waiting.again_at == NOW + timedelta(minutes=1)
    assert held(OLD, fresh[0], told=soon).again_at is None
    due = Told(last_at=NOW - timedelta(hours=6), tellings=1)
    assert isinstance(choose(OLD, *fresh, told=due), Choice)


def test_there_are_at_most_three_updates() -> None:
    """A story that never ends stops being told; who wants more follows it."""
    fresh = [a_development(number) for number in (2, 3, 4)]
    assert isinstance(choose(OLD, *fresh, told=Told(TOLD.last_at, tellings=3)), Choice)
    assert held(OLD, *fresh, told=Told(TOLD.last_at, tellings=4)).reason == "told 4 times, the most a story is told"


def test_a_new_text_that_does_not_answer_the_topic_is_no_update() -> None:
    """The story may go on elsewhere; this topic hears of it again when it is its own matter."""
    fresh = [a_development(number, answers=False, title="99 questions") for number in (2, 3, 4)]
    assert "nothing new that answers" in held(OLD, *fresh, told=TOLD).reason


def test_what_stood_in_a_line_is_not_told_again() -> None:
    """An article that a reader was shown leads no update; one that comes after it may."""
    fresh = [a_development(number) for number in (2, 3, 4)]
    assert "did not stand in a line" in held(OLD, *fresh, told=TOLD, shown=(2, 3, 4)).reason
    assert lead_of(choose(OLD, *fresh, told=TOLD, shown=(2, 3))) == 4


def test_a_clock_set_back_makes_no_update() -> None:
    """A last telling in the future holds, it does not repeat."""
    fresh = [a_development(number) for number in (2, 3, 4)]
    assert held(OLD, *fresh, told=Told(NOW + timedelta(hours=1), tellings=1))


def test_a_number_in_the_sent_log_alone_is_no_telling() -> None:
    """Another thing was told under the number that this one would have: this one is told for the first time."""
    taken = Told(NOW - timedelta(hours=1), tellings=0, next_telling=2)
    choice = choose(a_member(1), told=taken)
    assert isinstance(choice, Choice)
    assert (choice.is_update, taken.number) == (False, 2)


def test_novelty_is_the_share_of_the_weight() -> None:
    """Little words weigh nothing, the headline thrice; who knows how rare a word is may say so."""
    old, new = a_member(1, title="Harbour closed", text="Ships wait.").article, a_member(2, title="Harbour", text="")
    assert novelty_of(new.article, words_said(old)) == 0.0
    half = a_member(3, title="Harbour reopened", text="").article
    assert novelty_of(half, words_said(old)) == 0.5
    assert novelty_of(half, words_said(old), lambda word: 3.0 if word == "reopened" else 1.0) == 0.9
    assert novelty_of(a_member(4, title="It is", text="").article, ()) == 0.0


def test_rare_words_weigh_more_where_a_table_says_how_rare() -> None:
    """With the table that comes along, a higher toll with an arrest is an update; a rewrite of the report is none."""
    weight = table_weight(lambda: read_table(load_lexicon().shares()))
    old = a_member(
        1,
        minutes_ago=480,
        title="Ferry fire off Redcliff kills 5",
        text="A fire on a ferry off Redcliff killed five people on Monday, the coast guard said. Talks stopped.",
    )
    rewrite = a_member(
        2,
        title="Five killed in Redcliff ferry fire, coast guard says; 40 saved",
        text="Five people were killed on Monday when fire broke out on a ferry off Redcliff. The coast guard saved 40.",
    )
    grown = a_member(
        3,
        title="Ferry fire toll rises to 23, captain arrested over talks",
        text="Divers recovered eighteen bodies from the wreck. Police arrested the captain, who had locked the exits, "
        "and prosecutors searched the owner's headquarters for maintenance records.",
    )
    judge = partial(choose_telling, told=TOLD, is_breaking=False, now=NOW, weight=weight)
    same, more = judge(a_story(1, old, rewrite)), judge(a_story(1, old, rewrite, grown))
    assert isinstance(same, Held)
    assert "is new, less than 55%" in same.reason
    assert lead_of(more) == 3


def test_numbers_are_read_as_people_write_them() -> None:
    """The same count in two spellings is one number; `one` is mostly no count."""
    assert numbers_in("Twelve of 5,000 freed, 3.5 percent, one by 1") == frozenset({"12", "5000", "3.5"})
    assert numbers_in("no count at all") == frozenset()
