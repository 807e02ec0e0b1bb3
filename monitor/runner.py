"""Units of work by name: what they are, and a runner that runs them in this process.

A tick only asks; what is to be done is in rows. So a unit that is already running is not queued again: the next tick
asks anew.

Effects: threads, writes the log.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Executor
from enum import StrEnum
from typing import Protocol, TypeVar

from msgspec import Struct

from monitor.errors import MonitorError, StorageError, StorageReason
from monitor.logs import bind, get_log

T = TypeVar("T")

log = get_log()


class Queue(StrEnum):
    """What kind of work a unit is; a worker may do some of them alone."""

    POLL = "poll"
    """Whatever speaks to the servers of publishers."""
    INGEST = "ingest"
    """Whatever changes articles, stories and digests."""
    DELIVER = "deliver"
    """Whatever speaks to channels."""


class Unit(Struct, frozen=True):
    """A unit of work: safe to run twice, and it reads all that counts from rows."""

    name: str
    queue: Queue
    work: Callable[..., Awaitable[object]]


def key_of(name: str, args: Mapping[str, str]) -> str:
    """Under which name one unit runs at a time: `deliver:desk`."""
    return ":".join((name, *args.values()))


class Runner(Protocol):
    """Who runs units; all methods belong to one event loop."""

    @property
    def is_stopping(self) -> bool:
        """Whether the end was asked for; long units look at it between two steps."""

    def submit(self, name: str, **args: str) -> bool:
        """Have a unit run, but never twice at once with the same arguments; whether it was not asked for already."""

    def stop(self) -> None:
        """Start nothing more from now on."""

    async def drain(self, timeout_s: float) -> None:
        """Start nothing more and wait for what runs, at most `timeout_s`; what is left then is cancelled."""


class EmbeddedRunner:
    """Runs units of work on one event loop; all methods belong to that loop."""

    def __init__(
        self, units: Iterable[Unit], on_end: Callable[[str, bool], None] = lambda _name, _is_good: None
    ) -> None:
        """`on_end` is told of each unit that ended, and whether it ended well."""
        self._units = {unit.name: unit for unit in units}
        self._on_end = on_end
        self._running: dict[str, asyncio.Task[None]] = {}
        self._stopping = False
        self._said: dict[str, str] = {}
        self._refused: dict[str, str] = {}

    @property
    def refusals(self) -> Mapping[str, str]:
        """What each unit said that failed when it last ran; not what is refused for want of room on the disk."""
        return dict(self._refused)

    @property
    def is_stopping(self) -> bool:
        """Whether the end was asked for; long units look at it between two steps."""
        return self._stopping

    def submit(self, name: str, **args: str) -> bool:
        """Start a unit unless one of that key is running or the end was asked for; returns whether it started.

        What a unit raises ends here: it is logged, once while it keeps saying the same, and the next tick tries again.
        """
        key = key_of(name, args)
        if self._stopping or key in self._running:
            return False
        task = asyncio.get_running_loop().create_task(self.perform(key, self._units[name].work, args), name=key)
        self._running[key] = task
        task.add_done_callback(lambda _: self._running.pop(key, None))
        return True

    def stop(self) -> None:
        """Start nothing more from now on; what runs goes on and may look at `is_stopping`."""
        self._stopping = True

    async def drain(self, timeout_s: float) -> None:
        """Start nothing more and wait for what runs, at most `timeout_s`; what is left then is cancelled."""
        self.stop()
        running = set(self._running.values()) - {asyncio.current_task()}
        if not running:
            return
        _, left = await asyncio.wait(running, timeout=timeout_s)
        for task in left:
            log.warning("unit.abandoned", unit=task.get_name())
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def perform(self, key: str, work: Callable[..., Awaitable[object]], args: Mapping[str, object]) -> None:
        """Run a unit here and now. What it raises ends here, as with `submit`."""
        with bind(unit=key):
            try:
                await work(**args)
            except MonitorError as error:
                self._on_end(key, False)
                self._say(key, error)
            except Exception as error:  # noqa: BLE001  # the edge of a unit of work: recorded, and tried at the next tick
                self._on_end(key, False)
                self._say_broken(key, error)
            else:
                self._on_end(key, True)
                self._refused.pop(key, None)
                if self._said.pop(key, None) is not None:
                    log.info("unit.recovered")

    def _say_broken(self, name: str, error: Exception) -> None:
        text = f"{type(error).__name__}: {error}"
        self._refused[name] = f"{type(error).__name__}, please report this"
        if self._said.get(name) != text:
            self._said[name] = text
            log.error("unit.broke", error=error, hint="please report this; it is tried again")

    def _say(self, name: str, error: MonitorError) -> None:
        text = str(error)
        if not (isinstance(error, StorageError) and error.reason is StorageReason.FULL):
            self._refused[name] = text
        if self._said.get(name) == text:
            return
        self._said[name] = text
        reason = error.reason.value if isinstance(error, StorageError) else type(error).__name__
        log.error("unit.refused", reason=reason, hint=text)


async def in_pool(pool: Executor, work: Callable[[], T]) -> T:
    """Run plain work off the loop and wait for it."""
    return await asyncio.get_running_loop().run_in_executor(pool, work)
