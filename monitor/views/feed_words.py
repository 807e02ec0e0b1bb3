"""How a feed is, in a word, what follows from it, and why it is visited as often as it is.

Effects: none.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from monitor.errors import FetchReason
from monitor.feeds.coverage import LOST_TOLD, SILENT_AT_LEAST, is_stale, silence_of
from monitor.feeds.hints import say_skip_times
from monitor.feeds.policy import PollBounds, asked_wait_s
from monitor.feeds.rhythm import interval_for
from monitor.model import FeedRules, FeedState
from monitor.text import plural
from monitor.views.spans import say_span

SILENCE_LOOKED_AT = timedelta(days=1)
"""What brought something within a day is not asked whether it is silent."""


class Condition(StrEnum):
    """How a feed is, the worst first."""

    FAILING = "fails"
    GONE = "gone"
    HELD = "held"
    SILENT = "silent"
    LOST = "lost entries"
    DOUBLE = "same as another"
    UNREAD = "not read yet"
    WELL = "well"


ORDER = {condition: number for number, condition in enumerate(Condition)}


class Visited(Struct, frozen=True):
    """What of a feed's row decides how it is."""

    state: FeedState
    outcome: str
    reason: str
    error: str
    last_poll_at: datetime | None
    last_new_at: datetime | None
    lost_windows: int
    lost_entries: int
    same_as: str
    """The name of the feed whose address it moved to; empty for none."""


class Health(Struct, frozen=True):
    """How a feed is, why, and what a person does about it."""

    condition: Condition
    said: str
    remedy: str = ""


class Visits(Struct, frozen=True):
    """How often it is visited, and why."""

    wait_s: float
    least_s: float
    """The shortest wait that the configuration, its server and the feed itself allow."""
    reasons: tuple[str, ...]


def health_of(feed: Visited, now: datetime) -> Health:
    """The worst that is so now."""
    state = feed.state
    if feed.outcome == "gone":
        return Health(Condition.GONE, "Its server says that it is gone for good (410).", "Look for its new address.")
    if feed.outcome == "failed":
        return Health(Condition.FAILING, feed.error or "It fails.", _remedy(feed.reason))
    if state.quarantine:
        said = f"It seems to be another feed now: {state.quarantine}. Nothing of it is told."
        return Health(Condition.HELD, said, "Look whether it is the right one; if not, correct its address.")
    if feed.same_as:
        said = f"It moved for good to the address of “{feed.same_as}”, and rests."
        return Health(Condition.DOUBLE, said, "Remove one of the two.")
    if feed.last_poll_at is None:
        return Health(Condition.UNREAD, "It waits for its first visit.")
    if may_be_silent(feed, now) and is_stale(state, now):
        silence = silence_of(state)
        usual = f": {silence.in_words}" if silence is not None else ""
        said = f"It answers, and shows nothing new for longer than is usual{usual}."
        return Health(Condition.SILENT, said, "Look in a browser whether its news goes elsewhere now.")
    if state.last_lost_at is not None and state.last_lost_at > now - LOST_TOLD:
        some = plural(state.last_lost, "entry", "entries")
        said = f"About {some} may have come and gone between two visits."
        return Health(
            Condition.LOST, said, "It is visited more often for a week; if it goes on, set a shorter interval."
        )
    return Health(Condition.WELL, "It is read as it should be.")


def may_be_silent(feed: Visited, now: datetime) -> bool:
    """Whether the question is worth its work: it is asked of every feed of a list."""
    state = feed.state
    return (feed.last_new_at is not None and feed.last_new_at < now - SILENCE_LOOKED_AT) or (
        state.watermark_at is not None and bool(state.longest_gap_s) and now - state.watermark_at > SILENT_AT_LEAST
    )


def _remedy(reason: str) -> str:
    if reason in (FetchReason.UNAUTHORISED, FetchReason.FORBIDDEN, FetchReason.CHALLENGE):
        return "Its server shuts us out: ask its publisher, or give it a key in feeds.toml."
    if reason == FetchReason.RATE_LIMITED:
        return "Nothing to do: it is visited again when its server allows it."
    return "It is tried again by itself, more and more rarely; correct its address where it moved."


def visits_of(state: FeedState, rules: FeedRules, bounds: PollBounds, at: datetime) -> Visits:
    """How long was waited from a visit at `at` on, and everything that had a say in it."""
    asked_s = asked_wait_s(state)
    if rules.interval_s is not None:
        wait_s, reasons = float(rules.interval_s), [f"feeds.toml says every {say_span(rules.interval_s)}"]
    else:
        least, most = bounds.interval_min_s, bounds.interval_max_s
        lost = state.last_lost_at
        wait_s, why = interval_for(state.rhythm, at, least, most, window_s=state.window_s, last_lost_at=lost)
        reasons = [f"{why}, within {say_span(least)} and {say_span(most)} as monitor.toml has it"]
    if state.ttl_s:
        reasons.append(f"the feed asks for {say_span(state.ttl_s)} between visits (ttl)")
    if state.max_age_s:
        reasons.append(f"its server says that nothing changes within {say_span(state.max_age_s)} (max-age)")
    if asked_s > wait_s:
        reasons.append(f"so the wait is {say_span(asked_s)}: what is asked for makes it longer, never shorter")
    elif asked_s:
        reasons.append("which is shorter than the wait, and changes nothing")
    if state.skip_times:
        kept = "it is left alone then" if rules.obeys_skip_times else "feeds.toml says to come all the same"
        reasons.append(f"the feed asks for no visit {say_skip_times(state.skip_times)}; {kept}")
    if state.fail_count:
        reasons.append("it fails, and each failure in a row doubles the wait, to a day at most")
    return Visits(max(wait_s, asked_s), max(float(bounds.interval_min_s), asked_s), tuple(reasons))
