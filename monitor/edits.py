"""Take edits of the configuration while the daemon runs: a good one counts, a bad one is told, one that waits is named.

Effects: those of `app`; reads files.
"""

from collections.abc import Callable

from msgspec import Struct

from monitor.app import App
from monitor.applying import Superseded
from monitor.config.faults import ConfigFaults
from monitor.config.load import Loaded
from monitor.config.watch import WATCHLIST, Change, Watcher
from monitor.errors import ConfigError
from monitor.following import Follower
from monitor.logs import get_log
from monitor.pipeline.look_back import LookBack, begin_look_back
from monitor.starting import FAULTS_NOTICE, WAITS_NOTICE, note_waiting
from monitor.text import plural

log = get_log()

NOTE_EVERY_S = 30.0
"""How soon what needs a person is said again."""


class _State(Struct, frozen=True):
    """What of the files needs a person."""

    faults: ConfigFaults | None
    waiting: Change | None


class Edits:
    """Looks for edits and takes them. All methods belong to the database's thread, between two batches."""

    def __init__(
        self,
        app: App,
        watcher: Watcher,
        on_taken: Callable[[Loaded], None],
        *,
        looks_back: Callable[[], bool] = lambda: True,
    ) -> None:
        """`looks_back` says whether this process is the one that looks into the archive where a person asked for it."""
        self._app = app
        self._follower = None if app.store.database.is_sqlite else Follower(app, watcher, on_taken)
        self._looks_back = looks_back
        self._watcher = watcher
        self._on_taken = on_taken
        self._looking_back: LookBack | None = None
        self._noted: _State | None = None
        """What the notices say; None while they may be those of an earlier run."""
        self._noted_at_s = 0.0

    def look(self) -> None:
        """Follow what others wrote, take what changed since the last look, and keep the notices at what needs a person
        now.
        """
        self.follow()
        change = self._watcher.look()
        if change is not None:
            self._take(change)
        if self._watcher.has_looked:
            self._note()
        if self._looking_back is None and self._looks_back():
            self._looking_back = begin(self._app)
        if self._looking_back is not None and look_back(self._app, self._looking_back):
            self._looking_back = None

    def follow(self) -> None:
        """Put what others wrote in force here; for work that must not rest on what is older."""
        if self._follower is not None:
            self._follower.look()

    def _take(self, change: Change) -> None:
        count = self._app.numbers.metrics.count_reload
        if change.faults is not None:
            count("refused")
            log_faults(change.faults)
        if change.loaded is None:
            return
        try:
            self._app.apply(change.loaded, change.in_words(), change.topics_renamed)
        except Superseded:
            return  # the next look follows first, and then this is an edit upon that
        except ConfigError as error:
            rejected = self._watcher.reject(error)
            if rejected.faults is not None:
                count("refused")
                log_faults(rejected.faults)
            return
        # Only now: where the database took nothing, the next look offers the same change again.
        self._watcher.accept(change)
        self._on_taken(change.loaded)
        count("taken")
        log.info("config.reloaded", change=change.in_words())

    def _note(self) -> None:
        """What the database refuses is noted at the next look."""
        state = _State(self._watcher.faults, self._watcher.waiting)
        is_new, now_s = state != self._noted, self._app.clock.monotonic_s()
        # Another worker that starts without a fault says that there is none: said again, what there is goes on.
        if not is_new and (state == _State(None, None) or now_s - self._noted_at_s < NOTE_EVERY_S):
            return
        now = self._app.clock.now()
        with self._app.store.write() as tx:
            if state.faults is not None:
                head = f"The configuration as it was saved has {plural(len(state.faults.problems), 'problem')}"
                detail = "\n".join(map(str, state.faults.problems))
                tx.notices.raise_(FAULTS_NOTICE, head, state.faults.meanwhile, detail, now)
            elif is_new:
                tx.notices.clear(FAULTS_NOTICE, now)
            if state.waiting is not None:
                note_waiting(tx, state.waiting, now)
            elif is_new:
                tx.notices.clear(WAITS_NOTICE, now)
        if is_new and state.waiting is not None:
            words = state.waiting.in_words()
            log.warning("config.waits", change=words, hint="monitor plan, then monitor plan --apply")
        self._noted_at_s = now_s
        self._noted = state


def begin(app: App) -> LookBack | None:
    """The look into the archive that was asked for with the watchlist in force, or None."""
    force = app.in_force
    return begin_look_back(app.store, force.ingest, force.loaded.hashes[WATCHLIST], app.clock.now())


def look_back(app: App, looking: LookBack) -> bool:
    """One step of it; True when it is over, or another watchlist is in force."""
    force = app.in_force
    if looking.body_hash != force.loaded.hashes[WATCHLIST]:
        return True
    return looking.step(app.store, force.ingest, app.clock.now())


def look_back_now(app: App) -> None:
    """All of it at once, before a single cycle."""
    looking = begin(app)
    while looking is not None and not look_back(app, looking):
        pass


def log_faults(faults: ConfigFaults) -> None:
    """Say each fault of a rejected configuration; the one in force stays."""
    for problem in faults.problems:
        log.error("config.rejected", problem=str(problem), hint="monitor check")
