"""What a topic nearly found: the terms its near misses have in common, and what each would bring if it were added.

The near misses of the last days are told from other articles by log-likelihood; a term counts where the topic with it
would have caught some of them, and is shown with what a plan says of that edit. A bounded number of articles is judged,
and no more than a few terms are planned. Nothing is written.

Effects: database.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from monitor.config.edit_names import widened_query
from monitor.model import Article, ArticleId, NoMatch, Topic, TopicKey, Watchlist
from monitor.pipeline.plan import plan_change
from monitor.pipeline.planned import PlannedStory
from monitor.storage.near_misses import articles_since, near_misses
from monitor.storage.search import read_articles
from monitor.storage.store import Store, Transaction
from monitor.topics.match import CompiledTopic, CompiledWatchlist, compile_watchlist, find_answered, judge_article
from monitor.topics.suggest import Suggestion, count_again, count_terms, own_stems, suggest

SINCE = timedelta(days=7)
MISSES_MAX = 300
"""Near misses of one topic that are judged, those with the best scores."""
SAMPLE = 500
"""Other articles that they are told from."""
TERMS_LOOKED_AT = 12
TERMS_MAX = 3
"""Terms of one topic that are planned: each is a replay of a month."""
TITLES = 3


class AuditTerm(Struct, frozen=True):
    """A term that would have caught near misses, and what a plan says of adding it."""

    text: str
    caught: int
    """Of the near misses, how many the topic would have found with it."""
    added: int
    """Stories more that it would have found in the time of the plan."""
    dropped: int
    stories: tuple[PlannedStory, ...]
    """The newest of those added."""
    days: float
    """The time of the plan."""


class TopicAudit(Struct, frozen=True):
    """What one topic nearly found."""

    topic: TopicKey
    name: str
    misses: int
    """Near misses of the time that are still none of its articles, nor excluded; at most a few hundred."""
    terms: tuple[AuditTerm, ...]


def audit_topic(
    store: Store,
    compiled: CompiledWatchlist,
    key: TopicKey,
    now: datetime,
    since: timedelta = SINCE,
    is_over: Callable[[], bool] = lambda: False,
) -> TopicAudit:
    """The near misses of a topic and the terms that would have caught them, the most catching first.

    Once it is over no further term is planned.
    """
    [one] = [one for one in compiled.topics if one.topic.key == key]
    with store.read() as tx:
        misses = _misses_of(tx, compiled, one, now - since)
        known = {article.id for article in misses}
        terms = _terms_of(one.topic, misses, _others(tx, known, now - since)) if misses else []
    caught = _caught_by(compiled, one.topic, terms, misses)
    chosen = sorted((term for term in terms if caught[term.text]), key=lambda term: (-caught[term.text], term.text))
    found = []
    for term in chosen[:TERMS_MAX]:
        if is_over():
            break
        new = _with_term(compiled, one.topic, term.text)
        plan = plan_change(store, compiled, new, now, topic=key, titles=TITLES)
        change = next((change for change in plan.topics if change.key == key), None)
        if change is not None:
            stories = change.added_stories[:TITLES]
            found.append(
                AuditTerm(term.text, caught[term.text], change.added, change.dropped, stories, round(plan.days, 1))
            )
    return TopicAudit(key, one.topic.name, len(misses), tuple(found))


def audit_all(
    store: Store,
    compiled: CompiledWatchlist,
    now: datetime,
    since: timedelta = SINCE,
    is_over: Callable[[], bool] = lambda: False,
    first: TopicKey | None = None,
) -> Iterator[TopicAudit]:
    """Every topic's audit, in the watchlist's order from the `first` on and round; none any more once it is over."""
    keys = [topic.key for topic in compiled.watchlist.topics]
    at = keys.index(first) if first in keys else 0
    for key in (*keys[at:], *keys[:at]):
        if is_over():
            return
        yield audit_topic(store, compiled, key, now, since, is_over)


def widened(topic: Topic, term: str) -> Topic:
    """The topic as `monitor watchlist add-name` makes it."""
    if topic.query is not None:
        return replace(topic, query=widened_query(topic.query, term))
    return replace(topic, also=(*topic.also, term))


def _misses_of(tx: Transaction, compiled: CompiledWatchlist, topic: CompiledTopic, since: datetime) -> list[Article]:
    """The articles that nearly answered since then and, as the topic is now, still only nearly do."""
    ids = near_misses(tx, topic.topic.key, since, MISSES_MAX)
    alone = replace(compiled, topics=(topic,), prepared={})
    found = []
    for article in read_articles(tx, ids):
        [judged] = judge_article(alone, article)
        if isinstance(judged, NoMatch) and not judged.is_excluded:
            found.append(article)
    return found


def _others(tx: Transaction, known: set[ArticleId], since: datetime) -> list[Article]:
    others = [number for number in articles_since(tx, since) if number not in known]
    return list(read_articles(tx, others[:: -(-len(others) // SAMPLE) or 1]))


def _terms_of(topic: Topic, misses: Sequence[Article], others: Sequence[Article]) -> list[Suggestion]:
    hits = count_terms(misses)
    rest = count_again(hits, others)
    own = own_stems((topic.name, *topic.also), hits.languages or ("en",))
    return suggest(hits, rest, own, limit=TERMS_LOOKED_AT)


def _caught_by(
    compiled: CompiledWatchlist, topic: Topic, terms: Sequence[Suggestion], misses: Sequence[Article]
) -> dict[str, int]:
    """By term, how many of the near misses the topic would have found with it."""
    if not terms:
        return {}
    topics = tuple(replace(widened(topic, term.text), key=TopicKey(term.text)) for term in terms)
    with_terms = compile_watchlist(Watchlist(topics, compiled.watchlist.lists), compiled.lexicon)
    caught = dict.fromkeys((term.text for term in terms), 0)
    for article in misses:
        for key in find_answered(with_terms, article):
            caught[str(key)] += 1
    return caught


def _with_term(compiled: CompiledWatchlist, topic: Topic, term: str) -> CompiledWatchlist:
    topics = tuple(widened(one, term) if one.key == topic.key else one for one in compiled.watchlist.topics)
    return compile_watchlist(replace(compiled.watchlist, topics=topics), compiled.lexicon, compiled)
