"""What a visit writes down of the feed itself."""

from datetime import timedelta

from monitor.errors import FetchError, FetchReason
from monitor.feeds.policy import PollBounds
from monitor.model import Feed, FeedId, FeedState, Polled, PollOutcome
from monitor.pipeline.visits import Brought, record_visit
from tests.fakes.clock import START

FEED = Feed(FeedId(1), "Example", "https://example.org/rss", state=FeedState(fail_count=1, failing_since=START))


def test_coming_too_often_is_not_the_feeds_failure() -> None:
    """429 pauses the feed, also for a run by hand, and says nothing against it."""
    error = FetchError("429: too often", reason=FetchReason.RATE_LIMITED, status=429)
    polled = Polled(FEED, PollOutcome.FAILED, START, error=error)

    record = record_visit(polled, Brought(), PollBounds(), START, 0.5)

    assert record.state == FEED.state
    assert record.hold_until == record.next_poll_at
    assert record.next_poll_at >= START + timedelta(minutes=10)
    assert (record.outcome, record.reason, record.status) == ("failed", "rate_limited", 429)


def test_a_real_failure_counts() -> None:
    """Each one longer than the last, from the first on."""
    error = FetchError("no such name", reason=FetchReason.DNS)
    record = record_visit(Polled(FEED, PollOutcome.FAILED, START, error=error), Brought(), PollBounds(), START, 0.5)
    assert (record.state.fail_count, record.state.failing_since, record.hold_until) == (2, START, None)
