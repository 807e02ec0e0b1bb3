"""How much of a long work is done in one transaction: as much as takes a fortieth of a second, then others go first.

Effects: waits, by what it is handed.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

TARGET_S = 0.025
"""One portion is to hold the writer for so long; a quarter of what nobody may be kept waiting for."""
REST_S = (0.002, 0.1)
"""Between two portions: as long as the last one took, within these, so that whoever waits gets the turn."""
SIZE_FIRST = 10
SIZE_MIN = 2
SIZE_MAX = 5_000

_Held = TypeVar("_Held")


class Pace:
    """The size of the next portion, by what the last ones took. One for one work, in one thread.

    A portion at most doubles, and shrinks at once to what would have fitted: a disk that became slow is felt once.
    """

    def __init__(
        self,
        monotonic_s: Callable[[], float] = time.monotonic,
        rest: Callable[[float], None] = time.sleep,
        is_stopping: Callable[[], bool] = lambda: False,
        *,
        first: int = SIZE_FIRST,
    ) -> None:
        self._monotonic_s = monotonic_s
        self._rest = rest
        self._first = first
        self.is_stopping = is_stopping
        self.size = first
        """How many rows, pages or whatever is worked on the next portion may have."""
        self.longest_s = 0.0
        """The longest portion so far."""

    def begin(self) -> None:
        """Another kind of work begins: what the rows of the last one cost says nothing of it."""
        self.size = self._first

    @contextmanager
    def timed(self, turn: AbstractContextManager[_Held], *, is_sized: bool = True) -> Iterator[_Held]:
        """One portion, done while `turn` is had; the next one's size follows from how long that was, unless this one
        is not of that size.

        Waiting for the turn does not count. Giving it back does: a transaction is over when the disk has it.
        """
        with turn as held:
            began_s = self._monotonic_s()
            yield held
        took_s = max(1e-6, self._monotonic_s() - began_s)
        self.longest_s = max(self.longest_s, took_s)
        self._last_s = took_s
        if is_sized:
            fitting = int(self.size * TARGET_S / took_s)
            self.size = max(SIZE_MIN, min(SIZE_MAX, fitting, 2 * self.size))

    _last_s = 0.0

    def rest(self) -> None:
        """Let others go first."""
        shortest, longest = REST_S
        self._rest(min(longest, max(shortest, self._last_s)))
