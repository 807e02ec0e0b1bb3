"""Recordings on disk: which days there are, what they hold in the order it came, and the end of old ones.

Effects: files.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from monitor.errors import MonitorError
from monitor.feeds.recorded import Recorded, TornError, read_one
from monitor.logs import get_log
from monitor.model import Fetched

log = get_log()

SUFFIX = ".rec"
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Torn(Struct):
    """How many segments ended in the middle of a record, as a kill leaves them; counted while reading."""

    segments: int = 0


def raw_path(database_url: str) -> Path:
    """Where recordings lie: in `raw/` beside a SQLite database, else in `data/raw/` of the working directory."""
    parts = urlsplit(database_url)
    return Path(unquote(parts.path[1:])).with_name("raw") if parts.scheme == "sqlite" else Path("data") / "raw"


def day_folder(folder: Path, day: str) -> Path:
    """Where a day's segments lie; `day` is `2026-11-30`."""
    return folder / day


def recorded_days(folder: Path) -> list[date]:
    """The days of which there is a recording, the oldest first."""
    if not folder.is_dir():
        return []
    return sorted(
        date.fromisoformat(path.name)
        for path in folder.iterdir()
        if _DAY.fullmatch(path.name) and _is_day(path.name) and any(path.glob(f"*{SUFFIX}"))
    )


def visits_of(folder: Path, day: date, torn: Torn) -> Iterator[Recorded]:
    """Every whole record of a day in the order in which the answers came, each with its body where it has one.

    A body that stands in an earlier record of the day is put in. One body is in memory at a time, and those that a
    later record speaks of are read again.
    """
    bodies: dict[str, _Place] = {}
    for place in _scan(folder, day, torn):
        if place.has_body:
            bodies[place.body_hash] = place
        record = _read(place)
        if isinstance(record.answer, Fetched) and not place.has_body:
            holder = bodies.get(place.body_hash)
            if holder is None:
                continue  # the record that held the body was torn: what is not known is not made up
            record = replace(record, answer=replace(record.answer, body=_body_of(_read(holder))))
        yield record


def sweep_recordings(folder: Path, days: int, now: datetime) -> int:
    """Remove the days that are older than so many; returns how many went. 0 keeps none but today's.

    Only segments are removed, and folders named by a day that hold nothing else.
    """
    first_kept = now.astimezone(UTC).date() - timedelta(days=days)
    gone = 0
    for day in recorded_days(folder):
        if day >= first_kept:
            continue
        path = day_folder(folder, day.isoformat())
        try:
            for segment in path.glob(f"*{SUFFIX}"):
                segment.unlink()
            if next(path.iterdir(), None) is None:
                path.rmdir()
        except OSError as error:
            log.warning("recording.kept", day=day, reason=error.strerror, hint=f"remove {path} by hand")
            continue
        gone += 1
    return gone


class _Place(Struct, frozen=True):
    """Where a record stands, and when its answer had come. A day of ten thousand feeds has a million of them."""

    came_at: datetime
    path: Path
    offset: int
    body_hash: str
    has_body: bool


def _scan(folder: Path, day: date, torn: Torn) -> list[_Place]:
    path = day_folder(folder, day.isoformat())
    try:
        found = [place for segment in sorted(path.glob(f"*{SUFFIX}")) for place in _segment(segment, torn)]
    except OSError as error:
        raise MonitorError(f"the recording cannot be read ({error.strerror})", where=str(path)) from error
    return sorted(found, key=lambda place: place.came_at)


def _segment(path: Path, torn: Torn) -> Iterator[_Place]:
    with path.open("rb") as file:
        while True:
            offset = file.tell()
            try:
                record = read_one(file)
            except TornError:
                torn.segments += 1
                return
            if record is None:
                return
            yield _Place(record.came_at, path, offset, record.body_hash, record.has_body)


def _read(place: _Place) -> Recorded:
    try:
        with place.path.open("rb") as file:
            file.seek(place.offset)
            record = read_one(file)
    except (OSError, TornError) as error:
        raise MonitorError("the recording changed while it was read", where=str(place.path)) from error
    assert record is not None, "it was there a moment ago"
    return record


def _body_of(record: Recorded) -> bytes:
    assert isinstance(record.answer, Fetched)
    return record.answer.body


def _is_day(name: str) -> bool:
    try:
        date.fromisoformat(name)
    except ValueError:
        return False
    return True
