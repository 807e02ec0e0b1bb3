"""How things stand, for programs.

Effects: database.
"""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter

from monitor.storage.health import FeedHealth
from monitor.views.overview import ChannelView, NeedView, Overview, TopicView, read_overview
from monitor.web.pages import DeskIn

router = APIRouter(tags=["overview"])


@dataclass(frozen=True, slots=True)
class NeedAnswer:
    """Something that needs a person."""

    key: str
    head: str
    remedy: str
    detail: str
    since: datetime | None
    told_at: datetime | None
    """When the operator was told of it; null where not yet."""
    page: str | None
    """The page on which it is seen to."""


@dataclass(frozen=True, slots=True)
class TopicAnswer:
    """A topic as it runs."""

    topic: str
    name: str
    schedule: str
    last_24h: int
    usual: int | None
    """The median of the fourteen days before; null where too little is known."""
    is_burst: bool
    by_day: list[int]
    """Spans of 24 hours, oldest first, the last of them ending now."""
    waiting: int
    last_closed_at: datetime | None
    next_due_at: datetime | None
    muted_until: datetime | None
    at_most: str | None
    bar: int | None


@dataclass(frozen=True, slots=True)
class FeedTroubleAnswer:
    """A feed that fails, is late or may have lost something."""

    feed: str
    kind: str
    """`fails`, `late`, `lost`, `held` or `stale`."""
    since: datetime | None
    words: str


@dataclass(frozen=True, slots=True)
class ChannelAnswer:
    """A channel and what stands in its line."""

    channel: str
    kind: str | None
    """Null where it is not configured any more."""
    waiting: int
    waiting_since: datetime | None
    given_up: int
    held_since: datetime | None
    held_because: str | None
    remedy: str | None
    at_most: str | None
    told: int | None
    """Stories told in the present span of its budget."""
    bar: int | None


@dataclass(frozen=True, slots=True)
class ConfigAnswer:
    """Which configuration is in force."""

    since: datetime
    revision: int | None
    author: str | None
    change: str | None
    faults: list[str]
    waits: str | None
    """What an edit would change that waits for a person's yes."""


@dataclass(frozen=True, slots=True)
class MuteBrief:
    """What a person holds back."""

    kind: str
    value: str
    channel: str | None
    until: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class OverviewAnswer:
    """How things stand at one moment."""

    at: datetime
    beat_at: datetime | None
    is_watched: bool
    feeds: int
    feeds_failing: int
    articles: int
    articles_24h: int
    told_24h: int
    needs: list[NeedAnswer]
    topics: list[TopicAnswer]
    feed_troubles: list[FeedTroubleAnswer]
    """At most 100."""
    channels: list[ChannelAnswer]
    config: ConfigAnswer
    mutes: list[MuteBrief]


TROUBLES_MAX = 100


@router.get("/overview")
def overview(desk: DeskIn) -> OverviewAnswer:
    """What needs a person, then topics, feeds, channels and the configuration in force."""
    seen = read_overview(desk.store, desk.force().loaded, desk.watcher, desk.clock.now())
    status, revision = seen.status, seen.config.revision
    return OverviewAnswer(
        at=status.at,
        beat_at=status.beat_at,
        is_watched=seen.is_watched,
        feeds=status.feeds,
        feeds_failing=len(status.feeds_failing),
        articles=status.articles,
        articles_24h=status.articles_day,
        told_24h=status.told_day,
        needs=list(map(_need, seen.needs)),
        topics=list(map(_topic, seen.topics)),
        feed_troubles=_troubles(seen)[:TROUBLES_MAX],
        channels=list(map(_channel, seen.channels)),
        config=ConfigAnswer(
            seen.config.since,
            revision.id if revision else None,
            revision.author if revision else None,
            revision.change if revision else None,
            list(seen.config.faults),
            seen.config.waits or None,
        ),
        mutes=[
            MuteBrief(one.kind.value, one.value, one.channel, one.until, one.by, one.reason) for one in status.mutes
        ],
    )


def _need(one: NeedView) -> NeedAnswer:
    need = one.need
    return NeedAnswer(need.key, need.head, need.remedy, need.detail, one.since, one.told_at, one.href or None)


def _topic(one: TopicView) -> TopicAnswer:
    topic, volume = one.status, one.volume
    return TopicAnswer(
        topic=topic.key,
        name=topic.name,
        schedule=topic.schedule,
        last_24h=volume.count,
        usual=volume.usual,
        is_burst=volume.is_burst,
        by_day=list(volume.buckets),
        waiting=topic.waiting,
        last_closed_at=topic.last_closed_at,
        next_due_at=topic.next_due_at,
        muted_until=one.muted_until,
        at_most=None if topic.at_most is None else str(topic.at_most),
        bar=topic.bar,
    )


def _troubles(seen: Overview) -> list[FeedTroubleAnswer]:
    status = seen.status
    failing = [_of_feed(feed, "fails", feed.feed.state.failing_since, feed.error) for feed in status.feeds_failing]
    other = [
        FeedTroubleAnswer(
            one.name, one.kind.value, one.since, f"about {one.count} entries may be lost" if one.count else ""
        )
        for one in status.troubles
    ]
    late = [_of_feed(feed, "late", feed.next_poll_at, "its visit is overdue") for feed in status.feeds_late]
    return [*failing, *other, *late]


def _of_feed(feed: FeedHealth, kind: str, since: datetime | None, words: str) -> FeedTroubleAnswer:
    return FeedTroubleAnswer(feed.feed.name, kind, since, words)


def _channel(one: ChannelView) -> ChannelAnswer:
    hold, budget = one.hold, one.budget
    return ChannelAnswer(
        channel=one.name,
        kind=one.kind or None,
        waiting=one.waiting,
        waiting_since=one.oldest_at,
        given_up=one.given_up,
        held_since=hold.since if hold else None,
        held_because=hold.error if hold else None,
        remedy=hold.remedy if hold else None,
        at_most=str(budget.at_most) if budget else None,
        told=budget.told if budget else None,
        bar=budget.bar if budget else None,
    )
