"""Make a topic's digest due at once, because somebody asked.

It is the ordinary digest, only sooner: what `close_due` closes next. A scheduled topic's next slot comes all the same,
with what is new by then, and since the moment is no slot, its label is the moment itself and comes never twice.

Effects: database.
"""

from datetime import datetime

from msgspec import Struct

from monitor.digests.schedule import held_until
from monitor.model import Topic
from monitor.storage.store import Store


class ToldNow(Struct, frozen=True):
    """What came of it."""

    waiting: int
    """Matches that wait to be told; with none nothing is due."""
    quiet_until: datetime | None
    """When the topic's quiet hours end, where they hold it until then."""


def tell_now(store: Store, topic: Topic, now: datetime) -> ToldNow:
    """Make the topic due now, where anything waits; asked twice it is due once."""
    with store.write() as tx:
        state = tx.topics.hold(topic.key)
        waiting = tx.matches.count_open(topic.key)
        quiet_until = held_until(topic.quiet_hours, topic.schedule.timezone, now)
        if state is not None and state.active and waiting and quiet_until is None:
            is_due = state.next_due_at is not None and state.next_due_at <= now
            if not is_due:
                tx.topics.set_next(topic.key, now)
    return ToldNow(waiting, quiet_until)
