"""Look through the archive from its newest article down, a little at a time, for whoever waits for the answer.

The index of words names the candidates; what it does not hold yet of the newest articles is looked at all the same. An
article whose page was read but not indexed yet is found by its feed's text alone, until the index has caught up.

Effects: database.
"""

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from monitor.model import ArticleId
from monitor.storage.rows import portions
from monitor.storage.search import Hit, judge
from monitor.storage.store import Transaction
from monitor.topics.match import CompiledWatchlist
from monitor.topics.wanted import Wanted, ask_for_topic, one_of

AT_ONCE = 100
"""Articles judged between two looks at the time: some 30 ms."""
ASKED_AT_ONCE = 1_000
"""Candidates that the index names with one question."""
BEHIND = 5_000
"""Ids behind the newest one indexed among which some may be missing: writers that run together end in any order."""
END = ArticleId(2**62)
"""Above every article."""


class Looked(Struct, frozen=True):
    """What one look found."""

    hits: tuple[Hit, ...]
    """The newest first."""
    next: ArticleId | None
    """Below which article it goes on; None where there is nothing more to look at."""
    judged: int
    """How many articles were judged."""
    is_cut: bool = False
    """Whether the time was over before there were as many hits as asked for."""


class Candidates(Struct, frozen=True):
    """Some articles that may answer, the newest first."""

    ids: Sequence[ArticleId]
    floor: ArticleId
    """Above it, and at it, there are no others."""


def look(
    tx: Transaction,
    compiled: CompiledWatchlist,
    *,
    first: ArticleId,
    before: ArticleId = END,
    feed: str = "",
    limit: int,
    is_over: Callable[[], bool],
) -> Looked:
    """The newest articles that answer the one topic of a watchlist: below `before`, and from the `first` on.

    At most `limit` of them, and only as long as `is_over` says no; each time it comes some way down, so that who goes
    on asking comes to the end. With `feed`, only what came by the feed of that name.
    """
    hits: list[Hit] = []
    judged = 0
    for some in candidates_down(tx, compiled, first=first, before=before, feed=feed):
        for hit in judge(tx, compiled, some.ids):
            hits.append(hit)
            if len(hits) == limit:
                return Looked(tuple(hits), hit.article.id, judged + len(some.ids))
        judged += len(some.ids)
        if is_over() and some.floor > first:
            return Looked(tuple(hits), some.floor, judged, is_cut=True)
    return Looked(tuple(hits), None, judged)


def candidates_down(
    tx: Transaction, compiled: CompiledWatchlist, *, first: ArticleId, before: ArticleId = END, feed: str = ""
) -> Iterator[Candidates]:
    """The articles that may answer a topic of the watchlist, from the newest down, `AT_ONCE` at most at a time.

    What is left out for its feed is told as none, so that who looks at the time can.
    """
    languages = tx.words.languages()
    wanted = None
    if languages is not None:
        wanted = one_of(ask_for_topic(topic, languages) for topic in compiled.topics)
    indexed = tx.words.newest() if wanted is not None else ArticleId(0)
    while before > first:
        ids, before = _step(tx, wanted, before, first, indexed)
        if feed and ids:
            mine = tx.topic_views.of_feed(ids, feed)
            ids = [number for number in ids if number in mine]
        runs = list(portions(ids, AT_ONCE))
        yield from (Candidates(run, run[-1]) for run in runs[:-1])
        yield Candidates(runs[-1] if runs else (), before)


def _step(
    tx: Transaction, wanted: Wanted | None, before: ArticleId, first: ArticleId, indexed: ArticleId
) -> tuple[list[ArticleId], ArticleId]:
    """The next candidates down, and above which article all of them are known now."""
    if wanted is None:
        found = tx.topic_views.newest_ids(before, first, ASKED_AT_ONCE)
        return found, _floor(found, first)
    found = tx.words.find_newest(wanted, before, first, ASKED_AT_ONCE)
    lowest = max(first, ArticleId(indexed - BEHIND))
    lacking = tx.words.lacking(before, lowest, ASKED_AT_ONCE) if before > lowest else []
    floor = max(_floor(found, first), _floor(lacking, first))
    return sorted({number for number in (*found, *lacking) if number >= floor}, reverse=True), floor


def _floor(found: Sequence[ArticleId], first: ArticleId) -> ArticleId:
    return found[-1] if len(found) == ASKED_AT_ONCE else first
