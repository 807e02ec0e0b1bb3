"""Which text an article prints and whose it is, and what a person changes in stories.

Revision: 0007
Follows: 0006
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TEXT = sqlmodel.sql.sqltypes.AutoString
CHAIN_MAX = 20
"""Copies of copies that are followed to their first text; hardly one in a thousand is of the third degree."""


def upgrade() -> None:
    """Bring the schema up to this revision."""
    with op.batch_alter_table("article", schema=None) as batch_op:
        batch_op.add_column(sa.Column("text_id", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("quiet", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("origin", _TEXT(), nullable=False, server_default=""))
    _find_texts()
    with op.batch_alter_table("story", schema=None) as batch_op:
        batch_op.add_column(sa.Column("merged_into", sa.BigInteger(), nullable=True))
    op.create_table(
        "story_change",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("by", _TEXT(), nullable=False),
        sa.Column("kind", _TEXT(length=16), nullable=False),
        sa.Column("story_id", sa.BigInteger(), nullable=False),
        sa.Column("other_id", sa.BigInteger(), nullable=False),
        sa.Column("articles", sa.Text(), nullable=False),
        sa.Column("reason", _TEXT(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_story_change")),
    )
    with op.batch_alter_table("story_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_story_change_story_id"), ["story_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_story_change_other_id"), ["other_id"], unique=False)


def _find_texts() -> None:
    article = sa.table(
        "article", sa.column("id", sa.BigInteger), sa.column("copy_of", sa.BigInteger),
        sa.column("text_id", sa.BigInteger), sa.column("relation", sa.String),
    )  # fmt: skip
    connection = op.get_bind()
    connection.execute(sa.update(article).values(text_id=article.c.id))
    original = article.alias("original")
    first = sa.select(original.c.text_id).where(original.c.id == article.c.copy_of).scalar_subquery()
    older = article.c.text_id > first
    for _ in range(CHAIN_MAX):
        copies = sa.and_(article.c.relation == "copy", article.c.copy_of.is_not(None), older)
        if not connection.execute(sa.update(article).where(copies).values(text_id=first)).rowcount:
            break


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("story_change")
    with op.batch_alter_table("story", schema=None) as batch_op:
        batch_op.drop_column("merged_into")
    with op.batch_alter_table("article", schema=None) as batch_op:
        for name in ("origin", "quiet", "text_id"):
            batch_op.drop_column(name)
