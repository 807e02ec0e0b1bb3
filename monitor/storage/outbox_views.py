"""What stands in the outbox: questions that change nothing, but for emptying what is long out.

Effects: database.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection, Row

from monitor.model import ChannelName, Delivery, DeliveryId, DeliveryKind, DeliveryState, DigestId, TopicKey
from monitor.model.canary import CANARY_CHANNEL
from monitor.storage.delivery_tables import CHANNEL_HOLD, DELIVERY
from monitor.storage.rows import portions

OPEN = (DeliveryState.PENDING.value, DeliveryState.LEASED.value)
CLOSED_WELL = ("dropped", "folded", "not_editable")
"""Reasons of dead deliveries that need nobody: a person dropped it, its news went out in another, only an edit died."""


class StoredDelivery(Struct, frozen=True):
    """A delivery with the fields that people ask for."""

    delivery: Delivery
    topic: TopicKey
    stories: int
    settled_at: datetime | None


class SentBody(Struct, frozen=True):
    """What a part of a message says now."""

    delivery_id: DeliveryId
    topic: TopicKey
    lane: str
    body: str


class OutboxViews:
    """Questions of deliveries."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def channels_due(self, now: datetime) -> list[ChannelName]:
        """Channels that have something to send now."""
        # Asked every second: by the first of each lane, in one pass over what is open, however long the lanes are.
        lanes = sa.select(DELIVERY.c.channel, DELIVERY.c.lane, sa.func.min(DELIVERY.c.place).label("place"))
        first = lanes.where(DELIVERY.c.state.in_(OPEN)).group_by(DELIVERY.c.channel, DELIVERY.c.lane).subquery()
        same = (
            first.c.channel == DELIVERY.c.channel,
            first.c.lane == DELIVERY.c.lane,
            first.c.place == DELIVERY.c.place,
        )
        due = sa.select(DELIVERY.c.channel).join(first, sa.and_(*same)).where(is_due(now), ~is_held(now))
        rows = self._db.execute(due.distinct().order_by(DELIVERY.c.channel))
        return [ChannelName(name) for name in rows.scalars()]

    def swept(self, delivery_ids: Sequence[DeliveryId]) -> list[DeliveryId]:
        """Which of these failed deliveries have lost their text to the retention, so that none can be sent again."""
        gone = sa.select(DELIVERY.c.id).where(
            DELIVERY.c.id.in_(delivery_ids), DELIVERY.c.state == DeliveryState.DEAD.value, DELIVERY.c.payload == ""
        )
        return [DeliveryId(number) for number in self._db.execute(gone.order_by(DELIVERY.c.id)).scalars()]

    def bodies_of(self, digest_id: DigestId, channel: ChannelName) -> list[SentBody]:
        """What the parts of a digest say now that went to the channel, each by its latest edit; none that is swept."""
        edits = (
            sa.select(DELIVERY.c.thread_of, sa.func.max(DELIVERY.c.id).label("id"))
            .where(DELIVERY.c.digest_id == digest_id, DELIVERY.c.channel == channel)
            .where(DELIVERY.c.kind == DeliveryKind.EDIT.value, DELIVERY.c.state != DeliveryState.DEAD.value)
            .group_by(DELIVERY.c.thread_of)
            .subquery()
        )
        edit = DELIVERY.alias("edit")
        question = (
            sa.select(DELIVERY, edit.c.payload.label("edited"))
            .select_from(DELIVERY)
            .outerjoin(edits, edits.c.thread_of == DELIVERY.c.id)
            .outerjoin(edit, edit.c.id == edits.c.id)
            .where(DELIVERY.c.digest_id == digest_id, DELIVERY.c.channel == channel)
            .where(DELIVERY.c.kind == DeliveryKind.DIGEST.value, DELIVERY.c.state != DeliveryState.DEAD.value)
            .where(DELIVERY.c.payload != "")
            .order_by(DELIVERY.c.place, DELIVERY.c.part)
        )
        return [
            SentBody(DeliveryId(row.id), TopicKey(row.topic), row.lane, row.edited or row.payload)
            for row in self._db.execute(question)
        ]

    def has_stem(self, stem: str, channel: ChannelName, digest_id: DigestId) -> bool:
        """Whether a note of the digest was ever put in line for the channel whose key is this, or begins so before `-`.

        The keys are compared here: how a database orders signs is its own affair, and another channel's name may begin
        with this one's.
        """
        mine = (DELIVERY.c.digest_id == digest_id, DELIVERY.c.channel == channel)
        notes = sa.select(DELIVERY.c.key).where(*mine, DELIVERY.c.kind == DeliveryKind.NOTE.value)
        return any(key == stem or key.startswith(f"{stem}-") for key in self._db.execute(notes).scalars())

    def listed(self, *, everything: bool = False, limit: int = 200) -> list[StoredDelivery]:
        """What waits and what failed, oldest first; with `everything` the latest sent ones too."""
        question = sa.select(DELIVERY).order_by(DELIVERY.c.id.desc()).limit(limit)
        question = question.where(DELIVERY.c.channel != CANARY_CHANNEL)
        if not everything:
            failed = sa.and_(DELIVERY.c.state == DeliveryState.DEAD.value, DELIVERY.c.reason.not_in(CLOSED_WELL))
            question = question.where(sa.or_(DELIVERY.c.state.in_(OPEN), failed))
        return [_to_listed(row) for row in reversed(list(self._db.execute(question)))]

    def given_up(self, *, limit: int) -> list[StoredDelivery]:
        """The newest deliveries that were given up and wait for a person, oldest first."""
        failed = sa.and_(DELIVERY.c.state == DeliveryState.DEAD.value, DELIVERY.c.reason.not_in(CLOSED_WELL))
        failed = sa.and_(failed, DELIVERY.c.channel != CANARY_CHANNEL)
        rows = list(self._db.execute(sa.select(DELIVERY).where(failed).order_by(DELIVERY.c.id.desc()).limit(limit)))
        return [_to_listed(row) for row in reversed(rows)]

    def payload_of(self, delivery_id: DeliveryId) -> str | None:
        """What a delivery carries, byte for byte: empty where the retention removed it, None where there is none."""
        return self._db.execute(sa.select(DELIVERY.c.payload).where(DELIVERY.c.id == delivery_id)).scalar()

    def of_digests(self, digest_ids: Sequence[DigestId]) -> list[StoredDelivery]:
        """The deliveries of these digests, in order."""
        found: list[StoredDelivery] = []
        for some in portions(digest_ids):
            rows = self._db.execute(sa.select(DELIVERY).where(DELIVERY.c.digest_id.in_(some)).order_by(DELIVERY.c.id))
            found += [_to_listed(row) for row in rows]
        return found

    def count_by_state(self) -> dict[str, int]:
        """How many deliveries stand in each state; what needs nobody any more is not counted."""
        rows = self._db.execute(
            sa.select(DELIVERY.c.state, sa.func.count().label("n"))
            .where(DELIVERY.c.reason.not_in(CLOSED_WELL), DELIVERY.c.channel != CANARY_CHANNEL)
            .group_by(DELIVERY.c.state)
        )
        return {row.state: row.n for row in rows}

    def count_given_up(self) -> dict[ChannelName, int]:
        """How many deliveries of each channel were given up and wait for a person."""
        failed = sa.and_(DELIVERY.c.state == DeliveryState.DEAD.value, DELIVERY.c.reason.not_in(CLOSED_WELL))
        question = sa.select(DELIVERY.c.channel, sa.func.count().label("n"))
        question = question.where(failed, DELIVERY.c.channel != CANARY_CHANNEL)
        return {ChannelName(row.channel): row.n for row in self._db.execute(question.group_by(DELIVERY.c.channel))}

    def count_waiting(self) -> dict[ChannelName, int]:
        """How many deliveries wait or are under way, by channel."""
        question = sa.select(DELIVERY.c.channel, sa.func.count().label("n")).where(DELIVERY.c.state.in_(OPEN))
        question = question.where(DELIVERY.c.channel != CANARY_CHANNEL)
        rows = self._db.execute(question.group_by(DELIVERY.c.channel).order_by(DELIVERY.c.channel))
        return {ChannelName(row.channel): row.n for row in rows}

    def next_at(self) -> datetime | None:
        """When the next waiting delivery is due, or None."""
        question = sa.select(sa.func.min(DELIVERY.c.next_attempt_at))
        return self._db.execute(question.where(DELIVERY.c.state == DeliveryState.PENDING.value)).scalar()

    def past(self, before: datetime, *, limit: int) -> list[DeliveryId]:
        """Up to so many deliveries sent or given up before then that have their payload still."""
        asked = sa.select(DELIVERY.c.id).where(_has_old_payload(before)).limit(limit)
        return [DeliveryId(number) for number in self._db.execute(asked).scalars()]

    def forget(self, before: datetime, *, among: Sequence[DeliveryId]) -> int:
        """Empty the payloads of those of these that are past; the rows stay as proof. How many it were."""
        count = 0
        for some in portions(among):
            change = sa.update(DELIVERY).where(DELIVERY.c.id.in_(some), _has_old_payload(before))
            count += self._db.execute(change.values(payload="")).rowcount
        return count


def _has_old_payload(before: datetime) -> sa.ColumnElement[bool]:
    closed = DELIVERY.c.state.in_((DeliveryState.SENT.value, DeliveryState.DEAD.value))
    return sa.and_(closed, DELIVERY.c.settled_at < before, DELIVERY.c.payload != "")


def is_due(now: datetime) -> sa.ColumnElement[bool]:
    """It is time to send it, or its lease ran out."""
    return sa.or_(
        sa.and_(DELIVERY.c.state == DeliveryState.PENDING.value, DELIVERY.c.next_attempt_at <= now),
        sa.and_(DELIVERY.c.state == DeliveryState.LEASED.value, DELIVERY.c.lease_until <= now),
    )


def waits() -> sa.ColumnElement[bool]:
    """Something earlier in its lane is not out yet, or a part before it failed."""
    earlier = DELIVERY.alias("earlier")
    # Two questions, each answered by the index: one of both reads all that was ever sent to the channel.
    lane = sa.exists().where(earlier.c.channel == DELIVERY.c.channel, earlier.c.lane == DELIVERY.c.lane)
    is_before = lane.where(earlier.c.state.in_(OPEN), earlier.c.place < DELIVERY.c.place)
    # What a note gathered may stand in the note's own place, and holds up none of its parts.
    in_the_way = sa.or_(earlier.c.state.in_(OPEN), earlier.c.reason != "folded")
    states = (*OPEN, DeliveryState.DEAD.value)
    same_place = lane.where(earlier.c.state.in_(states), earlier.c.place == DELIVERY.c.place)
    return sa.or_(is_before, same_place.where(earlier.c.part < DELIVERY.c.part, in_the_way))


def is_held(now: datetime) -> sa.ColumnElement[bool]:
    """Its channel is held."""
    return sa.exists().where(CHANNEL_HOLD.c.channel == DELIVERY.c.channel, CHANNEL_HOLD.c.until > now)


def to_delivery(row: Row[Any], parent_receipt: str | None = None) -> Delivery:
    """The delivery of a row."""
    return Delivery(
        id=DeliveryId(row.id),
        digest_id=DigestId(row.digest_id),
        channel=ChannelName(row.channel),
        key=row.key,
        part=row.part,
        payload=row.payload,
        state=DeliveryState(row.state),
        attempt=row.attempt,
        created_at=row.created_at,
        next_attempt_at=row.next_attempt_at,
        first_attempt_at=row.first_attempt_at,
        perhaps_sent=bool(row.perhaps_sent),
        parent_receipt=parent_receipt,
        receipt=row.receipt,
        reason=row.reason,
        error=row.error,
        kind=DeliveryKind(row.kind),
        lane=row.lane,
    )


def _to_listed(row: Row[Any]) -> StoredDelivery:
    return StoredDelivery(to_delivery(row), TopicKey(row.topic), row.stories, row.settled_at)
