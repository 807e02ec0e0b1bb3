"""How long a failed delivery waits, and when it ends."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import SendOutcome
from monitor.outbox.retry import RetryChoice, RetryReason, next_attempt_at

NOW = datetime(2026, 3, 14, 8, tzinfo=UTC)


def choose(
    outcome: SendOutcome,
    attempt: int = 1,
    *,
    retry_after_s: float | None = None,
    answered: bool = False,
    jitter: float = 0.0,
) -> RetryChoice:
    """The choice for a delivery."""
    return next_attempt_at(
        attempt,
        outcome,
        now=NOW,
        retry_after_s=retry_after_s,
        answered=answered,
        jitter=jitter,
    )


def waits(choice: RetryChoice) -> float:
    """The wait of a choice in seconds."""
    assert choice.at is not None
    return (choice.at - NOW).total_seconds()


@pytest.mark.parametrize(("attempt", "wait_s"), [(0, 2), (1, 2), (2, 4), (8, 256), (9, 300), (10_000, 300)])
def test_each_wait_is_twice_the_last_up_to_five_minutes(attempt: int, wait_s: float) -> None:
    """A short trouble costs seconds, and a long one never costs more than five minutes after its end."""
    choice = choose(SendOutcome.RETRYABLE, attempt)
    assert (waits(choice), choice.reason) == (wait_s, RetryReason.BACKOFF)


@pytest.mark.parametrize(("jitter", "wait_s"), [(-1, 3.6), (1, 4.4), (50, 4.4), (-50, 3.6)])
def test_jitter_moves_a_wait_by_a_tenth(jitter: float, wait_s: float) -> None:
    """Channels that failed together come back apart, and no random number can make a wait absurd."""
    assert waits(choose(SendOutcome.RETRYABLE, 2, jitter=jitter)) == pytest.approx(wait_s)


@pytest.mark.parametrize(
    ("asked_s", "wait_s"), [(3, 3), (2.5, 2.5), (0, 1), (-7, 1), (1e9, 3_600), (float("inf"), 3_600)]
)
def test_what_a_channel_asks_for_is_kept_within_an_hour(asked_s: float, wait_s: float) -> None:
    """A rate limit is honoured, and a nonsense header cannot silence a channel for days."""
    choice = choose(SendOutcome.RETRYABLE, 9, retry_after_s=asked_s)
    assert (waits(choice), choice.reason) == (wait_s, RetryReason.ASKED_TO_WAIT)


@pytest.mark.parametrize("jitter", [-1.0, -0.3, 0.7, 1.0])
def test_jitter_never_comes_before_the_asked_time(jitter: float) -> None:
    """Coming back a tenth too early would earn the next refusal."""
    assert 10 <= waits(choose(SendOutcome.RETRYABLE, retry_after_s=10, jitter=jitter)) <= 11


def test_a_header_that_is_no_number_counts_as_none() -> None:
    """`nan` parses as a float and must not become a time."""
    assert choose(SendOutcome.RETRYABLE, retry_after_s=float("nan")).reason is RetryReason.BACKOFF


def test_a_perhaps_sent_delivery_is_asked_for_soon() -> None:
    """The reader may have it already, so the question comes first and does not wait for a long backoff."""
    choice = choose(SendOutcome.UNKNOWN, 1, retry_after_s=900)
    assert (waits(choice), choice.reason) == (30, RetryReason.PERHAPS_SENT)
    assert [waits(choose(SendOutcome.UNKNOWN, attempt)) for attempt in (2, 3, 4, 5, 90)] == [60, 120, 240, 300, 300]


@pytest.mark.parametrize("attempt", [1, 40])
def test_a_refused_delivery_is_dead_at_once(attempt: int) -> None:
    """What will never be taken is not tried again; a person is told instead."""
    assert choose(SendOutcome.REFUSED, attempt, retry_after_s=5) == RetryChoice(None, RetryReason.REFUSED)


def test_answers_that_say_nothing_end() -> None:
    """A service that answers each time that something broke would keep all that stands behind it from going out."""
    assert choose(SendOutcome.UNKNOWN, 5, answered=True).at is not None
    assert choose(SendOutcome.UNKNOWN, 6, answered=True) == RetryChoice(None, RetryReason.UNCLEAR)
    assert choose(SendOutcome.UNKNOWN, 6).at is not None, "nobody answered: it goes when the line is back"


@settings(max_examples=100)
@given(
    attempt=st.integers(0, 100_000),
    outcome=st.sampled_from(SendOutcome),
    retry_after_s=st.none() | st.floats(),
    answered=st.booleans(),
    jitter=st.floats(-1, 1),
)
def test_a_wait_is_always_between_a_second_and_a_little_over_an_hour(
    attempt: int, outcome: SendOutcome, retry_after_s: float | None, answered: bool, jitter: float
) -> None:
    """Whatever a server sends, a delivery neither spins nor sleeps for days, and a dead one has its reason."""
    choice = choose(outcome, attempt, retry_after_s=retry_after_s, answered=answered, jitter=jitter)
    if choice.at is None:
        assert choice.reason in {RetryReason.REFUSED, RetryReason.UNCLEAR}
    else:
        assert 1 <= waits(choice) <= 3_960
        assert outcome is not SendOutcome.REFUSED
