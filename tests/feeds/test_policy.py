"""When to visit a feed next."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.errors import FetchError, FetchReason, ParseError, ParseReason
from monitor.feeds.policy import (
    BACKOFF_S_MAX,
    GONE_S,
    HINT_S_MAX,
    JITTER_SHARE,
    SLOW_HINT_S_MAX,
    PollBounds,
    first_poll_at,
    next_poll_at,
    validators_for,
)
from monitor.feeds.rhythm import learn
from monitor.model import (
    Entry,
    Feed,
    FeedId,
    FeedRules,
    FeedState,
    Fetched,
    Gone,
    NotModified,
    ParsedFeed,
    Polled,
    PollOutcome,
)

NOW = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
BOUNDS = PollBounds(300, 3600)
FEED = Feed(FeedId(1), "Example", "https://example.org/rss", state=FeedState(interval_s=900, first_polled_at=NOW))
URL = FEED.url


def with_entries(*minutes_ago: float, ttl_s: int | None = None, min_wait_s: float | None = None) -> Polled:
    """A visit that brought entries of these ages."""
    entries = tuple(Entry(str(age), "t", f"{URL}/{age}", published=NOW - timedelta(minutes=age)) for age in minutes_ago)
    answer = Fetched(b"", URL, 200, min_wait_s=min_wait_s)
    return Polled(FEED, PollOutcome.NEW, NOW, answer, ParsedFeed("t", URL, entries, ttl_s=ttl_s))


def failed(reason: FetchReason, *, fail_count: int = 0, retry_after_s: float | None = None) -> Polled:
    """A visit that failed, after some others that did."""
    feed = replace(FEED, state=replace(FEED.state, fail_count=fail_count))
    error = FetchError("no", reason=reason, retry_after_s=retry_after_s)
    return Polled(feed, PollOutcome.FAILED, NOW, error=error)


def wait_s(polled: Polled, jitter: float = 0.5) -> float:
    """How long until the next visit; a jitter of one half moves nothing."""
    return (next_poll_at(polled.feed, polled, NOW, BOUNDS, jitter).at - NOW).total_seconds()


@pytest.mark.parametrize(
    ("minutes", "expected_s"),
    [
        (range(0, 20, 1), 300),
        (range(1_000, 100_000, 5_000), 3600),
        ([], 900),
    ],
)
def test_the_rhythm_of_the_feed_decides_within_bounds(minutes: list[float], expected_s: float) -> None:
    """By what one visit shows, where nothing is remembered yet."""
    assert wait_s(with_entries(*minutes)) == pytest.approx(expected_s, rel=0.01)


def test_what_is_remembered_of_a_feed_outlives_a_visit_without_a_body() -> None:
    """A 304 shows no entries; the rhythm that was stored still decides, and so does its window."""
    often = learn(None, [NOW - timedelta(minutes=n) for n in range(200)], NOW)
    for window_s, bounds, expected_s in ((0, PollBounds(10, 3600), None), (100, PollBounds(10, 3600), 25)):
        feed = replace(FEED, state=replace(FEED.state, rhythm=often, window_s=window_s))
        polled = Polled(feed, PollOutcome.UNCHANGED, NOW, NotModified(URL))
        choice = next_poll_at(feed, polled, NOW, bounds, 0.5)
        assert choice.interval_s == expected_s if expected_s else choice.interval_s < 120


def test_a_server_may_ask_for_more_time_but_not_for_ever() -> None:
    """max-age, Expires and ttl make the wait longer, never shorter, and five hours at the most."""
    often = range(0, 20, 1)
    assert wait_s(with_entries(*often, min_wait_s=1200)) == pytest.approx(1200, rel=JITTER_SHARE)
    assert wait_s(with_entries(*often, ttl_s=1800)) == pytest.approx(1800, rel=JITTER_SHARE)
    assert wait_s(with_entries(*often, min_wait_s=10)) == 300
    assert wait_s(with_entries(*often, min_wait_s=500_000_000)) <= HINT_S_MAX * (1 + JITTER_SHARE)
    unchanged = Polled(FEED, PollOutcome.UNCHANGED, NOW, NotModified(URL, min_wait_s=2000))
    assert wait_s(unchanged, 0.0) >= 2000


def test_failing_feeds_are_visited_ever_more_rarely_and_at_least_daily() -> None:
    """A feed is never given up: it may come back, and then it is read."""
    waits = [wait_s(failed(FetchReason.CONNECT, fail_count=count)) for count in range(12)]
    assert waits == sorted(waits)
    assert waits[0] == 1800
    assert waits[-1] == BACKOFF_S_MAX
    broken = Polled(FEED, PollOutcome.FAILED, NOW, error=ParseError("no", reason=ParseReason.HTML))
    assert wait_s(broken) == 1800


@pytest.mark.parametrize(
    ("polled", "expected_s"),
    [
        (failed(FetchReason.RATE_LIMITED), 900),
        (failed(FetchReason.RATE_LIMITED, retry_after_s=7200), 7200),
        (failed(FetchReason.UNAVAILABLE, retry_after_s=1), 900),
        (failed(FetchReason.UNAVAILABLE, retry_after_s=10**9), BACKOFF_S_MAX),
        (failed(FetchReason.NOT_FOUND, fail_count=3), 900 * 2**4),
        (failed(FetchReason.FORBIDDEN, fail_count=20), BACKOFF_S_MAX),
        (failed(FetchReason.FORBIDDEN), 21_600),
        (failed(FetchReason.CHALLENGE), 21_600),
        (failed(FetchReason.UNAUTHORISED), 21_600),
        (Polled(FEED, PollOutcome.GONE, NOW, Gone(URL)), GONE_S),
    ],
)
def test_what_the_server_said_counts(polled: Polled, expected_s: float) -> None:
    """Each refusal has its own wait."""
    assert wait_s(polled) == pytest.approx(expected_s, rel=JITTER_SHARE / 2)


@settings(max_examples=100, deadline=None)
@given(
    reason=st.sampled_from(FetchReason),
    fail_count=st.integers(0, 10_000),
    retry_after_s=st.none() | st.floats(0, 1e9),
    jitter=st.floats(0, 1, exclude_max=True),
)
def test_a_failing_feed_comes_back_within_a_day_and_never_before_it_may(
    reason: FetchReason, fail_count: int, retry_after_s: float | None, jitter: float
) -> None:
    """The spread of visits never makes us knock sooner than the server asked, however long it fails."""
    seconds = wait_s(failed(reason, fail_count=fail_count, retry_after_s=retry_after_s), jitter)
    assert seconds >= min(retry_after_s or 0, BACKOFF_S_MAX)
    assert 300 * (1 - JITTER_SHARE) <= seconds <= BACKOFF_S_MAX * (1 + JITTER_SHARE)


def test_an_outage_of_our_own_costs_no_feed_its_interval() -> None:
    """Nothing is known against the feed, so it is tried as usual."""
    polled = replace(failed(FetchReason.DNS, fail_count=9), is_offline=True)
    assert wait_s(polled) == 900


def test_the_wait_is_short_again_after_a_success() -> None:
    """What failed before does not slow a feed that came back."""
    before = wait_s(failed(FetchReason.CONNECT, fail_count=8))
    assert before > 3600
    back = replace(with_entries(), feed=replace(FEED, state=replace(FEED.state, fail_count=9)))
    assert wait_s(back) == 900


@settings(max_examples=200, deadline=None)
@given(
    ages=st.lists(st.floats(0, 100_000), max_size=40),
    asked=st.none() | st.floats(0, 1e9),
    ttl=st.none() | st.integers(0, 10**9),
    jitter=st.floats(0, 1, exclude_max=True),
)
def test_the_next_visit_is_never_before_its_bounds(
    ages: list[float], asked: float | None, ttl: int | None, jitter: float
) -> None:
    """Whatever a feed and its server claim: not sooner than the minimum, nor later than the longest hint."""
    seconds = wait_s(with_entries(*ages, ttl_s=ttl, min_wait_s=asked), jitter)
    assert seconds >= 300 * (1 - JITTER_SHARE) - 1e-6
    assert seconds <= HINT_S_MAX * (1 + JITTER_SHARE) + 1e-6
    wish = min(max(asked or 0, ttl or 0), HINT_S_MAX)
    assert seconds >= wish - 1e-5


def test_validators_are_forgotten_once_in_eight_days() -> None:
    """Some servers say 304 for ever: one full read shows."""
    state = FeedState(etag='"a"', last_modified="x", validators_at=NOW)
    assert validators_for(state, NOW + timedelta(days=7)) == ('"a"', "x")
    assert validators_for(state, NOW + timedelta(days=9)) == (None, None)
    assert validators_for(FeedState(etag='"a"'), NOW) == (None, None)
    assert validators_for(state, NOW - timedelta(days=400)) == (None, None), "a clock that was far ahead once"


def test_first_visits_are_spread_by_address() -> None:
    """The same way after a restart, and not all at once."""
    times = [first_poll_at(f"https://f{n}.example.org/", NOW, 60) for n in range(100)]
    assert times == [first_poll_at(f"https://f{n}.example.org/", NOW, 60) for n in range(100)]
    assert len(set(times)) > 40
    assert all(NOW <= at < NOW + timedelta(seconds=60) for at in times)


def test_what_a_304_leaves_out_still_holds() -> None:
    """The feed's ttl and the server's max-age count until they are said anew."""
    state = replace(FEED.state, ttl_s=1800, max_age_s=2400)
    quiet = Polled(replace(FEED, state=state), PollOutcome.UNCHANGED, NOW, NotModified(URL))
    assert wait_s(quiet, 0.0) >= 2400
    shorter = replace(quiet, fetched=NotModified(URL, min_wait_s=60))
    assert 1800 <= wait_s(shorter, 0.0) < 2400


def test_a_slow_feed_may_ask_for_a_day() -> None:
    """Five hours at most where there is news; a day where entries come a day apart or more."""
    state = replace(FEED.state, window_s=30 * 86_400, window_entries=10)
    asked = NotModified(URL, min_wait_s=500_000)
    assert wait_s(Polled(FEED, PollOutcome.UNCHANGED, NOW, asked), 0.0) == HINT_S_MAX
    slow = Polled(replace(FEED, state=state), PollOutcome.UNCHANGED, NOW, asked)
    assert wait_s(slow, 0.0) == SLOW_HINT_S_MAX


def test_a_person_decides_the_interval_and_the_server_may_ask_for_more() -> None:
    """`interval` takes the place of the rhythm, and of nothing else."""
    rules = FeedRules(interval_s=7200)
    polled = with_entries(*range(0, 20, 1))
    choice = next_poll_at(FEED, polled, NOW, BOUNDS, 0.5, rules)
    assert (choice.at - NOW, choice.interval_s) == (timedelta(hours=2), 7200)
    asked = with_entries(*range(0, 20, 1), min_wait_s=10_000)
    assert next_poll_at(FEED, asked, NOW, BOUNDS, 0.0, rules).at - NOW == timedelta(seconds=10_000)


def test_hours_off_are_waited_for_unless_a_person_says_otherwise() -> None:
    """In UTC; a feed that failed has them too."""
    state = replace(FEED.state, skip_times="9,10;")
    feed = replace(FEED, state=state)
    for polled in (
        Polled(feed, PollOutcome.UNCHANGED, NOW, NotModified(URL)),
        replace(failed(FetchReason.CONNECT), feed=feed),
    ):
        choice = next_poll_at(feed, polled, NOW, BOUNDS, 0.5)
        assert (choice.at.hour, choice.at.minute, choice.reason) == (11, 0, "the feed asks for these hours off")
        free = next_poll_at(feed, polled, NOW, BOUNDS, 0.5, FeedRules(obeys_skip_times=False))
        assert free.at < NOW + timedelta(hours=2)
