"""What people hold back, and what they follow.

A story is kept under the number a person saw, and found where it stands now whenever it is read: so a mute holds after
a merge, and a merge that is taken back takes no mute with it.

Effects: database.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from msgspec.structs import replace
from sqlalchemy.engine import Connection, Row

from monitor.errors import MonitorError
from monitor.model import ChannelName, Follow, Mute, MuteKind, StoryId
from monitor.storage.corrections import CorrectionTable
from monitor.storage.delivery_tables import FOLLOW, MUTE
from monitor.storage.rows import portions, take_ids, upsert
from monitor.storage.story_tables import STORY
from monitor.storage.tables import TOPIC

IN_FORCE_MAX = 1_000
"""Mutes in force at a time, and stories that a channel follows: each digest looks at all of them."""
LISTED_MAX = 200
"""Mutes listed at most, the newest."""


class MuteTable:
    """Questions and changes of mutes."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def add(
        self,
        kind: MuteKind,
        value: str,
        *,
        until: datetime,
        now: datetime,
        by: str,
        channel: ChannelName | None = None,
        reason: str = "",
    ) -> Mute:
        """Hold something back until a time, on one channel or on all.

        What is held already stays the same mute: it lasts until the later of the two times and takes a new reason, so
        that a click twice is one mute. Raises MonitorError where too many are in force.
        """
        [number] = take_ids(self._db, "mute", 1)  # first, so that of two who mute the same the second sees the first
        held = self._rows_in_force(now)
        same = [row for row in held if row.kind == kind.value and row.channel == channel]
        wanted = self._meant(kind, [value])[value]
        meanings = self._meant(kind, [row.value for row in same])
        for row in same:
            if meanings[row.value] == wanted:
                change = {"until": max(until, row.until), "reason": reason or row.reason}
                self._db.execute(sa.update(MUTE).where(MUTE.c.id == row.id).values(**change))
                return replace(_to_mute(row), until=change["until"], reason=change["reason"])
        if len(held) >= IN_FORCE_MAX:
            raise MonitorError(
                f"{IN_FORCE_MAX} mutes are in force, which is all there may be",
                remedy="Lift some: monitor mute list, monitor mute lift ID.",
            )
        mute = Mute(number, kind, value, until, now, by, channel, reason)
        names = ("id", "value", "until", "at", "by", "channel", "reason")
        values = {name: getattr(mute, name) for name in names}
        self._db.execute(sa.insert(MUTE).values(kind=kind.value, lifted_by="", **values))
        return mute

    def get(self, mute_id: int) -> Mute | None:
        """One mute as it was made, or None."""
        row = self._db.execute(sa.select(MUTE).where(MUTE.c.id == mute_id)).first()
        return _to_mute(row) if row else None

    def lift(self, mute_id: int, *, by: str, now: datetime) -> Mute | None:
        """End a mute, and say how it stands: one that was lifted or has run out stays as it is. None where none is.

        Topics told at once look again, for what waited may be told now; the others do so at their next slot.
        """
        in_force = sa.and_(MUTE.c.id == mute_id, MUTE.c.lifted_at.is_(None), MUTE.c.until > now)
        ended = self._db.execute(sa.update(MUTE).where(in_force).values(lifted_at=now, lifted_by=by)).rowcount
        if ended:
            waits = sa.and_(TOPIC.c.active, TOPIC.c.next_due_at > now, TOPIC.c.schedule.like("now %"))
            self._db.execute(sa.update(TOPIC).where(waits).values(next_due_at=now))
        return self.get(mute_id)

    def lift_all(
        self, kind: MuteKind, value: str, *, channel: ChannelName | None = None, by: str, now: datetime
    ) -> list[Mute]:
        """End every mute in force of this thing, on that channel or, with None, those that hold on all."""
        same = [row for row in self._rows_in_force(now) if row.kind == kind.value and row.channel == channel]
        meanings = self._meant(kind, [value, *(row.value for row in same)])
        ended = [self.lift(row.id, by=by, now=now) for row in same if meanings[row.value] == meanings[value]]
        return [mute for mute in ended if mute is not None]

    def in_force(self, now: datetime) -> list[Mute]:
        """Every mute that holds now, oldest first. A story's value is the number of the story it stands in now."""
        rows = self._rows_in_force(now)
        stories = self._meant(MuteKind.STORY, [row.value for row in rows if row.kind == MuteKind.STORY])
        mutes = [_to_mute(row) for row in rows]
        return [replace(mute, value=stories[mute.value]) if mute.kind is MuteKind.STORY else mute for mute in mutes]

    def listed(self, limit: int = LISTED_MAX) -> list[Mute]:
        """The newest mutes as they were made, also such as ended, the newest first."""
        rows = self._db.execute(sa.select(MUTE).order_by(MUTE.c.id.desc()).limit(limit))
        return [_to_mute(row) for row in rows]

    def forget(self, before: datetime, *, limit: int) -> int:
        """Remove at most so many that ended before then; how many went."""
        ended = sa.or_(MUTE.c.until < before, MUTE.c.lifted_at < before)
        ids = list(self._db.execute(sa.select(MUTE.c.id).where(ended).limit(limit)).scalars())
        for some in portions(ids):
            self._db.execute(sa.delete(MUTE).where(MUTE.c.id.in_(some)))
        return len(ids)

    def _rows_in_force(self, now: datetime) -> list[Row[Any]]:
        holds = sa.select(MUTE).where(MUTE.c.lifted_at.is_(None), MUTE.c.until > now)
        return list(self._db.execute(holds.order_by(MUTE.c.id)))

    def _meant(self, kind: MuteKind, values: Collection[str]) -> dict[str, str]:
        """What each value means now: a story where it stands, a term whatever its case."""
        if kind is MuteKind.TERM:
            return {value: value.casefold() for value in values}
        if kind is not MuteKind.STORY:
            return {value: value for value in values}
        now_in = stories_now(self._db, {StoryId(int(value)) for value in values})
        return {value: str(now_in[StoryId(int(value))]) for value in values}


class FollowTable:
    """Questions and changes of what channels follow."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def set(self, channel: ChannelName, story_id: StoryId, *, by: str, now: datetime, until: datetime) -> Follow:
        """Follow a story until a time. While it is followed, the first to say so stays and the later time counts.

        Raises MonitorError where the channel follows too many.
        """
        take_ids(self._db, "follow", 1)  # makes two who follow the same come one after the other
        held = self._rows(now, channel)
        meant = stories_now(self._db, {story_id, *(StoryId(row.story_id) for row in held)})
        old = next((row for row in held if meant[StoryId(row.story_id)] == meant[story_id]), None)
        if old is None and len(held) >= IN_FORCE_MAX:
            raise MonitorError(
                f"{channel} follows {IN_FORCE_MAX} stories, which is all there may be", remedy="They end by themselves."
            )
        follow = Follow(channel, story_id, by, now, until)
        if old is not None:
            follow = Follow(channel, StoryId(old.story_id), old.by, old.at, max(until, old.until))
        names = ("channel", "story_id", "by", "at", "until")
        upsert(self._db, FOLLOW, [{name: getattr(follow, name) for name in names}], update=["by", "at", "until"])
        return follow

    def lift(self, channel: ChannelName, story_id: StoryId, *, now: datetime) -> bool:
        """Stop following a story, under whatever number it was followed; False where it was not."""
        held = [StoryId(row.story_id) for row in self._rows(now, channel)]
        meant = stories_now(self._db, {story_id, *held})
        gone = [number for number in held if meant[number] == meant[story_id]]
        for number in gone:
            self._db.execute(sa.delete(FOLLOW).where(FOLLOW.c.channel == channel, FOLLOW.c.story_id == number))
        return bool(gone)

    def of(self, channel: ChannelName, now: datetime) -> list[Follow]:
        """What the channel follows now, each story once and where it stands now, by number."""
        return [follow for follow in self.all(now) if follow.channel == channel]

    def all(self, now: datetime) -> list[Follow]:
        """What every channel follows now, each story once per channel and where it stands now."""
        rows = self._rows(now)
        meant = stories_now(self._db, {StoryId(row.story_id) for row in rows})
        found: dict[tuple[ChannelName, StoryId], Follow] = {}
        for row in rows:
            key = ChannelName(row.channel), meant[StoryId(row.story_id)]
            follow = Follow(*key, row.by, row.at, row.until)
            if key not in found or found[key].until < follow.until:
                found[key] = follow
        return [found[key] for key in sorted(found)]

    def forget(self, before: datetime, *, limit: int) -> int:
        """Remove at most so many that ended before then; how many went."""
        ended = sa.select(FOLLOW.c.channel, FOLLOW.c.story_id).where(FOLLOW.c.until < before).limit(limit)
        keys = [tuple(row) for row in self._db.execute(ended)]
        for some in portions(keys):
            both = sa.tuple_(FOLLOW.c.channel, FOLLOW.c.story_id)
            self._db.execute(sa.delete(FOLLOW).where(both.in_(some)))
        return len(keys)

    def _rows(self, now: datetime, channel: ChannelName | None = None) -> list[Row[Any]]:
        asked = sa.select(FOLLOW).where(FOLLOW.c.until > now)
        if channel is not None:
            asked = asked.where(FOLLOW.c.channel == channel)
        return list(self._db.execute(asked.order_by(FOLLOW.c.channel, FOLLOW.c.story_id)))


def stories_now(connection: Connection, story_ids: Iterable[StoryId]) -> dict[StoryId, StoryId]:
    """Where each of these stories stands now: itself, unless it was merged or is not known."""
    found = {story_id: story_id for story_id in story_ids}
    corrections = CorrectionTable(connection)
    for some in portions(sorted(found)):
        merged = sa.select(STORY.c.id).where(STORY.c.id.in_(some), STORY.c.merged_into.is_not(None))
        for number in connection.execute(merged).scalars():
            found[StoryId(number)] = corrections.resolve(StoryId(number)) or StoryId(number)
    return found


def _to_mute(row: Row[Any]) -> Mute:
    return Mute(
        id=row.id,
        kind=MuteKind(row.kind),
        value=row.value,
        until=row.until,
        at=row.at,
        by=row.by,
        channel=None if row.channel is None else ChannelName(row.channel),
        reason=row.reason,
        lifted_at=row.lifted_at,
        lifted_by=row.lifted_by,
    )
