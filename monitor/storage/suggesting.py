"""What a person might add to a topic, out of the archive, each with what it would bring.

Effects: database.
"""

from collections.abc import Sequence
from datetime import datetime
from heapq import nlargest

from msgspec import Struct
from msgspec.structs import replace

from monitor.model import Topic, TopicKey, Watchlist
from monitor.storage.search import judge, read_articles, sample_articles, some_candidates
from monitor.storage.store import Store, Transaction
from monitor.topics.match import CompiledWatchlist, compile_watchlist, find_answered
from monitor.topics.suggest import count_again, count_terms, own_stems, related_words, suggest, write_term

HITS = 60
"""Articles whose words are counted: the best ones, which are surest to be about the topic."""
FOUND_MAX = 300
"""Articles judged to find them; of more that may answer every second, third … is judged."""
SAMPLE = 300
"""Articles they are told from, spread over the whole time: enough to know common words."""
TERMS = 12
JUDGED_MAX = 400
"""Articles judged to say what the terms would bring; of more than that every second, third … is judged."""


class Addition(Struct, frozen=True):
    """A term that might be added to a topic."""

    text: str
    held: int
    """Of the topic's best articles how many hold it; 0 for a related word of the lexicon."""
    is_related: bool
    """Whether the lexicon names it, not the archive."""
    more: int
    """How many articles more the topic would find with it."""


class Suggested(Struct, frozen=True):
    """The terms found for a topic."""

    additions: tuple[Addition, ...]
    found: int
    """How many articles the topic finds as it is."""
    is_found_exact: bool
    """False where that was counted on a part of the articles."""
    is_exact: bool
    """False where what the terms would bring was counted on a part of the articles."""


def suggest_terms(store: Store, compiled: CompiledWatchlist, since: datetime | None) -> Suggested:
    """Terms for the one topic of a watchlist out of the articles since then, those of the archive first."""
    topic, lexicon = compiled.topics[0].topic, compiled.lexicon
    with store.read() as tx:
        ids, step = some_candidates(tx, compiled, since, FOUND_MAX)
        found = list(judge(tx, compiled, ids))
        best = nlargest(HITS, found, key=lambda hit: (hit.match.score, hit.article.id))
        hits = count_terms(hit.article for hit in best)
        sample = read_articles(tx, sample_articles(tx, since, SAMPLE)[0])
        rest = count_again(hits, (article for article in sample if not find_answered(compiled, article)))
        own = own_stems((topic.name, *topic.also), hits.languages or ("en",))
        terms = {term.text: term.held for term in suggest(hits, rest, own, limit=TERMS)}
        told = own | own_stems([term for term in terms if " " not in term], hits.languages)
        related = related_words(topic.name, lexicon, told)
        more, is_exact = _gains(tx, [*terms, *related], topic, compiled, since)
    additions = [
        Addition(text, terms.get(text, 0), text not in terms, more[text])
        for text in (*terms, *related)
        if text in terms or more[text]
    ]
    return Suggested(tuple(additions), step * len(found), step == 1, is_exact)


def _gains(
    tx: Transaction, terms: Sequence[str], topic: Topic, compiled: CompiledWatchlist, since: datetime | None
) -> tuple[dict[str, int], bool]:
    """How many articles more each term would bring, and whether every one of them was judged."""
    more = dict.fromkeys(terms, 0)
    if not terms:
        return more, True
    # As the term will be used: a name beside a name, a word or phrase beside a query.
    topics = [
        replace(
            topic, key=TopicKey(term), name=term, also=(), query=write_term(term) if topic.query is not None else None
        )
        for term in terms
    ]
    lists = compiled.watchlist.lists
    widened = compile_watchlist(Watchlist(tuple(topics), lists), compiled.lexicon)
    ids, step = some_candidates(tx, widened, since, JUDGED_MAX)
    for article in read_articles(tx, ids):
        brought = find_answered(widened, article)
        if brought and not find_answered(compiled, article):
            for key in brought:
                more[str(key)] += step
    return more, step == 1
