"""The outbox: deliveries claimed, sent, settled. The one truth about what still has to go out.

Effects: database.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Row

from monitor.model import ChannelName, Delivery, DeliveryId, DeliveryKind, DeliveryState, DigestId, TopicKey
from monitor.storage.delivery_tables import CHANNEL_HOLD, DELIVERY, RECIPIENT
from monitor.storage.outbox_views import OPEN, OutboxViews, StoredDelivery, is_due, is_held, to_delivery, waits
from monitor.storage.rows import portions, take_ids

__all__ = ["LEASE_S", "NewDelivery", "OutboxTable", "StoredDelivery"]

LEASE_S = 180
"""Longer than any channel's own bound on one send (mail: 90 s), so that nobody asks too early."""

NEAR_MAX = 100
"""Deliveries of a channel, in line, among which the next one is looked for first."""


class NewDelivery(Struct, frozen=True):
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


class Gathered(Struct, frozen=True):
    """A delivery whose news goes out in a note."""

    id: DeliveryId
    digest_id: DigestId
    kind: DeliveryKind
    key: str
    created_at: datetime
    place: int


class OutboxTable(OutboxViews):
    """Changes of deliveries."""

    def add(
        self, deliveries: Sequence[NewDelivery], now: datetime, *, due_at: datetime, place: int | None = None
    ) -> list[DeliveryId]:
        """Put frozen payloads in line, due at `due_at`; the key makes a second writer fail rather than double.

        Parts of one message have one place in line, that of the first, or the one given. What is for somebody who
        left, or whom the server refused too often, is not put in line: only those that are have an id.
        """
        deliveries = self._wanted(deliveries)
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
                "place": place or places.setdefault(_message_of(new), number),
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

    def _wanted(self, deliveries: Sequence[NewDelivery]) -> list[NewDelivery]:
        channels = sorted({new.channel for new in deliveries if new.lane})
        if not channels:
            return list(deliveries)
        question = sa.select(RECIPIENT.c.channel, RECIPIENT.c.address)
        question = question.where(RECIPIENT.c.channel.in_(channels), RECIPIENT.c.stopped_at.is_not(None))
        stopped = {(row.channel, row.address) for row in self._db.execute(question)}
        return [new for new in deliveries if (new.channel, new.lane) not in stopped]

    def claim(self, now: datetime, *, owner: str, channel: ChannelName, limit: int = 1) -> list[Delivery]:
        """Lease the next deliveries of each of the channel's lanes, in the order they were made.

        The attempt is counted before the first byte goes out. A lease that ran out means "perhaps sent". Nothing
        overtakes what waits in its lane, and part n of a digest waits until part n-1 was sent; two workers never get
        the same row. A channel that is held gives nothing.
        """
        rows = self._lease(now, owner, channel, limit, is_near=True)
        if len(rows) < limit:  # what stands in front may wait for its time, in lanes of its own
            rows += self._lease(now, owner, channel, limit - len(rows), is_near=False)
        return [to_delivery(row, self._root_receipt(row)) for row in sorted(rows, key=lambda row: int(row.id))]

    def _lease(self, now: datetime, owner: str, channel: ChannelName, limit: int, *, is_near: bool) -> list[Row[Any]]:
        """Lease deliveries that may go now; those among the first of the channel alone, where `is_near`."""
        # By state as well: what was ever sent to a channel grows for ever, what is open does not.
        can_go = sa.and_(DELIVERY.c.channel == channel, DELIVERY.c.state.in_(OPEN), is_due(now))
        if is_near:
            # Each state's first by the index: who looks through all that waits does so once for each that goes out.
            firsts = [
                sa.select(DELIVERY.c.id)
                .where(DELIVERY.c.channel == channel, DELIVERY.c.state == state)
                .order_by(DELIVERY.c.place, DELIVERY.c.part, DELIVERY.c.id)
                .limit(NEAR_MAX)
                .subquery()
                for state in OPEN
            ]
            # As one value, which no index answers: SQLite would gather all that is due by the index of these times.
            is_pending = DELIVERY.c.state == DeliveryState.PENDING.value
            due_at = sa.case((is_pending, DELIVERY.c.next_attempt_at), else_=DELIVERY.c.lease_until)
            can_go = sa.and_(DELIVERY.c.id.in_(sa.union_all(*(sa.select(one.c.id) for one in firsts))), due_at <= now)
        chosen = sa.select(DELIVERY.c.id).where(can_go, ~waits(), ~is_held(now))
        chosen = chosen.order_by(DELIVERY.c.place, DELIVERY.c.part, DELIVERY.c.id).limit(limit)
        if self._db.dialect.name == "postgresql":
            chosen = chosen.with_for_update(skip_locked=True)
        # As a CTE: PostgreSQL may run a subselect in IN more than once, and then takes more than the limit.
        taken = sa.select(chosen.cte("chosen").c.id)
        lost = DELIVERY.c.state == DeliveryState.LEASED.value
        change = (
            sa.update(DELIVERY)
            .where(DELIVERY.c.id.in_(taken))
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
        return list(self._db.execute(change))

    def _root_receipt(self, row: Row[Any]) -> str | None:
        question = sa.select(DELIVERY.c.receipt)
        if row.part > 1:
            # Not by the id that is the place: a note that gathered others stands in the place of the first of these.
            same = (DELIVERY.c.channel == row.channel, DELIVERY.c.lane == row.lane, DELIVERY.c.place == row.place)
            question = question.where(*same, DELIVERY.c.part == 1, DELIVERY.c.state == DeliveryState.SENT.value)
            question = question.order_by(DELIVERY.c.id.desc()).limit(1)
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

    def split(self, delivery: Delivery, owner: str, bodies: Sequence[str], now: datetime) -> bool:
        """Put smaller parts that say the same in the place of one that is too long for the other side.

        False when the lease is not ours. The parts are due at once and carry the key with a number behind it, which
        is another each time: what is still too long is divided again.
        """
        values = {
            "state": DeliveryState.PENDING.value,
            "payload": bodies[0],
            "next_attempt_at": now,
            "attempt": delivery.attempt - 1,
            "perhaps_sent": False,
        }
        if not self._settle(delivery, owner, values):
            return False
        row = self._db.execute(sa.select(DELIVERY).where(DELIVERY.c.id == delivery.id)).one()
        added = len(bodies) - 1
        place = (DELIVERY.c.channel == row.channel, DELIVERY.c.lane == row.lane, DELIVERY.c.place == row.place)
        there = self._db.execute(sa.select(sa.func.count()).select_from(DELIVERY).where(*place)).scalar_one()
        self._db.execute(sa.update(DELIVERY).where(*_behind(row)).values(part=DELIVERY.c.part + added))
        new = [
            NewDelivery(
                digest_id=DigestId(row.digest_id),
                topic=TopicKey(row.topic),
                channel=ChannelName(row.channel),
                key=f"{row.key}~{there + number - 1}",
                part=row.part + number,
                stories=row.stories,
                payload=body,
                kind=DeliveryKind(row.kind),
                lane=row.lane,
                thread_of=row.thread_of,
            )
            for number, body in enumerate(bodies[1:], 1)
        ]
        self.add(new, row.created_at, due_at=now, place=int(row.place))  # no younger than what they say
        return True

    def fold(self, channel: ChannelName, lane: str, before: datetime, now: datetime) -> list[Gathered]:
        """Take what waits in a lane since before then out of line: its news goes out in a note instead.

        Those that were taken out, oldest first, with those that an earlier note gathered and that no note told.
        What was perhaps sent stays: it is asked for first.
        """
        mine = (DELIVERY.c.channel == channel, DELIVERY.c.lane == lane)
        old = sa.and_(
            DELIVERY.c.state == DeliveryState.PENDING.value,
            DELIVERY.c.created_at <= before,
            DELIVERY.c.perhaps_sent.is_(False),
        )
        values = {"state": DeliveryState.DEAD.value, "reason": "folded", "settled_at": now}
        columns = [DELIVERY.c[name] for name in ("id", "digest_id", "kind", "key", "created_at", "place", "part")]
        taken = sa.update(DELIVERY).where(*mine, old).values(**values).returning(*columns)
        rows = {row.id: row for row in self._db.execute(taken)}
        notes = [row.id for row in rows.values() if row.kind == DeliveryKind.NOTE.value]
        was_folded = (DELIVERY.c.state == DeliveryState.DEAD.value, DELIVERY.c.reason == "folded")
        for some in portions(notes):
            inside = sa.select(*columns).where(*mine, *was_folded, DELIVERY.c.thread_of.in_(some))
            rows |= {row.id: row for row in self._db.execute(inside)}
        return [
            Gathered(
                DeliveryId(row.id), DigestId(row.digest_id), DeliveryKind(row.kind), row.key, row.created_at, row.place
            )
            for row in sorted(rows.values(), key=lambda row: (row.place, row.part, row.id))
        ]

    def sent_of(self, channel: ChannelName, lane: str, digests: Sequence[DigestId]) -> list[str]:
        """The texts of those parts of these digests that went out in a lane."""
        mine = (DELIVERY.c.channel == channel, DELIVERY.c.lane == lane, DELIVERY.c.kind == DeliveryKind.DIGEST.value)
        found: list[str] = []
        for some in portions(digests):
            sent = sa.select(DELIVERY.c.payload).where(
                *mine, DELIVERY.c.state == DeliveryState.SENT.value, DELIVERY.c.digest_id.in_(some)
            )
            found += self._db.execute(sent).scalars()
        return found

    def fold_into(self, folded: Sequence[DeliveryId], note: DeliveryId) -> None:
        """Remember in which note the news of these went out."""
        for some in portions(folded):
            self._db.execute(sa.update(DELIVERY).where(DELIVERY.c.id.in_(some)).values(thread_of=note))

    def _settle(self, delivery: Delivery, owner: str, values: dict[str, Any]) -> bool:
        # The owner and the attempt guard against a worker that slept past its lease and wakes up.
        change = sa.update(DELIVERY).where(
            DELIVERY.c.id == delivery.id,
            DELIVERY.c.state == DeliveryState.LEASED.value,
            DELIVERY.c.lease_owner == owner,
            DELIVERY.c.attempt == delivery.attempt,
        )
        return self._db.execute(change.values(**values, lease_owner=None, lease_until=None)).rowcount == 1

    def release(self, now: datetime, due_at: datetime) -> int:
        """End every lease that still runs, whoever holds it; returns how many. Only for who knows that they are dead.

        What was in flight was perhaps sent: it is due at `due_at`, and the channel is asked for it first.
        """
        held = sa.update(DELIVERY).where(DELIVERY.c.state == DeliveryState.LEASED.value, DELIVERY.c.lease_until > now)
        back = {"state": DeliveryState.PENDING.value, "next_attempt_at": due_at, "perhaps_sent": True}
        return self._db.execute(held.values(**back, lease_owner=None, lease_until=None)).rowcount

    def retry(self, delivery_id: DeliveryId, now: datetime) -> bool:
        """Put a dead or waiting delivery, and the parts behind it, in line for now, as if never tried.

        A person's retry says that it did not arrive: it is sent without asking for it first, and its age counts from
        the next attempt. A channel that is held is tried at once. False if there is none such, or if its text is gone.
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
        self._db.execute(sa.update(CHANNEL_HOLD).where(CHANNEL_HOLD.c.channel == row.channel).values(until=now))
        return True

    def drop(self, delivery_id: DeliveryId, now: datetime) -> int:
        """Give a delivery up for good, and the parts behind it; how many these are. 0: none waits or failed."""
        row = self._db.execute(sa.select(DELIVERY).where(DELIVERY.c.id == delivery_id)).first()
        if row is None or row.state not in (DeliveryState.DEAD.value, DeliveryState.PENDING.value):
            return 0
        change = sa.update(DELIVERY).where(
            sa.or_(DELIVERY.c.id == delivery_id, sa.and_(*_behind(row), DELIVERY.c.reason != "dropped")),
            DELIVERY.c.state.in_((DeliveryState.DEAD.value, DeliveryState.PENDING.value)),
        )
        dropped = change.values(state=DeliveryState.DEAD.value, reason="dropped", settled_at=now)
        return self._db.execute(dropped).rowcount


def _message_of(new: NewDelivery) -> tuple[object, ...]:
    """What parts of one message have in common."""
    return (new.digest_id, new.channel, new.lane, new.kind, new.thread_of)


def _behind(row: Row[Any]) -> tuple[sa.ColumnElement[bool], ...]:
    """The parts behind one, of the same message in the same lane; a note may stand where what it gathered stood."""
    return (
        DELIVERY.c.digest_id == row.digest_id,
        DELIVERY.c.kind == row.kind,
        DELIVERY.c.channel == row.channel,
        DELIVERY.c.lane == row.lane,
        DELIVERY.c.place == row.place,
        DELIVERY.c.part > row.part,
    )
