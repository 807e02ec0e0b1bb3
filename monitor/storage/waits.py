"""Why what answers a topic waits, before any digest could decide: quiet hours, or a channel without room.

A wait stands among what digests held back, under no digest: it is over with the next one, and what it said stays.

Effects: database.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection

from monitor.model import ChannelName, StoryId, TopicKey
from monitor.model.ids import NO_DIGEST
from monitor.storage.rows import insert_into, portions
from monitor.storage.tables import ARTICLE, DIGEST, HELD_BACK, MATCH

STORIES_MAX = 200
"""Stories for which one wait is written down, the newest: a topic that has more open has been waiting for days."""


class Wait(Struct, frozen=True):
    """Why a story waited for a channel, the last time it did."""

    channel: ChannelName
    story_id: StoryId
    reason: str
    gate: str
    """`quiet` or `room`."""


class WaitTable:
    """Questions and changes of waits."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def note(self, topic: TopicKey, channels: Iterable[ChannelName], reason: str, gate: str) -> None:
        """Write down for what is open of the topic why it waits; the latest reason stands. One statement a channel."""
        is_open = (MATCH.c.topic == topic, MATCH.c.digest_id.is_(None), MATCH.c.silent.is_(False))
        newest = (
            sa.select(MATCH.c.story_id)
            .where(*is_open)
            .group_by(MATCH.c.story_id)
            .order_by(sa.func.max(MATCH.c.matched_at).desc(), MATCH.c.story_id.desc())
            .limit(STORIES_MAX)
            .subquery()
        )
        columns = ("digest_id", "channel", "story_id", "reason", "gate")
        for channel in channels:
            values = (sa.literal(int(NO_DIGEST)), sa.literal(channel), newest.c.story_id)
            rows = sa.select(*values, sa.literal(f'topic "{topic}": {reason}'), sa.literal(gate)).where(sa.true())
            statement = insert_into(self._db, HELD_BACK).from_select(columns, rows)
            changed = {"reason": statement.excluded.reason, "gate": statement.excluded.gate}
            keys = ["digest_id", "channel", "story_id"]
            # A look comes every few seconds: what already says so is not written again.
            is_new = HELD_BACK.c.reason != statement.excluded.reason
            self._db.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed, where=is_new))

    def of_story(self, story_id: StoryId) -> list[Wait]:
        """Why the story, or an article of it, last waited; by channel."""
        articles = sa.select(ARTICLE.c.id).where(ARTICLE.c.story_id == story_id)
        rows = self._db.execute(
            sa.select(HELD_BACK)
            .where(HELD_BACK.c.digest_id == NO_DIGEST)
            .where(sa.or_(HELD_BACK.c.story_id == story_id, HELD_BACK.c.story_id.in_(articles)))
            .order_by(HELD_BACK.c.channel, HELD_BACK.c.story_id)
        )
        return [Wait(ChannelName(row.channel), StoryId(row.story_id), row.reason, row.gate) for row in rows]

    def forget(self, story_ids: Sequence[int]) -> None:
        """Remove the waits of swept stories, by the ids of their first articles."""
        for some in portions(story_ids):
            self._db.execute(
                sa.delete(HELD_BACK).where(HELD_BACK.c.story_id.in_(some), HELD_BACK.c.digest_id == NO_DIGEST)
            )

    def past_held(self, before: datetime, *, limit: int) -> list[int]:
        """Up to so many digests closed before then that held something back."""
        held = sa.exists().where(HELD_BACK.c.digest_id == DIGEST.c.id)
        old = sa.select(DIGEST.c.id).where(DIGEST.c.closed_at < before, held).order_by(DIGEST.c.id).limit(limit)
        return list(self._db.execute(old).scalars())

    def forget_held(self, ids: Sequence[int]) -> None:
        """Remove what these digests held back."""
        for some in portions(ids):
            self._db.execute(sa.delete(HELD_BACK).where(HELD_BACK.c.digest_id.in_(some)))
