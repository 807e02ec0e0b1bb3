"""How often who may try to sign in: a count per minute for each address and for all together.

Effects: none.
"""

from collections.abc import Callable
from ipaddress import ip_address, ip_network

WINDOW_S = 60
PER_ADDRESS_MAX = 10
"""Failures within a minute; after them the address waits for the next."""
IN_ALL_MAX = 200
"""Failures of all addresses within a minute. It also bounds how many addresses are remembered."""


class Attempts:
    """Counts failures; belongs to one thread, the event loop's."""

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self._began_s = monotonic_s()
        self._failed: dict[str, int] = {}
        self._failed_in_all = 0

    def wait_s(self, address: str, *, in_all: bool) -> int:
        """Seconds until it may try again; 0 for now. `in_all` asks for the count of all addresses too."""
        now_s = self._monotonic_s()
        if now_s - self._began_s >= WINDOW_S:
            self._began_s, self._failed_in_all = now_s, 0
            self._failed.clear()
        is_over = self._failed.get(_group_of(address), 0) >= PER_ADDRESS_MAX
        if is_over or (in_all and self._failed_in_all >= IN_ALL_MAX):
            return max(1, round(self._began_s + WINDOW_S - now_s))
        return 0

    def note_failure(self, address: str) -> None:
        """It gave a wrong token."""
        group = _group_of(address)
        self._failed_in_all += 1
        if group in self._failed or len(self._failed) < IN_ALL_MAX:
            self._failed[group] = self._failed.get(group, 0) + 1


def _group_of(address: str) -> str:
    """An address, or the /64 it is of: every household has one of those whole."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    return address if found.version == 4 else str(ip_network((found, 64), strict=False))
