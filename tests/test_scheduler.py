"""Ticks say "look now", on the loop, also after the loop was blocked."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from monitor.scheduler import Tick, build_scheduler


def test_ticks_ask_again_and_again_on_the_loop() -> None:
    """Each tick asks at its own pace, in the loop's own thread, where work can be started."""

    async def work() -> None:
        asked: list[str] = []
        enough = asyncio.Event()

        def ask() -> None:
            asked.append(threading.current_thread().name)
            if len(asked) == 3:
                enough.set()

        scheduler = build_scheduler([Tick("poll", 0.02, ask), Tick("sweep", 3600, lambda: asked.append("too soon"))])
        scheduler.start()
        await asyncio.wait_for(enough.wait(), 10)
        scheduler.shutdown(wait=False)
        assert set(asked) == {threading.current_thread().name}

    asyncio.run(work())


def stand_still(scheduler: AsyncIOScheduler, minutes: int) -> None:
    """As after the loop was blocked for so long: each tick was due then."""
    for job in scheduler.get_jobs():
        job.modify(next_run_time=datetime.now(UTC) - timedelta(minutes=minutes))


def test_a_late_tick_is_not_dropped(caplog: pytest.LogCaptureFixture) -> None:
    """A tick that is minutes late when the loop gets to it, where the library drops one of a second, still asks."""

    async def work() -> None:
        asked = asyncio.Event()
        scheduler = build_scheduler([Tick("poll", 3600, asked.set)])
        scheduler.start()
        stand_still(scheduler, minutes=5)
        await asyncio.wait_for(asked.wait(), 60)
        scheduler.shutdown(wait=False)

    asyncio.run(work())
    assert "was missed by" not in caplog.text


def test_missed_ticks_fold_into_one() -> None:
    """After a loop stood still for many ticks they are not all made up for."""

    async def work() -> None:
        asked = 0
        again = asyncio.Event()

        def ask() -> None:
            nonlocal asked
            asked += 1
            again.set()

        scheduler = build_scheduler([Tick("poll", 60, ask)])
        scheduler.start()
        stand_still(scheduler, minutes=5)
        await asyncio.wait_for(again.wait(), 60)
        scheduler.shutdown(wait=False)
        assert asked == 1

    asyncio.run(work())


def test_a_tick_that_fails_does_not_end_the_others() -> None:
    """What a tick raises is the library's to log; the next tick comes all the same."""

    async def work() -> None:
        asked = 0
        again = asyncio.Event()

        def ask() -> None:
            nonlocal asked
            asked += 1
            if asked == 1:
                raise ZeroDivisionError
            again.set()

        scheduler = build_scheduler([Tick("poll", 0.02, ask)])
        scheduler.start()
        await asyncio.wait_for(again.wait(), 10)
        scheduler.shutdown(wait=False)

    asyncio.run(work())
