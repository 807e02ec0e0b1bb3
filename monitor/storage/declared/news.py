"""The tables, for SQLite and PostgreSQL alike. Rows never leave `storage`: they become the model at its door.

Times are aware and in UTC. Keys of 63 bits fit a BIGINT. Ids of articles, stories, digests and deliveries come from
`counter`: never used twice, short enough to type, and a story can carry the id of its first article.

Effects: none.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from monitor.storage.columns import BIG, LONG
from monitor.storage.declared.row import Row


class CounterRow(Row, table=True):
    """The last id given out, by kind."""

    __tablename__ = "counter"
    name: str = Field(primary_key=True, max_length=32)
    value: int = Field(sa_type=sa.BigInteger)


class FeedRow(Row, table=True):
    """A feed, configured or once configured, and what we remember of it."""

    __tablename__ = "feed"
    __table_args__ = (sa.Index(None, "lease_until"),)  # partial in the migration: said here it loads both dialects
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    url: str = Field(unique=True)
    name: str
    host: str = Field(index=True)
    language: str | None = None
    weight: float = 1.0
    active: bool = True
    title: str = ""
    etag: str | None = None
    last_modified: str | None = None
    validators_at: datetime | None = None
    body_hash: bytes | None = None
    entries_hash: bytes | None = None
    first_polled_at: datetime | None = None
    watermark_at: datetime | None = None
    last_poll_at: datetime | None = None
    last_ok_at: datetime | None = None
    last_new_at: datetime | None = None
    next_poll_at: datetime = Field(index=True)
    hold_until: datetime | None = None
    held_at: datetime | None = None
    interval_s: int = 900
    lease_owner: str | None = None
    lease_until: datetime | None = None
    fail_count: int = 0
    failing_since: datetime | None = None
    outcome: str = ""
    reason: str = ""
    error: str = ""
    status: int | None = None
    lost_windows: int = 0
    lost_entries: int = 0
    last_lost_at: datetime | None = None
    last_lost: int = 0
    site: str = ""
    rhythm: bytes | None = None
    window_s: int = 0
    window_entries: int = 0
    longest_gap_s: int = 0
    ttl_s: int | None = None
    max_age_s: int | None = None
    skip_times: str = ""
    address: str | None = None
    moved_to: str | None = None
    moved_count: int = 0
    moved_since: datetime | None = None
    quarantine: str = ""
    quarantined_at: datetime | None = None
    same_as: int | None = Field(default=None, sa_type=sa.BigInteger)
    """The feed whose address this one moved to: only that one is visited."""


class PollRow(Row, table=True):
    """A visit that brought something new or failed; quiet visits only move the feed's own times."""

    __tablename__ = "poll"
    __table_args__ = (sa.Index(None, "feed_id", "polled_at"), sa.Index(None, "polled_at"))
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    feed_id: int = Field(sa_type=sa.BigInteger)
    polled_at: datetime
    outcome: str
    status: int | None = None
    entries: int = 0
    new: int = 0
    bytes_read: int = 0
    elapsed_ms: int = 0
    reason: str = ""
    error: str = ""
    """Of one that did not fail: what was odd about it."""


class ArticleRow(Row, table=True):
    """An entry we keep. Its text never changes; what a feed says later only counts as a revision."""

    __tablename__ = "article"
    __table_args__ = (sa.Index(None, "story_id"), sa.Index(None, "first_seen_at"), sa.Index(None, "feed_id", "id"))
    id: int = Field(primary_key=True, sa_type=BIG, sa_column_kwargs={"autoincrement": False})
    feed_id: int = Field(sa_type=sa.BigInteger)
    title: str
    text: str = Field(sa_type=LONG)
    url: str
    source: str = ""
    language: str | None = None
    author: str = ""
    tags: str = ""
    published_at: datetime | None = None
    first_seen_at: datetime
    standing: str
    content_key: int = Field(sa_type=sa.BigInteger)
    revision: int = 0
    story_id: int = Field(sa_type=sa.BigInteger)
    relation: str
    copy_of: int | None = Field(default=None, sa_type=sa.BigInteger)
    evidence: str = ""
    text_id: int = Field(sa_type=sa.BigInteger)
    """The first article of the same text: its own id for a text of its own, that of the original for a copy."""
    quiet: bool = False
    """A report so like what the story has that it is counted and not shown."""
    origin: str = ""
    """The agency its text is credited to, where one is."""


class PageRow(Row, table=True):
    """The page of an article that was wanted, and what it gave; goes with the article."""

    __tablename__ = "page"
    __table_args__ = (sa.Index(None, "state", "next_at"), sa.Index(None, "address_key"), sa.Index(None, "at"))
    article_id: int = Field(primary_key=True, sa_type=BIG, sa_column_kwargs={"autoincrement": False})
    url: str
    host: str
    address_key: int = Field(sa_type=sa.BigInteger)
    """Of the canonical address: pages of several articles that are one are read once."""
    state: str = Field(max_length=16)
    attempts: int = 0
    wanted_at: datetime
    next_at: datetime
    """When it is due; for a leased one, when its lease ends and it is due again."""
    lease_owner: str | None = None
    at: datetime | None = None
    """When its site was last asked."""
    text: str = Field(default="", sa_type=LONG)
    road: str = ""
    reason: str = ""


class ArticleVectorRow(Row, table=True):
    """Where an article stands in meaning, by one sentence model; goes with the article."""

    __tablename__ = "article_vector"
    article_id: int = Field(primary_key=True, sa_type=BIG, sa_column_kwargs={"autoincrement": False})
    model: str = Field(max_length=32)
    """Vectors of two models say nothing to each other."""
    vector: bytes
    """Half-precision numbers; empty where the model could not read the text."""


class EntryAliasRow(Row, table=True):
    """A name under which a feed has shown an article: outlives the article's text, so that it is never news again."""

    __tablename__ = "entry_alias"
    __table_args__ = ({"sqlite_with_rowid": False},)
    feed_id: int = Field(primary_key=True, sa_type=sa.BigInteger)
    kind: int = Field(primary_key=True, sa_type=sa.SmallInteger)
    key: int = Field(primary_key=True, sa_type=sa.BigInteger)
    article_id: int = Field(sa_type=sa.BigInteger)
    seen_day: int
    """Day since 1970 on which the feed last showed it; written once a day at most."""


class TopicRow(Row, table=True):
    """When a topic is due, and what it was called: survives edits of the watchlist."""

    __tablename__ = "topic"
    key: str = Field(primary_key=True, max_length=100)
    name: str
    active: bool = True
    schedule: str = ""
    created_at: datetime
    next_due_at: datetime | None = Field(default=None, index=True)
    last_closed_at: datetime | None = None
    touched: bool = False
    """New matches since the last look for breaking stories."""


class MatchRow(Row, table=True):
    """An article that answers a topic."""

    __tablename__ = "match"
    __table_args__ = (
        sa.Index(None, "article_id"),
        sa.Index(None, "topic", "digest_id", "silent"),
        sa.Index(None, "story_id", "topic"),
        sa.Index(None, "topic", "matched_at", "silent"),
    )
    topic: str = Field(primary_key=True, max_length=100)
    article_id: int = Field(primary_key=True, sa_type=sa.BigInteger)
    story_id: int = Field(sa_type=sa.BigInteger)
    score: int
    level: str
    title_hit: bool = False
    evidence: str
    sentence: str = ""
    matched_at: datetime
    silent: bool = False
    """Stored as a baseline or a backlog: never a reason to tell."""
    digest_id: int | None = Field(default=None, sa_type=sa.BigInteger)
    """The digest that took it, told or held back."""


class NearMissRow(Row, table=True):
    """An article that nearly answered a topic, with the reason it did not."""

    __tablename__ = "near_miss"
    __table_args__ = (sa.Index(None, "article_id"), sa.Index(None, "at"))
    topic: str = Field(primary_key=True, max_length=100)
    article_id: int = Field(primary_key=True, sa_type=sa.BigInteger)
    score: int
    reason: str
    at: datetime


class MarkRow(Row, table=True):
    """What a reader said of an article under a topic, with the words that are learned from it."""

    __tablename__ = "mark"
    __table_args__ = (sa.Index(None, "article_id"), sa.Index(None, "topic", "at"))
    topic: str = Field(primary_key=True, max_length=100)
    article_id: int = Field(primary_key=True, sa_type=sa.BigInteger)
    verdict: str = Field(max_length=16)
    at: datetime
    by: str = ""
    note: str = ""
    title: str = ""
    language: str | None = None
    words: str = Field(sa_type=LONG)
    """The article's most telling words with their counts: JSON. The article itself may be swept."""


class DigestRow(Row, table=True):
    """A closed digest of a topic: its local slot can close only once."""

    __tablename__ = "digest"
    __table_args__ = (
        sa.UniqueConstraint("topic", "slot"),
        sa.Index(None, "closed_at"),
        sa.Index(None, "topic", "closed_at"),
    )
    id: int = Field(primary_key=True, sa_type=BIG, sa_column_kwargs={"autoincrement": False})
    topic: str = Field(max_length=100)
    slot: str = Field(max_length=100)
    kind: str
    window_start: datetime
    window_end: datetime
    closed_at: datetime


class HeldBackRow(Row, table=True):
    """Why a digest did not tell a story to a channel."""

    __tablename__ = "held_back"
    __table_args__ = (sa.Index(None, "story_id"),)
    digest_id: int = Field(primary_key=True, sa_type=sa.BigInteger)
    channel: str = Field(primary_key=True, max_length=100)
    story_id: int = Field(primary_key=True, sa_type=sa.BigInteger)
    reason: str
    gate: str = Field(default="", max_length=16, sa_column_kwargs={"server_default": ""})
    """What held it back, where that is counted: `bar`; under no digest, `quiet` or `room`."""


class SentLogRow(Row, table=True):
    """Which story a channel was told, and when: the memory that nothing is told twice."""

    __tablename__ = "sent_log"
    __table_args__ = (
        sa.Index(None, "story_id"),
        sa.Index(None, "article_id", "channel"),
        sa.Index(None, "topic", "told_at"),
        sa.Index(None, "told_at", "story_id"),
        sa.Index(None, "digest_id"),
    )
    channel: str = Field(primary_key=True, max_length=100)
    story_id: int = Field(primary_key=True, sa_type=sa.BigInteger)
    telling: int = Field(primary_key=True)
    article_id: int = Field(sa_type=sa.BigInteger)
    digest_id: int = Field(sa_type=sa.BigInteger)
    topic: str
    told_at: datetime
    reason: str
    article_count: int
    publisher_count: int
    independent_count: int


class IndexedArticleRow(Row, table=True):
    """An article whose words are in the index; goes with the article."""

    __tablename__ = "indexed_article"
    article_id: int = Field(primary_key=True, sa_type=BIG, sa_column_kwargs={"autoincrement": False})
    with_page: bool
    """Whether the text of its page is in it."""


class IndexStateRow(Row, table=True):
    """By what rules the index was made, one row; where they are others now, it is made anew."""

    __tablename__ = "index_state"
    version: str = Field(primary_key=True, max_length=100)
    languages: str
    """Those its articles are read in, joined by commas; that of languages without a stemmer is empty."""


class HeartbeatRow(Row, table=True):
    """When a part of the daemon last did its work."""

    __tablename__ = "heartbeat"
    component: str = Field(primary_key=True, max_length=32)
    at: datetime
    detail: str = ""
