"""Looking through the archive from its newest article down, on both databases: all of it, in any portions."""

from collections.abc import Callable, Iterator

import pytest

from monitor.model import ArticleId, Schedule, Topic, TopicKey, Watchlist
from monitor.pipeline.indexing import Indexer
from monitor.storage import looking
from monitor.storage.looking import END, look
from monitor.storage.store import Store
from monitor.storage.word_index import entry_of, read_whole
from monitor.topics.match import CompiledWatchlist, compile_watchlist
from tests.storage.given import an_article, some_feeds, store_articles

QUERIES = ("tanker", "tank* AND NOT storm", "captives", "source:Nobody")
TITLES = ("Tanker in a storm", "Talks resume", "A tanker returns", "Tanks roll")


def compiled(query: str) -> CompiledWatchlist:
    """One query as a watchlist."""
    topic = Topic(TopicKey("t"), query, Schedule("UTC", now=True), (), query=query)
    return compile_watchlist(Watchlist((topic,)))


def walk(store: Store, query: str, limit: int, feed: str = "") -> Iterator[int]:
    """Every hit, a page at a time, each page cut off as soon as it may be."""
    before = END
    while True:
        with store.read() as tx:
            found = look(
                tx, compiled(query), first=ArticleId(0), before=before, feed=feed, limit=limit, is_over=lambda: True
            )
        yield from (hit.article.id for hit in found.hits)
        if found.next is None:
            return
        assert found.next < before
        before = found.next


def wanted(query: str, feed: int | None = None) -> list[int]:
    """What a walk has to find of the articles below."""
    hits: dict[str, Callable[[str], bool]] = {
        "tanker": lambda title: "anker" in title,
        "tank* AND NOT storm": lambda title: "ank" in title and "storm" not in title,
        "captives": lambda _: True,
        "source:Nobody": lambda _: False,
    }
    numbers = range(60, 0, -1)
    return [n for n in numbers if hits[query](TITLES[n % 4]) and (feed is None or n % 2 == feed)]


def test_a_walk_finds_every_hit_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an index, with half of it, with all; in small portions that are cut off whenever they may be."""
    monkeypatch.setattr(looking, "ASKED_AT_ONCE", 7)
    monkeypatch.setattr(looking, "AT_ONCE", 3)
    first, second, *_ = some_feeds(store)
    articles = [an_article(n, feed_id=second if n % 2 else first, title=TITLES[n % 4]) for n in range(1, 61)]
    store_articles(store, articles)
    for state in ("none", "half", "whole"):
        if state == "half":
            with store.read() as tx:
                half = read_whole(tx.connection, [ArticleId(n) for n in range(1, 61) if n % 3])
            with store.write() as tx:
                tx.words.begin()
                tx.words.add([entry_of(whole) for whole in half])
        elif state == "whole":
            assert Indexer(store).catch_up(portions=5)
        for query in QUERIES:
            for limit in (1, 5, 100):
                assert list(walk(store, query, limit)) == wanted(query), (state, query, limit)
        assert list(walk(store, "tanker", 4, "Feed 0")) == wanted("tanker", 0), state
        assert list(walk(store, "tanker", 4, "Feed 1")) == [], state
