"""Times as a person reads them: in the watchlist's time zone, which is said once.

Effects: none.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from monitor.model import Watchlist

_RECORDED = re.compile(r"\b(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d) UTC|T(\d\d:\d\d):\d\dZ)")
"""A time in a reason that was written down when a gate decided."""


@dataclass(frozen=True, slots=True)
class Moments:
    """How times are shown."""

    zone: ZoneInfo

    def say(self, at: datetime | None) -> str:
        """`2026-03-14 09:05`; `never` for none."""
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}" if at is not None else "never"

    def within(self, text: str) -> str:
        """The same text with the times in it that name UTC shown in this zone."""
        return _RECORDED.sub(lambda found: self._local(f"{found[1]} {found[2] or found[3]}"), text)

    def _local(self, text: str) -> str:
        try:
            return self.say(datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC))
        except (ValueError, OverflowError):
            return f"{text} UTC"


def moments_of(watchlist: Watchlist) -> Moments:
    """Those of the watchlist's time zone; of UTC where no topic is watched."""
    return Moments(ZoneInfo(next((topic.schedule.timezone for topic in watchlist.topics), "UTC")))
