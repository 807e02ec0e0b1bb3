"""Articles one after the other, each among those that share a heavy word, the headline or the address with it.

Effects: none.
"""

from collections.abc import Iterable, Mapping, Sequence
from heapq import nlargest

from monitor.model import ArticleId
from monitor.stories.similarity import Print

POSTINGS_MAX = 100
"""Articles looked at per key, the newest: bounds the work however hot a story is."""
CANDIDATES_MAX = 30
"""Articles compared, those that share the heaviest keys: twenty find as much on RSS-length text (measured)."""
STRONG_WEIGHT = 1_000
"""Of a shared headline or address, which words cannot outweigh."""

Postings = Mapping[int, Sequence[ArticleId]]


def rank_candidates(mark: Print, postings: Postings) -> list[ArticleId]:
    """The articles to compare, at most thirty: those that share most, by weight; of equals the newest.

    `postings` are the articles under each key, oldest first; only the newest hundred of a key count.
    """
    shared: dict[ArticleId, int] = {}
    weights = mark.weights
    for key in mark.keys:
        weight = weights.get(key, STRONG_WEIGHT)
        for article_id in postings.get(key, ())[-POSTINGS_MAX:]:
            shared[article_id] = shared.get(article_id, 0) + weight
    if len(shared) <= CANDIDATES_MAX:
        return list(shared)
    return [number for _, number in nlargest(CANDIDATES_MAX, ((weight, number) for number, weight in shared.items()))]


def add_postings(postings: dict[int, list[ArticleId]], mark: Print, article_id: ArticleId) -> None:
    """Put an article under its keys; a key keeps its newest hundred."""
    for key in mark.keys:
        numbers = postings.setdefault(key, [])
        if len(numbers) >= POSTINGS_MAX:
            del numbers[0]
        numbers.append(article_id)


def key_set(marks: Iterable[Print]) -> list[int]:
    """Every key of some prints, each once."""
    return list(dict.fromkeys(key for mark in marks for key in mark.keys))
