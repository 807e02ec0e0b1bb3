"""The days of a topic as little bars, for a page that shows many of them under each other.

Effects: none.
"""

from collections.abc import Sequence

from msgspec import Struct

WIDTH, HEIGHT = 120, 28
GAP = 2


class Bar(Struct, frozen=True):
    """One day; places and sizes are those of the picture, `WIDTH` by `HEIGHT`, its origin at the top."""

    x: float
    y: float
    width: float
    height: float
    count: int


def bars_of(counts: Sequence[int]) -> tuple[Bar, ...]:
    """A bar for each count, the highest as high as the picture; a count that is not 0 can always be seen."""
    most = max(counts, default=0)
    step = WIDTH / max(1, len(counts))
    bars = []
    for place, count in enumerate(counts):
        height = 0.0 if count == 0 else max(2.0, round(HEIGHT * count / most, 1))
        bars.append(Bar(round(place * step, 1), round(HEIGHT - height, 1), round(step - GAP, 1), height, count))
    return tuple(bars)
