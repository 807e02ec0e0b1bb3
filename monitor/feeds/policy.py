"""When to visit a feed next.

The interval follows the feed's own rhythm within the configured bounds; what the server asks for makes it longer,
never shorter. A feed is never given up: a failing one is visited ever more rarely, at least once a day.

Effects: none.
"""

from datetime import datetime, timedelta
from zlib import crc32

from msgspec import Struct
from msgspec.structs import replace

from monitor.errors import FetchError, FetchReason
from monitor.feeds.hints import after_skip_times
from monitor.feeds.rhythm import interval_for, learn, span_of
from monitor.model import Feed, FeedRules, FeedState, Fetched, NotModified, Polled, PollOutcome

VALIDATORS_KEPT = timedelta(days=8)
"""Some servers, once given an ETag, say 304 for ever; a feed that is truly quiet costs one full read in eight days."""
HINT_S_MAX = 18_000
"""Five hours, for a feed that has news: news sites have been seen asking for sixteen years."""
SLOW_HINT_S_MAX = 86_400
"""A day, for one whose entries are on average at least that far apart."""
BACKOFF_S_MAX = 86_400
DOUBLINGS_MAX = 10
RATE_LIMITED_S = 600
SHUT_OUT_S = 21_600
"""401, 403 and robot walls do not mend in minutes, and knocking makes it worse."""
GONE_S = 7 * 86_400
JITTER_SHARE = 0.1
_NO_RULES = FeedRules()


class PollBounds(Struct, frozen=True):
    """The configured bounds of a feed's interval, in seconds."""

    interval_min_s: int = 300
    interval_max_s: int = 3600


class NextPoll(Struct, frozen=True):
    """When a feed is visited next, the interval its rhythm asks for, and what decided."""

    at: datetime
    interval_s: int
    reason: str


def validators_for(state: FeedState, now: datetime) -> tuple[str | None, str | None]:
    """What to send as ETag and Last-Modified: nothing for one visit in eight days, which reads the feed whole."""
    if state.validators_at is None or abs(now - state.validators_at) > VALIDATORS_KEPT:  # clocks are set back, too
        return None, None
    return state.etag, state.last_modified


def first_poll_at(url: str, now: datetime, spread_s: int) -> datetime:
    """The first visit of a feed: spread by its address, the same way after a restart."""
    return now + timedelta(seconds=crc32(url.encode()) % max(1, spread_s))


def next_poll_at(
    feed: Feed, polled: Polled, now: datetime, bounds: PollBounds, jitter: float, rules: FeedRules = _NO_RULES
) -> NextPoll:
    """When to visit next. `jitter` is the caller's random number in [0, 1); the wait moves by up to a tenth by it.

    `rules` are the person's own for this feed. Hours in which the feed asks not to be visited are waited for, a day at
    most, whatever the outcome was.
    """
    choice = _choose(feed, polled, now, bounds, jitter, rules)
    if not rules.obeys_skip_times:
        return choice
    skip_times = polled.parsed.skip_times if polled.parsed is not None else feed.state.skip_times
    at = after_skip_times(choice.at, skip_times)
    return choice if at == choice.at else replace(choice, at=at, reason="the feed asks for these hours off")


def _choose(feed: Feed, polled: Polled, now: datetime, bounds: PollBounds, jitter: float, rules: FeedRules) -> NextPoll:
    interval_s = rules.interval_s or _interval_s(feed, polled, now, bounds)
    if polled.outcome is PollOutcome.GONE:
        return _after(now, GONE_S, interval_s, "gone", jitter)
    if polled.outcome is PollOutcome.FAILED:
        wait_s, reason = _failed_wait_s(feed.state, polled, interval_s)
        return _after(now, wait_s, interval_s, reason, jitter, asked_s=_retry_after_s(polled))
    hint_s = _hint_s(feed.state, polled)
    if hint_s > interval_s:
        return _after(now, hint_s, interval_s, "the server asks for it", jitter, asked_s=hint_s)
    return _after(now, interval_s, interval_s, "the feed's rhythm", jitter, asked_s=hint_s)


def _after(
    now: datetime, wait_s: float, interval_s: int, reason: str, jitter: float, *, asked_s: float = 0.0
) -> NextPoll:
    """`asked_s` is what the server wants: the spread goes round the wait, but never below that."""
    least_s = max(asked_s, wait_s * (1 - JITTER_SHARE))
    spread_s = wait_s * (1 + JITTER_SHARE) - least_s
    return NextPoll(now + timedelta(seconds=least_s + spread_s * jitter), interval_s, reason)


def _interval_s(feed: Feed, polled: Polled, now: datetime, bounds: PollBounds) -> int:
    """The feed's rhythm, or what this visit alone tells of it; what the last one said where both are silent."""
    state, parsed = feed.state, polled.parsed
    dates = [e.published for e in parsed.entries if e.published is not None] if parsed is not None else []
    packed = state.rhythm or (learn(None, dates, now) if parsed is not None else None)
    if packed is None or (state.rhythm is None and not dates):
        return int(min(max(state.interval_s, bounds.interval_min_s), bounds.interval_max_s))
    seconds, _ = interval_for(
        packed,
        now,
        bounds.interval_min_s,
        bounds.interval_max_s,
        window_s=span_of(dates) or state.window_s,
        last_lost_at=state.last_lost_at,
    )
    return int(seconds)


def _hint_s(state: FeedState, polled: Polled) -> float:
    """What server and feed ask for. What a 304 leaves out still holds as it was said last."""
    answer, parsed = polled.fetched, polled.parsed
    asked_s = answer.min_wait_s if isinstance(answer, Fetched | NotModified) else None
    if asked_s is None and isinstance(answer, NotModified):
        asked_s = state.max_age_s
    ttl_s = parsed.ttl_s if parsed is not None else state.ttl_s
    return min(max(asked_s or 0.0, float(ttl_s or 0)), hint_s_max(state))


def hint_s_max(state: FeedState) -> float:
    """The longest wait that we let a server or a feed ask for: more for one whose entries are days apart."""
    is_slow = state.window_entries > 1 and state.window_s / (state.window_entries - 1) >= SLOW_HINT_S_MAX
    return SLOW_HINT_S_MAX if is_slow else HINT_S_MAX


def asked_wait_s(state: FeedState) -> float:
    """How long server and feed asked us to wait when they last said so; 0 where they never did."""
    return min(float(max(state.max_age_s or 0, state.ttl_s or 0)), hint_s_max(state))


def _retry_after_s(polled: Polled) -> float:
    asked_s = polled.error.retry_after_s if isinstance(polled.error, FetchError) else None
    return min(asked_s or 0.0, BACKOFF_S_MAX)


def _failed_wait_s(state: FeedState, polled: Polled, interval_s: int) -> tuple[float, str]:
    backoff_s = min(BACKOFF_S_MAX, interval_s * 2.0 ** min(state.fail_count + 1, DOUBLINGS_MAX))
    error = polled.error
    if polled.is_offline:
        return interval_s, "our own network seems to be down"
    if not isinstance(error, FetchError):
        return backoff_s, "it fails"
    if error.retry_after_s is not None:
        return max(_retry_after_s(polled), interval_s), "the server asks for it"
    if error.reason is FetchReason.RATE_LIMITED:
        return max(RATE_LIMITED_S, interval_s), "we came too often"
    if error.reason in (FetchReason.UNAUTHORISED, FetchReason.FORBIDDEN, FetchReason.CHALLENGE):
        return max(SHUT_OUT_S, backoff_s), "it shuts us out"
    return backoff_s, "it fails"
