"""The way of what was told: when its articles were published, seen and matched, and when its channel took the message.

Effects: database.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection, Row

from monitor.model import ChannelName, DeliveryId, DeliveryKind, DeliveryState, DigestId, DigestKind, FeedId, TopicKey
from monitor.storage.delivery_tables import DELIVERY
from monitor.storage.digests import SPLIT_REASON
from monitor.storage.rows import portions
from monitor.storage.tables import ARTICLE, DIGEST, FEED, MATCH, SENT_LOG

WAYS_MAX = 500
"""Tellings that are looked at at a time, the newest."""
_AT_ONCE = (DigestKind.NOW.value, DigestKind.BREAKING.value)


class Way(Struct, frozen=True):
    """One story told to one channel, with the moments it passed.

    What made it news is the first article of it that the digest took; of a breaking story, the last.
    """

    topic: TopicKey
    channel: ChannelName
    digest_id: DigestId
    kind: DigestKind
    slot: str
    published_at: datetime | None
    seen_at: datetime
    matched_at: datetime
    closed_at: datetime
    """When the digest closed."""
    taken_at: datetime | None
    """When the channel took the first message of it; None where it has not."""
    is_dropped: bool
    """Whether a person dropped it before it was taken."""
    feed_id: FeedId


class TargetViews:
    """Questions of what was told, and how soon."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def told_by(self, digest_id: DigestId, channel: ChannelName, *, but: DeliveryId) -> list[Way]:
        """What a digest told a channel; nothing where another message of it than `but` was taken before."""
        mine = (DELIVERY.c.digest_id == digest_id, DELIVERY.c.channel == channel, DELIVERY.c.id != but)
        sent = (DELIVERY.c.kind == DeliveryKind.DIGEST.value, DELIVERY.c.state == DeliveryState.SENT.value)
        if self._db.execute(sa.select(DELIVERY.c.id).where(*mine, *sent).limit(1)).first() is not None:
            return []
        digest = self._db.execute(sa.select(DIGEST).where(DIGEST.c.id == digest_id)).first()
        if digest is None:
            return []
        # By topic and moment, which an index holds; a digest and its tellings are of one moment.
        at = (SENT_LOG.c.topic == digest.topic, SENT_LOG.c.told_at == digest.closed_at)
        return self._ways(*at, SENT_LOG.c.digest_id == digest_id, SENT_LOG.c.channel == channel, with_news=True)

    def told_since(self, topic: TopicKey, since: datetime, *, limit: int = WAYS_MAX) -> list[Way]:
        """What a topic told since then, the newest first, at most `limit`; none whose article is swept.

        Of what was told in a slot, `seen_at` and `matched_at` are those of the article that led it.
        """
        return self._ways(SENT_LOG.c.topic == topic, SENT_LOG.c.told_at >= since, limit=limit)

    def intervals(self) -> dict[FeedId, timedelta]:
        """How often each feed is visited at present."""
        rows = self._db.execute(sa.select(FEED.c.id, FEED.c.interval_s).where(FEED.c.active))
        return {FeedId(row.id): timedelta(seconds=row.interval_s) for row in rows}

    def _ways(self, *conditions: sa.ColumnElement[bool], with_news: bool = False, limit: int = WAYS_MAX) -> list[Way]:
        question = (
            sa.select(
                SENT_LOG.c.topic,
                SENT_LOG.c.channel,
                SENT_LOG.c.digest_id,
                DIGEST.c.kind,
                DIGEST.c.slot,
                DIGEST.c.closed_at,
                ARTICLE.c.published_at,
                ARTICLE.c.first_seen_at,
                ARTICLE.c.story_id,
                ARTICLE.c.feed_id,
            )
            .select_from(SENT_LOG)
            .join(DIGEST, DIGEST.c.id == SENT_LOG.c.digest_id)
            .join(ARTICLE, ARTICLE.c.id == SENT_LOG.c.article_id)
            .where(*conditions, ~SENT_LOG.c.reason.startswith(SPLIT_REASON))
            .order_by(SENT_LOG.c.told_at.desc(), SENT_LOG.c.channel, SENT_LOG.c.story_id)
            .limit(limit)
        )
        rows: list[Row[Any]] = list(self._db.execute(question))
        digests = sorted({row.digest_id for row in rows})
        of_news = sorted({row.digest_id for row in rows if with_news or row.kind in _AT_ONCE})
        news = self._news({row.topic for row in rows}, of_news)
        taken, dropped = self._taken(digests)
        return [
            _to_way(row, news.get((row.digest_id, row.story_id)), taken, dropped)
            for row in rows
            if (row.digest_id, row.channel) in taken
        ]

    def _news(self, topics: Collection[str], digests: Sequence[int]) -> dict[tuple[int, int], list[Row[Any]]]:
        """The articles that each digest took of each story, as they were seen."""
        found: dict[tuple[int, int], list[Row[Any]]] = {}
        for some in portions(digests):
            question = (
                sa.select(
                    MATCH.c.digest_id,
                    MATCH.c.story_id,
                    MATCH.c.matched_at,
                    ARTICLE.c.first_seen_at,
                    ARTICLE.c.published_at,
                    ARTICLE.c.feed_id,
                )
                .join(ARTICLE, ARTICLE.c.id == MATCH.c.article_id)
                .where(MATCH.c.topic.in_(sorted(topics)), MATCH.c.digest_id.in_(some), ~MATCH.c.silent)
                .order_by(ARTICLE.c.first_seen_at, ARTICLE.c.id)
            )
            articles: list[Row[Any]] = list(self._db.execute(question))
            for row in articles:
                found.setdefault((row.digest_id, row.story_id), []).append(row)
        return found

    def _taken(
        self, digests: Sequence[int]
    ) -> tuple[dict[tuple[int, str], datetime | None], frozenset[tuple[int, str]]]:
        """When each channel took its first message of each digest, None where it has not; and what was dropped."""
        taken: dict[tuple[int, str], datetime | None] = {}
        dropped: set[tuple[int, str]] = set()
        sent = sa.case((DELIVERY.c.state == DeliveryState.SENT.value, DELIVERY.c.settled_at))
        gone = sa.case((DELIVERY.c.reason == "dropped", 1), else_=0)
        for some in portions(digests):
            question = (
                sa.select(
                    DELIVERY.c.digest_id,
                    DELIVERY.c.channel,
                    sa.func.min(sent, type_=DELIVERY.c.settled_at.type).label("at"),
                    sa.func.min(gone).label("gone"),
                )
                .where(DELIVERY.c.digest_id.in_(some), DELIVERY.c.kind == DeliveryKind.DIGEST.value)
                .group_by(DELIVERY.c.digest_id, DELIVERY.c.channel)
            )
            for row in self._db.execute(question):
                taken[row.digest_id, row.channel] = row.at
                if row.gone:
                    dropped.add((row.digest_id, row.channel))
        return taken, frozenset(dropped)


def _to_way(
    row: Row[Any],
    news: Sequence[Row[Any]] | None,
    taken: dict[tuple[int, str], datetime | None],
    dropped: frozenset[tuple[int, str]],
) -> Way:
    kind, key = DigestKind(row.kind), (row.digest_id, row.channel)
    chosen = row if not news else news[-1] if kind is DigestKind.BREAKING else news[0]
    return Way(
        topic=TopicKey(row.topic),
        channel=ChannelName(row.channel),
        digest_id=DigestId(row.digest_id),
        kind=kind,
        slot=row.slot,
        published_at=chosen.published_at,
        seen_at=chosen.first_seen_at,
        matched_at=chosen.matched_at if news else chosen.first_seen_at,
        closed_at=row.closed_at,
        taken_at=taken[key],
        is_dropped=key in dropped,
        feed_id=FeedId(chosen.feed_id),
    )
