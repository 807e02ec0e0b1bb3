"""What stands in the database, counted for the metrics: feeds, digests and deliveries that wait, its own size.

Effects: database.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection

from monitor.model import ChannelName, DeliveryState
from monitor.model.canary import CANARY_CHANNEL, CANARY_TOPIC
from monitor.storage.canary import IS_CANARY_FEED
from monitor.storage.delivery_tables import DELIVERY
from monitor.storage.outbox_views import CLOSED_WELL, OPEN
from monitor.storage.tables import FEED, TOPIC

FEED_STATES = ("ok", "unread", "waiting", "failing", "gone", "held", "moved")
"""How a feed is, each counted once: gone (410), moved to another one's address, held for a person, failing, waiting as
its server asked, not read yet, or well."""


class Waiting(Struct, frozen=True):
    """What waits for a channel."""

    channel: ChannelName
    count: int
    oldest_at: datetime
    unknown: int
    """Of them, those that were perhaps sent."""


class GaugeViews:
    """Counts; each is one look by an index or over the few rows of a small table."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def feeds(self, now: datetime) -> dict[str, int]:
        """How many feeds are in which of `FEED_STATES`."""
        state = sa.case(
            (FEED.c.same_as.is_not(None), "moved"),
            (FEED.c.outcome == "gone", "gone"),
            (FEED.c.quarantine != "", "held"),
            (FEED.c.fail_count > 0, "failing"),
            (FEED.c.hold_until > now, "waiting"),
            (FEED.c.last_poll_at.is_(None), "unread"),
            else_="ok",
        ).label("state")
        asked = sa.select(state, sa.func.count()).where(FEED.c.active, ~IS_CANARY_FEED).group_by(state)
        counted = {row[0]: int(row[1]) for row in self._db.execute(asked)}
        return {name: counted.get(name, 0) for name in FEED_STATES}

    def feeds_overdue(self, now: datetime) -> timedelta:
        """For how long the feed that waits longest has been due; one whose server asked us to wait is not."""
        free = sa.or_(FEED.c.hold_until.is_(None), FEED.c.hold_until <= now)
        asked = sa.select(sa.func.min(FEED.c.next_poll_at)).where(
            FEED.c.active, FEED.c.same_as.is_(None), ~IS_CANARY_FEED, free
        )
        return _since(self._db.execute(asked).scalar(), now)

    def digests_overdue(self, now: datetime) -> timedelta:
        """For how long the digest that waits longest has been due."""
        asked = sa.select(sa.func.min(TOPIC.c.next_due_at)).where(TOPIC.c.active, TOPIC.c.key != CANARY_TOPIC)
        return _since(self._db.execute(asked).scalar(), now)

    def outbox(self) -> list[Waiting]:
        """What waits or is under way, by channel."""
        unknown = sa.func.sum(sa.case((DELIVERY.c.perhaps_sent, 1), else_=0))
        asked = (
            sa.select(DELIVERY.c.channel, sa.func.count().label("n"), sa.func.min(DELIVERY.c.created_at).label("at"))
            .add_columns(unknown.label("unknown"))
            .where(DELIVERY.c.state.in_(OPEN), DELIVERY.c.channel != CANARY_CHANNEL)
            .group_by(DELIVERY.c.channel)
        )
        return [Waiting(ChannelName(row.channel), row.n, row.at, row.unknown) for row in self._db.execute(asked)]

    def dead(self) -> int:
        """Deliveries given up that wait for a person."""
        failed = (DELIVERY.c.state == DeliveryState.DEAD.value, DELIVERY.c.reason.not_in(CLOSED_WELL))
        asked = sa.select(sa.func.count()).select_from(DELIVERY).where(*failed, DELIVERY.c.channel != CANARY_CHANNEL)
        return self._db.execute(asked).scalar_one()

    def size_bytes(self) -> tuple[int, int]:
        """The database's size, and how much of it is free for new rows; PostgreSQL does not say the second: 0."""
        if self._db.dialect.name == "postgresql":
            return self._db.execute(sa.text("SELECT pg_database_size(current_database())")).scalar_one(), 0
        page, pages, free = (
            int(self._db.exec_driver_sql(f"PRAGMA {name}").scalar_one())
            for name in ("page_size", "page_count", "freelist_count")
        )
        return page * pages, page * free


def _since(at: datetime | None, now: datetime) -> timedelta:
    return max(timedelta(0), now - at) if at is not None else timedelta(0)
