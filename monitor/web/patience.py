"""How long somebody who waits for a page is kept waiting for a look through the archive.

Effects: none.
"""

from collections.abc import Callable

from monitor.clock import Clock

LOOK_S = 0.5
"""Then the answer says how far it looked, and how to go on."""


def over_after(clock: Clock, seconds: float = LOOK_S) -> Callable[[], bool]:
    """Says whether so many seconds have gone by since now."""
    until = clock.monotonic_s() + seconds
    return lambda: clock.monotonic_s() >= until
