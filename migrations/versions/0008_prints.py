"""What articles are compared by is stored, with fewer and better keys; the old keys go.

Revision: 0008
Follows: 0007
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    """Bring the schema up to this revision. Prints of the articles that are kept are made before the next is grouped."""
    op.create_table(
        "story_print",
        sa.Column("article_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("at_s", sa.BigInteger(), nullable=False),
        sa.Column("publisher", _TEXT(), nullable=False),
        sa.Column("language", _TEXT(length=2), nullable=False),
        sa.Column("recurring", sa.Boolean(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_story_print")),
    )
    op.create_table(
        "print_key",
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", "article_id", name=op.f("pk_print_key")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "word_counts",
        sa.Column("name", _TEXT(length=16), nullable=False),
        sa.Column("last_article_id", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_word_counts")),
    )
    op.drop_table("article_print")


def downgrade() -> None:
    """Take this revision back: articles from before it are compared with none."""
    op.create_table(
        "article_print",
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.Column("at_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", "article_id", name=op.f("pk_article_print")),
        sqlite_with_rowid=False,
    )
    for name in ("word_counts", "print_key", "story_print"):
        op.drop_table(name)
