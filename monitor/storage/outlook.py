"""What the archive says of a watchlist before it is put to use: how much it would find, and what it never will.

Looks at the archive alone, never changes it, and at a bounded number of articles.

Effects: database.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from msgspec import Struct
from msgspec.structs import replace

from monitor.model import ArticleId, TopicKey, Watchlist
from monitor.storage.search import candidates, read_articles, span_of
from monitor.storage.store import Store, Transaction
from monitor.storage.tables import ARTICLE
from monitor.topics.match import CompiledTopic, CompiledWatchlist, answered_places
from monitor.topics.meaning import Counted, Lexicon
from monitor.topics.nodes import Leaf
from monitor.topics.wanted import ask
from monitor.words import stem

DAYS = 7
"""The last days are counted: a week has its quiet days in it."""
DAYS_MIN = 0.5
"""A shorter time says nothing of a day."""
ARTICLES_MIN = 500
"""A smaller archive has not seen most words yet."""
JUDGED_MAX = 1_000
"""Articles judged for all topics together, a quarter of a second; of a topic's candidates beyond its share some are."""
PER_TOPIC_MIN = 25
MANY_A_DAY = 200
"""More than a person reads."""
COMMON = 0.2
"""A word in more than so large a part of all articles says hardly anything."""


class Outlook(Struct, frozen=True):
    """What is to be expected of a topic."""

    per_day: float | None = None
    """Articles it would have found per day; None where that could not be counted."""
    lints: tuple[str, ...] = ()
    """What in it hardly does what is meant, in words."""


def look_ahead(
    store: Store, compiled: CompiledWatchlist, now: datetime, is_over: Callable[[], bool]
) -> dict[TopicKey, Outlook]:
    """The outlook of every topic; of none where the archive is too small or has no index, and of the first ones alone
    where the time is over.
    """
    found: dict[TopicKey, Outlook] = {}
    with store.read() as tx:
        languages = tx.words.languages()
        count = tx.words.count()
        if languages is None or count < ARTICLES_MIN:
            return found
        since, days = period(tx, now)
        span = span_of(tx, since)
        share = max(PER_TOPIC_MIN, JUDGED_MAX // max(1, len(compiled.topics)))
        for place, topic in enumerate(compiled.topics):
            if is_over():
                break
            alone = replace(compiled, watchlist=Watchlist((topic.topic,)), topics=(topic,), prepared={})
            ids = candidates(tx, alone, since, span)
            per_day = _count(tx, compiled, place, ids, share) / days if days >= DAYS_MIN else None
            lints = (*_never_seen(tx, topic, languages, count), *_too_much(tx, topic, compiled, per_day))
            found[topic.topic.key] = Outlook(per_day, lints)
    return found


def period(tx: Transaction, now: datetime) -> tuple[datetime, float]:
    """From when articles are counted, and how many days that is: no more than the archive has."""
    oldest: datetime | None = tx.connection.execute(sa.select(sa.func.min(ARTICLE.c.first_seen_at))).scalar_one()
    since = max(now - timedelta(days=DAYS), oldest or now)
    return since, (now - since) / timedelta(days=1)


def _count(tx: Transaction, compiled: CompiledWatchlist, place: int, ids: list[ArticleId], share: int) -> int:
    step = -(-len(ids) // share) or 1
    # Under all topics, though one is asked: what a word says of them is found once for all.
    return step * sum(
        bool(answered_places(compiled, article, 1 << place)) for article in read_articles(tx, ids[::step])
    )


def _never_seen(tx: Transaction, topic: CompiledTopic, languages: tuple[str, ...], count: int) -> Iterator[str]:
    """Each term that no article holds: a slip of the finger, or something that is yet to come."""
    for where, leaf in _terms(topic):
        wanted = ask(leaf, languages)
        if wanted is not None and not tx.words.has_any(wanted):
            yield f"{where}{leaf.text} was never seen in {count:,} articles."


def _terms(topic: CompiledTopic) -> Iterator[tuple[str, Leaf]]:
    if topic.query:
        known = {weighted.leaf.text: weighted.leaf for weighted in topic.query.leaves}
        yield from ((f"column {leaf.column}: " if leaf.column else "", leaf) for leaf in known.values())
        return
    for name in topic.names:
        yield from ((f'"{name.text}": ', concept.leaf) for concept in name.concepts)


def _too_much(
    tx: Transaction, topic: CompiledTopic, compiled: CompiledWatchlist, per_day: float | None
) -> Iterator[str]:
    about = f"matches about {per_day:,.0f} a day" if per_day is not None else "will match very much"
    for name in topic.names:
        words = [word for concept in name.concepts for word in concept.leaf.concept.split()]
        for one in _counted(tx, compiled.lexicon, words):
            if one.articles and all(held > COMMON * one.articles for held in one.holding.values()):
                yield f'every word of "{name.text}" stands in more than a fifth of all articles: it {about}. Say more.'
                return
    if per_day is not None and per_day > MANY_A_DAY:
        narrow = "Add AND and another word." if topic.query else 'Say more in its name, or choose level = "strict".'
        yield f"{about}, more than anybody reads. {narrow}"


def _counted(tx: Transaction, lexicon: Lexicon, words: list[str]) -> list[Counted]:
    """How many articles hold the words: as the watchlist was weighed by, as far as that counted them all."""
    known = lexicon.counted
    stems = {stem(word, lexicon.language) for word in words}
    if stems <= known.holding.keys():
        return [Counted(known.language, known.articles, {one: known.holding[one] for one in stems})]
    return tx.words.counted([lexicon.language], {lexicon.language: words})
