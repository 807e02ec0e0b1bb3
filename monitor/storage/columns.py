"""What every table is made of: one way of naming constraints, and the column types that both databases share.

Effects: none.
"""

import sqlalchemy as sa
from sqlalchemy.ext.declarative import DeferredReflection
from sqlmodel import SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = SQLModel.metadata

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""A BIGINT; on SQLite a plain INTEGER, which is as wide there and may be the row id."""
LONG = sa.Text()


class Row(DeferredReflection, SQLModel):
    """What every table is declared as. Only the table that it makes is used: no row is ever built or checked as one.

    So neither a mapping nor a check is made of it, which takes as long as the tables themselves at every start.
    """

    __abstract__ = True
    model_config = {"defer_build": True}
