"""The only "now" of the program.

Effects: reads the system's clocks.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time; the one interface made for tests, so that a test can move it."""

    def now(self) -> datetime:
        """The wall-clock time, aware, in UTC."""

    def monotonic_s(self) -> float:
        """Seconds that never run backwards, for local timeouts."""


def awake_s() -> float:
    """Seconds since the machine started, those in which it was suspended among them, where the system counts these."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class SharedClock:
    """The clock of something that several machines share, told in between by how long this machine has run.

    So what this machine thinks the time is does not count. Until it is set it tells the machine's own time.
    """

    def __init__(self) -> None:
        self._base: tuple[datetime, float] | None = None

    def set(self, now: datetime, at_s: float) -> None:
        """It was `now` there at `at_s`, as `awake_s` counts."""
        self._base = (now.astimezone(UTC), at_s)

    def now(self) -> datetime:
        """The shared time, aware, in UTC."""
        base = self._base
        if base is None:
            return datetime.now(UTC)
        return base[0] + timedelta(seconds=awake_s() - base[1])

    def monotonic_s(self) -> float:
        """Seconds that never run backwards, for local timeouts."""
        return time.monotonic()


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """The wall-clock time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """Seconds that never run backwards, for local timeouts."""
        return time.monotonic()
