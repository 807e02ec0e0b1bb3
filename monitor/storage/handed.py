"""What visits brought, handed over by who visits to who stores articles. A feed stands here at most once.

Effects: database.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection

from monitor.model import Feed, FeedId
from monitor.storage.feed_rows import to_feed
from monitor.storage.rows import portions
from monitor.storage.run_tables import HANDED
from monitor.storage.tables import FEED

LEASE_S = 86_400
"""The feed is not visited again before its news is stored; a day, for one whose row is lost by other hands."""
AGAIN_S = 300
"""Until a feed is visited again whose news could not be read: where two versions differ, each visit ends so."""
TRIES_MAX = 4
"""So often what is handed over may be begun and its process be lost: then it is what ends them, and is given up."""
GIVEN_UP_S = 3_600
"""Until a feed is visited again whose news ended each process that began to store it."""


class HandOver(Struct, frozen=True):
    """What a visit brought, ready to be kept."""

    feed_id: FeedId
    bytes_read: int
    body: bytes


class Handed(Struct, frozen=True):
    """What a visit brought, and its feed as it is now."""

    id: int
    feed: Feed
    body: bytes
    tries: int = 0
    """How often its storing was begun before and neither done nor given up: whoever did so was lost."""


class Waiting(Struct, frozen=True):
    """How much is handed over and not stored."""

    feeds: int
    bytes_read: int
    oldest_at: datetime | None


def owner_of(handed_id: int) -> str:
    """Under which name the feed of something handed over is leased."""
    return f"handed:{handed_id}"


class HandedTable:
    """Questions and changes of what is handed over."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def hand_over(self, owner: str, brought: Sequence[HandOver], now: datetime) -> set[FeedId]:
        """Keep what visits brought, with the feeds' leases; those whose lease is the owner's no more are left out.

        Returns which were kept. What an earlier visit left behind under a lost lease is replaced.
        """
        kept: set[FeedId] = set()
        for item in sorted(brought, key=lambda one: one.feed_id):  # as others who write feeds, so that none waits
            mine = sa.update(FEED).where(FEED.c.id == item.feed_id, FEED.c.lease_owner == owner)
            until = now + timedelta(seconds=LEASE_S)
            if not self._db.execute(mine.values(lease_until=until)).rowcount:
                continue
            self._db.execute(sa.delete(HANDED).where(HANDED.c.feed_id == item.feed_id))
            values = {"feed_id": item.feed_id, "at": now, "bytes_read": item.bytes_read, "body": item.body}
            number: int = self._db.execute(sa.insert(HANDED).values(values).returning(HANDED.c.id)).scalar_one()
            self._db.execute(sa.update(FEED).where(FEED.c.id == item.feed_id).values(lease_owner=owner_of(number)))
            kept.add(item.feed_id)
        return kept

    def next(self, *, feeds: int, bytes_read: int) -> list[Handed]:
        """The first that were handed over, in that order: at most so many feeds and, but for the first, bytes.

        What was begun before comes alone: it may be what ended whoever began it.
        """
        asked = sa.select(HANDED.c.id, HANDED.c.bytes_read, HANDED.c.tries)
        asked = asked.join(FEED, FEED.c.id == HANDED.c.feed_id)
        sizes = self._db.execute(asked.order_by(HANDED.c.id).limit(feeds)).all()
        chosen: dict[int, int] = {}
        total = 0
        for number, size, tries in sizes:
            total += size
            if chosen and (total > bytes_read or tries):
                break
            chosen[number] = tries
            if tries:
                break
        if not chosen:
            return []
        bodies = self._db.execute(
            sa.select(HANDED.c.id, HANDED.c.feed_id, HANDED.c.body).where(HANDED.c.id.in_(chosen))
        )
        found: Mapping[int, tuple[int, bytes]] = {number: (feed_id, body) for number, feed_id, body in bodies}
        feed_ids = [feed_id for feed_id, _ in found.values()]
        rows = self._db.execute(sa.select(FEED).where(FEED.c.id.in_(feed_ids)))
        known = {row.id: to_feed(row) for row in rows}
        return [
            Handed(number, known[found[number][0]], found[number][1], tries)
            for number, tries in chosen.items()
            if number in found
        ]

    def begin(self, ids: Collection[int]) -> None:
        """Note that the storing of these begins; committed before it does."""
        self._set_tries(ids, HANDED.c.tries + 1)

    def live_on(self, ids: Collection[int]) -> None:
        """Note that whoever began these is there: what is left of them is as if it had not been begun."""
        self._set_tries(ids, sa.literal(0))

    def _set_tries(self, ids: Collection[int], tries: sa.ColumnElement[int]) -> None:
        for some in portions(sorted(ids)):
            self._db.execute(sa.update(HANDED).where(HANDED.c.id.in_(some)).values(tries=tries))

    def remove(self, ids: Collection[int]) -> None:
        """Forget what was stored, or cannot be."""
        for some in portions(sorted(ids)):
            self._db.execute(sa.delete(HANDED).where(HANDED.c.id.in_(some)))

    def settle(self, owners: Collection[str]) -> None:
        """Forget what was handed over under these names: it was stored."""
        self.remove([int(owner.partition(":")[2]) for owner in owners])

    def drop(self, ids: Collection[int], now: datetime, again_s: int = AGAIN_S) -> None:
        """Forget what cannot be read or stored, and have its feeds visited again after so many seconds."""
        owners = [owner_of(number) for number in sorted(ids)]
        again_at = now + timedelta(seconds=again_s)
        for some in portions(owners):
            freed = sa.update(FEED).where(FEED.c.lease_owner.in_(some))
            self._db.execute(freed.values(lease_owner=None, lease_until=None, next_poll_at=again_at))
        self.remove(ids)

    def waiting(self) -> Waiting:
        """How much waits."""
        asked = sa.select(
            sa.func.count(), sa.func.coalesce(sa.func.sum(HANDED.c.bytes_read), 0), sa.func.min(HANDED.c.at)
        )
        feeds, bytes_read, oldest = self._db.execute(asked.select_from(HANDED)).one()
        return Waiting(feeds, int(bytes_read), oldest)
