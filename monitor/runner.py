"""Units of work by name, run in this process: never the same one twice at once, and every one waited for at the end.

A tick only asks; what is to be done is in rows. So a unit that is already running is not queued again: the next tick
asks anew.

Effects: threads, writes the log.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from typing import TypeVar

from monitor.errors import MonitorError, StorageError, StorageReason
from monitor.logs import bind, get_log

T = TypeVar("T")

log = get_log()


class Runner:
    """Runs units of work on one event loop; all methods belong to that loop."""

    def __init__(self, on_end: Callable[[str, bool], None] = lambda _name, _is_good: None) -> None:
        """`on_end` is told of each unit that ended, and whether it ended well."""
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

    def submit(self, name: str, work: Callable[[], Awaitable[object]]) -> bool:
        """Start a unit unless one of that name is running or the end was asked for; returns whether it started.

        What a unit raises ends here: it is logged, once while it keeps saying the same, and the next tick tries again.
        """
        if self._stopping or name in self._running:
            return False
        task = asyncio.get_running_loop().create_task(self._run(name, work), name=name)
        self._running[name] = task
        task.add_done_callback(lambda _: self._running.pop(name, None))
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

    async def _run(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        with bind(unit=name):
            try:
                await work()
            except MonitorError as error:
                self._on_end(name, False)
                self._say(name, error)
            except Exception as error:  # noqa: BLE001  # the edge of a unit of work: recorded, and tried at the next tick
                self._on_end(name, False)
                self._say_broken(name, error)
            else:
                self._on_end(name, True)
                self._refused.pop(name, None)
                if self._said.pop(name, None) is not None:
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
