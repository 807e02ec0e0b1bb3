"""`monitor watchlist`: what was in force, what changed, and the way back, as a person types it."""

import os
import stat
from pathlib import Path

import pytest

from monitor.config.load import load
from tests.cli.newsroom import FEEDS, WATCHLIST, Newsroom

MORE = WATCHLIST.replace("Tanker attacks", "Attacks on tankers") + '\n# by the sea\n[topics.floods]\nname = "Floods"\n'


@pytest.fixture(autouse=True)
def _known_login(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests is Ada."""
    monkeypatch.setenv("LOGNAME", "ada")


def folder_of(newsroom: Newsroom) -> Path:
    """The config folder."""
    return newsroom.path / "config"


def put_in_force(newsroom: Newsroom, watchlist: str, feeds: str = FEEDS, change: str = "") -> None:
    """As a running daemon does when the files are saved."""
    folder = folder_of(newsroom)
    (folder / "watchlist.toml").write_text(watchlist)
    (folder / "feeds.toml").write_text(feeds)
    loaded = load(folder, {})
    with newsroom.store() as store, store.write() as tx:
        tx.revisions.record(
            watchlist=loaded.bodies["watchlist.toml"],
            feeds=loaded.bodies["feeds.toml"],
            monitor_hash=loaded.hashes["monitor.toml"],
            change=change,
            at=newsroom.now,
        )


@pytest.fixture
def edited(newsroom: Newsroom) -> Newsroom:
    """Three revisions: the first, one with another watchlist, one with another feed name."""
    put_in_force(newsroom, WATCHLIST, change="the first: 2 topics, 3 feeds")
    put_in_force(newsroom, MORE, change="1 topic added (floods), 1 topic edited (shipping)")
    put_in_force(newsroom, MORE, FEEDS.replace('"Outlet 2"', '"Outlet two"'), change="1 feed edited")
    return newsroom


def test_nothing_was_in_force_yet(newsroom: Newsroom) -> None:
    """What to do is said."""
    assert newsroom.run("watchlist", "log").out == "No configuration was in force yet. Begin with: monitor run\n"
    for verb in ("diff", "rollback"):
        ended = newsroom.run("watchlist", verb)
        assert ended.code == 1
        assert "Begin with: monitor run" in ended.err


def test_the_log_lists_the_newest_first(edited: Newsroom) -> None:
    """For people with what changed, for programs as records."""
    out = edited.run("watchlist", "log").out
    assert out.index("   3  ") < out.index("   2  ") < out.index("   1  ")
    assert "file  (the latest)\n      1 feed edited\n" in out
    short = edited.run("watchlist", "log", "--limit", "1").out
    assert "there are older ones" in short
    records = edited.run("watchlist", "log", "--json").records
    assert [(one["id"], one["latest"], one["author"]) for one in records] == [
        (3, True, "file"),
        (2, False, "file"),
        (1, False, "file"),
    ]
    with pytest.raises(SystemExit):
        edited.run("watchlist", "log", "--limit", "none")


def test_a_difference_is_shown_line_by_line(edited: Newsroom) -> None:
    """The latest edit of the file that is asked for, two revisions, or the file as it stands."""
    out = edited.run("watchlist", "diff").out
    assert out.startswith("--- revision 1 (")
    assert "\n+++ revision 3 (" in out
    assert '\n-name = "Tanker attacks"\n+name = "Attacks on tankers"\n' in out
    assert "\n+# by the sea\n" in out
    assert '+name = "Outlet two"' in edited.run("watchlist", "diff", "--feeds").out
    assert "no difference" in edited.run("watchlist", "diff", "2", "3").out
    assert "\n+# by the sea\n" in edited.run("watchlist", "diff", "1").out
    assert "no difference" in edited.run("watchlist", "diff", "file").out
    path = folder_of(edited) / "watchlist.toml"
    path.write_text(MORE + "# \x1b[2Jlater\n")
    assert "\n+# [2Jlater\n" in edited.run("watchlist", "diff", "file").out
    assert "\n-# by the sea\n" in edited.run("watchlist", "diff", "file", "1").out
    ended = edited.run("watchlist", "diff", "99")
    assert (ended.code, ended.err) == (1, "monitor watchlist: there is no revision 99. See: monitor watchlist log\n")


def test_a_file_comes_back_byte_for_byte(edited: Newsroom) -> None:
    """Its mode and link stay; the revision it becomes has an author, says what it is, and needs no further plan."""
    folder = folder_of(edited)
    real = edited.path / "real.toml"
    os.replace(folder / "watchlist.toml", real)
    (folder / "watchlist.toml").symlink_to(real)
    real.chmod(0o640)
    ended = edited.run("watchlist", "rollback")
    assert ended.code == 0
    assert "is as in revision 1 again" in ended.out
    assert "Take this back: monitor watchlist rollback 3" in ended.out
    assert real.read_text() == WATCHLIST
    assert (folder / "watchlist.toml").is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    put_in_force(edited, WATCHLIST, FEEDS.replace('"Outlet 2"', '"Outlet two"'))
    [head] = edited.run("watchlist", "log", "--limit", "1", "--json").records
    assert (head["author"], head["note"]) == ("cli:ada", "rollback to 1")
    assert "already; nothing was written" in edited.run("watchlist", "rollback", "1").out
    assert edited.run("watchlist", "rollback", "3").code == 0
    assert real.read_text() == MORE
    assert edited.run("watchlist", "rollback", "--feeds").code == 0
    assert (folder / "feeds.toml").read_text() == FEEDS


def test_an_edit_that_never_counted_is_not_lost(edited: Newsroom) -> None:
    """Refused at first, with the command that shows it; with --force kept beside, each under a name of its own."""
    path = folder_of(edited) / "watchlist.toml"
    for number, name in enumerate(("watchlist.toml.bak", "watchlist.toml.bak2")):
        path.write_text(f"[topics.half{number}\n")
        ended = edited.run("watchlist", "rollback", "1")
        assert ended.code == 2
        assert "monitor watchlist diff file" in ended.err
        assert path.read_text() == f"[topics.half{number}\n"
        ended = edited.run("watchlist", "rollback", "1", "--force")
        assert ended.code == 0
        assert str(path.with_name(name)) in ended.out
        assert path.with_name(name).read_text() == f"[topics.half{number}\n"
        assert path.read_text() == WATCHLIST


def test_an_edit_that_never_counted_goes_back_to_what_is_in_force(edited: Newsroom) -> None:
    """Not one revision too far: who emptied the file by mistake wants what is in force."""
    path = folder_of(edited) / "watchlist.toml"
    path.write_text("")
    assert edited.run("watchlist", "rollback").code == 2
    ended = edited.run("watchlist", "rollback", "--force")
    assert ended.code == 0
    assert path.read_text() == MORE


def test_a_revision_that_would_not_load_today_is_refused(edited: Newsroom) -> None:
    """A channel may have gone since; a fault of another file is not held against it, nor a file that is gone."""
    folder = folder_of(edited)
    monitor = (folder / "monitor.toml").read_text()
    (folder / "monitor.toml").write_text(monitor + '[channels.desk]\nkind = "console"\n')
    put_in_force(edited, WATCHLIST.replace('exclude = "drill"', 'channels = ["desk"]'))
    put_in_force(edited, MORE)
    (folder / "monitor.toml").write_text(monitor)
    ended = edited.run("watchlist", "rollback", "4")
    assert ended.code == 2
    assert 'there is no channel "desk"' in ended.err
    assert (folder / "watchlist.toml").read_text() == MORE
    (folder / "watchlist.toml").unlink()
    (folder / "feeds.toml").write_text("[[feeds]\n")
    assert edited.run("watchlist", "rollback", "1").code == 0
    assert (folder / "watchlist.toml").read_text() == WATCHLIST
