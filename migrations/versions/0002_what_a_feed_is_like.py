"""What a feed is like: its rhythm and window, what it asks for, where it moved, what it may have lost.

Revision: 0002
Follows: 0001
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_TIME = sqlmodel.sql.sqltypes.UTCDateTime


def _columns() -> list[sa.Column]:
    return [
        sa.Column("held_at", _TIME(), nullable=True),
        sa.Column("lost_entries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("last_lost_at", _TIME(), nullable=True),
        sa.Column("last_lost", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("site", _TEXT(), nullable=False, server_default=""),
        sa.Column("rhythm", sa.LargeBinary(), nullable=True),
        sa.Column("window_s", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("window_entries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("longest_gap_s", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("ttl_s", sa.Integer(), nullable=True),
        sa.Column("max_age_s", sa.Integer(), nullable=True),
        sa.Column("skip_times", _TEXT(), nullable=False, server_default=""),
        sa.Column("address", _TEXT(), nullable=True),
        sa.Column("moved_to", _TEXT(), nullable=True),
        sa.Column("moved_count", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("moved_since", _TIME(), nullable=True),
        sa.Column("quarantine", _TEXT(), nullable=False, server_default=""),
        sa.Column("quarantined_at", _TIME(), nullable=True),
        sa.Column("same_as", sa.BigInteger(), nullable=True),
    ]


def upgrade() -> None:
    """Bring the schema up to this revision."""
    with op.batch_alter_table("feed", schema=None) as batch_op:
        for column in _columns():
            batch_op.add_column(column)


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("feed", schema=None) as batch_op:
        for column in reversed(_columns()):
            batch_op.drop_column(column.name)
