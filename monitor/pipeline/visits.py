"""What one visit to a feed writes down: the feed's next state, its row among the visits, its line in the log.

Effects: writes the log.
"""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from monitor.errors import FetchError, FetchReason, ParseError
from monitor.feeds.coverage import count_lost, site_of, window_of
from monitor.feeds.moves import note_failure, note_move
from monitor.feeds.policy import BACKOFF_S_MAX, JITTER_SHARE, RATE_LIMITED_S, PollBounds, next_poll_at
from monitor.feeds.rhythm import learn
from monitor.logs import get_log
from monitor.model import FeedRules, FeedState, Fetched, NotModified, ParsedFeed, Polled, PollOutcome
from monitor.pipeline.arrived import NOTHING, Arrived
from monitor.storage.feed_rows import PollRecord
from monitor.text import plural
from monitor.urls import shown_url

log = get_log()

_NO_RULES = FeedRules()
GONE = "410: the publisher says that the feed is gone for good. Remove it from feeds.toml, or correct its url."


class Brought(Struct, frozen=True):
    """What a visit brought, counted by the ingest."""

    entries: int = 0
    known: int = 0
    new: int = 0
    told_later: int = 0
    matches: int = 0
    quarantine: str = ""
    """Why none of it is told, where the feed seems to be another one now."""
    is_first: bool = False
    """Whether it is the first reading of the feed, or of another one under its name."""
    note: str = ""
    """What was odd about its entries, in words: a backlog, new names for old articles."""
    new_times: tuple[datetime | None, ...] = ()
    """When the new entries were published; None where the feed gives no date."""
    arrived: Arrived = NOTHING


NOTHING_BROUGHT = Brought()


class PollSummary(Struct, frozen=True):
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
    lost_entries: int | None = None
    moved_to: str = ""
    quarantine: str = ""
    arrived: Arrived = NOTHING


def record_visit(
    polled: Polled, brought: Brought, bounds: PollBounds, now: datetime, jitter: float, rules: FeedRules = _NO_RULES
) -> PollRecord:
    """The feed's row after this visit, and when the next one is."""
    feed, parsed, error = polled.feed, polled.parsed, polled.error
    state = _next_state(polled, brought, now, has_secret=bool(rules.headers))
    is_judged = parsed is not None and not state.quarantine and not brought.is_first
    lost = count_lost(feed.state, parsed, brought.known) if is_judged and parsed is not None else None
    if lost is not None:
        state = replace(state, last_lost_at=now, last_lost=lost)
    # By the new state: what this visit taught of the feed counts for the next one.
    choice = next_poll_at(replace(feed, state=_with_failures_of(feed.state, state)), polled, now, bounds, jitter, rules)
    is_held = _asked_to_wait(error) or polled.outcome is PollOutcome.GONE
    return PollRecord(
        feed_id=feed.id,
        state=replace(state, interval_s=choice.interval_s) if not _is_rate_limited(error) else state,
        polled_at=polled.polled_at,
        next_poll_at=choice.at,
        before=feed.state,
        hold_until=choice.at if is_held else None,
        hold_host_until=_host_hold(error, now, jitter),
        moved_from=feed.address if (state.address or feed.url) != feed.address else None,
        outcome=_outcome(polled, brought).value,
        status=_status(polled),
        entries=brought.entries,
        new=brought.new,
        bytes_read=polled.bytes_read,
        elapsed_ms=polled.elapsed_ms,
        reason=error.reason.value if error else choice.reason if polled.outcome is PollOutcome.GONE else "",
        error=str(error) if error else GONE if polled.outcome is PollOutcome.GONE else "",
        note=_note_of(brought, lost),
        lost_entries=lost,
    )


def _note_of(brought: Brought, lost: int | None) -> str:
    """What a person who asks for an article has to know of this visit, in words."""
    held = f"held, none of it is told: {brought.quarantine}" if brought.quarantine else ""
    gap = ""
    if lost is not None:
        gap = f"its window rolled over since the visit before: about {plural(lost, 'entry', 'entries')} may be missed"
    parts = ("the feed's first reading" if brought.is_first else "", brought.note, held, gap)
    return "; ".join(filter(None, parts))


def _with_failures_of(before: FeedState, after: FeedState) -> FeedState:
    """The back-off counts the failures before this visit."""
    return after if after.fail_count == before.fail_count else replace(after, fail_count=before.fail_count)


def _host_hold(error: FetchError | ParseError | None, now: datetime, jitter: float) -> datetime | None:
    """Until when the host of a feed is left alone: what it asked for, whatever the feed's own interval is."""
    if not isinstance(error, FetchError) or not _is_rate_limited(error) or error.status is None:
        return None  # one that was not asked any more knows nothing new
    wait_s = min(error.retry_after_s or RATE_LIMITED_S, BACKOFF_S_MAX)
    return now + timedelta(seconds=wait_s * (1 + JITTER_SHARE * jitter))


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


def _next_state(polled: Polled, brought: Brought, now: datetime, *, has_secret: bool) -> FeedState:
    state = polled.feed.state
    if _is_rate_limited(polled.error) or polled.is_offline:
        return state  # we came too often, or could not go at all: that says nothing about the feed
    if polled.outcome in (PollOutcome.FAILED, PollOutcome.GONE):
        state = replace(state, fail_count=state.fail_count + 1, failing_since=state.failing_since or now)
        return note_failure(state)
    answer, parsed = polled.fetched, polled.parsed
    assert isinstance(answer, Fetched | NotModified)
    since = state.last_ok_at
    asked_s = int(answer.min_wait_s) if answer.min_wait_s is not None else None
    # One copy for all that changes: a copy of the state is the largest part of what a 304 costs here.
    if isinstance(answer, NotModified):
        state = replace(
            state,
            fail_count=0,
            failing_since=None,
            last_ok_at=polled.polled_at,
            etag=answer.etag or state.etag,
            last_modified=answer.last_modified or state.last_modified,
            max_age_s=asked_s if asked_s is not None else state.max_age_s,
        )
    else:
        state = replace(
            state,
            fail_count=0,
            failing_since=None,
            last_ok_at=polled.polled_at,
            etag=answer.etag,
            last_modified=answer.last_modified,
            validators_at=now if answer.etag or answer.last_modified else None,
            max_age_s=asked_s,
            body_hash=polled.body_hash,
            entries_hash=polled.entries_hash,
        )
    if parsed is not None:
        state = _with_parsed(state, parsed, brought, now, since)
    return note_move(polled.feed.url, state, answer.permanent_url, now, has_secret=has_secret)


def _with_parsed(
    state: FeedState, parsed: ParsedFeed, brought: Brought, now: datetime, since: datetime | None
) -> FeedState:
    times = [entry.published for entry in parsed.entries if entry.published]
    marks = [min(at, now) for at in times] + ([state.watermark_at] if state.watermark_at else [])
    window = window_of(parsed)
    is_held = bool(brought.quarantine)
    return replace(
        state,
        first_polled_at=state.first_polled_at or now,
        watermark_at=max(marks, default=None),
        title=state.title if is_held else parsed.title or state.title,
        site=state.site if is_held else site_of(parsed) or state.site,
        rhythm=state.rhythm if is_held else learn(state.rhythm, brought.new_times, now, watched_since=since),
        window_s=window.span_s,
        window_entries=window.entries,
        longest_gap_s=window.longest_gap_s,
        ttl_s=parsed.ttl_s,
        skip_times=parsed.skip_times,
        quarantine=brought.quarantine,
        quarantined_at=(state.quarantined_at or now) if is_held else None,
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
        first=brought.is_first,
        lost_entries=record.lost_entries,
        moved_to=(record.state.address or polled.feed.url) if record.moved_from is not None else "",
        quarantine=brought.quarantine,
        arrived=brought.arrived,
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
    if summary.lost_entries is not None:
        hint = "polled faster for a week, unless its interval is set"
        log.warning("window.lost", feed=summary.feed, entries=summary.lost_entries, hint=hint)
    if summary.moved_to:
        log.warning("feed.moved", feed=summary.feed, to=shown_url(summary.moved_to), hint="correct url in feeds.toml")
    if summary.quarantine:
        log.warning("feed.quarantined", feed=summary.feed, reason=summary.quarantine, hint="monitor feeds accept")
