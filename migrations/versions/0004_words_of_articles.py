"""The index of words.

Revision: 0004
Follows: 0003
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Neither the text nor positions nor lengths are kept: an index of words alone takes a fifth of the text's size. The
# words come folded and joined by spaces, so the plainest tokenizer leaves them as they are.
_SQLITE = (
    "CREATE VIRTUAL TABLE article_words USING fts5(words, content='', detail=none, columnsize=0, tokenize='ascii')",
    "CREATE VIRTUAL TABLE article_words_counts USING fts5vocab(article_words, row)",
)
_POSTGRESQL = (
    "CREATE TABLE article_words (article_id BIGINT CONSTRAINT pk_article_words PRIMARY KEY, words TSVECTOR NOT NULL)",
    "CREATE INDEX ix_article_words_words ON article_words USING gin (words)",
)


def upgrade() -> None:
    """Bring the schema up to this revision."""
    op.create_table(
        "indexed_article",
        sa.Column(
            "article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("with_page", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_indexed_article")),
    )
    op.create_table(
        "index_state",
        sa.Column("version", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("languages", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_index_state")),
    )
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    """Take this revision back."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE article_words_counts")
    op.execute("DROP TABLE article_words")
    op.drop_table("index_state")
    op.drop_table("indexed_article")
