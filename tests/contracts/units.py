"""Units that note how they run, and waits for what comes of them."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

from monitor.runner import Queue, Runner, Unit, key_of

WAIT_S = 40.0
"""How long a test waits for what comes at once on an idle machine."""


class Noted:
    """A unit whose runs are counted by their arguments, and held up while a test wants it."""

    def __init__(self, name: str = "work", *, is_held: bool = False) -> None:
        self.name = name
        self.script: list[Exception | None] = []
        """What the next runs raise."""
        self.began: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self.cancelled = 0
        self.most_at_once: Counter[str] = Counter()
        self.arguments: list[dict[str, Any]] = []
        self.go = asyncio.Event()
        if not is_held:
            self.go.set()
        self._changed = asyncio.Event()

    @property
    def unit(self) -> Unit:
        """To be given to a runner."""
        return Unit(self.name, Queue.POLL, self._run)

    async def _run(self, **args: Any) -> None:
        key = key_of(self.name, {name: str(value) for name, value in args.items()})
        self.arguments.append(args)
        self.began[key] += 1
        self.most_at_once[key] = max(self.most_at_once[key], self.began[key] - self.ended[key])
        self._changed.set()
        try:
            await self.go.wait()
            outcome = self.script.pop(0) if self.script else None
            if outcome is not None:
                raise outcome
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.ended[key] += 1
            self._changed.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for the beginning or the end of a run that makes it hold; the test's own bound ends it otherwise."""
        while not holds():
            self._changed.clear()
            await self._changed.wait()

    async def asked_until(self, runner: Runner, holds: Callable[[], bool], **args: str) -> None:
        """Ask as ticks do, again and again, until it holds."""
        while not holds():
            if not runner.submit(self.name, **args):
                await asyncio.sleep(0)


def run(work: Coroutine[Any, Any, None]) -> None:
    """On a loop of its own, within a bound."""
    asyncio.run(asyncio.wait_for(work, WAIT_S))
