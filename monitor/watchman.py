"""The daemon's look at itself: what only the running process can know to need a person, and the telling of all of it.

Effects: those of `app`.
"""

from collections.abc import Mapping
from functools import partial
from typing import Protocol

from monitor.app import App
from monitor.dead_man import DeadMan
from monitor.feeds.guard import guarded_get
from monitor.model import Need
from monitor.outbox.notices import KINDS
from monitor.pipeline.clock_jumps import ClockWatch
from monitor.pipeline.notices import look_after_needs
from monitor.pipeline.room import RoomWatch
from monitor.pipeline.silences import SILENCE_KINDS, Silences
from monitor.pipeline.sweep import DAYS_MIN, read_over
from monitor.targets import LATE_KIND, TargetWatch

LOOK_EVERY_S = 15.0
"""One reading of the feeds' states, some ten milliseconds for a thousand feeds; nothing is written when all is well."""
OWN_KINDS = frozenset({"canary", "clock", "disk", "disk-low", "ping", "raw", "size", "unit", LATE_KIND}) | SILENCE_KINDS


class Refusals(Protocol):
    """Who knows which units of work are refused."""

    @property
    def refusals(self) -> Mapping[str, str]:
        """What each unit says that did not succeed when it last ran."""


class Watchman:
    """Looks after what needs a person. `look` belongs to the database's thread."""

    def __init__(self, app: App, units: Refusals) -> None:
        self._app = app
        self._units = units
        self._clock = ClockWatch()
        self._silences = Silences()
        self._room = RoomWatch()
        self._targets = TargetWatch()
        self._dead_man = DeadMan(partial(guarded_get, app.guard), app.clock)

    def look(self) -> int:
        """Find, remember and tell what needs a person; returns how many messages were put in line."""
        app = self._app
        now = app.clock.now()
        own = [*self._clock.look(now, app.clock.monotonic_s()), *self._of_disk(), *self._of_units()]
        own += self._of_recording()
        own += [*self._of_canary(), *self._silences.find(app.store, now)]
        own += self._targets.find(app.store, app.in_force.topics.values(), now)
        if self._app.in_force.loaded.ping_url is not None:
            own += self._dead_man.needs()
        is_distributed = app.in_force.loaded.settings.is_distributed
        return look_after_needs(
            app.store, app.in_force.peers, now, own=own, own_kinds=OWN_KINDS, is_distributed=is_distributed
        )

    def note_beat(self) -> bool:
        """The loop turned and the database took a write; whether a ping is owed now."""
        app = self._app
        arrivals = app.canary.arrivals if app.canary is not None else 0 if self._wants_canary else None
        self._dead_man.note_good(arrivals)
        return app.in_force.loaded.ping_url is not None and self._dead_man.is_due()

    def ping(self) -> None:
        """Ask for the dead-man address. In a thread of its own: it may take ten seconds."""
        url = self._app.in_force.loaded.ping_url
        if url is not None:
            self._dead_man.ping(url.reveal())

    @property
    def _wants_canary(self) -> bool:
        """With workers none flies: its feed and its sink are in this process, and any other may be asked for them."""
        settings = self._app.in_force.loaded.settings
        return settings.operator.canary and not settings.is_distributed

    def _of_canary(self) -> list[Need]:
        app = self._app
        try:
            app.keep_canary(self._wants_canary)
        except OSError as error:  # no listener on loopback: that must keep no other need from being told
            return [Need("canary", f"The canary cannot start ({error.strerror}).", KINDS["canary"].remedy)]
        return app.canary.look() if app.canary is not None else []

    def _of_disk(self) -> list[Need]:
        app, path = self._app, self._app.store.database.path
        needs = [] if path is None else self._room.look(app.clock.now(), app.free_bytes(), str(path.parent))
        over_bytes = read_over(app.store, app.retention)
        if over_bytes:
            over = f"{over_bytes // 1_000_000} MB larger than [retention] size_max"
            head = f"The archive is {over}, and all it has is younger than {DAYS_MIN} days."
            needs.append(Need("size", head, KINDS["size"].remedy))
        return needs

    def _of_recording(self) -> list[Need]:
        why = self._app.recorder.refusal
        head = f"Not everything that feeds answer is recorded: {why}. Feeds are watched as ever."
        return [Need("raw", head, KINDS["raw"].remedy)] if why else []

    def _of_units(self) -> list[Need]:
        return [
            Need(f"unit:{name}", f'A part of the work is refused, "{name}": {said}', KINDS["unit"].remedy)
            for name, said in sorted(self._units.refusals.items())
            if name != "notices"
        ]
