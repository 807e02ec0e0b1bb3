"""What a failed attempt changes: tried again, divided, held with its whole channel, or given up.

Effects: database.
"""

from datetime import datetime

from msgspec import Struct

from monitor.channels.base import Channel
from monitor.errors import ChannelError, RefusalScope, SendOutcome
from monitor.logs import get_log
from monitor.model import ChannelName, Delivery, DeliveryKind
from monitor.outbox.operator import Peers, tell_of_channels
from monitor.outbox.retry import next_attempt_at
from monitor.storage.store import Transaction

log = get_log()

_CHANNEL_AWAY = frozenset({"connect", "dns", "tls", "rate_limited", "unavailable"})
"""Certainly not sent, and for a reason that holds for every delivery of the channel; a mere "busy" may be of one."""
_NOTHING_SAID = frozenset(
    {"bad_answer", "dropped", "find_too_slow", "no_answer", "protocol", "server_error", "timeout", "too_large"}
)
"""Nobody answered, or a broken proxy did: that can last for hours, and says nothing against the message."""

BROKEN = "broken"
"""The reason of a hold that is our own fault."""
BROKEN_REMEDY = "Please report this with the log around it; it is tried again by itself"


class SendRules(Struct, frozen=True):
    """How a channel's deliveries are treated."""

    max_age_s: int = 86_400
    """How long a delivery is news; what could not be delivered for longer is gathered into one note."""
    resend_unknown: bool = True
    """Where a channel cannot be asked: send again what was perhaps sent (at least once), or hold it for a person."""


class Sent(Struct, frozen=True):
    """What one attempt came to, for the log and for `monitor once`."""

    delivery: Delivery
    state: str
    """`sent`, `pending` or `dead`."""
    error: str = ""
    is_over: bool = False
    """Nothing more can be sent at this look."""


class Outcome(Struct, frozen=True):
    """An attempt that did not succeed, with all that decides what becomes of it."""

    channel: Channel
    rules: SendRules
    delivery: Delivery
    error: ChannelError
    now: datetime
    owner: str
    jitter: float
    peers: Peers

    @property
    def perhaps_sent(self) -> bool:
        """Whether it may be out after this attempt."""
        return self.delivery.perhaps_sent or self.error.outcome is SendOutcome.UNKNOWN


def settle_failure(tx: Transaction, failed: Outcome) -> tuple[bool, Sent]:
    """Write down what the attempt came to; False when the lease is not ours any more, and then nothing changes."""
    error, delivery = failed.error, failed.delivery
    if error.outcome is SendOutcome.REFUSED:
        if error.scope is RefusalScope.SIZE and (bodies := failed.channel.split(delivery)):
            log.warning("delivery.split", channel=delivery.channel, reason=error.reason, parts=len(bodies))
            ours = tx.outbox.split(delivery, failed.owner, bodies, failed.now)
            return ours, Sent(delivery, "pending", str(error))
        if error.scope in (RefusalScope.CHANNEL, RefusalScope.ACCOUNT):
            return _hold(tx, failed)
        if delivery.kind is DeliveryKind.EDIT:
            log.info("edit.refused", channel=delivery.channel, reason=error.reason)
            return tx.outbox.settle_dead(
                delivery, failed.owner, failed.now, reason="not_editable", error=str(error)
            ), Sent(delivery, "dead", str(error))
    choice = next_attempt_at(
        delivery.attempt,
        error.outcome,
        now=failed.now,
        retry_after_s=error.retry_after_s,
        answered=error.outcome is SendOutcome.UNKNOWN and error.reason not in _NOTHING_SAID,
        jitter=failed.jitter,
    )
    if choice.at is None:
        reason = error.reason if error.outcome is SendOutcome.REFUSED else choice.reason.value
        return _give_up(tx, failed, reason)
    return _try_later(tx, failed, choice.at)


def hold_broken(tx: Transaction, channel: Channel, error: Exception, now: datetime) -> bool:
    """Hold a channel that our own code broke on, through no fault of its own; True when it was not held before."""
    return bool(
        tx.holds.hold(
            [ChannelName(channel.name)],
            now,
            account=channel.account,
            scope=RefusalScope.CHANNEL.value,
            reason=BROKEN,
            error=_broken_in_words(error),
            remedy=BROKEN_REMEDY,
        )
    )


def _broken_in_words(error: Exception) -> str:
    return f"the monitor's own code failed on it ({type(error).__name__})"


def _try_later(tx: Transaction, failed: Outcome, at: datetime) -> tuple[bool, Sent]:
    error, delivery = failed.error, failed.delivery
    ours = tx.outbox.settle_later(
        delivery,
        failed.owner,
        at,
        reason=error.reason,
        error=str(error),
        perhaps_sent=failed.perhaps_sent,
        counts=error.reason != "rate_limited",
    )
    asked_to_wait = error.retry_after_s is not None or error.reason in _CHANNEL_AWAY
    if ours and error.outcome is SendOutcome.RETRYABLE and asked_to_wait:
        tx.outbox.hold(delivery.channel, at)
    log.warning(
        "delivery.retried", channel=delivery.channel, reason=error.reason, attempt=delivery.attempt, next_attempt_at=at
    )
    return ours, Sent(delivery, "pending", str(error), is_over=True)


def _hold(tx: Transaction, failed: Outcome) -> tuple[bool, Sent]:
    """The whole channel waits, or all of its account: the next delivery would be refused for the same."""
    error, delivery, channel = failed.error, failed.delivery, failed.channel
    ours = tx.outbox.settle_later(
        delivery,
        failed.owner,
        failed.now,
        reason=error.reason,
        error=str(error),
        perhaps_sent=failed.perhaps_sent,
        counts=False,
    )
    sent = Sent(delivery, "pending", str(error), is_over=True)
    if not ours:
        return False, sent
    is_account = error.scope is RefusalScope.ACCOUNT
    names = failed.peers.of_account(channel) if is_account else [delivery.channel]
    new = tx.holds.hold(
        names,
        failed.now,
        account=channel.account,
        scope=error.scope.value,
        reason=error.reason,
        error=str(error),
        remedy=error.remedy,
    )
    log.error("channel.held", channel=",".join(names), reason=error.reason, hint=error.remedy)
    if new:
        tell_of_channels(tx, failed.peers, failed.now)
    return True, sent


def _give_up(tx: Transaction, failed: Outcome, reason: str) -> tuple[bool, Sent]:
    error, delivery = failed.error, failed.delivery
    ours = tx.outbox.settle_dead(delivery, failed.owner, failed.now, reason=reason, error=str(error))
    if ours and error.scope is RefusalScope.RECIPIENT and error.outcome is SendOutcome.REFUSED:
        return ours, _refuse_recipient(tx, failed)
    hint = error.remedy or f"monitor outbox retry {delivery.id}"
    log.error("delivery.died", channel=delivery.channel, reason=reason, attempt=delivery.attempt, hint=hint)
    if ours:
        tell_of_channels(tx, failed.peers, failed.now)
    return ours, Sent(delivery, "dead", str(error))


def _refuse_recipient(tx: Transaction, failed: Outcome) -> Sent:
    """One address alone is refused: the operator is told once it was refused so often that nothing goes there."""
    error, delivery = failed.error, failed.delivery
    log.error("recipient.refused", channel=delivery.channel, delivery_id=delivery.id, hint=error.remedy)
    if tx.recipients.refuse(delivery.channel, delivery.lane, error.what, failed.now):
        tell_of_channels(tx, failed.peers, failed.now)
    return Sent(delivery, "dead", str(error))
