"""What a visit brought, as far as it is counted for the metrics.

Effects: none.
"""

from collections.abc import Sequence

from msgspec import Struct

from monitor.model import Article, Relation, TopicKey
from monitor.pipeline.grouping import NewArticle


class Arrived(Struct, frozen=True):
    """The new articles of a visit, counted."""

    stories: int = 0
    """New articles that began a story."""
    copies: int = 0
    delays_s: tuple[float | None, ...] = ()
    """Of each new article that may be told: how long after its date it was stored, below 0 for a date in the future;
    None where the feed gives no date."""
    topics: tuple[TopicKey, ...] = ()
    """The topics that those answered, one for each match."""


NOTHING = Arrived()


def arrived_of(new: Sequence[NewArticle], answered: Sequence[TopicKey]) -> Arrived:
    """Count new articles; `answered` has the topics of those that may be told."""
    relations = [item.stored.relation for item in new if item.stored is not None]
    return Arrived(
        stories=relations.count(Relation.NEW),
        copies=relations.count(Relation.COPY),
        delays_s=tuple(_delay_s(item.article) for item in new if not item.silent),
        topics=tuple(answered),
    )


def _delay_s(article: Article) -> float | None:
    if article.published_at is None or article.seen_at is None:
        return None
    return (article.seen_at - article.published_at).total_seconds()
