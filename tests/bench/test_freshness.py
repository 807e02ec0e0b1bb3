"""The replay shows a rule only what a feed showed, and counts what it missed."""

from collections.abc import Sequence

import pytest

from bench.freshness import Stream, entry_frequency, fixed, made, ours, replay
from monitor.feeds.policy import PollBounds

STREAM = Stream("a", (0.0, 5.0, 12.0, 13.0, 14.0, 35.0), 2, 10.0, 40.0)


def test_delays_and_losses_are_counted() -> None:
    """Visits at 10, 20, 30, 40: of three entries at the second two are shown, one is lost."""
    assert replay(STREAM, fixed(10)) == (3, [7.0, 6.0, 5.0], 1)


def test_a_rule_sees_only_what_was_shown() -> None:
    """Nothing from the future, no more than the window holds, each new entry once."""
    seen: list[tuple[float, list[float], list[float]]] = []

    def rule(now: float, shown: Sequence[float], new: Sequence[float]) -> float:
        seen.append((now, list(shown), list(new)))
        return 10

    replay(STREAM, rule)
    assert seen[:2] == [(10.0, [0.0, 5.0], [0.0, 5.0]), (20.0, [13.0, 14.0], [13.0, 14.0])]


def test_entry_frequency_follows_the_virtual_week() -> None:
    """Two entries a day apart are seven a week."""
    rule = entry_frequency(2, 300, 86_400)
    assert rule(90_000, [0.0, 86_400.0], [0.0, 86_400.0]) == pytest.approx(43_200)


def test_ours_is_the_same_every_time() -> None:
    """Jitter comes from the seed; the streams are made alike."""
    stream = made(1, 16)[0]
    assert stream == made(1, 16)[0]
    runs = [replay(stream, ours(PollBounds(), "x")) for _ in range(2)]
    assert runs[0] == runs[1]
    assert runs[0][2] == 0
