"""The glossary as frozen data: what every other module speaks of. Read this file first.

Data travels from top to bottom: a `Feed` is polled, its bytes become a `ParsedFeed` of entries, new entries become
articles, articles gather in a story, a topic matches articles, a digest tells stories, a delivery carries a digest
to a channel. All times are aware and in UTC.

Effects: none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum
from typing import NewType

from monitor.errors import FetchError, ParseError

FeedId = NewType("FeedId", int)
ArticleId = NewType("ArticleId", int)
StoryId = NewType("StoryId", int)
DigestId = NewType("DigestId", int)
DeliveryId = NewType("DeliveryId", int)
TopicKey = NewType("TopicKey", str)
"""The name of a topic's table in the watchlist, such as `hostage-negotiations`: it outlives edits of the name."""
ChannelName = NewType("ChannelName", str)


# --- feeds ---------------------------------------------------------------------------------------------------------


class PollOutcome(StrEnum):
    """What one visit to a feed came to."""

    NEW = "new"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class FeedState:
    """What we remember of a feed between two polls."""

    etag: str | None = None
    last_modified: str | None = None
    validators_at: datetime | None = None
    """When the validators were first stored; they are forgotten after a while, for servers that say 304 for ever."""
    body_hash: bytes | None = None
    """BLAKE2b of the last body that was parsed; equal bytes are not parsed again."""
    entries_hash: bytes | None = None
    """The same of the part that holds the entries, for feeds that only move their build date."""
    first_polled_at: datetime | None = None
    """None until the feed was read once: that reading is the baseline."""
    watermark_at: datetime | None = None
    """The newest min(published, now) ever seen in the feed."""
    fail_count: int = 0
    failing_since: datetime | None = None
    interval_s: int = 900


@dataclass(frozen=True, slots=True)
class Feed:
    """A URL we poll, as configured, with what we remember of it."""

    id: FeedId
    name: str
    url: str
    language: str | None = None
    weight: float = 1.0
    state: FeedState = field(default_factory=FeedState)


@dataclass(frozen=True, slots=True)
class Entry:
    """One element of a feed as parsed: cleaned text, resolved links, not stored yet."""

    id: str
    """The publisher's own id, trimmed and without a revision suffix; empty where the feed gives none."""
    title: str
    """Never empty: falls back to the beginning of the text, then to the link."""
    link: str
    """Absolute http(s) address, or empty."""
    published: datetime | None = None
    updated: datetime | None = None
    author: str = ""
    summary: str = ""
    """Cleaned text of the teaser."""
    content: str = ""
    """Cleaned text of the body, where the feed carries one."""
    source: str = ""
    """The outlet, where an entry names one that is not the feed itself (aggregators do)."""
    source_url: str = ""
    language: str | None = None
    tags: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The longest text we have: the body, else the teaser."""
        return self.content if len(self.content) >= len(self.summary) else self.summary


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed's bytes, understood."""

    title: str
    link: str
    entries: tuple[Entry, ...]
    language: str | None = None
    ttl_s: int | None = None
    """How long the feed itself asks us to wait between polls (`ttl`, `sy:updatePeriod`), in seconds."""
    road: str = ""
    """Which parser read it: `json`, `fast` or `tolerant`."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A body came back."""

    body: bytes
    final_url: str
    status: int
    etag: str | None = None
    last_modified: str | None = None
    content_type: str = ""
    charset: str | None = None
    """The charset the server declared, if any."""
    min_wait_s: float | None = None
    """The server's own wish for the next visit (max-age, Expires), in seconds."""
    permanent_url: str | None = None
    """Where a row of permanent redirects ends, if the whole row was permanent."""


@dataclass(frozen=True, slots=True)
class NotModified:
    """The server says nothing changed."""

    final_url: str
    etag: str | None = None
    last_modified: str | None = None
    min_wait_s: float | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """The server says the feed will not come back (410)."""

    final_url: str


@dataclass(frozen=True, slots=True)
class Polled:
    """One visit to one feed, done: what the ingest needs to write it down."""

    feed: Feed
    outcome: PollOutcome
    polled_at: datetime
    fetched: Fetched | NotModified | Gone | None = None
    """None when the visit failed. A `Fetched` here has its body dropped once it was parsed."""
    parsed: ParsedFeed | None = None
    """Set when there was a body that had changed."""
    body_hash: bytes | None = None
    entries_hash: bytes | None = None
    bytes_read: int = 0
    elapsed_ms: int = 0
    error: FetchError | ParseError | None = None


# --- articles and stories --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Article:
    """An entry we keep, or a line that a stage command was given. Its text never changes once stored."""

    id: ArticleId
    title: str
    text: str
    url: str = ""
    feed_id: FeedId = FeedId(0)
    feed: str = ""
    """The name of the feed it came by."""
    source: str = ""
    """The outlet, where it differs from the feed."""
    language: str | None = None
    author: str = ""
    tags: tuple[str, ...] = ()
    published_at: datetime | None = None
    seen_at: datetime | None = None
    weight: float = 1.0
    """The feed's weight: orders a digest, never decides a match."""

    @property
    def outlet(self) -> str:
        """Who published it, for a reader: the source where one is named, else the feed."""
        return self.source or self.feed


class Relation(StrEnum):
    """How an article stands to its story."""

    NEW = "new"
    COPY = "copy"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class StoryChoice:
    """Which story an article belongs to, and why."""

    relation: Relation
    story_id: StoryId | None
    """None for a new story: the caller makes one."""
    of: ArticleId | None = None
    """The article it is a copy or a report of."""
    evidence: str = ""
    """The reason in words, for `explain` and `group`."""


@dataclass(frozen=True, slots=True)
class Story:
    """The articles of one event."""

    id: StoryId
    created_at: datetime
    last_article_at: datetime
    article_count: int = 1


# --- topics ----------------------------------------------------------------------------------------------------------


class Level(StrEnum):
    """How much has to be there for a name to match."""

    STRICT = "strict"
    BALANCED = "balanced"
    BROAD = "broad"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A span of local time in which deliveries are held; it may cross midnight."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a topic's digests are due, in local time of `timezone`.

    Exactly one of the three: `now` is true; or `every_s` is set and slots are the local multiples of it since
    midnight; or `at` holds local times, on `weekdays` (0 is Monday; all seven for daily).
    """

    timezone: str
    now: bool = False
    every_s: int | None = None
    at: tuple[time, ...] = ()
    weekdays: frozenset[int] = frozenset(range(7))
    text: str = "now"
    """As the user wrote it, for messages."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One watched thing. With `query` it is strict boolean; without, a relevance match on `name` and `also`."""

    key: TopicKey
    name: str
    schedule: Schedule
    channels: tuple[ChannelName, ...]
    also: tuple[str, ...] = ()
    query: str | None = None
    exclude: str | None = None
    level: Level = Level.BALANCED
    settle_s: int = 120
    breaking: bool = True
    quiet_hours: QuietHours | None = None
    on_empty: str = "skip"
    """`skip` or `heartbeat`."""
    must_match: tuple[str, ...] = ()
    must_not_match: tuple[str, ...] = ()
    place: str = ""
    """`file:line` of its table, for messages."""


@dataclass(frozen=True, slots=True)
class Watchlist:
    """Every topic in the file's order, and the lists that queries may name."""

    topics: tuple[Topic, ...]
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Via(StrEnum):
    """By what road a concept was found."""

    EXACT = "exact"
    STEM = "stem"
    SYNONYM = "synonym"
    NEAR = "near"


class Field(StrEnum):
    """Where in an article something stands."""

    TITLE = "title"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` of the original title or text."""

    field: Field
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """One concept of a topic that an article holds: which words, how often, by what road, where."""

    concept: str
    found: Mapping[str, int]
    """Words as they stand in the article (lower case), with their counts."""
    via: Via
    spans: tuple[Span, ...] = ()
    """At most a few dozen; a digest marks these very words."""


@dataclass(frozen=True, slots=True)
class Match:
    """An article that answers a topic."""

    topic: TopicKey
    article_id: ArticleId
    score: int
    """0-100; orders, and for a name topic says how much of it is there."""
    level: Level
    evidence: tuple[Evidence, ...]
    sentence: str = ""
    """The sentence that says it best."""
    title_hit: bool = False


@dataclass(frozen=True, slots=True)
class NoMatch:
    """An article that does not answer a topic, and what was missing, in words."""

    topic: TopicKey
    article_id: ArticleId
    score: int
    reason: str
    near: bool = False
    """True when it came close: worth writing down for `explain`."""


# --- digests and deliveries ----------------------------------------------------------------------------------------


class Mark(StrEnum):
    """A word before a story in a digest."""

    BREAKING = "breaking"
    UPDATE = "update"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class StoryMember:
    """An article of a story as a digest sees it."""

    article: Article
    relation: Relation
    match: Match | None = None
    """Set when the article itself answers the topic."""
    silent: bool = False
    """Part of a baseline or a backlog: counted, never a reason to tell."""


@dataclass(frozen=True, slots=True)
class StoryCandidate:
    """A story that answers a topic and may be told: its articles, oldest first (at most a few hundred)."""

    story_id: StoryId
    members: tuple[StoryMember, ...]
    article_count: int
    publisher_count: int
    independent_count: int
    """Publishers among the independent texts: copies of one text count once."""


@dataclass(frozen=True, slots=True)
class DigestStory:
    """One story as it is told."""

    story_id: StoryId
    lead: Article
    marks: tuple[Mark, ...]
    publisher_count: int
    independent_count: int
    article_count: int
    snippet: str
    """Plain text, at most 240 characters, around the best hit."""
    highlights: tuple[tuple[int, int], ...]
    """Character ranges of `snippet` to mark."""
    title_highlights: tuple[tuple[int, int], ...]
    why: tuple[str, ...]
    """The terms that matched, most telling first."""
    others: tuple[tuple[str, str], ...]
    """(outlet, url) of up to two other outlets."""
    others_more: int
    score: int


@dataclass(frozen=True, slots=True)
class FeedTrouble:
    """A feed that fails, for the line that keeps silence from meaning breakage."""

    name: str
    reason: str
    since: datetime


class DigestKind(StrEnum):
    """Why a digest was closed."""

    SCHEDULED = "scheduled"
    NOW = "now"
    BREAKING = "breaking"
    CATCH_UP = "catch_up"
    HEARTBEAT = "heartbeat"


@dataclass(frozen=True, slots=True)
class Digest:
    """Ordered stories for one topic and one slot, as one channel is told them. The same input gives the same digest."""

    topic: TopicKey
    topic_name: str
    slot: str
    """The local slot, `2026-03-14T08:00 Europe/Berlin`; or what stands for it in a `now` or breaking digest."""
    kind: DigestKind
    timezone: str
    window_start: datetime
    window_end: datetime
    stories: tuple[DigestStory, ...]
    """The stories that are shown in full."""
    overflow: tuple[DigestStory, ...] = ()
    """The rest, in order: shown as one line each or counted, never dropped."""
    feed_count: int = 0
    failing: tuple[FeedTrouble, ...] = ()
    next_at: datetime | None = None

    @property
    def story_count(self) -> int:
        """All stories, shown and overflowing."""
        return len(self.stories) + len(self.overflow)

    @property
    def article_count(self) -> int:
        """All articles of all stories."""
        return sum(story.article_count for story in self.stories + self.overflow)


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    LEASED = "leased"
    SENT = "sent"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One part of one digest to one channel (and one recipient, for mail), its payload frozen."""

    id: DeliveryId
    digest_id: DigestId
    channel: ChannelName
    key: str
    """Unique and stable over retries; carried in the message so that it can be found again."""
    part: int
    payload: str
    """What `Channel.render` made, byte for byte."""
    state: DeliveryState
    attempt: int
    created_at: datetime
    next_attempt_at: datetime
    first_attempt_at: datetime | None = None
    perhaps_sent: bool = False
    """True when an attempt ended without a known outcome: ask before sending again."""
    parent_receipt: str | None = None
    """The receipt of part 1, for parts that belong under it."""
    receipt: str | None = None
    reason: str = ""
    error: str = ""
