"""Times as a person reads them: in the watchlist's time zone. Records for programs keep UTC, ISO 8601.

Effects: reads files.
"""

import re
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from monitor.views.moments import Moments

if TYPE_CHECKING:
    from monitor.model import Watchlist

_ZONE = re.compile(r"""^\s*timezone\s*=\s*(["'])([^"'\n]{1,64})\1""", re.MULTILINE)
_READ_BYTES_MAX = 1_000_000


_SHOWN: ContextVar[Moments | None] = ContextVar("moments", default=None)


def show_times_of(folder: Path, now: datetime) -> None:
    """From here on `say_time` speaks in the zone of this folder's watchlist, be the file faulty or not; else in UTC.

    The file is not parsed: the times on a screen that tells of its faults are to be as on any other day.
    """
    _SHOWN.set(Moments(_zone_of(folder / "watchlist.toml"), now))


def say_time(at: datetime | None) -> str:
    """`14 Mar 09:05` in the zone that was set; `never` for none."""
    return shown_moments().say(at)


def say_within(text: str) -> str:
    """The same text with the times in it that name UTC shown in the zone that was set."""
    return shown_moments().within(text)


def shown_zone() -> ZoneInfo:
    """The zone that was set."""
    return shown_moments().zone


def shown_moments() -> Moments:
    """Those that were set; of UTC where none were."""
    return _SHOWN.get() or Moments(ZoneInfo("UTC"))


def moments_of(watchlist: "Watchlist") -> Moments:
    """Those of the watchlist's time zone; of UTC where no topic is watched."""
    zone = ZoneInfo(next((topic.schedule.timezone for topic in watchlist.topics), "UTC"))
    return Moments(zone, shown_moments().now)


def _zone_of(path: Path) -> ZoneInfo:
    try:
        if not path.is_file():
            return ZoneInfo("UTC")
        with path.open("rb") as file:
            found = _ZONE.search(file.read(_READ_BYTES_MAX).decode("utf-8-sig", "replace"))
        return ZoneInfo(found[2] if found else "UTC")
    except (OSError, ValueError, KeyError):  # no file, no such zone: UTC is never wrong, only further away
        return ZoneInfo("UTC")
