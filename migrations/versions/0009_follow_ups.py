"""Which articles stood in a line under a told story, and tellings found by the article that led them.

Revision: 0009
Follows: 0008
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    """Bring the schema up to this revision."""
    op.create_table(
        "follow_up",
        sa.Column("channel", _TEXT(length=100), nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.Column("digest_id", sa.BigInteger(), nullable=False),
        sa.Column("topic", _TEXT(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "article_id", name=op.f("pk_follow_up")),
    )
    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_follow_up_article_id"), ["article_id"], unique=False)
    with op.batch_alter_table("sent_log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sent_log_article_id_channel"), ["article_id", "channel"], unique=False)


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("sent_log", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sent_log_article_id_channel"))
    op.drop_table("follow_up")
