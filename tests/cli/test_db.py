"""`monitor db`: schema, copy, retention."""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta

from tests.cli.newsroom import Newsroom
from tests.pipeline.given import an_entry, articles_of


def test_upgrade_makes_the_schema_once(newsroom: Newsroom) -> None:
    """From nothing to the newest revision; a second time there is nothing to do."""
    newsroom.configure(database="fresh/new.db")
    first, second = newsroom.run("db", "upgrade"), newsroom.run("db", "upgrade")
    assert (first.code, second.code) == (0, 0)
    assert "is now at revision" in first.out
    assert "was already at revision" in second.out
    assert newsroom.run("status").code == 0


def test_backup_is_a_whole_copy(newsroom: Newsroom) -> None:
    """It opens by itself and has what the archive has; a target that cannot be written is exit 1 with the reason."""
    newsroom.read_first(an_entry(1))
    target = newsroom.path / "copies" / "monitor.db"
    shown = newsroom.run("db", "backup", str(target))
    assert (shown.code, "checked." in shown.out) == (0, True)
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("SELECT count(*) FROM article").fetchone() == (1,)

    (newsroom.path / "folder").mkdir()
    (newsroom.path / "folder" / "file").write_text("in the way")
    refused = newsroom.run("db", "backup", str(newsroom.path / "folder"))
    assert refused.code == 1
    assert "cannot be written" in refused.err


def test_prune_keeps_what_is_within_the_days(newsroom: Newsroom) -> None:
    """With --days, or by the configured retention."""
    newsroom.read_first(an_entry(1))
    newsroom.read(an_entry(2), ago=timedelta(minutes=5))
    with newsroom.store() as store, store.write() as tx:
        old = newsroom.now - timedelta(days=10)
        tx.connection.exec_driver_sql("UPDATE article SET first_seen_at = ? WHERE id = 1", (old.isoformat(sep=" "),))
    assert "Removed 0 articles" in newsroom.run("db", "prune").out
    assert "Removed 1 articles" in newsroom.run("db", "prune", "--days", "9").out
    with newsroom.store() as store:
        assert [stored.article.title for stored in articles_of(store)] == [an_entry(2).title]


def test_a_copy_is_restored_and_taken_back(newsroom: Newsroom) -> None:
    """It says what is lost, where the archive before is, and that nothing is told by itself."""
    newsroom.read_first(an_entry(1))
    copy = newsroom.path / "copy.db"
    assert newsroom.run("db", "backup", str(copy)).code == 0
    newsroom.read(an_entry(2), ago=timedelta(minutes=5))
    shown = newsroom.run("db", "restore", str(copy))
    assert shown.code == 0
    assert "what came between is lost" in shown.out
    assert "Nothing from before now is told by itself" in shown.out
    kept = shown.out.partition("To take this back: monitor db restore ")[2].splitlines()[0]
    with newsroom.store() as store:
        assert len(articles_of(store)) == 1
    assert newsroom.run("db", "restore", kept, "--as-it-stood").code == 0
    with newsroom.store() as store:
        assert len(articles_of(store)) == 2
    refused = newsroom.run("db", "restore", str(newsroom.path / "none.db"))
    assert (refused.code, "no such copy" in refused.err) == (1, True)


def test_check_says_what_does_not_hold_together(newsroom: Newsroom) -> None:
    """Exit 1 with the remedy; mended where it can be; the same as JSON."""
    newsroom.read_first(an_entry(1))
    well = newsroom.run("db", "check")
    assert (well.code, "WRONG" in well.out) == (0, False)
    with newsroom.store() as store, store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE counter SET value = 0 WHERE name = 'article'")
    wrong = newsroom.run("db", "check")
    assert (wrong.code, "monitor db check --repair" in wrong.out) == (1, True)
    shown = json.loads(newsroom.run("db", "check", "--json").out)
    assert shown["ok"] is False
    assert newsroom.run("db", "check", "--repair").code == 0
