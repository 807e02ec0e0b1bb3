"""What a new article costs, for the bench `scale`: processor time, rows and bytes, one process on SQLite.

Every feed is read twice with something new: the first time all it shows is new to the archive and is not counted, the
second time it has one new entry among those that are known, as a news feed has.

Effects: database, files, child processes.
"""

import time
from dataclasses import dataclass

import sqlalchemy as sa

from bench.scale_desk import Desk
from bench.scale_server import ENTRIES
from monitor.storage.tables import ARTICLE

FEEDS = 400
ROUND_S_MAX = 180.0
LOOK_S = 0.2


@dataclass(frozen=True, slots=True)
class ArticleCost:
    """Of one new article in a visit that brings one."""

    cpu_ms: float
    rows: float
    bytes: float


def cost_of_articles(made: Desk) -> ArticleCost:
    """Two rounds; the second is measured."""
    made.start("run", 1)
    _bring(made, ENTRIES * made.feeds)
    before, rows, size = made.cpu(), _rows(made), _size(made)
    _bring(made, (ENTRIES + 1) * made.feeds)
    used = made.cpu().since(before)
    return ArticleCost(
        1000 * used.ours / made.feeds, (_rows(made) - rows) / made.feeds, (_size(made) - size) / made.feeds
    )


def _bring(made: Desk, articles: int) -> None:
    """Have each feed change, and wait until so many articles are stored."""
    made.shown.ask(f"change 1 {made.feeds}")
    made.make_due(made.feeds)
    until_s = time.monotonic() + ROUND_S_MAX
    while (stored := _count(made, ARTICLE)) < articles:
        if time.monotonic() > until_s:
            raise RuntimeError(f"{stored} of {articles} articles were stored in {ROUND_S_MAX:.0f} s")
        time.sleep(LOOK_S)


def _count(made: Desk, table: sa.Table) -> int:
    with made.store.read() as tx:
        return int(tx.connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def _rows(made: Desk) -> int:
    return sum(_count(made, table) for table in ARTICLE.metadata.sorted_tables)


def _size(made: Desk) -> int:
    with made.store.read() as tx:
        pages, size = (
            tx.connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("page_count", "page_size")
        )
        return int(pages * size)
