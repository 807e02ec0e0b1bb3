"""When to try a failed delivery again, or give up.

Everything follows from what is known of the message: certainly not sent, perhaps sent, or never going to be taken.
While nobody answers there is no limit: a channel that was away for hours gets its digests when it is back, and what
grew old meanwhile as one note (see `away`).

Effects: none.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from monitor.errors import SendOutcome

BACKOFF_S_MAX = 300.0  # five minutes: a channel that comes back is noticed while its news is still news
JITTER_SHARE = 0.1  # each wait moves by up to a tenth, so that channels that failed together do not return together
RETRY_AFTER_S_MIN = 1.0  # some servers answer 0, or a moment already past
RETRY_AFTER_S_MAX = 3_600.0  # no server may put a channel away for longer than an hour by one header
ASK_AFTER_S = 30.0  # a message that was perhaps taken needs a moment before it can be found where we ask


ANSWERS_MAX = 6  # answers that say nothing of the message: some ten minutes of a service that is not well


class RetryReason(StrEnum):
    """Why a delivery waits, or why it ends."""

    BACKOFF = "backoff"
    ASKED_TO_WAIT = "asked_to_wait"
    PERHAPS_SENT = "perhaps_sent"
    REFUSED = "refused"
    UNCLEAR = "unclear"


class RetryChoice(Struct, frozen=True):
    """When to try again; `at` is None when the delivery is dead and a person must act."""

    at: datetime | None
    reason: RetryReason


def next_attempt_at(
    attempt: int,
    outcome: SendOutcome,
    *,
    now: datetime,
    retry_after_s: float | None,
    answered: bool,
    jitter: float,
) -> RetryChoice:
    """When to try a delivery again after its `attempt`-th attempt (from 1) failed, or why not at all.

    The wait is 2, 4, 8… seconds up to five minutes, or what the channel asked for (1 s to an hour, never shortened by
    the jitter); one that was perhaps sent is asked for in half a minute, then in 1, 2, 4… `jitter` is the caller's
    random number from -1 to 1. With `answered` the other side did answer, in a way that says nothing of the message:
    after `ANSWERS_MAX` of these it is given up, for it would keep from going out what stands behind it.
    """
    if outcome is SendOutcome.REFUSED:
        return RetryChoice(at=None, reason=RetryReason.REFUSED)
    if answered and attempt >= ANSWERS_MAX:
        return RetryChoice(at=None, reason=RetryReason.UNCLEAR)
    spread = 1 + JITTER_SHARE * min(1.0, max(-1.0, jitter))
    doublings = min(max(attempt, 1), 16)
    if outcome is SendOutcome.UNKNOWN:
        wait_s, reason = min(BACKOFF_S_MAX, ASK_AFTER_S * 2.0 ** (doublings - 1)) * spread, RetryReason.PERHAPS_SENT
    elif retry_after_s is not None and retry_after_s == retry_after_s:  # not NaN, which a header can spell
        asked_s = min(RETRY_AFTER_S_MAX, max(RETRY_AFTER_S_MIN, retry_after_s))
        wait_s, reason = asked_s * (1 + abs(spread - 1)), RetryReason.ASKED_TO_WAIT
    else:
        wait_s, reason = min(BACKOFF_S_MAX, 2.0**doublings) * spread, RetryReason.BACKOFF
    return RetryChoice(at=now + timedelta(seconds=wait_s), reason=reason)
