"""What the listener is handed to answer readers and machines with.

Effects: none.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from monitor.web.readers import FeedAnswer, Leaver


@dataclass(frozen=True, slots=True)
class Answers:
    """What is asked from outside the page; each is plain work, run off the loop."""

    health: Callable[[], tuple[bool, dict[str, object]]]
    """Whether the daemon lives, and the facts."""
    ready: Callable[[], tuple[bool, dict[str, object]]] = lambda: (True, {"ready": True, "checks": {}})
    """Whether all is well, and what is not."""
    metrics: Callable[[str], tuple[bytes, str]] = lambda _accept: (b"", "text/plain; charset=utf-8")
    """The numbers in the form that is accepted, and their media type."""
    feed: Callable[[str, str], FeedAnswer | None] = lambda _key, _address: None
    look: Callable[[str], Leaver | None] = lambda _token: None
    leave: Callable[[str], Leaver | None] = lambda _token: None
    leave_page: Callable[[Leaver | None], str] = lambda _leaver: ""
    public_url: Callable[[], str] = lambda: ""
    monotonic_s: Callable[[], float] = time.monotonic
