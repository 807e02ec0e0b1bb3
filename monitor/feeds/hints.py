"""What a feed asks of its visitors: how long to wait, and at which hours not to come.

Publishers write these once and forget them, so each is a lower bound with a cap, and one that forbids everything
counts as none.

Effects: none.
"""

import re
from datetime import UTC, datetime, timedelta

_SKIP = re.compile(rb"<skip", re.IGNORECASE)
"""One search where nothing is found, which is nearly always."""
_SKIP_HOURS = re.compile(rb"<skipHours\b[^>]{0,200}>(.{0,4000}?)</skipHours\s*>", re.DOTALL | re.IGNORECASE)
_SKIP_DAYS = re.compile(rb"<skipDays\b[^>]{0,200}>(.{0,4000}?)</skipDays\s*>", re.DOTALL | re.IGNORECASE)
_HOUR = re.compile(rb"<hour\b[^>]{0,200}>\s*(\d{1,2})\s*<", re.IGNORECASE)
_DAY = re.compile(rb"<day\b[^>]{0,200}>\s*([A-Za-z]{3,9})\s*<", re.IGNORECASE)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HOURS = 24
SKIP_S_MAX = 86_400
"""A day: a feed that asks to be left alone for longer is looked at all the same."""


def read_skip_times(xml: bytes) -> str:
    """The `skipHours` and `skipDays` of a feed, packed as `0,1,23;sat,sun` in UTC; empty where there are none.

    Read off the bytes, because no parser gives them; of 227 real feeds none had any, so a feed without pays for one
    search and nothing else. Hour 24 is midnight, as the format once counted.
    """
    if _SKIP.search(xml) is None:
        return ""
    hours: set[int] = set()
    days: set[int] = set()
    if found := _SKIP_HOURS.search(xml):
        hours = {int(text) % _HOURS for text in _HOUR.findall(found.group(1)) if int(text) <= _HOURS}
    if found := _SKIP_DAYS.search(xml):
        names = (text[:3].lower().decode("ascii") for text in _DAY.findall(found.group(1)))
        days = {_DAYS.index(name) for name in names if name in _DAYS}
    if len(hours) == _HOURS:
        hours = set()
    if len(days) == len(_DAYS):
        days = set()
    if not hours and not days:
        return ""
    return f"{','.join(map(str, sorted(hours)))};{','.join(_DAYS[day] for day in sorted(days))}"


def after_skip_times(at: datetime, skip_times: str) -> datetime:
    """The first moment from `at` on that is not in the packed skip times, at most a day later."""
    hours, days = _unpack(skip_times)
    if not hours and not days:
        return at
    there = at.astimezone(UTC)
    latest = there + timedelta(seconds=SKIP_S_MAX)
    while there < latest and (there.hour in hours or there.weekday() in days):
        there = there.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return min(there, latest)


def say_skip_times(skip_times: str) -> str:
    """The packed skip times in words, hours in UTC: `from 00 to 06 and on Saturday, Sunday`; empty for none."""
    hours, days = _unpack(skip_times)
    parts = []
    if hours:
        runs: list[list[int]] = []
        for hour in sorted(hours):
            if runs and runs[-1][-1] == hour - 1:
                runs[-1].append(hour)
            else:
                runs.append([hour])
        parts.append("from " + ", ".join(f"{run[0]:02} to {(run[-1] + 1) % _HOURS:02}" for run in runs) + " UTC")
    if days:
        parts.append("on " + ", ".join(_DAY_NAMES[day] for day in sorted(days)))
    return " and ".join(parts)


def _unpack(skip_times: str) -> tuple[set[int], set[int]]:
    hours, _, days = skip_times.partition(";")
    return (
        {int(text) for text in hours.split(",") if text.isdecimal()},
        {_DAYS.index(name) for name in days.split(",") if name in _DAYS},
    )
