"""One look at everything: feeds, topics, deliveries, and what needs a person.

Effects: database.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.errors import FetchReason
from monitor.model import DeliveryState, FeedId, FeedTrouble, Topic, TroubleKind
from monitor.storage.health import FeedHealth
from monitor.storage.recipients import READER, SERVER, Recipient
from monitor.storage.store import Store, Transaction

FAILING_NEEDS_PERSON = timedelta(days=1)
"""A feed that fails this long will not mend itself: its address moved, or its server shuts us out."""
MISSING_NEEDS_PERSON = timedelta(days=7)
"""An address that answers 404 often comes back after a site's rebuilding."""
DAEMON_SILENT = timedelta(minutes=2)
"""Twelve missed beats of the daemon."""


@dataclass(frozen=True, slots=True)
class TopicStatus:
    """A topic and what waits for it."""

    key: str
    name: str
    schedule: str
    next_due_at: datetime | None
    last_closed_at: datetime | None
    waiting: int
    """Matches that no digest has taken yet."""


@dataclass(frozen=True, slots=True)
class Status:
    """The state of the whole at one moment."""

    at: datetime
    beat_at: datetime | None
    """When the daemon last beat; None when none ever ran on this database."""
    feeds: int
    feeds_failing: tuple[FeedHealth, ...]
    feeds_unread: int
    troubles: tuple[FeedTrouble, ...]
    """Feeds that may have lost entries, are held or have fallen silent."""
    articles: int
    articles_day: int
    told_day: int
    topics: tuple[TopicStatus, ...]
    waiting: int
    """Deliveries that wait or are under way."""
    failed: int
    """Deliveries given up, until a person acts."""
    needs: tuple[str, ...]
    """What needs a person, each a sentence with its remedy; empty when all is well."""
    stopped: tuple[Recipient, ...] = ()
    """Who gets no mail any more: readers who left, and addresses that the server refused too often."""


def read_status(store: Store, topics: tuple[Topic, ...], channels: Collection[str], now: datetime) -> Status:
    """Look at everything in one consistent view; `channels` are the names that are configured."""
    with store.read() as tx:
        return _read(tx, topics, channels, now)


def _read(tx: Transaction, topics: tuple[Topic, ...], channels: Collection[str], now: datetime) -> Status:
    health = [feed for feed in tx.health.all() if feed.active]
    failing = tuple(feed for feed in health if feed.outcome in ("failed", "gone"))
    states = {state.key: state for state in tx.topics.all()}
    listed = []
    for topic in topics:
        state = states.get(topic.key)
        listed.append(
            TopicStatus(
                key=topic.key,
                name=topic.name,
                schedule=topic.schedule.text,
                next_due_at=state.next_due_at if state else None,
                last_closed_at=state.last_closed_at if state else None,
                waiting=tx.matches.count_open(topic.key),
            )
        )
    deliveries = tx.outbox.count_by_state()
    recipients = tx.recipients.listed()
    beat = tx.topics.heartbeats().get("daemon")
    day = now - timedelta(days=1)
    failed = deliveries.get(DeliveryState.DEAD.value, 0)
    return Status(
        at=now,
        beat_at=beat.at if beat else None,
        feeds=len(health),
        feeds_failing=failing,
        feeds_unread=sum(1 for feed in health if feed.last_poll_at is None and feed.same_as is None),
        troubles=tuple(one for one in tx.health.troubles(now) if one.kind is not TroubleKind.FAILS),
        articles=tx.articles.count(),
        articles_day=tx.articles.count_since(day),
        told_day=tx.digests.count_told_since(day),
        topics=tuple(listed),
        waiting=deliveries.get(DeliveryState.PENDING.value, 0) + deliveries.get(DeliveryState.LEASED.value, 0),
        failed=failed,
        needs=(
            *_needs(health, failed, beat.at if beat else None, now),
            *_holds(tx),
            *_orphans(tx, channels),
            *_recipient_needs(recipients, channels),
        ),
        stopped=tuple(one for one in recipients if one.stopped_at is not None),
    )


def _holds(tx: Transaction) -> list[str]:
    return [
        f'Channel "{hold.channel}" takes nothing since {hold.since:%d %b %H:%M} UTC; its deliveries wait. {hold.error}'
        for hold in tx.holds.all()
    ]


def _orphans(tx: Transaction, channels: Collection[str]) -> list[str]:
    return [
        f'{count} deliveries wait for the channel "{name}", which is no longer configured. '
        "Configure it again, or: monitor outbox list, then monitor outbox drop ID"
        for name, count in tx.outbox.count_waiting().items()
        if name not in channels
    ]


def _recipient_needs(recipients: Sequence[Recipient], channels: Collection[str]) -> list[str]:
    ours = [one for one in recipients if one.channel in channels]
    needs = [
        f'The mail server refuses {one.address} of the channel "{one.channel}", so nothing is sent there any more: '
        f"{one.error} Correct `to`, or: monitor outbox recipients --resume {one.address}"
        for one in ours
        if one.stopped_by == SERVER
    ]
    writes = {one.channel for one in ours if one.stopped_at is None}
    needs += [
        f'Nobody is left on the mail channel "{name}". See who left: monitor outbox recipients'
        for name in sorted({one.channel for one in ours if one.stopped_by == READER} - writes)
    ]
    return needs


def _identity_needs(feed: FeedHealth, names: Mapping[FeedId, str]) -> list[str]:
    name, state, needs = feed.feed.name, feed.feed.state, []
    if state.quarantine:
        needs.append(
            f'Feed "{name}" is held: {state.quarantine}. Nothing of it is told. '
            f'If it is right: monitor feeds accept "{name}"; if not, correct its url in feeds.toml.'
        )
    if feed.same_as is not None:
        other = names.get(feed.same_as, "another feed")
        needs.append(f'Feed "{name}" moved for good to the address of "{other}". Remove one of them from feeds.toml.')
    return needs


def _needs(health: list[FeedHealth], failed: int, beat_at: datetime | None, now: datetime) -> list[str]:
    needs = []
    if beat_at is not None and now - beat_at > DAEMON_SILENT:
        needs.append(f"The daemon has been silent since {beat_at:%d %b %H:%M} UTC. Start it: monitor run")
    if not health and beat_at is not None:
        needs.append("No feed is configured, so nothing can come in. Add one: monitor feeds add ADDRESS")
    if failed:
        needs.append(f"{failed} deliveries were given up. See why: monitor outbox list")
    names = {feed.feed.id: feed.feed.name for feed in health}
    for feed in health:
        since = feed.feed.state.failing_since
        if feed.outcome == "gone":
            needs.append(f'Feed "{feed.feed.name}" is gone (410). Remove it from feeds.toml, or correct its url.')
        elif since is not None and now - since > (MISSING_NEEDS_PERSON if feed.status == 404 else FAILING_NEEDS_PERSON):
            needs.append(f'Feed "{feed.feed.name}" has failed since {since:%d %b %H:%M} UTC: {feed.error}')
        elif feed.reason == FetchReason.UNAUTHORISED and feed.outcome == "failed":
            needs.append(f'Feed "{feed.feed.name}": {feed.error}')
        needs += _identity_needs(feed, names)
    tried = [feed for feed in health if feed.last_poll_at is not None]
    if tried and all(feed.outcome == "failed" for feed in tried):
        needs.append("Every feed fails. Check this machine's network: monitor feeds list")
    return needs
