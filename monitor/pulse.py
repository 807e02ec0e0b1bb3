"""How late the event loop turns: what is asked for each second, and when it comes.

Effects: a timer on the event loop.
"""

import asyncio
from collections.abc import Callable

EVERY_S = 1.0


class Pulse:
    """Tells each second how late the loop turned; all methods belong to the loop."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, note: Callable[[float], None], *, every_s: float = EVERY_S
    ) -> None:
        self._loop = loop
        self._every_s = every_s
        self._note = note
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin, or go on."""
        due_s = self._loop.time() + self._every_s
        self._timer = self._loop.call_at(due_s, self._turn, due_s)

    def stop(self) -> None:
        """Tell no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _turn(self, due_s: float) -> None:
        self._note(self._loop.time() - due_s)
        self.start()
