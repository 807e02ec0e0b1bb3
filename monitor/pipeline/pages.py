"""Read the pages that were wanted, politely, and match their articles once more with the longer text.

A page's text and the matches it brings are stored in one transaction, so that a stop anywhere loses nothing: the page
stays due. What an article matched before stays; the stories are not formed anew.

Effects: network, database, one child process.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from datetime import datetime, timedelta
from typing import TypeVar

from msgspec import Struct

from monitor.channels.base import Channel
from monitor.clock import Clock
from monitor.errors import FetchError, FetchReason, ParseError, StorageError
from monitor.feeds.fetch import Fetcher
from monitor.feeds.fulltext import why_no_page
from monitor.feeds.permission import Permission, Permissions
from monitor.feeds.sandbox import ParserProcess
from monitor.logs import get_log
from monitor.model import ChannelName, Fetched, PageState, Topic, TopicKey
from monitor.pipeline.again import judge_again, store_again
from monitor.pipeline.ingest import IngestContext
from monitor.pipeline.second_look import SecondLooks
from monitor.storage.pages import PageLimits, PageOutcome, PageTask
from monitor.storage.store import Store
from monitor.urls import shown_url

T = TypeVar("T")

log = get_log()

PAGE_BYTES_MAX = 3_000_000
PAGE_S = 15.0
"""For a page, and as much for the robots.txt of its site."""
ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
AT_ONCE = 8
"""Pages read at one time, each of another host; with their bodies a few tens of megabytes at most."""
ATTEMPTS_MAX = 2
RETRY = timedelta(hours=4)
"""A site that could not be read is asked once more, when whatever it was is likely over."""
HOST_REST = timedelta(minutes=30)
"""How long a host that says we come too often is left alone where it names no time."""
WAIT_S = 0.2
"""How often a round looks whether a host has rested."""
_PASSING = frozenset(
    {
        FetchReason.DNS,
        FetchReason.CONNECT,
        FetchReason.TLS,
        FetchReason.TIMEOUT,
        FetchReason.PROTOCOL,
        FetchReason.BAD_ENCODING,
        FetchReason.RATE_LIMITED,
        FetchReason.UNAVAILABLE,
    }
)
"""Reasons that may be over in a few hours."""


class PageSummary(Struct, frozen=True):
    """What reading one page came to."""

    url: str
    state: PageState
    chars: int
    reason: str
    matches: int


class PageReader:
    """Reads pages and settles what they gave; all methods belong to one event loop."""

    def __init__(
        self,
        store: Store,
        fetcher: Fetcher,
        parser: ParserProcess,
        clock: Clock,
        *,
        context: Callable[[], IngestContext],
        owner: str,
        database_pool: Executor,
        parser_pool: Executor,
        limits: PageLimits = PageLimits(),  # noqa: B008  # frozen
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._parser = parser
        self._clock = clock
        self._context = context
        self._owner = owner
        self._database_pool = database_pool
        self._parser_pool = parser_pool
        self._limits = limits
        self._permissions = Permissions(fetcher)
        self._reads: set[asyncio.Task[None]] = set()
        self._stopping = False

    def second_looks(
        self, channels: Callable[[], Mapping[ChannelName, Channel]], topics: Callable[[], Mapping[TopicKey, Topic]]
    ) -> SecondLooks:
        """Who looks again at pages with the means of this reader, and with what sites said to it."""
        return SecondLooks(
            self._store,
            self._fetcher,
            self._permissions,
            self._parser,
            self._clock,
            channels=channels,
            topics=topics,
            owner=self._owner,
            database_pool=self._database_pool,
            parser_pool=self._parser_pool,
        )

    async def look(self) -> int:
        """Claim pages that are due, as many as there is room for, and start reading them; returns how many.

        Where no feed wishes for pages nothing is claimed, and nothing is asked. Raises StorageError.
        """
        room = AT_ONCE - len(self._reads)
        if self._stopping or room <= 0 or not self._context().wishes.by_feed:
            return 0
        tasks = await self._in_database(lambda: self._claim(room))
        for task in tasks:
            read = asyncio.get_running_loop().create_task(self._read(task))
            self._reads.add(read)
            read.add_done_callback(self._reads.discard)
        return len(tasks)

    async def run_round(self, bound_s: float) -> None:
        """Read what is due now until nothing is, or `bound_s` are over; what is left then stays due."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + bound_s
        while loop.time() < until_s:
            await self.look()
            if self._reads:
                await asyncio.wait(set(self._reads), timeout=until_s - loop.time(), return_when=asyncio.FIRST_COMPLETED)
            elif await self._in_database(self._is_due):
                await asyncio.sleep(WAIT_S)
            else:
                return

    async def drain(self, timeout_s: float) -> None:
        """Claim no more, let reading end for at most `timeout_s`, then give back what is left."""
        self._stopping = True
        reads = set(self._reads)
        if reads:
            _, left = await asyncio.wait(reads, timeout=timeout_s)
            for read in left:
                read.cancel()
            await asyncio.gather(*left, return_exceptions=True)
        try:
            if self._context().wishes.by_feed:
                await self._in_database(self._release)
        except StorageError as error:
            log.error("leases.kept", reason=error.reason, hint="they end by themselves within minutes")

    def _claim(self, room: int) -> list[PageTask]:
        now = self._clock.now()
        with self._store.read() as tx:
            if not tx.pages.is_due(now, self._limits):
                return []
        with self._store.write() as tx:
            return tx.pages.claim_due(now, owner=self._owner, limit=room, limits=self._limits)

    def _is_due(self) -> bool:
        if not self._context().wishes.by_feed:
            return False
        with self._store.read() as tx:
            return tx.pages.is_due(self._clock.now(), self._limits)

    def _release(self) -> None:
        with self._store.write() as tx:
            tx.pages.release(self._clock.now(), self._owner)

    async def _in_database(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._database_pool, work)

    async def _read(self, task: PageTask) -> None:
        try:
            outcome = task.known or await self._visit(task)
            done = await self._in_database(
                lambda: settle_page(
                    self._store, task, outcome, self._context(), owner=self._owner, now=self._clock.now()
                )
            )
        except StorageError as error:  # nothing stands; the lease ends and the page is read again
            log.error("page.refused", url=shown_url(task.url), reason=error.reason, hint=str(error))
        except Exception as error:  # noqa: BLE001  # the edge of a unit of work: recorded, so that it is not asked for ever
            log.error("page.broke", url=shown_url(task.url), error=error, hint="please report this")
            await self._give_up(task, f"could not be stored ({type(error).__name__})")
        else:
            if done is not None:
                log.info(
                    "page.read",
                    url=shown_url(done.url),
                    state=done.state,
                    chars=done.chars,
                    matches=done.matches,
                    reason=done.reason,
                )

    async def _give_up(self, task: PageTask, reason: str) -> None:
        outcome = PageOutcome(PageState.FAILED, reason=reason)
        now = self._clock.now()
        try:
            await self._in_database(
                lambda: settle_page(self._store, task, outcome, self._context(), owner=self._owner, now=now)
            )
        except StorageError as error:
            log.error("page.refused", url=shown_url(task.url), reason=error.reason, hint=str(error))

    async def _visit(self, task: PageTask) -> PageOutcome:
        try:
            return await self._fetch(task)
        except FetchError as error:
            if error.reason is FetchReason.REFUSED_ADDRESS:
                return PageOutcome(PageState.REFUSED, reason=error.what)
            is_passing = error.reason in _PASSING or (error.status is not None and error.status >= 500)
            return self._later(task, error) if is_passing else PageOutcome(PageState.FAILED, reason=error.what)
        except ParseError as error:
            return PageOutcome(PageState.FAILED, reason=error.what)
        except Exception as error:  # noqa: BLE001  # the edge of a unit of work: recorded, so that it is not tried for ever
            log.error("page.broke", url=shown_url(task.url), error=error, hint="please report this")
            return PageOutcome(PageState.FAILED, reason=f"could not be read ({type(error).__name__})")

    async def _fetch(self, task: PageTask) -> PageOutcome:
        refusal = await self._why_not(task, task.url)
        if refusal is not None:
            return refusal
        answer = await self._fetcher.fetch(task.url)
        if not isinstance(answer, Fetched):
            return PageOutcome(PageState.FAILED, reason="410: it is gone")
        if answer.final_url != task.url and (refusal := await self._why_not(task, answer.final_url)) is not None:
            return refusal
        kind = answer.content_type.partition(";")[0].strip().lower()
        if kind not in ("", "text/html", "application/xhtml+xml"):
            return PageOutcome(PageState.REFUSED, reason=f"no web page but {kind[:60]}")
        found = await asyncio.get_running_loop().run_in_executor(
            self._parser_pool,
            lambda: self._parser.read_page(answer.body, answer.charset, longer_than=task.feed_chars),
        )
        if not found.text:
            return PageOutcome(PageState.FAILED, reason="the page holds no more than the feed says")
        return PageOutcome(PageState.GOT, found.text, found.road)

    async def _why_not(self, task: PageTask, url: str) -> PageOutcome | None:
        """Why a page may not be read, at least not now. Where a redirect leads is asked for as well."""
        if reason := why_no_page(url):
            return PageOutcome(PageState.REFUSED, reason=reason)
        permission = await self._permissions.ask(url)
        if permission is Permission.FORBIDDEN:
            return PageOutcome(PageState.REFUSED, reason="the site's robots.txt forbids it")
        return self._later(task, None) if permission is Permission.NOT_NOW else None

    def _later(self, task: PageTask, error: FetchError | None) -> PageOutcome:
        """Once more in a few hours, and then no more; a host that says we come too often is left alone."""
        now = self._clock.now()
        reason = error.what if error is not None else "the site's robots.txt cannot be read"
        rest_until = None
        if error is not None and error.reason in (FetchReason.RATE_LIMITED, FetchReason.UNAVAILABLE):
            asked = timedelta(seconds=error.retry_after_s) if error.retry_after_s is not None else HOST_REST
            rest_until = now + asked
        if task.attempts + 1 >= ATTEMPTS_MAX:
            return PageOutcome(PageState.FAILED, reason=reason, rest_until=rest_until)
        next_at = max(now + RETRY, rest_until or now)
        return PageOutcome(PageState.DUE, reason=reason, next_at=next_at, rest_until=rest_until)


def settle_page(
    store: Store, task: PageTask, outcome: PageOutcome, context: IngestContext, *, owner: str, now: datetime
) -> PageSummary | None:
    """Store what became of a page, and what its article matches by the longer text, in one transaction.

    None, and nothing stored, where the lease is another's by now. An article that answered a topic before keeps its
    match; while no digest has taken it, it may stand on better evidence.
    """
    with store.write() as tx:
        tx.corrections.share()
        if not tx.pages.settle(task, outcome, owner=owner, now=now):
            return None
        stored = tx.articles.by_ids([task.article_id]).get(task.article_id)
        matches = 0
        if stored is not None and outcome.state is PageState.GOT:
            matches = store_again(tx, judge_again(stored, outcome.text, context.watchlist), context, now)
            tx.vectors.forget([task.article_id])  # it says more now, and may mean something else
    return PageSummary(task.url, outcome.state, len(outcome.text), outcome.reason, matches)
