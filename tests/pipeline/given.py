"""What the pipeline's tests begin with: feeds that are polled, entries, topics, contexts."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from msgspec.structs import replace

from monitor.digests.schedule import next_slot_at, parse_schedule
from monitor.errors import FetchError, FetchReason
from monitor.feeds.policy import PollBounds
from monitor.model import (
    ChannelName,
    Entry,
    Feed,
    FeedSpec,
    Fetched,
    NotModified,
    ParsedFeed,
    Polled,
    PollOutcome,
    Topic,
    TopicKey,
    Watchlist,
)
from monitor.pipeline.digest import DigestContext
from monitor.pipeline.grouping import StoryWords
from monitor.pipeline.ingest import IngestContext
from monitor.pipeline.salvage import ingest_safely
from monitor.pipeline.visits import PollSummary
from monitor.storage.articles import StoredArticle, select_articles, to_stored
from monitor.storage.store import Store
from monitor.storage.topics import TopicPlan
from monitor.stories.rarity import read_table
from monitor.topics.lexicon import load_lexicon
from monitor.topics.match import CompiledWatchlist, compile_watchlist
from monitor.topics.meaning import EMPTY_LEXICON, Lexicon
from tests.fakes.channel import RecordingChannel
from tests.fakes.clock import START

TABLE = read_table(load_lexicon().shares())
_COMPILED: dict[str, CompiledWatchlist] = {}
OWNER = "worker"
HOSTAGES = TopicKey("hostages")
SHIPPING = TopicKey("shipping")
DESK = ChannelName("desk")
_TOWNS = (
    "Amberport Bellmoor Caskwell Dunholt Elmsgate Fernwick Galloway Hartsea Ironford Jarrowby Kelding Larkmere Marlow "
    "Norcastle Oakhurst Pendle Quayside Redcliff Selby Thornham"
)
TOWNS = _TOWNS.split()


def a_topic(key: str = HOSTAGES, schedule: str = "every 1h", **changes: object) -> Topic:
    """A topic over one word of its own, on the channel `desk` unless told otherwise."""
    topic = Topic(
        key=TopicKey(key),
        name=key.title(),
        schedule=parse_schedule(schedule, "UTC"),
        channels=(DESK,),
        query={HOSTAGES: "hostage*", SHIPPING: "tanker*"}[TopicKey(key)],
    )
    return replace(topic, **changes)  # the tests name real fields


def a_context(
    topics: Sequence[Topic], *, owner: str = OWNER, tell_first_poll: bool = False, lexicon: Lexicon = EMPTY_LEXICON
) -> IngestContext:
    """These topics in force."""
    return IngestContext(
        _compiled(tuple(topics), lexicon),
        {topic.key: topic for topic in topics},
        PollBounds(),
        owner,
        tell_first_poll,
        words=StoryWords(lambda: TABLE),
    )


def _compiled(topics: tuple[Topic, ...], lexicon: Lexicon) -> CompiledWatchlist:
    """Compiled once for all tests, as most have the same: to read a query takes as long as to store an article."""
    if lexicon is not EMPTY_LEXICON:
        return compile_watchlist(Watchlist(topics), lexicon)
    key = repr(topics)
    if key not in _COMPILED:
        _COMPILED[key] = compile_watchlist(Watchlist(topics), lexicon)
    return _COMPILED[key]


def watch(store: Store, topics: Sequence[Topic], now: datetime = START) -> None:
    """Put the topics into the table, as a start of the daemon does."""
    plans = [
        TopicPlan(t.key, t.name, t.schedule.text, None if t.schedule.now else next_slot_at(t.schedule, now))
        for t in topics
    ]
    with store.write() as tx:
        tx.topics.sync(plans, now)


def digest_context(topics: Sequence[Topic], *channels: RecordingChannel, stories_max: int = 10) -> DigestContext:
    """The topics with the channels there are."""
    named = {ChannelName(channel.name): channel for channel in channels}
    return DigestContext({t.key: t for t in topics}, named, dict.fromkeys(named, stories_max))


def claim_feeds(store: Store, count: int = 1, *, now: datetime = START, owner: str = OWNER) -> list[Feed]:
    """`count` feeds, each of an outlet of its own, claimed by the worker whatever their schedule."""
    specs = [FeedSpec(f"Outlet {n}", f"https://outlet{n}.example/rss", weight=1.0) for n in range(count)]
    with store.write() as tx:
        tx.feeds.sync(specs, now, spread_s=1)
        feeds = tx.feeds.claim_due(now + timedelta(days=30), owner=owner, limit=count)
    return sorted(feeds, key=lambda feed: feed.id)


def claim_again(store: Store, now: datetime, owner: str = OWNER) -> list[Feed]:
    """The same feeds for the next visit, with what is remembered of them now."""
    with store.write() as tx:
        tx.feeds.release(owner)
        feeds = tx.feeds.claim_due(now + timedelta(days=30), owner=owner, limit=1000)
    return sorted(feeds, key=lambda feed: feed.id)


def an_entry(number: int, *, about: str = "hostage", at: datetime = START, outlet: int = 0, **changes: object) -> Entry:
    """Entry `number` of an outlet: an event like no other, in a town of its own, that speaks of `about`."""
    town = f"{TOWNS[number % 20]}{'' if number < 20 else number // 20}"
    entry = Entry(
        id=f"outlet{outlet}-{number}",
        title=f"Mayor of {town} speaks of the {about} after meeting number {number * 37 + 11}",
        link=f"https://outlet{outlet}.example/news/{town.lower()}-{number}",
        published=at,
        summary=f"The mayor of {town} met {number + 3} families near the {town} bridge. The {about} was named there.",
    )
    return replace(entry, **changes)  # the tests name real fields


WIRE = (
    "Mediators from two countries said on Monday that the talks about the hostage held in the northern valley would "
    "resume within days, after both sides had agreed on the order of the meetings and on the names of the envoys who "
    "carry messages between the camps while the border stays closed to traders, drivers and the families who wait."
)


def a_wire_copy(outlet: int, at: datetime = START) -> Entry:
    """The same agency text as each outlet prints it, with its own opening words and address."""
    return Entry(
        id=f"wire-{outlet}",
        title="Mediators say talks about valley hostage resume within days",
        link=f"https://outlet{outlet}.example/wire/{outlet}",
        published=at,
        summary=f"{TOWNS[outlet % 20]} (Agency) - {WIRE}",
    )


def a_visit(
    feed: Feed,
    entries: Sequence[Entry],
    *,
    now: datetime = START,
    etag: str | None = '"tag"',
    body: bytes = b"body",
) -> Polled:
    """A visit that brought a changed body with these entries."""
    return Polled(
        feed,
        PollOutcome.NEW,
        now,
        fetched=Fetched(b"", feed.url, 200, etag=etag, last_modified="Sat, 14 Mar 2026 08:00:00 GMT"),
        parsed=ParsedFeed(title=feed.name, link=feed.url.removesuffix("/rss"), entries=tuple(entries)),
        body_hash=body,
        entries_hash=body,
    )


def an_unchanged_visit(feed: Feed, *, now: datetime = START) -> Polled:
    """A visit answered with 304."""
    return Polled(feed, PollOutcome.UNCHANGED, now, fetched=NotModified(feed.url))


def a_failed_visit(feed: Feed, *, now: datetime = START, retry_after_s: float | None = None) -> Polled:
    """A visit that brought nothing."""
    error = FetchError("503", reason=FetchReason.UNAVAILABLE, status=503, retry_after_s=retry_after_s)
    return Polled(feed, PollOutcome.FAILED, now, error=error)


def ingest(store: Store, batch: Sequence[Polled], context: IngestContext, now: datetime = START) -> list[PollSummary]:
    """Ingest a batch without jitter."""
    return ingest_safely(store, batch, context, now=now, jitter=lambda: 0.5)


def with_baseline(store: Store, context: IngestContext, count: int = 1, *, now: datetime = START) -> list[Feed]:
    """Feeds that were read once before and hold one old entry each; claimed for the next visit."""
    feeds = claim_feeds(store, count, now=now)
    early = now - timedelta(hours=2)
    batch = [
        a_visit(feed, [an_entry(900 + n, about="weather", at=early, outlet=n)], now=early)
        for n, feed in enumerate(feeds)
    ]
    ingest(store, batch, context, early)
    return claim_again(store, now)


def articles_of(store: Store) -> list[StoredArticle]:
    """Every article kept, in the order of their ids."""
    with store.read() as tx:
        return [to_stored(row) for row in tx.connection.execute(select_articles().order_by(sa.text("article.id")))]


def told_stories(store: Store, channel: str = "desk") -> list[int]:
    """The stories a channel was told, one item per telling."""
    question = sa.text("SELECT story_id FROM sent_log WHERE channel = :channel ORDER BY story_id, telling")
    with store.read() as tx:
        return [row.story_id for row in tx.connection.execute(question, {"channel": channel})]
