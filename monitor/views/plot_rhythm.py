"""A feed's week as a field of hours: the darker, the more usually comes.

Places are percent of the width and pixels of the height, as in `plot_story`.

Effects: none.
"""

from collections.abc import Sequence

from msgspec import Struct

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LONG_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = 24
SLOTS = len(DAYS) * HOURS
GUTTER = 10.0
"""Percent of the width for the names of the days."""
ROW_PX = 22
LEVELS = 5
"""Shades, the faintest is 0."""


class Cell(Struct, frozen=True):
    """An hour of the week."""

    x: float
    y: int
    level: int


class RhythmPlot(Struct, frozen=True):
    """The whole drawing, with what it shows in words."""

    cells: tuple[Cell, ...]
    width: float
    """Of a cell, percent."""
    days: tuple[tuple[str, int], ...]
    """Name and height of each row's middle."""
    hours: tuple[tuple[str, float], ...]
    height: int
    per_day: float
    busiest: str
    """The hour of the week in which most comes."""
    busiest_rate: float
    """Entries in that hour."""


def draw_rhythm(rates: Sequence[float], offset_h: int) -> RhythmPlot | None:
    """The rates by hour of the week in UTC, shown in a zone that many whole hours ahead; None for none."""
    if len(rates) != SLOTS:
        return None
    local = [rates[(slot - offset_h) % SLOTS] for slot in range(SLOTS)]
    step, most = (100 - GUTTER) / HOURS, max(local)
    cells = tuple(
        Cell(round(GUTTER + slot % HOURS * step, 3), slot // HOURS * ROW_PX, _level(rate, most))
        for slot, rate in enumerate(local)
    )
    top = local.index(most)
    return RhythmPlot(
        cells=cells,
        width=round(step * 0.92, 3),
        days=tuple((name, number * ROW_PX + ROW_PX // 2 + 3) for number, name in enumerate(DAYS)),
        hours=tuple((f"{hour:02}", round(GUTTER + hour * step, 3)) for hour in range(0, HOURS, 6)),
        height=len(DAYS) * ROW_PX + 20,
        per_day=sum(local) / len(DAYS),
        busiest=f"{LONG_DAYS[top // HOURS]} from {top % HOURS:02}:00",
        busiest_rate=most,
    )


def _level(rate: float, most: float) -> int:
    return min(LEVELS - 1, int(rate / most * LEVELS)) if most > 0 else 0
