"""Scores from 0 to 100 as a row of columns, with the thresholds drawn in.

Places are percents of the drawing, as in `plot_bars`.

Effects: none.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from monitor.views.plot_bars import BASE, TOP, Tick, height_of, lines_of, nice_top

SCORE_MAX = 100
STEP = 5
"""Points of one column."""
_GAP = 0.14
_LINE = 8.0
"""Height of a line of words. Each threshold's words stand a line below those on their left, and its own line begins
there: so no line goes through words."""


class Threshold(Struct, frozen=True):
    """A score from which something holds."""

    key: str
    words: str
    at: int
    is_chosen: bool = False


class Column(Struct, frozen=True):
    """The scores of one step: what matched below, what nearly did on top of it."""

    x: float
    width: float
    y: float
    height: float
    near_y: float
    near_height: float
    said: str


class ThresholdLine(Struct, frozen=True):
    """A threshold as it is drawn."""

    key: str
    x: float
    y: float
    """Where its words stand."""
    words: str
    anchor: str
    is_chosen: bool


class Histogram(Struct, frozen=True):
    """What is drawn, and the same as a table."""

    title: str
    said: str
    columns: tuple[Column, ...]
    thresholds: tuple[ThresholdLine, ...]
    lines: tuple[Tick, ...]
    ticks: tuple[Tick, ...]
    rows: tuple[tuple[str, str, str], ...]
    base: float = BASE


def plot_histogram(
    title: str, matched: Mapping[int, int], near: Mapping[int, int], thresholds: Sequence[Threshold] = ()
) -> Histogram:
    """The drawing of how many articles had which score: `matched` answered the topic, `near` nearly did."""
    steps = range(0, SCORE_MAX, STEP)
    counted = [(_sum(matched, low), _sum(near, low)) for low in steps]
    top = nice_top(max((sum(pair) for pair in counted), default=0))
    ceiling = TOP + _LINE * len(thresholds)
    rows = tuple((_label(low), str(yes), str(almost)) for low, (yes, almost) in zip(steps, counted, strict=True))
    return Histogram(
        title=title,
        said=_say(matched, near, thresholds),
        columns=tuple(_column(low, pair, top, ceiling) for low, pair in zip(steps, counted, strict=True)),
        thresholds=_lines(thresholds),
        lines=lines_of(top, ceiling),
        ticks=tuple(
            Tick(float(at), 97.0, str(at), "start" if at == 0 else "end" if at == SCORE_MAX else "middle")
            for at in range(0, SCORE_MAX + 1, 20)
        ),
        rows=rows,
    )


def _sum(counts: Mapping[int, int], low: int) -> int:
    """Of one step; 100 counts with the last."""
    high = low + STEP if low + STEP < SCORE_MAX else SCORE_MAX + 1
    return sum(counts.get(score, 0) for score in range(low, high))


def _label(low: int) -> str:
    return f"{low}-{low + STEP - 1}" if low + STEP < SCORE_MAX else f"{low}-{SCORE_MAX}"


def _column(low: int, pair: tuple[int, int], top: int, ceiling: float) -> Column:
    height, above = height_of(pair[0], top, ceiling), height_of(pair[1], top, ceiling)
    return Column(
        x=round(low + STEP * _GAP / 2, 2),
        width=round(STEP * (1 - _GAP), 2),
        y=round(BASE - height, 2),
        height=round(height, 2),
        near_y=round(BASE - height - above, 2),
        near_height=round(above, 2),
        said=f"score {_label(low)}: {pair[0]} matched, {pair[1]} nearly",
    )


def _lines(thresholds: Sequence[Threshold]) -> tuple[ThresholdLine, ...]:
    drawn = []
    for row, one in enumerate(sorted(thresholds, key=lambda threshold: threshold.at)):
        is_right = one.at > SCORE_MAX * 3 / 4
        y = 6.0 + _LINE * row
        words, anchor = f"{one.words} {one.at}", "end" if is_right else "start"
        drawn.append(ThresholdLine(one.key, float(one.at), y, words, anchor, one.is_chosen))
    return tuple(drawn)


def _say(matched: Mapping[int, int], near: Mapping[int, int], thresholds: Sequence[Threshold]) -> str:
    yes, almost = sum(matched.values()), sum(near.values())
    if not yes and not almost:
        return "No article matched or nearly did."
    lines = "; ".join(f"{one.words} at {one.at}" for one in thresholds)
    return f"{yes:,} articles matched and {almost:,} nearly did.{f' Drawn in: {lines}.' if lines else ''}"
