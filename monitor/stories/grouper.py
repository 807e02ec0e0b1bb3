"""Articles one after the other, each among those that share a heavy word, the headline or the address with it.

Effects: none.
"""

from collections import Counter
from collections.abc import Iterable
from heapq import nlargest
from itertools import chain

from monitor.stories.similarity import Print

POSTINGS_MAX = 45
"""Articles looked at per key, the newest: bounds the work however hot a story is."""
CANDIDATES_MAX = 20
"""Articles compared, those that share most keys: thirty find no more (measured)."""
MATES_MIN = 2
"""Keys that two articles must share: one heavy word in common is chance."""

Postings = dict[int, list[str]]
"""By key the newest forty-five articles under it, oldest first. Their numbers stay the text that the database gave:
reading hundreds of them as numbers costs more than counting them."""


def rank_candidates(mark: Print, postings: Postings) -> list[int]:
    """The articles to compare, at most twenty: those that share most keys, of equals the newest.

    Headline or address alone is enough, of heavy words two are.
    """
    found = [numbers for key in mark.keys if (numbers := postings.get(key)) is not None]
    found += [numbers for key in mark.strong_keys if (numbers := postings.get(key)) is not None]
    if len(found) < MATES_MIN:
        return []
    shared = Counter(chain.from_iterable(found))
    ranked = [(count, int(number)) for number, count in shared.items() if count >= MATES_MIN]
    return [number for _, number in (nlargest(CANDIDATES_MAX, ranked) if len(ranked) > CANDIDATES_MAX else ranked)]


def add_postings(postings: Postings, mark: Print, article_id: int) -> None:
    """Put an article under its keys; a key keeps its newest forty-five."""
    number = str(article_id)
    for key in mark.keys:
        numbers = postings.setdefault(key, [])
        if len(numbers) >= POSTINGS_MAX:
            del numbers[0]
        numbers.append(number)


def key_set(marks: Iterable[Print]) -> list[int]:
    """Every key of some prints, each once."""
    return list(dict.fromkeys(key for mark in marks for key in mark.keys))
