"""What one visit to a feed writes down: the feed's next state, its row among the visits, its line in the log.

Effects: writes the log.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from monitor.errors import FetchError, FetchReason, ParseError
from monitor.feeds.policy import PollBounds, lost_window, next_poll_at
from monitor.logs import get_log
from monitor.model import FeedState, Fetched, NotModified, Polled, PollOutcome
from monitor.storage.feeds import PollRecord

log = get_log()

GONE = "410: the publisher says that the feed is gone for good. Remove it from feeds.toml, or correct its url."


@dataclass(frozen=True, slots=True)
class Brought:
    """What a visit brought, counted by the ingest."""

    entries: int = 0
    known: int = 0
    new: int = 0
    told_later: int = 0
    matches: int = 0


@dataclass(frozen=True, slots=True)
class PollSummary:
    """What one visit came to, for the log and for `monitor once`."""

    feed: str
    url: str
    outcome: PollOutcome
    status: int | None
    entries: int
    new: int
    told_later: int
    """New articles that may be told; the others are a baseline or a backlog."""
    matches: int
    error: str
    reason: str
    elapsed_ms: int
    bytes_read: int
    next_poll_at: datetime
    first: bool = False


def record_visit(polled: Polled, brought: Brought, bounds: PollBounds, now: datetime, jitter: float) -> PollRecord:
    """The feed's row after this visit, and when the next one is."""
    choice = next_poll_at(polled.feed, polled, now, bounds, jitter)
    lost = lost_window(brought.known, brought.entries, polled.feed.state.first_polled_at is None)
    error = polled.error
    return PollRecord(
        feed_id=polled.feed.id,
        state=_next_state(polled, choice.interval_s, now),
        polled_at=polled.polled_at,
        next_poll_at=choice.at,
        hold_until=choice.at if _asked_to_wait(error) or polled.outcome is PollOutcome.GONE else None,
        outcome=_outcome(polled, brought).value,
        title=polled.parsed.title if polled.parsed else None,
        status=_status(polled),
        entries=brought.entries,
        new=brought.new,
        bytes_read=polled.bytes_read,
        elapsed_ms=polled.elapsed_ms,
        reason=error.reason.value if error else choice.reason if polled.outcome is PollOutcome.GONE else "",
        error=str(error) if error else GONE if polled.outcome is PollOutcome.GONE else "",
        lost_window=polled.parsed is not None and lost,
    )


def _asked_to_wait(error: FetchError | ParseError | None) -> bool:
    return isinstance(error, FetchError) and (error.retry_after_s is not None or _is_rate_limited(error))


def _is_rate_limited(error: FetchError | ParseError | None) -> bool:
    return isinstance(error, FetchError) and error.reason is FetchReason.RATE_LIMITED


def _outcome(polled: Polled, brought: Brought) -> PollOutcome:
    """A body that changed but brought nothing new is unchanged as far as a reader is concerned."""
    outcome = polled.outcome
    return PollOutcome.UNCHANGED if outcome is PollOutcome.NEW and not brought.new else outcome


def _status(polled: Polled) -> int | None:
    if isinstance(polled.fetched, Fetched):
        return polled.fetched.status
    if isinstance(polled.fetched, NotModified):
        return 304
    if polled.outcome is PollOutcome.GONE:
        return 410
    return polled.error.status if isinstance(polled.error, FetchError) else None


def _next_state(polled: Polled, interval_s: int, now: datetime) -> FeedState:
    state = polled.feed.state
    if _is_rate_limited(polled.error):
        return state  # we came too often: that says nothing about the feed
    if polled.outcome in (PollOutcome.FAILED, PollOutcome.GONE):
        return replace(
            state,
            fail_count=state.fail_count + 1,
            failing_since=state.failing_since or now,
            interval_s=interval_s,
        )
    state = replace(state, fail_count=0, failing_since=None, interval_s=interval_s)
    answer = polled.fetched
    if isinstance(answer, NotModified):
        return replace(
            state,
            etag=answer.etag or state.etag,
            last_modified=answer.last_modified or state.last_modified,
        )
    assert isinstance(answer, Fetched)
    times = [entry.published for entry in (polled.parsed.entries if polled.parsed else ()) if entry.published]
    marks = [min(at, now) for at in times] + ([state.watermark_at] if state.watermark_at else [])
    return replace(
        state,
        etag=answer.etag,
        last_modified=answer.last_modified,
        validators_at=now if answer.etag or answer.last_modified else None,
        body_hash=polled.body_hash,
        entries_hash=polled.entries_hash,
        first_polled_at=state.first_polled_at or (now if polled.parsed is not None else None),
        watermark_at=max(marks, default=None),
    )


def summarise(polled: Polled, brought: Brought, record: PollRecord) -> PollSummary:
    """The visit as the log and `monitor once` tell it."""
    return PollSummary(
        feed=polled.feed.name,
        url=polled.feed.url,
        outcome=_outcome(polled, brought),
        status=record.status,
        entries=record.entries,
        new=brought.new,
        told_later=brought.told_later,
        matches=brought.matches,
        error=record.error,
        reason=record.reason,
        elapsed_ms=polled.elapsed_ms,
        bytes_read=polled.bytes_read,
        next_poll_at=record.next_poll_at,
        first=polled.parsed is not None and polled.feed.state.first_polled_at is None,
    )


def log_visit(summary: PollSummary) -> None:
    """One canonical line per visit; a quiet one is for the curious only."""
    fields: dict[str, object] = {
        "feed": summary.feed,
        "outcome": summary.outcome,
        "entries": summary.entries,
        "new": summary.new,
        "bytes": summary.bytes_read,
        "ms": summary.elapsed_ms,
        "next_poll_at": summary.next_poll_at,
    }
    if summary.outcome is PollOutcome.UNCHANGED:
        log.debug("feed.polled", **fields)
    elif summary.outcome is PollOutcome.NEW:
        log.info("feed.polled", **fields)
    else:
        log.warning("feed.polled", **fields, reason=summary.reason, error=summary.error)
