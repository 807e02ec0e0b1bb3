"""What every table is made of: one way of naming constraints, and the column types that both databases share.

Effects: none.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = sa.MetaData(naming_convention=NAMING)
"""Of the tables as they are used; `declared` has its own."""

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""A BIGINT; on SQLite a plain INTEGER, which is as wide there and may be the row id."""
LONG = sa.Text()


class Moment(sa.TypeDecorator[datetime]):
    """An aware time, kept and given in UTC; a naive one is a mistake of ours and raises ValueError."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """As it is stored."""
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError(f"a time without a zone: {value}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """As it is read: SQLite keeps UTC without saying so."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.utcoffset() is None else value.astimezone(UTC)


MOMENT = Moment()
ARTICLE_WORDS = "article_words"
"""What looks up words: FTS5 on SQLite, a tsvector on PostgreSQL. `word_index` alone speaks to it."""
