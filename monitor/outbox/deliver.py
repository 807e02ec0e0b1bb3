"""Claim, send, settle: at least once, never silently not, and once only where the channel can be asked.

A delivery is claimed in a transaction before its first byte goes out, sent with none open, settled in another. One
that was perhaps sent is asked for first. An outcome that the database refuses to take is kept and written before
anything else is claimed: a full disk stops sending, it doubles nothing.

Effects: network through the channels, database.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct

from monitor.channels.base import Channel
from monitor.clock import Clock
from monitor.errors import ChannelError, SendOutcome, StorageError
from monitor.logs import bind, get_log
from monitor.model import ChannelName, Delivery, DeliveryKind
from monitor.outbox.away import fold_old
from monitor.outbox.operator import Peers, tell_of_channels
from monitor.outbox.settle import Outcome, SendRules, Sent, hold_broken, settle_failure
from monitor.storage.outbox import LEASE_S
from monitor.storage.store import Store, Transaction

__all__ = ["Peers", "SendRules", "Sender", "Sent"]

log = get_log()

PER_LOOK_MAX = 50
"""Deliveries one look sends on one channel, so that a stop never waits for a long backlog."""
SEND_S_MAX = 90
"""The longest that any channel takes for one message (mail): what is left of the lease when one is begun."""
CANNOT_ASK = "cannot_ask"
"""The reason of a channel that could be asked but for a permission it lacks: then `on_unknown` decides."""


class _Kept(Struct, frozen=True):
    """An outcome that is not written yet."""

    channel: Channel
    delivery: Delivery
    write: Callable[[Transaction], bool]
    """All that it changes; False when the lease is not ours any more."""
    plain: Callable[[Transaction], bool]
    """The delivery's own row alone, where the rest broke."""


class Sender:
    """Delivers what waits for one channel at a time; each channel is served from one thread at a time."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        owner: str,
        jitter: Callable[[], float],
        report: Callable[[Sent], None] | None = None,
        peers: Callable[[], Peers] = Peers,
    ) -> None:
        self._store = store
        self._clock = clock
        self._owner = owner
        self._jitter = jitter
        self._report = report
        self._peers = peers
        self._unsettled: dict[ChannelName, _Kept] = {}
        self._owed: set[ChannelName] = set()
        """Channels whose last outcome the database refused."""
        self._sent_at_s: dict[ChannelName, float] = {}
        self._claimed_at: dict[ChannelName, datetime] = {}
        self._in_hand: set[ChannelName] = set()

    @property
    def is_sending(self) -> bool:
        """Whether a channel has a message in hand at this moment."""
        return bool(self._in_hand)

    @property
    def unsettled(self) -> list[ChannelName]:
        """Channels whose last outcome the database has not taken yet: to be looked at although nothing is due."""
        return list(self._unsettled)

    def settle_kept(self) -> None:
        """Write every outcome that is still kept. Raises StorageError when the database takes nothing."""
        for name in self.unsettled:
            self._write_unsettled(name)

    @property
    def owes(self) -> bool:
        """Whether the database refused an outcome, and nobody has that channel in hand."""
        return bool(self._owed - self._in_hand)

    def settle_owed(self) -> None:
        """Write the outcomes that the database refused, where the next message may be another process's to send.

        May run beside sends: one that is written twice changes nothing the second time. Raises StorageError.
        """
        for name in self._owed - self._in_hand:
            self._write_unsettled(name)

    def wait_s(self, channel: Channel) -> float:
        """Seconds until the channel may be sent the next message; 0 when it may at once."""
        last = self._sent_at_s.get(ChannelName(channel.name))
        return 0.0 if last is None else max(0.0, last + channel.spacing_s - self._clock.monotonic_s())

    def deliver_due(
        self,
        channel: Channel,
        rules: SendRules,
        *,
        is_stopping: Callable[[], bool] = lambda: False,
        pause: Callable[[float], None] | None = None,
    ) -> list[Sent]:
        """Send what is due on the channel, in order, one after the other; returns what each attempt came to.

        Ends when nothing is due, after an attempt that has to be repeated later, or when asked to stop. Between two
        messages it waits by `pause` for as long as the other side asks for; without one it does not. Raises
        StorageError when the database takes nothing: then nothing was claimed, or the outcome is kept and written
        next time.
        """
        done: list[Sent] = []
        while len(done) < PER_LOOK_MAX and not is_stopping():
            if pause is not None and (wait_s := self.wait_s(channel)) > 0:
                pause(wait_s)
            sent = self.deliver_next(channel, rules)
            if sent is None:
                break
            done.append(sent)
            if sent.is_over:
                break
        return done

    def deliver_next(self, channel: Channel, rules: SendRules) -> Sent | None:
        """Send the next message that is due, and settle it; None when nothing is. Raises as `deliver_due` does.

        Where our own code breaks before the send, the channel is held and the operator told: it never stops silently.
        """
        name = ChannelName(channel.name)
        self._write_unsettled(name)
        try:
            delivery = self._claim(channel, rules)
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001  # the edge of a unit of work: what waits goes on waiting
            log.error("claim.broke", error=error, channel=name, hint="please report this")
            self._hold_broken(channel, error)
            return None
        if delivery is None:
            return None
        self._in_hand.add(name)
        try:
            with bind(delivery_id=delivery.id):
                sent = self._deliver(channel, rules, delivery)
        finally:
            self._in_hand.discard(name)
        if self._report is not None:
            self._report(sent)
        return sent

    def _claim(self, channel: Channel, rules: SendRules) -> Delivery | None:
        """The next delivery, leased; what grew old while the channel was away is gathered into a note first."""
        name, now = ChannelName(channel.name), self._clock.now()
        max_age = timedelta(seconds=rules.max_age_s)
        self._claimed_at[name] = now
        with self._store.write() as tx:
            claimed = tx.outbox.claim(now, owner=self._owner, channel=name)
            if not claimed or claimed[0].perhaps_sent or not _is_stale(claimed[0], now, max_age):
                return claimed[0] if claimed else None
            tx.outbox.settle_later(
                claimed[0], self._owner, now, reason="too_old", error=claimed[0].error, perhaps_sent=False, counts=False
            )
            peers = self._peers()
            note = fold_old(tx, channel, claimed[0], now, max_age=max_age, timezone=peers.timezone)
            log.warning("delivery.folded", channel=name, into=note)
            claimed = tx.outbox.claim(now, owner=self._owner, channel=name)
        return claimed[0] if claimed else None

    def _deliver(self, channel: Channel, rules: SendRules, delivery: Delivery) -> Sent:
        try:
            reference = self._send_once(channel, rules, delivery)
        except ChannelError as error:
            return self._fail(channel, rules, delivery, error)
        except Exception as error:  # noqa: BLE001  # the edge of a unit of work: whatever broke, the message may be out
            log.error("delivery.broke", error=error, channel=delivery.channel, hint="please report this")
            unknown = ChannelError(f"{type(error).__name__}", reason="unexpected", outcome=SendOutcome.UNKNOWN)
            return self._fail(channel, rules, delivery, unknown)
        if reference is None:
            return self._put_back(channel, delivery)
        now, mine = self._clock.now(), self._peers().of_account(channel)

        def write(tx: Transaction) -> bool:
            lifted = tx.holds.lift(delivery.channel, mine)
            for name in lifted:
                log.info("channel.resumed", channel=name)
            if delivery.lane:
                tx.recipients.accept(delivery.channel, delivery.lane)
            return tx.outbox.settle_sent(delivery, self._owner, reference, now)

        self._settle(
            _Kept(channel, delivery, write, lambda tx: tx.outbox.settle_sent(delivery, self._owner, reference, now))
        )
        log.info("delivery.sent", channel=delivery.channel, attempt=delivery.attempt, receipt=reference)
        return Sent(delivery, "sent")

    def _send_once(self, channel: Channel, rules: SendRules, delivery: Delivery) -> str | None:
        """The receipt; None where it was asked for, is not there, and is too old to be sent now."""
        if delivery.perhaps_sent and delivery.kind is not DeliveryKind.EDIT:
            was_asked, reference = _look_for(channel, delivery)
            if reference is not None:
                log.info("delivery.found", channel=delivery.channel, attempt=delivery.attempt)
                return reference
            if not was_asked and not rules.resend_unknown:
                raise ChannelError(
                    "it may have been sent, and this channel cannot be asked",
                    reason="held",
                    outcome=SendOutcome.REFUSED,
                    remedy=f"Look whether it arrived, then: monitor outbox retry {delivery.id}, or drop it.",
                )
            if _is_stale(delivery, self._clock.now(), timedelta(seconds=rules.max_age_s)):
                return None
        if self._clock.now() - self._claimed_at[delivery.channel] > timedelta(seconds=LEASE_S - SEND_S_MAX):
            # Stopped and woken, or a machine that slept: somebody else may have it by now, or will while we send.
            raise ChannelError("its lease was nearly over", reason="overslept", outcome=SendOutcome.RETRYABLE)
        try:
            return channel.send(delivery).reference
        finally:
            self._sent_at_s[delivery.channel] = self._clock.monotonic_s()

    def _put_back(self, channel: Channel, delivery: Delivery) -> Sent:
        """It is certainly not there, and old: in line again, to be gathered with the others."""
        now = self._clock.now()

        def write(tx: Transaction) -> bool:
            return tx.outbox.settle_later(
                delivery, self._owner, now, reason="too_old", error=delivery.error, perhaps_sent=False, counts=False
            )

        self._settle(_Kept(channel, delivery, write, write))
        return Sent(delivery, "pending", delivery.error, is_over=False)

    def _fail(self, channel: Channel, rules: SendRules, delivery: Delivery, error: ChannelError) -> Sent:
        outcome = Outcome(
            channel, rules, delivery, error, self._clock.now(), self._owner, self._jitter(), self._peers()
        )
        sent: list[Sent] = []

        def write(tx: Transaction) -> bool:
            ours, came_to = settle_failure(tx, outcome)
            sent.append(came_to)
            return ours

        def write_plainly(tx: Transaction) -> bool:
            sent.append(Sent(delivery, "pending", str(error), is_over=True))
            return tx.outbox.settle_later(
                delivery,
                self._owner,
                outcome.now,
                reason=error.reason,
                error=str(error),
                perhaps_sent=outcome.perhaps_sent,
            )

        self._settle(_Kept(channel, delivery, write, write_plainly))
        return sent[-1]

    def _settle(self, kept: _Kept) -> None:
        # Kept first: whatever happens while writing, nothing else is claimed before this outcome is down.
        self._unsettled[kept.delivery.channel] = kept
        self._write_unsettled(kept.delivery.channel)

    def _write_unsettled(self, name: ChannelName) -> None:
        kept = self._unsettled.get(name)
        if kept is None:
            return
        try:
            with self._store.write() as tx:
                ours = kept.write(tx)
        except StorageError as error:
            self._owed.add(name)
            log.error("delivery.unsettled", channel=name, reason=error.reason, hint=str(error))
            raise
        except Exception as error:  # noqa: BLE001  # the edge of a unit of work: kept for ever it would stop the channel
            log.error("settle.broke", error=error, channel=name, hint="please report this")
            ours = self._settle_broken(kept, error)
        if self._unsettled.get(name) is kept:
            del self._unsettled[name]
            self._owed.discard(name)
        if not ours:
            log.warning("delivery.overtaken", channel=name)

    def _settle_broken(self, kept: _Kept, error: Exception) -> bool:
        """Write what can be written of an outcome, each part by itself, and hold its channel. Raises StorageError.

        Where not even the delivery's own row can be, its lease ends and it counts as perhaps sent.
        """
        done: list[bool] = []
        self._attempt("row", kept.channel, lambda tx: done.append(kept.plain(tx)))
        self._hold_broken(kept.channel, error)
        return done != [False]

    def _hold_broken(self, channel: Channel, error: Exception) -> None:
        """Hold a channel for a fault of our own, and tell the operator when it is new. Raises StorageError."""
        now, new = self._clock.now(), list[bool]()
        self._attempt("hold", channel, lambda tx: new.append(hold_broken(tx, channel, error, now)))
        if any(new):
            self._attempt("operator", channel, lambda tx: tell_of_channels(tx, self._peers(), now))

    def _attempt(self, step: str, channel: Channel, work: Callable[[Transaction], object]) -> None:
        try:
            with self._store.write() as tx:
                work(tx)
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001  # the parts are for that: one that breaks costs no other
            log.error("settle.broke", error=error, step=step, channel=channel.name, hint="please report this")


def _is_stale(delivery: Delivery, now: datetime, max_age: timedelta) -> bool:
    """Its channel has been away for so long that it is news no more; lying still while nobody sent is no age."""
    return delivery.first_attempt_at is not None and now - delivery.first_attempt_at > max_age


def _look_for(channel: Channel, delivery: Delivery) -> tuple[bool, str | None]:
    """Whether the channel could be asked for a message, and the receipt where it is there."""
    if not channel.can_find:
        return False, None
    try:
        found = channel.find(delivery)
    except ChannelError as error:
        if error.reason != CANNOT_ASK:
            raise
        return False, None
    return True, found.reference if found is not None else None
