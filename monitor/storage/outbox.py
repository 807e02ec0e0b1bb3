"""The outbox: deliveries claimed, sent, settled. The one truth about what still has to go out.

Effects: database.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from monitor.model import ChannelName, Delivery, DeliveryId, DeliveryKind, DeliveryState, DigestId, TopicKey
from monitor.storage.rows import portions, take_ids
from monitor.storage.tables import CHANNEL_HOLD, DELIVERY

LEASE_S = 180
"""Longer than any channel's own bound on one send (mail: 90 s), so that nobody asks too early."""

_OPEN = (DeliveryState.PENDING.value, DeliveryState.LEASED.value)


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A delivery as a closing digest makes it."""

    digest_id: DigestId
    topic: TopicKey
    channel: ChannelName
    key: str
    part: int
    stories: int
    payload: str
    kind: DeliveryKind = DeliveryKind.DIGEST
    lane: str = ""
    thread_of: DeliveryId | None = None
    """The delivery in whose thread it stands, or that it edits."""


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """A delivery with the fields that people ask for."""

    delivery: Delivery
    topic: TopicKey
    stories: int
    settled_at: datetime | None


class OutboxTable:
    """Questions and changes of deliveries."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def add(self, deliveries: Sequence[NewDelivery], now: datetime, *, due_at: datetime) -> list[DeliveryId]:
        """Put frozen payloads in line, due at `due_at`; the key makes a second writer fail rather than double.

        Parts of one message have one place in line, that of the first.
        """
        ids = take_ids(self._db, "delivery", len(deliveries))
        places: dict[tuple[object, ...], int] = {}
        rows = [
            {
                "id": number,
                "digest_id": new.digest_id,
                "topic": new.topic,
                "channel": new.channel,
                "key": new.key,
                "part": new.part,
                "stories": new.stories,
                "payload": new.payload,
                "kind": new.kind.value,
                "lane": new.lane,
                "place": places.setdefault((new.digest_id, new.channel, new.lane, new.kind, new.thread_of), number),
                "thread_of": new.thread_of,
                "state": DeliveryState.PENDING.value,
                "created_at": now,
                "next_attempt_at": due_at,
                "attempt": 0,
                "perhaps_sent": False,
                "reason": "",
                "error": "",
            }
            for number, new in zip(ids, deliveries, strict=True)
        ]
        if rows:
            self._db.execute(sa.insert(DELIVERY), rows)
        return [DeliveryId(number) for number in ids]

    def claim(self, now: datetime, *, owner: str, channel: ChannelName, limit: int = 1) -> list[Delivery]:
        """Lease the next deliveries of each of the channel's lanes, in the order they were made.

        The attempt is counted before the first byte goes out. A lease that ran out means "perhaps sent". Nothing
        overtakes what waits in its lane, and part n of a digest waits until part n-1 was sent; two workers never get
        the same row. A channel that is held gives nothing.
        """
        due = _due(now)
        chosen = sa.select(DELIVERY.c.id).where(DELIVERY.c.channel == channel, due, ~_waits(), ~_held(now))
        chosen = chosen.order_by(DELIVERY.c.place, DELIVERY.c.part, DELIVERY.c.id).limit(limit)
        if self._db.dialect.name == "postgresql":
            chosen = chosen.with_for_update(skip_locked=True)
        # As a CTE: PostgreSQL may run a subselect in IN more than once, and then takes more than the limit.
        taken = sa.select(chosen.cte("chosen").c.id)
        lost = DELIVERY.c.state == DeliveryState.LEASED.value
        change = (
            sa.update(DELIVERY)
            .where(DELIVERY.c.id.in_(taken), due)
            .values(
                state=DeliveryState.LEASED.value,
                attempt=DELIVERY.c.attempt + 1,
                first_attempt_at=sa.func.coalesce(DELIVERY.c.first_attempt_at, now),
                lease_owner=owner,
                lease_until=now + timedelta(seconds=LEASE_S),
                perhaps_sent=sa.or_(DELIVERY.c.perhaps_sent, lost),
            )
            .returning(DELIVERY)
        )
        rows = sorted(self._db.execute(change), key=lambda row: int(row.id))
        return [_to_delivery(row, self._root_receipt(row)) for row in rows]

    def _root_receipt(self, row: Row[Any]) -> str | None:
        question = sa.select(DELIVERY.c.receipt)
        if row.part > 1:
            question = question.where(DELIVERY.c.id == row.place)
        elif row.thread_of is not None:
            question = question.where(DELIVERY.c.id == row.thread_of)
        else:
            return None
        return self._db.execute(question).scalar()

    def settle_sent(self, delivery: Delivery, owner: str, receipt: str, now: datetime) -> bool:
        """It was taken: keep the proof. False when the lease is no longer ours; then nothing changes."""
        return self._settle(
            delivery,
            owner,
            {
                "state": DeliveryState.SENT.value,
                "receipt": receipt,
                "settled_at": now,
                "perhaps_sent": False,
                "reason": "",
                "error": "",
            },
        )

    def settle_later(
        self,
        delivery: Delivery,
        owner: str,
        at: datetime,
        *,
        reason: str,
        error: str,
        perhaps_sent: bool,
        counts: bool = True,
    ) -> bool:
        """Try again at `at`; with `perhaps_sent` the channel is asked first. False when the lease is not ours.

        With `counts` false the attempt is taken back: a channel that asked us to wait has not been tried.
        """
        values = {"state": DeliveryState.PENDING.value, "next_attempt_at": at, "reason": reason, "error": error}
        attempt = delivery.attempt if counts else delivery.attempt - 1
        return self._settle(delivery, owner, {**values, "perhaps_sent": perhaps_sent, "attempt": attempt})

    def hold(self, channel: ChannelName, until: datetime) -> None:
        """Let nothing that waits for the channel go before `until`; what waits longer already keeps its time."""
        waiting = sa.update(DELIVERY).where(
            DELIVERY.c.channel == channel,
            DELIVERY.c.state == DeliveryState.PENDING.value,
            DELIVERY.c.next_attempt_at < until,
        )
        self._db.execute(waiting.values(next_attempt_at=until))

    def settle_dead(self, delivery: Delivery, owner: str, now: datetime, *, reason: str, error: str) -> bool:
        """Give up until a person acts; the parts behind it give up too. False when the lease is not ours."""
        values = {"state": DeliveryState.DEAD.value, "settled_at": now, "reason": reason, "error": error}
        done = self._settle(delivery, owner, values)
        row = self._db.execute(sa.select(DELIVERY).where(DELIVERY.c.id == delivery.id)).first() if done else None
        if row is not None:
            behind = sa.update(DELIVERY).where(
                *_behind(row),
                DELIVERY.c.state == DeliveryState.PENDING.value,
            )
            self._db.execute(
                behind.values(
                    state=DeliveryState.DEAD.value,
                    settled_at=now,
                    reason="waits_for_part",
                    error="an earlier part failed",
                )
            )
        return done

    def _settle(self, delivery: Delivery, owner: str, values: dict[str, Any]) -> bool:
        # The owner and the attempt guard against a worker that slept past its lease and wakes up.
        change = sa.update(DELIVERY).where(
            DELIVERY.c.id == delivery.id,
            DELIVERY.c.state == DeliveryState.LEASED.value,
            DELIVERY.c.lease_owner == owner,
            DELIVERY.c.attempt == delivery.attempt,
        )
        return self._db.execute(change.values(**values, lease_owner=None, lease_until=None)).rowcount == 1

    def channels_due(self, now: datetime) -> list[ChannelName]:
        """Channels that have something to send now."""
        due = sa.select(DELIVERY.c.channel).where(_due(now), ~_waits(), ~_held(now))
        rows = self._db.execute(due.distinct().order_by(DELIVERY.c.channel))
        return [ChannelName(name) for name in rows.scalars()]

    def retry(self, delivery_id: DeliveryId, now: datetime) -> bool:
        """Put a dead or waiting delivery, and the parts behind it, in line for now, as if never tried.

        A person's retry says that it did not arrive: it is sent without asking for it first, and its age counts from
        the next attempt. False if there is none such, or if its text is gone.
        """
        row = self._db.execute(sa.select(DELIVERY).where(DELIVERY.c.id == delivery_id)).first()
        if row is None or row.state not in (DeliveryState.DEAD.value, DeliveryState.PENDING.value):
            return False
        if not row.payload:
            return False
        change = sa.update(DELIVERY).where(
            DELIVERY.c.payload != "",
            sa.or_(
                DELIVERY.c.id == delivery_id,
                sa.and_(*_behind(row), DELIVERY.c.state == DeliveryState.DEAD.value),
            ),
        )
        self._db.execute(
            change.values(
                state=DeliveryState.PENDING.value,
                next_attempt_at=now,
                first_attempt_at=None,
                perhaps_sent=False,
                settled_at=None,
            )
        )
        return True

    def swept(self, delivery_ids: Sequence[DeliveryId]) -> list[DeliveryId]:
        """Which of these failed deliveries have lost their text to the retention, so that none can be sent again."""
        gone = sa.select(DELIVERY.c.id).where(
            DELIVERY.c.id.in_(delivery_ids), DELIVERY.c.state == DeliveryState.DEAD.value, DELIVERY.c.payload == ""
        )
        return [DeliveryId(number) for number in self._db.execute(gone.order_by(DELIVERY.c.id)).scalars()]

    def drop(self, delivery_id: DeliveryId, now: datetime) -> bool:
        """Give a delivery up for good, and the parts behind it. False if there is none waiting or failed."""
        row = self._db.execute(sa.select(DELIVERY).where(DELIVERY.c.id == delivery_id)).first()
        if row is None or row.state not in (DeliveryState.DEAD.value, DeliveryState.PENDING.value):
            return False
        change = sa.update(DELIVERY).where(
            sa.or_(DELIVERY.c.id == delivery_id, sa.and_(*_behind(row))),
            DELIVERY.c.state.in_((DeliveryState.DEAD.value, DeliveryState.PENDING.value)),
        )
        self._db.execute(change.values(state=DeliveryState.DEAD.value, reason="dropped", settled_at=now))
        return True

    def listed(self, *, everything: bool = False, limit: int = 200) -> list[StoredDelivery]:
        """What waits and what failed, oldest first; with `everything` the latest sent ones too."""
        question = sa.select(DELIVERY).order_by(DELIVERY.c.id.desc()).limit(limit)
        if not everything:
            failed = sa.and_(DELIVERY.c.state == DeliveryState.DEAD.value, DELIVERY.c.reason != "dropped")
            question = question.where(sa.or_(DELIVERY.c.state.in_(_OPEN), failed))
        return [_to_listed(row) for row in reversed(list(self._db.execute(question)))]

    def of_digests(self, digest_ids: Sequence[DigestId]) -> list[StoredDelivery]:
        """The deliveries of these digests, in order."""
        found: list[StoredDelivery] = []
        for some in portions(digest_ids):
            rows = self._db.execute(sa.select(DELIVERY).where(DELIVERY.c.digest_id.in_(some)).order_by(DELIVERY.c.id))
            found += [_to_listed(row) for row in rows]
        return found

    def count_by_state(self) -> dict[str, int]:
        """How many deliveries stand in each state; dropped ones are not counted as dead."""
        rows = self._db.execute(
            sa.select(DELIVERY.c.state, sa.func.count().label("n"))
            .where(DELIVERY.c.reason != "dropped")
            .group_by(DELIVERY.c.state)
        )
        return {row.state: row.n for row in rows}

    def count_waiting(self) -> dict[ChannelName, int]:
        """How many deliveries wait or are under way, by channel."""
        question = sa.select(DELIVERY.c.channel, sa.func.count().label("n")).where(DELIVERY.c.state.in_(_OPEN))
        rows = self._db.execute(question.group_by(DELIVERY.c.channel).order_by(DELIVERY.c.channel))
        return {ChannelName(row.channel): row.n for row in rows}

    def next_at(self) -> datetime | None:
        """When the next waiting delivery is due, or None."""
        question = sa.select(sa.func.min(DELIVERY.c.next_attempt_at))
        return self._db.execute(question.where(DELIVERY.c.state == DeliveryState.PENDING.value)).scalar()

    def forget(self, before: datetime, *, limit: int = 1000) -> int:
        """Empty the payloads of up to `limit` deliveries sent or given up before then; the rows stay as proof."""
        closed = DELIVERY.c.state.in_((DeliveryState.SENT.value, DeliveryState.DEAD.value))
        old = sa.select(DELIVERY.c.id).where(closed, DELIVERY.c.settled_at < before, DELIVERY.c.payload != "")
        change = sa.update(DELIVERY).where(DELIVERY.c.id.in_(old.limit(limit)))
        return self._db.execute(change.values(payload="")).rowcount


def _due(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(
        sa.and_(DELIVERY.c.state == DeliveryState.PENDING.value, DELIVERY.c.next_attempt_at <= now),
        sa.and_(DELIVERY.c.state == DeliveryState.LEASED.value, DELIVERY.c.lease_until <= now),
    )


def _waits() -> sa.ColumnElement[bool]:
    """Something earlier in its lane is not out yet, or a part before it failed."""
    earlier = DELIVERY.alias("earlier")
    same_place = sa.and_(earlier.c.place == DELIVERY.c.place, earlier.c.part < DELIVERY.c.part)
    return sa.exists().where(
        earlier.c.channel == DELIVERY.c.channel,
        earlier.c.lane == DELIVERY.c.lane,
        sa.or_(
            sa.and_(sa.or_(earlier.c.place < DELIVERY.c.place, same_place), earlier.c.state.in_(_OPEN)),
            sa.and_(same_place, earlier.c.state == DeliveryState.DEAD.value),
        ),
    )


def _held(now: datetime) -> sa.ColumnElement[bool]:
    return sa.exists().where(CHANNEL_HOLD.c.channel == DELIVERY.c.channel, CHANNEL_HOLD.c.until > now)


def _behind(row: Row[Any]) -> tuple[sa.ColumnElement[bool], ...]:
    """The parts behind one, of the same message in the same lane."""
    return (
        DELIVERY.c.channel == row.channel,
        DELIVERY.c.lane == row.lane,
        DELIVERY.c.place == row.place,
        DELIVERY.c.part > row.part,
    )


def _to_delivery(row: Row[Any], parent_receipt: str | None = None) -> Delivery:
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
    return StoredDelivery(_to_delivery(row), TopicKey(row.topic), row.stories, row.settled_at)
