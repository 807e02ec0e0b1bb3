"""When a permanent redirect is believed."""

from datetime import timedelta

from msgspec.structs import replace

from monitor.feeds.moves import RETURN_FAILURES, may_carry_secrets, note_failure, note_move
from monitor.model import FeedState
from tests.fakes.clock import START

URL = "http://example.org/rss"
NEW = "https://feeds.example.net/rss"
HOUR = timedelta(hours=1)


def after(hours: list[int], *, has_secret: bool = False, to: str | None = NEW) -> FeedState:
    """The state after the same redirect at each of these hours."""
    state = FeedState()
    for hour in hours:
        state = note_move(URL, state, to, START + hour * HOUR, has_secret=has_secret)
    return state


def test_a_move_is_kept_after_three_times_over_a_day() -> None:
    """Neither often within an hour nor twice over a week is enough."""
    assert after([0, 1, 2, 3, 4]).address is None
    assert after([0, 200]).address is None
    moved = after([0, 12, 24])
    assert (moved.address, moved.moved_to, moved.moved_count) == (NEW, None, 0)


def test_another_target_or_none_starts_anew() -> None:
    """A candidate is one address, seen without a break."""
    state = note_move(URL, after([0, 12]), "https://other.example/rss", START + 24 * HOUR, has_secret=False)
    assert (state.address, state.moved_to, state.moved_count) == (None, "https://other.example/rss", 1)
    state = note_move(URL, after([0, 12]), None, START + 24 * HOUR, has_secret=False)
    assert (state.moved_to, state.moved_count, state.moved_since) == (None, 0, None)


def test_the_same_address_over_https_counts_at_once() -> None:
    """Nothing but the wire changes."""
    assert after([0], to="https://example.org/rss").address == "https://example.org/rss"
    assert after([0], to="https://example.org/rss?x=1").address is None


def test_a_feed_with_a_secret_stays_with_its_server() -> None:
    """The secret would not go along, so a person has to say that it may."""
    assert after([0, 12, 24], has_secret=True).address is None
    assert after([0], has_secret=True, to="https://example.org/rss").address == "https://example.org/rss"
    assert may_carry_secrets(URL, "http://example.org/elsewhere")
    assert may_carry_secrets(URL, "https://example.org/rss")
    assert not may_carry_secrets("https://example.org/rss", URL)
    assert not may_carry_secrets(URL, NEW)


def test_a_new_address_that_fails_is_given_up_with_its_validators() -> None:
    """The configured address is asked again, for everything."""
    state = FeedState(address=NEW, etag='"1"', last_modified="x", validators_at=START)
    assert note_failure(replace(state, fail_count=RETURN_FAILURES - 1)).address == NEW
    back = note_failure(replace(state, fail_count=RETURN_FAILURES))
    assert (back.address, back.etag, back.last_modified, back.validators_at) == (None, None, None, None)


def test_a_move_back_home_is_believed() -> None:
    """What leads to the configured address needs no confirmation."""
    state = FeedState(address=NEW)
    assert note_move(URL, state, URL, START, has_secret=False).address is None
