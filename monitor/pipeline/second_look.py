"""Look again at the pages of what was told at once, as politely as pages are read: once per look, as robots.txt allows.

Effects: network, database, one child process.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import TypeVar

from monitor.channels.base import Channel
from monitor.clock import Clock
from monitor.digests.second_look import PageSeen
from monitor.errors import FetchError, FetchReason, ParseError, StorageError
from monitor.feeds.fetch import Fetcher
from monitor.feeds.fulltext import why_no_page
from monitor.feeds.permission import Permission, Permissions
from monitor.feeds.sandbox import ParserProcess
from monitor.logs import get_log
from monitor.model import ChannelName, Fetched, Topic, TopicKey
from monitor.pipeline.look_notes import LookSummary, settle_look
from monitor.storage.second_looks import LookTask
from monitor.storage.store import Store
from monitor.urls import canonical_url, is_front_page, shown_url

T = TypeVar("T")

log = get_log()

AT_ONCE = 8
"""Pages looked at in one go, each of another host: alerts are a few an hour, and nobody waits for a look."""


class SecondLooks:
    """Looks again and settles what was seen; all methods belong to one event loop."""

    def __init__(
        self,
        store: Store,
        fetcher: Fetcher,
        permissions: Permissions,
        parser: ParserProcess,
        clock: Clock,
        *,
        channels: Callable[[], Mapping[ChannelName, Channel]],
        topics: Callable[[], Mapping[TopicKey, Topic]],
        owner: str,
        database_pool: Executor,
        parser_pool: Executor,
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._permissions = permissions
        self._parser = parser
        self._clock = clock
        self._channels = channels
        self._topics = topics
        self._owner = owner
        self._database_pool = database_pool
        self._parser_pool = parser_pool

    async def look(self) -> int:
        """Make some of the looks that are due, and return how many; what is left is due at the next tick.

        Raises StorageError when the database gives none. A look whose outcome it refuses is made again when its lease
        ends, and so is one that a stop cuts off.
        """
        tasks = await self._in_database(self._claim)
        await asyncio.gather(*map(self._look_at, tasks))
        return len(tasks)

    def _claim(self) -> list[LookTask]:
        now = self._clock.now()
        with self._store.read() as tx:
            if not tx.second_looks.is_due(now):
                return []
        with self._store.write() as tx:
            return tx.second_looks.claim(now, owner=self._owner, limit=AT_ONCE)

    async def _in_database(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._database_pool, work)

    async def _look_at(self, task: LookTask) -> None:
        url = shown_url(task.article.url)
        try:
            seen = await self._see(task.article.url)
            done = await self._in_database(lambda: self._settle(task, seen))
        except StorageError as error:  # nothing stands; the lease ends and the page is looked at again
            log.error("look.refused", url=url, reason=error.reason, hint=str(error))
        except Exception as error:  # noqa: BLE001  # the edge of a unit of work: recorded, and it costs no other look
            log.error("look.broke", url=url, error=error, hint="please report this")
            await self._give_up(task, type(error).__name__)
        else:
            if done is not None:
                log.info("look.made", url=url, finding=done.finding, notes=done.notes, reason=done.reason)

    def _settle(self, task: LookTask, seen: PageSeen) -> LookSummary | None:
        return settle_look(
            self._store, task, seen, self._channels(), self._topics(), owner=self._owner, now=self._clock.now()
        )

    async def _give_up(self, task: LookTask, what: str) -> None:
        """Count a look that broke as one that saw nothing, so that it is not made for ever."""
        try:
            await self._in_database(lambda: self._settle(task, PageSeen(reason=f"could not be read ({what})")))
        except StorageError as error:
            log.error("look.refused", url=shown_url(task.article.url), reason=error.reason, hint=str(error))

    async def _see(self, url: str) -> PageSeen:
        try:
            return await self._visit(url)
        except FetchError as error:
            return PageSeen(is_gone=error.reason is FetchReason.NOT_FOUND, reason=error.what)
        except ParseError as error:
            return PageSeen(reason=error.what)

    async def _visit(self, url: str) -> PageSeen:
        refusal = await self._why_not(url)
        if refusal:
            return PageSeen(reason=refusal)
        answer = await self._fetcher.fetch(url)
        if not isinstance(answer, Fetched):
            return PageSeen(is_gone=True, reason="410: it is gone")
        if answer.final_url != url:
            if is_front_page(canonical_url(answer.final_url)):
                return PageSeen(reason="it leads to the site's front page")
            refusal = await self._why_not(answer.final_url)
        if refusal:
            return PageSeen(reason=refusal)
        kind = answer.content_type.partition(";")[0].strip().lower()
        if kind not in ("", "text/html", "application/xhtml+xml"):
            return PageSeen(reason=f"no web page but {kind[:60]}")
        found = await asyncio.get_running_loop().run_in_executor(
            self._parser_pool, lambda: self._parser.read_headlines(answer.body, answer.charset)
        )
        return PageSeen(found.titles)

    async def _why_not(self, url: str) -> str:
        """Why a page may not be read, at least not now; empty where it may."""
        if reason := why_no_page(url):
            return reason
        permission = await self._permissions.ask(url)
        if permission is Permission.FORBIDDEN:
            return "the site's robots.txt forbids it"
        return "the site's robots.txt cannot be read" if permission is Permission.NOT_NOW else ""
