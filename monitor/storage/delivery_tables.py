"""The tables of delivery: what goes out, to whom, what holds it, and what is looked at again after it went.

Written by `make tables` from declared/delivery.py, which says what each column means. Change that, not this.

Effects: none.
"""

import sqlalchemy as sa

from monitor.storage.columns import BIG, LONG, MOMENT, metadata

DELIVERY = sa.Table(
    "delivery",
    metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=False),
    sa.Column("digest_id", sa.BigInteger, nullable=False),
    sa.Column("topic", sa.String, nullable=False),
    sa.Column("channel", sa.String(100), nullable=False),
    sa.Column("key", sa.String(600), nullable=False),
    sa.Column("part", sa.Integer, nullable=False),
    sa.Column("stories", sa.Integer, nullable=False),
    sa.Column("payload", LONG, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False, default=0),
    sa.Column("created_at", MOMENT, nullable=False),
    sa.Column("next_attempt_at", MOMENT, nullable=False),
    sa.Column("first_attempt_at", MOMENT),
    sa.Column("lease_owner", sa.String),
    sa.Column("lease_until", MOMENT),
    sa.Column("perhaps_sent", sa.Boolean, nullable=False, default=False),
    sa.Column("receipt", sa.String),
    sa.Column("reason", sa.String, nullable=False, default=""),
    sa.Column("error", sa.String, nullable=False, default=""),
    sa.Column("settled_at", MOMENT),
    sa.Column("kind", sa.String(16), nullable=False, default="digest", server_default="digest"),
    sa.Column("lane", sa.String(320), nullable=False, default="", server_default=""),
    sa.Column("place", sa.BigInteger, nullable=False, default=0, server_default="0"),
    sa.Column("thread_of", sa.BigInteger),
)
CHANNEL_HOLD = sa.Table(
    "channel_hold",
    metadata,
    sa.Column("channel", sa.String(100), primary_key=True),
    sa.Column("account", sa.String, nullable=False),
    sa.Column("scope", sa.String(16), nullable=False),
    sa.Column("since", MOMENT, nullable=False),
    sa.Column("until", MOMENT, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("error", sa.String, nullable=False),
    sa.Column("remedy", sa.String, nullable=False),
)
RECIPIENT = sa.Table(
    "recipient",
    metadata,
    sa.Column("channel", sa.String(100), primary_key=True),
    sa.Column("address", sa.String(254), primary_key=True),
    sa.Column("token", sa.String(64), nullable=False),
    sa.Column("refused", sa.Integer, nullable=False, default=0),
    sa.Column("stopped_at", MOMENT),
    sa.Column("stopped_by", sa.String(16), nullable=False, default=""),
    sa.Column("error", sa.String, nullable=False, default=""),
    sa.Column("left_at", MOMENT),
)
MUTE = sa.Table(
    "mute",
    metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("value", sa.String, nullable=False),
    sa.Column("channel", sa.String(100)),
    sa.Column("until", MOMENT, nullable=False),
    sa.Column("at", MOMENT, nullable=False),
    sa.Column("by", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False, default=""),
    sa.Column("lifted_at", MOMENT),
    sa.Column("lifted_by", sa.String, nullable=False, default=""),
)
FOLLOW = sa.Table(
    "follow",
    metadata,
    sa.Column("channel", sa.String(100), primary_key=True),
    sa.Column("story_id", sa.BigInteger, primary_key=True),
    sa.Column("by", sa.String, nullable=False),
    sa.Column("at", MOMENT, nullable=False),
    sa.Column("until", MOMENT, nullable=False),
)
SECOND_LOOK = sa.Table(
    "second_look",
    metadata,
    sa.Column("article_id", BIG, primary_key=True, autoincrement=False),
    sa.Column("told_at", MOMENT, nullable=False),
    sa.Column("looks", sa.Integer, nullable=False, default=0),
    sa.Column("next_at", MOMENT, nullable=False),
    sa.Column("lease_owner", sa.String),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("title", sa.String, nullable=False, default=""),
    sa.Column("error", sa.String, nullable=False, default=""),
)
FOLLOW_UP = sa.Table(
    "follow_up",
    metadata,
    sa.Column("channel", sa.String(100), primary_key=True),
    sa.Column("article_id", sa.BigInteger, primary_key=True),
    sa.Column("digest_id", sa.BigInteger, nullable=False),
    sa.Column("topic", sa.String, nullable=False),
    sa.Column("at", MOMENT, nullable=False),
)
