"""Where articles stand in meaning: which wait for their vector, and the vectors that make up a background.

Effects: database.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.model import ArticleId
from monitor.storage.rows import portions, upsert
from monitor.storage.tables import ARTICLE, ARTICLE_VECTOR


class VectorTable:
    """Questions and changes of vectors."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def waiting(self, model: str, since: datetime, *, limit: int, silent: bool) -> list[ArticleId]:
        """Articles seen since then that this model has not read: what may be told first, then the oldest.

        Silent ones come only where asked for, and last.

        Those in another language than English are left out: the model would say something, and mean nothing.
        """
        language = sa.func.lower(ARTICLE.c.language)
        is_read = sa.exists().where(ARTICLE_VECTOR.c.article_id == ARTICLE.c.id, ARTICLE_VECTOR.c.model == model)
        question = sa.select(ARTICLE.c.id).where(
            ARTICLE.c.first_seen_at >= since,
            sa.or_(language.is_(None), language == "en", language.like("en-%"), language.like("en@_%", escape="@")),
            ~is_read,
        )
        if not silent:
            question = question.where(ARTICLE.c.standing == "new")
        found = self._db.execute(question.order_by(ARTICLE.c.standing != "new", ARTICLE.c.id).limit(limit)).scalars()
        return [ArticleId(number) for number in found]

    def add(self, model: str, vectors: Mapping[ArticleId, bytes]) -> None:
        """Write vectors down; one of another model, or one that is there, is replaced."""
        rows = [{"article_id": key, "model": model, "vector": vector} for key, vector in vectors.items()]
        upsert(self._db, ARTICLE_VECTOR, rows, update=["model", "vector"])

    def latest(self, model: str, limit: int) -> list[bytes]:
        """The vectors of the newest articles, oldest first."""
        rows = self._db.execute(
            sa.select(ARTICLE_VECTOR.c.vector)
            .where(ARTICLE_VECTOR.c.model == model)
            .order_by(ARTICLE_VECTOR.c.article_id.desc())
            .limit(limit)
        ).scalars()
        return [vector for vector in list(rows)[::-1] if vector]

    def of_article(self, model: str, article_id: ArticleId) -> bytes | None:
        """An article's vector; None where the model has not read it or could not."""
        row = self._db.execute(
            sa.select(ARTICLE_VECTOR.c.vector).where(
                ARTICLE_VECTOR.c.article_id == article_id, ARTICLE_VECTOR.c.model == model
            )
        ).first()
        return row.vector or None if row is not None else None

    def has(self, article_id: ArticleId) -> bool:
        """Whether some model has read an article."""
        question = sa.select(ARTICLE_VECTOR.c.article_id).where(ARTICLE_VECTOR.c.article_id == article_id)
        return self._db.execute(question).first() is not None

    def count(self) -> int:
        """How many articles were read, by any model."""
        return self._db.execute(sa.select(sa.func.count()).select_from(ARTICLE_VECTOR)).scalar_one()

    def forget(self, article_ids: Iterable[ArticleId]) -> None:
        """Remove vectors: of swept articles, or of those whose text has grown and is to be read anew."""
        for some in portions(list(article_ids)):
            self._db.execute(sa.delete(ARTICLE_VECTOR).where(ARTICLE_VECTOR.c.article_id.in_(some)))
