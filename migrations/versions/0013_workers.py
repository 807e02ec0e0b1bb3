"""Several processes on one database: who works, who leads, which ticks were taken, what is handed over.

Revision: 0013
Follows: 0012
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_TIME = sqlmodel.sql.sqltypes.UTCDateTime
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the schema up to this revision."""
    op.create_table(
        "worker",
        sa.Column("id", _TEXT(length=120), nullable=False),
        sa.Column("host", _TEXT(length=80), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", _TEXT(length=32), nullable=False),
        sa.Column("queues", _TEXT(length=80), nullable=False),
        sa.Column("started_at", _TIME(), nullable=False),
        sa.Column("beat_at", _TIME(), nullable=False),
        sa.Column("left_at", _TIME(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("jobs", sa.Integer(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker")),
    )
    op.create_table(
        "lead",
        sa.Column("name", _TEXT(length=32), nullable=False),
        sa.Column("owner", _TEXT(length=120), nullable=False),
        sa.Column("until", _TIME(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lead")),
    )
    op.create_table(
        "tick",
        sa.Column("name", _TEXT(length=32), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_tick")),
    )
    op.create_table(
        "handed",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("feed_id", sa.BigInteger(), nullable=False),
        sa.Column("at", _TIME(), nullable=False),
        sa.Column("bytes_read", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handed")),
        sa.UniqueConstraint("feed_id", name=op.f("uq_handed_feed_id")),
    )
    op.create_index(op.f("ix_feed_host"), "feed", ["host"])
    held = sa.text("lease_until IS NOT NULL")
    op.create_index(op.f("ix_feed_lease_until"), "feed", ["lease_until"], sqlite_where=held, postgresql_where=held)


def downgrade() -> None:
    """Take this revision back."""
    op.drop_index(op.f("ix_feed_lease_until"), "feed")
    op.drop_index(op.f("ix_feed_host"), "feed")
    for table in ("handed", "tick", "lead", "worker"):
        op.drop_table(table)
