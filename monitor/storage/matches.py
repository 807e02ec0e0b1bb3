"""Which articles answer which topics, which nearly did, and which digest took them.

Effects: database.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection, Row

from monitor.model import (
    ArticleId,
    DigestId,
    Evidence,
    Field,
    Level,
    Match,
    NoMatch,
    Span,
    StoryId,
    TopicKey,
    Via,
)
from monitor.storage.rows import insert_new, portions, upsert
from monitor.storage.tables import ARTICLE, FEED, MATCH, NEAR_MISS

OPEN_MAX = 5000
"""Matches one digest takes at most; more wait for the next, and none is lost."""
NEAR_PER_ARTICLE_MAX = 20
"""Near misses written down of one article, those that came nearest."""
NEAR_PER_TOPIC_MAX = 200
"""Near misses of one topic written down in a day (UTC): enough to see what it lacks; a list of all is no help."""


class StoredMatch(Struct, frozen=True):
    """A match with what became of it."""

    match: Match
    story_id: StoryId
    matched_at: datetime
    silent: bool
    digest_id: DigestId | None = None


class StoredNearMiss(Struct, frozen=True):
    """A near miss as it was written down."""

    topic: TopicKey
    score: int
    reason: str
    at: datetime


class MatchTable:
    """Questions and changes of matches and near misses."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def record(self, matches: Sequence[StoredMatch]) -> None:
        """Write matches down; one that is there stays as it is, so that nothing taken becomes open again."""
        insert_new(self._db, MATCH, [_match_values(stored) for stored in matches])

    def improve(self, match: Match) -> None:
        """Let a match that no digest has taken stand on better evidence; one that was taken stays as it was told."""
        values = _verdict_values(match)
        change = sa.update(MATCH).where(
            MATCH.c.topic == match.topic, MATCH.c.article_id == match.article_id, MATCH.c.digest_id.is_(None)
        )
        self._db.execute(change.values(values))

    def record_near(self, misses: Sequence[NoMatch], at: datetime, *, renews: bool = False) -> None:
        """Write near misses down, with their reason; with `renews` in place of the one that is there.

        Bounded for each article, and for each topic and day: beyond that the nearest are lost last.
        """
        if not misses:
            return
        room = self._near_room({miss.topic for miss in misses}, at)
        of_article: Counter[ArticleId] = Counter()
        rows = []
        for m in sorted(misses, key=lambda miss: -miss.score):
            if of_article[m.article_id] < NEAR_PER_ARTICLE_MAX and room[m.topic] > 0:
                of_article[m.article_id] += 1
                room[m.topic] -= 1
                rows.append(
                    {"topic": m.topic, "article_id": m.article_id, "score": m.score, "reason": m.reason, "at": at}
                )
        if renews:
            upsert(self._db, NEAR_MISS, rows, update=["score", "reason", "at"])
        else:
            insert_new(self._db, NEAR_MISS, rows)

    def _near_room(self, topics: Collection[TopicKey], at: datetime) -> dict[TopicKey, int]:
        """How many near misses of each topic may still be written down on this day."""
        morning = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        # By the ids of the day's articles, which the key of the table holds: their times would be read one by one.
        first = sa.select(sa.func.min(ARTICLE.c.id)).where(ARTICLE.c.first_seen_at >= morning).scalar_subquery()
        room = dict.fromkeys(topics, NEAR_PER_TOPIC_MAX)
        for some in portions(sorted(topics)):
            counted = (
                sa.select(NEAR_MISS.c.topic, sa.func.count())
                .where(NEAR_MISS.c.topic.in_(some), NEAR_MISS.c.article_id >= sa.func.coalesce(first, 0))
                .group_by(NEAR_MISS.c.topic)
            )
            for topic, count in self._db.execute(counted):
                room[TopicKey(topic)] -= count
        return room

    def open_for(
        self,
        topic: TopicKey,
        *,
        without_feeds: Collection[str] = (),
        without_stories: Collection[StoryId] = (),
        after: StoredMatch | None = None,
    ) -> list[StoredMatch]:
        """Matches of the topic that no digest has taken and that may be told, oldest first, at most `OPEN_MAX`.

        Without those of the feeds of these names and of these stories, and only those that come after one of them.
        """
        asked = sa.select(MATCH, *match_columns()).where(
            MATCH.c.topic == topic, MATCH.c.digest_id.is_(None), MATCH.c.silent.is_(False)
        )
        if without_feeds:
            feeds = sa.select(FEED.c.id).where(FEED.c.name.in_(list(without_feeds)))
            articles = sa.select(ARTICLE.c.id).where(ARTICLE.c.id == MATCH.c.article_id, ARTICLE.c.feed_id.in_(feeds))
            asked = asked.where(~articles.exists())
        if without_stories:
            asked = asked.where(MATCH.c.story_id.not_in(list(without_stories)))
        if after is not None:
            last = (after.matched_at, after.match.article_id)
            later = sa.or_(
                MATCH.c.matched_at > last[0], sa.and_(MATCH.c.matched_at == last[0], MATCH.c.article_id > last[1])
            )
            asked = asked.where(later)
        rows = self._db.execute(asked.order_by(MATCH.c.matched_at, MATCH.c.article_id).limit(OPEN_MAX))
        return [_to_stored(row) for row in rows]

    def count_open(self, topic: TopicKey) -> int:
        """How many matches wait for the topic's next digest."""
        question = sa.select(sa.func.count()).select_from(MATCH)
        open_ones = question.where(MATCH.c.topic == topic, MATCH.c.digest_id.is_(None), MATCH.c.silent.is_(False))
        return self._db.execute(open_ones).scalar_one()

    def waiting(self, topics: Collection[TopicKey]) -> set[TopicKey]:
        """Those of these topics for whose next digest anything waits; one question for hundreds of topics."""
        found: set[TopicKey] = set()
        for some in portions(sorted(topics)):
            is_open = sa.and_(MATCH.c.topic.in_(some), MATCH.c.digest_id.is_(None), MATCH.c.silent.is_(False))
            found.update(map(TopicKey, self._db.execute(sa.select(MATCH.c.topic).where(is_open).distinct()).scalars()))
        return found

    def latest(self, topic: TopicKey, since: datetime) -> list[StoredMatch]:
        """Matches of the topic since then, told or not, silent or not, oldest first; for `preview`."""
        rows = self._db.execute(
            sa.select(MATCH, *match_columns())
            .where(MATCH.c.topic == topic, MATCH.c.matched_at >= since)
            .order_by(MATCH.c.matched_at, MATCH.c.article_id)
            .limit(OPEN_MAX)
        )
        return [_to_stored(row) for row in rows]

    def take(self, topic: TopicKey, article_ids: Sequence[ArticleId], digest_id: DigestId) -> None:
        """Give matches to a digest: they are never open again."""
        for some in portions(article_ids):
            change = sa.update(MATCH).where(
                MATCH.c.topic == topic, MATCH.c.article_id.in_(some), MATCH.c.digest_id.is_(None)
            )
            self._db.execute(change.values(digest_id=digest_id))

    def silence(self, topics: Sequence[TopicKey]) -> None:
        """Let what is open of these topics be told by nobody; it stays known."""
        for some in portions(topics):
            is_open = sa.and_(MATCH.c.topic.in_(some), MATCH.c.digest_id.is_(None), MATCH.c.silent.is_(False))
            self._db.execute(sa.update(MATCH).where(is_open).values(silent=True))

    def of_article(self, article_id: ArticleId) -> list[StoredMatch]:
        """Every topic the article answered, as it was decided."""
        rows = self._db.execute(
            sa.select(MATCH, *match_columns()).where(MATCH.c.article_id == article_id).order_by(MATCH.c.topic)
        )
        return [_to_stored(row) for row in rows]

    def near_of(self, article_id: ArticleId) -> list[StoredNearMiss]:
        """Every topic the article nearly answered."""
        rows = self._db.execute(
            sa.select(NEAR_MISS).where(NEAR_MISS.c.article_id == article_id).order_by(NEAR_MISS.c.topic)
        )
        return [StoredNearMiss(TopicKey(row.topic), row.score, row.reason, row.at) for row in rows]

    def forget_near(self, before: datetime, *, limit: int) -> int:
        """Remove up to `limit` near misses written down before then; returns how many went."""
        old = sa.select(NEAR_MISS.c.topic, NEAR_MISS.c.article_id).where(NEAR_MISS.c.at < before).limit(limit)
        rows = [{"b_topic": row.topic, "b_article": row.article_id} for row in self._db.execute(old)]
        if rows:
            gone = sa.delete(NEAR_MISS).where(
                NEAR_MISS.c.topic == sa.bindparam("b_topic"), NEAR_MISS.c.article_id == sa.bindparam("b_article")
            )
            self._db.execute(gone, rows)
        return len(rows)

    def forget(self, article_ids: Iterable[ArticleId]) -> None:
        """Remove matches and near misses of swept articles."""
        for some in portions(list(article_ids)):
            self._db.execute(sa.delete(MATCH).where(MATCH.c.article_id.in_(some)))
            self._db.execute(sa.delete(NEAR_MISS).where(NEAR_MISS.c.article_id.in_(some)))


def match_columns() -> list[sa.Label[Any]]:
    """The columns that `to_match` reads, under names that clash with no other table's."""
    names = ("topic", "article_id", "score", "level", "title_hit", "evidence", "sentence")
    return [MATCH.c[name].label(f"match_{name}") for name in names]


def to_match(row: Row[Any]) -> Match:
    """A row with `match_columns` as the model."""
    pieces = _read_evidence(row.match_evidence)
    return Match(
        topic=TopicKey(row.match_topic),
        article_id=ArticleId(row.match_article_id),
        score=row.match_score,
        level=Level(row.match_level),
        evidence=tuple(piece for piece in pieces if piece.via is not Via.LEARNED),
        sentence=row.match_sentence,
        title_hit=bool(row.match_title_hit),
        learned=tuple(piece for piece in pieces if piece.via is Via.LEARNED),
    )


def _to_stored(row: Row[Any]) -> StoredMatch:
    return StoredMatch(
        match=to_match(row),
        story_id=StoryId(row.story_id),
        matched_at=row.matched_at,
        silent=bool(row.silent),
        digest_id=None if row.digest_id is None else DigestId(row.digest_id),
    )


def _match_values(stored: StoredMatch) -> dict[str, Any]:
    match = stored.match
    return {
        "topic": match.topic,
        "article_id": match.article_id,
        "story_id": stored.story_id,
        **_verdict_values(match),
        "matched_at": stored.matched_at,
        "silent": stored.silent,
        "digest_id": None,
    }


def _verdict_values(match: Match) -> dict[str, Any]:
    return {
        "score": match.score,
        "level": match.level.value,
        "title_hit": match.title_hit,
        "evidence": _write_evidence(match.evidence + match.learned),
        "sentence": match.sentence,
    }


def _write_evidence(evidence: Sequence[Evidence]) -> str:
    return json.dumps(list(map(_plain_evidence, evidence)), ensure_ascii=False, separators=(",", ":"))


def _plain_evidence(piece: Evidence) -> list[object]:
    spans = [[span.field.value, span.start, span.end] for span in piece.spans]
    return [piece.concept, dict(piece.found), piece.via.value, spans, piece.points]


def _read_evidence(text: str) -> tuple[Evidence, ...]:
    return tuple(_to_evidence(*piece) for piece in json.loads(text))


def _to_evidence(
    concept: str, found: dict[str, int], via: str, spans: list[tuple[str, int, int]], points: int | None = None
) -> Evidence:
    """A piece as it was written; rows of the first version end before the points."""
    places = tuple(Span(Field(field), start, end) for field, start, end in spans)
    return Evidence(concept, found, Via(via), places, points)
