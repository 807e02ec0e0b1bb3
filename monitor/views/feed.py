"""All of one feed: how it is, when its news comes, why it is visited as it is, what it brought and what that was worth.

Effects: database.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from statistics import quantiles

from msgspec import Struct

from monitor.feeds.policy import PollBounds
from monitor.feeds.rhythm import usual_of
from monitor.model import ArticleId, FeedId, FeedRules, FeedSpec, Mute, MuteKind, Relation, StoryId, TopicKey
from monitor.storage.feed_views import BroughtArticle, Cost, FirstOfStory
from monitor.storage.health import FeedHealth, PollVisit
from monitor.storage.store import Store
from monitor.urls import shown_url
from monitor.views.feed_words import Health, Visits, health_of, visits_of
from monitor.views.feeds import visited_of

RECENT_MAX = 300
"""Newest articles from which delays and shares are taken."""
SHOWN_MAX = 15
VISITS_SHOWN = 8
COST_OVER = timedelta(days=14)
"""As long as visits are kept at least."""
RACES_MIN = 5
"""Shared stories below which nobody is said to be ahead or behind."""


class Delay(Struct, frozen=True):
    """From published to seen, of what came as news."""

    articles: int
    median_s: float
    p90_s: float


class Worth(Struct, frozen=True):
    """What the newest articles of a feed were among those of all."""

    articles: int
    alone: int
    """In a story that no other feed has."""
    first: int
    """That began a story which others have too."""
    reports: int
    """Own texts in a story that another began."""
    copies: int
    behind_s: float | None
    """Median delay behind whoever began the story, where it was not first."""

    @property
    def shared(self) -> int:
        """Those in stories that others have too."""
        return self.articles - self.alone


class RecentArticle(Struct, frozen=True):
    """An article it brought."""

    article: BroughtArticle
    word: str
    topics: tuple[TopicKey, ...]
    shown_until: datetime | None
    """When the feed was last known to show it again."""


class FeedPage(Struct, frozen=True):
    """A feed, whole."""

    feed: FeedHealth
    spec: FeedSpec | None
    """As it is configured; None for one that is not any more."""
    address: str
    health: Health
    visits: Visits
    rates: tuple[float, ...]
    """Entries by hour of the week in UTC; empty where nothing is known."""
    delay: Delay | None
    worth: Worth | None
    cost: Cost
    cost_since: datetime
    recent: tuple[RecentArticle, ...]
    last_visits: tuple[PollVisit, ...]
    mutes: tuple[Mute, ...]


def read_feed(
    store: Store, feed_id: FeedId, specs: Sequence[FeedSpec], bounds: PollBounds, now: datetime
) -> FeedPage | None:
    """The feed of this id; None where there is none."""
    with store.read() as tx:
        feed = tx.feed_views.get(feed_id)
        if feed is None:
            return None
        brought = tx.feed_views.brought(feed_id, RECENT_MAX)
        firsts = tx.feed_views.firsts({one.story_id for one in brought})
        shown = [one.id for one in brought[:SHOWN_MAX]]
        topics, again = tx.feed_views.answers(shown), tx.feed_views.seen_again(shown)
        since = now - COST_OVER
        cost, visits = tx.feed_views.cost(feed_id, since), tx.feed_views.visits(feed_id, VISITS_SHOWN)
        mutes = [one for one in tx.mutes.in_force(now) if one.kind is MuteKind.FEED and one.value == feed.feed.name]
        names = tx.feeds.names() if feed.same_as is not None else {}
    spec = next((one for one in specs if one.url == feed.feed.url), None)
    rules = spec.rules if spec is not None else FeedRules()
    usual = usual_of(feed.feed.state.rhythm)
    return FeedPage(
        feed=feed,
        spec=spec,
        address=shown_url(feed.feed.address),
        health=health_of(visited_of(feed, names), now),
        visits=visits_of(feed.feed.state, rules, bounds, feed.last_poll_at or now),
        rates=usual.rates if usual is not None else (),
        delay=measure_delay(brought),
        worth=measure_worth(feed_id, brought, firsts),
        cost=cost,
        cost_since=since,
        recent=tuple(_recent(brought[:SHOWN_MAX], firsts, topics, again)),
        last_visits=tuple(visits),
        mutes=tuple(mutes),
    )


def measure_delay(brought: Sequence[BroughtArticle]) -> Delay | None:
    """Of what came as news with a time of its own, not one in the future; None where that is nothing."""
    delays = sorted(
        (one.seen_at - one.published_at).total_seconds()
        for one in brought
        if one.is_news and one.published_at is not None and one.published_at <= one.seen_at
    )
    if not delays:
        return None
    tenths = quantiles(delays, n=10, method="inclusive") if len(delays) > 1 else [delays[0]] * 9
    return Delay(len(delays), tenths[4], tenths[8])


def measure_worth(
    feed_id: FeedId, brought: Sequence[BroughtArticle], firsts: Mapping[StoryId, FirstOfStory]
) -> Worth | None:
    """Who was first in the stories of what came as news; None where nothing did."""
    news = [one for one in brought if one.is_news]
    if not news:
        return None
    alone = first = reports = copies = 0
    behind: list[float] = []
    for one in news:
        begun = firsts.get(one.story_id)
        if int(one.id) == int(one.story_id):
            if begun is not None and begun.articles > 1:
                first += 1
            else:
                alone += 1
            continue
        if one.relation is Relation.COPY:
            copies += 1
        else:
            reports += 1
        if begun is not None and begun.feed_id != feed_id:
            behind.append((_came_at(one.published_at, one.seen_at) - _came_at(begun.published_at, begun.seen_at)) / _S)
    late = sorted(behind)[len(behind) // 2] if len(behind) >= RACES_MIN else None
    return Worth(len(news), alone, first, reports, copies, late)


_S = timedelta(seconds=1)


def _came_at(said: datetime | None, seen: datetime) -> datetime:
    return seen if said is None else min(said, seen)


def _recent(
    brought: Sequence[BroughtArticle],
    firsts: Mapping[StoryId, FirstOfStory],
    topics: Mapping[ArticleId, Sequence[TopicKey]],
    again: Mapping[ArticleId, datetime],
) -> list[RecentArticle]:
    return [
        RecentArticle(one, _word(one, firsts.get(one.story_id)), tuple(topics.get(one.id, ())), again.get(one.id))
        for one in brought
    ]


def _word(one: BroughtArticle, begun: FirstOfStory | None) -> str:
    if not one.is_news:
        return "kept, no news"
    if int(one.id) == int(one.story_id):
        return "first report" if begun is not None and begun.articles > 1 else "alone"
    if one.relation is Relation.COPY:
        return "copy"
    return "own report"
