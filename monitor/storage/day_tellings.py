"""What was told in a span of time, story by story, to be compared with another run.

Effects: database.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.model import ChannelName, Telling, TopicKey
from monitor.storage.digests import SPLIT_REASON
from monitor.storage.rows import portions
from monitor.storage.tables import ARTICLE, SENT_LOG

TELLINGS_MAX = 50_000
"""In one span; a newsroom that is told a thousand stories a day is far below it."""
MEMBERS_MAX = 200
"""Articles looked at of one story."""


def read_tellings(connection: Connection, since: datetime, until: datetime) -> list[Telling]:
    """Every telling from then until then (not included), in the order they were told; those of a split are none."""
    question = (
        sa.select(SENT_LOG, ARTICLE.c.title, ARTICLE.c.url, ARTICLE.c.story_id.label("now_in"))
        .select_from(SENT_LOG)
        .outerjoin(ARTICLE, ARTICLE.c.id == SENT_LOG.c.article_id)
        .where(SENT_LOG.c.told_at >= since, SENT_LOG.c.told_at < until)
        .where(SENT_LOG.c.reason.not_like(f"{SPLIT_REASON} %"))
        .order_by(SENT_LOG.c.told_at, SENT_LOG.c.topic, SENT_LOG.c.channel, SENT_LOG.c.story_id, SENT_LOG.c.telling)
        .limit(TELLINGS_MAX)
    )
    rows = connection.execute(question).all()
    members = _members(connection, sorted({row.now_in or row.story_id for row in rows}))
    return [
        Telling(
            topic=TopicKey(row.topic),
            channel=ChannelName(row.channel),
            told_at=row.told_at,
            reason=row.reason,
            headline=row.title or "",
            url=row.url or "",
            members=frozenset(members[row.now_in or row.story_id]) | {row.url or row.title or ""} - {""},
        )
        for row in rows
    ]


def _members(connection: Connection, stories: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for some in portions(stories):
        question = sa.select(ARTICLE.c.story_id, ARTICLE.c.url, ARTICLE.c.title).where(ARTICLE.c.story_id.in_(some))
        for row in connection.execute(question.order_by(ARTICLE.c.id)):
            if len(found[row.story_id]) < MEMBERS_MAX:
                found[row.story_id].append(row.url or row.title)
    return found
