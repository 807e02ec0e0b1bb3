"""Who is signed in at the page.

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


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("web_session")
