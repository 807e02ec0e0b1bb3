"""Plans asked for by people who type: one at a time, the newest of each person, and within two seconds.

Effects: database.
"""

import threading
from collections import OrderedDict
from datetime import datetime

from monitor.clock import Clock
from monitor.errors import MonitorError
from monitor.pipeline.plan import plan_change
from monitor.pipeline.planned import Plan
from monitor.storage.store import Store
from monitor.topics.match import CompiledWatchlist

BUDGET_S = 1.2
"""Time to judge in; what was not done then is judged over half as many articles, which takes half as long."""
ARTICLES_MAX = 200_000
"""The newest articles of 30 days that are looked for."""
JUDGED_MAX = 20_000
"""Of those that might answer, the newest are judged."""
JUDGED_MIN = 100
"""As few as this are judged however long it takes."""
WAIT_S = 5.0
"""How long a plan waits for the one before it to end."""
ASKERS_MAX = 64
"""People whose newest question is remembered."""


class Overtaken(MonitorError):
    """The same person asked something newer meanwhile, or too many ask at once: 409."""

    def __init__(self) -> None:
        super().__init__("a newer question is being answered", remedy="Wait a moment and ask again.")


class _OutOfTime(Exception):
    def __init__(self, done: int) -> None:
        self.done = done
        super().__init__(f"{done} were judged in time")


class Planner:
    """Makes plans, one at a time for the whole daemon."""

    def __init__(self) -> None:
        self._working = threading.Lock()
        self._turns_lock = threading.Lock()
        self._turns: OrderedDict[str, int] = OrderedDict()
        self._turn = 0

    def plan(
        self,
        store: Store,
        old: CompiledWatchlist,
        new: CompiledWatchlist,
        clock: Clock,
        *,
        asker: str,
        since: datetime | None = None,
        budget_s: float = BUDGET_S,
    ) -> Plan:
        """What an edit would change, over fewer days where that takes too long. Raises Overtaken."""
        mine = self._begin(asker)
        if not self._working.acquire(timeout=WAIT_S):
            raise Overtaken
        try:
            ends_s = clock.monotonic_s() + budget_s

            def tell(done: int, _whole: int) -> None:
                if self._turns.get(asker) != mine:
                    raise Overtaken
                if clock.monotonic_s() > ends_s:
                    raise _OutOfTime(done)

            def attempt(judged_max: int) -> Plan:
                tell(0, 0)
                return plan_change(
                    store, old, new, clock.now(), since, tell=tell, articles_max=ARTICLES_MAX, judged_max=judged_max
                )

            try:
                return attempt(JUDGED_MAX)
            except _OutOfTime as late:
                ends_s = float("inf")
                return attempt(max(late.done // 2, JUDGED_MIN))
        finally:
            self._working.release()

    def _begin(self, asker: str) -> int:
        with self._turns_lock:
            self._turn += 1
            self._turns[asker] = self._turn
            self._turns.move_to_end(asker)
            while len(self._turns) > ASKERS_MAX:
                self._turns.popitem(last=False)
            return self._turn
