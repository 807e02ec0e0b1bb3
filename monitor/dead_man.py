"""The dead-man address: asked for after each good cycle, so that somebody elsewhere notices when none comes.

Effects: network, writes the log.
"""

from collections.abc import Callable
from datetime import timedelta

from monitor.clock import Clock
from monitor.errors import FetchError
from monitor.feeds.guard import PostAnswer
from monitor.logs import get_log
from monitor.model import Need
from monitor.outbox.notices import KINDS

log = get_log()

EVERY_S = 300.0
"""Between two pings where there is no canary; with it there is one after each that came through, once an hour."""
RETRY_S = 60.0
LONG = timedelta(hours=1)
"""A service that is away for a while is no matter for a person."""
TIMEOUT_S = 10.0

Ask = Callable[[str, float], PostAnswer]
"""`ask(url, timeout_s)`: one GET through the door, no redirect followed; raises `FetchError`."""


class DeadMan:
    """Pings when it is owed. The address is in no log, error or notice: who knows it can pretend that all is well."""

    def __init__(self, ask: Ask, clock: Clock) -> None:
        self._ask = ask
        self._clock = clock
        self._owed = False
        self._arrivals = 0
        self._good_s: float | None = None
        self._tried_s: float | None = None
        self._failing_s: float | None = None
        self._why = ""

    def note_good(self, arrivals: int | None) -> None:
        """A cycle was good; `arrivals` counts the canaries that came through, None where there is no canary."""
        now_s = self._clock.monotonic_s()
        if arrivals is None:
            is_due = self._good_s is None or now_s - self._good_s >= EVERY_S
        else:
            is_due = arrivals > self._arrivals
        if is_due:
            self._owed, self._good_s, self._arrivals = True, now_s, arrivals or 0

    def is_due(self) -> bool:
        """Whether one is owed, and not tried just now."""
        waits = self._tried_s is not None and self._clock.monotonic_s() - self._tried_s < RETRY_S
        return self._owed and not (waits and self._failing_s is not None)

    def ping(self, url: str) -> bool:
        """Ask for the address once; whether it took it. What it answers is said when it changes."""
        self._tried_s = now_s = self._clock.monotonic_s()
        try:
            status = self._ask(url, TIMEOUT_S).status
            why = "" if 200 <= status <= 299 else f"it answers {status}"
        except FetchError as error:
            why = error.reason.value  # its words may name the address
        if why and why != self._why:
            log.warning("ping.failed", reason=why, hint="it is tried again every minute")
        elif self._why and not why:
            log.info("ping.recovered")
        self._why = why
        self._owed = bool(why)
        self._failing_s = None if not why else self._failing_s if self._failing_s is not None else now_s
        return not why

    def needs(self) -> list[Need]:
        """What is to be said where it takes nothing for long."""
        since = self._failing_s
        if since is None or self._clock.monotonic_s() - since < LONG.total_seconds():
            return []
        return [Need("ping", f"The dead-man address takes no ping: {self._why}.", KINDS["ping"].remedy)]
