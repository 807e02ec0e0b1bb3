"""The tables of stories: what belongs together, by what it is found, and what a person changed in it.

Written by `make tables` from declared/story.py, which says what each column means. Change that, not this.

Effects: none.
"""

import sqlalchemy as sa

from monitor.storage.columns import BIG, LONG, MOMENT, metadata

STORY_PRINT = sa.Table(
    "story_print",
    metadata,
    sa.Column("article_id", BIG, primary_key=True, autoincrement=False),
    sa.Column("version", sa.SmallInteger, nullable=False),
    sa.Column("at_s", sa.BigInteger, nullable=False),
    sa.Column("publisher", sa.String, nullable=False),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("recurring", sa.Boolean, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)
PRINT_KEY = sa.Table(
    "print_key",
    metadata,
    sa.Column("key", sa.BigInteger, primary_key=True),
    sa.Column("article_id", sa.BigInteger, primary_key=True),
)
WORD_COUNTS = sa.Table(
    "word_counts",
    metadata,
    sa.Column("name", sa.String(16), primary_key=True),
    sa.Column("last_article_id", sa.BigInteger, nullable=False),
    sa.Column("counts", sa.LargeBinary, nullable=False),
)
STORY = sa.Table(
    "story",
    metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=False),
    sa.Column("created_at", MOMENT, nullable=False),
    sa.Column("last_article_at", MOMENT, nullable=False),
    sa.Column("article_count", sa.Integer, nullable=False, default=1),
    sa.Column("merged_into", sa.BigInteger),
)
STORY_CHANGE = sa.Table(
    "story_change",
    metadata,
    sa.Column("id", BIG, primary_key=True),
    sa.Column("at", MOMENT, nullable=False),
    sa.Column("by", sa.String, nullable=False, default=""),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("story_id", sa.BigInteger, nullable=False),
    sa.Column("other_id", sa.BigInteger, nullable=False),
    sa.Column("articles", LONG, nullable=False, default=""),
    sa.Column("reason", sa.String, nullable=False, default=""),
)
