"""The daemon's look at itself: what only the running process can know to need a person, and the telling of all of it.

Effects: those of `app`.
"""

from collections.abc import Mapping
from typing import Protocol

from monitor.app import App
from monitor.errors import StorageError
from monitor.model import Need
from monitor.outbox.notices import KINDS
from monitor.pipeline.clock_jumps import ClockWatch
from monitor.pipeline.notices import look_after_needs

LOOK_EVERY_S = 15.0
"""One reading of the feeds' states, some ten milliseconds for a thousand feeds; nothing is written when all is well."""
OWN_KINDS = frozenset({"clock", "disk", "unit"})


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

    def look(self) -> int:
        """Find, remember and tell what needs a person; returns how many messages were put in line."""
        app = self._app
        now = app.clock.now()
        own = [*self._clock.look(now, app.clock.monotonic_s()), *self._of_disk(), *self._of_units()]
        return look_after_needs(app.store, app.in_force.peers, now, own=own, own_kinds=OWN_KINDS)

    def _of_disk(self) -> list[Need]:
        try:
            self._app.check_room()
        except StorageError as error:
            free = f"{self._app.free_bytes() // 1_000_000} MB are free at {error.where}"
            return [Need("disk", f"The disk of the database is nearly full: {free}. Polling rests.", _ROOM)]
        return []

    def _of_units(self) -> list[Need]:
        return [
            Need(f"unit:{name}", f'A part of the work is refused, "{name}": {said}', KINDS["unit"].remedy)
            for name, said in sorted(self._units.refusals.items())
            if name != "notices"
        ]


_ROOM = KINDS["disk"].remedy
