"""A poller over a store, servers that answer as told, and what came of it."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import sqlalchemy as sa
from msgspec.structs import replace

from monitor.feeds.parse import parse_feed
from monitor.model import FeedSpec, Fetched, Gone, NotModified, ParsedFeed
from monitor.pipeline.poll import Poller
from monitor.pipeline.visitor import HostLimit, Visitor
from monitor.pipeline.visits import PollSummary
from monitor.storage.store import Store
from tests.fakes.clock import START, FakeClock
from tests.pipeline.given import a_context, a_topic, articles_of

T = TypeVar("T")

FREE = HostLimit(1000, 0.0)
WAIT_S = 60.0
"""How long a test waits for something that comes at once on an idle machine."""


def rss(number: int, *, ttl: int = 60) -> bytes:
    """A feed of one entry."""
    link = f"https://outlet.example/{number}"
    return (
        f'<rss version="2.0"><channel><title>Outlet {number}</title><ttl>{ttl}</ttl><item><guid>{link}</guid>'
        f"<title>Mayor of town {number} speaks of the hostage</title><link>{link}</link></item></channel></rss>"
    ).encode()


class OwnParser:
    """The real parser without its process, counting what it reads."""

    def __init__(self) -> None:
        self.parsed = 0

    def parse(self, body: bytes, base_url: str, charset: str | None, now: datetime) -> ParsedFeed:
        """As in the child process."""
        self.parsed += 1
        return parse_feed(body, base_url=base_url, charset=charset, now=now)


@dataclass
class Publishers:
    """Every server there is: answers as told, and notes who was visited when, and how many at one time."""

    answers: dict[str, Fetched | NotModified | Gone | Exception] = field(default_factory=dict)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    """Answers wait for it."""
    visits: list[tuple[str, float]] = field(default_factory=list)
    asked: list[tuple[str | None, str | None]] = field(default_factory=list)
    sent: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    """Address, secret headers and proxy of each visit."""
    now: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    most: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    on_answer: Callable[[], None] | None = None
    came: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by each visit."""

    async def visited(self, holds: Callable[[], bool]) -> None:
        """Wait for the visit that makes it hold; the run's own bound ends it otherwise."""
        while not holds():
            self.came.clear()
            await self.came.wait()

    async def fetch(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        headers: Mapping[str, str] | None = None,
        proxy: str = "",
    ) -> Fetched | NotModified | Gone:
        """One visit."""
        host = str(urlsplit(url).hostname)
        self.visits.append((url, asyncio.get_running_loop().time()))
        self.asked.append((etag, last_modified))
        self.sent.append((url, dict(headers or {}), proxy))
        self.now[host] += 1
        self.most[host] = max(self.most[host], self.now[host])
        self.came.set()
        try:
            await asyncio.sleep(0)  # a real visit lets others have their turn
            await self.open.wait()
        finally:
            self.now[host] -= 1
        if self.on_answer is not None:
            self.on_answer()
        answer = self.answers.get(url, Fetched(rss(int(url.rsplit("/", 1)[1])), url, 200, etag='"v1"'))
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self) -> None:
        """Nothing is held."""


class Works:
    """A poller over a store and publishers, with pools of its own."""

    def __init__(self, store: Store, clock: FakeClock, publishers: Publishers, **changes: Any) -> None:
        self.pool = ThreadPoolExecutor(1)
        self.parser_pool = ThreadPoolExecutor(1)
        self.parser = OwnParser()
        self.reports: list[PollSummary] = []
        self.owner = str(changes.pop("owner", "worker"))
        context = a_context([a_topic()], owner=self.owner, tell_first_poll=True)
        context = replace(context, rules=changes.pop("rules", {}))
        limit = changes.pop("limit", FREE)
        visitor = Visitor(
            publishers,  # type: ignore[arg-type]  # stands for the fetcher: the two methods that are used
            self.parser,  # type: ignore[arg-type]  # the same function without its process
            clock,
            context=lambda: context,
            concurrency=changes.pop("concurrency", 8),
            limit_of=lambda _: limit,
            parser_pool=self.parser_pool,
        )
        self.poller = Poller(
            store,
            visitor,
            clock,
            context=lambda: context,
            owner=self.owner,
            database_pool=self.pool,
            report=changes.pop("report", self.reports.append),
        )

    async def settled(self) -> None:
        """Wait until no visit is under way and what they brought was taken in, or refused."""
        while self.poller.busy:
            if self.poller._visits:
                await asyncio.wait(self.poller._visits)
            await self.poller._queue.join()

    async def piled_up(self) -> None:
        """Wait until no more fits in front of the database: the visit that fills the queue ends with that."""
        while not self.poller._queue.full():
            await asyncio.wait(self.poller._visits, return_when=asyncio.FIRST_COMPLETED)


def run(work: Coroutine[Any, Any, T]) -> T:
    """On a loop of its own, within a bound."""
    return asyncio.run(asyncio.wait_for(work, WAIT_S))


def configure(store: Store, count: int, *, hosts: int = 1000, now: datetime = START) -> None:
    """Feeds that are due, spread over so many hosts."""
    specs = [FeedSpec(f"Feed {n}", f"https://host{n % hosts}.example/{n}") for n in range(count)]
    with store.write() as tx:
        tx.feeds.sync(specs, now, spread_s=1)


def leases(store: Store) -> list[str]:
    """Who holds feeds."""
    with store.read() as tx:
        rows = tx.connection.execute(sa.text("SELECT lease_owner FROM feed WHERE lease_owner IS NOT NULL"))
        return [str(owner) for owner in rows.scalars()]


def titles(store: Store) -> set[str]:
    """What is kept."""
    return {stored.article.title for stored in articles_of(store)}
