"""Several workers of one database under test, each with a folder of its own."""

import os
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from monitor.app import App, build_app
from monitor.config.load import load
from monitor.config.watch import Watcher
from monitor.edits import Edits
from monitor.model import Notice, TopicKey
from monitor.starting import is_planned, is_wanted_here
from monitor.storage.revisions import RevisionHead, body_hash
from monitor.storage.workers import Worker
from tests.config.folder import write_folder
from tests.fakes.clock import FakeClock
from tests.fakes.stores import open_store
from tests.test_edits import FEEDS, ONE

DESK = '[channels.desk]\nkind = "console"\n'


class Desk:
    """A worker: its own folder, its own app, over the database that all share."""

    def __init__(self, room: "Room", name: str) -> None:
        self.room = room
        self.name = name
        self.folder = room.path / name
        self.environ: dict[str, str] = {}
        write_folder(self.folder, monitor=room.monitor, feeds=FEEDS, watchlist=ONE)
        self.app: App | None = None
        self.watcher: Watcher
        self.edits: Edits

    def write(self, watchlist: str | None = None, feeds: str | None = None, monitor: str | None = None) -> None:
        """Save, and look at nothing."""
        for name, text in (("watchlist.toml", watchlist), ("feeds.toml", feeds), ("monitor.toml", monitor)):
            if text is not None:
                (self.folder / name).write_text(text)

    def build(self) -> None:
        """Start, as a command does."""
        room = self.room
        self.app = build_app(
            load(self.folder, self.environ),
            room.clock,
            load_instead=lambda bodies: load(self.folder, self.environ, instead=bodies),
            others_at_work=lambda tx, now: any(worker.id != self.name for worker in tx.workers.at_work(now)),
        )
        self.watcher = Watcher(
            self.folder,
            self.environ,
            self.app.in_force.loaded,
            room.clock,
            is_planned=partial(is_planned, self.app.store),
            passed=self.app.passed,
            is_wanted=partial(is_wanted_here, self.app.store),
        )
        self.edits = Edits(self.app, self.watcher, lambda loaded: None)

    def begin(self) -> "Desk":
        """Start and look; from now on it beats."""
        self.end()
        self.build()
        self.room.beating.add(self.name)
        self.room.look()
        return self

    def end(self) -> None:
        """Stop, and leave."""
        if self.app is not None:
            self.app.close()
            self.app = None
            self.room.leave(self.name)

    @property
    def topics(self) -> list[TopicKey]:
        """The topics in force here."""
        assert self.app is not None
        return list(self.app.in_force.topics)

    @property
    def feeds(self) -> list[str]:
        """The feeds in force here, by name."""
        assert self.app is not None
        return [feed.name for feed in self.app.in_force.loaded.feeds]

    def freeze(self) -> None:
        """Mount its two files so that they can be read, and not replaced: their folder is gone but for open handles."""
        for name in ("watchlist.toml", "feeds.toml"):
            path, gone = self.folder / name, self.folder / "gone"
            gone.mkdir()
            os.rename(path, gone / name)
            handle = (gone / name).open("r+")
            self.room.closing.callback(handle.close)
            (gone / name).unlink()
            gone.rmdir()
            path.symlink_to(f"/proc/self/fd/{handle.fileno()}")

    def text(self, name: str = "watchlist.toml") -> str:
        """Its file as it stands."""
        return (self.folder / name).read_text()


class Room:
    """Workers that share a database."""

    def __init__(self, path: Path, url: str) -> None:
        self.path = path
        self.clock = FakeClock()
        self.monitor = f'[database]\nurl = "{url}"\n[web]\nlisten = ""\n'
        self.store = open_store(url)
        self.beating: set[str] = set()
        self.closing = ExitStack()
        self.desks = {name: Desk(self, name) for name in ("a", "b", "c")}

    def look(self, times: int = 3) -> None:
        """Looks a second apart, of all that run."""
        for _ in range(times):
            self.clock.forward(seconds=1)
            self._beat()
            for desk in self.desks.values():
                if desk.app is not None:
                    desk.edits.look()

    def wait(self) -> None:
        """Long enough for everything to be read again."""
        self.clock.forward(seconds=31)
        self.look(2)

    def leave(self, name: str) -> None:
        """It goes of its own accord."""
        self.beating.discard(name)
        with self.store.write() as tx:
            tx.workers.leave(name, self.clock.now())

    def note(self, text: str, by: str = "cli:ann") -> None:
        """A command of ours says yes to a file of this content."""
        with self.store.write() as tx:
            tx.revisions.note_edit(body_hash(text.encode()), by, self.clock.now(), planned=True)

    @property
    def log(self) -> list[tuple[str, str]]:
        """The revisions, oldest first: who, and what it changed."""
        return [(one.author, one.change) for one in self.heads]

    @property
    def heads(self) -> list[RevisionHead]:
        """The revisions, oldest first."""
        with self.store.read() as tx:
            return tx.revisions.listed()[::-1]

    @property
    def notices(self) -> dict[str, Notice]:
        """What needs a person."""
        with self.store.read() as tx:
            return {one.key: one for one in tx.notices.open()}

    @property
    def rows(self) -> tuple[list[str], list[TopicKey]]:
        """The feeds and topics that the rows say are active."""
        with self.store.read() as tx:
            topics = [state.key for state in tx.topics.all() if state.active]
            return sorted(one.feed.name for one in tx.health.all() if one.active), topics

    def end(self) -> None:
        """Stop everything."""
        for desk in self.desks.values():
            desk.end()
        self.store.close()
        self.closing.close()

    def _beat(self) -> None:
        with self.store.write() as tx:
            for name in self.beating:
                now = self.clock.now()
                tx.workers.beat(Worker(name, name, 1, "", ("poll",), now, now))
