"""Geometry of the drawings: everything inside them, nothing lost, the same numbers as a table."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.views.plot_bars import BASE, TOP, BarPoint, nice_top, plot_bars
from monitor.views.plot_histogram import Threshold, plot_histogram

COUNTS = st.dictionaries(st.integers(0, 100), st.integers(0, 10_000), max_size=40)


@given(st.lists(st.tuples(st.integers(0, 10**7), st.none() | st.floats(0, 10**7)), max_size=200))
def test_bars_stay_inside_and_stand_in_order(numbers: list[tuple[int, float | None]]) -> None:
    """Whatever is counted, each bar has its place, ends below the top, and has its row in the table."""
    plot = plot_bars("Volume", [BarPoint(f"day {place}", *pair) for place, pair in enumerate(numbers)])
    assert len(plot.bars) == len(plot.rows) == len(numbers)
    assert all(TOP - 0.01 <= bar.y <= BASE and bar.x + bar.width <= 100.01 for bar in plot.bars)
    assert [bar.x for bar in plot.bars] == sorted(bar.x for bar in plot.bars)


@given(st.integers(0, 10**9))
def test_an_axis_ends_at_a_round_number_above_all(highest: int) -> None:
    """And not so high that the bars would be dwarfs."""
    assert highest <= nice_top(highest) <= max(1, 2 * highest)


def test_a_burst_is_drawn_and_said() -> None:
    """By colour, by words, and in what a screen reader hears."""
    plot = plot_bars("Volume", [BarPoint("Mon", 2, 1.5), BarPoint("Tue", 9, 2.0, is_burst=True)])
    assert [bar.is_burst for bar in plot.bars] == [False, True]
    assert plot.bars[1].said == "Tue: 9 articles, usual 2, a burst"
    assert plot.said == "11 articles from Mon to Tue, most on Tue with 9. Bursts: Tue."
    assert plot.rows == (("Mon", "2", "1.5"), ("Tue", "9", "2"))


@given(COUNTS, COUNTS)
def test_a_histogram_counts_every_score_once(matched: dict[int, int], near: dict[int, int]) -> None:
    """0 and 100 too; the near ones stand on the others."""
    plot = plot_histogram("Scores", matched, near)
    assert sum(int(row[1]) for row in plot.rows) == sum(matched.values())
    assert sum(int(row[2]) for row in plot.rows) == sum(near.values())
    assert all(TOP - 0.03 <= one.near_y <= one.y <= BASE for one in plot.columns)


def test_thresholds_stand_at_their_score_and_apart() -> None:
    """Each a line below those on its left, so that no line goes through words."""
    marks = [Threshold("strict", "strict", 45), Threshold("balanced", "balanced", 36, is_chosen=True)]
    balanced, strict = plot_histogram("Scores", {50: 1}, {}, marks).thresholds
    assert (balanced.x, strict.x) == (36, 45)
    assert strict.y > balanced.y
    assert balanced.is_chosen
    assert plot_histogram("Scores", {}, {}).said == "No article matched or nearly did."
