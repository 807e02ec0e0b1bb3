"""A world of feeds, polled one after the other, and what a channel was told of them: the real ingest and digest.

Nothing in it remembers anything but the database: `restart` is a new process that opens what the old one left.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from msgspec.structs import replace

from monitor.digests.schedule import parse_schedule
from monitor.model import ChannelName, Delivery, Entry, Feed, FeedSpec, Fetched, Polled, StoryId, Topic, TopicKey
from monitor.outbox.deliver import Sender, SendRules
from monitor.pipeline.digest import close_due
from monitor.pipeline.sweep import KNOWN_DAYS, Retention, sweep
from monitor.storage.articles import StoredArticle
from monitor.storage.store import Store
from tests.behaviour.texts import NOTICES, News
from tests.fakes.channel import RecordingChannel
from tests.fakes.clock import START, FakeClock
from tests.fakes.stores import open_store
from tests.pipeline.given import OWNER, a_context, a_visit, articles_of, digest_context, ingest, told_stories, watch

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MINUTES = timedelta(minutes=10)
STORIES_MAX = 1000
"""Of a digest: nothing overflows, so that what the channel got can be counted."""
OUTLETS = 40
"""There is no query for everything; one that names every outlet there may be is the same here."""
FAR = timedelta(days=30)
"""Whatever its schedule, a feed is due when a test visits it."""

Shown = Mapping[int, Sequence[Entry]]
"""What feeds show at one moment, by the number of the outlet."""


def a_topic_for_everything(key: str = "all", channels: Sequence[str] = ("desk",), **changes: object) -> Topic:
    """A topic that every article of every outlet answers, told as soon as it is read."""
    topic = Topic(
        key=TopicKey(key),
        name=key.title(),
        schedule=parse_schedule("now", "UTC"),
        channels=tuple(ChannelName(name) for name in channels),
        query=" OR ".join(f'source:outlet{n}.example OR source:"Outlet {n}"' for n in range(OUTLETS)),
        settle_s=0,
        breaking=False,
    )
    return replace(topic, **changes)  # the tests name real fields


def an_entry(news: News, outlet: int = 0, at: datetime = START, **changes: object) -> Entry:
    """The news as an outlet's feed shows it."""
    entry = Entry(
        id=f"{outlet}:{news.slug}",
        title=news.title,
        link=f"https://outlet{outlet}.example/2026/{news.slug}",
        published=at,
        summary=news.text,
    )
    return replace(entry, **changes)  # the tests name real fields


@dataclass
class World:
    """Outlets with a feed each, topics, channels and a clock over one database."""

    database_url: str
    topics: Sequence[Topic] = field(default_factory=lambda: [a_topic_for_everything()])
    clock: FakeClock = field(default_factory=FakeClock)
    got: dict[str, list[StoryId]] = field(default_factory=dict)
    """What arrived on each channel, one story id per telling."""

    moved: dict[int, str] = field(default_factory=dict)
    """Where outlets answer that their feed has moved for good."""

    def __post_init__(self) -> None:
        names = {name: None for topic in self.topics for name in topic.channels}
        self.channels = [RecordingChannel(name, on_send=self._take) for name in names]
        self.got = {name: [] for name in names}
        self.specs: list[FeedSpec] = []
        self.store = self._open()
        watch(self.store, self.topics)

    @property
    def now(self) -> datetime:
        """The time in this world."""
        return self.clock.now()

    def _open(self) -> Store:
        store = open_store(self.database_url)
        if self.database_url.startswith("sqlite"):
            for engine in (store.database.writer, store.database.reader):
                # Nothing is unplugged here, and the syncs are most of the time.
                sa.event.listen(engine, "connect", lambda c, _: c.execute("PRAGMA synchronous=OFF"))
        return store

    def restart(self) -> None:
        """End the process and begin a new one on what the database holds."""
        self.store.close()
        self.store = self._open()
        with self.store.write() as tx:
            tx.feeds.release()

    def configure(self, specs: Sequence[FeedSpec]) -> None:
        """Put these feeds into force, as an edited configuration does."""
        self.specs = list(specs)
        with self.store.write() as tx:
            tx.feeds.sync(self.specs, self.now, spread_s=1)

    def know(self, count: int, **shown: Sequence[Entry]) -> None:
        """`count` outlets, each read once two hours ago, when it showed an old notice of its own or what is given."""
        self.configure([FeedSpec(f"Outlet {n}", f"https://outlet{n}.example/rss") for n in range(count)])
        old = self.now - timedelta(hours=2)
        first = {n: [an_entry(NOTICES[n % len(NOTICES)], n, old - DAY)] for n in range(count)}
        first.update({int(name.removeprefix("outlet")): list(entries) for name, entries in shown.items()})
        self.read(first, old)

    def poll(self, shown: Shown, after: timedelta = HOUR) -> int:
        """Read what the outlets show after that time, close what is due, deliver it; returns how many tellings.

        What the sent log says and what the channel got are always the same.
        """
        self.clock.forward(seconds=after.total_seconds())
        before = self.told()
        self.read(shown, self.now)
        self.close()
        return self.told() - before

    def read(self, shown: Shown, now: datetime) -> None:
        """Read what the outlets show; nothing is closed."""
        batch = [self.visit(feed, shown[n], now) for n, feed in self.feeds(now).items() if n in shown]
        ingest(self.store, batch, a_context(self.topics), now)

    def visit(self, feed: Feed, entries: Sequence[Entry], now: datetime) -> Polled:
        """A visit that found these entries."""
        seen = a_visit(feed, entries, now=now)
        place = next(place for place, spec in enumerate(self.specs) if spec.url == feed.url)
        if place not in self.moved or not isinstance(seen.fetched, Fetched):
            return seen
        there = self.moved[place]
        return replace(seen, fetched=replace(seen.fetched, final_url=there, permanent_url=there))

    def feeds(self, now: datetime) -> dict[int, Feed]:
        """Every feed, claimed for a visit, with what is remembered of it, by its place in the configuration."""
        with self.store.write() as tx:
            tx.feeds.release(OWNER)
            feeds = tx.feeds.claim_due(now + FAR, owner=OWNER, limit=1000)
        places = {spec.url: place for place, spec in enumerate(self.specs)}
        return {places[feed.url]: feed for feed in sorted(feeds, key=lambda feed: places[feed.url])}

    def close(self) -> None:
        """Close every digest that is due and deliver it."""
        close_due(self.store, digest_context(self.topics, *self.channels, stories_max=STORIES_MAX), self.now)
        sender = Sender(self.store, self.clock, owner=OWNER, jitter=lambda: 0.0)
        for channel in self.channels:
            sender.deliver_due(channel, SendRules())
            got, told = (
                Counter(map(int, self.got[channel.name])),
                Counter(map(int, told_stories(self.store, channel.name))),
            )
            assert not told - got
            if self.now - START < timedelta(days=KNOWN_DAYS):  # what was told is known for so long at least
                assert not got - told

    def sweep(self, after: timedelta, articles_days: int = 90) -> None:
        """Wait so long and remove what is past its time, as the daemon does every day."""
        self.clock.forward(seconds=after.total_seconds())
        sweep(self.store, Retention(articles_days=articles_days), self.now)

    def _take(self, delivery: Delivery) -> None:
        stories = delivery.payload.partition(": ")[2]
        self.got[delivery.channel] += [StoryId(int(number)) for number in stories.split(", ") if number]

    def told(self, channel: str = "desk") -> int:
        """How many tellings the channel got in all."""
        return len(self.got[channel])

    def count(self, question: str) -> int:
        """The one number that a question to the database brings."""
        with self.store.read() as tx:
            return int(tx.connection.execute(sa.text(question)).scalar_one())

    def articles(self) -> list[StoredArticle]:
        """What is stored, without the notices the outlets began with."""
        return [one for one in articles_of(self.store) if not one.article.title.startswith(NOTICE_TITLES)]

    def publishers(self, story_id: StoryId | None = None) -> int:
        """How many publishers a story counts; of the first one told unless another is named."""
        wanted = told_stories(self.store)[0] if story_id is None else story_id
        with self.store.read() as tx:
            [candidate] = tx.stories.as_candidates([StoryId(wanted)], self.topics[0].key)
        return candidate.publisher_count


NOTICE_TITLES = tuple(notice.title for notice in NOTICES)
