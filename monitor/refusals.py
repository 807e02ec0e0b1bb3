"""Which units of work are refused, known to all workers: a unit runs here and then there, and one of them tells.

Effects: database.
"""

import threading
import zlib
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from monitor.clock import Clock
from monitor.storage.store import Store, Transaction

PREFIX = "refused:"
"""How the notes of refused units begin, among those of when parts of the daemon did their work."""
AGAIN_AFTER = timedelta(minutes=1)
"""A note that says the same is written no more often."""
SHARED_FOR = timedelta(hours=2)
"""So long a note counts: the rarest unit that is shared out runs each hour."""
OWN_FOR = timedelta(minutes=5)
"""The same, of what each worker does for itself: one that is gone says nothing more of it."""


class SharedRefusals:
    """What units said that failed when they last ran, on whichever worker. May be used from any thread."""

    def __init__(
        self, store: Store, clock: Clock, owner: str, shared: Collection[str], said: Callable[[], Mapping[str, str]]
    ) -> None:
        """`shared` are the units that any worker may run; `said` knows what failed on this one, and why."""
        self._store = store
        self._clock = clock
        self._owner = owner
        self._shared = shared
        self._said = said
        self._turn = threading.Lock()
        self._ended: dict[str, bool] = {}

    def note(self, key: str, is_good: bool) -> None:  # as the runner tells it
        """A unit ended here, well or not."""
        with self._turn:
            self._ended[key] = is_good

    def write(self, tx: Transaction, now: datetime) -> None:
        """Say so to the others: what fails, and that what failed before has ended well since."""
        with self._turn:
            ended, self._ended = self._ended, {}
        said, known = self._said(), tx.topics.heartbeats() if ended else {}
        # In one order for all, so that no two who write the same notes wait for each other.
        for name, key in sorted((self._component(key), key) for key in ended):
            is_good = ended[key]
            before = known.get(name)
            detail = "" if is_good else f"{key}\n{said[key]}" if key in said else ""
            if (before.detail if before is not None else "") != detail or (
                before is not None and detail and now - before.at >= AGAIN_AFTER
            ):
                tx.topics.beat(name, now, detail)

    @property
    def refusals(self) -> Mapping[str, str]:
        """What each unit said that failed when it last ran."""
        now = self._clock.now()
        with self._store.read() as tx:
            notes = [beat for name, beat in tx.topics.heartbeats().items() if name.startswith(PREFIX) and beat.detail]
        found: dict[str, str] = {}
        for note in notes:
            key, _, said = note.detail.partition("\n")
            if now - note.at <= (SHARED_FOR if self._is_shared(key) else OWN_FOR):
                found[key] = said
        return found

    def _is_shared(self, key: str) -> bool:
        return key.partition(":")[0] in self._shared

    def _component(self, key: str) -> str:
        """By number: a channel's name, which may be part of a unit's, may be longer than the name of a part."""
        whose = "" if self._is_shared(key) else self._owner
        return f"{PREFIX}{zlib.crc32(f'{key} {whose}'.encode()):08x}"
