"""Whom mail channels write to: by what each leaves, and who left or was refused too often.

Channels render for everybody they are configured for; what is for somebody who is stopped here is not put in line
(`OutboxTable.add`), and what already waits is given up at the stop.

Effects: database, random tokens.
"""

import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection, Row

from monitor.model import ChannelName, DeliveryState
from monitor.storage.delivery_tables import DELIVERY, RECIPIENT
from monitor.storage.rows import insert_new

REFUSED_MAX = 3
"""So many times in a row an address is refused for good before nothing is sent to it any more."""
TOKEN_BYTES = 32
TOKEN_CHARS_MAX = 64
"""A longer one is none of ours and is not looked up."""
ERROR_CHARS_MAX = 500
READER = "reader"
SERVER = "server"


class Recipient(Struct, frozen=True):
    """Somebody a mail channel writes to."""

    channel: ChannelName
    address: str
    refused: int
    stopped_at: datetime | None
    stopped_by: str
    """`reader` or `server`; empty while nothing is stopped."""
    error: str


class RecipientTable:
    """Questions and changes of recipients."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def tokens(self, channel: ChannelName, addresses: Collection[str]) -> dict[str, str]:
        """The token of each address, made once and never changed: links in old mails stay good."""
        self._ensure(channel, addresses)
        rows = self._db.execute(
            sa.select(RECIPIENT.c.address, RECIPIENT.c.token).where(
                RECIPIENT.c.channel == channel, RECIPIENT.c.address.in_(list(addresses))
            )
        )
        return {row.address: row.token for row in rows}

    def by_token(self, token: str) -> Recipient | None:
        """Whose token it is; None where it is nobody's."""
        if not token or len(token) > TOKEN_CHARS_MAX:
            return None
        row = self._db.execute(sa.select(RECIPIENT).where(RECIPIENT.c.token == token)).first()
        return None if row is None else _to_recipient(row)

    def stop(self, token: str, now: datetime) -> Recipient | None:
        """The reader leaves: nothing more goes out, what waits is given up. None for a token that is nobody's.

        Leaving twice is leaving once: the first time stays.
        """
        found = self.by_token(token)
        if found is not None and found.stopped_by != READER:
            self._stop(found.channel, found.address, READER, found.stopped_at or now)
            self._give_up(found.channel, found.address, now, reason="dropped", error="the reader left the list")
        return found

    def refuse(self, channel: ChannelName, address: str, error: str, now: datetime) -> bool:
        """The server refused the address for good once more; True when that stopped it, so that somebody is told."""
        self._ensure(channel, [address])
        of_it = sa.and_(RECIPIENT.c.channel == channel, RECIPIENT.c.address == address)
        change = sa.update(RECIPIENT).where(of_it, RECIPIENT.c.stopped_at.is_(None))
        change = change.values(refused=RECIPIENT.c.refused + 1, error=error[:ERROR_CHARS_MAX])
        refused = self._db.execute(change.returning(RECIPIENT.c.refused)).scalar()
        if refused is None or refused < REFUSED_MAX:
            return False
        self._stop(channel, address, SERVER, now)
        self._give_up(channel, address, now, reason="recipient_stopped", error=error[:ERROR_CHARS_MAX])
        return True

    def accept(self, channel: ChannelName, address: str) -> None:
        """The server took something for the address: refusals are counted anew."""
        of_it = sa.and_(RECIPIENT.c.channel == channel, RECIPIENT.c.address == address, RECIPIENT.c.refused > 0)
        change = sa.update(RECIPIENT).where(of_it, RECIPIENT.c.stopped_at.is_(None))
        self._db.execute(change.values(refused=0, error=""))

    def resume(self, address: str, channel: ChannelName | None = None) -> list[ChannelName]:
        """Write to the address again, on one channel or on all; the channels on which it was stopped."""
        change = sa.update(RECIPIENT).where(RECIPIENT.c.address == address, RECIPIENT.c.stopped_at.is_not(None))
        if channel is not None:
            change = change.where(RECIPIENT.c.channel == channel)
        values = {"stopped_at": None, "stopped_by": "", "refused": 0, "error": ""}
        rows = self._db.execute(change.values(**values).returning(RECIPIENT.c.channel))
        return sorted(ChannelName(row.channel) for row in rows)

    def stopped(self, channel: ChannelName) -> frozenset[str]:
        """The addresses of the channel that nothing is sent to."""
        question = sa.select(RECIPIENT.c.address)
        question = question.where(RECIPIENT.c.channel == channel, RECIPIENT.c.stopped_at.is_not(None))
        return frozenset(self._db.execute(question).scalars())

    def listed(self, *, only_stopped: bool = False) -> list[Recipient]:
        """Everybody that is known, or who gets nothing any more, by channel and address."""
        question = sa.select(RECIPIENT).order_by(RECIPIENT.c.channel, RECIPIENT.c.address)
        if only_stopped:
            question = question.where(RECIPIENT.c.stopped_at.is_not(None))
        return [_to_recipient(row) for row in self._db.execute(question)]

    def _ensure(self, channel: ChannelName, addresses: Collection[str]) -> None:
        known = sa.select(RECIPIENT.c.address)
        known = known.where(RECIPIENT.c.channel == channel, RECIPIENT.c.address.in_(list(addresses)))
        there = set(self._db.execute(known).scalars())
        rows = [
            {
                "channel": channel,
                "address": address,
                "token": secrets.token_urlsafe(TOKEN_BYTES),
                "refused": 0,
                "stopped_by": "",
                "error": "",
            }
            for address in addresses
            if address not in there
        ]
        insert_new(self._db, RECIPIENT, rows)

    def _stop(self, channel: ChannelName, address: str, by: str, at: datetime) -> None:
        of_it = sa.and_(RECIPIENT.c.channel == channel, RECIPIENT.c.address == address)
        self._db.execute(sa.update(RECIPIENT).where(of_it).values(stopped_at=at, stopped_by=by))

    def _give_up(self, channel: ChannelName, address: str, now: datetime, *, reason: str, error: str) -> None:
        waiting = sa.update(DELIVERY).where(
            DELIVERY.c.channel == channel,
            DELIVERY.c.lane == address,
            DELIVERY.c.state == DeliveryState.PENDING.value,
        )
        values = {"state": DeliveryState.DEAD.value, "settled_at": now, "reason": reason, "error": error}
        self._db.execute(waiting.values(**values))


def _to_recipient(row: Row[Any]) -> Recipient:
    return Recipient(
        channel=ChannelName(row.channel),
        address=row.address,
        refused=row.refused,
        stopped_at=row.stopped_at,
        stopped_by=row.stopped_by,
        error=row.error,
    )
