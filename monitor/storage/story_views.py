"""Stories as a person looks at them: the newest, and all that is known of one.

Effects: database.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from monitor.model import Story, StoryId, TopicKey
from monitor.storage.articles import StoredArticle, to_stored
from monitor.storage.digests import HeldRecord, SentRecord, to_held, to_sent
from monitor.storage.rows import portions
from monitor.storage.story_tables import STORY
from monitor.storage.tables import ARTICLE, DIGEST, FEED, HELD_BACK, MATCH, SENT_LOG

HELD_MAX = 20
"""Reasons for not telling that are read, the latest."""


class StoryViews:
    """Questions about stories."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def newest(self, *, since: datetime | None, topic: TopicKey | None, limit: int) -> list[Story]:
        """The stories whose last article came since then and answers the topic, or another of theirs; newest first."""
        asked = sa.select(STORY).where(STORY.c.merged_into.is_(None), STORY.c.article_count > 0)
        if since is not None:
            asked = asked.where(STORY.c.last_article_at >= since)
        if topic is not None:
            asked = asked.where(STORY.c.id.in_(sa.select(MATCH.c.story_id).where(MATCH.c.topic == topic)))
        rows = self._db.execute(asked.order_by(STORY.c.last_article_at.desc(), STORY.c.id.desc()).limit(limit))
        return [
            Story(StoryId(row.id), row.created_at, row.last_article_at, row.article_count, row.merged_into)
            for row in rows
        ]

    def members(self, story_ids: Sequence[StoryId]) -> dict[StoryId, list[StoredArticle]]:
        """The articles of these stories that are kept, oldest first, without their texts."""
        found: dict[StoryId, list[StoredArticle]] = defaultdict(list)
        for some in portions(story_ids):
            asked = select_light().where(ARTICLE.c.story_id.in_(some)).order_by(ARTICLE.c.id)
            for row in self._db.execute(asked):
                found[StoryId(row.story_id)].append(to_stored(row))
        return found

    def topics_of(self, story_ids: Sequence[StoryId]) -> dict[StoryId, dict[TopicKey, int]]:
        """How many articles of each story answer which topic."""
        found: dict[StoryId, dict[TopicKey, int]] = defaultdict(dict)
        for some in portions(story_ids):
            asked = sa.select(MATCH.c.story_id, MATCH.c.topic, sa.func.count()).where(MATCH.c.story_id.in_(some))
            grouped = asked.group_by(MATCH.c.story_id, MATCH.c.topic).order_by(MATCH.c.topic)
            for story_id, topic, count in self._db.execute(grouped):
                found[StoryId(story_id)][TopicKey(topic)] = count
        return found

    def tellings(self, keys: Collection[int]) -> list[SentRecord]:
        """What channels were told under these keys, a story's, a text's or an article's id, in order."""
        rows: list[Row[Any]] = []
        for some in portions(sorted(keys)):
            rows += self._db.execute(sa.select(SENT_LOG).where(SENT_LOG.c.story_id.in_(some)))
        rows.sort(key=lambda row: (row.told_at, row.channel, row.story_id, row.telling))
        return [to_sent(row) for row in rows]

    def held(self, keys: Collection[int]) -> list[HeldRecord]:
        """The latest reasons for which digests did not tell what stands under these keys, oldest first."""
        rows: list[Row[Any]] = []
        join = sa.join(HELD_BACK, DIGEST, HELD_BACK.c.digest_id == DIGEST.c.id)
        for some in portions(sorted(keys)):
            asked = sa.select(DIGEST, HELD_BACK.c.channel, HELD_BACK.c.story_id, HELD_BACK.c.reason).select_from(join)
            newest = asked.where(HELD_BACK.c.story_id.in_(some)).order_by(DIGEST.c.id.desc()).limit(HELD_MAX)
            rows += self._db.execute(newest)
        rows.sort(key=lambda row: (row.id, row.channel))
        return [to_held(row) for row in rows[-HELD_MAX:]]


def select_light() -> sa.Select[Any]:
    """What `to_stored` reads, with an empty text: a story's texts may be megabytes."""
    columns = [column for column in ARTICLE.c if column.name != "text"]
    return sa.select(
        *columns, sa.literal("").label("text"), FEED.c.name.label("feed_name"), FEED.c.weight.label("feed_weight")
    ).select_from(sa.outerjoin(ARTICLE, FEED, ARTICLE.c.feed_id == FEED.c.id))
