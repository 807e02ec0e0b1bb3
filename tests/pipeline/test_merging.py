"""The index of words is merged in slices of their own: no write merges, nothing piles up, and a kill costs nothing."""

import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta

import pytest

from monitor.model import ArticleId
from monitor.pipeline.indexing import Indexer
from monitor.pipeline.merging import merge_words, put_words_together
from monitor.pipeline.pace import Pace
from monitor.pipeline.sweep import Retention, sweep
from monitor.storage.store import Store
from monitor.storage.word_index import entry_of, read_whole
from monitor.storage.word_merging import SEGMENTS_MAX
from monitor.topics.wanted import Token, stem_token
from monitor.words import stem
from tests.fakes.clock import START
from tests.storage.given import an_article, store_articles
from tests.storage.test_restore import path_of, reopened

WORDS = "hostage summit tanker minister harvest ferry storm prices"
DAY = timedelta(days=1)
KILLED = """
import os, sys
from datetime import datetime
from sqlalchemy import event
from monitor.pipeline.pace import Pace
from monitor.pipeline.sweep import Retention, sweep
from monitor.storage.engine import open_engine
from monitor.storage.store import Store

url, wanted, left, days = sys.argv[1], sys.argv[2], int(sys.argv[3]), 90
store = Store(open_engine(url))

def look(connection, cursor, statement, parameters, context, executemany):
    global left
    if parameters and parameters[0] == "merge" and (parameters[1] < 0) == (wanted == "all"):
        left -= 1
        if not left:
            os.kill(os.getpid(), 9)

event.listen(store.database.writer, "after_cursor_execute", look)
sweep(store, Retention(days), datetime.fromisoformat(sys.argv[4]), Pace(rest=lambda s: None, first=2))
"""


def a_pace() -> Pace:
    """One that waits for nobody."""
    return Pace(rest=lambda _s: None, first=2)


def fill(store: Store, count: int, in_portions_of: int) -> None:
    """Articles, one an hour, put in so many at a time and not merged."""
    store_articles(store, [an_article(n, title=titled(n), at=START + n * DAY / 24) for n in range(1, count + 1)])
    with store.write() as tx:
        tx.words.begin()
    for first in range(1, count + 1, in_portions_of):
        with store.write() as tx:
            ids = [ArticleId(number) for number in range(first, min(count + 1, first + in_portions_of))]
            tx.words.add([entry_of(whole) for whole in read_whole(tx.connection, ids)])


def titled(number: int) -> str:
    """A headline of two of the words and one of its own."""
    words = WORDS.split()
    return f"{words[number % 8]} {words[number % 7]} case{number}"


def segments(store: Store) -> int:
    """How many segments the index is made of."""
    with store.read() as tx:
        return int(tx.connection.exec_driver_sql("SELECT count(DISTINCT segid) FROM article_words_idx").scalar_one())


def assert_finds(store: Store, left: Sequence[int]) -> None:
    """Each word finds those of the articles that are left that hold it, and no other."""
    with store.read() as tx:
        assert tx.words.count() == tx.words.count_held() == len(left)
        for word in WORDS.split():
            found = tx.words.find(Token(stem_token(stem(word, "en"), "en")))
            assert found == [number for number in left if word in titled(number).split()]


def test_a_write_merges_nothing_and_the_slices_after_it_do(sqlite_store: Store) -> None:
    """Left to itself FTS5 has merged twice by here; once asked it leaves a handful."""
    fill(sqlite_store, 60, in_portions_of=2)
    assert segments(sqlite_store) == 30 < SEGMENTS_MAX
    assert_finds(sqlite_store, range(1, 61))
    merge_words(sqlite_store, a_pace())
    assert segments(sqlite_store) < 4
    assert_finds(sqlite_store, range(1, 61))


def test_nothing_piles_up_over_many_small_writes(sqlite_store: Store) -> None:
    """Neither while articles come in nor while they go."""
    fill(sqlite_store, 100, in_portions_of=100)
    most = 0
    for number in range(101, 141):
        store_articles(sqlite_store, [an_article(number, title=titled(number), at=START + number * DAY / 24)])
        assert Indexer(sqlite_store).catch_up()
        most = max(most, segments(sqlite_store))
    for hour in range(1, 101):
        sweep(sqlite_store, Retention(90), START + 90 * DAY + (hour + 0.5) * DAY / 24, a_pace())
        most = max(most, segments(sqlite_store))
    assert most <= 10
    assert_finds(sqlite_store, range(101, 141))


def test_an_index_of_before_is_merged_on_request_too(sqlite_store: Store) -> None:
    """What is set is in the file: it is set anew by the next write where it is not."""
    fill(sqlite_store, 4, in_portions_of=2)
    with sqlite_store.write() as tx:
        tx.connection.exec_driver_sql("INSERT INTO article_words(article_words, rank) VALUES ('automerge', 4)")
    with sqlite_store.write() as tx:
        tx.words.forget([ArticleId(1)])
        found = tx.connection.exec_driver_sql("SELECT v FROM article_words_config WHERE k = 'automerge'")
        assert found.scalar_one() == 0


def test_on_postgresql_there_is_nothing_to_merge(store: Store) -> None:
    """It keeps its own indexes; on both the work is done when nothing is there."""
    assert put_words_together(store, a_pace(), 10)
    with store.write() as tx:
        assert not tx.words.merge()


@pytest.mark.parametrize(("kind", "nth"), [("slice", 1), ("slice", 4), ("all", 1)])
def test_a_kill_within_a_merge_leaves_an_index_that_answers(sqlite_store: Store, kind: str, nth: int) -> None:
    """In a slice after articles went, and while the whole is put together: the next sweep goes on."""
    fill(sqlite_store, 120, in_portions_of=3)
    path, now = path_of(sqlite_store), START + 90 * DAY + 40.5 * DAY / 24
    sqlite_store.close()

    child = [sys.executable, "-c", KILLED, f"sqlite:///{path}", kind, str(nth), now.isoformat()]
    done = subprocess.run(child, check=False, capture_output=True, timeout=60)
    assert done.returncode == -9, done.stderr

    store = reopened(path)
    with store.read() as tx:
        left = sorted(tx.articles.newest(200))
    assert len(left) < 120
    assert_finds(store, left)
    sweep(store, Retention(90), now, a_pace())
    assert_finds(store, range(41, 121))
    assert segments(store) <= 10
    with store.write() as tx:
        assert tx.connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    store.close()
