"""A copy takes the archive's place whole or not at all, and nothing is told twice by what it does not know."""

import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from monitor.errors import MonitorError, StorageError
from monitor.model import ChannelName
from monitor.pipeline.digest import close_due
from monitor.storage.backup import backup
from monitor.storage.engine import ProcessLock, lock_path, open_engine
from monitor.storage.restore import restore
from monitor.storage.restored import IDS_BEYOND, REASON
from monitor.storage.store import Store
from tests.fakes.channel import RecordingChannel
from tests.fakes.clock import START
from tests.pipeline.given import (
    a_context,
    a_topic,
    a_visit,
    an_entry,
    articles_of,
    claim_again,
    digest_context,
    ingest,
    told_stories,
    watch,
    with_baseline,
)
from tests.storage.given import an_article, store_articles

HOUR = timedelta(hours=1)


def path_of(store: Store) -> Path:
    """The store's file."""
    assert store.database.path is not None
    return store.database.path


def reopened(path: Path) -> Store:
    """The archive as it is now."""
    return Store(open_engine(f"sqlite:///{path}"))


def test_a_copy_takes_the_archives_place_and_can_be_taken_back(sqlite_store: Store, tmp_path: Path) -> None:
    """The archive of before is kept whole under a dated name, with what stood in its write-ahead log."""
    path, copy = path_of(sqlite_store), tmp_path / "copy.db"
    store_articles(sqlite_store, [an_article(1)])
    backup(sqlite_store.database, copy)
    store_articles(sqlite_store, [an_article(2)])
    sqlite_store.close()

    done = restore(path, copy, START + HOUR)

    assert done.kept is not None
    assert done.kept.name == f"{path.stem}.before-{START + HOUR:%Y%m%dT%H%M%SZ}.db"
    assert (done.newest_at, done.lost_from) == (an_article(1).seen_at, an_article(2).seen_at)
    store = reopened(path)
    assert [one.article.id for one in articles_of(store)] == [1]
    store.close()
    assert sorted(one.name for one in path.parent.glob(".*restoring*")) == []

    back = restore(path, done.kept, START + 2 * HOUR, as_it_stood=True)
    assert back.quieted is None
    store = reopened(path)
    assert [one.article.id for one in articles_of(store)] == [1, 2]
    store.close()


def test_what_may_have_been_told_since_the_copy_is_not_told_again(sqlite_store: Store, tmp_path: Path) -> None:
    """What waited in the copy, and what its feeds showed after it, tells nothing; what comes later does."""
    path, copy, topic = path_of(sqlite_store), tmp_path / "copy.db", a_topic()
    context, desk = a_context([topic]), RecordingChannel()
    watch(sqlite_store, [topic])
    [feed] = with_baseline(sqlite_store, context)
    ingest(sqlite_store, [a_visit(feed, [an_entry(1)])], context)
    close_due(sqlite_store, digest_context([topic], desk), START + HOUR)  # its delivery is under way in the copy
    later = START + 2 * HOUR
    [feed] = claim_again(sqlite_store, later)
    ingest(sqlite_store, [a_visit(feed, [an_entry(2, at=later)], now=later)], context, later)  # it waits in the copy
    before = told_stories(sqlite_store)
    backup(sqlite_store.database, copy)
    sqlite_store.close()

    now = START + 9 * HOUR
    quieted = restore(path, copy, now).quieted

    assert quieted is not None
    assert (quieted.matches, quieted.deliveries, quieted.feeds) == (1, 1, 1)
    store = reopened(path)
    [feed] = claim_again(store, now)
    shown = [an_entry(1), an_entry(2, at=later), an_entry(3, at=now - HOUR)]
    [summary] = ingest(store, [a_visit(feed, shown, now=now)], a_context([topic], tell_first_poll=True), now)
    assert summary.new == 1, "what it knows is known still"
    close_due(store, digest_context([topic], desk), now + HOUR)
    assert told_stories(store) == before
    with store.read() as tx:
        [delivery] = tx.outbox.listed()
        assert (delivery.delivery.reason, delivery.delivery.perhaps_sent) == (REASON, True)
    then = now + 2 * HOUR
    [feed] = claim_again(store, then)
    ingest(store, [a_visit(feed, [an_entry(4, at=then)], now=then)], context, then)
    close_due(store, digest_context([topic], desk), then + HOUR)
    [told] = set(told_stories(store)) - set(before)
    assert told > IDS_BEYOND, "no id is given out twice, since a channel is asked by them"
    assert ChannelName(desk.name) == "desk"
    store.close()


def test_a_restore_is_refused_while_anybody_has_the_archive(sqlite_store: Store, tmp_path: Path) -> None:
    """A daemon by its lock, any other program by the file itself; nothing has changed then."""
    path, copy = path_of(sqlite_store), tmp_path / "copy.db"
    backup(sqlite_store.database, copy)
    store_articles(sqlite_store, [an_article(1)])
    lock = ProcessLock(lock_path(path))
    lock.take()
    with pytest.raises(StorageError, match="another monitor"):
        restore(path, copy, START)
    lock.release()
    with sqlite_store.read() as tx:
        tx.articles.count()
        with pytest.raises(StorageError, match="another program has the archive open"):
            restore(path, copy, START)
    assert len(articles_of(sqlite_store)) == 1
    assert list(path.parent.glob("*before*")) == []


def test_a_copy_is_one_file_that_is_read_where_nothing_can_be_written(sqlite_store: Store, tmp_path: Path) -> None:
    """It needs nothing beside it, as on a disk that is mounted read-only."""
    copy = tmp_path / "copy.db"
    backup(sqlite_store.database, copy)
    with closing(sqlite3.connect(copy)) as opened:
        assert opened.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_copy_that_is_none_changes_nothing(sqlite_store: Store, tmp_path: Path) -> None:
    """Missing, damaged, something else, of a newer version, or the archive itself: each is said."""
    path, copy = path_of(sqlite_store), tmp_path / "copy.db"
    backup(sqlite_store.database, copy)
    sqlite_store.close()
    before = path.read_bytes()
    newer, other, torn = tmp_path / "newer.db", tmp_path / "other.db", tmp_path / "torn.db"
    newer.write_bytes(copy.read_bytes())
    with closing(sqlite3.connect(newer)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with closing(sqlite3.connect(other)) as connection, connection:
        connection.execute("CREATE TABLE photo (id INTEGER)")
    torn.write_bytes(copy.read_bytes()[:10_000] + os.urandom(30_000))
    for wrong, said in (
        (tmp_path / "none.db", "no such copy"),
        (newer, "newer version"),
        (other, "no archive of news-monitor"),
        (torn, "restored|damaged"),
        (path, "the archive itself"),
    ):
        with pytest.raises(MonitorError, match=said):
            restore(path, wrong, START)
    assert path.read_bytes() == before


def test_an_archive_beyond_repair_is_replaced_and_kept(tmp_path: Path, sqlite_template: Path) -> None:
    """That is what a copy is for: the damaged file stays under its dated name."""
    path = tmp_path / "data" / "monitor.db"
    path.parent.mkdir()
    path.write_bytes(b"no database at all" * 100)
    done = restore(path, sqlite_template, START)
    assert done.kept is not None
    assert done.kept.read_bytes().startswith(b"no database")
    store = reopened(path)
    with store.read() as tx:
        assert tx.connection.execute(sa.text("PRAGMA quick_check")).scalar() == "ok"
    store.close()
