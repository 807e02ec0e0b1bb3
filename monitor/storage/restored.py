"""What is done to a copy that takes the archive's place, so that nothing is told twice by what it does not know.

Between the copy and now things were seen and told of which it has no row. So what waits in it is not told by itself,
its feeds are read anew as at the first time, and its ids go on far beyond those that were given out meanwhile: the
keys by which a channel is asked whether a message arrived are made of them.

Effects: database.
"""

from datetime import datetime

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection

from monitor.model import DeliveryState
from monitor.storage.canary import IS_CANARY_FEED
from monitor.storage.delivery_tables import DELIVERY
from monitor.storage.tables import ARTICLE, COUNTER, FEED, MATCH

IDS_BEYOND = 1_000_000
"""Ids passed over: more than a busy newsroom gives out in a month."""
REASON = "restored"
WHY = "it waited when the copy was made that was restored, and may have been sent since"


class Quieted(Struct, frozen=True):
    """What of a copy tells nothing any more by itself."""

    matches: int
    deliveries: int
    feeds: int


def newest_article_at(connection: Connection) -> datetime | None:
    """When the newest article came."""
    newest: datetime | None = connection.execute(sa.select(sa.func.max(ARTICLE.c.first_seen_at))).scalar()
    return newest


def quiet(connection: Connection, now: datetime) -> Quieted:
    """Let nothing of the copy be told that may have been told since it was made."""
    is_open = sa.and_(MATCH.c.digest_id.is_(None), MATCH.c.silent.is_(False))
    matches = connection.execute(sa.update(MATCH).where(is_open).values(silent=True)).rowcount
    waits = DELIVERY.c.state.in_((DeliveryState.PENDING.value, DeliveryState.LEASED.value))
    given_up = {
        "state": DeliveryState.DEAD.value, "reason": REASON, "error": WHY, "settled_at": now, "perhaps_sent": True,
        "lease_owner": None, "lease_until": None,
    }  # fmt: skip
    deliveries = connection.execute(sa.update(DELIVERY).where(waits).values(given_up)).rowcount
    # As at the first reading: what its feed shows now is stored and not told. Without validators it is read whole.
    as_new = {
        "first_polled_at": None, "etag": None, "last_modified": None, "validators_at": None, "body_hash": None,
        "entries_hash": None, "watermark_at": None, "next_poll_at": now, "lease_owner": None, "lease_until": None,
    }  # fmt: skip
    was_read = FEED.c.first_polled_at.is_not(None)
    counted = sa.select(sa.func.count()).select_from(FEED).where(was_read, sa.not_(IS_CANARY_FEED))
    feeds = int(connection.execute(counted).scalar_one())
    connection.execute(sa.update(FEED).where(was_read).values(as_new))
    connection.execute(sa.update(COUNTER).values(value=COUNTER.c.value + IDS_BEYOND))
    return Quieted(matches, deliveries, feeds)
