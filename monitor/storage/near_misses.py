"""Which articles nearly answered a topic, and others beside them, for the audit.

Effects: database.
"""

from datetime import datetime

import sqlalchemy as sa

from monitor.model import ArticleId, TopicKey
from monitor.storage.store import Transaction
from monitor.storage.tables import ARTICLE, NEAR_MISS


def near_misses(tx: Transaction, topic: TopicKey, since: datetime, limit: int) -> list[ArticleId]:
    """The articles that nearly answered the topic since then, those with the best scores first."""
    question = (
        sa.select(NEAR_MISS.c.article_id)
        .where(NEAR_MISS.c.topic == topic, NEAR_MISS.c.at >= since)
        .order_by(NEAR_MISS.c.score.desc(), NEAR_MISS.c.article_id.desc())
        .limit(limit)
    )
    return [ArticleId(number) for number in tx.connection.execute(question).scalars()]


def articles_since(tx: Transaction, since: datetime) -> list[ArticleId]:
    """Every article first seen since then, the oldest first."""
    question = sa.select(ARTICLE.c.id).where(ARTICLE.c.first_seen_at >= since).order_by(ARTICLE.c.id)
    return [ArticleId(number) for number in tx.connection.execute(question).scalars()]
