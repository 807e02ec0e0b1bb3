"""Whether the wall clock jumped: it is held against one that only ever goes forward.

Effects: none.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from monitor.model import Need
from monitor.outbox.notices import KINDS

JUMP_S = 60.0
"""A time service moves a clock by milliseconds; a minute between two looks is a jump, or a machine that slept."""
SAID_FOR_S = 3600.0
"""How long it is said after it: then what it did is done."""


class _Jump(Struct, frozen=True):
    by_s: float
    at: datetime
    seen_s: float


class ClockWatch:
    """Remembers the last look, and the last jump."""

    def __init__(self) -> None:
        self._last: tuple[datetime, float] | None = None
        self._jump: _Jump | None = None

    def look(self, now: datetime, monotonic_s: float) -> list[Need]:
        """The jump of the last hour, if there was one; several are told as the last one."""
        if self._last is not None:
            by_s = (now - self._last[0]).total_seconds() - (monotonic_s - self._last[1])
            if abs(by_s) > JUMP_S:
                self._jump = _Jump(by_s, now, monotonic_s)
        self._last = (now, monotonic_s)
        if self._jump is None or monotonic_s - self._jump.seen_s > SAID_FOR_S:
            return []
        jump = self._jump
        way, means = ("forward", _FORWARD) if jump.by_s > 0 else ("back", _BACK)
        by = timedelta(seconds=round(abs(jump.by_s)))
        head = f"The clock jumped {way} by {by}, and says {jump.at:%d %b %H:%M} UTC since. {means}"
        return [Need(f"clock:{jump.at:%Y-%m-%dT%H:%M:%S}", head, KINDS["clock"].remedy)]


_FORWARD = "If the machine slept, nothing was polled meanwhile, and what came is told now; else digests may come early."
_BACK = "Digests that were told are not told again; the next ones are due by the new time."
