"""A small soak: restarts, kills, reloads and outages over days, nothing told twice and nothing missed."""

from datetime import timedelta

import pytest

from bench import soak
from bench.soak import growth, growths, soak_for


@pytest.mark.slow
def test_days_of_trouble_tell_each_story_once_on_each_channel() -> None:
    """Ten feeds for four days, with everything that befalls the large one."""
    done = soak_for(4, 10, tick=timedelta(hours=1))

    assert soak.faults_of(done) == []
    assert sum(done.reader.arrived.values()) > 20
    assert min(done.restarts, done.kills, done.reloads, done.outages) >= 1
    assert [day.number for day in done.measured] == [1, 2, 3, 4]


def test_growth_is_what_a_straight_line_rises() -> None:
    """A flat series has none, noise has little, and what grows is named with its table."""
    assert growth([5.0, 5.0, 5.0]) == 0.0
    assert round(growth([100.0, 105.0, 110.0]), 3) == 0.095
    assert abs(growth([10.0, 12.0, 10.0, 12.0, 10.0])) < 0.01
    days = [
        soak.Day(n, 100.0, 10.0 + n, 5.0, 10, 10, {"match": 1000 + 300 * n, "sent_log": 100 * n}) for n in range(40)
    ]
    assert [name for name, _ in growths(days)] == ["file MB", "table match"]
    assert list(growths(days[:15])) == []
