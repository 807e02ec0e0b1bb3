"""Units of work: one of a name at a time, none lost to another's fault, all waited for at the end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from threading import current_thread
from typing import Any

import pytest

from monitor.errors import MonitorError, StorageError, StorageReason
from monitor.runner import EmbeddedRunner, Queue, Unit, in_pool


def run(work: Coroutine[Any, Any, None]) -> None:
    """On a loop of its own, within a bound."""
    asyncio.run(asyncio.wait_for(work, 10))


def runs(**units: Callable[[], Awaitable[None]]) -> EmbeddedRunner:
    """A runner of these units."""
    return EmbeddedRunner(Unit(name, Queue.POLL, work) for name, work in units.items())


def test_one_unit_of_a_name_runs_at_a_time() -> None:
    """A tick that comes while the last one's work goes on starts nothing; when it is over the next one does."""

    async def work() -> None:
        done, started = asyncio.Event(), []

        async def slow() -> None:
            started.append(1)
            await done.wait()

        runner = runs(poll=slow, deliveries=slow)
        assert runner.submit("poll")
        assert not runner.submit("poll")
        assert runner.submit("deliveries")
        done.set()
        while not runner.submit("poll"):  # noqa: ASYNC110  # until the loop has taken note of the end
            await asyncio.sleep(0)
        await runner.drain(5)
        assert len(started) == 3

    run(work())


def test_a_fault_in_a_unit_is_said_once_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """A full disk is one line, not one a second; what works again is said too; a fault of our own is an error."""
    full = StorageError("the disk is full", reason=StorageReason.FULL, remedy="Make room.")
    script: list[Exception | None] = [full, full, MonitorError("another thing"), None, None]
    script += [ZeroDivisionError(), ZeroDivisionError(), None]

    async def work() -> None:
        async def unit() -> None:
            outcome = script.pop(0)
            if outcome is not None:
                raise outcome

        runner = runs(poll=unit)
        for _ in list(script):
            while not runner.submit("poll"):  # noqa: ASYNC110  # as above
                await asyncio.sleep(0)
        await runner.drain(5)

    with caplog.at_level(logging.INFO, "monitor"):
        run(work())
    events = [record.getMessage().split()[0] for record in caplog.records]
    assert events == ["unit.refused", "unit.refused", "unit.recovered", "unit.broke", "unit.recovered"]


def test_drain_waits_and_starts_nothing_more() -> None:
    """What runs is brought to its end; what is asked for meanwhile is refused."""

    async def work() -> None:
        done, ended = asyncio.Event(), []

        async def unit() -> None:
            await done.wait()
            ended.append(runner.is_stopping)

        runner = runs(a=unit, b=unit)
        runner.submit("a")
        draining = asyncio.create_task(runner.drain(5))
        await asyncio.sleep(0)
        assert not runner.submit("b")
        done.set()
        await draining
        assert ended == [True]

    run(work())


def test_drain_is_bounded() -> None:
    """A unit that hangs is cancelled after the bound, so that a stop always ends."""

    async def work() -> None:
        cancelled = []

        async def hangs() -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.append("yes")
                raise

        runner = runs(a=hangs)
        runner.submit("a")
        await asyncio.sleep(0)
        await runner.drain(0.01)
        assert cancelled == ["yes"]

    run(work())


def test_plain_work_runs_off_the_loop() -> None:
    """The database's work never blocks the loop, and its result and its error come back."""

    async def work() -> None:
        with ThreadPoolExecutor(1, "database") as pool:
            assert (await in_pool(pool, lambda: current_thread().name)).startswith("database")
            with pytest.raises(ZeroDivisionError):
                await in_pool(pool, lambda: 1 // 0)

    run(work())
