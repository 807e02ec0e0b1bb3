"""Several workers over one PostgreSQL: what one of them takes is in force on all, and no older file takes it back."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from monitor.cli.main import main
from monitor.clock import SystemClock
from monitor.config.faults import ConfigFaults
from monitor.errors import ConfigError
from monitor.pipeline.behind import refuse_behind
from monitor.storage.workers import Worker
from monitor.views.watchlist import read_standing
from tests.desks import DESK, Desk, Room
from tests.fakes.postgres import fresh_database
from tests.test_edits import FEEDS, ONE, PLANNED, THREE, TWO, TWO_FEEDS

pytestmark = pytest.mark.postgres


@pytest.fixture
def room(tmp_path: Path, postgres_server: str, postgres_template: str) -> Iterator[Room]:
    """Three workers that have not begun."""
    with fresh_database(postgres_server, template=postgres_template) as url:
        made = Room(tmp_path, url)
        yield made
        made.end()


def test_an_edit_on_one_worker_counts_on_all(room: Room) -> None:
    """One revision, by who wrote it; the others write no row, their files are brought up, and nothing comes back."""
    a, b, c = (room.desks[name].begin() for name in "abc")
    room.note(TWO)
    b.write(TWO)
    room.look()
    assert a.topics == b.topics == c.topics == ["a", "b"]
    assert a.text() == c.text() == TWO
    room.wait()
    assert room.log == [("file", "the first: 1 topic, 1 feed"), ("cli:ann", "1 topic added (b)")]
    assert room.rows == (["One"], ["a", "b"])
    c.write(feeds=TWO_FEEDS)
    a.write(THREE)
    room.look(4)
    for desk in (a, b, c):
        assert (desk.topics, desk.feeds) == (["a", "b", "c"], ["One", "Two"]), (
            "edits of two files at once are both kept"
        )
        assert (desk.text(), desk.text("feeds.toml")) == (THREE, TWO_FEEDS)
    assert len(room.log) == 4
    b.write(ONE)
    room.look()
    assert a.topics == b.topics == c.topics == ["a"], "an edit back to an older text is an edit while it runs"


def test_the_same_files_that_change_everywhere_are_one_revision(room: Room) -> None:
    """As where a cluster mounts one source on every worker: the first that sees it writes, the others have it."""
    desks = [room.desks[name].begin() for name in "abc"]
    for desk in desks:
        desk.write(TWO, TWO_FEEDS, room.monitor + DESK)
    room.look(4)
    assert len(room.log) == 2
    assert [desk.topics for desk in desks] == [["a", "b"]] * 3
    assert [sorted(desk.app.in_force.channels) for desk in desks if desk.app] == [["console", "desk"]] * 3


def test_files_that_nobody_may_write_stand_back_for_ever(room: Room) -> None:
    """They take nothing back, whatever else is edited; when their source comes to the same content nothing happens."""
    a, b = room.desks["a"], room.desks["b"]
    b.freeze()
    a.begin()
    b.begin()
    a.write(TWO)
    room.wait()
    assert b.topics == ["a", "b"]
    assert b.text() == ONE
    assert b.app is not None
    shown = read_standing(room.store, b.watcher, b.app.in_force.loaded)
    assert (shown.text, shown.state) == (TWO, "in force"), "the page shows what counts"
    a.write(feeds=TWO_FEEDS)
    b.write(monitor=room.monitor + DESK)
    room.wait()
    assert (a.topics, a.feeds) == (b.topics, b.feeds) == (["a", "b"], ["One", "Two"])
    b.watcher.force()  # as SIGHUP does
    room.look(2)
    assert b.topics == ["a", "b"]
    count = len(room.log)
    b.write(TWO, TWO_FEEDS)
    room.look(4)
    assert len(room.log) == count
    b.write(THREE)
    room.look(4)
    assert a.topics == b.topics == ["a", "b", "c"]
    assert a.text() == THREE


def test_a_yes_to_an_older_file_makes_it_count_again(room: Room) -> None:
    """`monitor plan --apply` where it stands, or a yes on the page of a worker whose file nobody may write."""
    a, b = room.desks["a"], room.desks["b"]
    b.freeze()
    a.begin()
    b.begin()
    a.write(TWO)
    room.look()
    room.clock.forward(seconds=1)
    room.note(ONE)
    room.look()
    assert a.topics == b.topics == ["a"]
    assert room.log[-1] == ("cli:ann", "1 topic removed (b)")


def test_a_start_beside_others_passes_older_files_over(room: Room) -> None:
    """A restart with old files follows; one with files never seen edits; alone, the files count."""
    a, b = room.desks["a"], room.desks["b"].begin()
    a.begin()
    a.end()
    b.write(TWO)
    room.look()
    heads = len(room.log)
    a.build()
    assert a.topics == ["a", "b"], "before the first look"
    assert len(room.log) == heads
    a.begin()
    assert a.text() == TWO
    a.end()
    a.write(ONE, TWO_FEEDS)
    a.begin()
    assert (b.topics, b.feeds) == (["a", "b"], ["One", "Two"]), "the one file is older, the other is an edit"
    a.write(THREE)
    room.look()
    assert a.topics == b.topics == ["a", "b", "c"]
    a.end()
    b.end()
    b.write(ONE)
    b.begin()
    assert b.topics == ["a"]


def test_workers_whose_monitor_toml_differs_do_not_write_in_turns(room: Room) -> None:
    """It is each worker's own: no start and no look of theirs makes another revision of what was seen before."""
    a, b = room.desks["a"], room.desks["b"]
    b.write(monitor=room.monitor + DESK)
    a.begin()
    b.begin()
    count = len(room.log)
    for desk in (a, b, a, b):
        desk.begin()
    room.wait()
    assert len(room.log) == count == 2


def test_what_cannot_be_used_here_is_named_until_it_is_mended(room: Room) -> None:
    """The one in force stays, with its host in one notice; mended, it follows by itself. A start refuses with it."""
    a, b = room.desks["a"].begin(), room.desks["b"].begin()
    keyed = FEEDS + '[[feeds]]\nname = "Key"\nurl = "https://key.example/rss"\nusername = "u"\npassword_env = "KEY"\n'
    a.environ["KEY"] = "k"
    a.write(feeds=keyed)
    room.look(3)
    assert (a.feeds, b.feeds) == (["One", "Key"], ["One"])
    [(key, notice)] = room.notices.items()
    assert key.startswith("config-follow:")
    assert "cannot use revision 2 of the configuration: it has 1 problem there" in notice.head
    assert "KEY" in notice.detail
    b.environ["KEY"] = "k"
    room.wait()
    assert b.feeds == ["One", "Key"]
    assert room.notices == {}
    b.end()
    b.write(feeds=FEEDS)
    del b.environ["KEY"]
    with pytest.raises(ConfigFaults, match="which the other workers have in force"):
        b.build()


def test_an_edit_that_waits_for_a_yes_waits_on_its_worker(room: Room) -> None:
    """The others never see it; what they put in force is followed, and it still waits; a yes lets it count."""
    room.monitor += PLANNED
    for desk in room.desks.values():
        desk.write(monitor=room.monitor)
    a, b = room.desks["a"].begin(), room.desks["b"].begin()
    a.write(TWO)
    room.look()
    assert b.topics == ["a"]
    b.write(feeds=TWO_FEEDS)
    room.look()
    assert (a.topics, a.feeds) == (["a"], ["One", "Two"])
    assert list(room.notices) == ["config-waits"]
    assert a.text() == TWO
    room.desks["c"].begin()
    room.wait()
    assert list(room.notices) == ["config-waits"], "a start elsewhere does not end what waits here"
    room.note(TWO)
    room.look(4)
    assert a.topics == b.topics == ["a", "b"]
    assert room.notices == {}
    assert b.text() == TWO


def test_three_start_at_once_on_an_empty_database(room: Room) -> None:
    """The same files make one revision and each row once; different ones come one after the other, none is lost."""
    desks = list(room.desks.values())
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(Desk.build, desks))
    assert room.log == [("file", "the first: 1 topic, 1 feed")]
    assert room.rows == (["One"], ["a"])
    for desk, text in zip(desks, (TWO, THREE, ONE + "# mine\n"), strict=True):
        desk.end()
        desk.write(text)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(Desk.build, desks))
    assert len(room.log) == 4
    room.look()
    assert len(room.log) == 4
    assert len({tuple(desk.topics) for desk in desks}) == 1
    assert desks[0].topics == room.rows[1]


def test_an_edit_upon_what_is_older_is_refused(room: Room) -> None:
    """Between another worker's edit and the look that follows it, the page and Slack here write nothing."""
    a, b = room.desks["a"].begin(), room.desks["b"].begin()
    assert a.app is not None
    assert b.app is not None
    with room.store.read() as tx:
        refuse_behind(tx, b.app.in_force.loaded)
    a.write(TWO)
    a.watcher.force()
    a.edits.look()
    with room.store.read() as tx, pytest.raises(ConfigError, match="revision 2, is not in force here yet"):
        refuse_behind(tx, b.app.in_force.loaded)
    b.edits.follow()
    with room.store.read() as tx:
        refuse_behind(tx, b.app.in_force.loaded)


def test_once_beside_workers_works_by_the_newest(room: Room, capsys: pytest.CaptureFixture[str]) -> None:
    """Its older files make no revision and are left as they are, and it says so."""
    a, b = room.desks["a"].begin(), room.desks["b"]
    a.write(TWO, feeds="")
    a.watcher.force()
    room.look()
    now = SystemClock().now()
    with room.store.write() as tx:
        tx.workers.beat(Worker("elsewhere", "elsewhere", 1, "", (), now, now))
    assert main(["once", "--config", str(b.folder)]) == 0
    assert "feeds.toml, watchlist.toml: older than what other workers have in force" in capsys.readouterr().err
    assert len(room.log) == 2
    assert b.text() == ONE
