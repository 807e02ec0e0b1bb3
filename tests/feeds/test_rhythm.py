"""A feed's rhythm: learnt from times that may be lies, kept in a few bytes, asked how long to wait."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.feeds.rhythm import interval_for, learn, span_of

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
NOW = MONDAY + timedelta(days=28)
TIMES = st.floats(631e6, 22e8).map(lambda stamp: datetime.fromtimestamp(stamp, UTC))
NEAR = st.floats(-2_000_000, 100_000).map(lambda seconds: NOW + timedelta(seconds=seconds))


def wait_s(packed: bytes | None, now: datetime = NOW) -> float:
    """The wait between bounds that leave it free."""
    return interval_for(packed, now, 60, 86_400)[0]


def working_mornings() -> bytes:
    """Four weeks of a feed that publishes from 7 to 10 on working days, ten entries an hour."""
    packed = learn(None, [], MONDAY)
    before = MONDAY
    for day in range(28):
        if day % 7 < 5:
            now = MONDAY + timedelta(days=day, hours=10)
            came = [MONDAY + timedelta(days=day, hours=7, minutes=6 * n) for n in range(30)]
            packed = learn(packed, came, now, watched_since=before)
            before = now
    return packed


def test_the_hours_of_the_week_are_learnt_and_looked_ahead_to() -> None:
    """Slow at night and on Sunday morning, fast in its hours, and a wait begun before them ends in them."""
    packed = working_mornings()
    tuesday, sunday = NOW + timedelta(days=1), NOW + timedelta(days=6)
    assert wait_s(packed, tuesday + timedelta(hours=7, minutes=3)) < 600
    night_s = wait_s(packed, tuesday + timedelta(hours=1))
    assert 2400 < night_s < 7.5 * 3600
    assert wait_s(packed, sunday + timedelta(hours=8)) > 1200


def test_an_unknown_feed_is_asked_ever_more_rarely() -> None:
    """With no entry at all it is taken for hourly at first, and waits longer the longer it is silent."""
    empty = learn(None, [], NOW)
    waits = [wait_s(empty, NOW + timedelta(hours=hours)) for hours in (0, 10, 100, 1000)]
    assert waits == sorted(waits)
    assert 600 < waits[0] < 700
    assert wait_s(None) == waits[0]


@pytest.mark.parametrize("times", [[NOW] * 50, [NOW - timedelta(days=3)] * 50, [NOW + timedelta(days=900)] * 20, []])
def test_a_window_with_one_time_tells_nothing(times: list[datetime]) -> None:
    """The build time on every entry, or times that have not come yet."""
    assert learn(None, times, NOW) == learn(None, [], NOW)


def test_times_that_cannot_be_are_put_between_the_visits() -> None:
    """Back-dated, missing and future entries came since the last visit, whatever they say."""
    start = learn(None, [], NOW)
    later = NOW + timedelta(hours=1)
    honest = learn(start, [later - timedelta(minutes=30)], later, watched_since=NOW)
    assert learn(start, [NOW - timedelta(days=900)], later, watched_since=NOW) == honest
    assert learn(start, [None], later, watched_since=NOW) == learn(start, [later + timedelta(days=9)], later)


def test_an_archive_published_anew_counts_little() -> None:
    """A hundred entries in one minute are a batch, not a hundred visits' worth of news."""
    start = learn(None, [], NOW - timedelta(days=7))
    assert learn(start, [NOW] * 100, NOW) == learn(start, [NOW] * 3, NOW)


def test_the_window_bounds_the_wait_and_more_so_after_a_loss() -> None:
    """A quarter of it, an eighth for a week after entries were lost, the lower bound last."""
    quiet = learn(None, [], NOW - timedelta(days=28))
    for lost_at, expected_s in ((None, 10_000), (NOW - timedelta(days=2), 5000), (NOW - timedelta(days=8), 10_000)):
        assert interval_for(quiet, NOW, 60, 86_400, window_s=40_000, last_lost_at=lost_at)[0] == expected_s
    assert interval_for(quiet, NOW, 900, 3600, window_s=1200)[0] == 900


def test_old_entries_that_are_kept_do_not_widen_the_window() -> None:
    """One entry of last year beside twenty of today."""
    today = [NOW - timedelta(hours=n) for n in range(20)]
    assert span_of([*today, NOW - timedelta(days=400)]) < 86_400
    assert span_of(today[:1]) == 0


@settings(max_examples=100, deadline=None)
@given(
    packed=st.none() | st.binary(max_size=400) | st.binary(min_size=352, max_size=352).map(b"\x01".__add__), now=TIMES
)
def test_any_bytes_are_survived(packed: bytes | None, now: datetime) -> None:
    """A damaged column starts anew; the wait stays within the bounds."""
    assert 300 <= interval_for(packed, now, 300, 3600)[0] <= 3600
    assert len(learn(packed, [now, None], now)) == 353


@settings(max_examples=100, deadline=None)
@given(windows=st.lists(st.lists(TIMES | st.none(), max_size=8), max_size=5), now=TIMES, shown_s=st.floats(0, 1e9))
def test_any_times_are_survived(windows: list[list[datetime | None]], now: datetime, shown_s: float) -> None:
    """Always the same size, always within the bounds, and nothing new changes nothing."""
    packed = None
    for times in windows:
        packed = learn(packed, times, now)
        assert len(packed) == 353
        assert learn(packed, [], now) == packed
        assert 300 <= interval_for(packed, now, 300, 3600, window_s=shown_s)[0] <= 3600


@settings(max_examples=150, deadline=None)
@given(times=st.lists(NEAR, max_size=30))
def test_one_entry_more_now_never_makes_the_wait_longer(times: list[datetime]) -> None:
    """Whatever was known before."""
    known = learn(None, times, NOW)
    assert wait_s(learn(known, [NOW], NOW)) <= wait_s(learn(known, [], NOW)) * 1.001  # half floats round
