"""How long a server asked us to wait, whatever way it wrote that down.

Effects: none.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

DEFAULT_WAIT_S = 30.0  # where a "slow down" names no time: long enough to be polite, short enough for news
WAIT_S_MIN, WAIT_S_MAX = 1.0, 3600.0  # a longer one would outlive the news; the server will say so again


def read_retry_after(value: str | None, now: datetime) -> float:
    """Seconds to wait by a `Retry-After` header: whole or broken seconds, or an HTTP date; a default without one.

    Always between `WAIT_S_MIN` and `WAIT_S_MAX`. `now` should be the server's own `Date` where it sent one.
    """
    return min(WAIT_S_MAX, max(WAIT_S_MIN, _asked(value, now)))


def _asked(value: str | None, now: datetime) -> float:
    if not value:
        return DEFAULT_WAIT_S
    try:
        seconds = float(value)
    except ValueError:
        until = read_http_date(value)
        return (until - now).total_seconds() if until else DEFAULT_WAIT_S
    return seconds if seconds == seconds else DEFAULT_WAIT_S  # "nan" is a float too


def read_http_date(value: str | None) -> datetime | None:
    """An HTTP date as an aware time, or None for anything else."""
    try:
        when = parsedate_to_datetime(value or "")
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)
