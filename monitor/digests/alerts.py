"""How many messages a schedule makes of stories: counted without closing a digest.

A slot is one message however many stories came before it; with `now` every story is one. What comes due in quiet hours
is one message at their end.

Effects: none.
"""

from datetime import UTC, datetime

from monitor.digests.schedule import held_until, next_slot_at
from monitor.model import QuietHours, Schedule

_EARLIEST = datetime.min.replace(tzinfo=UTC)


class AlertCount:
    """Counts the messages of one topic on one channel. Mutes, budgets and breaking news are not looked at."""

    def __init__(self, schedule: Schedule, quiet: QuietHours | None = None) -> None:
        self._schedule = schedule
        self._quiet = quiet
        self._told_at = _EARLIEST
        """When the last message that was counted goes out: it takes all that comes before."""
        self.messages = 0

    def add(self, at: datetime) -> None:
        """A story that is new to the topic; times never go back."""
        if at < self._told_at:
            return
        self.messages += 1
        due_at = at if self._schedule.now else next_slot_at(self._schedule, at)
        held = held_until(self._quiet, self._schedule.timezone, due_at)
        if held is not None or not self._schedule.now:
            self._told_at = held or due_at
