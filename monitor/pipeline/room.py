"""Room on the disk of the database: two marks, and when it will be full at the pace of the last days.

Below the first a person is asked for, with the days that are left; below the second polling rests, while there is
still room to write down what was sent.

Effects: none.
"""

from collections import deque
from datetime import datetime, timedelta

from monitor.model import Need
from monitor.outbox.notices import KINDS

FREE_BYTES_MIN = 200_000_000
"""Below this much free disk polling stops, while there is still room to write down what was sent."""
FREE_BYTES_LOW = 1_000_000_000
"""Below this much a person is asked for: a day or more at the pace of a thousand feeds."""
DAYS_LOW = 7.0
"""So is one where it will be full within a week."""
SAMPLE_EVERY = timedelta(hours=1)
KEPT_FOR = timedelta(days=7)
KNOWN_AFTER = timedelta(days=1)
"""What grew in an hour says nothing of a day."""
SAMPLES_MAX = int(KEPT_FOR / SAMPLE_EVERY) + 2


class RoomWatch:
    """Remembers how much was free, once an hour for a week."""

    def __init__(self) -> None:
        self._samples: deque[tuple[datetime, int]] = deque(maxlen=SAMPLES_MAX)

    def look(self, now: datetime, free_bytes: int, folder: str) -> list[Need]:
        """What needs a person about the room there is, at most one need."""
        self._note(now, free_bytes)
        free = f"{free_bytes // 1_000_000} MB are free at {folder}"
        if free_bytes < FREE_BYTES_MIN:
            head = f"The disk of the database is nearly full: {free}. Polling rests."
            return [Need("disk", head, KINDS["disk"].remedy)]
        days = self.days_left(free_bytes)
        if free_bytes >= FREE_BYTES_LOW and (days is None or days > DAYS_LOW):
            return []
        when = "" if days is None else f"; at the pace of the last days it is full in about {_in_words(days)}"
        return [Need("disk-low", f"Room grows short: {free}{when}.", KINDS["disk-low"].remedy)]

    def days_left(self, free_bytes: int) -> float | None:
        """Days until polling rests, at the pace since the first sample; None where little is known or nothing grows."""
        if not self._samples:
            return None
        (first_at, first), (last_at, _) = self._samples[0], self._samples[-1]
        days = (last_at - first_at) / timedelta(days=1)
        lost = first - free_bytes
        if last_at - first_at < KNOWN_AFTER or lost <= 0:
            return None
        return max(0.0, (free_bytes - FREE_BYTES_MIN) * days / lost)

    def _note(self, now: datetime, free_bytes: int) -> None:
        if self._samples and now < self._samples[-1][0]:
            self._samples.clear()  # the clock was set back: no pace can be told from before
        while self._samples and now - self._samples[0][0] > KEPT_FOR:
            self._samples.popleft()
        if not self._samples or now - self._samples[-1][0] >= SAMPLE_EVERY:
            self._samples.append((now, free_bytes))


def _in_words(days: float) -> str:
    if days < 1:
        return "less than a day"
    return "1 day" if round(days) == 1 else f"{round(days)} days"
