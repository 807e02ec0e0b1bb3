"""Deliveries as the pages ask for them: what stands in each channel's line, a page of the list, one with all of it.

Effects: database.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection, Row

from monitor.model import ChannelName, DeliveryId, DeliveryKind, DeliveryState, DigestId, TopicKey
from monitor.model.canary import CANARY_CHANNEL
from monitor.storage.delivery_tables import DELIVERY
from monitor.storage.outbox_views import CLOSED_WELL, OPEN

STATES = ("waiting", "sent", "failed", "ended")
"""What the list is asked for: `failed` waits for a person, `ended` was not sent and needs nobody."""
KIN_MAX = 50
"""Deliveries of the same message, or in its thread, that are shown beside one."""


class Line(Struct, frozen=True):
    """What stands in a channel's line."""

    count: int
    oldest_at: datetime | None
    is_retried: bool
    """Whether something of it was tried before."""
    error: str = ""
    """Why, where that was asked."""


NO_LINE = Line(0, None, False)


class ListedDelivery(Struct, frozen=True):
    """A delivery without what it carries, which may be long."""

    id: DeliveryId
    topic: TopicKey
    channel: ChannelName
    kind: DeliveryKind
    digest_id: DigestId
    """0 for what belongs to no digest."""
    lane: str
    part: int
    stories: int
    state: DeliveryState
    reason: str
    error: str
    attempt: int
    perhaps_sent: bool
    receipt: str | None
    created_at: datetime
    next_attempt_at: datetime
    first_attempt_at: datetime | None
    settled_at: datetime | None
    thread_of: DeliveryId | None
    """The delivery in whose thread it stands, or that it edits."""

    @property
    def standing(self) -> str:
        """The one of `STATES` it is in."""
        if self.state is DeliveryState.SENT:
            return "sent"
        if self.state is DeliveryState.DEAD:
            return "ended" if self.reason in CLOSED_WELL else "failed"
        return "waiting"


_COLUMNS: list[sa.ColumnElement[Any]] = [DELIVERY.c[name] for name in ListedDelivery.__struct_fields__]


class DeliveryViews:
    """Questions of deliveries; none of them sees the canary's."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def lines(self) -> dict[ChannelName, Line]:
        """What waits or is under way, by channel."""
        retried = sa.func.max(sa.case((DELIVERY.c.state == DeliveryState.PENDING.value, DELIVERY.c.attempt), else_=0))
        asked = sa.select(
            DELIVERY.c.channel,
            sa.func.count().label("n"),
            sa.func.min(DELIVERY.c.created_at).label("oldest_at"),
            retried.label("attempts"),
        )
        asked = asked.where(DELIVERY.c.state.in_(OPEN), DELIVERY.c.channel != CANARY_CHANNEL)
        rows = self._db.execute(asked.group_by(DELIVERY.c.channel))
        return {ChannelName(row.channel): Line(row.n, row.oldest_at, row.attempts > 0) for row in rows}

    def stuck(self, before: datetime, attempts: int) -> dict[ChannelName, Line]:
        """What waits since then at least, though it was tried so often, by channel."""
        asked = sa.select(
            DELIVERY.c.channel,
            sa.func.count().label("n"),
            sa.func.min(DELIVERY.c.created_at).label("oldest_at"),
            sa.func.max(DELIVERY.c.error).label("error"),
        )
        asked = asked.where(
            DELIVERY.c.state == DeliveryState.PENDING.value,
            DELIVERY.c.attempt >= attempts,
            DELIVERY.c.created_at < before,
            DELIVERY.c.channel != CANARY_CHANNEL,
        )
        rows = self._db.execute(asked.group_by(DELIVERY.c.channel).order_by(DELIVERY.c.channel))
        return {ChannelName(row.channel): Line(row.n, row.oldest_at, True, row.error) for row in rows}

    def page(
        self, *, channel: str = "", state: str = "", before: DeliveryId | None = None, limit: int
    ) -> list[ListedDelivery]:
        """The newest deliveries, the newest first; those of a channel, in one of `STATES`, older than one of them."""
        asked = sa.select(*_COLUMNS).where(DELIVERY.c.channel != CANARY_CHANNEL)
        if channel:
            # As a value that no index answers where few are in the state: what a channel was ever sent is many.
            of = sa.func.coalesce(DELIVERY.c.channel, "") if state not in ("", "sent") else DELIVERY.c.channel
            asked = asked.where(of == channel)
        if state:
            asked = asked.where(_is_in(state))
        if before is not None:
            asked = asked.where(DELIVERY.c.id < before)
        rows = self._db.execute(asked.order_by(DELIVERY.c.id.desc()).limit(limit))
        return list(map(_to_listed, rows))

    def get(self, delivery_id: DeliveryId) -> tuple[ListedDelivery, str] | None:
        """One delivery with what it carries, byte for byte; that is empty where the retention removed it."""
        asked = sa.select(*_COLUMNS).add_columns(DELIVERY.c.payload).where(DELIVERY.c.id == delivery_id)
        row: Row[Any] | None = self._db.execute(asked.where(DELIVERY.c.channel != CANARY_CHANNEL)).first()
        return None if row is None else (_to_listed(row), row.payload)

    def kin(self, one: ListedDelivery) -> list[ListedDelivery]:
        """The other deliveries of its digest to the same recipient: parts, notes and edits; at most `KIN_MAX`."""
        if not one.digest_id:
            return []
        asked = sa.select(*_COLUMNS).where(DELIVERY.c.digest_id == one.digest_id, DELIVERY.c.channel == one.channel)
        asked = asked.where(DELIVERY.c.lane == one.lane, DELIVERY.c.id != one.id)
        # By part first, as the digest's own index has them: by the id alone all of the channel would be read.
        rows = self._db.execute(asked.order_by(DELIVERY.c.part, DELIVERY.c.id).limit(KIN_MAX))
        return sorted(map(_to_listed, rows), key=lambda other: other.id)

    def channels(self) -> list[ChannelName]:
        """Every channel something was ever put in line for: one short question for each."""
        found: list[ChannelName] = []
        last = ""
        while len(found) < 1_000:
            asked = sa.select(sa.func.min(DELIVERY.c.channel)).where(DELIVERY.c.channel > last)
            name = self._db.execute(asked).scalar()
            if name is None:
                break
            last = name
            if name != CANARY_CHANNEL:
                found.append(ChannelName(name))
        return found


def _is_in(state: str) -> sa.ColumnElement[bool]:
    dead = DELIVERY.c.state == DeliveryState.DEAD.value
    if state == "waiting":
        return DELIVERY.c.state.in_(OPEN)
    if state == "sent":
        return DELIVERY.c.state == DeliveryState.SENT.value
    is_closed = DELIVERY.c.reason.in_(CLOSED_WELL)
    return sa.and_(dead, is_closed if state == "ended" else ~is_closed)


def _to_listed(row: Row[Any]) -> ListedDelivery:
    values = {name: getattr(row, name) for name in ListedDelivery.__struct_fields__}
    values |= {"state": DeliveryState(row.state), "kind": DeliveryKind(row.kind)}
    return ListedDelivery(**values)
