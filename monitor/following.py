"""Follow what another worker put in force: the newest revision in the database counts on every worker.

Its watchlist.toml and feeds.toml come out of the database, monitor.toml and the secrets out of this worker's own
folder, so it may be that they do not fit together here: then what is in force stays, and a person is asked for.

Where the folder may be written, this worker's own files are brought up to what it follows, unless somebody edited them
meanwhile: so the page shows and edits the same files on every worker.

Effects: those of `app`; reads and writes files.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from monitor.app import App
from monitor.applying import has_same_texts
from monitor.config.edit import locked, replace_body
from monitor.config.edit_whole import hash_of, read_body
from monitor.config.faults import ConfigFaults
from monitor.config.load import Loaded
from monitor.config.own_files import TEXTS
from monitor.config.watch import Watcher
from monitor.errors import ConfigError
from monitor.logs import get_log
from monitor.storage.revisions import Revision
from monitor.text import plural

log = get_log()

NOTICE = "config-follow:"
"""Before the name of the host that cannot follow."""
AGAIN_S = 30.0
"""Until what could not be used here is tried again: a secret may have come meanwhile."""


class Follower:
    """Looks for a newer revision. All methods belong to the database's thread, between two batches."""

    def __init__(self, app: App, watcher: Watcher, on_taken: Callable[[Loaded], None]) -> None:
        """`watcher` is told of what is in force here, as is `on_taken`."""
        self._app = app
        self._watcher = watcher
        self._on_taken = on_taken
        self._host = socket.gethostname()
        self._failed: int | None = None
        """The revision that could not be used here."""
        self._failed_at_s = 0.0
        self._is_first = True

    def look(self) -> None:
        """Put the newest revision in force here where it is another. One row is read where it is not."""
        app = self._app
        with app.store.read() as tx:
            head = tx.revisions.head()
        if self._is_first:
            self._is_first = False
            self._clear(is_start=True)
            self._bring_up()
        if head is None or head.id == app.revision:
            return self._recover()
        if has_same_texts(head, app.in_force.loaded):
            app.revision = head.id  # another worker's monitor.toml changed, which is its own
            return self._recover()
        if head.id == self._failed and app.clock.monotonic_s() - self._failed_at_s < AGAIN_S:
            return None
        return self._follow()

    def _follow(self) -> None:
        app = self._app
        with app.store.read() as tx:
            newest = tx.revisions.latest()
        if newest is None:
            return
        try:
            loaded = self._watcher.load_instead(newest.bodies)
            app.follow(loaded, newest)
        except ConfigError as error:
            self._note_failed(newest, error)
            return
        self._watcher.follow(loaded)
        self._on_taken(loaded)
        app.numbers.metrics.count_reload("taken")
        self._bring_up()
        self._recover()

    def _note_failed(self, newest: Revision, error: ConfigError) -> None:
        is_news = self._failed != newest.id
        self._failed, self._failed_at_s = newest.id, self._app.clock.monotonic_s()
        problems = list(map(str, error.problems)) if isinstance(error, ConfigFaults) else [str(error)]
        head = (
            f"The worker on {self._host} cannot use revision {newest.id} of the configuration: "
            f"it has {plural(len(problems), 'problem')} there"
        )
        remedy = (
            "It works on with the one before. Mend its monitor.toml or its secrets; lines of other files are those of "
            "that revision."
        )
        with self._app.store.write() as tx:
            tx.notices.raise_(NOTICE + self._host, head, remedy, "\n".join(problems), self._app.clock.now())
        if is_news:
            self._app.numbers.metrics.count_reload("refused")
            for problem in problems:
                log.error("config.not_followed", revision=newest.id, problem=problem, hint="monitor check")

    def _recover(self) -> None:
        if self._failed is not None:
            self._clear(is_start=False)
            self._failed = None

    def _clear(self, *, is_start: bool) -> None:
        """This worker needs nobody; a start says so of those too that are gone."""
        now = self._app.clock.now()
        with self._app.store.read() as tx:
            keys = [one.key for one in tx.notices.open() if one.key.startswith(NOTICE)]
            there = {worker.host for worker in tx.workers.at_work(now)} if keys and is_start else set()
        gone = [key for key in keys if key == NOTICE + self._host or (is_start and key[len(NOTICE) :] not in there)]
        if gone:
            with self._app.store.write() as tx:
                tx.notices.clear_all(gone, now)

    def _bring_up(self) -> None:
        force, counted = self._app.in_force.loaded, self._watcher.own.counted
        older = [name for name in TEXTS if counted[name] != force.hashes[name]]
        for path in _write_older(self._watcher.folder, older, counted, force):
            log.info("config.file_brought_up", file=str(path), revision=self._app.revision)


def _write_older(folder: Path, names: list[str], counted: dict[str, str], force: Loaded) -> Iterator[Path]:
    """Write files that stand as they last counted; those that cannot be written stay, and stand back."""
    for name in names:
        path = folder / name
        with suppress(ConfigError), locked(folder):
            before = read_body(path)
            if before is not None and hash_of(before) == counted[name]:
                replace_body(path, str(path), before, force.bodies[name])
                yield path
