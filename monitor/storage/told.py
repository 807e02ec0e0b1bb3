"""What was told of a topic, the latest stories first, for its Atom feed.

Effects: database.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from monitor.model import StoryId, ToldStory, TopicKey
from monitor.storage.digests import SPLIT_REASON
from monitor.storage.tables import ARTICLE, FEED, SENT_LOG

TOLD_MAX = 50
_ROWS_MAX = 2_000
"""Tellings that are looked through for so many stories: a story is told a few times, on a few channels."""


class ToldTable:
    """Questions about what was told."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def latest(self, topic: TopicKey, limit: int = TOLD_MAX) -> list[ToldStory]:
        """The stories told last under the topic, the newest telling first; those whose articles are gone are not."""
        question = (
            sa.select(
                SENT_LOG,
                ARTICLE.c.title,
                ARTICLE.c.url,
                ARTICLE.c.source,
                ARTICLE.c.text,
                FEED.c.name.label("feed_name"),
            )
            .select_from(SENT_LOG)
            .join(ARTICLE, SENT_LOG.c.article_id == ARTICLE.c.id)
            .outerjoin(FEED, ARTICLE.c.feed_id == FEED.c.id)
            .where(SENT_LOG.c.topic == topic, SENT_LOG.c.reason.not_like(f"{SPLIT_REASON} %"))
            .order_by(SENT_LOG.c.told_at.desc(), SENT_LOG.c.story_id, SENT_LOG.c.telling.desc(), SENT_LOG.c.channel)
            .limit(_ROWS_MAX)
        )
        by_story: dict[int, list[Row[Any]]] = {}
        for row in self._db.execute(question):
            by_story.setdefault(row.story_id, []).append(row)
        return [_to_told(rows) for rows in list(by_story.values())[:limit]]


def _to_told(rows: list[Row[Any]]) -> ToldStory:
    newest = rows[0]
    return ToldStory(
        story_id=StoryId(newest.story_id),
        title=newest.title,
        url=newest.url or "",
        outlet=newest.source or newest.feed_name or "",
        text=newest.text or "",
        told_at=rows[-1].told_at,
        updated_at=newest.told_at,
        publisher_count=max(row.publisher_count for row in rows),
        independent_count=max(row.independent_count for row in rows),
        article_count=max(row.article_count for row in rows),
    )
