"""A clock that is set is told; one that runs is not."""

from datetime import timedelta

import pytest

from monitor.pipeline.clock_jumps import JUMP_S, ClockWatch
from tests.fakes.clock import START, FakeClock


def test_a_clock_that_runs_is_no_need() -> None:
    """Whether it is looked at every quarter minute or after an hour; a small correction is none either."""
    clock, watch = FakeClock(), ClockWatch()
    for seconds in (15, 15, 3600, 15):
        clock.forward(seconds=seconds)
        assert watch.look(clock.now(), clock.monotonic_s()) == []
    assert watch.look(clock.now() + timedelta(seconds=JUMP_S - 1), clock.monotonic_s()) == []


@pytest.mark.parametrize(("hours", "said"), [(3, "forward by 3:00:00"), (-2, "back by 2:00:00")])
def test_a_jump_is_said_for_an_hour(hours: int, said: str) -> None:
    """Which way, how far, what it may mean, and one key for one jump."""
    watch = ClockWatch()
    assert watch.look(START, 1000) == []
    at = START + timedelta(hours=hours)
    [need] = watch.look(at, 1000)
    assert said in need.head
    [later] = watch.look(at + timedelta(minutes=59), 1000 + 59 * 60)
    assert later == need
    assert watch.look(at + timedelta(minutes=61), 1000 + 61 * 60) == []
