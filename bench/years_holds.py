"""For how long the writer of an archive of years is held while it is swept and indexed: 100 ms at most.

On a copy. What is held against the 100 ms is the processor time of the thread that holds the writer, and by it portions
are sized too: so a machine that is busy with other work says what a quiet one would. The wall clock, with the waits for
the disk and for other work, stands beside it.

Effects: files, writes to standard output.
"""

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.years_archive import Made
from monitor.model import ArticleId
from monitor.pipeline.indexing import PORTION, Indexer
from monitor.pipeline.merging import put_words_together
from monitor.pipeline.pace import Pace
from monitor.pipeline.sweep import Retention, sweep
from monitor.storage.engine import open_engine
from monitor.storage.revision import ensure_schema
from monitor.storage.store import Store, Transaction

BOUND_S = 0.1
SWEPT = timedelta(days=1)
"""Past their time: eleven thousand articles of a million in ninety days."""
INDEXED = 40 * PORTION
SLICES_MAX = 10_000


class TimedStore(Store):
    """Notes for how long each writing transaction was held, commit included: processor time and wall clock."""

    held: list[tuple[float, float]]

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """As ever; waiting for the turn does not count."""
        with super().write() as tx:
            cpu, wall = time.thread_time(), time.perf_counter()
            yield tx
        self.held.append((time.thread_time() - cpu, time.perf_counter() - wall))


def time_holds(made: Made) -> int:
    """Sweep and index a copy of the archive, and print what was held; how many of the works held it for too long."""
    over = 0
    with tempfile.TemporaryDirectory(prefix="bench-holds-", dir=made.database.parent) as folder:
        copy = Path(folder) / "years.db"
        shutil.copyfile(made.database, copy)
        with copy.open("rb+") as whole:
            os.fsync(whole.fileno())  # or else the first checkpoint waits for the copy to reach the disk
        store = TimedStore(open_engine(f"sqlite:///{copy}"))
        ensure_schema(store.database)  # the archive may be kept since an older version
        try:
            for name, work in _works(store, made):
                store.held = []
                work()
                over += _show(name, store.held)
        finally:
            store.close()
    return over


def _works(store: TimedStore, made: Made) -> Iterator[tuple[str, Callable[[], object]]]:
    newest = _take_out(store, min(INDEXED, made.articles // 10))
    _fold(store)
    indexer = Indexer(store, after=ArticleId(newest))
    yield "indexing", lambda: indexer.catch_up(portions=INDEXED)
    kept = Retention()
    now = _oldest_at(store) + timedelta(days=kept.articles_days) + SWEPT
    yield "the sweep", lambda: sweep(store, kept, now, _pace())
    yield "putting the index together", lambda: put_words_together(store, _pace(), SLICES_MAX)


def _pace() -> Pace:
    return Pace(time.thread_time, lambda _s: None)


def _take_out(store: TimedStore, count: int) -> int:
    """Take the newest articles out of the index, so that there is something to put in; the newest that is left."""
    store.held = []
    with store.read() as tx:
        newest = tx.words.newest()
    for number in range(newest, newest - count, -PORTION):
        with store.write() as tx:
            tx.words.forget([ArticleId(one) for one in range(max(1, number - PORTION + 1), number + 1)])
        while _merge(store):
            pass
    return max(0, newest - count)


def _fold(store: Store) -> None:
    """What stands in the write-ahead log goes into the file, or else the first work has all of it to do."""
    assert store.database.path is not None
    with closing(sqlite3.connect(store.database.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _merge(store: Store) -> bool:
    with store.write() as tx:
        return tx.words.merge()


def _oldest_at(store: Store) -> datetime:
    with store.read() as tx:
        [oldest] = tx.articles.past(datetime.now(UTC), limit=1)
        at = tx.articles.by_ids([oldest])[oldest].article.seen_at
    assert at is not None
    return at


def _show(name: str, held: list[tuple[float, float]]) -> bool:
    cpu, wall = (sorted(one[n] for one in held) for n in (0, 1))
    is_over = bool(cpu) and cpu[-1] > BOUND_S
    print(f"the writer is held by {name}, {len(held)} times: ", end="")
    print(f"{_curve(cpu)}; wall {_curve(wall)} {'OVER' if is_over else ''}", flush=True)
    return is_over


def _curve(took: list[float]) -> str:
    p50, p95, longest = (1000 * took[min(len(took) - 1, int(len(took) * share))] for share in (0.5, 0.95, 1.0))
    return f"p50 {p50:.0f}, p95 {p95:.0f}, max {longest:.0f} ms"
