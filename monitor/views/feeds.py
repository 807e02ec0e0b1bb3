"""The feeds with what ails them first, and what may be changed in their list.

Effects: database.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from monitor.errors import MonitorError
from monitor.feeds.advice import (
    LOOKED_BACK,
    Brought,
    Candidate,
    Drop,
    Faster,
    Timing,
    ToldStory,
    find_droppable,
    find_faster,
)
from monitor.feeds.policy import PollBounds
from monitor.model import FeedId, FeedRules, FeedSpec, StoryId, TopicKey
from monitor.storage.feed_views import Timed
from monitor.storage.health import FeedHealth
from monitor.storage.store import Store, Transaction
from monitor.text import plain_line
from monitor.urls import shown_url
from monitor.views.feed_words import ORDER, Condition, Health, Visited, health_of, visits_of

LOOK = 200
"""Newest articles of each feed by which those are chosen that are looked at closely."""
CANDIDATES_MAX = 15
"""Feeds that are looked at closely for what could go: those that were first with nothing lately are few."""
BROUGHT_MAX = 4_000
"""Articles of each of them, the newest."""
TOLD_MAX = 20_000
"""Tellings that are looked at, the latest."""
MATCHES_MAX = 2_000
"""Newest matches from which delays are taken."""
ADVISED_MAX = 10


class FeedLine(Struct, frozen=True):
    """A feed in the list."""

    feed: FeedHealth
    health: Health
    address: str
    """Where it is fetched, without what may be a secret."""

    @property
    def key(self) -> tuple[int, str, int]:
        """Its place in the list."""
        return ORDER[self.health.condition], self.feed.feed.name.casefold(), int(self.feed.feed.id)


class FeedList(Struct, frozen=True):
    """One page of the list."""

    lines: tuple[FeedLine, ...]
    counts: Mapping[Condition, int]
    """Of all feeds."""
    next: str | None


class Advice(Struct, frozen=True):
    """What may be changed in the list."""

    drop: tuple[Drop, ...]
    faster: tuple[Faster, ...]
    names: Mapping[FeedId, str]
    since: datetime
    """How far back was looked, at most."""


def visited_of(feed: FeedHealth, names: Mapping[FeedId, str]) -> Visited:
    """What of its row decides how a feed is."""
    return Visited(
        state=feed.feed.state,
        outcome=feed.outcome,
        reason=feed.reason,
        error=feed.error,
        last_poll_at=feed.last_poll_at,
        last_new_at=feed.last_new_at,
        lost_windows=feed.lost_windows,
        lost_entries=feed.lost_entries,
        same_as=names.get(feed.same_as, "another feed") if feed.same_as is not None else "",
    )


def list_feeds(store: Store, now: datetime, after: str | None, limit: int, only: Condition | None = None) -> FeedList:
    """One page of the feeds in use, what ails them first. Raises MonitorError for an `after` that is none of ours."""
    with store.read() as tx:
        feeds = tx.health.all()
    names = {feed.feed.id: feed.feed.name for feed in feeds}
    lines = sorted((_line(feed, names, now) for feed in feeds if feed.active), key=lambda line: line.key)
    counts = Counter(line.health.condition for line in lines)
    start = _place(after)
    behind = [
        line
        for line in lines
        if (start is None or line.key > start) and (only is None or line.health.condition is only)
    ]
    more = len(behind) > limit
    return FeedList(tuple(behind[:limit]), counts, _write_place(behind[limit - 1].key) if more else None)


def _line(feed: FeedHealth, names: Mapping[FeedId, str], now: datetime) -> FeedLine:
    return FeedLine(feed, health_of(visited_of(feed, names), now), shown_url(feed.feed.address))


def _write_place(key: tuple[int, str, int]) -> str:
    return f"{key[0]}~{key[2]}~{key[1]}"[:200]


def _place(after: str | None) -> tuple[int, str, int] | None:
    if after is None:
        return None
    rank, _, rest = after.partition("~")
    number, _, name = rest.partition("~")
    if not (rank.isascii() and rank.isdigit() and number.isascii() and number.isdigit() and len(number) < 19):
        raise MonitorError(
            f"{plain_line(after)[:40]!r} is no place in this list", remedy="Give `next` of the page before, or nothing."
        )
    return int(rank[:2]), name, int(number)


# --- advice ----------------------------------------------------------------------------------------------------------


def read_advice(store: Store, specs: Sequence[FeedSpec], bounds: PollBounds, now: datetime) -> Advice:
    """Which feeds could go without a loss, and which are worth visiting more often."""
    rules = {spec.url: spec.rules for spec in specs}
    since = now - LOOKED_BACK
    with store.read() as tx:
        feeds = {feed.feed.id: feed for feed in tx.health.all() if feed.active and feed.same_as is None}
        from_id = tx.feed_views.first_id_since(since)
        candidates, keys = _candidates(tx, feeds, from_id, now)
        told = _told(tx, keys, since)
        timed = tx.feed_views.matched_lately(from_id, MATCHES_MAX)
    drop = find_droppable(candidates, told)
    gone = {one.feed_id for one in drop}
    timings = [one for one in _timings(timed, feeds, rules, bounds, now) if one.feed_id not in gone]
    faster = find_faster(timings, limit=ADVISED_MAX)
    names = {number: feed.feed.name for number, feed in feeds.items()}
    return Advice(tuple(drop[:ADVISED_MAX]), tuple(faster), names, since)


def _candidates(
    tx: Transaction, feeds: Mapping[FeedId, FeedHealth], from_id: int, now: datetime
) -> tuple[list[Candidate], dict[StoryId, StoryId]]:
    """Feeds that were first with nothing, and the stories of theirs by what they may have been told under."""
    found: list[Candidate] = []
    keys: dict[StoryId, StoryId] = {}
    if not from_id:
        return found, keys
    chosen = [feed_id for feed_id in tx.feed_views.never_first(from_id, LOOK) if feed_id in feeds]
    for feed_id in chosen[:CANDIDATES_MAX]:
        begun = feeds[feed_id].feed.state.first_polled_at
        places = tx.feed_views.places(feed_id, from_id, BROUGHT_MAX)
        for one in places:
            keys[one.story_id] = keys[StoryId(one.article_id)] = one.story_id
        brought = [Brought(one.story_id, one.is_copy, one.first_feed) for one in places]
        found.append(Candidate(feed_id, now - begun if begun is not None else timedelta(0), brought))
    return found, keys


def _told(tx: Transaction, keys: Mapping[StoryId, StoryId], since: datetime) -> dict[StoryId, ToldStory]:
    led: dict[StoryId, set[FeedId]] = {}
    for one in tx.feed_views.led(since, TOLD_MAX) if keys else ():
        if one.key in keys:
            led.setdefault(keys[one.key], set()).update({one.feed_id} if one.feed_id is not None else ())
    answered: Mapping[StoryId, Mapping[TopicKey, frozenset[FeedId]]] = tx.feed_views.answered_by(set(led))
    return {story: ToldStory(frozenset(feeds), answered.get(story, {})) for story, feeds in led.items()}


def _timings(
    timed: Sequence[Timed],
    feeds: Mapping[FeedId, FeedHealth],
    rules: Mapping[str, FeedRules],
    bounds: PollBounds,
    now: datetime,
) -> list[Timing]:
    if not timed:
        return []
    over = now - min(one.seen_at for one in timed)
    delays: dict[FeedId, list[float]] = defaultdict(list)
    for one in timed:
        if one.is_news and one.published_at is not None and one.published_at <= one.seen_at:
            delays[one.feed_id].append((one.seen_at - one.published_at).total_seconds())
    found = []
    for feed_id, some in delays.items():
        if feed_id in feeds:
            feed = feeds[feed_id].feed
            visits = visits_of(feed.state, rules.get(feed.url, FeedRules()), bounds, feeds[feed_id].last_poll_at or now)
            found.append(Timing(feed_id, some, over, visits.wait_s, visits.least_s))
    return found
