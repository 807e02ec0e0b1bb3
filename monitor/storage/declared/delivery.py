"""The tables of delivery: what goes out, to whom, what holds it, and what is looked at again after it went.

Effects: none.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from monitor.storage.columns import BIG, LONG
from monitor.storage.declared.row import Row


class DeliveryRow(Row, table=True):
    """The outbox: one part of one digest, a note or an edit, to one channel and recipient."""

    __tablename__ = "delivery"
    __table_args__ = (
        sa.Index(None, "state", "next_attempt_at"),
        sa.Index(None, "digest_id", "channel", "part"),
        sa.Index("ix_delivery_channel_state_place", "channel", "state", "place"),
        sa.Index(None, "settled_at"),
        sa.Index(None, "channel", "id"),
        sa.Index(None, "state", "id"),
    )
    id: int = Field(primary_key=True, sa_type=BIG, sa_column_kwargs={"autoincrement": False})
    digest_id: int = Field(sa_type=sa.BigInteger)
    """That of its thread's root for a note or an edit; 0 for what belongs to no digest."""
    topic: str
    channel: str = Field(max_length=100)
    key: str = Field(unique=True, max_length=600)
    part: int
    stories: int
    payload: str = Field(sa_type=LONG)
    state: str = Field(max_length=16)
    attempt: int = 0
    created_at: datetime
    next_attempt_at: datetime
    first_attempt_at: datetime | None = None
    lease_owner: str | None = None
    lease_until: datetime | None = None
    perhaps_sent: bool = False
    receipt: str | None = None
    reason: str = ""
    error: str = ""
    settled_at: datetime | None = None
    kind: str = Field(default="digest", max_length=16, sa_column_kwargs={"server_default": "digest"})
    lane: str = Field(default="", max_length=320, sa_column_kwargs={"server_default": ""})
    """What goes out in order: the recipient for mail, else empty."""
    place: int = Field(default=0, sa_type=sa.BigInteger, sa_column_kwargs={"server_default": "0"})
    """The place in line that all parts of a message share: the id of its first."""
    thread_of: int | None = Field(default=None, sa_type=sa.BigInteger)
    """The delivery in whose thread it stands, or that it edits."""


class ChannelHoldRow(Row, table=True):
    """A channel that takes nothing until a person acts: its deliveries wait in line meanwhile."""

    __tablename__ = "channel_hold"
    channel: str = Field(primary_key=True, max_length=100)
    account: str
    """Whose credentials were refused; channels of one account are held together."""
    scope: str = Field(max_length=16)
    since: datetime
    until: datetime
    """When one delivery is tried again, whether or not anybody acted."""
    times: int
    reason: str
    error: str
    remedy: str


class RecipientRow(Row, table=True):
    """Somebody a mail channel writes to: by what they leave, and whether they left or were refused."""

    __tablename__ = "recipient"
    channel: str = Field(primary_key=True, max_length=100)
    address: str = Field(primary_key=True, max_length=254)
    token: str = Field(unique=True, max_length=64)
    """Says in a link who leaves; random, and tells nothing by itself."""
    refused: int = 0
    """Times in a row that the server refused the address for good."""
    stopped_at: datetime | None = None
    stopped_by: str = Field(default="", max_length=16)
    """`reader` or `server`."""
    error: str = ""
    left_at: datetime | None = None
    """Since when no channel of the configuration writes to it; noted by the sweep."""


class MuteRow(Row, table=True):
    """Something that a person holds back until a time."""

    __tablename__ = "mute"
    __table_args__ = (sa.Index("ix_mute_lifted_at_until", "lifted_at", "until"),)
    id: int = Field(primary_key=True, sa_type=BIG, sa_column_kwargs={"autoincrement": False})
    kind: str = Field(max_length=16)
    value: str
    channel: str | None = Field(default=None, max_length=100)
    until: datetime
    at: datetime
    by: str
    reason: str = ""
    lifted_at: datetime | None = None
    lifted_by: str = ""


class FollowRow(Row, table=True):
    """A story of which a channel is shown everything at once."""

    __tablename__ = "follow"
    channel: str = Field(primary_key=True, max_length=100)
    story_id: int = Field(primary_key=True, sa_type=sa.BigInteger)
    by: str
    at: datetime
    until: datetime


class SecondLookRow(Row, table=True):
    """An alerted article whose page is looked at again; goes with the article, so that the looks can be explained."""

    __tablename__ = "second_look"
    __table_args__ = (sa.Index("ix_second_look_state_next_at", "state", "next_at"),)
    article_id: int = Field(primary_key=True, sa_type=BIG, sa_column_kwargs={"autoincrement": False})
    told_at: datetime
    looks: int = 0
    next_at: datetime
    """When it is due; for one with an owner, when the lease ends and it is due again."""
    lease_owner: str | None = None
    state: str = Field(max_length=16)
    title: str = ""
    """The headline that a note told last; empty before the first."""
    error: str = ""


class FollowUpRow(Row, table=True):
    """An article that a channel was shown in a line under a told story: it is shown once, and never tells."""

    __tablename__ = "follow_up"
    __table_args__ = (sa.Index(None, "article_id"),)
    channel: str = Field(primary_key=True, max_length=100)
    article_id: int = Field(primary_key=True, sa_type=sa.BigInteger)
    digest_id: int = Field(sa_type=sa.BigInteger)
    topic: str
    at: datetime
