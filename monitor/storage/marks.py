"""What readers said of articles under topics, and how often that changed.

Effects: database.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from monitor.model import Article, ArticleId, TopicKey, TopicMark, Verdict
from monitor.storage.rows import take_ids, upsert
from monitor.storage.tables import ARTICLE, COUNTER, MARK, MATCH

CHANGES = "marks"
"""The counter that says how often marks changed: whoever learned from them looks at one row to know whether to anew."""
LISTED_MAX = 1000
"""Marks listed at most, the newest."""


class Markable(NamedTuple):
    """An article that may be marked, as a person knows it."""

    id: ArticleId
    title: str
    url: str


class MarkTable:
    """Questions and changes of marks."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def put(self, mark: TopicMark) -> TopicMark | None:
        """Write a mark down in place of the one this article has under this topic; returns the one that was there.

        The same verdict, person and note again changes nothing: the time of the first stays.
        """
        before = self.get(mark.topic, mark.article_id)
        if before and (before.verdict, before.by, before.note) == (mark.verdict, mark.by, mark.note):
            return before
        values = {
            "topic": mark.topic,
            "article_id": mark.article_id,
            "verdict": mark.verdict.value,
            "at": mark.at,
            "by": mark.by,
            "note": mark.note,
            "title": mark.title,
            "language": mark.language,
            "words": json.dumps(dict(mark.words), ensure_ascii=False, separators=(",", ":")),
        }
        upsert(self._db, MARK, [values], update=[name for name in values if name not in ("topic", "article_id")])
        self.note_change()
        return before

    def lift(self, topic: TopicKey, article_id: ArticleId) -> bool:
        """Take a mark back; False where there is none."""
        gone = self._db.execute(sa.delete(MARK).where(MARK.c.topic == topic, MARK.c.article_id == article_id)).rowcount
        if gone:
            self.note_change()
        return bool(gone)

    def get(self, topic: TopicKey, article_id: ArticleId) -> TopicMark | None:
        """The mark of an article under a topic, or None."""
        row = self._db.execute(
            sa.select(MARK).where(MARK.c.topic == topic, MARK.c.article_id == article_id)
        ).one_or_none()
        return _to_mark(row) if row is not None else None

    def newest(self, topic: TopicKey | None = None, limit: int = LISTED_MAX) -> list[TopicMark]:
        """Marks of a topic, or of all, the newest first."""
        question = sa.select(MARK).order_by(MARK.c.at.desc(), MARK.c.article_id.desc()).limit(limit)
        if topic is not None:
            question = question.where(MARK.c.topic == topic)
        return [_to_mark(row) for row in self._db.execute(question)]

    def of_article(self, article_id: ArticleId) -> list[TopicMark]:
        """Every mark of an article, by topic."""
        question = sa.select(MARK).where(MARK.c.article_id == article_id).order_by(MARK.c.topic)
        return [_to_mark(row) for row in self._db.execute(question)]

    def topics(self) -> list[TopicKey]:
        """The topics that have marks, also such as have left the watchlist."""
        return [TopicKey(key) for key in self._db.execute(sa.select(MARK.c.topic).distinct()).scalars()]

    def matched_articles(self, topic: TopicKey, limit: int) -> list[Markable]:
        """The newest articles that answered the topic, the newest first."""
        joined = sa.join(MATCH, ARTICLE, MATCH.c.article_id == ARTICLE.c.id)
        rows = self._db.execute(
            sa.select(ARTICLE.c.id, ARTICLE.c.title, ARTICLE.c.url)
            .select_from(joined)
            .where(MATCH.c.topic == topic)
            .order_by(MATCH.c.matched_at.desc(), ARTICLE.c.id.desc())
            .limit(limit)
        )
        return [Markable(ArticleId(row.id), row.title, row.url or "") for row in rows]

    def changes(self) -> int:
        """How often marks changed so far."""
        counted = self._db.execute(sa.select(COUNTER.c.value).where(COUNTER.c.name == CHANGES)).scalar()
        return int(counted or 0)

    def newest_articles(self, limit: int) -> Iterator[Article]:
        """The newest articles with what they say and their language, and nothing else of them."""
        columns = sa.select(ARTICLE.c.id, ARTICLE.c.title, ARTICLE.c.text, ARTICLE.c.language)
        for row in self._db.execute(columns.order_by(ARTICLE.c.id.desc()).limit(limit)):
            yield Article(ArticleId(row.id), row.title, row.text, language=row.language)

    def note_change(self) -> None:
        """Marks changed: whoever learned from them learns anew."""
        take_ids(self._db, CHANGES, 1)


def _to_mark(row: Row[Any]) -> TopicMark:
    return TopicMark(
        topic=TopicKey(row.topic),
        article_id=ArticleId(row.article_id),
        verdict=Verdict(row.verdict),
        at=row.at,
        by=row.by,
        note=row.note,
        title=row.title,
        language=row.language,
        words=json.loads(row.words),
    )
