"""Whether it is our own network that is down, and not the feeds.

An outage here would else be counted against every feed, and each would be left alone for hours after it ended.

Effects: none.
"""

from collections import OrderedDict

from monitor.errors import FetchError, FetchReason

HOSTS_DOWN = 5
"""Hosts unreachable one after the other, and none reached in between, before it is our network: that many do not fall
together, and a list of fewer feeds tells nothing."""
_UNREACHED = frozenset({FetchReason.DNS, FetchReason.CONNECT, FetchReason.TIMEOUT})


class Reach:
    """What the last visits say of our own network. Belongs to one event loop."""

    def __init__(self) -> None:
        self._down: OrderedDict[str, None] = OrderedDict()
        self._reached_s = float("-inf")

    @property
    def is_down(self) -> bool:
        """Whether the last visits, to several hosts, all reached nobody."""
        return len(self._down) >= HOSTS_DOWN

    def note(self, host: str, error: Exception | None, started_s: float, now_s: float) -> bool:
        """Take in how a visit to a host went; returns whether that changed what we think of the network.

        A visit that began before somebody else was reached says nothing: at the end of a round the servers that never
        answer are all that is left.
        """
        was_down = self.is_down
        if isinstance(error, FetchError) and error.reason in _UNREACHED:
            if started_s <= self._reached_s:
                return False
            self._down[host] = None
            while len(self._down) > HOSTS_DOWN:
                self._down.popitem(last=False)
        elif not _was_not_asked(error):
            self._reached_s = now_s
            self._down.clear()  # somebody answered, whatever the answer was
        return self.is_down != was_down


def _was_not_asked(error: Exception | None) -> bool:
    """Whether the visit ended before anything was sent."""
    held_back = isinstance(error, FetchError) and error.reason is FetchReason.RATE_LIMITED and error.status is None
    return held_back or (isinstance(error, FetchError) and error.reason is FetchReason.REFUSED_ADDRESS)
