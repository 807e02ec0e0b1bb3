"""The glossary as frozen data: what every other module speaks of. Read this file first.

Data travels from top to bottom: a `Feed` is polled, its bytes become a `ParsedFeed` of entries, new entries become
articles, articles gather in a story, a topic matches articles, a digest tells stories, a delivery carries a digest
to a channel. All times are aware and in UTC.

Effects: none.
"""

from monitor.model.articles import Article, Relation, Story, StoryChoice
from monitor.model.digests import (
    CountedArticle,
    Delivery,
    DeliveryState,
    Digest,
    DigestKind,
    DigestStory,
    FeedTrouble,
    Folded,
    FollowUp,
    Headline,
    Mark,
    StoryCandidate,
    StoryMember,
    TroubleKind,
)
from monitor.model.feeds import (
    Entry,
    Feed,
    FeedRules,
    FeedSpec,
    FeedState,
    Fetched,
    Gone,
    NotModified,
    ParsedFeed,
    Polled,
    PollOutcome,
)
from monitor.model.ids import ArticleId, ChannelName, DeliveryId, DigestId, FeedId, StoryId, TopicKey
from monitor.model.marks import LearnedWord, TopicMark, Verdict
from monitor.model.pages import FullText, PageRoad, PageState, PageText
from monitor.model.topics import (
    Dedup,
    Evidence,
    Field,
    Level,
    Match,
    NoMatch,
    QuietHours,
    Schedule,
    Span,
    Topic,
    Via,
    Watchlist,
)

__all__ = [
    "Article",
    "ArticleId",
    "ChannelName",
    "CountedArticle",
    "Dedup",
    "Delivery",
    "DeliveryId",
    "DeliveryState",
    "Digest",
    "DigestId",
    "DigestKind",
    "DigestStory",
    "Entry",
    "Evidence",
    "Feed",
    "FeedId",
    "FeedRules",
    "FeedSpec",
    "FeedState",
    "FeedTrouble",
    "Fetched",
    "Field",
    "Folded",
    "FollowUp",
    "FullText",
    "Gone",
    "Headline",
    "LearnedWord",
    "Level",
    "Mark",
    "Match",
    "NoMatch",
    "NotModified",
    "PageRoad",
    "PageState",
    "PageText",
    "ParsedFeed",
    "PollOutcome",
    "Polled",
    "QuietHours",
    "Relation",
    "Schedule",
    "Span",
    "Story",
    "StoryCandidate",
    "StoryChoice",
    "StoryId",
    "StoryMember",
    "Topic",
    "TopicKey",
    "TopicMark",
    "TroubleKind",
    "Verdict",
    "Via",
    "Watchlist",
]
