"""Read the dates that publishers write, and drop those that cannot be.

A missing date is not a fault: such an entry counts from when it was first seen. A wrong one is worse than none,
because it files news under the past or keeps it on top for ever.

Effects: none.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from dateutil import parser as dateutil_parser

DATE_CHARS_MAX = 100
"""Longest string read as a date; the longest real one seen has 47 characters."""
YEAR_MIN = 1990
"""Before the web there were no feeds: such a date is a default that nobody filled in (year 1 and 1970 are common)."""
AHEAD_MAX = timedelta(days=1)
"""How far ahead of `now` a date may be: a wrong time zone is forgiven, a scheduled article is not taken at its word."""

_ISO_UTC_CHARS = len("2026-03-02T10:00:00+00:00")

_HOURS = {
    "UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "IST": 5.5, "CET": 1, "CEST": 2, "MET": 1,
    "MEST": 2, "MEZ": 1, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3, "SAST": 2, "PKT": 5, "SGT": 8, "HKT": 8, "PHT": 8,
    "WIB": 7, "ICT": 7, "KST": 9, "JST": 9, "AWST": 8, "ACST": 9.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
    "EST": -5, "EDT": -4, "ET": -5, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "PT": -8,
    "AKST": -9, "AKDT": -8, "HST": -10, "NST": -3.5, "AST": -4, "ADT": -3, "BRT": -3, "ART": -3,
}  # fmt: skip
_ZONES = {name: timezone(timedelta(hours=hours)) for name, hours in _HOURS.items()}

_MONTHS = {
    name: month
    for month, names in enumerate(
        (
            "januar jänner jan january janvier janv enero ene janeiro gennaio gen",
            "februar feber feb february février fevrier févr fevr febrero fevereiro fev febbraio",
            "märz maerz mär mrz march mar mars marzo março marco",
            "april apr avril avr abril abr aprile",
            "mai may mayo maio maggio mag",
            "juni jun june juin junio junho giugno giu",
            "juli jul july juillet juil julio julho luglio lug",
            "august aug août aout agosto ago",
            "september sept sep septembre septiembre setembro set settembre",
            "oktober okt october oct octobre octubre outubro out ottobre ott",
            "november nov novembre noviembre novembro",
            "dezember dez december dec décembre decembre déc diciembre dic dezembro dicembre",
        ),
        1,
    )
    for name in names.split()
}
_NAMED = re.compile(
    r"(?P<day>\d{1,2})(?:\.|er|º|°)?[\s/-]+(?:de\s+)?(?P<month>[^\W\d_]{3,10})\.?[\s/-]+(?:de\s+)?(?P<year>\d{4})"
    r"(?:\D{1,12}(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?::(?P<second>\d{2}))?)?"
    r"\s*(?:Uhr\s*)?(?P<zone>[+-]\d{2}:?\d{2}|[A-Z]{1,5})?",
    re.IGNORECASE,
)


def read_date(text: str) -> datetime | None:
    """A date as publishers write it, aware and in UTC (which is meant where no zone is given), or None."""
    if (
        len(text) == _ISO_UTC_CHARS and text[4] == "-" and text.endswith("+00:00")
    ):  # as the fast parser writes every date
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except ValueError:
            pass
    text = " ".join(text.split())
    if not text or len(text) > DATE_CHARS_MAX:
        return None
    return as_utc(_read_iso(text) or _read_free(text) or _read_named(text))


def as_utc(value: datetime | None) -> datetime | None:
    """The same moment in UTC; a time without a zone is taken to be UTC."""
    if value is None:
        return None
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    try:
        return value.astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def possible(value: datetime | None, now: datetime | None) -> datetime | None:
    """The date, or None where it cannot be: before 1990, or more than a day after `now` where that is known."""
    if value is None or value.year < YEAR_MIN:
        return None
    return None if now is not None and value > now + AHEAD_MAX else value


def _read_iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text[0].isdigit() and "-" in text else None
    except ValueError:
        return None


def _read_free(text: str) -> datetime | None:
    try:
        # A missing year becomes year 1, which is then impossible: dateutil would fill in today's.
        return dateutil_parser.parse(text, default=datetime(1, 1, 1, tzinfo=UTC), tzinfos=_zone_of)
    except (ValueError, ArithmeticError, TypeError, AttributeError, LookupError, RecursionError):
        return None  # dateutil lets more than its own error out on odd strings


def _zone_of(name: str | None, offset_s: int | None) -> tzinfo:
    if offset_s is not None and abs(offset_s) < 86_400:
        return timezone(timedelta(seconds=offset_s))
    return _ZONES.get((name or "").upper(), UTC)


def _read_named(text: str) -> datetime | None:
    found = _NAMED.search(text)
    month = _MONTHS.get(found["month"].lower()) if found else None
    if found is None or month is None:
        return None
    zone: tzinfo = UTC
    if found["zone"]:
        sign = found["zone"][0]
        digits = found["zone"][1:].replace(":", "")
        if sign in "+-":
            offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
            zone = timezone(-offset if sign == "-" else offset) if offset < timedelta(hours=24) else UTC
        else:
            zone = _ZONES.get(found["zone"].upper(), UTC)
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    try:
        return datetime(int(found["year"]), month, int(found["day"]), hour, minute, second, tzinfo=zone)
    except ValueError:
        return None
