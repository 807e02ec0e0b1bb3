"""The tables of work that is shared out among processes.

Written by `make tables` from declared/run.py, which says what each column means. Change that, not this.

Effects: none.
"""

import sqlalchemy as sa

from monitor.storage.columns import BIG, MOMENT, metadata

WORKER = sa.Table(
    "worker",
    metadata,
    sa.Column("id", sa.String(120), primary_key=True),
    sa.Column("host", sa.String(80), nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("version", sa.String(32), nullable=False),
    sa.Column("queues", sa.String(80), nullable=False),
    sa.Column("started_at", MOMENT, nullable=False),
    sa.Column("beat_at", MOMENT, nullable=False),
    sa.Column("left_at", MOMENT),
    sa.Column("revision", sa.Integer, nullable=False, default=0),
    sa.Column("jobs", sa.Integer, nullable=False, default=0),
    sa.Column("visits", sa.Integer, nullable=False, default=0),
    sa.Column("articles", sa.Integer, nullable=False, default=0),
    sa.Column("sent", sa.Integer, nullable=False, default=0),
)
LEAD = sa.Table(
    "lead",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("owner", sa.String(120), nullable=False),
    sa.Column("until", MOMENT, nullable=False),
)
TICK = sa.Table(
    "tick",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("slot", sa.BigInteger, nullable=False),
)
HANDED = sa.Table(
    "handed",
    metadata,
    sa.Column("id", BIG, primary_key=True),
    sa.Column("feed_id", sa.BigInteger, nullable=False),
    sa.Column("at", MOMENT, nullable=False),
    sa.Column("bytes_read", sa.Integer, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, default=0, server_default="0"),
)
