"""Closed digests and the sent log: what each channel was told, and what it was not told and why.

Effects: database.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection, Row

from monitor.digests.compose import HeldBack, Telling, Told
from monitor.digests.follow_ups import Untold
from monitor.digests.things import key_of_article
from monitor.model import ArticleId, ChannelName, Dedup, DigestId, DigestKind, StoryId, TopicKey
from monitor.storage.articles import select_articles, to_stored
from monitor.storage.delivery_tables import DELIVERY, FOLLOW_UP
from monitor.storage.rows import insert_into, insert_new, portions, take_ids
from monitor.storage.tables import ARTICLE, DIGEST, HELD_BACK, MATCH, SENT_LOG

UNTOLD_MAX = 5_000
"""Articles that the daily appendix of a topic looks at, the newest."""
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

SPLIT_REASON = "split from story"
"""How the reason of a telling begins that was no message: the state of a story that a person split, copied."""


class StoredDigest(Struct, frozen=True):
    """A closed digest."""

    id: DigestId
    topic: TopicKey
    slot: str
    kind: DigestKind
    window_start: datetime
    window_end: datetime
    closed_at: datetime


class SentRecord(Struct, frozen=True):
    """One telling of a story to a channel, for `explain`."""

    channel: ChannelName
    story_id: StoryId
    """What was told: the story, or by its own id a text or article of it."""
    telling: int
    topic: TopicKey
    digest_id: DigestId
    told_at: datetime
    reason: str
    article_id: ArticleId
    """The article that led it."""


class HeldRecord(Struct, frozen=True):
    """Why a digest did not tell a story to a channel, for `explain`."""

    digest: StoredDigest
    channel: ChannelName
    story_id: StoryId
    """What was not told: the story, or by its own id a text or article of it."""
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

    def told(
        self,
        channel: ChannelName,
        keys: Sequence[StoryId],
        *,
        dedup: Dedup = Dedup.BALANCED,
        stories: Sequence[StoryId] | None = None,
    ) -> dict[StoryId, Told]:
        """What the channel was told of these things, by their keys; a thing that no row speaks of is not in it.

        A telling is of a thing when the article that led it is of that thing now, whatever `dedup` it was told under
        and in whatever story it stood then; or when it was written under the thing's key. Since keys of articles,
        texts and stories come from one counter, a telling of a story is none of a text or an article that happens to
        have the story's id: there the article decides, as long as we have it. `stories` are the stories that the
        things are of, the keys themselves unless told.
        """
        wanted = set(keys)
        rows: dict[tuple[int, int], Row[Any]] = {}
        for some in portions(sorted(wanted)):
            rows |= self._sent(channel, SENT_LOG.c.story_id.in_(some))
        for some in portions(sorted(set(keys if stories is None else stories))):
            articles = sa.select(ARTICLE.c.id).where(ARTICLE.c.story_id.in_(some))
            rows |= self._sent(channel, SENT_LOG.c.article_id.in_(articles))
        counted: dict[StoryId, list[Row[Any]]] = defaultdict(list)
        numbers: dict[StoryId, int] = {}
        for row in rows.values():
            of_article = key_of_article(dedup, row.article_id, row.text_id, row.now_story_id)
            of_row = StoryId(row.story_id)
            is_by_key = dedup in (Dedup.BALANCED, Dedup.LOOSE) or of_article in (0, of_row)
            for key in {StoryId(of_article), *([of_row] if is_by_key else ())} & wanted:
                counted[key].append(row)
            if of_row in wanted:
                numbers[of_row] = max(numbers.get(of_row, 0), row.telling + 1)
        return {key: _to_told(counted[key], numbers.get(key, 0)) for key in sorted({*counted, *numbers})}

    def _sent(self, channel: ChannelName, condition: sa.ColumnElement[bool]) -> dict[tuple[int, int], Row[Any]]:
        question = (
            sa.select(
                SENT_LOG,
                ARTICLE.c.text_id,
                ARTICLE.c.story_id.label("now_story_id"),
                ARTICLE.c.title,
                DIGEST.c.closed_at,
            )
            .select_from(SENT_LOG)
            .outerjoin(ARTICLE, SENT_LOG.c.article_id == ARTICLE.c.id)
            .outerjoin(DIGEST, SENT_LOG.c.digest_id == DIGEST.c.id)
            .where(SENT_LOG.c.channel == channel, condition)
        )
        return {(row.story_id, row.telling): row for row in self._db.execute(question)}

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
            {
                "digest_id": digest_id,
                "channel": channel,
                "story_id": item.story_id,
                "reason": item.reason,
                "gate": item.gate,
            }
            for item in held
        ]
        insert_new(self._db, HELD_BACK, rows)

    def shown(self, channel: ChannelName, stories: Sequence[StoryId]) -> frozenset[ArticleId]:
        """The articles of these stories that the channel saw in lines."""
        found: set[ArticleId] = set()
        for some in portions(stories):
            articles = sa.select(ARTICLE.c.id).where(ARTICLE.c.story_id.in_(some))
            lines = sa.select(FOLLOW_UP.c.article_id).where(
                FOLLOW_UP.c.channel == channel, FOLLOW_UP.c.article_id.in_(articles)
            )
            rows = self._db.execute(lines)
            found.update(ArticleId(number) for number in rows.scalars())
        return frozenset(found)

    def untold(self, channel: ChannelName, topic: TopicKey, since: datetime) -> list[Untold]:
        """What answered the topic since then, led no telling of the channel and stood in no line; newest first.

        Without what stood in a feed at its first reading or came as a backlog; at most a few thousand.
        """
        first = ARTICLE.alias("first")
        told = sa.select(SENT_LOG.c.article_id).where(SENT_LOG.c.channel == channel)
        lines = sa.select(FOLLOW_UP.c.article_id).where(FOLLOW_UP.c.channel == channel)
        rows = self._db.execute(
            select_articles()
            .add_columns(first.c.title.label("text_title"))
            .join(MATCH, sa.and_(MATCH.c.article_id == ARTICLE.c.id, MATCH.c.topic == topic))
            .outerjoin(first, ARTICLE.c.text_id == first.c.id)
            .where(MATCH.c.matched_at >= since, MATCH.c.silent.is_(False))
            .where(~told.where(SENT_LOG.c.article_id == ARTICLE.c.id).exists())
            .where(~lines.where(FOLLOW_UP.c.article_id == ARTICLE.c.id).exists())
            .order_by(MATCH.c.matched_at.desc(), ARTICLE.c.id.desc())
            .limit(UNTOLD_MAX)
        )
        return [_to_untold(row) for row in rows]

    def has_delivered(self, channel: ChannelName, topic: TopicKey, since: datetime) -> bool:
        """Whether a digest of the topic went to the channel since then; breaking news does not count."""
        joined = sa.join(DIGEST, DELIVERY, DELIVERY.c.digest_id == DIGEST.c.id)
        question = (
            sa.select(DIGEST.c.id)
            .select_from(joined)
            .where(DIGEST.c.topic == topic, DIGEST.c.closed_at >= since, DIGEST.c.kind != DigestKind.BREAKING.value)
            .where(DELIVERY.c.channel == channel)
            .limit(1)
        )
        return self._db.execute(question).first() is not None

    def log_shown(
        self, channel: ChannelName, digest_id: DigestId, topic: TopicKey, ids: Sequence[ArticleId], now: datetime
    ) -> None:
        """Write down which articles the channel sees in lines of the digest."""
        rows = [
            {"channel": channel, "article_id": number, "digest_id": digest_id, "topic": topic, "at": now}
            for number in ids
        ]
        insert_new(self._db, FOLLOW_UP, rows)

    def forget(self, article_ids: Sequence[ArticleId]) -> None:
        """Remove the lines of swept articles; the sent log stays."""
        for some in portions(article_ids):
            self._db.execute(sa.delete(FOLLOW_UP).where(FOLLOW_UP.c.article_id.in_(some)))

    def by_ids(self, ids: Sequence[DigestId]) -> Mapping[DigestId, StoredDigest]:
        """The digests of these ids."""
        found: dict[DigestId, StoredDigest] = {}
        for some in portions(ids):
            for row in self._db.execute(sa.select(DIGEST).where(DIGEST.c.id.in_(some))):
                found[DigestId(row.id)] = to_digest(row)
        return found

    def tellings_of(self, story_id: StoryId) -> list[SentRecord]:
        """Every telling of the story, or of an article or text of it by itself, on every channel, in order."""
        articles = sa.select(ARTICLE.c.id).where(ARTICLE.c.story_id == story_id)
        of_it = sa.or_(SENT_LOG.c.story_id == story_id, SENT_LOG.c.article_id.in_(articles))
        rows = self._db.execute(
            sa.select(SENT_LOG).where(of_it).order_by(SENT_LOG.c.told_at, SENT_LOG.c.channel, SENT_LOG.c.telling)
        )
        return [to_sent(row) for row in rows]

    def held_of(self, story_id: StoryId, *, limit: int = 20) -> list[HeldRecord]:
        """The latest reasons for which digests did not tell the story, or a text or article of it, oldest first."""
        articles = sa.select(ARTICLE.c.id).where(ARTICLE.c.story_id == story_id)
        join = sa.join(HELD_BACK, DIGEST, HELD_BACK.c.digest_id == DIGEST.c.id)
        rows = self._db.execute(
            sa.select(DIGEST, HELD_BACK.c.channel, HELD_BACK.c.story_id, HELD_BACK.c.reason)
            .select_from(join)
            .where(sa.or_(HELD_BACK.c.story_id == story_id, HELD_BACK.c.story_id.in_(articles)))
            .order_by(DIGEST.c.id.desc())
            .limit(limit)
        )
        return [to_held(row) for row in reversed(list(rows))]

    def count_told_since(self, since: datetime) -> int:
        """How many tellings there were since then, over all channels."""
        told = sa.and_(SENT_LOG.c.told_at >= since, SENT_LOG.c.reason.not_like(f"{SPLIT_REASON} %"))
        question = sa.select(sa.func.count()).select_from(SENT_LOG).where(told)
        return self._db.execute(question).scalar_one()


def _to_told(rows: Sequence[Row[Any]], next_telling: int) -> Told:
    last = max(rows, key=lambda row: (row.told_at, row.telling, row.story_id), default=None)
    if last is None:  # its number is taken by what was told under it, and nothing of that is of this thing
        return Told(last_at=LONG_AGO, tellings=0, next_telling=next_telling)
    return Told(
        last_at=last.told_at,
        tellings=len(rows),
        article_count=last.article_count,
        publisher_count=last.publisher_count,
        independent_count=last.independent_count,
        next_telling=next_telling,
        title=last.title or "",
        shown_at=last.closed_at if last.reason.startswith(f"{SPLIT_REASON} ") else None,
    )


def _to_untold(row: Row[Any]) -> Untold:
    stored = to_stored(row)
    return Untold(stored.article, stored.relation, ArticleId(row.text_id), stored.story_id, row.text_title or "")


def to_sent(row: Row[Any]) -> SentRecord:
    """A row of the sent log as the model."""
    return SentRecord(
        channel=ChannelName(row.channel),
        story_id=StoryId(row.story_id),
        telling=row.telling,
        topic=TopicKey(row.topic),
        digest_id=DigestId(row.digest_id),
        told_at=row.told_at,
        reason=row.reason,
        article_id=ArticleId(row.article_id),
    )


def to_held(row: Row[Any]) -> HeldRecord:
    """A row of a digest with what was held back as the model."""
    return HeldRecord(to_digest(row), ChannelName(row.channel), StoryId(row.story_id), row.reason)


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
