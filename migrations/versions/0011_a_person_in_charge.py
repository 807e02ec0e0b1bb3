"""Configurations that were in force, edits on their way, notices, sightings, and which gate held a story back.

Revision: 0011
Follows: 0010
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_TIME = sqlmodel.sql.sqltypes.UTCDateTime
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the schema up to this revision."""
    op.create_table(
        "config_revision",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("at", _TIME(), nullable=False),
        sa.Column("author", _TEXT(), nullable=False),
        sa.Column("note", _TEXT(), nullable=False),
        sa.Column("change", _TEXT(), nullable=False),
        sa.Column("monitor_hash", _TEXT(length=64), nullable=False),
        sa.Column("feeds_hash", _TEXT(length=64), nullable=False),
        sa.Column("watchlist_hash", _TEXT(length=64), nullable=False),
        sa.Column("feeds", sa.LargeBinary(), nullable=False),
        sa.Column("watchlist", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_config_revision")),
    )
    op.create_table(
        "config_edit",
        sa.Column("body_hash", _TEXT(length=64), nullable=False),
        sa.Column("at", _TIME(), nullable=False),
        sa.Column("author", _TEXT(), nullable=False),
        sa.Column("note", _TEXT(), nullable=False),
        sa.Column("planned", sa.Boolean(), nullable=False),
        sa.Column("replay_s", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("body_hash", name=op.f("pk_config_edit")),
    )
    op.create_table(
        "notice",
        sa.Column("key", _TEXT(length=300), nullable=False),
        sa.Column("since", _TIME(), nullable=False),
        sa.Column("head", _TEXT(), nullable=False),
        sa.Column("remedy", _TEXT(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("told_at", _TIME(), nullable=True),
        sa.Column("over_at", _TIME(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_notice")),
    )
    op.create_table(
        "sighting",
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.Column("feed_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("first_at", _TIME(), nullable=False),
        sa.Column("last_at", _TIME(), nullable=False),
        sa.PrimaryKeyConstraint("article_id", "feed_id", "kind", name=op.f("pk_sighting")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("held_back", schema=None) as batch_op:
        batch_op.add_column(sa.Column("gate", _TEXT(length=16), nullable=False, server_default=""))


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("held_back", schema=None) as batch_op:
        batch_op.drop_column("gate")
    for table in ("sighting", "notice", "config_edit", "config_revision"):
        op.drop_table(table)
