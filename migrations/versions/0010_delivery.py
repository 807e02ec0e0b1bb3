"""What a delivery carries and where it stands in line; channels that are held; recipients; mutes; second looks.

Revision: 0010
Follows: 0009
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_TIME = sqlmodel.sql.sqltypes.UTCDateTime
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the schema up to this revision."""
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", _TEXT(length=16), nullable=False, server_default="digest"))
        batch_op.add_column(sa.Column("lane", _TEXT(length=320), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("place", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("thread_of", sa.BigInteger(), nullable=True))
        batch_op.create_index(batch_op.f("ix_delivery_channel_state_place"), ["channel", "state", "place"])
    op.execute("UPDATE delivery SET place = id")
    with op.batch_alter_table("digest", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_digest_closed_at"), ["closed_at"])
    with op.batch_alter_table("sent_log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sent_log_topic_told_at"), ["topic", "told_at"])
    op.create_table(
        "channel_hold",
        sa.Column("channel", _TEXT(length=100), nullable=False),
        sa.Column("account", _TEXT(), nullable=False),
        sa.Column("scope", _TEXT(length=16), nullable=False),
        sa.Column("since", _TIME(), nullable=False),
        sa.Column("until", _TIME(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("reason", _TEXT(), nullable=False),
        sa.Column("error", _TEXT(), nullable=False),
        sa.Column("remedy", _TEXT(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_channel_hold")),
    )
    op.create_table(
        "recipient",
        sa.Column("channel", _TEXT(length=100), nullable=False),
        sa.Column("address", _TEXT(length=254), nullable=False),
        sa.Column("token", _TEXT(length=64), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("stopped_at", _TIME(), nullable=True),
        sa.Column("stopped_by", _TEXT(length=16), nullable=False),
        sa.Column("error", _TEXT(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "address", name=op.f("pk_recipient")),
        sa.UniqueConstraint("token", name=op.f("uq_recipient_token")),
    )
    op.create_table(
        "mute",
        sa.Column("id", _BIG, autoincrement=False, nullable=False),
        sa.Column("kind", _TEXT(length=16), nullable=False),
        sa.Column("value", _TEXT(), nullable=False),
        sa.Column("channel", _TEXT(length=100), nullable=True),
        sa.Column("until", _TIME(), nullable=False),
        sa.Column("at", _TIME(), nullable=False),
        sa.Column("by", _TEXT(), nullable=False),
        sa.Column("reason", _TEXT(), nullable=False),
        sa.Column("lifted_at", _TIME(), nullable=True),
        sa.Column("lifted_by", _TEXT(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mute")),
    )
    with op.batch_alter_table("mute", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mute_lifted_at_until"), ["lifted_at", "until"])
    op.create_table(
        "follow",
        sa.Column("channel", _TEXT(length=100), nullable=False),
        sa.Column("story_id", sa.BigInteger(), nullable=False),
        sa.Column("by", _TEXT(), nullable=False),
        sa.Column("at", _TIME(), nullable=False),
        sa.Column("until", _TIME(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "story_id", name=op.f("pk_follow")),
    )
    op.create_table(
        "second_look",
        sa.Column("article_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("told_at", _TIME(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("next_at", _TIME(), nullable=False),
        sa.Column("lease_owner", _TEXT(), nullable=True),
        sa.Column("state", _TEXT(length=16), nullable=False),
        sa.Column("title", _TEXT(), nullable=False),
        sa.Column("error", _TEXT(), nullable=False),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_second_look")),
    )
    with op.batch_alter_table("second_look", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_second_look_state_next_at"), ["state", "next_at"])


def downgrade() -> None:
    """Take this revision back."""
    for table in ("second_look", "follow", "mute", "recipient", "channel_hold"):
        op.drop_table(table)
    with op.batch_alter_table("sent_log", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sent_log_topic_told_at"))
    with op.batch_alter_table("digest", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_digest_closed_at"))
    # The revision before knows no edits: it would post one as a message of its own.
    op.execute("DELETE FROM delivery WHERE kind = 'edit'")
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_delivery_channel_state_place"))
        for column in ("thread_of", "place", "lane", "kind"):
            batch_op.drop_column(column)
