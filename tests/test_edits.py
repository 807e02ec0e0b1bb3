"""Edits while it runs, from the file to what is in force: looks a second apart on real files and a real database."""

import os
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from monitor.app import App, build_app
from monitor.config.load import load
from monitor.config.watch import Watcher
from monitor.edits import Edits
from monitor.errors import ConfigError
from monitor.model import Notice, TopicKey
from monitor.starting import is_planned
from monitor.storage.revisions import RevisionHead, body_hash
from tests.config.folder import write_folder
from tests.fakes.clock import FakeClock

MONITOR = '[database]\nurl = "sqlite:///{}"\n[web]\nlisten = ""\n'
PLANNED = '[watchlist]\napply = "planned"\n'
FEEDS = '[[feeds]]\nname = "One"\nurl = "https://one.example/rss"\n'
TWO_FEEDS = FEEDS + '[[feeds]]\nname = "Two"\nurl = "https://two.example/rss"\n'
ONE = '# mine\n[topics.a]\nname = "Hostage talks"\n'
TWO = ONE + '[topics.b]\nname = "Floods"\n'
THREE = TWO + '[topics.c]\nname = "Wildfires"\n'
BAD = ONE + '[topics.b]\nnam = "Floods"\nschedule = "hourly"\n'


class Room:
    """A config folder and what runs over it."""

    def __init__(self, path: Path, extra: str = "") -> None:
        self.folder = path / "config"
        self.clock = FakeClock()
        write_folder(self.folder, monitor=MONITOR.format(path / "monitor.db") + extra, feeds=FEEDS, watchlist=ONE)
        self.app: App | None = None
        self.begin()

    def begin(self) -> None:
        """Start; what ran before stops."""
        self.end()
        instead = lambda bodies: load(self.folder, {}, instead=bodies)  # noqa: E731
        self.app = build_app(load(self.folder, {}), self.clock, load_instead=instead)
        loaded, planned = self.app.in_force.loaded, partial(is_planned, self.app.store)
        self.watcher = Watcher(self.folder, {}, loaded, self.clock, is_planned=planned)
        self.edits = Edits(self.app, self.watcher, lambda loaded: None)
        self.look()

    def end(self) -> None:
        """Stop."""
        if self.app is not None:
            self.app.close()

    def look(self, times: int = 2) -> None:
        """Looks a second apart: two of them are what an edit may take."""
        for _ in range(times):
            self.clock.forward(seconds=1)
            self.edits.look()

    def edit(self, watchlist: str | None = None, feeds: str | None = None) -> None:
        """Save, and look twice."""
        if watchlist is not None:
            (self.folder / "watchlist.toml").write_text(watchlist)
        if feeds is not None:
            (self.folder / "feeds.toml").write_text(feeds)
        self.look()

    def note(self, watchlist: str, **said: object) -> None:
        """A command of ours is about to write this."""
        assert self.app is not None
        with self.app.store.write() as tx:
            tx.revisions.note_edit(body_hash(watchlist.encode()), "cli:ann", self.clock.now(), **said)  # type: ignore[arg-type]

    @property
    def topics(self) -> list[TopicKey]:
        """The topics in force."""
        assert self.app is not None
        return list(self.app.in_force.topics)

    @property
    def log(self) -> list[RevisionHead]:
        """The revisions, oldest first."""
        assert self.app is not None
        with self.app.store.read() as tx:
            return tx.revisions.listed()[::-1]

    @property
    def notices(self) -> dict[str, Notice]:
        """What needs a person."""
        assert self.app is not None
        with self.app.store.read() as tx:
            return {one.key: one for one in tx.notices.open()}


@pytest.fixture
def make_room(tmp_path: Path) -> Iterator[Callable[..., Room]]:
    """Rooms that are ended with the test."""
    made: list[Room] = []

    def make(extra: str = "") -> Room:
        made.append(Room(tmp_path, extra))
        return made[-1]

    yield make
    for room in made:
        room.end()


def test_each_configuration_in_force_is_a_revision(make_room: Callable[..., Room]) -> None:
    """With who wrote it and what it changed; an unchanged start is none, one that was edited meanwhile is."""
    room = make_room()
    room.begin()
    room.note(TWO, note="for Jo")
    room.edit(TWO)
    room.edit(TWO, TWO_FEEDS)
    room.edit(TWO + "# a word\n")
    room.end()
    (room.folder / "watchlist.toml").write_text(ONE)
    room.begin()
    assert [(one.author, one.note, one.change) for one in room.log] == [
        ("file", "", "the first: 1 topic, 1 feed"),
        ("cli:ann", "for Jo", "1 topic added (b)"),
        ("file", "", "1 feed added (Two)"),
        ("file", "", ""),
        ("file", "", "1 topic removed (b)"),
    ]


def test_three_files_are_taken_together(make_room: Callable[..., Room]) -> None:
    """A channel, a feed and a topic that needs them come in force as one."""
    room = make_room()
    with (room.folder / "monitor.toml").open("a") as file:
        file.write('[channels.desk]\nkind = "console"\n')
    room.edit(TWO + 'channels = ["desk"]\n', TWO_FEEDS)
    assert room.topics == ["a", "b"]
    assert [one.change for one in room.log[1:]] == ["1 topic added (b), 1 feed added (Two), 1 channel changed (desk)"]


def test_a_bad_edit_is_told_with_every_fault_until_it_is_mended(
    make_room: Callable[..., Room], capsys: pytest.CaptureFixture[str]
) -> None:
    """The old stays in force; one notice, with file, line and what was meant; a restart refuses the same file."""
    room = make_room()
    room.edit(BAD)
    room.look(40)
    assert room.topics == ["a"]
    notice = room.notices["config"]
    path = room.folder / "watchlist.toml"
    assert f'{path}:5: topic "b": unknown key "nam". Did you mean "name"?' in notice.detail
    assert f"{path}:6: " in notice.detail
    assert notice.head == f"The configuration as it was saved has {len(notice.detail.splitlines())} problems"
    assert "stays in force" in notice.remedy
    assert len(room.log) == 1
    room.edit(TWO)
    assert room.topics == ["a", "b"]
    assert room.notices == {}
    room.edit(BAD)
    room.edit(TWO)
    assert room.notices == {}, "taken back, with nothing new in force"
    room.edit(BAD)
    room.end()
    path.write_text(TWO)
    room.begin()
    assert room.notices == {}, "mended while nothing ran"


def test_an_edit_waits_until_it_is_planned(make_room: Callable[..., Room]) -> None:
    """Feeds and comments wait for nobody; a restart is no way around; what was planned is what counts."""
    room = make_room(PLANNED)
    assert room.topics == ["a"], "the very first start takes the file as it is"
    room.edit(TWO)
    room.look(40)
    assert room.topics == ["a"]
    waits = room.notices["config-waits"]
    assert waits.head == "An edit of watchlist.toml waits to be planned: 1 topic added (b)"
    room.edit(feeds=TWO_FEEDS)
    assert [one.change for one in room.log[1:]] == ["1 feed added (Two)"]
    room.begin()
    assert room.topics == ["a"]
    assert room.notices["config-waits"] == waits
    room.note(TWO, planned=False)
    room.look()
    assert room.topics == ["a"]
    room.note(TWO, planned=True)
    (room.folder / "watchlist.toml").write_text(THREE)
    room.look()
    assert room.topics == ["a"], "another edit than the planned one"
    room.edit(TWO)
    assert room.topics == ["a", "b"]
    assert room.notices == {}
    assert (room.log[-1].author, room.log[-1].change) == ("cli:ann", "1 topic added (b)")
    room.edit(TWO + "# a word\n")
    assert len(room.log) == 4
    room.edit(ONE)
    assert room.topics == ["a", "b"], "that it was in force once is no plan"
    room.note(ONE, planned=True)
    room.clock.forward(seconds=1)
    room.edits.look()
    assert room.topics == ["a"], "planned while it waits: the next look takes it"


def test_an_example_waits_for_nobody(make_room: Callable[..., Room]) -> None:
    """It changes nothing that is told, so there is nothing to plan; an edit beside it waits."""
    room = make_room(PLANNED)
    kept = ONE + 'must_match = ["Hostage talks resume"]\n'

    room.edit(kept)

    assert room.notices == {}
    assert room.log[-1].change == "1 topic edited (a)"
    room.edit(kept + 'also = ["captives"]\n')
    assert list(room.notices) == ["config-waits"]


def test_a_start_takes_what_was_planned_while_nothing_ran(make_room: Callable[..., Room]) -> None:
    """And an edit that waits and is taken back needs nobody any more."""
    room = make_room(PLANNED)
    room.note(TWO, planned=True)
    room.end()
    (room.folder / "watchlist.toml").write_text(TWO)
    room.begin()
    assert room.topics == ["a", "b"]
    assert room.log[-1].author == "cli:ann"
    room.edit(THREE)
    assert set(room.notices) == {"config-waits"}
    room.edit(BAD)
    assert set(room.notices) == {"config"}
    room.edit(TWO)
    assert room.notices == {}


def test_a_start_whose_last_watchlist_cannot_be_used_says_so(make_room: Callable[..., Room]) -> None:
    """It neither takes what nobody planned nor runs without a watchlist."""
    room = make_room(PLANNED + '[channels.desk]\nkind = "console"\n')
    room.note(ONE + 'channels = ["desk"]\n', planned=True)
    room.edit(ONE + 'channels = ["desk"]\n')
    room.end()
    path = room.folder / "monitor.toml"
    path.write_text(path.read_text().replace('[channels.desk]\nkind = "console"\n', ""))
    (room.folder / "watchlist.toml").write_text(ONE)
    with pytest.raises(ConfigError, match="waits for `monitor plan --apply`"):
        room.begin()


def test_a_config_map_is_taken_whole(make_room: Callable[..., Room]) -> None:
    """A cluster mounts each file as a link through ..data, and swaps that: all files change at one moment."""
    room = make_room()
    folder = room.folder
    for number, (watchlist, feeds) in enumerate(((ONE, FEEDS), (TWO, TWO_FEEDS))):
        (folder / f"..v{number}").mkdir()
        (folder / f"..v{number}" / "watchlist.toml").write_text(watchlist)
        (folder / f"..v{number}" / "feeds.toml").write_text(feeds)
    (folder / "..data").symlink_to("..v0")
    for name in ("watchlist.toml", "feeds.toml"):
        (folder / name).unlink()
        (folder / name).symlink_to(f"..data/{name}")
    room.look(3)
    assert len(room.log) == 1, "the same content elsewhere is no change"
    (folder / "..new").symlink_to("..v1")
    os.replace(folder / "..new", folder / "..data")
    room.look()
    assert [one.change for one in room.log[1:]] == ["1 topic added (b), 1 feed added (Two)"]


def test_a_single_file_that_is_mounted_is_seen_when_it_is_written_in_place(make_room: Callable[..., Room]) -> None:
    """A bind mount shows the inode that was mounted: what is written into it counts, what is renamed over its name
    outside is never seen. The mount is played by a second name of the same inode.
    """
    room = make_room()
    outside = room.folder.parent / "watchlist.toml"
    os.link(room.folder / "watchlist.toml", outside)
    outside.write_text(TWO)
    room.look()
    assert room.topics == ["a", "b"]
    (room.folder.parent / "new").write_text(THREE)
    os.replace(room.folder.parent / "new", outside)
    room.look(40)
    assert room.topics == ["a", "b"]


def test_a_bind_mounted_file_is_seen_when_it_is_written_in_place(make_room: Callable[..., Room]) -> None:
    """The real thing, where the machine lets a test mount."""
    room = make_room()
    outside, inside = room.folder.parent / "outside.toml", room.folder / "watchlist.toml"
    outside.write_text(ONE)
    mounting = subprocess.run(["mount", "--bind", str(outside), str(inside)], capture_output=True, check=False)
    if mounting.returncode:
        pytest.skip("this user may not mount")
    try:
        outside.write_text(TWO)
        room.look()
        assert room.topics == ["a", "b"]
        outside.write_text(BAD)
        room.look()
        assert list(room.notices) == ["config"]
        outside.write_text(THREE)
        room.look()
        assert room.topics == ["a", "b", "c"]
    finally:
        subprocess.run(["umount", str(inside)], check=True)


def test_a_feed_list_of_another_program_that_is_edited_leaves_a_revision(make_room: Callable[..., Room]) -> None:
    """Though feeds.toml, which names it, is as it was; the revision says which feed came."""
    room = make_room()
    outline = '<outline type="rss" text="{0}" xmlUrl="https://{0}.example/rss"/>'
    opml = '<opml version="2.0"><body>{}</body></opml>'.format
    (room.folder / "list.opml").write_text(opml(outline.format("three")))
    room.edit(feeds='opml = ["list.opml"]\n' + FEEDS)
    (room.folder / "list.opml").write_text(opml(outline.format("three") + outline.format("four")))
    room.look()
    assert [one.change for one in room.log[1:]] == ["1 feed added (three)", "1 feed added (four)"]
    room.begin()
    assert len(room.log) == 3


def test_a_topic_under_another_key_is_told_as_renamed(make_room: Callable[..., Room]) -> None:
    """While it runs and over a restart; where the query changed too it is another topic."""
    room = make_room()
    room.edit(ONE.replace("[topics.a]", "[topics.talks]"))
    room.end()
    (room.folder / "watchlist.toml").write_text(ONE)
    room.begin()
    room.edit(ONE.replace("[topics.a]", "[topics.b]") + 'query = "flood*"\n')
    assert [one.change for one in room.log[1:]] == [
        "1 topic renamed (a to talks)",
        "1 topic renamed (talks to a)",
        "1 topic added (b), 1 topic removed (a)",
    ]
    assert room.app is not None
    with room.app.store.read() as tx:
        rows = {str(one.key): (one.active, one.created_at) for one in tx.topics.all()}
    assert {key: active for key, (active, _) in rows.items()} == {"a": False, "b": True, "talks": False}
    assert rows["talks"][1] == rows["a"][1] < rows["b"][1], "watched since the first of its keys"
