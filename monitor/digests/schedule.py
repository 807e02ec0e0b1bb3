"""When a topic's digests are due, in the reader's own local time, and for which local slot.

A slot is a wall-clock moment of a zone, such as 08:00 in Berlin; its label is what makes a digest unique, so a slot is
told once whatever the clock, the database or the process does. On the two odd days of a year:

- a slot inside the hour that spring leaves out (02:30) runs once, as much later as the clock jumped (03:30);
- a slot inside the hour that autumn repeats runs once, the first time, except that `every` of an hour or less also
  runs through the repeated hour, so that the news of that hour is not late. The repeated slots carry their offset in
  the label (`2026-10-25T02:00+01:00 Europe/Berlin`), so no label comes twice.

Effects: none.
"""

import re
import zoneinfo
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import lru_cache

from msgspec import Struct

from monitor.errors import ConfigError
from monitor.model import DigestKind, QuietHours, Schedule

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY_S = 86_400
EVERY_S_MIN = 60  # the ticks that close digests run every few seconds; below a minute `now` is what is meant
REPEATED_HOUR_S = 3_600  # the longest `every` that also runs through the hour autumn repeats
DAYS_AHEAD_MAX = 9  # a weekly slot is at most 7 days away; two more for the zones that once skipped a date
MISSED_DAYS_MAX = 31  # slots are counted one by one this far back; an outage longer than a month has "31 days" of them

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": DAY_S}
_DURATION = re.compile(r"(\d{1,7})\s*([smhd])", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)
_SCHEDULE_REMEDY = (
    'Write now, every 30m, daily 08:00, daily 08:00,18:00 or mon,thu 07:30 (weekdays by name, times as "HH:MM").'
)


class DueSlot(Struct, frozen=True):
    """A slot that is to be closed now, with all earlier ones that were missed folded into it."""

    at: datetime
    """The slot's instant: the latest one that has come."""
    label: str
    """The slot's unique key."""
    kind: DigestKind
    """`catch_up` when a whole slot was missed, else `scheduled`, or `now`."""
    missed: int
    """Slots before this one that nobody closed, quiet ones not counted."""
    next_due_at: datetime | None
    """When the topic is due again; None for `now`, where the next match decides."""


def parse_duration(text: str) -> int:
    """Seconds of a duration such as `90s`, `5m`, `1h` or `2d`.

    Raises `ConfigError` for anything else, a bare number too: nobody should have to guess its unit.
    """
    found = _DURATION.fullmatch(text.strip().lower())
    if found is None:
        raise ConfigError(
            f'"{text}" is not a duration', remedy='Write a whole number and a unit: "90s", "5m", "1h", "2d".'
        )
    return int(found[1]) * _UNITS[found[2]]


def parse_schedule(text: str, timezone: str) -> Schedule:
    """The schedule a person wrote, for a zone such as `Europe/Berlin`.

    Raises `ConfigError`, with what may be written instead, for an unknown zone, an unknown or numbered weekday, a time
    that does not exist, and an `every` that does not divide the day: its slots would move from day to day.
    """
    check_timezone(timezone)
    words = re.sub(r"\s*,\s*", ",", text.strip().lower()).split()
    if words == ["now"]:
        return Schedule(timezone=timezone, now=True, text=text.strip())
    if len(words) == 2 and words[0] == "every":
        return Schedule(timezone=timezone, every_s=_parse_every(words[1], text), text=text.strip())
    if len(words) == 2:
        weekdays = frozenset(range(7)) if words[0] == "daily" else _parse_weekdays(words[0], text)
        at = tuple(sorted({_parse_time(part, text) for part in words[1].split(",")}))
        return Schedule(timezone=timezone, at=at, weekdays=weekdays, text=text.strip())
    raise ConfigError(f'schedule "{text}" cannot be read', remedy=_SCHEDULE_REMEDY)


def parse_quiet_hours(text: str) -> QuietHours:
    """The local span of a text such as `22:00-06:30`; it may cross midnight.

    Raises `ConfigError` when it is no span, or one whose ends are equal: that could mean always as well as never.
    """
    parts = re.split(r"\s*[-–]\s*", text.strip())
    if len(parts) != 2:
        raise ConfigError(f'quiet_hours "{text}" is not a span', remedy='Write two times: "22:00-06:30".')
    start, end = (_parse_time(part, text) for part in parts)
    if start == end:
        raise ConfigError(
            f'quiet_hours "{text}" begins and ends at the same time', remedy='Write "22:00-06:30", or leave it out.'
        )
    return QuietHours(start=start, end=end)


def check_timezone(timezone: str) -> None:
    """Return when the zone is known; raise `ConfigError` with the nearest known name when it is not."""
    try:
        zoneinfo.ZoneInfo(timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        near = get_close_matches(timezone, sorted(zoneinfo.available_timezones()), n=1)
        hint = f'Did you mean "{near[0]}"?' if near else 'Write an IANA name such as "Europe/Berlin" or "UTC".'
        raise ConfigError(f'timezone "{timezone}" is not known', remedy=hint) from error


def next_slot_at(schedule: Schedule, after: datetime) -> datetime:
    """The UTC instant of the first slot strictly after `after`.

    A `now` schedule has no slots: asking is our own fault.
    """
    assert not schedule.now, "a `now` schedule has no slots"
    return next(_slots_after(schedule, after))


def slot_label(schedule: Schedule, at: datetime) -> str:
    """The unique key of the slot at an instant, as a reader would say it: `2026-03-14T08:00 Europe/Berlin`.

    Two different slots of a schedule never share a label. A slot that spring left out keeps the time it was written
    with (02:30), though it ran later. For `now`, and for an instant that is no slot (the end of quiet hours),
    the label is the exact local time with its offset.
    """
    zone = zoneinfo.ZoneInfo(schedule.timezone)
    local = at.astimezone(zone)
    if not schedule.now:
        for day in (local.date(), local.date() - timedelta(days=1)):
            instants, walls = _slots_of_day(schedule, day)
            index = bisect_right(instants, at) - 1
            if index >= 0 and instants[index] == at:
                wall = walls[index]
                shown = local.isoformat(timespec="minutes") if wall.fold else f"{wall:%Y-%m-%dT%H:%M}"
                return f"{shown} {schedule.timezone}"
    precision = "microseconds" if local.second or local.microsecond else "minutes"
    return f"{local.isoformat(timespec=precision)} {schedule.timezone}"


def slot_at(label: str) -> datetime | None:
    """The UTC instant that `slot_label` made a label of; None for what is no slot's label, as of breaking news."""
    wall, _, timezone = label.partition(" ")
    try:
        at = datetime.fromisoformat(wall)
        zone = zoneinfo.ZoneInfo(timezone)
    except (ValueError, zoneinfo.ZoneInfoNotFoundError, OSError):
        return None
    return at.astimezone(UTC) if at.tzinfo is not None else _instant(at, zone)


def due_slot(schedule: Schedule, due_at: datetime, now: datetime, quiet: QuietHours | None = None) -> DueSlot | None:
    """The slot to close at `now`, given the stored time at which the topic is next due; None when that has not come.

    Slots that came and went while nobody closed them fold into the latest one, which makes it a catch-up. Slots inside
    `quiet` fold in too but are not missed: they were held. A clock set back makes nothing due twice, since what is due
    is the stored time, never a time computed from `now`.
    """
    if now < due_at:
        return None
    if schedule.now:
        return DueSlot(at=due_at, label=slot_label(schedule, due_at), kind=DigestKind.NOW, missed=0, next_due_at=None)
    at, missed, next_due_at = due_at, 0, now
    begin = max(due_at, now - timedelta(days=MISSED_DAYS_MAX))
    for slot in _slots_after(schedule, begin):
        if slot > now:
            next_due_at = slot
            break
        missed += not _is_quiet(quiet, schedule.timezone, at)
        at = slot
    kind = DigestKind.CATCH_UP if missed else DigestKind.SCHEDULED
    return DueSlot(at=at, label=slot_label(schedule, at), kind=kind, missed=missed, next_due_at=next_due_at)


def held_until(quiet: QuietHours | None, timezone: str, now: datetime) -> datetime | None:
    """The UTC instant at which the quiet hours around `now` end, or None when `now` is not inside any.

    Where autumn repeats the end of the span, quiet lasts until the second one: nobody is woken by a clock change.
    """
    if quiet is None:
        return None
    zone = zoneinfo.ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    for first in (today - timedelta(days=1), today):
        last = first if quiet.start < quiet.end else first + timedelta(days=1)
        start = _instant(datetime.combine(first, quiet.start), zone)
        end_wall = datetime.combine(last, quiet.end)
        end = max(_instant(end_wall, zone), _instant(end_wall.replace(fold=1), zone))
        if start <= now < end:
            return end
    return None


def day_began_at(now: datetime, timezone: str) -> datetime:
    """When the local day of `now` began."""
    zone = zoneinfo.ZoneInfo(timezone)
    return _instant(datetime.combine(now.astimezone(zone).date(), time()), zone)


def now_due_at(oldest_untold_matched_at: datetime, settle_s: int) -> datetime:
    """When a `now` topic is due: the oldest match nobody was told of, plus the time in which its copies may gather.

    Later matches do not move it, so a stream of articles cannot put a telling off for ever.
    """
    return oldest_untold_matched_at + timedelta(seconds=settle_s)


def _parse_every(word: str, text: str) -> int:
    every_s = parse_duration(word)
    if not EVERY_S_MIN <= every_s <= DAY_S:
        raise ConfigError(f'schedule "{text}" is out of range', remedy="Write between every 1m and every 24h.")
    if every_s % 60 or DAY_S % every_s:
        fits = [m for m in range(1, 1_441) if 1_440 % m == 0]
        near = min(fits, key=lambda minutes: (abs(minutes * 60 - every_s), minutes))
        nearest = f"{near // 60}h" if near % 60 == 0 else f"{near}m"
        raise ConfigError(
            f'schedule "{text}" does not divide a day, so its times would differ from day to day',
            remedy=f"The nearest that does is every {nearest}.",
        )
    return every_s


def _parse_weekdays(word: str, text: str) -> frozenset[int]:
    days = set()
    for name in word.split(","):
        places = [place for place, full in enumerate(WEEKDAYS) if len(name) >= 3 and full.startswith(name)]
        if len(places) != 1:
            # 1 is Monday to some programs and Tuesday to others, so numbers are not taken at all.
            raise ConfigError(f'schedule "{text}": "{name}" is not a weekday', remedy=_SCHEDULE_REMEDY)
        days.add(places[0])
    return frozenset(days)


def _parse_time(word: str, text: str) -> time:
    found = _TIME.fullmatch(word)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise ConfigError(f'"{text}": "{word}" is not a time of day', remedy="Write 00:00 to 23:59, as in 08:00.")
    return time(int(found[1]), int(found[2]))


def _instant(wall: datetime, zone: zoneinfo.ZoneInfo) -> datetime:
    """The UTC instant of a wall-clock time: later where spring leaves it out, the one `fold` says where it repeats."""
    return wall.replace(tzinfo=zone).astimezone(UTC)


def _is_quiet(quiet: QuietHours | None, timezone: str, at: datetime) -> bool:
    return held_until(quiet, timezone, at) is not None


def _slots_after(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    """Every slot strictly after an instant, in order, without end."""
    day = after.astimezone(zoneinfo.ZoneInfo(schedule.timezone)).date() - timedelta(days=1)
    last, idle_days = after, 0
    while True:
        instants, _ = _slots_of_day(schedule, day)
        for instant in instants[bisect_right(instants, last) :]:
            yield instant
            last, idle_days = instant, 0
        day += timedelta(days=1)
        idle_days += 1
        assert idle_days <= DAYS_AHEAD_MAX + 2, f"schedule {schedule.text!r} has no slots"


@lru_cache(maxsize=64)  # a day of `every 1m` is 1,440 slots: enough for the days a busy tick looks at
def _slots_of_day(schedule: Schedule, day: date) -> tuple[list[datetime], list[datetime]]:
    """The instants of one local day's slots in order, and the wall-clock time of each."""
    zone = zoneinfo.ZoneInfo(schedule.timezone)
    slots: dict[datetime, datetime] = {}
    for wall in _walls_of_day(schedule, day):
        instant = _instant(wall, zone)
        shown = instant.astimezone(zone).replace(tzinfo=None)
        # A slot that spring left out gives way to one that really stands at that instant (hourly: 02:00 to 03:00).
        if instant not in slots or shown == wall:
            slots[instant] = wall
        if schedule.every_s is not None and schedule.every_s <= REPEATED_HOUR_S:
            again = wall.replace(fold=1)
            if _instant(again, zone) > instant:
                slots[_instant(again, zone)] = again
    ordered = sorted(slots)
    return ordered, [slots[instant] for instant in ordered]


def _walls_of_day(schedule: Schedule, day: date) -> list[datetime]:
    if schedule.every_s is not None:
        midnight = datetime.combine(day, time())
        return [midnight + timedelta(seconds=offset) for offset in range(0, DAY_S, schedule.every_s)]
    if day.weekday() not in schedule.weekdays:
        return []
    return [datetime.combine(day, at) for at in schedule.at]
