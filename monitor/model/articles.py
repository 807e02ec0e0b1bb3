"""Articles and stories.

Effects: none.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from monitor.model.ids import NO_FEED, ArticleId, FeedId, StoryId


class Article(Struct, frozen=True):
    """An entry we keep, or a line that a stage command was given. Its text never changes once stored."""

    id: ArticleId
    title: str
    text: str
    url: str = ""
    feed_id: FeedId = NO_FEED
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
    origin: str = ""
    """The agency its text is credited to, in lower case (`reuters`), where one is."""

    @property
    def outlet(self) -> str:
        """Who published it, for a reader: the source where one is named, else the feed."""
        return self.source or self.feed


class Relation(StrEnum):
    """How an article stands to its story."""

    NEW = "new"
    COPY = "copy"
    REPORT = "report"


class StoryChoice(Struct, frozen=True):
    """Which story an article belongs to, and why."""

    relation: Relation
    story_id: StoryId | None
    """None for a new story: the caller makes one."""
    of: ArticleId | None = None
    """The article it is a copy or a report of."""
    evidence: str = ""
    """How alike it is to the article that decided, in words; empty where nothing is near."""
    verdict: str = ""
    """What follows from that: the guard that spoke, or that it is too little."""
    compared: ArticleId | None = None
    """The article that decided: the one it is a copy or report of, or the nearest that it is not."""
    quiet: bool = False
    """A report so like what the story has that it is counted and not shown."""
    text_id: ArticleId | None = None
    """For a copy, the first article of the same text."""


class Story(Struct, frozen=True):
    """The articles of one event."""

    id: StoryId
    created_at: datetime
    last_article_at: datetime
    article_count: int = 1
    merged_into: StoryId | None = None
    """The story that a person merged this one into."""
