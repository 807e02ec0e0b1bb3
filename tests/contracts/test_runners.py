"""What holds of units of work whoever runs them: one process, or several over one queue on PostgreSQL.

What counts is that a unit is looked at again after it was asked for, and never at two places at once. Who asks are
ticks, which ask again: so a runner may refuse while a unit runs, or note that it is wanted once more.
"""

import asyncio
import logging

import pytest

from monitor.errors import MonitorError, StorageError, StorageReason
from tests.contracts.conftest import Open
from tests.contracts.units import Noted, run


def test_what_is_submitted_runs_with_its_arguments(open_runners: Open) -> None:
    """Once, and as it was asked for."""

    async def work() -> None:
        plain, named = Noted("plain"), Noted("named")
        async with open_runners(plain.unit, named.unit) as (runner,):
            assert runner.submit("plain")
            assert runner.submit("named", channel="desk")
            await plain.until(lambda: plain.ended["plain"] == 1)
            await named.until(lambda: named.ended["named:desk"] == 1)
        assert plain.arguments == [{}]
        assert named.arguments == [{"channel": "desk"}]

    run(work())


def test_a_unit_never_runs_twice_at_once_with_the_same_arguments(open_runners: Open) -> None:
    """However often it is asked for, and by however many processes."""

    async def work() -> None:
        noted = Noted(is_held=True)
        async with open_runners(noted.unit, processes=2) as runners:
            for _ in range(3):
                for runner in runners:
                    runner.submit("work")
                await noted.until(lambda: noted.began["work"] == 1)
            noted.go.set()
            for runner in runners:
                await noted.asked_until(runner, lambda: noted.ended["work"] >= 4)
        assert noted.most_at_once["work"] == 1

    run(work())


def test_what_is_asked_for_while_it_runs_is_looked_at_again(open_runners: Open) -> None:
    """By itself, or at the next tick; a run that began before is not it."""

    async def work() -> None:
        noted = Noted(is_held=True)
        async with open_runners(noted.unit) as (runner,):
            runner.submit("work")
            await noted.until(lambda: noted.began["work"] == 1)
            runner.submit("work")
            noted.go.set()
            await noted.asked_until(runner, lambda: noted.ended["work"] == 2)

    run(work())


def test_units_with_other_arguments_run_side_by_side(open_runners: Open) -> None:
    """A channel that hangs costs the others nothing."""

    async def work() -> None:
        noted, other = Noted(is_held=True), Noted("other")
        async with open_runners(noted.unit, other.unit, processes=2) as (runner, *_):
            for channel in ("desk", "archive", "phone"):
                assert runner.submit("work", channel=channel)
            await noted.until(lambda: noted.began.total() == 3)
            assert runner.submit("other")
            await other.until(lambda: other.ended["other"] == 1)
            assert not noted.ended
            noted.go.set()
            await noted.until(lambda: noted.ended.total() == 3)
        assert set(noted.most_at_once.values()) == {1}

    run(work())


def test_what_a_unit_raises_ends_there_and_is_said_once(open_runners: Open, caplog: pytest.LogCaptureFixture) -> None:
    """A full disk is one line, not one a second; what works again is said too; a fault of our own is an error."""
    full = StorageError("the disk is full", reason=StorageReason.FULL, remedy="Make room.")

    async def work() -> None:
        noted, other = Noted(), Noted("other")
        noted.script = [full, full, MonitorError("another thing"), None, ZeroDivisionError(), ZeroDivisionError(), None]
        async with open_runners(noted.unit, other.unit) as (runner,):
            for number in range(1, 8):
                await noted.asked_until(runner, lambda number=number: noted.ended["work"] >= number)  # type: ignore[misc]
            await other.asked_until(runner, lambda: other.ended["other"] >= 1)

    with caplog.at_level(logging.INFO, "monitor"):
        run(work())
    events = [record.getMessage().split()[0] for record in caplog.records]
    said = [event for event in events if event.startswith("unit.")]
    assert said == ["unit.refused", "unit.refused", "unit.recovered", "unit.broke", "unit.recovered"]


def test_drain_waits_for_what_runs(open_runners: Open) -> None:
    """It is brought to its end, and sees that the end was asked for."""

    async def work() -> None:
        noted = Noted(is_held=True)
        async with open_runners(noted.unit) as (runner,):
            runner.submit("work")
            await noted.until(lambda: noted.began["work"] == 1)
            draining = asyncio.create_task(runner.drain(20))
            await asyncio.sleep(0)
            assert runner.is_stopping
            assert not draining.done()
            noted.go.set()
            await draining
            assert noted.ended["work"] == 1
            assert not noted.cancelled

    run(work())


def test_drain_is_bounded_and_cancels_what_hangs(open_runners: Open) -> None:
    """So that a stop always ends."""

    async def work() -> None:
        noted = Noted(is_held=True)
        async with open_runners(noted.unit) as (runner,):
            runner.submit("work")
            await noted.until(lambda: noted.began["work"] == 1)
            await runner.drain(0.01)
            assert noted.cancelled == 1

    run(work())


def test_nothing_starts_after_a_stop(open_runners: Open) -> None:
    """What runs goes on; what is asked for is refused, whatever its name."""

    async def work() -> None:
        noted, other = Noted(is_held=True), Noted("other")
        async with open_runners(noted.unit, other.unit) as (runner,):
            runner.submit("work")
            await noted.until(lambda: noted.began["work"] == 1)
            runner.stop()
            assert runner.is_stopping
            assert not runner.submit("other")
            assert not runner.submit("work", channel="desk")
            noted.go.set()
            await runner.drain(20)
            assert noted.ended.total() == 1
            assert not other.began

    run(work())


def test_drain_with_nothing_in_hand_ends_at_once(open_runners: Open) -> None:
    """And may be asked for twice."""

    async def work() -> None:
        async with open_runners(Noted().unit) as (runner,):
            await runner.drain(20)
            await runner.drain(20)
            assert runner.is_stopping

    run(work())
