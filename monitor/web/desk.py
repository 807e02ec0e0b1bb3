"""What the page and the API are answered from, and what they may change.

Effects: none.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from monitor.clock import Clock
from monitor.config.watch import Watcher
from monitor.feeds.guard import Guard
from monitor.in_force import InForce
from monitor.storage.store import Store
from monitor.web.planner import Planner


@dataclass(frozen=True, slots=True)
class Desk:
    """The archive, the configuration in force and what looks after it. One for the life of the daemon."""

    store: Store
    clock: Clock
    force: Callable[[], InForce]
    """What is in force now; one answer takes it once."""
    watcher: Watcher
    """Knows the files' folder, what is wrong with them, and since when what is in force is."""
    guard: Guard
    """What the daemon may not reach, the page may not either."""
    planner: Planner = field(default_factory=Planner)
    """Makes the plans that are asked for, one at a time."""

    @property
    def timezone(self) -> str:
        """The zone times are shown in: that of the first topic."""
        topics = self.force().loaded.watchlist.topics
        return topics[0].schedule.timezone if topics else "UTC"
