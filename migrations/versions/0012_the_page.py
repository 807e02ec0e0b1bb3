"""Who is signed in at the page; what pages and sweeps of years ask, by index.

Revision: 0012
Follows: 0011
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_TIME = sqlmodel.sql.sqltypes.UTCDateTime

_INDEXES = (
    ("article", ("feed_id", "id")),
    ("story", ("last_article_at", "id")),
    ("match", ("story_id", "topic")),
    ("match", ("topic", "matched_at", "silent")),
    ("sent_log", ("told_at", "story_id")),
    ("sent_log", ("digest_id",)),
    ("digest", ("topic", "closed_at")),
    ("delivery", ("settled_at",)),
    ("delivery", ("channel", "id")),
    ("delivery", ("state", "id")),
)


def _name(table: str, columns: tuple[str, ...]) -> str:
    return op.f("_".join(("ix", table, *columns)))


def upgrade() -> None:
    """Bring the schema up to this revision."""
    op.create_table(
        "web_session",
        sa.Column("key_hash", _TEXT(length=64), nullable=False),
        sa.Column("name", _TEXT(length=100), nullable=False),
        sa.Column("token_hash", _TEXT(length=64), nullable=False),
        sa.Column("began_at", _TIME(), nullable=False),
        sa.Column("seen_at", _TIME(), nullable=False),
        sa.Column("until", _TIME(), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_web_session")),
    )
    op.add_column("recipient", sa.Column("left_at", _TIME(), nullable=True))
    for table, columns in _INDEXES:
        op.create_index(_name(table, columns), table, list(columns))


def downgrade() -> None:
    """Take this revision back."""
    for table, columns in _INDEXES:
        op.drop_index(_name(table, columns), table)
    with op.batch_alter_table("recipient") as recipient:
        recipient.drop_column("left_at")
    op.drop_table("web_session")
