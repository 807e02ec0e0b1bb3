"""Channels that take nothing until a person acts: their deliveries wait in line, and nothing of them is lost.

Effects: database.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection, Row

from monitor.model import ChannelName
from monitor.storage.delivery_tables import CHANNEL_HOLD
from monitor.storage.rows import upsert

FIRST_HOLD = timedelta(minutes=15)
"""When a held channel is tried for the first time again: a person needs some minutes, and may not say so to us."""
HOLD_MAX = timedelta(hours=1)
"""A channel that was mended is noticed within the hour, and a dead one costs one call an hour."""


class Hold(Struct, frozen=True):
    """A channel that is held, and why."""

    channel: ChannelName
    account: str
    scope: str
    """`channel` or `account`."""
    since: datetime
    until: datetime
    """When one delivery is tried again, whether or not anybody acted."""
    reason: str
    error: str
    remedy: str


class HoldTable:
    """Questions and changes of holds."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def hold(
        self,
        channels: Sequence[ChannelName],
        now: datetime,
        *,
        account: str,
        scope: str,
        reason: str,
        error: str,
        remedy: str,
    ) -> list[ChannelName]:
        """Hold the channels, each for twice as long as the time before; those that were not held are returned."""
        known = {row.channel: row for row in self._db.execute(sa.select(CHANNEL_HOLD))}
        rows = []
        for name in channels:
            before = known.get(name)
            times = 1 if before is None else before.times + 1
            rows.append(
                {
                    "channel": name,
                    "account": account,
                    "scope": scope,
                    "since": now if before is None else before.since,
                    "until": now + min(HOLD_MAX, FIRST_HOLD * 2 ** min(times - 1, 8)),
                    "times": times,
                    "reason": reason,
                    "error": error,
                    "remedy": remedy,
                }
            )
        columns = ["account", "scope", "until", "times", "reason", "error", "remedy"]
        upsert(self._db, CHANNEL_HOLD, rows, update=columns)
        return [name for name in channels if name not in known]

    def lift(self, channel: ChannelName, of_account: Sequence[ChannelName]) -> list[ChannelName]:
        """Let a channel that took something go again, and those held for their account alone; returns who was held."""
        same = sa.and_(CHANNEL_HOLD.c.channel.in_(of_account), CHANNEL_HOLD.c.scope == "account")
        mine = sa.or_(CHANNEL_HOLD.c.channel == channel, same)
        gone = sa.delete(CHANNEL_HOLD).where(mine).returning(CHANNEL_HOLD.c.channel)
        return [ChannelName(name) for name in self._db.execute(gone).scalars()]

    def try_now(self, now: datetime, channel: ChannelName | None = None) -> None:
        """Let one delivery of the held channels be tried at once: a person said that something changed."""
        change = sa.update(CHANNEL_HOLD).values(until=now)
        self._db.execute(change if channel is None else change.where(CHANNEL_HOLD.c.channel == channel))

    def all(self) -> list[Hold]:
        """Every hold, by channel."""
        return [_to_hold(row) for row in self._db.execute(sa.select(CHANNEL_HOLD).order_by(CHANNEL_HOLD.c.channel))]


def _to_hold(row: Row[Any]) -> Hold:
    return Hold(
        channel=ChannelName(row.channel),
        account=row.account,
        scope=row.scope,
        since=row.since,
        until=row.until,
        reason=row.reason,
        error=row.error,
        remedy=row.remedy,
    )
