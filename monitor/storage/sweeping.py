"""What is past its time: found by reading alone, so that nobody waits for it, and removed by its key.

How long the rows of each table live stands in docs/operations.md.

Effects: database.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection

from monitor.model import ChannelName, DeliveryState
from monitor.storage.articles import day_of
from monitor.storage.delivery_tables import DELIVERY, RECIPIENT
from monitor.storage.recipients import READER
from monitor.storage.rows import PORTION
from monitor.storage.story_tables import STORY, STORY_CHANGE
from monitor.storage.tables import ARTICLE, DIGEST, ENTRY_ALIAS, FEED, HEARTBEAT, HELD_BACK, SENT_LOG, TOPIC

NAMES_MAX = 50_000
"""Old names read at one time."""
Key = tuple[Any, ...]


class Past(Struct, frozen=True):
    """Rows of a table that are past their time."""

    table: sa.Table
    condition: sa.ColumnElement[bool]


def _has_article(story_id: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return sa.exists().where(ARTICLE.c.story_id == story_id)


def past_stories(before: datetime) -> Past:
    """Stories that are long over and have no article left."""
    return Past(STORY, sa.and_(STORY.c.last_article_at < before, ~_has_article(STORY.c.id)))


def past_tellings(before: datetime) -> Past:
    """The sent log: never of a story that has an article left, nor of such an article."""
    led = sa.exists().where(ARTICLE.c.id == SENT_LOG.c.article_id)
    return Past(SENT_LOG, sa.and_(SENT_LOG.c.told_at < before, ~_has_article(SENT_LOG.c.story_id), ~led))


def past_digests(before: datetime) -> Past:
    """Digests closed before then."""
    return Past(DIGEST, DIGEST.c.closed_at < before)


def past_deliveries(before: datetime) -> Past:
    """Deliveries sent or given up before then; what is open stays, however old."""
    closed = DELIVERY.c.state.in_((DeliveryState.SENT.value, DeliveryState.DEAD.value))
    return Past(DELIVERY, sa.and_(DELIVERY.c.settled_at < before, closed))


def lost_holds() -> Past:
    """What digests held back that are gone themselves."""
    is_gone = ~sa.exists().where(DIGEST.c.id == HELD_BACK.c.digest_id)
    return Past(HELD_BACK, sa.and_(HELD_BACK.c.digest_id != 0, is_gone))


def past_changes(before: datetime) -> Past:
    """What people changed in stories of which nothing is left."""
    left = sa.or_(_has_article(STORY_CHANGE.c.story_id), _has_article(STORY_CHANGE.c.other_id))
    return Past(STORY_CHANGE, sa.and_(STORY_CHANGE.c.at < before, ~left))


def past_topics(before: datetime) -> Past:
    """Topics that left the watchlist and were not told of since then."""
    last_at = sa.func.coalesce(TOPIC.c.last_closed_at, TOPIC.c.created_at)
    return Past(TOPIC, sa.and_(~TOPIC.c.active, TOPIC.c.created_at < before, last_at < before))


def past_feeds(before: datetime) -> Past:
    """Feeds that left the configuration, were not visited since then, and have nothing left here."""
    names = sa.exists().where(ENTRY_ALIAS.c.feed_id == FEED.c.id)
    return Past(FEED, sa.and_(~FEED.c.active, FEED.c.last_poll_at < before, ~names))


def past_recipients(before: datetime) -> Past:
    """Whom no channel writes to since then. Who left by a link stays known: writing anew must not reach them."""
    return Past(RECIPIENT, sa.and_(RECIPIENT.c.left_at < before, RECIPIENT.c.stopped_by != READER))


def past_beats(before: datetime) -> Past:
    """Parts of the daemon that did nothing since then."""
    return Past(HEARTBEAT, HEARTBEAT.c.at < before)


class SweepTable:
    """What a sweep asks, and what it removes."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def find(self, past: Past, *, limit: int) -> list[Key]:
        """The keys of up to so many rows."""
        keys = sa.select(*past.table.primary_key.columns).where(past.condition)
        return [tuple(row) for row in self._db.execute(keys.limit(limit))]

    def forget(self, past: Past, keys: Sequence[Key]) -> int:
        """Remove these rows, as far as they are still past; how many went."""
        columns = list(past.table.primary_key.columns)
        mine = sa.and_(*(column == sa.bindparam(f"b_{column.name}") for column in columns))
        rows = [{f"b_{column.name}": value for column, value in zip(columns, key, strict=True)} for key in keys]
        if len(columns) > 1:
            gone = sa.delete(past.table).where(mine, past.condition)
            for row in rows:
                self._db.execute(gone, row)
            return len(rows)
        [column] = columns
        for start in range(0, len(keys), PORTION):
            some = [key[0] for key in keys[start : start + PORTION]]
            self._db.execute(sa.delete(past.table).where(column.in_(some), past.condition))
        return len(keys)

    def feeds(self) -> list[int]:
        """Every feed with names, by id."""
        return list(self._db.execute(sa.select(FEED.c.id).order_by(FEED.c.id)).scalars())

    def old_names(self, first: int, last: int, before: datetime) -> list[Key]:
        """Names of the feeds whose ids lie between these two that were not shown since then, `NAMES_MAX` at most."""
        old = sa.select(ENTRY_ALIAS.c.feed_id, ENTRY_ALIAS.c.kind, ENTRY_ALIAS.c.key)
        mine = sa.and_(ENTRY_ALIAS.c.feed_id.between(first, last), ENTRY_ALIAS.c.seen_day < day_of(before))
        return [tuple(row) for row in self._db.execute(old.where(mine).limit(NAMES_MAX))]

    def forget_names(self, keys: Sequence[Key], before: datetime) -> None:
        """Remove these names; one that was shown again meanwhile stays."""
        if keys:
            gone = sa.delete(ENTRY_ALIAS).where(
                ENTRY_ALIAS.c.feed_id == sa.bindparam("b_feed"),
                ENTRY_ALIAS.c.kind == sa.bindparam("b_kind"),
                ENTRY_ALIAS.c.key == sa.bindparam("b_key"),
                ENTRY_ALIAS.c.seen_day < day_of(before),
            )
            names = ("b_feed", "b_kind", "b_key")
            self._db.execute(gone, [dict(zip(names, key, strict=True)) for key in keys])

    def note_recipients(self, configured: Collection[tuple[ChannelName, str]], now: datetime) -> None:
        """Remember since when nobody is written to who is not configured; who is again, is as if never gone."""
        wanted = set(configured)
        rows = self._db.execute(sa.select(RECIPIENT.c.channel, RECIPIENT.c.address, RECIPIENT.c.left_at)).all()
        for channel, address, left_at in rows:
            is_wanted = (channel, address) in wanted
            if is_wanted == (left_at is None):
                continue
            mine = sa.and_(RECIPIENT.c.channel == channel, RECIPIENT.c.address == address)
            self._db.execute(sa.update(RECIPIENT).where(mine).values(left_at=None if is_wanted else now))

    def live_bytes(self) -> int | None:
        """How much of the file is in use; None on PostgreSQL, whose tables do not shrink when rows go."""
        if self._db.dialect.name != "sqlite":
            return None
        pages, free, size = (
            self._db.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("page_count", "freelist_count", "page_size")
        )
        return (int(pages) - int(free)) * int(size)
