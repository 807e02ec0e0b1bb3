"""May this page be read? Each site is asked for its robots.txt, once a day.

Effects: network, threads, reads the monotonic clock.
"""

import asyncio
import time
from collections import OrderedDict
from enum import Enum
from urllib.parse import urlsplit

from monitor.errors import FetchError, FetchReason
from monitor.feeds.fetch import Fetcher
from monitor.feeds.robots import Rules, read_robots
from monitor.model import Fetched

AGENT = "news-monitor"
"""The name by which a robots.txt may speak of us: the product in our User-Agent."""
KNOWN_S = 86_400.0
"""How long a site's word holds; the standard asks for no more than a day."""
UNKNOWN_S = 3_600.0
"""How long a site that gave no answer is not asked again."""
SITES_MAX = 500
"""Sites remembered, the oldest forgotten first: a rule of robots.txt takes a hundred bytes, a site up to 64 KB."""


class Permission(Enum):
    """What a site says to a visit."""

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"
    NOT_NOW = "not now"
    """Its robots.txt cannot be read at the moment, so nothing is allowed yet."""


class Permissions:
    """Asks sites and remembers what they said; all methods belong to one event loop."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._known: OrderedDict[str, tuple[float, Rules | None]] = OrderedDict()

    async def ask(self, url: str) -> Permission:
        """Whether the page at this address may be read.

        Raises FetchError where the site's address is one that the guard refuses, as the page's would be.
        """
        site = _site_of(url)
        found = self._known.get(site)
        if found is None or found[0] <= time.monotonic():
            rules = await self._fetch(site)
            self._remember(site, rules)
        else:
            rules = found[1]
        if rules is None:
            return Permission.NOT_NOW
        return Permission.ALLOWED if rules.allows(url) else Permission.FORBIDDEN

    async def _fetch(self, site: str) -> Rules | None:
        """The site's rules; None where it does not say. A site without a robots.txt forbids nothing."""
        try:
            answer = await self._fetcher.fetch(f"{site}/robots.txt")
        except FetchError as error:
            if error.reason is FetchReason.REFUSED_ADDRESS:
                raise
            is_absent = error.status is not None and 400 <= error.status < 500 and error.status != 429
            return Rules() if is_absent else None
        if not isinstance(answer, Fetched):
            return Rules()
        # Half a megabyte of rules takes a twentieth of a second to read: not on the loop.
        return await asyncio.get_running_loop().run_in_executor(None, read_robots, answer.body, AGENT)

    def _remember(self, site: str, rules: Rules | None) -> None:
        self._known[site] = (time.monotonic() + (UNKNOWN_S if rules is None else KNOWN_S), rules)
        self._known.move_to_end(site)
        while len(self._known) > SITES_MAX:
            self._known.popitem(last=False)


def _site_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme.lower()}://{parts.netloc.rpartition('@')[2].lower()}"
