"""The benches of a settled daemon and of syncs count what they say."""

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from bench.settled import FEEDS, INTERVAL, ask, spread
from bench.syncs import bytes_per_article, count_syncs
from bench.world import World
from monitor.feeds.parse import parse_feed

START = datetime(2026, 3, 14, 9, 15, tzinfo=UTC)
TRACE = """11 fdatasync(3)                     = 0
12 fsync(4 <unfinished ...>
11 fdatasync(3 <unfinished ...>
12 <... fsync resumed>)              = 0
11 <... fdatasync resumed>)          = 0
11 --- SIGCHLD {si_signo=SIGCHLD} ---
"""


def test_a_sync_that_is_interrupted_counts_once() -> None:
    """Three calls begin; two of them end on a line of their own."""
    assert count_syncs(TRACE) == 3


def test_visits_are_spread_evenly(tmp_path: Path) -> None:
    """Each tenth of the interval gets about its tenth of the feeds, and none lies outside."""
    database = tmp_path / "a.db"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("CREATE TABLE feed (id INTEGER PRIMARY KEY, next_poll_at TEXT)")
        connection.executemany("INSERT INTO feed VALUES (?, '')", [(number,) for number in range(FEEDS)])
    spread(database, START)
    between = "SELECT count(*) FROM feed WHERE next_poll_at >= ? AND next_poll_at < ?"
    tenths = [str((START + INTERVAL * part / 10).replace(tzinfo=None)) for part in range(11)]
    counts = [ask(database, between, *pair) for pair in pairwise(tenths)]
    assert sum(counts) == FEEDS
    assert all(abs(count - FEEDS / 10) < FEEDS / 50 for count in counts)


def test_a_world_of_smaller_feeds() -> None:
    """Its feeds show as many entries as were asked for, and news is still new."""
    world = World(START, 20, 8)
    before, after = (re.findall(rb"<guid[^>]*>([^<]*)", world.body(10, shown)) for shown in (0, 2))
    assert len(before) == len(after) == 8
    assert len(set(after) - set(before)) == 3
    assert len(parse_feed(world.body(10, 2), base_url="https://outlet.example/", now=START).entries) == 8


def test_the_log_of_a_database_counts_too(tmp_path: Path) -> None:
    """What is not yet in the file itself takes room all the same."""
    database = tmp_path / "a.db"
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE article (id INTEGER)")
        connection.executemany("INSERT INTO article VALUES (?)", [(1,), (2,)])
        connection.execute("PRAGMA journal_mode=WAL")
        alone = bytes_per_article(database)
        connection.execute("UPDATE article SET id = id + 1")
        assert bytes_per_article(database) > alone > 0
