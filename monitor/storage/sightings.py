"""When a feed showed an article again, and by which of its names it was known then: for `explain`.

Effects: database.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection

from monitor.model import ArticleId, FeedId
from monitor.storage.care_tables import SIGHTING
from monitor.storage.rows import portions, upsert
from monitor.storage.tables import FEED
from monitor.stories.identity import AliasKind

RENEWED_AFTER = timedelta(days=1)
"""How old a row grows before it is written again: an entry stands in its feed for days, and is seen at every change."""


class Seen(Struct, frozen=True):
    """An entry of a visit that is an article we have."""

    article_id: ArticleId
    feed_id: FeedId
    kind: AliasKind
    """The name it was known by."""


class Sighting(Struct, frozen=True):
    """That a feed showed an article again."""

    feed_id: FeedId
    feed: str
    kind: AliasKind
    first_at: datetime
    last_at: datetime
    """At most a day before it was really seen last."""


class SightingTable:
    """Questions and changes of sightings."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def note(self, seen: Sequence[Seen], now: datetime) -> int:
        """Write down what was met for the first time, or not for a day; returns how many rows that took.

        One question for a batch of usual size, and nothing is written where all of it was met within a day.
        """
        wanted = {(one.article_id, one.feed_id, int(one.kind)) for one in seen}
        known: dict[tuple[int, int, int], datetime] = {}
        for some in portions(sorted({one.article_id for one in seen})):
            rows = self._db.execute(
                sa.select(SIGHTING.c.article_id, SIGHTING.c.feed_id, SIGHTING.c.kind, SIGHTING.c.last_at).where(
                    SIGHTING.c.article_id.in_(some)
                )
            )
            known |= {(row[0], row[1], row[2]): row[3] for row in rows}
        # One written in the future by a clock that was wrong is put right.
        due = sorted(key for key in wanted if key not in known or abs(now - known[key]) >= RENEWED_AFTER)
        upsert(
            self._db,
            SIGHTING,
            [
                {"article_id": article, "feed_id": feed, "kind": kind, "first_at": now, "last_at": now}
                for article, feed, kind in due
            ],
            update=["last_at"],
        )
        return len(due)

    def of_article(self, article_id: ArticleId) -> list[Sighting]:
        """Every feed and name under which the article was shown again, in the order they were first met."""
        rows = self._db.execute(
            sa.select(SIGHTING, FEED.c.name)
            .select_from(sa.outerjoin(SIGHTING, FEED, SIGHTING.c.feed_id == FEED.c.id))
            .where(SIGHTING.c.article_id == article_id)
            .order_by(SIGHTING.c.first_at, SIGHTING.c.feed_id, SIGHTING.c.kind)
        )
        return [
            Sighting(FeedId(row.feed_id), row.name or "", AliasKind(row.kind), row.first_at, row.last_at)
            for row in rows
        ]

    def forget(self, article_ids: Iterable[ArticleId]) -> None:
        """Remove the sightings of swept articles."""
        for some in portions(list(article_ids)):
            self._db.execute(sa.delete(SIGHTING).where(SIGHTING.c.article_id.in_(some)))
