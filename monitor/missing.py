"""Why an article is not in the archive: which feeds should have brought it, and what those were doing at that time.

Effects: database.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from msgspec import Struct, field

from monitor.model import FeedId
from monitor.storage.health import Bringer, FeedHealth, PollVisit
from monitor.storage.store import Transaction
from monitor.urls import day_in, host_of, is_web_url, publisher_of

FEEDS_MAX = 10
"""Feeds that are told of; a site may have a hundred."""
BRINGERS_MAX = 3
AROUND = timedelta(hours=36)
"""How far around the middle of the day an address names its feed's visits are looked at: that day anywhere on Earth."""


class Missing(Struct, frozen=True):
    """What can be said of what is not in the archive."""

    wanted: str
    host: str
    """Of the address; empty for a number or a headline."""
    feeds: tuple[FeedHealth, ...]
    """The feeds of its site, those under its very host first; at most ten."""
    more_feeds: int = 0
    swept: bool = False
    """An article stood under this address or headline, but its text is past the retention."""
    day: date | None = None
    """When it was published, as its address says."""
    then: Mapping[FeedId, tuple[PollVisit, ...]] = field(default_factory=dict)
    """The recorded visits to those feeds around that day, oldest first; of a quiet visit nothing is recorded."""
    bringers: tuple[Bringer, ...] = ()
    """The feeds that brought other articles from its host."""


def looks_like_address(text: str) -> bool:
    """Whether this is an address and no headline: with a scheme, or a host and a path without any space."""
    if is_web_url(text):
        return True
    host, slash, _ = text.partition("/")
    return bool(slash) and "." in host and not any(char.isspace() for char in text) and is_web_url(f"https://{text}")


def find_missing(tx: Transaction, wanted: str, *, swept: bool) -> Missing:
    """What can be said of an address, number or headline that no article has."""
    if not looks_like_address(wanted):
        return Missing(wanted, "", (), swept=swept)
    url = wanted if is_web_url(wanted) else f"https://{wanted}"
    host, publisher, day = host_of(url), publisher_of(url, ""), day_in(url)
    feeds = [feed for feed in tx.health.all() if _is_of(feed, host, publisher)]
    feeds.sort(key=lambda feed: (not feed.active, host_of(feed.feed.address) != host))
    shown = tuple(feeds[:FEEDS_MAX])
    then: dict[FeedId, tuple[PollVisit, ...]] = {}
    if day is not None:
        middle = datetime.combine(day, time(12), UTC)
        for feed in shown:
            then[feed.feed.id] = tuple(tx.health.visits_between(feed.feed.id, middle - AROUND, middle + AROUND))
    bringers = tuple(tx.health.bringers(host.removeprefix("www."), limit=BRINGERS_MAX)) if host else ()
    return Missing(wanted, host, shown, len(feeds) - len(shown), swept, day, then, bringers)


def _is_of(feed: FeedHealth, host: str, publisher: str) -> bool:
    if not host:
        return False
    there = host_of(feed.feed.address)
    if _same_site(there, host) or (publisher and publisher == feed.feed.state.site):
        return True
    return bool(publisher) and publisher_of(feed.feed.url, "") == publisher


def _same_site(one: str, other: str) -> bool:
    return one == other or one.endswith("." + other) or other.endswith("." + one)
