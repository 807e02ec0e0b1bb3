"""Times as a person reads them: in the watchlist's time zone. Records for programs keep UTC, ISO 8601.

Effects: reads files.
"""

import re
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from monitor.model import Watchlist

_RECORDED = re.compile(r"\b(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d) UTC|T(\d\d:\d\d):\d\dZ)")
"""A time in a reason that was written down when a gate decided."""

_ZONE = re.compile(r"""^\s*timezone\s*=\s*(["'])([^"'\n]{1,64})\1""", re.MULTILINE)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WITHOUT_YEAR = timedelta(days=300)
_READ_BYTES_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Moments:
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


_SHOWN: ContextVar[Moments | None] = ContextVar("moments", default=None)


def show_times_of(folder: Path, now: datetime) -> None:
    """From here on `say_time` speaks in the zone of this folder's watchlist, be the file faulty or not; else in UTC.

    The file is not parsed: the times on a screen that tells of its faults are to be as on any other day.
    """
    _SHOWN.set(Moments(_zone_of(folder / "watchlist.toml"), now))


def say_time(at: datetime | None) -> str:
    """`14 Mar 09:05` in the zone that was set; `never` for none."""
    return _shown().say(at)


def say_within(text: str) -> str:
    """The same text with the times in it that name UTC shown in the zone that was set."""
    return _shown().within(text)


def shown_zone() -> ZoneInfo:
    """The zone that was set."""
    return _shown().zone


def _shown() -> Moments:
    return _SHOWN.get() or Moments(ZoneInfo("UTC"))


def moments_of(watchlist: "Watchlist") -> Moments:
    """Those of the watchlist's time zone; of UTC where no topic is watched."""
    zone = ZoneInfo(next((topic.schedule.timezone for topic in watchlist.topics), "UTC"))
    return Moments(zone, _shown().now)


def _zone_of(path: Path) -> ZoneInfo:
    try:
        if not path.is_file():
            return ZoneInfo("UTC")
        with path.open("rb") as file:
            found = _ZONE.search(file.read(_READ_BYTES_MAX).decode("utf-8-sig", "replace"))
        return ZoneInfo(found[2] if found else "UTC")
    except (OSError, ValueError, KeyError):  # no file, no such zone: UTC is never wrong, only further away
        return ZoneInfo("UTC")
