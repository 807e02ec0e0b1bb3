"""What a person may change in the list of feeds: which could go without a loss, which are worth visiting more often.

Both are worked out from what was stored, and say on what they rest; neither does anything by itself.

Effects: none.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from statistics import median

from msgspec import Struct

from monitor.model import FeedId, StoryId, TopicKey

LOOKED_BACK = timedelta(days=30)
WATCHED_AT_LEAST = timedelta(days=14)
"""What is read for less than two weeks has not shown what it is good for."""
ARTICLES_MIN = 10
"""Fewer prove nothing."""
TELLING_MIN = 3
"""Articles that answered a topic, below which a delay is chance."""
GAIN_S_MIN = 60.0
"""Less than a minute is not worth a server's time."""
DAY_S = 86_400.0
WEEK_D = 7.0


class Brought(Struct, frozen=True):
    """An article that a feed brought, as it stands in its story."""

    story_id: StoryId
    is_copy: bool
    first_feed: FeedId | None
    """The feed that brought the story's first article; None where that article is no longer kept."""


class ToldStory(Struct, frozen=True):
    """A story that was told: who led the telling, and who could have."""

    led_by: frozenset[FeedId]
    answered_by: Mapping[TopicKey, frozenset[FeedId]]
    """For each topic it answers, the feeds of the articles that do."""


class Candidate(Struct, frozen=True):
    """A feed that was first with nothing lately."""

    feed_id: FeedId
    watched: timedelta
    brought: Sequence[Brought]
    """All it brought in the time that is looked back at."""


class Drop(Struct, frozen=True):
    """A feed that could go: everything it brought was there without it."""

    feed_id: FeedId
    articles: int
    copies: int
    reports: int
    """Texts of its own, each in a story that another feed had first."""
    told: int
    """Told stories in which it has an article; each was led by another feed, and another one answers the topic too."""
    covered_by: tuple[FeedId, ...]
    """The feeds that were first in most of its stories."""


class Timing(Struct, frozen=True):
    """How late what a feed brings for a topic is, and how often it is visited."""

    feed_id: FeedId
    delays_s: Sequence[float]
    """From published to seen, of the articles that answered a topic; only those that came as news."""
    over: timedelta
    """The time in which they came."""
    wait_s: float
    """Between two visits now."""
    least_s: float
    """The shortest that the configuration, its server and the feed itself allow."""


class Faster(Struct, frozen=True):
    """A feed whose news would come sooner by more visits."""

    feed_id: FeedId
    per_week: float
    """Articles that answer a topic."""
    delay_s: float
    """Of them, the median as it is."""
    gain_s: float
    """How much sooner each would be seen, on average."""
    wait_s: float
    to_s: float
    visits_more: float
    """A day."""


def find_droppable(candidates: Sequence[Candidate], told: Mapping[StoryId, ToldStory]) -> list[Drop]:
    """The feeds that could all go together, those that brought most first.

    A feed is kept where it was first with a story, led a telling, or is the last that answers a topic in a story that
    was told; once another is named, that one covers nothing any more.
    """
    gone: set[FeedId] = set()
    found = []
    for one in sorted(candidates, key=lambda each: (-len(each.brought), each.feed_id)):
        if one.watched < WATCHED_AT_LEAST or len(one.brought) < ARTICLES_MIN:
            continue
        if any(article.first_feed in (one.feed_id, None) for article in one.brought):
            continue
        stories = {article.story_id for article in one.brought}
        if any(story in told and _is_needed(one.feed_id, told[story], gone) for story in stories):
            continue
        gone.add(one.feed_id)
        copies = sum(1 for article in one.brought if article.is_copy)
        firsts = Counter(article.first_feed for article in one.brought if article.first_feed is not None)
        found.append(
            Drop(
                feed_id=one.feed_id,
                articles=len(one.brought),
                copies=copies,
                reports=len(one.brought) - copies,
                told=sum(1 for story in stories if story in told),
                covered_by=tuple(feed for feed, _ in firsts.most_common(3)),
            )
        )
    return found


def _is_needed(feed_id: FeedId, story: ToldStory, gone: set[FeedId]) -> bool:
    if feed_id in story.led_by:
        return True
    return any(feed_id in feeds and not feeds - gone - {feed_id} for feeds in story.answered_by.values())


def find_faster(timings: Sequence[Timing], *, limit: int) -> list[Faster]:
    """The feeds that would gain most by being visited as often as they may be, by minutes a week.

    An entry waits half the time between two visits on average; the rest of its delay is the publisher's or the
    server's, and no visit shortens it. So the gain is never more than the delay that was measured.
    """
    found = []
    for one in timings:
        if len(one.delays_s) < TELLING_MIN or one.least_s >= one.wait_s or one.over <= timedelta(0):
            continue
        delay_s = float(median(one.delays_s))
        gain_s = min(delay_s, one.wait_s / 2) - one.least_s / 2
        if gain_s < GAIN_S_MIN:
            continue
        per_week = len(one.delays_s) / max(one.over / timedelta(days=1), 1.0) * WEEK_D
        more = DAY_S / one.least_s - DAY_S / one.wait_s
        found.append(Faster(one.feed_id, per_week, delay_s, gain_s, one.wait_s, one.least_s, more))
    return sorted(found, key=lambda each: (-each.gain_s * each.per_week, each.feed_id))[:limit]
