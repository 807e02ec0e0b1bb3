"""A copy of the archive is whole, or it is not there."""

import sqlite3
from pathlib import Path

import pytest

from monitor.errors import MonitorError, StorageError
from monitor.storage.backup import backup
from monitor.storage.engine import open_engine
from monitor.storage.store import Store
from tests.storage.given import an_article, store_articles


def test_a_copy_taken_while_running_is_whole(sqlite_store: Store, tmp_path: Path) -> None:
    """The copy holds everything committed, also what is still in the write-ahead log, and passes SQLite's own check."""
    store_articles(sqlite_store, [an_article(n) for n in range(1, 51)])
    target = tmp_path / "backups" / "copy.db"

    size = backup(sqlite_store.database, target)

    copy = sqlite3.connect(target)
    assert copy.execute("SELECT count(*) FROM article").fetchone() == (50,)
    assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy.close()
    assert size == target.stat().st_size
    assert [path.name for path in target.parent.iterdir()] == ["copy.db"]


def test_a_copy_that_cannot_be_written_leaves_the_old_one(sqlite_store: Store, tmp_path: Path) -> None:
    """A failed backup says why, and yesterday's is still there."""
    target = tmp_path / "copy.db"
    target.mkdir()  # a folder where the file should go
    (target / "inside").write_text("kept")
    with pytest.raises(StorageError, match="cannot be written"):
        backup(sqlite_store.database, target)
    assert (target / "inside").read_text() == "kept"


def test_a_copy_never_takes_the_place_of_the_archive(sqlite_store: Store, tmp_path: Path) -> None:
    """Under whatever name: the daemon would go on writing into a file that is gone."""
    path = sqlite_store.database.path
    assert path is not None
    store_articles(sqlite_store, [an_article(1)])
    (tmp_path / "other-name.db").symlink_to(path)
    (tmp_path / "hard.db").hardlink_to(path)
    inode = path.stat().st_ino
    names = (path, Path(f"{path}-wal"), tmp_path / "other-name.db", tmp_path / "hard.db", path.parent / "." / path.name)
    for target in names:
        with pytest.raises(MonitorError, match="the archive itself"):
            backup(sqlite_store.database, target)
    assert path.stat().st_ino == inode


def test_a_copy_replaces_nothing_but_a_copy(sqlite_store: Store, tmp_path: Path) -> None:
    """A slip of the hand costs no other file; an empty one, as of `mktemp`, is taken."""
    (tmp_path / "watchlist.toml").write_text("[topics]\n")
    with pytest.raises(MonitorError, match="no archive"):
        backup(sqlite_store.database, tmp_path / "watchlist.toml")
    assert (tmp_path / "watchlist.toml").read_text() == "[topics]\n"
    (tmp_path / "copy.db").touch()
    assert backup(sqlite_store.database, tmp_path / "copy.db") == backup(sqlite_store.database, tmp_path / "copy.db")


@pytest.mark.postgres
def test_postgres_is_pointed_to_its_own_tool(postgres_template: str, tmp_path: Path) -> None:
    """Nobody believes to have a backup that is none."""
    database = open_engine(postgres_template)
    with pytest.raises(MonitorError, match="pg_dump"):
        backup(database, tmp_path / "copy.db")
    database.close()
