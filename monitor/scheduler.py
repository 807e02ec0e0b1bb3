"""The few ticks that say "look now".

No job holds any state: what is due is a row. So a lost tick loses nothing, and there is no job per feed.

Effects: timers on the event loop.
"""

from collections.abc import Callable, Sequence
from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from msgspec import Struct


class Tick(Struct, frozen=True):
    """Ask every `every_s` seconds; `ask` starts work elsewhere and returns at once."""

    name: str
    every_s: float
    ask: Callable[[], object]


def build_scheduler(ticks: Sequence[Tick]) -> AsyncIOScheduler:
    """A scheduler with these ticks, not yet started; it belongs to the running event loop.

    A tick that comes late is run once, however many were missed: the library's default drops a tick that is a second
    late with a warning (measured), which would let a blocked second silence a minute of news.
    """
    scheduler = AsyncIOScheduler(timezone=UTC)
    for tick in ticks:
        scheduler.add_job(
            _asked(tick.ask),
            "interval",
            seconds=tick.every_s,
            id=tick.name,
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )
    return scheduler


def _asked(ask: Callable[[], object]) -> Callable[[], object]:
    async def tick() -> None:  # on the loop itself: a plain function would be sent to a thread
        ask()

    return tick
