"""The tables of work that is shared out among processes.

Effects: none.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from monitor.storage.columns import BIG
from monitor.storage.declared.row import Row


class WorkerRow(Row, table=True):
    """A process that works on this database beside others."""

    __tablename__ = "worker"
    id: str = Field(primary_key=True, max_length=120)
    host: str = Field(max_length=80)
    pid: int
    version: str = Field(max_length=32)
    queues: str = Field(max_length=80)
    started_at: datetime
    beat_at: datetime
    left_at: datetime | None = None
    """When it went of its own accord; None for one that works or was lost."""
    revision: int = 0
    """The configuration it works by."""
    jobs: int = 0
    """Units of work under way at the last beat."""
    visits: int = 0
    """Done in the minute before the last beat, like the two below."""
    articles: int = 0
    sent: int = 0


class LeadRow(Row, table=True):
    """Which process looks what is due, by a lease."""

    __tablename__ = "lead"
    name: str = Field(primary_key=True, max_length=32)
    owner: str = Field(max_length=120)
    until: datetime


class TickRow(Row, table=True):
    """The last slot of each tick that was taken."""

    __tablename__ = "tick"
    name: str = Field(primary_key=True, max_length=32)
    slot: int = Field(sa_type=sa.BigInteger)


class HandedRow(Row, table=True):
    """What a visit brought, handed over to whoever stores articles. Gone once that was done."""

    __tablename__ = "handed"
    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    feed_id: int = Field(unique=True, sa_type=sa.BigInteger)
    at: datetime
    bytes_read: int
    body: bytes
    tries: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How often its storing was begun by a process that then was lost."""
