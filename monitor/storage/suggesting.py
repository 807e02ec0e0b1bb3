"""What a person might add to a topic, out of the archive, each with what it would bring.

Effects: database.
"""

from collections.abc import Iterator, Sequence, Set
from datetime import datetime
from heapq import nlargest

import sqlalchemy as sa
from msgspec import Struct
from msgspec.structs import replace

from monitor.model import Article, ArticleId, Topic, TopicKey, Watchlist
from monitor.storage.search import Hit, candidates, judge, read_articles
from monitor.storage.store import Store, Transaction
from monitor.storage.tables import ARTICLE
from monitor.topics.match import CompiledWatchlist, compile_watchlist, find_answered
from monitor.topics.suggest import count_again, count_terms, own_stems, related_words, suggest, write_term

HITS = 60
"""Articles whose words are counted: the best ones, which are surest to be about the topic."""
SAMPLE = 500
"""Articles they are told from, spread over the whole time: enough to know common words, a quarter of a second."""
TERMS = 12
JUDGED_MAX = 1_000
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
    is_exact: bool
    """False where what the terms would bring was counted on a part of the articles."""


def suggest_terms(store: Store, compiled: CompiledWatchlist, since: datetime | None) -> Suggested:
    """Terms for the one topic of a watchlist out of the articles since then, those of the archive first."""
    topic, lexicon = compiled.topics[0].topic, compiled.lexicon
    known: set[ArticleId] = set()

    def noted(hits: Iterator[Hit]) -> Iterator[Hit]:
        for hit in hits:
            known.add(hit.article.id)
            yield hit

    with store.read() as tx:
        found = noted(judge(tx, compiled, candidates(tx, compiled, since)))
        best = nlargest(HITS, found, key=lambda hit: (hit.match.score, hit.article.id))
        hits = count_terms(hit.article for hit in best)
        rest = count_again(hits, _sample(tx, known, since))
        own = own_stems((topic.name, *topic.also), hits.languages or ("en",))
        terms = {term.text: term.held for term in suggest(hits, rest, own, limit=TERMS)}
        told = own | own_stems([term for term in terms if " " not in term], hits.languages)
        related = related_words(topic.name, lexicon, told)
        more, is_exact = _gains(tx, [*terms, *related], topic, compiled, known, since)
    additions = [
        Addition(text, terms.get(text, 0), text not in terms, more[text])
        for text in (*terms, *related)
        if text in terms or more[text]
    ]
    return Suggested(tuple(additions), len(known), is_exact)


def _sample(tx: Transaction, known: Set[ArticleId], since: datetime | None) -> Iterator[Article]:
    """Articles that the topic does not find, spread evenly over the time."""
    question = sa.select(ARTICLE.c.id).order_by(ARTICLE.c.id)
    if since is not None:
        question = question.where(ARTICLE.c.first_seen_at >= since)
    others = [number for number in tx.connection.execute(question).scalars() if number not in known]
    return read_articles(tx, others[:: -(-len(others) // SAMPLE) or 1])


def _gains(
    tx: Transaction,
    terms: Sequence[str],
    topic: Topic,
    compiled: CompiledWatchlist,
    known: Set[ArticleId],
    since: datetime | None,
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
    fresh = [number for number in candidates(tx, widened, since) if number not in known]
    step = -(-len(fresh) // JUDGED_MAX) or 1
    for article in read_articles(tx, fresh[::step]):
        for key in find_answered(widened, article):
            more[str(key)] += step
    return more, step == 1
