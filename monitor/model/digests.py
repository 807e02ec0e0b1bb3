"""Digests and deliveries.

Effects: none.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from monitor.model.articles import Article, Relation
from monitor.model.ids import ArticleId, ChannelName, DeliveryId, DigestId, FeedId, StoryId, TopicKey
from monitor.model.topics import Budget, Match


class Mark(StrEnum):
    """A word before a story in a digest."""

    BREAKING = "breaking"
    UPDATE = "update"
    LATE = "late"


class StoryMember(Struct, frozen=True):
    """An article of a story as a digest sees it."""

    article: Article
    relation: Relation
    match: Match | None = None
    """Set when the article itself answers the topic."""
    silent: bool = False
    """Part of a baseline or a backlog: counted, never a reason to tell."""
    text_id: ArticleId | None = None
    """The first article of the same text; None for its own."""
    quiet: bool = False
    """A report so like what the story has that it is counted and not shown."""
    page_text: str = ""
    """The text as the article's page completes it, where the match stands in that; else empty."""


class CountedArticle(Struct, frozen=True):
    """As much of an article as its story's counts need."""

    text_id: ArticleId
    publisher: str
    origin: str
    """The agency its text is credited to, where one is."""
    is_copy: bool


class StoryCandidate(Struct, frozen=True):
    """A thing that answers a topic and may be told: its articles, oldest first (at most a few hundred).

    It is a story, or as much of one as counts as one thing where the topic's `dedup` says so.
    """

    story_id: StoryId
    """What it is remembered by once it is told: the id of the story, of the text, or of the article itself."""
    members: tuple[StoryMember, ...]
    article_count: int
    publisher_count: int
    independent_count: int
    """Origins of the texts, each once: the agency where one is credited, else the publisher; copies do not count."""
    further: tuple[CountedArticle, ...] = ()
    """Articles beyond the members, for the counts alone."""


class Headline(Struct, frozen=True):
    """Another outlet's headline on a story."""

    title: str
    outlet: str
    url: str


class FollowUp(Struct, frozen=True):
    """A report of a story that was told before: a line, and no telling."""

    story_id: StoryId
    told_title: str
    """What the story was told under."""
    article: Article


class Folded(Struct, frozen=True):
    """An article that answered the topic and was not told by itself, for the daily appendix."""

    article: Article
    is_copy: bool
    of_title: str
    """What it is a copy of, else what its story was told under; empty where that is not known any more."""
    told_at: datetime | None
    """When its story was told last; None where it never was."""


class DigestStory(Struct, frozen=True):
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
    headlines: tuple[Headline, ...] = ()
    """Other headlines of its own texts, the most different first."""
    also_topics: tuple[str, ...] = ()
    """Names of the channel's other topics that it answers too: it stands here once, for all of them."""
    told_title: str = ""
    """What the message in whose thread it stands told it under; empty where it stands in none."""


class Volume(Struct, frozen=True):
    """How much a topic brings, beside what is usual, for the line that tells a rush from an ordinary day."""

    count: int
    """Articles that answered the topic in the digest's window."""
    usual: int | None
    """The median of the same hours on the fourteen days before; None where too little is known."""
    buckets: tuple[int, ...]
    """The last eight windows of that length, oldest first, the digest's own last."""
    is_burst: bool = False


class Below(Struct, frozen=True):
    """How many stories a budget kept from a channel since its last digest of the topic, for the line that says so."""

    count: int
    bar: int | None
    """The score they fell below; None where the seats were taken, whatever their score."""
    budget: Budget


class TroubleKind(StrEnum):
    """In what way a feed may keep something from us."""

    FAILS = "fails"
    LOST = "lost"
    """Its window rolled over between two visits."""
    STALE = "stale"
    """It answers, and has fallen silent for longer than it ever does."""
    HELD = "held"
    """It seems to be another feed now, and is kept from being told."""


class FeedTrouble(Struct, frozen=True):
    """A feed that may keep something from us, for the line that keeps silence from meaning breakage."""

    name: str
    reason: str
    since: datetime
    kind: TroubleKind = TroubleKind.FAILS
    count: int = 0
    """Entries it may have lost, where that is the trouble."""
    feed_id: FeedId | None = None
    """Which feed, for a link to its page."""


class DigestKind(StrEnum):
    """Why a digest was closed."""

    SCHEDULED = "scheduled"
    NOW = "now"
    BREAKING = "breaking"
    CATCH_UP = "catch_up"
    HEARTBEAT = "heartbeat"


class Digest(Struct, frozen=True):
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
    troubles: tuple[FeedTrouble, ...] = ()
    next_at: datetime | None = None
    follow_ups: tuple[FollowUp, ...] = ()
    """Reports of what was told before, those of one story side by side."""
    follow_ups_more: int = 0
    """Further ones, counted only."""
    folded: tuple[Folded, ...] = ()
    """The daily appendix, where it is wanted: what was not told by itself, newest first."""
    folded_more: int = 0
    volume: Volume | None = None
    gathered_since: datetime | None = None
    """Since when the channel's most messages an hour were reached, so that this one gathers what came meanwhile."""
    below: Below | None = None
    """What a budget kept from it; None where nothing was."""

    @property
    def failing(self) -> tuple[FeedTrouble, ...]:
        """The feeds that fail outright."""
        return tuple(trouble for trouble in self.troubles if trouble.kind is TroubleKind.FAILS)

    @property
    def story_count(self) -> int:
        """All stories, shown and overflowing."""
        return len(self.stories) + len(self.overflow)

    @property
    def article_count(self) -> int:
        """All articles of all stories."""
        return sum(story.article_count for story in self.stories + self.overflow)


class NoteKind(StrEnum):
    """What a note is about."""

    GROWN = "grown"
    """A breaking story has grown on."""
    FOLLOWED = "followed"
    """What came on a story that somebody follows."""
    RETITLED = "retitled"
    """The page of what was told says something else now."""
    WITHDRAWN = "withdrawn"
    """The page of what was told is gone."""
    AWAY = "away"
    """What could not be delivered while it was news."""
    OPERATOR = "operator"
    """Something needs a person."""
    AUDIT = "audit"
    """What topics nearly found in a week, with terms that would have caught it."""


class NoteLine(Struct, frozen=True):
    """A title with its address and what stands behind it."""

    title: str
    url: str = ""
    after: str = ""


class Note(Struct, frozen=True):
    """A short message beside the digests, in the thread of an earlier one where there is one. It may hold feed text."""

    kind: NoteKind
    head: str
    """One sentence that reads well alone: in a notification, in a subject line."""
    at: datetime
    timezone: str = "UTC"
    topic: str = ""
    """The topic's key; empty where it is of none."""
    topic_name: str = ""
    lines: tuple[NoteLine, ...] = ()
    more: int = 0
    """Further lines, counted only."""
    remedy: str = ""
    """What a person can do."""
    told_title: str = ""
    """What the message in whose thread it stands told the story under; empty where it stands in none."""


class DeliveryKind(StrEnum):
    """What a delivery carries."""

    DIGEST = "digest"
    NOTE = "note"
    EDIT = "edit"
    """New words for a message that is out: sent again it says the same, so it needs no asking."""


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    LEASED = "leased"
    SENT = "sent"
    DEAD = "dead"


class Delivery(Struct, frozen=True):
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
    """The receipt of the message it belongs to: part 1 for later parts, its thread's root, what it edits."""
    kind: DeliveryKind = DeliveryKind.DIGEST
    lane: str = ""
    """Deliveries of one channel and lane go out in order: the recipient for mail, else empty."""
    receipt: str | None = None
    reason: str = ""
    error: str = ""
