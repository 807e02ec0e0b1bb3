"""A clock that a test moves."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)


class FakeClock:
    """Stands still until it is moved."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._monotonic_s = 1000.0

    def now(self) -> datetime:
        """The time it was moved to."""
        return self._now

    def monotonic_s(self) -> float:
        """Seconds moved so far, never backwards."""
        return self._monotonic_s

    def forward(self, **duration: float) -> datetime:
        """Move on, as `timedelta` counts."""
        step = timedelta(**duration)
        self._now += step
        self._monotonic_s += max(0.0, step.total_seconds())
        return self._now
