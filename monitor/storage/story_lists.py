"""Stories a page at a time: the newest, those that answer a topic, those that were told; and a few facts of each.

Every list goes along an index and stops after a bounded number of rows, however large the archive is.

Effects: database.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection, Row

from monitor.model import ArticleId, ChannelName, Story, StoryId, TopicKey
from monitor.storage.articles import StoredArticle, to_stored
from monitor.storage.rows import portions
from monitor.storage.story_tables import STORY
from monitor.storage.story_views import select_light
from monitor.storage.tables import ARTICLE, MATCH, SENT_LOG

MEMBERS_MAX = 20_000
"""Articles of a portion of stories whose tellings by themselves are looked for."""


class MatchedAt(Struct, frozen=True):
    """An article that answers a topic, and its story."""

    article_id: ArticleId
    story_id: StoryId


class ToldAt(Struct, frozen=True):
    """A row of the sent log: under a story's id, or that of a text or article told by itself."""

    told_at: datetime
    key: StoryId


class Answer(Struct, frozen=True):
    """How a story answers a topic."""

    topic: TopicKey
    articles: int
    score: int
    """The best of its articles."""
    waiting: int
    """Matches that no digest has taken and that may still be told."""


class StoryLists:
    """Questions about stories in order."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def newest(self, before: tuple[datetime, int] | None, limit: int) -> list[Story]:
        """Stories by their last article, the newest first, behind the one of that time and id."""
        asked = sa.select(STORY).where(STORY.c.merged_into.is_(None), STORY.c.article_count > 0)
        if before is not None:
            at, number = before
            same = sa.and_(STORY.c.last_article_at == at, STORY.c.id < number)
            asked = asked.where(STORY.c.last_article_at <= at, sa.or_(STORY.c.last_article_at < at, same))
        rows = self._db.execute(asked.order_by(STORY.c.last_article_at.desc(), STORY.c.id.desc()).limit(limit))
        return list(map(_to_story, rows))

    def get(self, ids: Sequence[StoryId]) -> dict[StoryId, Story]:
        """Those of these stories that are there."""
        found: dict[StoryId, Story] = {}
        for some in portions(ids):
            for row in self._db.execute(sa.select(STORY).where(STORY.c.id.in_(some))):
                found[StoryId(row.id)] = _to_story(row)
        return found

    def matched(self, topic: TopicKey | None, before: ArticleId | None, limit: int) -> list[MatchedAt]:
        """Articles that answer the topic, or any, the newest first; one that answers several comes several times."""
        asked = sa.select(MATCH.c.article_id, MATCH.c.story_id)
        if topic is not None:
            asked = asked.where(MATCH.c.topic == topic)
        if before is not None:
            asked = asked.where(MATCH.c.article_id < before)
        rows = self._db.execute(asked.order_by(MATCH.c.article_id.desc()).limit(limit))
        return [MatchedAt(ArticleId(row.article_id), StoryId(row.story_id)) for row in rows]

    def last_matched(self, ids: Collection[StoryId], topic: TopicKey | None) -> dict[StoryId, ArticleId]:
        """The newest article of each of these stories that answers the topic, or any."""
        found: dict[StoryId, ArticleId] = {}
        for some in portions(sorted(ids)):
            asked = sa.select(MATCH.c.story_id, sa.func.max(MATCH.c.article_id)).where(MATCH.c.story_id.in_(some))
            if topic is not None:
                asked = asked.where(MATCH.c.topic == topic)
            for story_id, article_id in self._db.execute(asked.group_by(MATCH.c.story_id)):
                found[StoryId(story_id)] = ArticleId(article_id)
        return found

    def told(self, topic: TopicKey | None, before: tuple[datetime, int] | None, limit: int) -> list[ToldAt]:
        """What channels were told, the latest first; a story told on several channels comes several times."""
        asked = sa.select(SENT_LOG.c.told_at, SENT_LOG.c.story_id)
        if topic is not None:
            asked = asked.where(SENT_LOG.c.topic == topic)
        if before is not None:
            at, number = before
            same = sa.and_(SENT_LOG.c.told_at == at, SENT_LOG.c.story_id < number)
            asked = asked.where(SENT_LOG.c.told_at <= at, sa.or_(SENT_LOG.c.told_at < at, same))
        ordered = asked.order_by(SENT_LOG.c.told_at.desc(), SENT_LOG.c.story_id.desc()).limit(limit)
        return [ToldAt(row.told_at, StoryId(row.story_id)) for row in self._db.execute(ordered)]

    def last_told(self, keys: Collection[StoryId]) -> dict[StoryId, datetime]:
        """When each of these was told last."""
        found: dict[StoryId, datetime] = {}
        for some in portions(sorted(keys)):
            asked = sa.select(SENT_LOG.c.story_id, sa.func.max(SENT_LOG.c.told_at).label("at"))
            for row in self._db.execute(asked.where(SENT_LOG.c.story_id.in_(some)).group_by(SENT_LOG.c.story_id)):
                found[StoryId(row.story_id)] = row.at
        return found

    def stories_of(self, keys: Collection[StoryId]) -> dict[StoryId, StoryId]:
        """Where the article stands now under whose id something was told; of the others nothing is there."""
        found: dict[StoryId, StoryId] = {}
        for some in portions(sorted(keys)):
            asked = sa.select(ARTICLE.c.id, ARTICLE.c.story_id).where(ARTICLE.c.id.in_(some))
            for number, story_id in self._db.execute(asked):
                found[StoryId(number)] = StoryId(story_id)
        return found

    def told_on(self, ids: Collection[StoryId]) -> dict[StoryId, list[ChannelName]]:
        """The channels that were told each of these stories, or a text or article of it by itself."""
        keys: dict[int, StoryId] = {int(number): number for number in ids}
        for some in portions(sorted(ids)):
            asked = sa.select(ARTICLE.c.id, ARTICLE.c.story_id).where(ARTICLE.c.story_id.in_(some))
            for row in self._db.execute(asked.limit(MEMBERS_MAX)):
                keys[row.id] = StoryId(row.story_id)
        found: dict[StoryId, set[str]] = defaultdict(set)
        for numbers in portions(sorted(keys)):
            asked = (
                sa.select(SENT_LOG.c.story_id, SENT_LOG.c.channel).where(SENT_LOG.c.story_id.in_(numbers)).distinct()
            )
            for key, channel in self._db.execute(asked):
                found[keys[key]].add(channel)
        return {number: [ChannelName(name) for name in sorted(names)] for number, names in found.items()}

    def members(self, story_id: StoryId, limit: int) -> list[StoredArticle]:
        """The first articles of a story, oldest first, without their texts."""
        asked = select_light().where(ARTICLE.c.story_id == story_id).order_by(ARTICLE.c.id).limit(limit)
        return list(map(to_stored, self._db.execute(asked)))

    def answers(self, story_id: StoryId) -> list[Answer]:
        """Which topics the story answers, and how."""
        waits = sa.case((sa.and_(MATCH.c.digest_id.is_(None), MATCH.c.silent.is_(False)), 1), else_=0)
        asked = (
            sa.select(MATCH.c.topic, sa.func.count().label("n"), sa.func.max(MATCH.c.score).label("score"))
            .add_columns(sa.func.sum(waits).label("waiting"))
            .where(MATCH.c.story_id == story_id)
            .group_by(MATCH.c.topic)
            .order_by(MATCH.c.topic)
        )
        return [Answer(TopicKey(row.topic), row.n, row.score, int(row.waiting)) for row in self._db.execute(asked)]

    def topics_of_articles(self, ids: Sequence[ArticleId]) -> dict[ArticleId, dict[TopicKey, int]]:
        """The topics that each of these articles answers, with its score."""
        found: dict[ArticleId, dict[TopicKey, int]] = defaultdict(dict)
        for some in portions(ids):
            asked = sa.select(MATCH.c.article_id, MATCH.c.topic, MATCH.c.score).where(MATCH.c.article_id.in_(some))
            for row in self._db.execute(asked.order_by(MATCH.c.topic)):
                found[ArticleId(row.article_id)][TopicKey(row.topic)] = row.score
        return found


def _to_story(row: Row[Any]) -> Story:
    merged_into = None if row.merged_into is None else StoryId(row.merged_into)
    return Story(StoryId(row.id), row.created_at, row.last_article_at, row.article_count, merged_into)
