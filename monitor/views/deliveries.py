"""What was sent, what waits and what failed: the list, and one delivery with what it carries.

Effects: database, logs.
"""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from monitor.channels.slack_link import message_link
from monitor.config.channels import SlackSettings
from monitor.config.load import Loaded
from monitor.errors import MonitorError
from monitor.logs import get_log
from monitor.model import ChannelName, DeliveryId, DeliveryKind
from monitor.storage.delivery_views import STATES, ListedDelivery
from monitor.storage.holds import Hold
from monitor.storage.store import Store
from monitor.text import plural
from monitor.views.sent import Sent, read_sent
from monitor.views.told_lines import ENDS

log = get_log()


class DeliveryList(Struct, frozen=True):
    """A page of deliveries, the newest first."""

    items: tuple[ListedDelivery, ...]
    next: str | None
    """The cursor of the page behind it."""
    channels: tuple[ChannelName, ...]
    """Every channel that is configured or had something in line."""
    holds: Mapping[ChannelName, Hold]


class DeliveryPage(Struct, frozen=True):
    """One delivery, whole."""

    one: ListedDelivery
    sent: Sent
    kin: tuple[ListedDelivery, ...]
    """Other deliveries of the same digest to the same place: parts, notes, edits."""
    hold: Hold | None
    link: str | None
    """Where the message can be opened."""
    may_retry: bool
    may_drop: bool


def read_deliveries(
    store: Store, loaded: Loaded, *, channel: str = "", state: str = "", after: str = "", limit: int
) -> DeliveryList:
    """The deliveries of a channel, in a state, behind a cursor. Raises MonitorError for a state or cursor of nobody."""
    if state and state not in STATES:
        raise MonitorError(f"no delivery is ever “{state[:40]}”", remedy=f"Ask for one of: {', '.join(STATES)}.")
    before = read_cursor(after)
    with store.read() as tx:
        found = tx.delivery_views.page(channel=channel, state=state, before=before, limit=limit + 1)
        known = tx.delivery_views.channels()
        holds = {hold.channel: hold for hold in tx.holds.all()}
    items = tuple(found[:limit])
    names = dict.fromkeys([*map(ChannelName, loaded.settings.channels), *known])
    return DeliveryList(items, str(items[-1].id) if len(found) > limit else None, tuple(names), holds)


def read_cursor(after: str) -> DeliveryId | None:
    """The delivery behind which a page begins; None for the first page. Raises MonitorError for what is no cursor."""
    if not after:
        return None
    if not after.isascii() or not after.isdecimal() or len(after) > 18:
        raise MonitorError("that is no place in the list", remedy="Give `next` of the page before, or begin anew.")
    return DeliveryId(int(after))


def read_delivery(store: Store, loaded: Loaded, number: int) -> DeliveryPage | None:
    """One delivery; None where there is none of this number."""
    with store.read() as tx:
        found = tx.delivery_views.get(DeliveryId(number))
        if found is None:
            return None
        one, payload = found
        kin = tuple(tx.delivery_views.kin(one))
        hold = next((hold for hold in tx.holds.all() if hold.channel == one.channel), None)
    is_open = one.standing in ("waiting", "failed", "ended") and one.state.value != "leased"
    return DeliveryPage(
        one=one,
        sent=read_sent(payload),
        kin=kin,
        hold=hold,
        link=_link(loaded, one),
        may_retry=is_open and bool(payload),
        may_drop=is_open and one.reason != "dropped",
    )


def _link(loaded: Loaded, one: ListedDelivery) -> str | None:
    settings = loaded.settings.channels.get(one.channel)
    if not isinstance(settings, SlackSettings) or one.standing != "sent":
        return None
    return message_link(settings.workspace, settings.channel, one.receipt)


def what_words(one: ListedDelivery) -> str:
    """What it is: `3 stories`, `note`, `edit`; with its part where it is not the first."""
    if one.kind is DeliveryKind.DIGEST:
        part = f", part {one.part}" if one.part > 1 else ""
        return f"{plural(one.stories, 'story', 'stories')}{part}"
    return one.kind.value


def ended_words(one: ListedDelivery) -> str:
    """Why it was not sent; empty for one that was, or waits."""
    return ENDS.get(one.reason, "") if one.standing in ("failed", "ended") else ""


def retry_delivery(store: Store, number: int, author: str, *, now: datetime) -> None:
    """Put it in line for now, as `monitor outbox retry` does. Raises MonitorError where it cannot be sent again."""
    wanted = DeliveryId(number)
    with store.write() as tx:
        swept = bool(tx.outbox.swept([wanted]))
        changed = not swept and tx.outbox.retry(wanted, now)
    if swept:
        raise MonitorError(
            f"the text of delivery {number} is gone with the retention; it cannot be sent again",
            remedy="Give it up: that is all that can be done with it.",
        )
    if not changed:
        raise MonitorError(f"delivery {number} does not wait and has not failed", remedy="Look at how it stands.")
    log.info("delivery.put_in_line", delivery_id=number, by=author)


def drop_delivery(store: Store, number: int, author: str, *, now: datetime) -> int:
    """Give it up for good, as `monitor outbox drop` does; how many parts went with it. Raises MonitorError."""
    with store.write() as tx:
        count = tx.outbox.drop(DeliveryId(number), now)
    if not count:
        raise MonitorError(f"delivery {number} does not wait and has not failed", remedy="Look at how it stands.")
    log.info("delivery.dropped", delivery_id=number, by=author)
    return count - 1
