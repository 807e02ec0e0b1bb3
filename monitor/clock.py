"""The only "now" of the program.

Effects: reads the system's clocks.
"""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time; the one interface made for tests, so that a test can move it."""

    def now(self) -> datetime:
        """The wall-clock time, aware, in UTC."""

    def monotonic_s(self) -> float:
        """Seconds that never run backwards, for local timeouts."""


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """The wall-clock time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """Seconds that never run backwards, for local timeouts."""
        return time.monotonic()
