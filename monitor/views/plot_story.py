"""A story on a time line: one lane per publisher, each article a mark whose shape says what it is.

Places are percent of the width and pixels of the height, so that the drawing fills a phone and a desk alike and its
words keep their size.

Effects: none.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

LANES_MAX = 12
MARKS_MAX = 60
"""Marks of one lane: more would be one smear."""
LANE_PX = 40
TOP_PX = 8
LEFT, RIGHT = 2.0, 98.0
_STEPS_S = (60, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600, 2_592_000)
TICKS_MAX = 5


class Point(Struct, frozen=True):
    """An article to be drawn."""

    lane: str
    """By whom it was published: one lane each."""
    name: str
    """As the lane is called, by its first article."""
    at: datetime
    shape: str
    """`first`, `report`, `quiet` or `copy`."""
    said: str
    """What it is, for who points at it."""


class Mark(Struct, frozen=True):
    """Where an article stands in its lane."""

    x: float
    """Percent of the width."""
    shape: str
    said: str


class Lane(Struct, frozen=True):
    """A publisher."""

    name: str
    y: int
    marks: tuple[Mark, ...]
    more: int
    """Marks left out."""


class Tick(Struct, frozen=True):
    """A moment on the axis."""

    x: float
    at: datetime
    is_day: bool
    """Whether the ticks are days apart, so that a day is written and no hour."""
    anchor: str


class TimeLine(Struct, frozen=True):
    """The whole drawing."""

    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    height: int
    others: int
    """Publishers left out."""


def draw_time_line(points: Sequence[Point], offset: timedelta = timedelta(0)) -> TimeLine:
    """The lanes in the order of their first article; `offset` is the reader's distance from UTC, for round hours."""
    if not points:
        return TimeLine((), (), 0, 0)
    begin, end = min(one.at for one in points), max(one.at for one in points)
    span_s = max((end - begin).total_seconds(), 60.0)

    def place(at: datetime) -> float:
        return round(LEFT + (RIGHT - LEFT) * (at - begin).total_seconds() / span_s, 2)

    by_lane: dict[str, list[Point]] = {}
    for one in sorted(points, key=lambda point: point.at):
        by_lane.setdefault(one.lane, []).append(one)
    lanes = []
    for number, (lane, some) in enumerate(list(by_lane.items())[:LANES_MAX]):
        marks = tuple(Mark(place(one.at), one.shape, one.said) for one in some[:MARKS_MAX])
        lanes.append(Lane(some[0].name or lane, TOP_PX + number * LANE_PX, marks, max(0, len(some) - MARKS_MAX)))
    ticks = tuple(_ticks(begin, span_s, offset, place(begin), RIGHT))
    return TimeLine(tuple(lanes), ticks, TOP_PX + len(lanes) * LANE_PX + 26, max(0, len(by_lane) - LANES_MAX))


def _ticks(begin: datetime, span_s: float, offset: timedelta, left: float, right: float) -> list[Tick]:
    step = next((one for one in _STEPS_S if span_s / one <= TICKS_MAX), _STEPS_S[-1])
    local = begin.timestamp() + offset.total_seconds()
    first = -(-local // step) * step - local
    found: list[Tick] = []
    while first <= span_s and len(found) < 2 * TICKS_MAX:
        x = round(left + (right - left) * first / span_s, 2)
        anchor = "start" if x < 10 else "end" if x > 90 else "middle"
        found.append(Tick(x, begin + timedelta(seconds=first), step >= 86_400, anchor))
        first += step
    return found
