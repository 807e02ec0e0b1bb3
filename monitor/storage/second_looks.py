"""Alerted articles whose pages are looked at again: which are due, who looks, who was told.

Effects: database.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection, Row

from monitor.digests.second_look import LOOKS_AFTER, OPEN_STATES, LookChoice, Looked, LookState
from monitor.model import Article, ArticleId, ChannelName, DeliveryId, DeliveryKind, DeliveryState, DigestId, TopicKey
from monitor.storage.articles import select_articles, to_stored
from monitor.storage.delivery_tables import DELIVERY, SECOND_LOOK
from monitor.storage.digests import SPLIT_REASON
from monitor.storage.rows import insert_new, portions
from monitor.storage.tables import ARTICLE, SENT_LOG
from monitor.urls import host_of

LEASE_S = 180
"""As for a page: robots.txt and the page (15 s each), its turn at the parser behind others (10 s each)."""
CANDIDATES_MAX = 200
"""Due looks among which hosts are told apart."""
_CLAIMING = 7_295_001_844
"""PostgreSQL's advisory lock under which looks are claimed, so that two workers never visit one host together."""
_OPEN = tuple(state.value for state in OPEN_STATES)


class LookTask(Struct, frozen=True):
    """A claimed look."""

    article: Article
    looked: Looked


class StoredLook(Struct, frozen=True):
    """The looks at an article as they stand."""

    told_at: datetime
    looks: int
    state: LookState
    next_at: datetime
    noted_title: str
    reason: str


class ToldAt(Struct, frozen=True):
    """Where a channel, and a recipient of it, was told of an article: the message in whose thread more can be said."""

    channel: ChannelName
    topic: TopicKey
    root: DeliveryId
    digest_id: DigestId
    """The root's."""
    lane: str


class SecondLookTable:
    """Questions and changes of second looks."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def add(self, article_ids: Iterable[ArticleId], told_at: datetime) -> None:
        """Look at the pages of these articles again; one that is looked at, or was, keeps its own times."""
        rows = [
            {
                "article_id": number,
                "told_at": told_at,
                "looks": 0,
                "next_at": told_at + LOOKS_AFTER[0],
                "state": LookState.WATCHED.value,
                "title": "",
                "error": "",
            }
            for number in sorted(set(article_ids))
        ]
        insert_new(self._db, SECOND_LOOK, rows)

    def is_due(self, now: datetime) -> bool:
        """Whether a page is to be looked at now."""
        return self._db.execute(sa.select(SECOND_LOOK.c.article_id).where(_due(now)).limit(1)).first() is not None

    def claim(self, now: datetime, *, owner: str, limit: int) -> list[LookTask]:
        """Lease up to `limit` due looks, the longest waiting first, one of each host and none of a host being visited.

        A worker that dies keeps its looks until the lease ends.
        """
        if self._db.dialect.name == "postgresql":
            self._db.execute(sa.select(sa.func.pg_advisory_xact_lock(_CLAIMING)))
        joined = sa.join(SECOND_LOOK, ARTICLE, SECOND_LOOK.c.article_id == ARTICLE.c.id)
        urls = sa.select(SECOND_LOOK.c.article_id, ARTICLE.c.url).select_from(joined)
        under_way = urls.where(SECOND_LOOK.c.lease_owner.is_not(None), SECOND_LOOK.c.next_at > now)
        hosts = {host_of(row.url) for row in self._db.execute(under_way)}
        waiting = urls.where(_due(now)).order_by(SECOND_LOOK.c.next_at, SECOND_LOOK.c.article_id)
        ids: list[int] = []
        for row in self._db.execute(waiting.limit(CANDIDATES_MAX)):
            host = host_of(row.url)
            if len(ids) < limit and host not in hosts:
                hosts.add(host)
                ids.append(row.article_id)
        if not ids:
            return []
        change = sa.update(SECOND_LOOK).where(SECOND_LOOK.c.article_id.in_(ids), _due(now))
        lease_until = now + timedelta(seconds=LEASE_S)
        leased = change.values(lease_owner=owner, next_at=lease_until).returning(SECOND_LOOK)
        rows = {row.article_id: row for row in self._db.execute(leased)}
        articles = self._db.execute(select_articles().where(ARTICLE.c.id.in_(sorted(rows))).order_by(ARTICLE.c.id))
        return [_to_task(rows[row.id], to_stored(row).article) for row in articles]

    def settle(self, task: LookTask, choice: LookChoice, *, owner: str, now: datetime) -> bool:
        """Write what a look came to and end its lease; False, and nothing written, where the lease is another's."""
        return self._end(
            task,
            owner,
            {
                "looks": choice.looks,
                "state": choice.state.value,
                "next_at": choice.next_at or now,
                "title": choice.noted_title,
                "error": choice.reason,
            },
        )

    def put_off(self, task: LookTask, until: datetime, *, owner: str) -> bool:
        """Let the look be made again at `until`, as if it had not been; False where the lease is another's."""
        return self._end(task, owner, {"next_at": until})

    def _end(self, task: LookTask, owner: str, values: dict[str, Any]) -> bool:
        change = sa.update(SECOND_LOOK).where(
            SECOND_LOOK.c.article_id == task.article.id,
            SECOND_LOOK.c.lease_owner == owner,
            SECOND_LOOK.c.state.in_(_OPEN),
        )
        return self._db.execute(change.values(**values, lease_owner=None)).rowcount == 1

    def release(self, now: datetime, owner: str | None = None) -> int:
        """End every lease of the owner, or of everybody: what was not settled is due again at once."""
        held = sa.update(SECOND_LOOK).where(SECOND_LOOK.c.lease_owner.is_not(None))
        if owner is not None:
            held = held.where(SECOND_LOOK.c.lease_owner == owner)
        return self._db.execute(held.values(lease_owner=None, next_at=now)).rowcount

    def of_article(self, article_id: ArticleId) -> StoredLook | None:
        """The looks at an article; None where it never alerted."""
        row = self._db.execute(sa.select(SECOND_LOOK).where(SECOND_LOOK.c.article_id == article_id)).first()
        if row is None:
            return None
        return StoredLook(row.told_at, row.looks, LookState(row.state), row.next_at, row.title, row.error)

    def told_of(self, article_id: ArticleId) -> list[ToldAt]:
        """Who was told of the article as a story's lead: per channel and lane its latest telling's thread.

        A telling that failed or was dropped told nobody, and is not in it.
        """
        latest: dict[str, Row[Any]] = {}
        told = sa.select(SENT_LOG).where(
            SENT_LOG.c.article_id == article_id, SENT_LOG.c.reason.not_like(f"{SPLIT_REASON} %")
        )
        for row in self._db.execute(told.order_by(SENT_LOG.c.told_at, SENT_LOG.c.digest_id)):
            latest[row.channel] = row
        return [place for channel in sorted(latest) for place in self._places(latest[channel])]

    def _places(self, telling: Row[Any]) -> Sequence[ToldAt]:
        root = DELIVERY.alias("root")
        rows = self._db.execute(
            sa.select(DELIVERY.c.lane, root.c.id, root.c.digest_id)
            .select_from(sa.join(DELIVERY, root, root.c.id == sa.func.coalesce(DELIVERY.c.thread_of, DELIVERY.c.id)))
            .where(
                DELIVERY.c.digest_id == telling.digest_id,
                DELIVERY.c.channel == telling.channel,
                DELIVERY.c.part == 1,
                DELIVERY.c.kind == DeliveryKind.DIGEST.value,
                DELIVERY.c.state != DeliveryState.DEAD.value,
            )
            .order_by(DELIVERY.c.id)
        )
        channel, topic = ChannelName(telling.channel), TopicKey(telling.topic)
        return [ToldAt(channel, topic, DeliveryId(row.id), DigestId(row.digest_id), row.lane) for row in rows]

    def forget(self, article_ids: Sequence[ArticleId]) -> None:
        """Remove the looks at swept articles."""
        for some in portions(article_ids):
            self._db.execute(sa.delete(SECOND_LOOK).where(SECOND_LOOK.c.article_id.in_(some)))


def _due(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(SECOND_LOOK.c.state.in_(_OPEN), SECOND_LOOK.c.next_at <= now)


def _to_task(row: Row[Any], article: Article) -> LookTask:
    looked = Looked(article.title, article.text, row.told_at, row.looks, LookState(row.state), row.title)
    return LookTask(article, looked)
