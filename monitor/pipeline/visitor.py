"""Visit feeds politely: never too many of one host at once nor too soon after another, and never raise.

Effects: network, one child process.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import nullcontext
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from monitor.clock import Clock
from monitor.errors import FetchError, FetchReason, ParseError, ParseReason
from monitor.feeds.fetch import Fetcher
from monitor.feeds.moves import may_carry_secrets
from monitor.feeds.policy import BACKOFF_S_MAX, RATE_LIMITED_S, validators_for
from monitor.feeds.recorded import Answer
from monitor.feeds.sandbox import ParserProcess
from monitor.logs import get_log
from monitor.model import Feed, Fetched, Gone, NotModified, Polled, PollOutcome
from monitor.model.canary import is_canary
from monitor.pipeline.answers import judge_answer, with_answer
from monitor.pipeline.ingest import IngestContext
from monitor.pipeline.reach import Reach
from monitor.urls import host_of

SLOW_SHARE = 4
"""A quarter of the slots is for feeds that failed at their last visit, however many they are."""

log = get_log()


class HostLimit(Struct, frozen=True):
    """How a host is treated: visits at one time, and the least pause between two in seconds."""

    at_once: int
    spacing_s: float


class _HostGate:
    """Lets visits to one host through, never too many at once nor too soon after another; shut while it asks for it."""

    def __init__(self, limit: HostLimit) -> None:
        self._slots = asyncio.Semaphore(limit.at_once)
        self._spacing_s = limit.spacing_s
        self.next_s = 0.0
        self.shut_until_s = 0.0
        self.users = 0

    async def enter(self) -> None:
        await self._slots.acquire()
        loop = asyncio.get_running_loop()
        start = max(self.next_s, loop.time())
        self.next_s = start + self._spacing_s
        if start > loop.time():
            try:
                await asyncio.sleep(start - loop.time())
            except asyncio.CancelledError:
                self._slots.release()
                raise

    def leave(self) -> None:
        self._slots.release()

    def is_needed(self, now_s: float) -> bool:
        """Whether it holds somebody back, or may have to."""
        return bool(self.users) or max(self.next_s, self.shut_until_s) > now_s

    def shut(self, error: FetchError) -> None:
        """Let nobody through for as long as the server asked; it means all of us, not one feed."""
        if not self._spacing_s:
            return  # of one's own network: who stands in line is let through, and waits from the next visit on
        wait_s = min(error.retry_after_s or RATE_LIMITED_S, BACKOFF_S_MAX)
        self.shut_until_s = max(self.shut_until_s, asyncio.get_running_loop().time() + wait_s)

    def check(self, host: str) -> None:
        """Raise FetchError while it is shut: what waited in line when the server said no is not asked for."""
        left_s = self.shut_until_s - asyncio.get_running_loop().time()
        if left_s > 0:
            what = "not asked: the server said that we come too often"
            raise FetchError(what, reason=FetchReason.RATE_LIMITED, retry_after_s=left_s, where=host)


class Visitor:
    """Visits feeds one by one, many at a time. All methods belong to one event loop."""

    def __init__(
        self,
        fetcher: Fetcher,
        parser: ParserProcess,
        clock: Clock,
        *,
        context: Callable[[], IngestContext],
        concurrency: int,
        limit_of: Callable[[str], HostLimit],
        parser_pool: Executor,
        record: Callable[[Polled, Answer | ParseError | None], None] | None = None,
    ) -> None:
        self._fetcher = fetcher
        self._parser = parser
        self._clock = clock
        self._context = context
        self.concurrency = concurrency
        self.limit_of = limit_of
        self._parser_pool = parser_pool
        self._record = record
        self._slots = asyncio.Semaphore(concurrency)
        self._slow_slots = asyncio.Semaphore(max(1, concurrency // SLOW_SHARE))
        self._hosts: dict[str, _HostGate] = {}
        self._reach = Reach()

    def tidy(self) -> None:
        """Forget hosts that hold nobody back. A gate is kept while its pause lasts: its next visit may come later."""
        now_s = asyncio.get_running_loop().time()
        self._hosts = {host: gate for host, gate in self._hosts.items() if gate.is_needed(now_s)}

    def note_visited(self, host: str, ago_s: float) -> None:
        """Somebody else visited this host so long ago: the next visit keeps its pause from then."""
        gate = self._gate_of(host)
        gate.next_s = max(gate.next_s, asyncio.get_running_loop().time() - ago_s + self.limit_of(host).spacing_s)

    async def visit(self, feed: Feed) -> Polled:
        """Ask for a feed when its host's turn has come, and parse what is new; whatever fails is in what it returns."""
        gate = self._gate_of(host_of(feed.address))
        gate.users += 1
        try:
            await gate.enter()
            try:
                # Who failed last time may be silent again, each for the whole exchange: they share a part of the slots.
                async with self._slow_slots if feed.state.fail_count else nullcontext(), self._slots:
                    return await self._poll(feed, gate)
            finally:
                gate.leave()
        finally:
            gate.users -= 1

    def _gate_of(self, host: str) -> _HostGate:
        gate = self._hosts.get(host)
        if gate is None:
            gate = self._hosts[host] = _HostGate(self.limit_of(host))
        return gate

    async def _poll(self, feed: Feed, gate: _HostGate) -> Polled:
        now = self._clock.now()
        started_s = self._clock.monotonic_s()
        polled = Polled(feed, PollOutcome.FAILED, now)
        answer: Fetched | NotModified | Gone | None = None
        try:
            gate.check(host_of(feed.address))
            answer = await self._fetch(feed, now)
            # Kept before it is parsed: what the server said is known even where the body turns out to be no feed.
            polled = with_answer(polled, answer)
            polled = await self._understand(polled, answer)
        except (FetchError, ParseError) as error:
            if isinstance(error, FetchError) and error.reason is FetchReason.RATE_LIMITED and error.status is not None:
                gate.shut(error)
            polled = replace(polled, outcome=PollOutcome.FAILED, error=error)
        except Exception as error:  # noqa: BLE001  # the edge of a unit of work: recorded, so that the feed is not silent
            log.error("visit.broke", error=error, feed=feed.name, hint="please report this feed")
            broke = ParseError(f"could not be read ({type(error).__name__})", reason=ParseReason.CRASHED)
            polled = replace(polled, outcome=PollOutcome.FAILED, error=broke)
        self._note_reach(feed, polled.error, started_s)
        elapsed_ms = int((self._clock.monotonic_s() - started_s) * 1000)
        polled = replace(polled, elapsed_ms=elapsed_ms, is_offline=self._reach.is_down)
        if self._record is not None and not is_canary(feed.url):
            self._record(polled, answer or polled.error)
        return polled

    def _note_reach(self, feed: Feed, error: FetchError | ParseError | None, started_s: float) -> None:
        if is_canary(feed.url):
            return  # it is of this machine: that it answers says nothing of the network
        if not self._reach.note(host_of(feed.address), error, started_s, self._clock.monotonic_s()):
            return
        if self._reach.is_down:
            log.error("network.down", hint="no host answers; feeds are tried at their usual interval until one does")
        else:
            log.info("network.up")

    async def _fetch(self, feed: Feed, now: datetime) -> Fetched | NotModified | Gone:
        rules = self._context().rules_of(feed)
        etag, last_modified = validators_for(feed.state, now)
        headers = rules.headers if may_carry_secrets(feed.url, feed.address) else None
        return await self._fetcher.fetch(
            feed.address, etag=etag, last_modified=last_modified, headers=headers, proxy=rules.proxy
        )

    async def _understand(self, polled: Polled, answer: Fetched | NotModified | Gone) -> Polled:
        judged = judge_answer(polled, answer)
        if judged.outcome is not PollOutcome.NEW or not isinstance(answer, Fetched):
            return judged
        # Where parsing fails, nothing that was judged counts: the same bytes are parsed again.
        parsed = await asyncio.get_running_loop().run_in_executor(
            self._parser_pool, self._parser.parse, answer.body, answer.final_url, answer.charset, polled.polled_at
        )
        return replace(judged, parsed=parsed)
