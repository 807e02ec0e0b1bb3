"""The feeds at an address, each with a look at what it would have brought: which topics its entries answer now.

Effects: network, one child process, threads for parsing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from threading import BoundedSemaphore

from msgspec import Struct

from monitor.config.feeds import address_key, is_web_address
from monitor.errors import MonitorError
from monitor.feeds.discover import FoundBy, FoundFeed, discover_once
from monitor.feeds.guard import Guard
from monitor.feeds.sandbox import ParserProcess
from monitor.model import Article, ArticleId, Entry, FeedSpec, TopicKey
from monitor.pipeline.ingest import TEXT_CHARS_MAX
from monitor.topics.match import CompiledWatchlist, match_article

WHOLE_S = 12.0
"""For all of it: the page waits, and a request has twenty seconds."""
EXCHANGE_S = 8.0
PARSE_S = 4.0
AT_ONCE = 2
"""Discoveries at a time: each may hold a child process."""
FOUND_MAX = 10
ENTRIES_JUDGED = 100
ENTRIES_SHOWN = 5
ADDRESS_CHARS_MAX = 2_000
_PLACES = BoundedSemaphore(AT_ONCE)

WAYS = {
    FoundBy.ITSELF: "the address itself",
    FoundBy.SITE: "as this site has them",
    FoundBy.LINK: "linked in the page",
    FoundBy.CANONICAL: "by the page's own address",
    FoundBy.PROBE: "in a usual place",
}


class Answered(Struct, frozen=True):
    """An entry that answers a topic."""

    entry: Entry
    topic: TopicKey
    score: int


class Looked(Struct, frozen=True):
    """A feed that was found, and what it would have brought."""

    found: FoundFeed
    known_as: str
    """The name it has in feeds.toml already; empty where it is new."""
    judged: int
    """Entries that were held against the watchlist."""
    topics: Mapping[TopicKey, int]
    """How many of them answer which topic."""
    answered: tuple[Answered, ...]
    """The best of them."""
    way: str


def look_at(
    typed: str,
    guard: Guard,
    compiled: CompiledWatchlist,
    specs: Sequence[FeedSpec],
    now: datetime,
    *,
    body_bytes_max: int,
) -> list[Looked]:
    """The feeds of the page at an address, best first; blocks for at most a quarter of a minute.

    Nothing is stored, and what the daemon may not reach is not reached. Raises MonitorError where there is none, and
    where others look already.
    """
    if not typed or len(typed) > ADDRESS_CHARS_MAX:
        raise MonitorError("no address is given", remedy="Write that of a feed, or of the page that has one.")
    if not _PLACES.acquire(blocking=False):
        raise MonitorError("others look for feeds at this moment", remedy="Try again in half a minute.")
    parser = ParserProcess(deadline_s=PARSE_S)
    try:
        found = discover_once(
            typed,
            guard,
            lambda body, base_url, charset: parser.parse(body, base_url, charset, now),
            body_bytes_max=body_bytes_max,
            exchange_s=EXCHANGE_S,
            whole_s=WHOLE_S,
        )
    finally:
        parser.close()
        _PLACES.release()
    return [_look(one, compiled, specs) for one in found[:FOUND_MAX]]


def known_as(url: str, specs: Sequence[FeedSpec]) -> str:
    """The name of the configured feed of this address, http and https taken for one; empty where there is none."""
    key = _key(url)
    return next((spec.name for spec in specs if _key(spec.url) == key), "")


def _key(url: str) -> str:
    return (address_key(url) if is_web_address(url) else url).partition("://")[2]


def _look(found: FoundFeed, compiled: CompiledWatchlist, specs: Sequence[FeedSpec]) -> Looked:
    entries = found.parsed.entries[:ENTRIES_JUDGED]
    answered = []
    for number, entry in enumerate(entries, 1):
        article = Article(
            id=ArticleId(number),
            title=entry.title,
            text=entry.text[:TEXT_CHARS_MAX],
            url=entry.link,
            source=entry.source,
            language=entry.language or found.parsed.language,
            author=entry.author,
            tags=entry.tags,
            published_at=entry.published,
        )
        answered += [Answered(entry, match.topic, match.score) for match in match_article(compiled, article)[0]]
    topics = Counter(one.topic for one in answered)
    best = sorted(answered, key=lambda one: -one.score)[:ENTRIES_SHOWN]
    return Looked(found, known_as(found.url, specs), len(entries), topics, tuple(best), WAYS[found.found_by])
