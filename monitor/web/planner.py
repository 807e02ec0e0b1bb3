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

BUDGET_S = 1.0
"""Time to judge in; what was not done then is judged over half as many articles, which takes half as long."""
JUDGED_MAX = 5_000
"""Of the articles of 30 days that might answer, the newest are judged."""
WAIT_S = 5.0
"""How long a plan waits for the one before it to end."""
ASKERS_MAX = 64
"""People whose newest question is remembered."""


class Overtaken(MonitorError):
    """The same person asked something newer meanwhile, or too many ask at once: 409."""

    def __init__(self) -> None:
        super().__init__("a newer question is being answered", remedy="Wait a moment and ask again.")


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
        mine = self.begin(asker)
        if not self._working.acquire(timeout=WAIT_S):
            raise Overtaken
        try:
            ends_s = clock.monotonic_s() + budget_s

            def tell(_done: int = 0, _whole: int = 0) -> None:
                if self._turns.get(asker) != mine:
                    raise Overtaken

            tell()
            plan = plan_change(
                store, old, new, clock.now(), since,
                tell=tell, judged_max=JUDGED_MAX, is_late=lambda: clock.monotonic_s() > ends_s,
            )  # fmt: skip
            tell()
            return plan
        finally:
            self._working.release()

    @property
    def askers(self) -> int:
        """How many people's newest questions are remembered."""
        return len(self._turns)

    def begin(self, asker: str) -> int:
        """The number of a new question; what the same person asked before is of no interest any more."""
        with self._turns_lock:
            self._turn += 1
            self._turns[asker] = self._turn
            self._turns.move_to_end(asker)
            while len(self._turns) > ASKERS_MAX:
                self._turns.popitem(last=False)
            return self._turn
