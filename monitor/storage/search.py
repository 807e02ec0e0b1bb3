"""Search the archive: the index of words finds candidates, the matcher judges them.

What the index does not hold yet is judged all the same, so the answer is that of judging every article, on SQLite and
on PostgreSQL alike.

Effects: database.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa
from msgspec import Struct

from monitor.model import Article, ArticleId, Match
from monitor.storage.rows import portions
from monitor.storage.store import Store, Transaction
from monitor.storage.tables import ARTICLE
from monitor.storage.word_index import read_whole
from monitor.topics.match import CompiledWatchlist, compile_watchlist, match_article
from monitor.topics.wanted import ask_for_topic, one_of, words_to_count

ENOUGH = 400
"""Articles judged for a person who waits: a third of a second. More where too few of them answer."""
READ_AT_ONCE = 200
"""Articles read together: with their pages about 2 MB."""


class Hit(Struct, frozen=True):
    """An article that answers, as it was searched: with its page's text."""

    article: Article
    match: Match


class Found(Struct, frozen=True):
    """What a search found."""

    hits: tuple[Hit, ...]
    """The newest first, at most as many as were asked for."""
    total: int
    """How many answer in all."""
    judged: int
    """How many articles had to be judged."""
    unjudged: int = 0
    """How many more hold the words and may answer, all older: with enough at hand they were not looked at."""


def search(
    store: Store,
    compiled: CompiledWatchlist,
    *,
    since: datetime | None = None,
    limit: int | None = None,
    enough: int | None = None,
) -> Found:
    """The articles first seen since then that answer the one topic of a watchlist.

    The same as judging every article, whatever the index holds; the newest first, of one moment the last stored. With
    `enough` it ends once so many were judged and `limit` are found: then the total is of what was judged.
    """
    hits: list[Hit] = []
    total = judged = 0
    with store.read() as tx:
        ids = candidates(tx, compiled, since)
        for some in portions(ids, READ_AT_ONCE):
            if enough is not None and judged >= enough and limit is not None and len(hits) >= limit:
                break
            judged += len(some)
            for hit in judge(tx, compiled, some):
                total += 1
                if limit is None or len(hits) < limit:
                    hits.append(hit)
    return Found(tuple(hits), total, judged, len(ids) - judged)


def judge(tx: Transaction, compiled: CompiledWatchlist, ids: Sequence[ArticleId]) -> Iterator[Hit]:
    """The matches of these articles, in their order; of an article by several topics, in the watchlist's."""
    for article in read_articles(tx, ids):
        for match in match_article(compiled, article)[0]:
            yield Hit(article, match)


def read_articles(tx: Transaction, ids: Sequence[ArticleId]) -> Iterator[Article]:
    """These articles as they are searched, in this order, a few at a time."""
    for some in portions(ids, READ_AT_ONCE):
        for whole in read_whole(tx.connection, some):
            yield whole.article


class Span(Struct, frozen=True):
    """What is the same at every question about one time."""

    first: ArticleId
    """No article of it has a lower id: what the index names below it need not be read."""
    missing: Sequence[ArticleId]
    """Articles that the index lacks."""


def span_of(tx: Transaction, since: datetime | None) -> Span:
    """The time since then; None for all that is kept."""
    first = None
    if since is not None:
        # Of a sum, so that it is looked for in the index of times: of the id alone SQLite walks through the articles
        # from the oldest on until one is young enough.
        lowest = sa.select(sa.func.min(ARTICLE.c.id + 0)).where(ARTICLE.c.first_seen_at >= since)
        first = tx.connection.execute(lowest).scalar()
    return Span(ArticleId(first or 0), tx.words.unread())


def candidates(
    tx: Transaction, compiled: CompiledWatchlist, since: datetime | None, span: Span | None = None
) -> list[ArticleId]:
    """Every article since then that may answer a topic of a watchlist, the newest first.

    Who asks for many watchlists looks once for the `span` of that time.
    """
    ids = _named(tx, compiled, since, span)
    rows = tx.connection.execute(_times(since)).all() if ids is None else _rows_of(tx, ids, since)
    # As plain pairs: a search for a common word sorts tens of thousands, and a row of the library is slow to compare.
    return [ArticleId(number) for _, number in sorted(((at, number) for at, number in rows), reverse=True)]


def some_candidates(
    tx: Transaction, compiled: CompiledWatchlist, since: datetime | None, most: int
) -> tuple[list[ArticleId], int]:
    """The same, at most about `most` of them, spread evenly; and of how many each is one. 1: these are all.

    Of those that are left out no more is read than what the index of words names. While there is no index every article
    may answer, hardly any does, and a part would show none of them: then all are given.
    """
    if tx.words.languages() is None:
        return candidates(tx, compiled, since), 1
    ids = _named(tx, compiled, since)
    if ids is None:
        return sample_articles(tx, since, most)
    step = -(-len(ids) // most) or 1
    return [ArticleId(number) for _, number in _rows_of(tx, ids[::step], since)], step


def sample_articles(tx: Transaction, since: datetime | None, most: int) -> tuple[list[ArticleId], int]:
    """At most about `most` of the articles since then, spread evenly; and of how many each is one."""
    in_time = sa.true() if since is None else ARTICLE.c.first_seen_at >= since
    counted = sa.select(sa.func.count()).select_from(ARTICLE).where(in_time)
    chosen = sa.select(ARTICLE.c.id).where(in_time)
    step = -(-tx.connection.execute(counted).scalar_one() // most) or 1
    # Ordered here: where the database is asked to, SQLite walks through all articles by their ids.
    return sorted(map(ArticleId, tx.connection.execute(chosen.where(ARTICLE.c.id % step == 0)).scalars())), step


def _named(
    tx: Transaction, compiled: CompiledWatchlist, since: datetime | None, span: Span | None = None
) -> list[int] | None:
    """The articles that the index of words names for a watchlist, by their ids; None where it cannot tell."""
    languages = tx.words.languages()
    if languages is None:
        return None
    wanted = one_of(ask_for_topic(topic, languages) for topic in compiled.topics)
    if wanted is None:
        return None
    asked = span or span_of(tx, since)
    return sorted({*tx.words.find(wanted, asked.first), *asked.missing})


def _times(since: datetime | None) -> sa.Select[datetime, int]:
    question = sa.select(ARTICLE.c.first_seen_at, ARTICLE.c.id)
    return question if since is None else question.where(ARTICLE.c.first_seen_at >= since)


def _rows_of(tx: Transaction, ids: Sequence[int], since: datetime | None) -> list[sa.Row[datetime, int]]:
    question = _times(since)
    return [
        row for some in portions(ids) for row in tx.connection.execute(question.where(ARTICLE.c.id.in_(some))).all()
    ]


def compile_by_archive(store: Store, compiled: CompiledWatchlist) -> CompiledWatchlist:
    """The watchlist with words weighed by how many articles of the archive hold them; as it was without an index.

    What it says of an article stays the same until it is asked for anew: the counts are taken now.
    """
    lexicon = compiled.lexicon
    with store.read() as tx:
        counted = tx.words.counted(lexicon.languages, words_to_count(compiled))
    if not any(one.articles for one in counted):
        return compiled
    return compile_watchlist(compiled.watchlist, lexicon.with_counts(counted))
