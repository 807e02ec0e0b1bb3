"""What became of an article's matches: which digest, which channel, which message, or what held it back.

Effects: none.
"""

from collections.abc import Callable, Iterator

from monitor.model import Delivery, DeliveryKind, DeliveryState, DigestKind
from monitor.storage.digests import SPLIT_REASON, SentRecord
from monitor.storage.matches import StoredMatch
from monitor.storage.outbox import StoredDelivery
from monitor.text import plural, shorten
from monitor.trail import Trail
from monitor.views.corrected import part_words
from monitor.views.moments import Moments

DELIVERIES_SHOWN_MAX = 20
"""Deliveries told one by one; a list of five hundred mail addresses is counted."""
TITLE_CHARS = 80
ENDS = {
    "dropped": "taken out of the line by a person, or its reader left",
    "folded": "what it said went out in a note that gathers what came too late",
    "not_editable": "the message that is out could not be edited; what it says stays",
    "too_old": "too old to be news when it could be sent",
}
"""Why a delivery ended that was not sent, where the reason is a word of ours."""


def fate_words(match: StoredMatch, trail: Trail, moments: Moments) -> str:
    """What became of a match."""
    if match.silent:
        return "not told: it was no news when it came (see Stored)"
    topic = match.match.topic
    if match.digest_id is None:
        state = next((state for state in trail.topics if state.key == topic), None)
        if all(verdict.topic != topic for verdict in trail.verdicts):
            return "waits, and its topic is not in the watchlist any more: it is told when the topic is back"
        due = moments.say(state.next_due_at) if state and state.next_due_at else "its next digest"
        return f"waits for {due}"
    digest = next((digest for digest in trail.digests if digest.id == match.digest_id), None)
    if digest is None:
        return f"taken by digest {match.digest_id}"
    closed = moments.say(digest.closed_at)
    # The slot of what is told at once is its moment, to the microsecond.
    slot = f", slot {digest.slot}" if digest.kind in (DigestKind.SCHEDULED, DigestKind.CATCH_UP) else ""
    return f"taken by digest {digest.id} ({digest.kind.value.replace('_', '-')}{slot}, closed {closed})"


def told_lines(trail: Trail, moments: Moments, link: Callable[[Delivery], str | None]) -> Iterator[str]:
    """Every telling of its story, what held it back elsewhere, and how the deliveries stand."""
    if not trail.tellings and not trail.held:
        yield "  its story was told to no channel"
    for telling in trail.tellings:
        yield f"  {_telling_words(telling, trail, moments)}"
    for held in trail.held:
        part = part_words(held.story_id, trail.stored.story_id)
        where = f"digest {held.digest.id} of {held.digest.topic} ({moments.say(held.digest.closed_at)})"
        yield f"  {held.channel}: not told in {where}{part}: {moments.within(held.reason)}"
    for wait in trail.waits:
        part = part_words(wait.story_id, trail.stored.story_id)
        yield f"  {wait.channel}: waited{part}: {moments.within(wait.reason)}"
    for item in trail.deliveries[:DELIVERIES_SHOWN_MAX]:
        yield f"  {_delivery_words(item, trail, moments)}"
        address = link(item.delivery) if item.delivery.state is DeliveryState.SENT else None
        if address:
            yield f"    {address}"
    if len(trail.deliveries) > DELIVERIES_SHOWN_MAX:
        rest = trail.deliveries[DELIVERIES_SHOWN_MAX:]
        sent = sum(1 for item in rest if item.delivery.state is DeliveryState.SENT)
        yield f"  and {plural(len(rest), 'delivery', 'deliveries')} more, {sent} of them sent"


def _telling_words(telling: SentRecord, trail: Trail, moments: Moments) -> str:
    is_update = telling.reason.startswith("update")  # a merge by hand numbers first tellings on
    words = f"told again as update {telling.telling}" if is_update else "told"
    if telling.reason.startswith(SPLIT_REASON):
        words = "counts as told since"
    elif not _has_delivery(telling, trail):
        words = "not sent: nobody on it takes it any more, though it was put in the sent log"
    elif not _is_delivered(telling, trail):
        words = "not delivered yet, though put in line"
    part = part_words(telling.story_id, trail.stored.story_id)
    lead = ""
    if not part and telling.article_id != trail.stored.article.id:
        title = trail.leads.get(telling.article_id)
        named = f' "{shorten(title, TITLE_CHARS)}"' if title else ""
        lead = f", led by article {telling.article_id}{named}"
    when = moments.say(telling.told_at)
    reason = moments.within(telling.reason)
    return f"{telling.channel}: {words} {when} in digest {telling.digest_id}{part}{lead}: {reason}"


def _has_delivery(telling: SentRecord, trail: Trail) -> bool:
    return any(_is_of(item, telling) for item in trail.deliveries)


def _is_delivered(telling: SentRecord, trail: Trail) -> bool:
    """Whether a part of the digest that tells it was taken by the channel."""
    return any(_is_of(item, telling) and item.delivery.state is DeliveryState.SENT for item in trail.deliveries)


def _is_of(item: StoredDelivery, telling: SentRecord) -> bool:
    return item.delivery.digest_id == telling.digest_id and item.delivery.channel == telling.channel


def _delivery_words(item: StoredDelivery, trail: Trail, moments: Moments) -> str:
    delivery = item.delivery
    kind = "delivery" if delivery.kind is DeliveryKind.DIGEST else delivery.kind.value
    to = f" ({delivery.lane})" if delivery.lane else ""
    return f"{kind} {delivery.id} to {delivery.channel}{to}: {_state_words(item, trail, moments)}"


def _state_words(item: StoredDelivery, trail: Trail, moments: Moments) -> str:
    delivery = item.delivery
    trouble = f": {delivery.error}" if delivery.error else ""
    if delivery.state is DeliveryState.SENT:
        proof = f", {delivery.receipt}" if delivery.receipt else ""
        return f"sent{proof}{trouble}" + (f", {moments.say(item.settled_at)}" if item.settled_at else "")
    if delivery.state is DeliveryState.DEAD:
        why = ENDS.get(delivery.reason, delivery.reason or "no reason was given")
        return f"given up {moments.say(item.settled_at)}, {why}{trouble}"
    if delivery.state is DeliveryState.LEASED:
        return f"being sent, attempt {delivery.attempt}{trouble}"
    hold = trail.holds.get(delivery.channel)
    if hold is not None:
        remedy = f" {hold.remedy}" if hold.remedy else ""
        return f"waits: the channel takes nothing since {moments.say(hold.since)}: {hold.error}.{remedy}"
    if not delivery.attempt:
        return f"waits for its turn, due {moments.say(delivery.next_attempt_at)}"
    return f"waits after attempt {delivery.attempt}, tried again {moments.say(delivery.next_attempt_at)}{trouble}"
