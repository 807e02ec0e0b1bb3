"""Let a topic go on under another key: what waits, what was marked and what is muted go over; what was told stays.

Effects: database.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection

from monitor.model import MuteKind, TopicKey
from monitor.storage.delivery_tables import MUTE
from monitor.storage.marks import MarkTable
from monitor.storage.tables import MARK, MATCH


class Moved(Struct, frozen=True):
    """How much went over to the new key."""

    waiting: int
    """Matches that no digest had taken and that may be told."""
    marks: int
    mutes: int


class RenameTable:
    """What belongs to a topic's key and goes with it."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def move(self, old: TopicKey, new: TopicKey, now: datetime) -> Moved:
        """Give what is still to come to the new key: matches no digest has taken, silent ones too, marks, and mutes.

        What a digest took stays under the old key, with that digest. Where the new key knows an article already, it
        keeps what it has. Whoever calls this takes away nothing from a topic that goes on.
        """
        untaken = (MATCH.c.topic == old, MATCH.c.digest_id.is_(None), ~_is_known(MATCH, new))
        waiting = self._move(MATCH, new, *untaken, MATCH.c.silent.is_(False))
        self._move(MATCH, new, *untaken)  # so that a copy of what was silent stays as silent as that
        marks = self._move(MARK, new, MARK.c.topic == old, ~_is_known(MARK, new))
        if marks:
            MarkTable(self._db).note_change()
        holds = (MUTE.c.kind == MuteKind.TOPIC.value, MUTE.c.value == old, MUTE.c.lifted_at.is_(None))
        mutes = self._db.execute(sa.update(MUTE).where(*holds, MUTE.c.until > now).values(value=new)).rowcount
        return Moved(waiting, marks, mutes)

    def _move(self, table: sa.Table, new: TopicKey, *which: sa.ColumnElement[bool]) -> int:
        return self._db.execute(sa.update(table).where(*which).values(topic=new)).rowcount


def _is_known(table: sa.Table, topic: TopicKey) -> sa.ColumnElement[Any]:
    """Whether the new key has a row for the same article."""
    other = table.alias()
    return sa.exists().where(other.c.topic == topic, other.c.article_id == table.c.article_id)
