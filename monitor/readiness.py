"""Is everything as it should be? What a person should look at, for whoever watches the daemon from outside.

Not the question of whether to start it anew: `health` answers that one, and stays well while a channel is down, since a
new start mends no channel.

Effects: database; reads how full the disk is.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from monitor.clock import Clock
from monitor.errors import MonitorError, StorageError
from monitor.gauges import KEPT_S, Files
from monitor.shared_work import SharedWork, read_shared_work
from monitor.storage.revision import is_current
from monitor.storage.store import Store, Transaction
from monitor.text import plural

OVERDUE_MAX = timedelta(minutes=15)
"""A feed waits some seconds for its turn, and minutes where its host has many; for longer, feeds are not visited."""

Healthy = Callable[[], tuple[bool, dict[str, object]]]


class Readiness:
    """Looks; may be called from any thread. Names nothing of the configuration: anybody may ask."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        files: Files,
        check_room: Callable[[], None],
        healthy: Healthy,
        *,
        is_distributed: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = store
        self._clock = clock
        self._files = files
        self._check_room = check_room
        self._healthy = healthy
        self._is_distributed = is_distributed
        self._turn = threading.Lock()
        self._found: dict[str, str] = {}
        self._looked_at_s: float | None = None

    def answer(self) -> tuple[bool, dict[str, object]]:
        """Whether all is well, and each part of it with `ok` or what is wrong; looked at once in five seconds."""
        with self._turn:
            now_s = self._clock.monotonic_s()
            if self._looked_at_s is None or now_s - self._looked_at_s >= KEPT_S:
                self._found, self._looked_at_s = self._look(), now_s
            found = dict(self._found)
        is_ready = not any(found.values())
        return is_ready, {"ready": is_ready, "checks": {name: said or "ok" for name, said in found.items()}}

    def _look(self) -> dict[str, str]:
        """What is wrong with each part; empty where nothing is."""
        found = {
            "loop": "" if self._healthy()[0] else "the daemon has not beaten for a minute",
            "config": "" if self._files.faults is None else "the saved configuration is faulty: monitor check",
            "disk": self._of_disk(),
        }
        try:
            if not is_current(self._store.database):
                return found | {"database": "its schema is not that of this version, or it does not answer"}
            with self._store.read() as tx:
                now = self._clock.now()
                found |= {"database": ""} | _of_database(tx, now)
                return found | _of_work(read_shared_work(tx, now)) if self._is_distributed() else found
        except StorageError as error:
            return found | {"database": error.what}

    def _of_disk(self) -> str:
        try:
            self._check_room()
        except MonitorError as error:
            return error.what
        return ""


def _of_database(tx: Transaction, now: datetime) -> dict[str, str]:
    overdue, holds = tx.gauge_views.feeds_overdue(now), len(tx.holds.all())
    minutes = int(overdue.total_seconds() // 60)
    return {
        "feeds": f"a feed has been due for {minutes} minutes" if overdue > OVERDUE_MAX else "",
        "channels": f"{plural(holds, 'channel')} held: monitor status" if holds else "",
    }


def _of_work(work: SharedWork) -> dict[str, str]:
    """The queues by their names, which are ours."""
    found = {need.kind for need in work.needs}
    unserved = [one.name for one in work.queues if one.unserved_since is not None]
    behind = next(int(one.lag.total_seconds() // 60) for one in work.queues if one.name == "ingest")
    return {
        "queues": f"no worker serves {', '.join(unserved)}" if "queue-unserved" in found else "",
        "ingest": f"what visits brought has waited for {behind} minutes" if "ingest-behind" in found else "",
    }
