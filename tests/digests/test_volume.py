"""What is usual, what is a rush, and what cannot be known."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.digests.volume import volume_of, volume_of_days
from monitor.model import Volume

END = datetime(2026, 3, 14, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LONG = END - timedelta(days=60)


def days_of(counts: list[int], *, now: int, at: datetime = END) -> list[datetime]:
    """Articles in the last hour, and in the same hour of the days before: yesterday's count first."""
    times = [at - timedelta(minutes=n + 1) for n in range(now)]
    for back, count in enumerate(counts, 1):
        times += [at - DAY * back - timedelta(seconds=n + 1) for n in range(count)]
    return sorted(times)


def test_usual_is_the_median_of_the_same_hours() -> None:
    """One wild day among fourteen does not make the rest unusual."""
    volume = volume_of(days_of([2] * 6 + [90] + [2] * 7, now=3), END - HOUR, END, known_since=LONG)
    assert volume == Volume(3, 2, (0, 0, 0, 0, 0, 0, 0, 3), is_burst=False)


@pytest.mark.parametrize(
    ("before", "now", "bursts"),
    [
        ([2] * 14, 6, True),
        ([2] * 14, 5, False),
        ([0] * 14, 4, False),
        ([0] * 14, 5, True),
        ([7] + [2] * 13, 7, False),
        ([2] * 6 + [8] + [2] * 7, 8, False),
    ],
)
def test_a_rush_is_three_times_usual_and_more_than_yesterday_and_a_week_ago(
    before: list[int], now: int, bursts: bool
) -> None:
    """Five at least, three times the usual, above the day and the week before: a weekly briefing is no rush."""
    volume = volume_of(days_of(before, now=now), END - HOUR, END, known_since=LONG)
    assert volume is not None
    assert volume.is_burst is bursts


def test_a_young_topic_has_no_usual_value() -> None:
    """Two days say nothing of what is usual; the bars are shown all the same."""
    volume = volume_of(days_of([4, 4], now=9), END - HOUR, END, known_since=END - 2 * DAY - HOUR)
    assert volume is not None
    assert (volume.count, volume.usual, volume.is_burst) == (9, None, False)
    volume = volume_of(days_of([4, 4, 4], now=9), END - HOUR, END, known_since=END - 3 * DAY - HOUR)
    assert volume is not None
    assert volume.usual == 4


def test_a_weekly_digest_is_held_against_weeks() -> None:
    """A window longer than a day is compared with as many as fourteen days hold, and the bars are weeks."""
    times = [END - timedelta(days=n, hours=1) for n in range(21)]
    volume = volume_of(sorted(times), END - 7 * DAY, END, known_since=LONG)
    assert volume is not None
    assert (volume.count, volume.usual, volume.buckets[-3:]) == (7, 7, (7, 7, 7))


def test_a_window_of_seconds_has_no_volume() -> None:
    """Two slots of a moment say nothing of how much there is."""
    assert volume_of([], END - timedelta(minutes=9), END, known_since=LONG) is None


def test_the_last_day_is_held_against_the_days_before() -> None:
    """All fifteen are shown, the newest last; of a young topic nothing is usual."""
    counts = [12, 3, 4, 3, 2, 4, 3, 5, 3, 3, 4, 3, 2, 4, 3]
    volume = volume_of_days(counts, days_known=15)
    assert volume == Volume(12, 3, tuple(reversed(counts)), is_burst=True)
    assert volume_of_days(counts, days_known=3).usual is None
    assert volume_of_days([12, 3, 4, 3, 2, 4, 3, 12, *counts[8:]], days_known=15).is_burst is False
