"""How much may be told: the bar by the history, the seats by the count, and what becomes of the rest."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.digests.budget import (
    HISTORY,
    Asking,
    Limit,
    Scored,
    budget_words,
    find_bar,
    hold_over,
    parse_budget,
    span_began_at,
)
from monitor.errors import ConfigError
from monitor.model import Budget, BudgetSpan, ChannelName, StoryId, TopicKey

NOW = datetime(2026, 3, 29, 12, 30, 5, tzinfo=UTC)
DAY = timedelta(days=1)
KEY = TopicKey("talks")
LONG_AGO = NOW - timedelta(days=90)


def a_history(*scores: int, days: float = 10) -> list[Scored]:
    """Stories of these scores, evenly over the last days."""
    step = timedelta(days=days) / max(1, len(scores))
    return [Scored(StoryId(n), score, NOW - step * n) for n, score in enumerate(scores)]


# --- what a person writes ---------------------------------------------------------------------------------------------


def test_a_budget_reads_back_as_it_was_written() -> None:
    """Count and span, in small or capital letters."""
    assert parse_budget("8 per day") == Budget(8, BudgetSpan.DAY)
    assert str(parse_budget("3 PER  hour")) == "3 per hour"
    assert budget_words(parse_budget("10 per week")) == "10 a week"


@pytest.mark.parametrize("text", ["", "8", "eight per day", "8 a day", "8 per month", "-1 per day", "8.5 per day"])
def test_what_is_no_budget_says_what_to_write(text: str) -> None:
    """The fault repeats the value and shows a good one."""
    with pytest.raises(ConfigError, match='Write how many per hour, day or week, as in "8 per day"'):
        parse_budget(text)


@pytest.mark.parametrize("text", ["0 per day", "1001 per hour", "9999999999999999999 per week"])
def test_a_budget_has_bounds(text: str) -> None:
    """None at all is a mute, and a thousand is none."""
    with pytest.raises(ConfigError, match="from 1 to 1,000"):
        parse_budget(text)


# --- the span ---------------------------------------------------------------------------------------------------------


def test_a_span_is_of_local_time() -> None:
    """The day is 23 hours old at most where the clock went forward; a week begins on Monday; half-hour zones work."""
    summer = datetime(2026, 3, 29, 12, 30, tzinfo=UTC)  # a Sunday, the clock of Berlin went forward at 01:00 UTC
    assert span_began_at(parse_budget("1 per day"), summer, "Europe/Berlin") == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert span_began_at(parse_budget("1 per week"), summer, "Europe/Berlin") == datetime(2026, 3, 22, 23, tzinfo=UTC)
    assert span_began_at(parse_budget("1 per hour"), summer, "Asia/Kolkata") == summer
    later = summer + timedelta(minutes=20)
    assert span_began_at(parse_budget("1 per hour"), later, "Asia/Kolkata") == summer
    monday = datetime(2026, 3, 30, 9, tzinfo=UTC)
    assert span_began_at(parse_budget("1 per week"), monday, "UTC") == datetime(2026, 3, 30, tzinfo=UTC)


def test_the_hour_that_a_clock_shows_twice_is_two() -> None:
    """In autumn both hours at two have their own seats."""
    budget = parse_budget("1 per hour")
    first, second = datetime(2026, 10, 25, 0, 40, tzinfo=UTC), datetime(2026, 10, 25, 1, 40, tzinfo=UTC)
    assert span_began_at(budget, first, "Europe/Berlin") == first.replace(minute=0)
    assert span_began_at(budget, second, "Europe/Berlin") == second.replace(minute=0)


# --- the bar ----------------------------------------------------------------------------------------------------------


def test_the_bar_is_the_score_that_fits_on_average() -> None:
    """Forty stories in ten days and two a day: the twentieth best is the last that fits."""
    history = a_history(*range(41, 81))
    assert find_bar(history, parse_budget("2 per day"), NOW - 10 * DAY, NOW) == 61
    assert find_bar(history, parse_budget("4 per day"), NOW - 10 * DAY, NOW) is None


def test_there_is_no_bar_where_little_is_known() -> None:
    """A topic of an hour, or of few stories, has none; its seats are counted all the same."""
    budget = parse_budget("1 per day")
    many = a_history(*[50] * 40, days=0.5)
    assert find_bar(many, budget, NOW - timedelta(hours=23), NOW) is None
    assert find_bar(many, budget, NOW - timedelta(hours=25), NOW) == 50
    assert find_bar(a_history(*range(9)), budget, NOW - 2 * DAY, NOW) is None


def test_what_is_older_than_the_history_does_not_count() -> None:
    """A loud month ago says nothing of now."""
    old = [Scored(StoryId(n), 99, NOW - HISTORY - DAY) for n in range(500)]
    assert find_bar([*old, *a_history(*[40] * 9)], parse_budget("1 per week"), LONG_AGO, NOW) is None


SCORES = st.lists(st.integers(0, 100), max_size=60)
COUNTS = st.integers(1, 40)
SPANS = st.sampled_from(list(BudgetSpan))


@given(scores=SCORES, small=COUNTS, more=COUNTS, span=SPANS, told=st.integers(0, 20), asking=SCORES)
@settings(max_examples=200, deadline=None)
def test_a_larger_budget_never_tells_less(
    scores: list[int], small: int, more: int, span: BudgetSpan, told: int, asking: list[int]
) -> None:
    """Its bar is no higher, and what a smaller one tells it tells too; nor does any tell more than its count."""
    history = a_history(*scores)
    stories = [Asking(StoryId(n), score, is_update=n % 5 == 0) for n, score in enumerate(asking)]
    held = []
    for count in (small, small + more):
        budget = Budget(count, span)
        bar = find_bar(history, budget, LONG_AGO, NOW)
        held.append(set(hold_over(stories, [Limit(budget, bar, told)], KEY)))
        assert len(stories) - len(held[-1]) + told <= max(count, told)
    assert held[1] <= held[0]


@given(days=st.lists(SCORES, max_size=12), small=st.integers(1, 10), more=st.integers(0, 10))
@settings(max_examples=100, deadline=None)
def test_day_after_day_a_larger_budget_tells_no_fewer(days: list[list[int]], small: int, more: int) -> None:
    """Slot by slot, with the history that grows and what was told: never fewer, and never more than the count."""

    def told_by(count: int) -> list[int]:
        budget, history, told = Budget(count, BudgetSpan.DAY), list[Scored](), []
        for place, scores in enumerate(days):
            at, today = NOW + place * DAY, 0
            for some in (scores[::2], scores[1::2]):
                fresh = [Scored(StoryId(len(history) + n), score, at) for n, score in enumerate(some)]
                history += fresh
                limit = Limit(budget, find_bar(history, budget, NOW, at), today)
                today += len(fresh) - len(hold_over([Asking(one.story_id, one.score) for one in fresh], [limit], KEY))
            told.append(today)
        return told

    less, rest = told_by(small), told_by(small + more)
    assert all(count <= small for count in less)
    assert all(one <= other for one, other in zip(less, rest, strict=True))


# --- who goes ---------------------------------------------------------------------------------------------------------


def test_the_best_go_first_and_the_rest_hear_why() -> None:
    """By score, then by their place in the digest; an update is not measured by the bar, and takes a seat."""
    limit = Limit(parse_budget("4 per day"), 63, told=0)
    stories = [Asking(StoryId(1), 64), Asking(StoryId(2), 62), Asking(StoryId(3), 90), Asking(StoryId(4), 64)]
    held = hold_over([*stories, Asking(StoryId(5), 30, is_update=True)], [limit], KEY)
    assert held == {
        2: "below the bar of 63 with its best score of 62: at most 4 a day; see monitor stories list --below talks",
    }
    held = hold_over([*stories, Asking(StoryId(5), 70, is_update=True)], [replace(limit, told=1)], KEY)
    assert sorted(held) == [2, 4]
    assert held[StoryId(4)] == (
        "no seat left today for its best score of 64: at most 4 a day; see monitor stories list --below talks"
    )


def test_both_budgets_are_kept() -> None:
    """The topic's and the channel's own: whichever is reached first."""
    limits = [
        Limit(parse_budget("5 per day"), None, told=1),
        Limit(parse_budget("20 per week"), 50, told=18, channel=ChannelName("desk")),
    ]
    held = hold_over([Asking(StoryId(n), score) for n, score in enumerate((80, 70, 60, 40))], limits, KEY)
    assert held[StoryId(2)].startswith("no seat left this week for its best score of 60: at most 20 a week on desk;")
    assert held[StoryId(3)].startswith("below the bar of 50 with its best score of 40: at most 20 a week on desk;")
    assert sorted(held) == [2, 3]
