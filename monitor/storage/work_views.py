"""What waits in the queues of work that is shared out, counted.

Effects: database.
"""

from datetime import datetime

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection

from monitor.model.canary import CANARY_CHANNEL
from monitor.storage.canary import IS_CANARY_FEED
from monitor.storage.delivery_tables import DELIVERY
from monitor.storage.handed import HandedTable
from monitor.storage.outbox_views import is_due, is_held
from monitor.storage.tables import FEED


class Backlog(Struct, frozen=True):
    """What is due and nobody has begun."""

    count: int
    oldest_at: datetime | None
    """Since when the first of it is due; None where nothing is."""


class WorkViews:
    """Counts; each looks at no more than what waits, by an index."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def feeds_due(self, now: datetime) -> Backlog:
        """Feeds whose visit is due and not under way; one whose server asked us to wait is not due."""
        free = sa.or_(FEED.c.lease_until.is_(None), FEED.c.lease_until <= now)
        may_ask = sa.or_(FEED.c.hold_until.is_(None), FEED.c.hold_until <= now)
        asked = sa.select(sa.func.count(), sa.func.min(FEED.c.next_poll_at)).where(
            FEED.c.next_poll_at <= now, FEED.c.active, FEED.c.same_as.is_(None), ~IS_CANARY_FEED, free, may_ask
        )
        return Backlog(*self._db.execute(asked).one())

    def feeds_handed(self) -> Backlog:
        """Feeds that were visited, and whose news nobody stored yet."""
        waiting = HandedTable(self._db).waiting()
        return Backlog(waiting.feeds, waiting.oldest_at)

    def deliveries_due(self, now: datetime) -> Backlog:
        """Deliveries that could go out now: their time has come, and their channel is not held."""
        asked = sa.select(sa.func.count(), sa.func.min(DELIVERY.c.next_attempt_at)).where(
            is_due(now), ~is_held(now), DELIVERY.c.channel != CANARY_CHANNEL
        )
        return Backlog(*self._db.execute(asked).one())
