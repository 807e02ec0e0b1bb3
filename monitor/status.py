"""One look at everything: feeds, topics, deliveries, and what needs a person.

Effects: database.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from monitor.digests.budget import span_began_at
from monitor.model import Budget, ChannelName, FeedTrouble, Mute, Need, Notice, Topic, TroubleKind
from monitor.needs import FOUND, find_needs
from monitor.pipeline.bars import bar_of
from monitor.shared_work import SharedWork, read_shared_work
from monitor.storage.health import FeedHealth
from monitor.storage.recipients import Recipient
from monitor.storage.store import Store, Transaction
from monitor.targets import TargetStanding, read_targets

LATE_AFTER = timedelta(minutes=10)
"""The shortest interval is some minutes; a visit that is overdue by more waits for a daemon that cannot keep up."""


class TopicStatus(Struct, frozen=True):
    """A topic and what waits for it."""

    key: str
    name: str
    schedule: str
    next_due_at: datetime | None
    last_closed_at: datetime | None
    waiting: int
    """Matches that no digest has taken yet."""
    at_most: Budget | None = None
    bar: int | None = None
    """The score it has to reach under its budget; None where there is no budget, or no bar yet."""
    target: TargetStanding | None = None
    """How it keeps its target; None where it has none."""


class ChannelBudget(Struct, frozen=True):
    """A channel's budget over all its topics, as it stands."""

    channel: ChannelName
    at_most: Budget
    bar: int | None
    """None where too little is known yet."""
    told: int
    """Stories told in the present hour, day or week, breaking ones not counted."""


class Status(Struct, frozen=True):
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
    needs: tuple[Need, ...]
    """What needs a person now, each with its remedy; empty when all is well."""
    stopped: tuple[Recipient, ...] = ()
    """Who gets no mail any more: readers who left, and addresses that the server refused too often."""
    notices: tuple[Notice, ...] = ()
    """What the daemon remembers of needs that are open: since when, and whether the operator was told."""
    mutes: tuple[Mute, ...] = ()
    """What people hold back now, what ends first at the top."""
    budgets: tuple[ChannelBudget, ...] = ()
    """Of the channels that have one."""
    feeds_late: tuple[FeedHealth, ...] = ()
    """Feeds whose visit is overdue by more than `LATE_AFTER`, the longest first."""
    work: SharedWork | None = None
    """The work that workers share; None where one process does it all."""

    def since(self, need: Need) -> datetime | None:
        """Since when it is known to the daemon; None where it is not yet."""
        return next((one.since for one in self.notices if one.key == need.key), None)


def read_status(
    store: Store,
    topics: tuple[Topic, ...],
    channels: Collection[str],
    now: datetime,
    at_most: Mapping[ChannelName, Budget] = MappingProxyType({}),
    *,
    is_distributed: bool = False,
) -> Status:
    """Look at everything in one consistent view; `channels` are the names configured, `at_most` their budgets."""
    with store.read() as tx:
        work = read_shared_work(tx, now) if is_distributed else None
        status = _read(tx, topics, channels, now, work)
        return replace(status, budgets=tuple(_budgets(tx, topics, at_most, now)))


def _budgets(
    tx: Transaction, topics: Sequence[Topic], at_most: Mapping[ChannelName, Budget], now: datetime
) -> Iterator[ChannelBudget]:
    for name, budget in at_most.items():
        told_on = [topic for topic in topics if name in topic.channels]
        for topic in told_on[:1]:
            began_at = span_began_at(budget, now, topic.schedule.timezone)
            bar = bar_of(tx, sorted(other.key for other in told_on), budget, now)
            yield ChannelBudget(name, budget, bar, tx.bars.count_told(name, None, began_at))


def _read(
    tx: Transaction, topics: tuple[Topic, ...], channels: Collection[str], now: datetime, work: SharedWork | None
) -> Status:
    health = [feed for feed in tx.health.all() if feed.active]
    failing = tuple(feed for feed in health if feed.outcome in ("failed", "gone"))
    states = {state.key: state for state in tx.topics.all()}
    targets = {one.topic: one for one in read_targets(tx, topics, now)}
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
                at_most=topic.at_most,
                bar=bar_of(tx, [topic.key], topic.at_most, now) if topic.at_most is not None else None,
                target=targets.get(topic.key),
            )
        )
    waiting, given_up = tx.outbox.count_waiting(), tx.outbox.count_given_up()
    recipients = tx.recipients.listed()
    beat = tx.topics.heartbeats().get("daemon")
    day = now - timedelta(days=1)
    failed = sum(given_up.values())
    canary_articles, canary_tellings = tx.canary.shown()
    return Status(
        at=now,
        beat_at=beat.at if beat else None,
        feeds=len(health),
        feeds_failing=failing,
        feeds_unread=sum(1 for feed in health if feed.last_poll_at is None and feed.same_as is None),
        troubles=tuple(one for one in tx.health.troubles(now) if one.kind is not TroubleKind.FAILS),
        articles=tx.articles.count() - canary_articles,
        articles_day=tx.articles.count_since(day) - canary_articles,
        told_day=tx.digests.count_told_since(day) - canary_tellings,
        topics=tuple(listed),
        waiting=sum(waiting.values()),
        failed=failed,
        needs=_all_needs(tx, health, channels, failed, beat.at if beat else None, now, work),
        notices=tuple(tx.notices.open()),
        stopped=tuple(one for one in recipients if one.stopped_at is not None),
        mutes=tuple(sorted(tx.mutes.in_force(now), key=lambda mute: (mute.until, mute.id))),
        feeds_late=_late(health, now),
        work=work,
    )


def _late(health: Sequence[FeedHealth], now: datetime) -> tuple[FeedHealth, ...]:
    waits = [feed for feed in health if feed.same_as is None and now - feed.next_poll_at > LATE_AFTER]
    return tuple(sorted(waits, key=lambda feed: (feed.next_poll_at, feed.feed.name)))


def _all_needs(
    tx: Transaction,
    health: Sequence[FeedHealth],
    channels: Collection[str],
    failed: int,
    beat_at: datetime | None,
    now: datetime,
    work: SharedWork | None,
) -> tuple[Need, ...]:
    """What is found now, and what the daemon found that only it can know; deliveries given up are one line."""
    found = find_needs(tx, health, channels, now, beat_at=beat_at, work=work)
    needs = [need for need in found if need.kind != "delivery-dead"]
    if failed:
        needs.append(Need("delivery-dead", f"{failed} deliveries were given up.", "See why: monitor outbox list"))
    daemons = [one for one in tx.notices.open() if one.kind not in FOUND]
    return (*needs, *(Need(one.key, one.head, one.remedy, one.detail) for one in daemons))
