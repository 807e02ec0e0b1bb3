"""Feeds as a person looks at them: what one brought, how late, at what cost, and who was first in its stories.

Each question goes along an index and reads a bounded number of rows.

Effects: database.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection, Row

from monitor.model import ArticleId, FeedId, Relation, StoryId, TopicKey
from monitor.storage.canary import IS_CANARY_FEED
from monitor.storage.care_tables import SIGHTING
from monitor.storage.health import FeedHealth, PollVisit, to_health, to_visit
from monitor.storage.rows import portions
from monitor.storage.story_tables import STORY
from monitor.storage.tables import ARTICLE, FEED, MATCH, POLL, SENT_LOG

_NEWS = ("new", "")
"""Standings of what may be told; articles of the first versions have none."""


class BroughtArticle(Struct, frozen=True):
    """An article of one feed, without its text."""

    id: ArticleId
    title: str
    url: str
    published_at: datetime | None
    seen_at: datetime
    is_news: bool
    """Whether it came as news: no baseline, no backlog."""
    story_id: StoryId
    relation: Relation
    quiet: bool


class FirstOfStory(Struct, frozen=True):
    """The article that a story began with."""

    feed_id: FeedId
    published_at: datetime | None
    seen_at: datetime
    articles: int
    """Of the story."""


class Cost(Struct, frozen=True):
    """The recorded visits of a time: those that brought something or failed."""

    visits: int
    failed: int
    new: int
    bytes_read: int
    elapsed_ms: int


class Timed(Struct, frozen=True):
    """An article that answers a topic, and when it was there."""

    article_id: ArticleId
    feed_id: FeedId
    published_at: datetime | None
    seen_at: datetime
    is_news: bool


class Place(Struct, frozen=True):
    """Where an article of a feed stands."""

    article_id: ArticleId
    story_id: StoryId
    is_copy: bool
    first_feed: FeedId | None
    """The feed that began the story; None where its first article is no longer kept."""


class Led(Struct, frozen=True):
    """A telling, and who led it."""

    key: StoryId
    """Under which it was told: a story, or a text or article by itself."""
    feed_id: FeedId | None
    """The feed of the article that led it; None where that is no longer kept."""


class FeedViews:
    """Questions about feeds and what they brought."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def get(self, feed_id: FeedId) -> FeedHealth | None:
        """One feed with its health; None where there is none."""
        row = self._db.execute(sa.select(FEED).where(FEED.c.id == feed_id, ~IS_CANARY_FEED)).first()
        return to_health(row, 0) if row else None

    def brought(self, feed_id: FeedId, limit: int, *, from_id: int = 0) -> list[BroughtArticle]:
        """The newest articles of the feed, not older than that of an id."""
        names = ("id", "title", "url", "published_at", "first_seen_at", "standing", "story_id", "relation", "quiet")
        asked = sa.select(*(ARTICLE.c[name] for name in names)).where(ARTICLE.c.feed_id == feed_id)
        rows = self._db.execute(asked.where(ARTICLE.c.id >= from_id).order_by(ARTICLE.c.id.desc()).limit(limit))
        return [_to_brought(row) for row in rows]

    def firsts(self, story_ids: Collection[StoryId]) -> dict[StoryId, FirstOfStory]:
        """How each of these stories began, whose first article is kept: a story has its first article's id."""
        found: dict[StoryId, FirstOfStory] = {}
        columns = (ARTICLE.c.id, ARTICLE.c.feed_id, ARTICLE.c.published_at, ARTICLE.c.first_seen_at)
        for some in portions(sorted(story_ids)):
            asked = (
                sa.select(*columns, STORY.c.article_count)
                .select_from(sa.join(ARTICLE, STORY, ARTICLE.c.id == STORY.c.id))
                .where(ARTICLE.c.id.in_(some))
            )
            for row in self._db.execute(asked):
                first = FirstOfStory(FeedId(row.feed_id), row.published_at, row.first_seen_at, row.article_count)
                found[StoryId(row.id)] = first
        return found

    def cost(self, feed_id: FeedId, since: datetime) -> Cost:
        """What its recorded visits since then took."""
        sums = [sa.func.coalesce(sa.func.sum(column), 0) for column in (POLL.c.new, POLL.c.bytes_read)]
        failed = sa.case((POLL.c.outcome.in_(("failed", "gone")), 1), else_=0)
        asked = sa.select(
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(failed), 0),
            *sums,
            sa.func.coalesce(sa.func.sum(POLL.c.elapsed_ms), 0),
        )
        row = self._db.execute(asked.where(POLL.c.feed_id == feed_id, POLL.c.polled_at >= since)).one()
        return Cost(*(int(number) for number in row))

    def visits(self, feed_id: FeedId, limit: int) -> list[PollVisit]:
        """Its recorded visits, the latest first."""
        asked = sa.select(POLL).where(POLL.c.feed_id == feed_id).order_by(POLL.c.polled_at.desc(), POLL.c.id.desc())
        return list(map(to_visit, self._db.execute(asked.limit(limit))))

    def seen_again(self, article_ids: Sequence[ArticleId]) -> dict[ArticleId, datetime]:
        """Until when each of these articles was shown again, by whichever feed."""
        found: dict[ArticleId, datetime] = {}
        for some in portions(article_ids):
            asked = sa.select(SIGHTING.c.article_id, sa.func.max(SIGHTING.c.last_at).label("at"))
            grouped = asked.where(SIGHTING.c.article_id.in_(some)).group_by(SIGHTING.c.article_id)
            found |= {ArticleId(row.article_id): row.at for row in self._db.execute(grouped)}
        return found

    def answers(self, article_ids: Sequence[ArticleId]) -> dict[ArticleId, list[TopicKey]]:
        """The topics that each of these articles answers."""
        found: dict[ArticleId, list[TopicKey]] = defaultdict(list)
        for some in portions(article_ids):
            asked = sa.select(MATCH.c.article_id, MATCH.c.topic).where(MATCH.c.article_id.in_(some))
            for row in self._db.execute(asked.order_by(MATCH.c.topic)):
                found[ArticleId(row.article_id)].append(TopicKey(row.topic))
        return found

    # --- for advice --------------------------------------------------------------------------------------------------

    def first_id_since(self, since: datetime) -> int:
        """The id of the first article seen since then: later ones have larger ids."""
        asked = sa.select(ARTICLE.c.id).where(ARTICLE.c.first_seen_at >= since).order_by(ARTICLE.c.first_seen_at)
        return self._db.execute(asked.limit(1)).scalar() or 0

    def never_first(self, from_id: int, look: int) -> list[FeedId]:
        """The feeds none of whose newest `look` articles, of that id or later, began a story as news.

        For nearly every feed one of the first few does.
        """
        newest = (
            sa.select(ARTICLE.c.id, ARTICLE.c.story_id, ARTICLE.c.standing)
            .where(ARTICLE.c.feed_id == FEED.c.id, ARTICLE.c.id >= from_id)
            .correlate(FEED)
            .order_by(ARTICLE.c.id.desc())
            .limit(look)
            .subquery()
        )
        began = sa.exists().where(newest.c.id == newest.c.story_id, newest.c.standing.in_(_NEWS))
        asked = sa.select(FEED.c.id).where(FEED.c.active, FEED.c.same_as.is_(None), ~IS_CANARY_FEED, ~began)
        return [FeedId(number) for number in self._db.execute(asked.order_by(FEED.c.id)).scalars()]

    def places(self, feed_id: FeedId, from_id: int, limit: int) -> list[Place]:
        """Where the feed's news of that id or later stands, the newest first: each story, and who began it."""
        first = ARTICLE.alias()
        join = sa.outerjoin(ARTICLE, first, first.c.id == ARTICLE.c.story_id)
        asked = (
            sa.select(ARTICLE.c.id, ARTICLE.c.story_id, ARTICLE.c.relation, first.c.feed_id)
            .select_from(join)
            .where(ARTICLE.c.feed_id == feed_id, ARTICLE.c.id >= from_id, ARTICLE.c.standing.in_(_NEWS))
        )
        rows = self._db.execute(asked.order_by(ARTICLE.c.id.desc()).limit(limit))
        return [
            Place(
                ArticleId(row.id),
                StoryId(row.story_id),
                row.relation == Relation.COPY.value,
                None if row.feed_id is None else FeedId(row.feed_id),
            )
            for row in rows
        ]

    def led(self, since: datetime, limit: int) -> list[Led]:
        """What was told since then, the latest first, and by which feeds' articles."""
        join = sa.outerjoin(SENT_LOG, ARTICLE, SENT_LOG.c.article_id == ARTICLE.c.id)
        asked = sa.select(SENT_LOG.c.story_id, ARTICLE.c.feed_id).select_from(join).where(SENT_LOG.c.told_at >= since)
        rows = self._db.execute(asked.order_by(SENT_LOG.c.told_at.desc()).limit(limit))
        return [Led(StoryId(row.story_id), None if row.feed_id is None else FeedId(row.feed_id)) for row in rows]

    def answered_by(self, story_ids: Collection[StoryId]) -> dict[StoryId, dict[TopicKey, frozenset[FeedId]]]:
        """For each of these stories and each topic it answers, the feeds of the articles that do."""
        sets: dict[StoryId, dict[TopicKey, set[FeedId]]] = defaultdict(lambda: defaultdict(set))
        join = sa.join(MATCH, ARTICLE, MATCH.c.article_id == ARTICLE.c.id)
        for some in portions(sorted(story_ids)):
            asked = sa.select(MATCH.c.story_id, MATCH.c.topic, ARTICLE.c.feed_id).select_from(join)
            for row in self._db.execute(asked.where(MATCH.c.story_id.in_(some)).distinct()):
                sets[StoryId(row.story_id)][TopicKey(row.topic)].add(FeedId(row.feed_id))
        return {one: {topic: frozenset(feeds) for topic, feeds in by.items()} for one, by in sets.items()}

    def matched_lately(self, from_id: int, limit: int) -> list[Timed]:
        """The newest articles that answer a topic, each once."""
        newest = (
            sa.select(MATCH.c.article_id)
            .where(MATCH.c.article_id >= from_id)
            .order_by(MATCH.c.article_id.desc())
            .limit(limit)
            .subquery()
        )
        names = ("id", "feed_id", "published_at", "first_seen_at", "standing")
        asked = sa.select(*(ARTICLE.c[name] for name in names)).where(ARTICLE.c.id.in_(sa.select(newest.c.article_id)))
        return [
            Timed(ArticleId(row.id), FeedId(row.feed_id), row.published_at, row.first_seen_at, row.standing in _NEWS)
            for row in self._db.execute(asked.order_by(ARTICLE.c.id.desc()))
        ]


def _to_brought(row: Row[Any]) -> BroughtArticle:
    return BroughtArticle(
        id=ArticleId(row.id),
        title=row.title,
        url=row.url,
        published_at=row.published_at,
        seen_at=row.first_seen_at,
        is_news=row.standing in _NEWS,
        story_id=StoryId(row.story_id),
        relation=Relation(row.relation),
        quiet=bool(row.quiet),
    )
