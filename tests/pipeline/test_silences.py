"""Silent feeds and topics: told when it is unusual, over when something comes, on both databases."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from monitor.feeds.rhythm import learn
from monitor.model import ArticleId, FeedId, Level, Match, StoryId, TopicKey
from monitor.outbox.notices import OVER_FOR
from monitor.outbox.operator import Peers
from monitor.pipeline.notices import look_after_needs
from monitor.pipeline.silences import LEARNT_AT_ONCE, SILENCE_KINDS, Silences
from monitor.storage.matches import StoredMatch
from monitor.storage.store import Store
from monitor.storage.tables import FEED
from monitor.storage.topics import TopicPlan
from tests.fakes.channel import RecordingChannel
from tests.fakes.clock import START, FakeClock
from tests.pipeline.given import DESK
from tests.storage.given import an_article, some_feeds, store_articles

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BEGAN = START - 21 * DAY


class Newsroom:
    """A feed and some topics that were busy for three weeks until `START`, and the daemon's look at them."""

    def __init__(self, store: Store, topics: Sequence[str] = ("hostages",)) -> None:
        self.store, self.clock, self.silences = store, FakeClock(), Silences()
        self.peers = Peers({DESK: RecordingChannel("desk", account="a")}, (DESK,))
        self.articles = 0
        self.feed, self.other = some_feeds(store, 2, now=BEGAN)
        with store.write() as tx:
            plans = [TopicPlan(TopicKey(key), key.title(), "every 1h", None) for key in topics]
            tx.topics.sync(plans, BEGAN)
        times = [BEGAN + HOUR * n for n in range(1, 21 * 24)]
        for key in topics:
            self.match(key, times)
        for feed in (self.feed, self.other):
            self.visit(feed, times)

    def visit(self, feed: FeedId, times: Sequence[datetime] = ()) -> None:
        """A visit now that brought entries of these times."""
        with self.store.write() as tx:
            [before] = [one for one in tx.health.all() if one.feed.id == feed]
            now = self.clock.now()
            values: dict[str, object] = {"last_ok_at": now, "last_poll_at": now, "first_polled_at": BEGAN}
            if times:
                known = before.feed.state.rhythm or learn(None, [], BEGAN)
                values |= {"rhythm": learn(known, times, now, watched_since=BEGAN), "last_new_at": now}
                values |= {"watermark_at": times[-1], "longest_gap_s": 3600}
            tx.connection.execute(sa.update(FEED).where(FEED.c.id == feed).values(**values))

    def match(self, topic: str, times: Sequence[datetime], *, silent: bool = False) -> None:
        """Articles that answer a topic."""
        ids = range(self.articles + 1, self.articles + len(times) + 1)
        self.articles += len(times)
        found = [(number, Match(TopicKey(topic), ArticleId(number), 100, Level.BALANCED, ())) for number in ids]
        with self.store.write() as tx:
            tx.matches.record(
                [StoredMatch(match, StoryId(n), at, silent) for (n, match), at in zip(found, times, strict=True)]
            )

    def arrive(self) -> None:
        """An article that answers nothing comes by the other feed."""
        self.articles += 1
        store_articles(self.store, [an_article(self.articles, feed_id=self.other, at=self.clock.now())])

    def go_on(self, hours: int, *, quiet: Sequence[FeedId] = (), arrives: bool = True) -> list[str]:
        """So many hours, with a visit of both feeds in each and something new by those not quiet; the keys of needs."""
        keys: list[str] = []
        for _ in range(hours):
            now = self.clock.forward(hours=1)
            for feed in (self.feed, self.other):
                self.visit(feed, () if feed in quiet else [now])
            if arrives:
                self.arrive()
            keys = self.look()
        return keys

    def look(self) -> list[str]:
        """What is silent now, told as the daemon tells it."""
        now = self.clock.now()
        found = self.silences.find(self.store, now)
        look_after_needs(self.store, self.peers, now, own=found, own_kinds=SILENCE_KINDS)
        return [need.key for need in found]

    def told(self) -> list[str]:
        """The words of the messages in line about silences, without those about anything else."""
        with self.store.read() as tx:
            payloads = [one.delivery.payload for one in tx.outbox.listed()]
        return [words for words in payloads if "since" in words and ("nothing new" in words or "Nothing" in words)]


def test_a_silent_feed_is_told_once_and_when_it_is_over(store: Store) -> None:
    """Hourly for three weeks: a day without anything is quiet, two and a half are not."""
    room = Newsroom(store, topics=())
    url = "feed-silent:https://feed0.example.org/rss"
    assert room.go_on(26, quiet=[room.feed]) == []
    assert room.go_on(30, quiet=[room.feed]) == [url]
    assert room.go_on(10, quiet=[room.feed]) == [url]
    [told] = room.told()
    assert f'Feed "Feed 0" answers, and shows nothing new since {START:%d %b %H:%M} UTC: ' in told
    with store.read() as tx:
        assert [trouble.name for trouble in tx.health.troubles(room.clock.now())] == ["Feed 0"]
    room.go_on(1)
    room.clock.forward(seconds=OVER_FOR.total_seconds() + 900)
    assert room.look() == []
    assert ["Over since" in words for words in room.told()] == [False, True]


def test_a_feed_that_does_not_answer_is_not_silent(store: Store) -> None:
    """Its last visit that succeeded is what counts: that it fails is another need."""
    room = Newsroom(store, topics=())
    room.clock.forward(days=9)
    assert room.look() == []


def test_a_silent_topic_is_told_once_and_when_it_is_over(store: Store) -> None:
    """Its feeds go on, and nothing matches; what is kept in silence is no match."""
    room = Newsroom(store)
    assert room.go_on(24) == []
    room.match("hostages", [room.clock.now()], silent=True)
    assert room.go_on(40) == ["topic-silent:hostages"]
    room.match("hostages", [room.clock.now()])
    room.go_on(1)
    room.clock.forward(seconds=OVER_FOR.total_seconds() + 900)
    assert room.look() == []
    begun, over = room.told()
    assert 'Nothing has matched the topic "Hostages" since' in begun
    assert "Over since" in over


def test_no_topic_is_silent_while_nothing_comes_in_at_all(store: Store) -> None:
    """The daemon rested, or its network did; as soon as articles come, their hours count."""
    room = Newsroom(store)
    assert room.go_on(64, arrives=False) == []
    assert room.go_on(24) == []
    assert room.go_on(40) == ["topic-silent:hostages"]


@pytest.mark.parametrize("count", [LEARNT_AT_ONCE * 2 + 1])
def test_many_topics_are_learnt_in_some_looks(store: Store, count: int) -> None:
    """A look reads the matches of ten, and the next one goes on where that was not all."""
    room = Newsroom(store, topics=[f"topic-{n:02}" for n in range(count)])
    room.go_on(62)
    fresh = Silences()
    found = []
    for _ in range(4):
        now = room.clock.forward(seconds=15)
        found.append(len(fresh.find(store, now)))
    assert found == [10, 20, 21, 21]
