"""Topics, matches and their evidence.

Effects: none.
"""

from collections.abc import Mapping
from datetime import time
from enum import StrEnum

from msgspec import Struct, field

from monitor.model.articles import Article
from monitor.model.ids import ArticleId, ChannelName, TopicKey


class Level(StrEnum):
    """How much has to be there for a name to match."""

    STRICT = "strict"
    BALANCED = "balanced"
    BROAD = "broad"


class Dedup(StrEnum):
    """What counts as one thing to tell, so that a channel is told it once."""

    STRICT = "strict"
    """A text, with its copies."""
    BALANCED = "balanced"
    """A story; other outlets' own texts on what was told stand as lines in a later digest."""
    LOOSE = "loose"
    """A story; other outlets' own texts on what was told are only counted."""
    OFF = "off"
    """Each article by itself."""


class QuietHours(Struct, frozen=True):
    """A span of local time in which deliveries are held; it may cross midnight."""

    start: time
    end: time


class Schedule(Struct, frozen=True):
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


class BudgetSpan(StrEnum):
    """The local span of time that a budget is for; a week begins on Monday."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


class Budget(Struct, frozen=True):
    """How many tellings a reader has attention for: `8 per day`. Breaking news is told beside it."""

    count: int
    span: BudgetSpan

    def __str__(self) -> str:
        """As a person writes it."""
        return f"{self.count} per {self.span}"


class Topic(Struct, frozen=True):
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
    """`skip`, `heartbeat`, or `daily_heartbeat` for one on a local day at most."""
    must_match: tuple[Article, ...] = ()
    """Articles, mostly of a headline alone, that the topic has to find, those of files among them.

    One without a word is an address: that of an article which the archive may hold."""
    must_not_match: tuple[Article, ...] = ()
    feedback: bool = True
    """Whether what readers' marks taught moves its scores."""
    dedup: Dedup = Dedup.BALANCED
    headlines: int = 0
    """Other headlines of a story listed under its entry, at most."""
    appendix: bool = False
    """Whether the first digest of a local day ends with what was folded."""
    breaking_overrides_quiet: bool = False
    """Whether breaking news is told in quiet hours too."""
    place: str = ""
    """`file:line` of its table, for messages."""
    at_most: Budget | None = None
    """How much of it may be told."""
    target_s: int | None = None
    """How soon it is to be told: after it was seen where it is told at once, after its slot otherwise."""


class Watchlist(Struct, frozen=True):
    """Every topic in the file's order, and the lists that queries may name."""

    topics: tuple[Topic, ...]
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Via(StrEnum):
    """By what road a concept was found."""

    EXACT = "exact"
    STEM = "stem"
    SYNONYM = "synonym"
    NEAR = "near"
    LEARNED = "learned"
    """Not looked for by the topic: readers' marks taught it."""
    MEANING = "meaning"
    """By a sentence model, where one is installed."""


class Field(StrEnum):
    """Where in an article something stands."""

    TITLE = "title"
    TEXT = "text"
    PAGE = "page"
    """The text as the article's page completes it."""


class Span(Struct, frozen=True):
    """Characters `start` to `end` of the original title, text or completed text."""

    field: Field
    start: int
    end: int


class Evidence(Struct, frozen=True):
    """One concept of a topic that an article holds: which words, how often, by what road, where."""

    concept: str
    found: Mapping[str, int]
    """Words as they stand in the article (lower case), with their counts."""
    via: Via
    spans: tuple[Span, ...] = ()
    """At most a few dozen; a digest marks these very words."""
    points: int | None = None
    """What it brings of the score: the points of all evidence add up to it. None in what older versions wrote down."""


class Match(Struct, frozen=True):
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
    learned: tuple[Evidence, ...] = ()
    """Words learned from marks that moved the score, with their points, below 0 for one that lowers it. With the points
    of the evidence they add up to the score."""


class NoMatch(Struct, frozen=True):
    """An article that does not answer a topic, and what was missing, in words."""

    topic: TopicKey
    article_id: ArticleId
    score: int
    reason: str
    near: bool = False
    """True when it came close: worth writing down for `explain`."""
    is_excluded: bool = False
    """True when nothing but the topic's `exclude` keeps it from matching."""
