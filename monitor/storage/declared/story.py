"""The tables of stories: what belongs together, by what it is found, and what a person changed in it.

Effects: none.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from monitor.storage.columns import BIG, LONG
from monitor.storage.declared.row import Row


class StoryPrintRow(Row, table=True):
    """What an article is compared by: made of the article, kept while anything may be compared with it."""

    __tablename__ = "story_print"
    article_id: int = Field(primary_key=True, sa_type=BIG, sa_column_kwargs={"autoincrement": False})
    version: int = Field(sa_type=sa.SmallInteger)
    """Prints of another version are made anew."""
    at_s: int = Field(sa_type=sa.BigInteger)
    """When it was published, never later than it was seen; seconds since 1970."""
    publisher: str
    language: str = Field(max_length=2)
    recurring: bool
    """Its feed had the same headline half a day or more before."""
    body: bytes


class PrintKeyRow(Row, table=True):
    """The keys by which an article finds others that say the same."""

    __tablename__ = "print_key"
    __table_args__ = ({"sqlite_with_rowid": False},)
    key: int = Field(primary_key=True, sa_type=sa.BigInteger)
    article_id: int = Field(primary_key=True, sa_type=sa.BigInteger)


class WordCountsRow(Row, table=True):
    """In how many articles each word stood, as one row: what a restart begins with."""

    __tablename__ = "word_counts"
    name: str = Field(primary_key=True, max_length=16)
    last_article_id: int = Field(sa_type=sa.BigInteger)
    """The newest article that is counted."""
    counts: bytes


class StoryRow(Row, table=True):
    """The articles of one event; its id is that of its first article."""

    __tablename__ = "story"
    __table_args__ = (sa.Index(None, "last_article_at", "id"),)
    id: int = Field(primary_key=True, sa_type=BIG, sa_column_kwargs={"autoincrement": False})
    created_at: datetime
    last_article_at: datetime
    article_count: int = 1
    merged_into: int | None = Field(default=None, sa_type=sa.BigInteger)
    """The story that a person merged this one into; it has no articles of its own any more."""


class StoryChangeRow(Row, table=True):
    """What a person changed in the stories: outlives them, so that it can be shown and taken back."""

    __tablename__ = "story_change"
    __table_args__ = (sa.Index(None, "story_id"), sa.Index(None, "other_id"))
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    at: datetime
    by: str = ""
    kind: str = Field(max_length=16)
    """merge or split."""
    story_id: int = Field(sa_type=sa.BigInteger)
    """The story that stays."""
    other_id: int = Field(sa_type=sa.BigInteger)
    """The one that was merged into it, or that was split from it."""
    articles: str = Field(default="", sa_type=LONG)
    """Ids of the articles that went over, as JSON."""
    reason: str = ""
