"""Which silences are unusual: what is broken is told, and a night, a weekend, a holiday or a rare thing is not."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from monitor.feeds.rhythm import learn, usual_of
from monitor.feeds.silence import Silence, longest_usual, usual_of_times, usual_silence
from tests.fakes.clock import START

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = (START - START.weekday() * DAY).replace(hour=0, minute=0, second=0, microsecond=0)
WEEKS = 4
END = MONDAY + WEEKS * 7 * DAY


def coming(hours: Callable[[datetime], int], *, days: int = WEEKS * 7) -> list[datetime]:
    """So many in each hour of these days."""
    found = []
    for hour in range(days * 24):
        at = MONDAY + hour * HOUR
        count = hours(at)
        found += [at + HOUR * n / count for n in range(count)]
    return found


def office(at: datetime) -> int:
    """Two an hour from seven to five on weekdays."""
    return 2 if at.weekday() < 5 and 7 <= at.hour < 17 else 0


def by_day(at: datetime) -> int:
    """Four an hour from six to midnight: 72 a day."""
    return 4 if at.hour >= 6 else 0


def busy(at: datetime) -> int:
    """Ten an hour, one at night: 194 a day."""
    return 10 if at.hour >= 6 else 1


def silence_after(times: list[datetime]) -> Silence | None:
    """What a feed with these arrivals may be silent for."""
    return usual_silence(learn(learn(None, [], MONDAY), times, times[-1]))


def test_a_weekday_feeds_weekend_and_one_holiday_after_it_are_usual() -> None:
    """From Friday evening to Tuesday morning; on Tuesday evening it is not any more."""
    silence = silence_after(coming(office))
    assert silence is not None
    assert END + DAY + 7 * HOUR < silence.unusual_from <= END + 2 * DAY, "two Mondays' worth are missing on Tuesday"


@pytest.mark.parametrize(("hours", "least", "most"), [(by_day, 24 + 6, 42), (busy, 6, 10)])
def test_a_night_and_a_day_are_usual_for_what_has_holidays(
    hours: Callable[[datetime], int], least: float, most: float
) -> None:
    """What brings a hundred a day has none: its silence is told within hours."""
    times = coming(hours)
    silence = silence_after(times)
    assert silence is not None
    assert least * HOUR <= silence.unusual_from - times[-1] <= most * HOUR
    # The same, begun at eleven in the morning.
    times = [at for at in times if at < END - 13 * HOUR]
    begun_by_day = silence_after(times)
    assert begun_by_day is not None
    assert least * HOUR <= begun_by_day.unusual_from - times[-1] <= most * HOUR


def test_too_short_a_history_or_too_rare_a_thing_tells_nothing() -> None:
    """Under two weeks, or one a week."""
    assert silence_after(coming(busy, days=14)) is None
    assert silence_after(coming(busy, days=15)) is not None
    assert silence_after([MONDAY + 7 * n * DAY for n in range(8)]) is None
    assert usual_silence(None) is None
    assert usual_silence(b"damaged") is None


def test_hours_in_which_nothing_could_come_do_not_count() -> None:
    """A daemon that rested for two days missed nothing: the silence is longer by as much."""
    times = coming(by_day)
    usual = usual_of(learn(learn(None, [], MONDAY), times, times[-1]))
    assert usual is not None
    plain = longest_usual(usual)
    rested = range(int(END.timestamp() // 3600), int((END + 2 * DAY).timestamp() // 3600))
    late = longest_usual(usual, counts=lambda hour: hour not in rested)
    assert plain is not None
    assert late is not None
    assert late.unusual_from - plain.unusual_from >= DAY
    assert longest_usual(usual, counts=lambda hour: False) is None


def test_what_comes_in_rushes_is_given_longer() -> None:
    """The same number in four weeks: sixteen on every other day, or eight on each."""
    even = usual_of_times(coming(lambda at: 1 if at.hour % 3 == 0 else 0), MONDAY)
    rushes = usual_of_times(coming(lambda at: 2 if at.hour % 3 == 0 and at.day % 2 else 0), MONDAY)
    assert even is not None
    assert rushes is not None
    assert rushes[1] < even[1]
    sooner, later = (longest_usual(usual, spread=spread) for usual, spread in (even, rushes))
    assert sooner is not None
    assert later is not None
    assert later.unusual_from - later.since > sooner.unusual_from - sooner.since
    assert usual_of_times([], MONDAY) is None


def test_it_says_how_many_are_usual_in_how_long() -> None:
    """The same words however long the silence lasts."""
    assert Silence(START, START + 14 * HOUR, 9.2).in_words == "9 are usual in 14 hours"
    assert Silence(START, START + 5 * DAY, 12.0).in_words == "12 are usual in 5 days"
