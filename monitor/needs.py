"""What the database itself shows to need a person: feeds, channels, deliveries, recipients.

Effects: database.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from monitor.errors import FetchReason
from monitor.model import ChannelName, FeedId, Need
from monitor.outbox.notices import KINDS
from monitor.shared_work import WORK_NEEDS, SharedWork
from monitor.storage.health import FeedHealth
from monitor.storage.recipients import READER, SERVER, Recipient
from monitor.storage.store import Transaction
from monitor.text import plural

FAILING_NEEDS_PERSON = timedelta(days=1)
"""A feed that fails this long will not mend itself: its address moved, or its server shuts us out."""
MISSING_NEEDS_PERSON = timedelta(days=7)
"""An address that answers 404 often comes back after a site's rebuilding."""
DAEMON_SILENT = timedelta(minutes=2)
"""Twelve missed beats of the daemon."""
STUCK_AFTER = timedelta(hours=1)
STUCK_ATTEMPTS = 5
"""So often was something tried before its channel counts as stuck: what waited out a quiet night has just begun."""
DEAD_MAX = 50
"""Deliveries given up that are told one by one, the newest."""

OF_CHANNELS = frozenset({"channel-held", "delivery-dead", "recipient"})
"""What a failed attempt to send may bring: looked at in its very transaction."""
FOUND = (
    OF_CHANNELS
    | WORK_NEEDS
    | {
        *("feed-fails", "feed-gone", "feed-unauthorised", "feed-held", "feed-double", "feeds-all", "no-feed"),
        *("mail-nobody", "channel-gone", "channel-stuck", "daemon"),
    }
)
"""The kinds that `find_needs` finds, all of them each time: what it does not find is over."""


def find_needs(
    tx: Transaction,
    health: Sequence[FeedHealth],
    channels: Collection[str],
    now: datetime,
    *,
    beat_at: datetime | None,
    work: SharedWork | None = None,
) -> list[Need]:
    """Everything of these kinds, in the order a person should look at it; `channels` are the names configured.

    `work` is what workers share; None where one process does it all.
    """
    recipients = tx.recipients.listed()
    return [
        *_of_daemon(health, beat_at, now, work),
        *(work.needs if work is not None else ()),
        *find_channel_needs(tx, recipients, channels),
        *_of_feeds([feed for feed in health if feed.active], now),
        *_stuck(tx, channels, now),
        *_orphans(tx, channels),
        *_nobody(recipients, channels),
    ]


def find_channel_needs(
    tx: Transaction, recipients: Sequence[Recipient] | None = None, channels: Collection[str] | None = None
) -> list[Need]:
    """Those of `OF_CHANNELS`: held channels, deliveries given up, addresses refused."""
    recipients = tx.recipients.listed() if recipients is None else recipients
    return [*_holds(tx), *_dead(tx, recipients), *_refused(recipients, channels)]


def _of_daemon(
    health: Sequence[FeedHealth], beat_at: datetime | None, now: datetime, work: SharedWork | None
) -> Iterator[Need]:
    is_said = work is not None and any(need.kind == "queue-unserved" for need in work.needs)
    if beat_at is not None and now - beat_at > DAEMON_SILENT and not is_said:
        yield _need("daemon", f"The daemon has been silent since {_at(beat_at)}.")
    if beat_at is not None and not any(feed.active for feed in health):
        yield _need("no-feed", "No feed is configured, so nothing can come in.")


def _holds(tx: Transaction) -> Iterator[Need]:
    for hold in tx.holds.all():
        why = hold.error.removesuffix(hold.remedy).strip() if hold.remedy else hold.error
        head = f'Channel "{hold.channel}" takes nothing since {_at(hold.since)}: its deliveries wait. {why}'
        yield Need(f"channel-held:{hold.channel}", head, hold.remedy or KINDS["channel-held"].remedy)


def _stuck(tx: Transaction, channels: Collection[str], now: datetime) -> Iterator[Need]:
    held = {hold.channel for hold in tx.holds.all()}
    for name, line in tx.delivery_views.stuck(now - STUCK_AFTER, STUCK_ATTEMPTS).items():
        if name in channels and name not in held:
            waits = f"{plural(line.count, 'delivery', 'deliveries')} {'waits' if line.count == 1 else 'wait'}"
            since = f", the oldest since {_at(line.oldest_at)}" if line.oldest_at is not None else ""
            head = f'Channel "{name}" takes nothing: {waits}{since}. {line.error}'
            yield _need("channel-stuck", head.strip(), name)


def _dead(tx: Transaction, recipients: Sequence[Recipient]) -> Iterator[Need]:
    refused = {(one.channel, one.address) for one in recipients if one.refused}
    for stored in tx.outbox.given_up(limit=DEAD_MAX):
        one = stored.delivery
        if (one.channel, one.lane) in refused:
            continue  # the address is told of, once it was refused so often that nothing goes there
        head = f'Delivery {one.id} to "{one.channel}" was given up: {one.error or one.reason}'
        remedy = f"monitor outbox retry {one.id}, or: monitor outbox drop {one.id}"
        yield Need(f"delivery-dead:{one.channel}:{one.id}", head, remedy)


def _refused(recipients: Sequence[Recipient], channels: Collection[str] | None) -> Iterator[Need]:
    for one in recipients:
        if one.stopped_by == SERVER and (channels is None or one.channel in channels):
            head = f'The mail server refuses {one.address} of the channel "{one.channel}", so nothing is sent there'
            remedy = f"Correct `to` in monitor.toml, or: monitor outbox recipients --resume {one.address}"
            yield Need(f"recipient:{one.channel}:{one.address}", f"{head} any more: {one.error}", remedy)


def _nobody(recipients: Sequence[Recipient], channels: Collection[str]) -> Iterator[Need]:
    ours = [one for one in recipients if one.channel in channels]
    writes = {one.channel for one in ours if one.stopped_at is None}
    for name in sorted({one.channel for one in ours if one.stopped_by == READER} - writes):
        yield _need("mail-nobody", f'Nobody is left on the mail channel "{name}".', name)


def _orphans(tx: Transaction, channels: Collection[str]) -> Iterator[Need]:
    for name, count in tx.outbox.count_waiting().items():
        if name not in channels:
            head = f'{count} deliveries wait for the channel "{name}", which is no longer configured.'
            yield _need("channel-gone", head, ChannelName(name))


def _of_feeds(health: Sequence[FeedHealth], now: datetime) -> Iterator[Need]:
    tried = [feed for feed in health if feed.last_poll_at is not None]
    if tried and all(feed.outcome == "failed" for feed in tried):
        yield _need("feeds-all", "Every feed fails.")
    names = {feed.feed.id: feed.feed.name for feed in health}
    for feed in health:
        yield from _of_feed(feed, names, now)


def _of_feed(feed: FeedHealth, names: Mapping[FeedId, str], now: datetime) -> Iterator[Need]:
    name, state, url = feed.feed.name, feed.feed.state, feed.feed.url
    since = state.failing_since
    if feed.outcome == "gone":
        yield _need("feed-gone", f'Feed "{name}" is gone (410).', url)
    elif since is not None and now - since > (MISSING_NEEDS_PERSON if feed.status == 404 else FAILING_NEEDS_PERSON):
        yield _need("feed-fails", f'Feed "{name}" has failed since {_at(since)}: {feed.error}', url)
    elif feed.reason == FetchReason.UNAUTHORISED and feed.outcome == "failed":
        yield _need("feed-unauthorised", f'Feed "{name}": {feed.error}', url)
    if state.quarantine:
        remedy = f'If it is right: monitor feeds accept "{name}"; if not, correct its url in feeds.toml.'
        head = f'Feed "{name}" is held: {state.quarantine}. Nothing of it is told.'
        yield Need(f"feed-held:{url}", head, remedy)
    if feed.same_as is not None:
        other = names.get(feed.same_as, "another feed")
        yield _need("feed-double", f'Feed "{name}" moved for good to the address of "{other}".', url)


def _need(kind: str, head: str, thing: str = "") -> Need:
    return Need(f"{kind}:{thing}" if thing else kind, head, KINDS[kind].remedy)


def _at(moment: datetime) -> str:
    return f"{moment:%d %b %H:%M} UTC"
