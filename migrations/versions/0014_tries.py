"""How often the storing of what is handed over was begun.

Revision: 0014
Follows: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema up to this revision."""
    # The default stays: workers of the version before go on handing over until they are replaced.
    with op.batch_alter_table("handed") as table:
        table.add_column(sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("handed") as table:
        table.drop_column("tries")
