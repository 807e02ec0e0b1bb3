"""Searches of an archive of 100,000 articles: by the index of words, beside judging every article.

The articles are this bench's own. What a search costs is the time of the same question without the index in the same
run (measured on the newest tenth, told times ten), so the machine's speed falls out. Both must find the same.

Effects: files in a temporary folder, writes to standard output.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from bench.world import items
from monitor.model import Article, ArticleId, FeedId, Relation, Schedule, StoryId, Topic, TopicKey, Watchlist
from monitor.pipeline.indexing import Indexer
from monitor.storage.articles import StoredArticle
from monitor.storage.engine import open_engine
from monitor.storage.revision import ensure_schema
from monitor.storage.search import Found, search
from monitor.storage.store import Store
from monitor.topics.lexicon import load_lexicon
from monitor.topics.match import CompiledWatchlist, compile_watchlist
from monitor.topics.query import is_query

T = TypeVar("T")

ARTICLES = int(os.environ.get("BENCH_ARTICLES", "100000"))
EVERY_S = 60
PORTION = 5_000
SCANNED = 10
"""One part of so many is judged without the index."""
QUERIES = (
    "hostage negotiations",
    "interest rates",
    "hostage* NEAR/8 (talks OR negotiations)",
    '"cargo ship" AND NOT tanker',
    "earthquake AND villages AND title:earthquake",
    "kel*",
    "said AND mediators",
    "nobody ever wrote this",
)
BYTES_WANTED = 1_040
"""Of the index, per article: beside the 1,260 that an article takes otherwise, 2,300 in all."""
RATIO_WANTED = 0.05
"""Of the median search over judging every article."""


def fill(store: Store, now: datetime, every_s: int = EVERY_S) -> None:
    """Store the articles, one every so many seconds."""
    batch: list[StoredArticle] = []
    for number, item in enumerate(items(now, ARTICLES, every_s), 1):
        known = Article(ArticleId(number), item.title, item.text, f"https://outlet.example/{item.key}", FeedId(1))
        known = Article(
            known.id, known.title, known.text, known.url, known.feed_id, language="en", published_at=item.at,
            seen_at=item.at,
        )  # fmt: skip
        batch.append(StoredArticle(known, "new", number, StoryId(number), Relation.NEW))
        if len(batch) == PORTION or number == ARTICLES:
            with store.write() as tx:
                tx.articles.add(batch)
            batch = []


def compile_one(text: str) -> CompiledWatchlist:
    """A name or a query as the only topic."""
    topic = Topic(TopicKey(text), text, Schedule("UTC", now=True), (), query=text if is_query(text) else None)
    return compile_watchlist(Watchlist((topic,)), LEXICON)


LEXICON = load_lexicon()


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds of wall time, and what came of it."""
    started = time.perf_counter()
    done = work()
    return time.perf_counter() - started, done


def size_of(path: Path) -> int:
    """Bytes of a database with its journal."""
    return sum(part.stat().st_size for part in path.parent.glob(f"{path.name}*"))


def run() -> int:
    """Print sizes, the cost of indexing, and a line per query. Exit 1 where a limit is not kept."""
    random.seed(0)
    now = datetime.now(UTC).replace(microsecond=0)
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        path = Path(temporary) / "search.db"
        store = Store(open_engine(f"sqlite:///{path}"))
        ensure_schema(store.database)
        fill(store, now)
        before = size_of(path)
        scanned_since = now - timedelta(seconds=EVERY_S * (ARTICLES // SCANNED))
        scans = {text: timed(partial(search, store, compile_one(text), since=scanned_since)) for text in QUERIES}
        cpu = time.process_time()
        Indexer(store).catch_up(portions=ARTICLES)
        cpu = time.process_time() - cpu
        bytes_each = (size_of(path) - before) / ARTICLES
        print(f"{ARTICLES} articles: {before / ARTICLES:.0f} bytes each, the index {bytes_each:.0f} more")
        print(f"indexing: {1000 * cpu / ARTICLES:.3f} ms CPU per article; load {os.getloadavg()[0]:.1f}")
        ratios = [show(store, text, scans[text], scanned_since) for text in QUERIES]
        store.close()
    median = sorted(ratios)[len(ratios) // 2]
    print(f"median of a search: {median:.3f} of judging all (wanted: at most {RATIO_WANTED})")
    return 1 if median > RATIO_WANTED or bytes_each > BYTES_WANTED else 0


def show(store: Store, text: str, scan: tuple[float, Found], since: datetime) -> float:
    """One query: how long it takes, and of judging everything which part."""
    compiled = compile_one(text)
    took, found = min((timed(partial(search, store, compiled, limit=20)) for _ in range(3)), key=lambda one: one[0])
    same = search(store, compiled, since=since)
    if [hit.article.id for hit in same.hits] != [hit.article.id for hit in scan[1].hits]:
        sys.exit(f"{text}: the index and the scan disagree")
    ratio = took / (scan[0] * SCANNED)
    print(f"  {text:45} {found.total:6} of {found.judged:6} judged {1000 * took:8.1f} ms  ratio {ratio:.4f}")
    return ratio
