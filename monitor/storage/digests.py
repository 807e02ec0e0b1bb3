"""Closed digests and the sent log: what each channel was told, and what it was not told and why.

Effects: database.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from monitor.digests.compose import HeldBack, Telling, Told
from monitor.model import ChannelName, DigestId, DigestKind, StoryId, TopicKey
from monitor.storage.rows import insert_into, insert_new, portions, take_ids
from monitor.storage.tables import DIGEST, HELD_BACK, SENT_LOG

SPLIT_REASON = "split from story"
"""How the reason of a telling begins that was no message: the state of a story that a person split, copied."""


@dataclass(frozen=True, slots=True)
class StoredDigest:
    """A closed digest."""

    id: DigestId
    topic: TopicKey
    slot: str
    kind: DigestKind
    window_start: datetime
    window_end: datetime
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class SentRecord:
    """One telling of a story to a channel, for `explain`."""

    channel: ChannelName
    story_id: StoryId
    telling: int
    topic: TopicKey
    digest_id: DigestId
    told_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class HeldRecord:
    """Why a digest did not tell a story to a channel, for `explain`."""

    digest: StoredDigest
    channel: ChannelName
    reason: str


class DigestTable:
    """Questions and changes of digests and the sent log."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def close(
        self,
        topic: TopicKey,
        slot: str,
        kind: DigestKind,
        *,
        window_start: datetime,
        window_end: datetime,
        now: datetime,
    ) -> DigestId | None:
        """Close a slot of a topic: its id, or None when it was closed before, by whomever."""
        [number] = take_ids(self._db, "digest", 1)
        values = {
            "id": number,
            "topic": topic,
            "slot": slot,
            "kind": kind.value,
            "window_start": window_start,
            "window_end": window_end,
            "closed_at": now,
        }
        statement = insert_into(self._db, DIGEST).values(values).on_conflict_do_nothing().returning(DIGEST.c.id)
        made = self._db.execute(statement).scalar()
        return None if made is None else DigestId(made)

    def told(self, channel: ChannelName, story_ids: Sequence[StoryId]) -> dict[StoryId, Told]:
        """What the channel was told of these stories: the latest telling of each that was told at all."""
        found: dict[StoryId, Told] = {}
        for some in portions(story_ids):
            rows = self._db.execute(
                sa.select(SENT_LOG)
                .where(SENT_LOG.c.channel == channel, SENT_LOG.c.story_id.in_(some))
                .order_by(SENT_LOG.c.story_id, SENT_LOG.c.telling)
            )
            for row in rows:  # the last one of each story stays
                found[StoryId(row.story_id)] = Told(
                    last_at=row.told_at,
                    tellings=row.telling + 1,
                    article_count=row.article_count,
                    publisher_count=row.publisher_count,
                    independent_count=row.independent_count,
                )
        return found

    def log_told(
        self, channel: ChannelName, digest_id: DigestId, topic: TopicKey, tellings: Sequence[Telling], now: datetime
    ) -> None:
        """Write down what the channel is told. The key (channel, story, telling) makes a second writer fail whole."""
        rows = [
            {
                "channel": channel,
                "story_id": telling.story_id,
                "telling": telling.telling,
                "article_id": telling.article_id,
                "digest_id": digest_id,
                "topic": topic,
                "told_at": now,
                "reason": telling.reason,
                "article_count": telling.article_count,
                "publisher_count": telling.publisher_count,
                "independent_count": telling.independent_count,
            }
            for telling in tellings
        ]
        if rows:
            self._db.execute(sa.insert(SENT_LOG), rows)

    def log_held(self, channel: ChannelName, digest_id: DigestId, held: Sequence[HeldBack]) -> None:
        """Write down why stories were not told to the channel."""
        rows = [
            {"digest_id": digest_id, "channel": channel, "story_id": item.story_id, "reason": item.reason}
            for item in held
        ]
        insert_new(self._db, HELD_BACK, rows)

    def by_ids(self, ids: Sequence[DigestId]) -> Mapping[DigestId, StoredDigest]:
        """The digests of these ids."""
        found: dict[DigestId, StoredDigest] = {}
        for some in portions(ids):
            for row in self._db.execute(sa.select(DIGEST).where(DIGEST.c.id.in_(some))):
                found[DigestId(row.id)] = to_digest(row)
        return found

    def tellings_of(self, story_id: StoryId) -> list[SentRecord]:
        """Every telling of the story, on every channel, in order."""
        rows = self._db.execute(
            sa.select(SENT_LOG).where(SENT_LOG.c.story_id == story_id).order_by(SENT_LOG.c.told_at, SENT_LOG.c.channel)
        )
        return [
            SentRecord(
                channel=ChannelName(row.channel),
                story_id=StoryId(row.story_id),
                telling=row.telling,
                topic=TopicKey(row.topic),
                digest_id=DigestId(row.digest_id),
                told_at=row.told_at,
                reason=row.reason,
            )
            for row in rows
        ]

    def held_of(self, story_id: StoryId, *, limit: int = 20) -> list[HeldRecord]:
        """The latest reasons for which digests did not tell the story, oldest first."""
        join = sa.join(HELD_BACK, DIGEST, HELD_BACK.c.digest_id == DIGEST.c.id)
        rows = self._db.execute(
            sa.select(DIGEST, HELD_BACK.c.channel, HELD_BACK.c.reason)
            .select_from(join)
            .where(HELD_BACK.c.story_id == story_id)
            .order_by(DIGEST.c.id.desc())
            .limit(limit)
        )
        return [HeldRecord(to_digest(row), ChannelName(row.channel), row.reason) for row in reversed(list(rows))]

    def count_told_since(self, since: datetime) -> int:
        """How many tellings there were since then, over all channels."""
        told = sa.and_(SENT_LOG.c.told_at >= since, SENT_LOG.c.reason.not_like(f"{SPLIT_REASON} %"))
        question = sa.select(sa.func.count()).select_from(SENT_LOG).where(told)
        return self._db.execute(question).scalar_one()


def to_digest(row: Row[Any]) -> StoredDigest:
    """A row of the digest table as the model."""
    return StoredDigest(
        id=DigestId(row.id),
        topic=TopicKey(row.topic),
        slot=row.slot,
        kind=DigestKind(row.kind),
        window_start=row.window_start,
        window_end=row.window_end,
        closed_at=row.closed_at,
    )
