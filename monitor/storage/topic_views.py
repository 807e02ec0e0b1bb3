"""A topic as a person looks at it: its newest matches, its scores, its stories with what became of them.

Every question goes by the ids of articles, which grow with time and which the keys of the tables hold in order, and
looks at a bounded number of rows.

Effects: database.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection

from monitor.model import ArticleId, ChannelName, DeliveryState, DigestId, Match, StoryId, TopicKey
from monitor.storage.delivery_tables import DELIVERY
from monitor.storage.digests import SPLIT_REASON, HeldRecord, SentRecord, to_held, to_sent
from monitor.storage.matches import match_columns, to_match
from monitor.storage.rows import portions
from monitor.storage.tables import ARTICLE, DIGEST, FEED, HELD_BACK, MATCH, NEAR_MISS, SENT_LOG

COUNTED_MAX = 20_000
"""Matches, and near misses, of one topic that are counted, the newest: nobody's month has more."""
TELLINGS_MAX = 5_000
"""Tellings of some hundred stories that are read: the newest."""


class MatchLine(Struct, frozen=True):
    """A match, without its evidence."""

    article_id: ArticleId
    story_id: StoryId
    score: int
    matched_at: datetime
    silent: bool
    digest_id: DigestId | None


class TopicViews:
    """Questions about topics."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def first_since(self, since: datetime) -> ArticleId:
        """The first article seen since then; one past the last where there is none."""
        seen = sa.select(ARTICLE.c.id).where(ARTICLE.c.first_seen_at >= since)
        found = self._db.execute(seen.order_by(ARTICLE.c.first_seen_at, ARTICLE.c.id).limit(1)).scalar()
        if found is None:
            found = self._db.execute(sa.select(sa.func.coalesce(sa.func.max(ARTICLE.c.id), 0) + 1)).scalar_one()
        return ArticleId(found)

    def newest(self, topic: TopicKey, *, before: ArticleId | None, limit: int) -> list[MatchLine]:
        """The topic's matches of the newest articles below that one, the newest first."""
        columns = (MATCH.c.article_id, MATCH.c.story_id, MATCH.c.score, MATCH.c.matched_at, MATCH.c.silent)
        asked = sa.select(*columns, MATCH.c.digest_id).where(MATCH.c.topic == topic)
        if before is not None:
            asked = asked.where(MATCH.c.article_id < before)
        return [
            MatchLine(
                ArticleId(row.article_id),
                StoryId(row.story_id),
                row.score,
                row.matched_at,
                bool(row.silent),
                None if row.digest_id is None else DigestId(row.digest_id),
            )
            for row in self._db.execute(asked.order_by(MATCH.c.article_id.desc()).limit(limit))
        ]

    def later(self, topic: TopicKey, stories: Collection[StoryId], start: ArticleId) -> set[StoryId]:
        """Those of these stories of which an article from that one on answers the topic."""
        found: set[StoryId] = set()
        for some in portions(sorted(stories)):
            joined = sa.join(ARTICLE, MATCH, sa.and_(MATCH.c.article_id == ARTICLE.c.id, MATCH.c.topic == topic))
            asked = sa.select(ARTICLE.c.story_id).select_from(joined).distinct()
            rows = self._db.execute(asked.where(ARTICLE.c.story_id.in_(some), ARTICLE.c.id >= start))
            found.update(map(StoryId, rows.scalars()))
        return found

    def matches_of(self, topic: TopicKey, articles: Sequence[ArticleId]) -> dict[ArticleId, Match]:
        """The topic's matches of these articles, with their evidence."""
        found: dict[ArticleId, Match] = {}
        for some in portions(articles):
            asked = sa.select(*match_columns()).where(MATCH.c.topic == topic, MATCH.c.article_id.in_(some))
            found |= {ArticleId(row.match_article_id): to_match(row) for row in self._db.execute(asked)}
        return found

    def scores(self, topic: TopicKey, first: ArticleId) -> dict[int, int]:
        """How many of the topic's matches, of articles from that one on, have which score."""
        newest = sa.select(MATCH.c.score).where(MATCH.c.topic == topic, MATCH.c.article_id >= first)
        return self._counted(newest.order_by(MATCH.c.article_id.desc()))

    def near_scores(self, topic: TopicKey, first: ArticleId) -> dict[int, int]:
        """The same of near misses."""
        newest = sa.select(NEAR_MISS.c.score).where(NEAR_MISS.c.topic == topic, NEAR_MISS.c.article_id >= first)
        return self._counted(newest.order_by(NEAR_MISS.c.article_id.desc()))

    def _counted(self, newest: sa.Select[Any]) -> dict[int, int]:
        some = newest.limit(COUNTED_MAX).subquery()
        asked = sa.select(some.c.score, sa.func.count()).group_by(some.c.score)
        return {int(score): int(count) for score, count in self._db.execute(asked)}

    def times(self, topic: TopicKey, first: ArticleId) -> list[datetime]:
        """When articles from that one on answered the topic, in order; without what was kept in silence."""
        asked = sa.select(MATCH.c.matched_at).where(
            MATCH.c.topic == topic, MATCH.c.article_id >= first, MATCH.c.silent.is_(False)
        )
        return sorted(self._db.execute(asked.order_by(MATCH.c.article_id.desc()).limit(COUNTED_MAX)).scalars())

    def counts(self, topics: Sequence[TopicKey], first: ArticleId) -> dict[TopicKey, int]:
        """How many articles from that one on answer each of these; without what was kept in silence."""
        found: dict[TopicKey, int] = {}
        for some in portions(topics):
            asked = sa.select(MATCH.c.topic, sa.func.count()).where(
                MATCH.c.topic.in_(some), MATCH.c.article_id >= first, MATCH.c.silent.is_(False)
            )
            found |= {TopicKey(key): count for key, count in self._db.execute(asked.group_by(MATCH.c.topic))}
        return found

    def told_counts(self, topics: Sequence[TopicKey], since: datetime) -> dict[TopicKey, int]:
        """How many stories of each of these were told since then, on any channel."""
        found: dict[TopicKey, int] = {}
        for some in portions(topics):
            asked = sa.select(SENT_LOG.c.topic, sa.func.count(sa.distinct(SENT_LOG.c.story_id))).where(
                SENT_LOG.c.topic.in_(some),
                SENT_LOG.c.told_at >= since,
                SENT_LOG.c.reason.not_like(f"{SPLIT_REASON} %"),
            )
            found |= {TopicKey(key): count for key, count in self._db.execute(asked.group_by(SENT_LOG.c.topic))}
        return found

    def told_under(self, topic: TopicKey, keys: Collection[int]) -> dict[int, list[SentRecord]]:
        """What channels were told for the topic under these keys, a story's, a text's or an article's, in order."""
        found: dict[int, list[SentRecord]] = defaultdict(list)
        for some in portions(sorted(keys)):
            asked = sa.select(SENT_LOG).where(SENT_LOG.c.story_id.in_(some), SENT_LOG.c.topic == topic)
            for row in self._db.execute(asked.order_by(SENT_LOG.c.told_at.desc()).limit(TELLINGS_MAX)):
                found[row.story_id].append(to_sent(row))
        return dict(found)

    def latest_held(self, topic: TopicKey, keys: Collection[int]) -> HeldRecord | None:
        """Why a digest of the topic last did not tell what stands under one of these keys."""
        join = sa.join(HELD_BACK, DIGEST, HELD_BACK.c.digest_id == DIGEST.c.id)
        columns = (DIGEST, HELD_BACK.c.channel, HELD_BACK.c.story_id, HELD_BACK.c.reason)
        asked = sa.select(*columns).select_from(join).where(DIGEST.c.topic == topic)
        found: list[HeldRecord] = []
        for some in portions(sorted(keys)):
            mine = asked.where(HELD_BACK.c.story_id.in_(some)).order_by(HELD_BACK.c.digest_id.desc()).limit(1)
            found += map(to_held, self._db.execute(mine))
        return max(found, key=lambda one: one.digest.id, default=None)

    def delivered(self, digests: Collection[DigestId]) -> set[tuple[DigestId, ChannelName]]:
        """Which of these digests arrived, in part at least, on which channel."""
        found: set[tuple[DigestId, ChannelName]] = set()
        for some in portions(sorted(digests)):
            asked = sa.select(DELIVERY.c.digest_id, DELIVERY.c.channel).distinct()
            rows = self._db.execute(
                asked.where(DELIVERY.c.digest_id.in_(some), DELIVERY.c.state == DeliveryState.SENT.value)
            )
            found.update((DigestId(number), ChannelName(name)) for number, name in rows)
        return found

    def newest_ids(self, before: ArticleId, first: ArticleId, limit: int) -> list[ArticleId]:
        """The newest articles below that one and from the first on, the newest first."""
        asked = sa.select(ARTICLE.c.id).where(ARTICLE.c.id < before, ARTICLE.c.id >= first)
        rows = self._db.execute(asked.order_by(ARTICLE.c.id.desc()).limit(limit))
        return [ArticleId(number) for number in rows.scalars()]

    def stories_of(self, articles: Sequence[ArticleId]) -> dict[ArticleId, StoryId]:
        """In which story each of these articles stands, as far as they are kept."""
        found: dict[ArticleId, StoryId] = {}
        for some in portions(articles):
            rows = self._db.execute(sa.select(ARTICLE.c.id, ARTICLE.c.story_id).where(ARTICLE.c.id.in_(some)))
            found |= {ArticleId(row.id): StoryId(row.story_id) for row in rows}
        return found

    def of_feed(self, articles: Sequence[ArticleId], feed: str) -> set[ArticleId]:
        """Those of these articles that came by the feed of this name."""
        found: set[ArticleId] = set()
        ids = sa.select(FEED.c.id).where(FEED.c.name == feed)
        for some in portions(articles):
            asked = sa.select(ARTICLE.c.id).where(ARTICLE.c.id.in_(some), ARTICLE.c.feed_id.in_(ids))
            found.update(map(ArticleId, self._db.execute(asked).scalars()))
        return found
