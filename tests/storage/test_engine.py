"""Opening a database: no lost update, no second process, every library error in our words."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from monitor.errors import ConfigError, StorageError, StorageReason
from monitor.storage.engine import ProcessLock, open_engine, transaction, translated
from monitor.storage.store import Store
from monitor.storage.tables import COUNTER
from tests.storage.given import an_article, store_articles


def test_concurrent_updates_are_all_kept(store: Store) -> None:
    """Read and write of one transaction belong together: with late locks most of these updates would be lost."""

    def work() -> None:
        for _ in range(25):
            with store.write() as tx:
                value = tx.connection.execute(
                    sa.select(COUNTER.c.value).where(COUNTER.c.name == "article")
                ).scalar_one()
                tx.connection.execute(sa.update(COUNTER).where(COUNTER.c.name == "article").values(value=value + 1))

    if not store.database.is_sqlite:
        pytest.skip("PostgreSQL serialises by row locks; the counters there are single statements")
    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    with store.read() as tx:
        value = tx.connection.execute(sa.select(COUNTER.c.value).where(COUNTER.c.name == "article")).scalar_one()
    assert value == 100


def test_ids_are_never_given_out_twice(store: Store) -> None:
    """Two writers at the same moment get ids of their own, on both databases."""
    taken: list[int] = []
    lock = threading.Lock()

    def work() -> None:
        for _ in range(10):
            with store.write() as tx:
                ids = tx.articles.take_ids(7)
            with lock:
                taken.extend(ids)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len(taken) == len(set(taken)) == 280


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    """Whole or not at all."""

    def break_in_the_middle() -> None:
        with store.write() as tx:
            tx.articles.take_ids(5)
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        break_in_the_middle()
    with store.write() as tx:
        assert tx.articles.take_ids(1) == [1]


def test_a_reader_cannot_write(store: Store) -> None:
    """What only looks can never change, whatever the code above does by mistake."""
    with pytest.raises((StorageError, sa.exc.DBAPIError)), store.read() as tx:
        tx.articles.take_ids(1)


def test_a_lock_of_another_process_is_named(sqlite_store: Store) -> None:
    """A database that somebody else holds is a StorageError with a remedy, not a library's traceback."""
    path = sqlite_store.database.path
    assert path is not None
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        database = open_engine(f"sqlite:///{path}", busy_timeout_s=0.05)
        with pytest.raises(StorageError) as caught, transaction(database):
            pytest.fail("the transaction began although another process holds the lock")
        database.close()
        holder.execute("ROLLBACK")
    assert caught.value.reason is StorageReason.LOCKED


def test_a_full_disk_is_named_and_nothing_is_half_written(sqlite_store: Store) -> None:
    """When there is no room, the transaction fails whole; when there is room again, work goes on."""
    with sqlite_store.database.writer.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")  # SQLite itself says "disk is full" from here on
        connection.commit()
    with pytest.raises(StorageError) as caught, sqlite_store.write() as tx:
        tx.connection.execute(
            sa.text(
                "INSERT INTO near_miss (topic, article_id, score, reason, at) VALUES ('t', 1, 1, :r, '2026-01-01')"
            ),
            {"r": "x" * 2_000_000},
        )
    assert caught.value.reason is StorageReason.FULL
    assert "room" in str(caught.value)
    with sqlite_store.database.writer.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
        connection.commit()
    with sqlite_store.write() as tx:
        assert tx.articles.take_ids(1) == [1]


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "nonsense", "oracle://x"])
def test_an_unknown_url_is_a_fault_with_a_remedy(url: str) -> None:
    """A database we cannot use is said before anything starts."""
    with pytest.raises(ConfigError) as caught:
        open_engine(url)
    assert "sqlite:///data/monitor.db" in str(caught.value)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    """Pointing at the wrong file is told, and the file is left alone."""
    path = tmp_path / "notes.txt"
    path.write_text("These are notes, and no database at all. " * 100)
    database = open_engine(f"sqlite:///{path}")
    with pytest.raises(StorageError) as caught, transaction(database) as connection:
        connection.execute(sa.text("SELECT 1"))
    database.close()
    assert caught.value.reason is StorageReason.DAMAGED
    assert path.read_text().startswith("These are notes")


def test_a_second_process_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    """One process per database file; the lock goes with the process, however it ends."""
    path = tmp_path / "monitor.db.lock"
    code = (
        "import sys; from pathlib import Path; from monitor.storage.engine import ProcessLock\n"
        "lock = ProcessLock(Path(sys.argv[1])); lock.take(); print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    lock = ProcessLock(path)
    with pytest.raises(StorageError) as caught:
        lock.take()
    assert caught.value.reason is StorageReason.IN_USE
    assert str(holder.pid) in str(caught.value)

    holder.kill()
    holder.wait()
    holder.stdin.close()
    holder.stdout.close()
    lock.take()
    lock.release()
    lock.release()


def test_a_file_that_was_replaced_is_another(sqlite_store: Store, tmp_path: Path) -> None:
    """So the daemon sees that what it writes goes into a file that is gone."""
    path = sqlite_store.database.path
    assert path is not None
    store_articles(sqlite_store, [an_article(1)])
    before = sqlite_store.database.file_id()
    store_articles(sqlite_store, [an_article(2)])
    assert before is not None
    assert sqlite_store.database.file_id() == before
    path.rename(tmp_path / "away.db")
    assert sqlite_store.database.file_id() is None
    path.touch()
    assert sqlite_store.database.file_id() not in (None, before)


def test_a_pool_with_no_connection_left_is_a_database_that_takes_nothing(sqlite_store: Store) -> None:
    """So an outcome that could not be written is kept, as with any other refusal."""
    pool = sa.create_engine(sqlite_store.database.url, pool_size=1, max_overflow=0, pool_timeout=0)
    with pool.connect(), pytest.raises(StorageError, match="all connections"), translated():
        pool.connect()
    pool.dispose()


def test_a_file_is_opened_without_what_it_does_not_need(tmp_path: Path) -> None:
    """What speaks to PostgreSQL, migrates, or maps rows to objects takes a third of a start, and memory for ever."""
    source = (
        "import sys; from monitor.storage.engine import open_engine; from monitor.storage.store import Store\n"
        f"store = Store(open_engine('sqlite:///{tmp_path}/monitor.db')); store.close()\n"
        "unwanted = 'sqlalchemy.dialects.postgresql', 'alembic', 'sqlalchemy.orm', 'sqlmodel'\n"
        "print([name for name in sys.modules if name.startswith(unwanted)])"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
