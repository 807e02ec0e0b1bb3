"""What a channel was told under a number, for whoever answers a question about it.

Effects: database.
"""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from msgspec import Struct

from monitor.model import ArticleId, ChannelName, StoryId, TopicKey
from monitor.storage.mutes import stories_now
from monitor.storage.store import Transaction
from monitor.storage.tables import ARTICLE, SENT_LOG

TELLINGS_MAX = 200
"""Of one story, the newest; each has a time of its own to wait for."""
NUMBER_MAX = 2**63 - 1


class ToldStory(Struct, frozen=True):
    """A story that channels were told of."""

    story_id: StoryId
    """Where it stands now; also of a text or an article that was told by itself."""
    article_id: ArticleId
    """What led the latest telling."""
    topic: TopicKey
    """Under which that was."""
    title: str
    """Empty where the article is past the retention."""
    channels: tuple[ChannelName, ...]
    """Which of those asked about were told."""


def find_told(tx: Transaction, channels: Collection[ChannelName], number: int) -> ToldStory | None:
    """What these channels were told under this number, wherever it stands now; None where they never were."""
    if not 0 < number <= NUMBER_MAX:
        return None
    asked = StoryId(number)
    now_in = stories_now(tx.connection, [asked])[asked]
    question = (
        sa.select(SENT_LOG, ARTICLE.c.title, ARTICLE.c.story_id.label("now_story_id"))
        .select_from(SENT_LOG)
        .outerjoin(ARTICLE, SENT_LOG.c.article_id == ARTICLE.c.id)
        .where(SENT_LOG.c.channel.in_(sorted(channels)), SENT_LOG.c.story_id.in_({asked, now_in}))
        .order_by(SENT_LOG.c.told_at.desc(), SENT_LOG.c.telling.desc())
        .limit(TELLINGS_MAX)
    )
    rows = list(tx.connection.execute(question))
    if not rows:
        return None
    latest = rows[0]
    return ToldStory(
        story_id=now_in if latest.now_story_id is None else StoryId(latest.now_story_id),
        article_id=ArticleId(latest.article_id),
        topic=TopicKey(latest.topic),
        title=latest.title or "",
        channels=tuple(sorted({ChannelName(row.channel) for row in rows})),
    )


def count_told(tx: Transaction, channels: Collection[ChannelName], since: datetime) -> dict[TopicKey, int]:
    """How many tellings of each topic these channels had since then."""
    question = (
        sa.select(SENT_LOG.c.topic, sa.func.count())
        .where(SENT_LOG.c.channel.in_(sorted(channels)), SENT_LOG.c.told_at >= since)
        .group_by(SENT_LOG.c.topic)
    )
    return {TopicKey(topic): count for topic, count in tx.connection.execute(question)}
