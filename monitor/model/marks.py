"""What readers say of matches, and what a topic learns from it.

Effects: none.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field

from monitor.model.ids import ArticleId, TopicKey


class Verdict(StrEnum):
    """What a reader thinks of an article under a topic."""

    USEFUL = "useful"
    NOT_RELEVANT = "not relevant"


class TopicMark(Struct, frozen=True):
    """One article marked under one topic, with everything that is learned from it: it outlives the article."""

    topic: TopicKey
    article_id: ArticleId
    verdict: Verdict
    at: datetime
    by: str = ""
    """Who marked it; empty where nobody said."""
    note: str = ""
    title: str = ""
    language: str | None = None
    words: Mapping[str, int] = field(default_factory=dict)
    """Its most telling words, folded, with their counts; at most a few hundred."""


class LearnedWord(Struct, frozen=True):
    """A word that tells the useful articles of a topic from those that are not relevant."""

    word: str
    points: int
    """By how much it moves the score of an article that holds it, in any form; below 0 it lowers it. Never 0."""
    useful: int
    """In how many of the useful articles it stands."""
    not_relevant: int
    """The same of those that are not relevant."""
