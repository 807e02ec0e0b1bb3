"""The tables of what a person steers by: configurations that were in force, edits on their way, notices, sightings.

Effects: none.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from monitor.storage.columns import BIG, LONG
from monitor.storage.declared.row import Row


class ConfigRevisionRow(Row, table=True):
    """A configuration that was in force. Of monitor.toml the hash alone is kept: an address in it may be a secret."""

    __tablename__ = "config_revision"
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    at: datetime
    author: str
    """`file`, `cli:NAME`, `slack:U…` or `web:NAME`."""
    note: str = ""
    change: str = ""
    """What changed against the one before, in words."""
    monitor_hash: str = Field(max_length=64)
    feeds_hash: str = Field(max_length=64)
    watchlist_hash: str = Field(max_length=64)
    feeds: bytes
    """feeds.toml as it stood, compressed."""
    watchlist: bytes
    """watchlist.toml as it stood, compressed."""


class ConfigEditRow(Row, table=True):
    """Who wrote a config file of this content, and whether it was planned: known before or after it counts."""

    __tablename__ = "config_edit"
    body_hash: str = Field(primary_key=True, max_length=64)
    """SHA-256 of the whole file."""
    at: datetime
    author: str
    note: str = ""
    planned: bool = False
    """Whether a person saw what it would change and said yes."""
    replay_s: int = 0
    """How far back new topics look into the archive when it comes in force; 0 for not at all."""


class NoticeRow(Row, table=True):
    """Something that needs a person: told once, and once more when it is over."""

    __tablename__ = "notice"
    key: str = Field(primary_key=True, max_length=300)
    since: datetime
    head: str
    remedy: str = ""
    detail: str = Field(default="", sa_type=LONG)
    told_at: datetime | None = None
    over_at: datetime | None = None


class SightingRow(Row, table=True):
    """That a feed showed an article again, by which key it was recognised, when first and when last; swept with it."""

    __tablename__ = "sighting"
    __table_args__ = ({"sqlite_with_rowid": False},)
    article_id: int = Field(primary_key=True, sa_type=sa.BigInteger)
    feed_id: int = Field(primary_key=True, sa_type=sa.BigInteger)
    kind: int = Field(primary_key=True, sa_type=sa.SmallInteger)
    first_at: datetime
    last_at: datetime
    """Written once a day at most."""
