"""Times as a person reads them, in one time zone.

Effects: none.
"""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

_RECORDED = re.compile(r"\b(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d) UTC|T(\d\d:\d\d):\d\dZ)")
"""A time in a reason that was written down when a gate decided."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WITHOUT_YEAR = timedelta(days=300)


class Moments(Struct, frozen=True):
    """How times are shown: in which zone, and as seen from when."""

    zone: ZoneInfo
    now: datetime | None = None

    def say(self, at: datetime | None) -> str:
        """`14 Mar 09:05`, with its year where it is 300 days from now or more; `never` for none."""
        if at is None:
            return "never"
        local = at.astimezone(self.zone)
        is_far = self.now is not None and abs(at - self.now) >= _WITHOUT_YEAR
        year = f" {local.year}" if is_far else ""
        return f"{local.day} {_MONTHS[local.month - 1]}{year} {local.hour:02}:{local.minute:02}"

    def within(self, text: str) -> str:
        """The same text with the times in it that name UTC shown in this zone."""
        return _RECORDED.sub(lambda found: self._local(f"{found[1]} {found[2] or found[3]}"), text)

    def _local(self, text: str) -> str:
        try:
            return self.say(datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC))
        except (ValueError, OverflowError):
            return f"{text} UTC"
