"""The tables of what a person steers by: configurations that were in force, edits on their way, notices, sightings.

Written by `make tables` from declared/care.py, which says what each column means. Change that, not this.

Effects: none.
"""

import sqlalchemy as sa

from monitor.storage.columns import BIG, LONG, MOMENT, metadata

CONFIG_REVISION = sa.Table(
    "config_revision",
    metadata,
    sa.Column("id", BIG, primary_key=True),
    sa.Column("at", MOMENT, nullable=False),
    sa.Column("author", sa.String, nullable=False),
    sa.Column("note", sa.String, nullable=False, default=""),
    sa.Column("change", sa.String, nullable=False, default=""),
    sa.Column("monitor_hash", sa.String(64), nullable=False),
    sa.Column("feeds_hash", sa.String(64), nullable=False),
    sa.Column("watchlist_hash", sa.String(64), nullable=False),
    sa.Column("feeds", sa.LargeBinary, nullable=False),
    sa.Column("watchlist", sa.LargeBinary, nullable=False),
)
CONFIG_EDIT = sa.Table(
    "config_edit",
    metadata,
    sa.Column("body_hash", sa.String(64), primary_key=True),
    sa.Column("at", MOMENT, nullable=False),
    sa.Column("author", sa.String, nullable=False),
    sa.Column("note", sa.String, nullable=False, default=""),
    sa.Column("planned", sa.Boolean, nullable=False, default=False),
    sa.Column("replay_s", sa.Integer, nullable=False, default=0),
)
NOTICE = sa.Table(
    "notice",
    metadata,
    sa.Column("key", sa.String(300), primary_key=True),
    sa.Column("since", MOMENT, nullable=False),
    sa.Column("head", sa.String, nullable=False),
    sa.Column("remedy", sa.String, nullable=False, default=""),
    sa.Column("detail", LONG, nullable=False, default=""),
    sa.Column("told_at", MOMENT),
    sa.Column("over_at", MOMENT),
)
SIGHTING = sa.Table(
    "sighting",
    metadata,
    sa.Column("article_id", sa.BigInteger, primary_key=True),
    sa.Column("feed_id", sa.BigInteger, primary_key=True),
    sa.Column("kind", sa.SmallInteger, primary_key=True),
    sa.Column("first_at", MOMENT, nullable=False),
    sa.Column("last_at", MOMENT, nullable=False),
)
