"""Whether we still see all of a feed, and whether it still is the feed we know.

A window that rolled over between two visits, a feed that fell silent while it answers, an address that now serves
somebody else's feed: none of these is an error, so each has to be looked for.

Effects: none.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from msgspec import Struct

from monitor.errors import FetchReason
from monitor.feeds.rhythm import span_of
from monitor.feeds.silence import HISTORY_MIN, Silence, usual_silence
from monitor.model import Feed, FeedState, FeedTrouble, ParsedFeed, TroubleKind
from monitor.urls import host_of, publisher_of
from monitor.words import words

SILENCES = 3
"""A feed is stale when it is silent for three times the longest silence its window shows."""
SILENT_AT_LEAST = timedelta(days=2)
"""Under two days a weekend or a holiday explains any silence."""
_SAYS_NOTHING = frozenset(
    {"a", "and", "atom", "blog", "feed", "feeds", "for", "from", "in", "latest", "my", "new", "news", "of", "on", "our"}
    | {"rss", "site", "the", "to", "with", "your"}
)
"""Words that two feeds' titles share by chance."""
FAILURES_TOLD = 2
SHUT_OUT = frozenset({FetchReason.UNAUTHORISED, FetchReason.FORBIDDEN, FetchReason.CHALLENGE})
SHUT_OUT_TOLD = timedelta(days=1)
"""A server that says for a day that we come too often keeps everything from us, though the feed is not to blame."""
LOST_TOLD = timedelta(days=1)
"""How long a rolled-over window is told: the digests of a day, then it is history for `feeds list`."""
SPAN_S_MIN = 60
LOST_MAX = 1_000
"""More than that in one go is no estimate any more."""
SPAN_S_MAX = 10 * 365 * 86_400
"""Ten years: longer spans are archives, and change nothing."""


class Window(Struct, frozen=True):
    """The span of entries a feed shows."""

    span_s: int
    """As `rhythm.span_of` has it; 0 where it gives no two dates."""
    entries: int
    longest_gap_s: int


def window_of(parsed: ParsedFeed) -> Window:
    """What the dates of a feed's entries say of its window."""
    dates = _dates(parsed)
    gaps = [int((later - earlier).total_seconds()) for earlier, later in pairwise(dates)]
    return Window(min(int(span_of(dates)), SPAN_S_MAX), len(parsed.entries), min(max(gaps, default=0), SPAN_S_MAX))


def count_lost(state: FeedState, parsed: ParsedFeed, known: int) -> int | None:
    """About how many entries may have come and gone since the last visit; None where none did.

    The window rolled over when nothing it shows was known. The number is the stretch between the newest entry seen
    before and the oldest shown now, at the rate of what is shown; at least one. A feed that always shows one entry
    tells nothing, and is not judged.
    """
    shown = len(parsed.entries)
    if state.first_polled_at is None or known or not shown or not state.window_entries:
        return None  # a feed of warnings that was empty before has lost nothing
    if shown == 1 and state.window_entries == 1:
        return None
    dates = _dates(parsed)
    if state.watermark_at is None or len(dates) < 2 or dates[0] <= state.watermark_at:
        return 1
    span_s = (dates[-1] - dates[0]).total_seconds()
    if span_s < SPAN_S_MIN:
        return 1  # all with the time the feed was built
    missing_s = (dates[0] - state.watermark_at).total_seconds()
    # One gap lies between two neighbours that lost nothing.
    return min(max(1, round(missing_s * (len(dates) - 1) / span_s) - 1), LOST_MAX)


def silence_of(state: FeedState) -> Silence | None:
    """How long it may be silent by its rhythm; None where it was watched, or its past reaches, for under two weeks."""
    if state.first_polled_at is None or state.last_ok_at is None:
        return None
    return usual_silence(state.rhythm) if state.last_ok_at - state.first_polled_at >= HISTORY_MIN else None


def is_stale(state: FeedState, now: datetime) -> bool:
    """Whether it has been silent for longer than is usual, although it answers.

    By its rhythm where that is known; until then by the longest silence that its window shows. A visit that failed
    shows no silence, so what counts is the last one that did not.
    """
    silence = silence_of(state)
    if silence is None:
        return is_stale_by_gap(state, now)
    return state.last_ok_at is not None and min(now, state.last_ok_at) >= silence.unusual_from


def is_stale_by_gap(state: FeedState, now: datetime) -> bool:
    """Whether the newest entry is older than three times the longest silence its window shows, and than two days."""
    if state.watermark_at is None or not state.longest_gap_s:
        return False
    return now - state.watermark_at > max(SILENT_AT_LEAST, timedelta(seconds=SILENCES * state.longest_gap_s))


def troubles_of(feed: Feed, outcome: str, reason: str, now: datetime) -> list[FeedTrouble]:
    """What the feed may keep from us, each with since when: it fails, lost entries, is held, or fell silent.

    One failure is no trouble yet, unless it shuts us out, where the next visit is hours away; the second in a row is.
    What was lost is told for a day.
    """
    state, troubles = feed.state, []
    is_told = state.fail_count >= FAILURES_TOLD or outcome == "gone" or (state.fail_count and reason in SHUT_OUT)
    if state.failing_since is not None and is_told:
        troubles.append(FeedTrouble(feed.name, reason or "failed", state.failing_since, feed_id=feed.id))
    is_shut_out = outcome == "failed" and reason == FetchReason.RATE_LIMITED and not state.fail_count
    if is_shut_out and (state.last_ok_at is None or now - state.last_ok_at > SHUT_OUT_TOLD):
        troubles.append(FeedTrouble(feed.name, reason, state.last_ok_at or now, feed_id=feed.id))
    if state.last_lost_at is not None and state.last_lost_at > now - LOST_TOLD:
        at, count = state.last_lost_at, state.last_lost
        troubles.append(FeedTrouble(feed.name, "lost entries", at, TroubleKind.LOST, count, feed.id))
    if state.quarantine:
        since, why = state.quarantined_at or now, "seems to be another feed"
        troubles.append(FeedTrouble(feed.name, why, since, TroubleKind.HELD, feed_id=feed.id))
    elif is_stale(state, now) and not troubles and state.watermark_at is not None:
        troubles.append(FeedTrouble(feed.name, "silent", state.watermark_at, TroubleKind.STALE, feed_id=feed.id))
    return troubles


def site_of(parsed: ParsedFeed) -> str:
    """Whose feed it says it is: the registrable domain of its home page; empty where it names none of its own."""
    return publisher_of(parsed.link, "") if parsed.link and host_of(parsed.link) else ""


def why_quarantined(state: FeedState, parsed: ParsedFeed, known: int) -> str:
    """Why what is shown now must not be told, in words; empty where it may be.

    A domain that lapsed serves somebody else's feed under the old address. It is taken for another one when nothing
    it shows was known and its title shares no word with the old one or its home page is another site's. A feed in
    quarantine leaves it when it shows its old title and site again, or when a person says so.
    """
    title, site = parsed.title, site_of(parsed)
    if state.quarantine:
        return "" if _is_like(state.title, title) and _is_same_site(state.site, site) else state.quarantine
    if state.first_polled_at is None or known or not parsed.entries:
        return ""
    if not _is_like(state.title, title):
        return f'it called itself "{state.title}" and now "{title}", and shows nothing that was there before'
    if not _is_same_site(state.site, site):
        return f"it belonged to {state.site} and now says {site}, and shows nothing that was there before"
    return ""


def _is_like(before: str, now: str) -> bool:
    old, new = set(words(before)) - _SAYS_NOTHING, set(words(now)) - _SAYS_NOTHING
    return not old or not new or bool(old & new)


def _is_same_site(before: str, now: str) -> bool:
    return not before or not now or before == now


def _dates(parsed: ParsedFeed) -> Sequence[datetime]:
    return sorted(entry.published for entry in parsed.entries if entry.published is not None)
