"""Bars in a row: how many of something in each stretch of time, beside what is usual there.

Every place is a percent of the drawing, so that it fills a phone and a desk alike while its words keep their size.

Effects: none.
"""

from collections.abc import Sequence

from msgspec import Struct

TOP, BASE = 9.0, 86.0
"""Where the highest bar ends and where all begin, in percent of the height; the words of the axis stand below."""
GAP = 0.16
"""So much of each bar's place is left empty."""
TICKS_MAX = 5
"""Words under the bars: as many as a phone has room for."""


class BarPoint(Struct, frozen=True):
    """One stretch of time."""

    label: str
    """What it is called, as in `Mon 23 Nov`."""
    value: int
    usual: float | None = None
    """What is usual there; None where that is not known."""
    is_burst: bool = False
    tick: str = ""
    """The words under it, where some should stand there."""
    note: str = ""
    """What else is to be said of it."""


class Bar(Struct, frozen=True):
    """A stretch as it is drawn."""

    x: float
    width: float
    y: float
    height: float
    slot_x: float
    slot_width: float
    """The whole of its place: there the usual is drawn, and a pointer is answered."""
    usual_y: float | None
    usual_height: float
    is_burst: bool
    said: str


class Tick(Struct, frozen=True):
    """Words on an axis."""

    x: float
    y: float
    words: str
    anchor: str = "middle"


class BarPlot(Struct, frozen=True):
    """What is drawn, and the same as a table for who does not see it."""

    title: str
    said: str
    """The drawing in a sentence."""
    bars: tuple[Bar, ...]
    lines: tuple[Tick, ...]
    """Lines across, with their numbers."""
    ticks: tuple[Tick, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    base: float = BASE
    has_usual: bool = False
    has_burst: bool = False


def plot_bars(title: str, points: Sequence[BarPoint], *, what: str = "articles", when: str = "When") -> BarPlot:
    """The drawing of these stretches, from the left. Any number of them; the same ones are always drawn alike."""
    top = nice_top(max((max(float(one.value), one.usual or 0.0) for one in points), default=0.0))
    has_usual = any(one.usual is not None for one in points)
    place = 100 / max(1, len(points))
    bars = tuple(_bar(one, number * place, place, top, what) for number, one in enumerate(points))
    columns = (when, what[:1].upper() + what[1:], *(("Usual",) if has_usual else ()))
    rows = tuple((one.label, str(one.value), *((say_usual(one.usual),) if has_usual else ())) for one in points)
    return BarPlot(
        title=title,
        said=_say(points, what),
        bars=bars,
        lines=lines_of(top),
        ticks=_ticks(points, place),
        columns=columns,
        rows=rows,
        has_usual=has_usual,
        has_burst=any(one.is_burst for one in points),
    )


def _bar(point: BarPoint, x: float, place: float, top: int, what: str) -> Bar:
    height, usual = height_of(point.value, top), height_of(point.usual or 0.0, top)
    said = f"{point.label}: {point.value} {what}"
    if point.usual is not None:
        said += f", usual {say_usual(point.usual)}"
    return Bar(
        x=round(x + place * GAP / 2, 3),
        width=round(place * (1 - GAP), 3),
        y=round(BASE - height, 2),
        height=round(height, 2),
        slot_x=round(x, 3),
        slot_width=round(place, 3),
        usual_y=None if point.usual is None else round(BASE - usual, 2),
        usual_height=round(usual, 2),
        is_burst=point.is_burst,
        said=said + (", a burst" if point.is_burst else "") + (f"; {point.note}" if point.note else ""),
    )


def height_of(value: float, top: int, ceiling: float = TOP) -> float:
    """How high a number stands, in percent of the height, where `top` reaches the ceiling."""
    return (BASE - ceiling) * min(1.0, max(0.0, value / top)) if top else 0.0


def lines_of(top: int, ceiling: float = TOP) -> tuple[Tick, ...]:
    """The line at the top, and one at half where that is a whole number."""
    numbers = [top, top // 2] if top % 2 == 0 else [top]
    places = [(number, round(BASE - height_of(number, top, ceiling), 2)) for number in numbers]
    return tuple(Tick(0, y, f"{number:,}", "start") for number, y in places)


def nice_top(highest: float) -> int:
    """The round number at which an axis ends: the highest there is fits below it."""
    scale = 1
    while True:
        for step in (1, 2, 4, 6, 8):
            if step * scale >= highest:
                return step * scale
        scale *= 10


def _ticks(points: Sequence[BarPoint], place: float) -> tuple[Tick, ...]:
    named = [(number, one.tick) for number, one in enumerate(points) if one.tick]
    every = -(-len(named) // TICKS_MAX) or 1
    return tuple(_tick((number + 0.5) * place, words) for number, words in named[::every])


def _tick(x: float, words: str) -> Tick:
    """Words under the drawing, kept inside it."""
    return Tick(round(x, 2), 97.0, words, "start" if x < 6 else "end" if x > 94 else "middle")


def say_usual(usual: float | None) -> str:
    """A usual number in words, for a table."""
    if usual is None:
        return "not known"
    return f"{usual:.0f}" if usual == round(usual) else f"{usual:.1f}"


def _say(points: Sequence[BarPoint], what: str) -> str:
    if not points:
        return "There is nothing to draw."
    whole, most = sum(one.value for one in points), max(points, key=lambda one: one.value)
    if not whole:
        return f"No {what} from {points[0].label} to {points[-1].label}."
    bursts = [one.label for one in points if one.is_burst]
    more = f" Bursts: {', '.join(bursts[:5])}{' and more' if len(bursts) > 5 else ''}." if bursts else ""
    span = f"from {points[0].label} to {points[-1].label}"
    return f"{whole:,} {what} {span}, most on {most.label} with {most.value:,}.{more}"
