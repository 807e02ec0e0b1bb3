"""Claim, send, settle: at least once, never silently not, and once only where the channel can be asked.

A delivery is claimed in a transaction before its first byte goes out, sent with none open, settled in another. One
that was perhaps sent is asked for first. An outcome that the database refuses to take is kept and written before
anything else is claimed: a full disk stops sending, it doubles nothing.

Effects: network through the channels, database.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.channels.base import Channel
from monitor.channels.slack_errors import CREDENTIAL_CODES
from monitor.clock import Clock
from monitor.errors import ChannelError, SendOutcome, StorageError
from monitor.logs import bind, get_log
from monitor.model import ChannelName, Delivery
from monitor.outbox.retry import BACKOFF_S_MAX, RetryChoice, next_attempt_at
from monitor.storage.store import Store, Transaction

log = get_log()

PER_LOOK_MAX = 50
"""Deliveries one look sends on one channel, so that a stop never waits for a long backlog."""

_CHANNEL_AWAY = frozenset({"connect", "dns", "tls", "auth", "rate_limited", "unavailable"})
"""Certainly not sent, and for a reason that holds for every delivery of the channel; a mere "busy" may be of one."""
_LOCKED_OUT = CREDENTIAL_CODES | {"auth", "no_auth"}
"""Refused for who we are, not for what we said: the next delivery would die of the same."""


@dataclass(frozen=True, slots=True)
class SendRules:
    """How a channel's deliveries are treated."""

    max_age_s: int = 86_400
    """How long a delivery is tried; news older than that is not worth a message of its own."""
    resend_unknown: bool = True
    """Where a channel cannot be asked: send again what was perhaps sent (at least once), or hold it for a person."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What one attempt came to, for the log and for `monitor once`."""

    delivery: Delivery
    state: str
    """`sent`, `pending` or `dead`."""
    error: str = ""


class Sender:
    """Delivers what waits for one channel at a time; `deliver_due` is called from one thread per channel."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        owner: str,
        jitter: Callable[[], float],
        report: Callable[[Sent], None] | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._owner = owner
        self._jitter = jitter
        self._report = report
        self._unsettled: dict[ChannelName, Callable[[Transaction], bool]] = {}

    @property
    def unsettled(self) -> list[ChannelName]:
        """Channels whose last outcome the database has not taken yet: to be looked at although nothing is due."""
        return list(self._unsettled)

    def settle_kept(self) -> None:
        """Write every outcome that is still kept. Raises StorageError when the database takes nothing."""
        for name in self.unsettled:
            self._write_unsettled(name)

    def deliver_due(
        self, channel: Channel, rules: SendRules, *, is_stopping: Callable[[], bool] = lambda: False
    ) -> list[Sent]:
        """Send what is due on the channel, in order, one after the other; returns what each attempt came to.

        Ends when nothing is due, after an attempt that did not succeed, or when asked to stop. Raises StorageError
        when the database takes nothing: then nothing was claimed, or the outcome is kept and written next time.
        """
        done: list[Sent] = []
        name = ChannelName(channel.name)
        self._write_unsettled(name)
        while len(done) < PER_LOOK_MAX and not is_stopping():
            with self._store.write() as tx:
                claimed = tx.outbox.claim(self._clock.now(), owner=self._owner, channel=name)
            if not claimed:
                break
            with bind(delivery_id=claimed[0].id):
                sent = self._deliver(channel, rules, claimed[0])
            done.append(sent)
            if self._report is not None:
                self._report(sent)
            if sent.state == "pending":
                break
        return done

    def _deliver(self, channel: Channel, rules: SendRules, delivery: Delivery) -> Sent:
        try:
            reference = self._send_once(channel, rules, delivery)
        except ChannelError as error:
            return self._settle_failed(rules, delivery, error)
        except Exception as error:  # noqa: BLE001  # the edge of a unit of work: whatever broke, the message may be out
            log.error("delivery.broke", error=error, channel=delivery.channel, hint="please report this")
            unknown = ChannelError(f"{type(error).__name__}", reason="unexpected", outcome=SendOutcome.UNKNOWN)
            return self._settle_failed(rules, delivery, unknown)
        now = self._clock.now()
        self._settle(delivery, lambda tx: tx.outbox.settle_sent(delivery, self._owner, reference, now))
        log.info("delivery.sent", channel=delivery.channel, attempt=delivery.attempt, receipt=reference)
        return Sent(delivery, "sent")

    def _send_once(self, channel: Channel, rules: SendRules, delivery: Delivery) -> str:
        if delivery.perhaps_sent:
            if channel.can_find:
                found = channel.find(delivery)
                if found is not None:
                    log.info("delivery.found", channel=delivery.channel, attempt=delivery.attempt)
                    return found.reference
            elif not rules.resend_unknown:
                raise ChannelError(
                    "it may have been sent, and this channel cannot be asked",
                    reason="held",
                    outcome=SendOutcome.REFUSED,
                    remedy=f"Look whether it arrived, then: monitor outbox retry {delivery.id}, or drop it.",
                )
        return channel.send(delivery).reference

    def _settle_failed(self, rules: SendRules, delivery: Delivery, error: ChannelError) -> Sent:
        now = self._clock.now()
        perhaps = delivery.perhaps_sent or error.outcome is SendOutcome.UNKNOWN
        choice = next_attempt_at(
            delivery.attempt,
            error.outcome,
            now=now,
            first_attempt_at=delivery.first_attempt_at or now,
            retry_after_s=error.retry_after_s,
            max_age_s=rules.max_age_s,
            jitter=self._jitter(),
        )
        if choice.at is None:
            return self._give_up(delivery, error, choice, now)
        at = choice.at
        away = error.outcome is SendOutcome.RETRYABLE and (
            error.retry_after_s is not None or error.reason in _CHANNEL_AWAY
        )

        def write(tx: Transaction) -> bool:
            ours = tx.outbox.settle_later(
                delivery,
                self._owner,
                at,
                reason=error.reason,
                error=str(error),
                perhaps_sent=perhaps,
                counts=error.reason != "rate_limited",
            )
            if ours and away:
                tx.outbox.hold(delivery.channel, at)
            return ours

        self._settle(delivery, write)
        log.warning(
            "delivery.retried",
            channel=delivery.channel,
            reason=error.reason,
            attempt=delivery.attempt,
            next_attempt_at=at,
        )
        return Sent(delivery, "pending", str(error))

    def _give_up(self, delivery: Delivery, error: ChannelError, choice: RetryChoice, now: datetime) -> Sent:
        reason = error.reason if error.outcome is SendOutcome.REFUSED else choice.reason.value

        def write(tx: Transaction) -> bool:
            ours = tx.outbox.settle_dead(delivery, self._owner, now, reason=reason, error=str(error))
            if ours and error.reason in _LOCKED_OUT:
                tx.outbox.hold(delivery.channel, now + timedelta(seconds=BACKOFF_S_MAX))
            return ours

        self._settle(delivery, write)
        hint = error.remedy or f"monitor outbox retry {delivery.id}"
        log.error("delivery.died", channel=delivery.channel, reason=reason, attempt=delivery.attempt, hint=hint)
        return Sent(delivery, "dead", str(error))

    def _settle(self, delivery: Delivery, write: Callable[[Transaction], bool]) -> None:
        # Kept first: whatever happens while writing, nothing else is claimed before this outcome is down.
        self._unsettled[delivery.channel] = write
        self._write_unsettled(delivery.channel)

    def _write_unsettled(self, name: ChannelName) -> None:
        write = self._unsettled.get(name)
        if write is None:
            return
        try:
            with self._store.write() as tx:
                ours = write(tx)
        except StorageError as error:
            log.error("delivery.unsettled", channel=name, reason=error.reason, hint=str(error))
            raise
        del self._unsettled[name]
        if not ours:
            log.warning("delivery.overtaken", channel=name)
