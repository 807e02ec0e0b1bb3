"""Visiting feeds: politely to each host, never more than there is room for, and nothing lost on the way."""

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from monitor.errors import FetchError, FetchReason, StorageError
from monitor.feeds.parse import parse_feed
from monitor.model import FeedRules, FeedSpec, Fetched, Gone, NotModified, ParsedFeed, PollOutcome
from monitor.pipeline.poll import CLAIMS_AHEAD, QUEUE_FEEDS_MAX, HostLimit, Poller
from monitor.pipeline.visits import PollSummary
from monitor.storage.engine import open_engine
from monitor.storage.feeds import LEASE_S
from monitor.storage.store import Store
from tests.fakes.clock import START, FakeClock
from tests.pipeline.given import a_context, a_topic, articles_of

T = TypeVar("T")

FREE = HostLimit(1000, 0.0)
WAIT_S = 10.0
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
        self.poller = Poller(
            store,
            publishers,  # type: ignore[arg-type]  # stands for the fetcher: the two methods that are used
            self.parser,  # type: ignore[arg-type]  # the same function without its process
            clock,
            context=lambda: context,
            owner=self.owner,
            concurrency=changes.pop("concurrency", 8),
            limit_of=lambda _: limit,
            database_pool=self.pool,
            parser_pool=self.parser_pool,
            report=changes.pop("report", self.reports.append),
        )


def run(work: Coroutine[Any, Any, T]) -> T:
    """On a loop of its own, within a bound."""
    return asyncio.run(asyncio.wait_for(work, WAIT_S))


async def until(holds: Callable[[], bool]) -> None:
    """Let the loop turn until something holds; the run's own bound ends it otherwise."""
    while not holds():  # noqa: ASYNC110  # what is waited for happens in threads and in the code under test
        await asyncio.sleep(0.001)


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


# --- politeness ------------------------------------------------------------------------------------------------------


def test_a_host_is_never_visited_by_too_many_at_once(sqlite_store: Store) -> None:
    """Twelve feeds of one host, two at a time; only so many are claimed that they are visited within their lease."""
    configure(sqlite_store, 12, hosts=1)

    async def work() -> Publishers:
        publishers = Publishers()
        works = Works(sqlite_store, FakeClock(), publishers, concurrency=20, limit=HostLimit(2, 0.0))
        assert await works.poller.look() == 8
        assert await works.poller.look() == 0, "the host has enough to do"
        await until(lambda: publishers.now["host0.example"] == 2)
        publishers.open.set()
        await works.poller.run_round()
        await works.poller.drain(WAIT_S)
        return publishers

    publishers = run(work())
    assert publishers.most == {"host0.example": 2}
    assert len(titles(sqlite_store)) == 12


def test_visits_at_one_time_are_bounded_over_all_hosts(sqlite_store: Store) -> None:
    """However many feeds are due, only so many connections are open."""
    configure(sqlite_store, 30)

    async def work() -> int:
        publishers = Publishers()
        works = Works(sqlite_store, FakeClock(), publishers, concurrency=5)
        assert await works.poller.look() == 5 * CLAIMS_AHEAD
        await until(lambda: len(publishers.visits) == 5)
        most = sum(publishers.now.values())
        assert await works.poller.look() == 0, "no room while so many are under way"
        publishers.open.set()
        await works.poller.run_round()
        await works.poller.drain(WAIT_S)
        return most

    assert run(work()) == 5
    assert len(titles(sqlite_store)) == 30


@pytest.mark.parametrize("apart", [False, True])
def test_the_pause_between_two_visits_to_a_host_is_kept(sqlite_store: Store, apart: bool) -> None:
    """Also when the first visit is over long before the second is asked for, with another look."""
    configure(sqlite_store, 1 if apart else 3, hosts=1)
    pause_s = 0.08

    async def work() -> list[float]:
        publishers = Publishers()
        publishers.open.set()
        works = Works(sqlite_store, FakeClock(), publishers, limit=HostLimit(4, pause_s))
        if apart:
            for count in (1, 2, 3):
                configure(sqlite_store, count, hosts=1)
                await works.poller.look()
                await until(lambda: works.poller.busy == 0)
        else:
            await works.poller.look()
        await until(lambda: len(publishers.visits) == 3)
        await works.poller.drain(WAIT_S)
        return [at for _, at in publishers.visits]

    first, second, third = run(work())
    assert second - first >= pause_s * 0.95
    assert third - second >= pause_s * 0.95


def test_a_host_that_says_too_often_is_shut_for_all_who_wait(sqlite_store: Store) -> None:
    """Who stood in line when the server said no is not asked for, and has not failed."""
    configure(sqlite_store, 6, hosts=1)
    clock = FakeClock(START + timedelta(seconds=2))
    refusal = FetchError("429", reason=FetchReason.RATE_LIMITED, status=429, retry_after_s=3600)

    async def work() -> tuple[int, list[PollSummary]]:
        publishers = Publishers(answers={f"https://host0.example/{n}": refusal for n in range(6)})
        publishers.open.set()
        works = Works(sqlite_store, clock, publishers, limit=HostLimit(1, 0.01))
        await works.poller.run_round()
        await works.poller.drain(WAIT_S)
        return len(publishers.visits), works.reports

    asked, reports = run(work())
    assert asked == 1
    assert [report.reason for report in reports] == ["rate_limited"] * 6
    with sqlite_store.write() as tx:
        assert tx.feeds.claim_due(START + timedelta(minutes=59), owner="next", limit=9) == []
        assert {health.feed.state.fail_count for health in tx.health.all()} == {0}


def test_feeds_that_failed_leave_room_for_the_others(sqlite_store: Store) -> None:
    """Servers that never answer take a quarter of the slots from their second visit on, however many they are."""
    configure(sqlite_store, 40)
    clock = FakeClock(START + timedelta(seconds=2))
    with sqlite_store.write() as tx:
        tx.connection.execute(
            sa.text("UPDATE feed SET fail_count = 1, next_poll_at = :early WHERE id <= 30"),
            {"early": "2026-01-01 00:00:00"},
        )

    async def work() -> int:
        publishers = Publishers()
        works = Works(sqlite_store, clock, publishers, concurrency=16)
        await works.poller.look()
        await until(lambda: len(publishers.visits) >= 4 + 10)
        failed_before = sum(1 for url, _ in publishers.visits if int(url.rsplit("/", 1)[1]) < 30)
        publishers.open.set()
        await works.poller.drain(WAIT_S)
        return failed_before

    assert run(work()) == 4
    assert len(titles(sqlite_store)) == 40


def test_what_a_person_says_of_a_feed_goes_along(sqlite_store: Store) -> None:
    """Its key and its proxy, for it alone; after a move to another server the key stays at home."""
    configure(sqlite_store, 3)
    clock = FakeClock(START + timedelta(seconds=2))
    rules = FeedRules(headers={"X-Key": "secret"}, proxy="http://proxy.example:3128")
    with sqlite_store.write() as tx:
        moved = sa.text("UPDATE feed SET address = 'https://elsewhere.example/2' WHERE name = 'Feed 2'")
        tx.connection.execute(moved)

    async def work() -> list[tuple[str, dict[str, str], str]]:
        publishers = Publishers()
        publishers.open.set()
        named = {f"https://host{n}.example/{n}": rules for n in (0, 2)}
        works = Works(sqlite_store, clock, publishers, rules=named)
        await works.poller.run_round()
        await works.poller.drain(WAIT_S)
        return sorted(publishers.sent)

    assert run(work()) == [
        ("https://elsewhere.example/2", {}, "http://proxy.example:3128"),
        ("https://host0.example/0", {"X-Key": "secret"}, "http://proxy.example:3128"),
        ("https://host1.example/1", {}, ""),
    ]


# --- what a visit brings ---------------------------------------------------------------------------------------------


def test_equal_bytes_are_not_parsed_again(sqlite_store: Store) -> None:
    """A server without validators costs a hash; one that only moves its build date as well; validators are sent."""
    configure(sqlite_store, 1)
    url = "https://host0.example/0"
    clock = FakeClock()

    async def work() -> tuple[int, list[PollOutcome], list[tuple[str | None, str | None]]]:
        publishers = Publishers()
        publishers.open.set()
        works = Works(sqlite_store, clock, publishers)
        for body in (rss(0), rss(0), rss(0, ttl=61)):
            clock.forward(hours=1)
            publishers.answers[url] = Fetched(body, url, 200, etag='"v1"', last_modified="yesterday")
            await works.poller.run_round()
        await works.poller.drain(WAIT_S)
        return works.parser.parsed, [report.outcome for report in works.reports], publishers.asked

    parsed, outcomes, asked = run(work())
    assert parsed == 1
    assert outcomes == [PollOutcome.NEW, PollOutcome.UNCHANGED, PollOutcome.UNCHANGED]
    assert asked == [(None, None), ('"v1"', "yesterday"), ('"v1"', "yesterday")]


def test_every_kind_of_visit_is_recorded(sqlite_store: Store) -> None:
    """A page, a feed that is gone, and a fault of our own are outcomes of their feed; the others go in."""
    configure(sqlite_store, 4)
    urls = [f"https://host{n}.example/{n}" for n in range(4)]

    async def work() -> dict[str, PollSummary]:
        publishers = Publishers()
        publishers.open.set()
        page = Fetched(b"<!doctype html><html><body>Sign in</body></html>", urls[1], 200)
        publishers.answers = {urls[1]: page, urls[2]: Gone(urls[2]), urls[3]: ZeroDivisionError()}
        works = Works(sqlite_store, FakeClock(), publishers)
        await works.poller.run_round()
        await works.poller.drain(WAIT_S)
        return {report.feed: report for report in works.reports}

    reports = run(work())
    assert [reports[f"Feed {n}"].outcome.value for n in range(4)] == ["new", "failed", "gone", "failed"]
    assert "web page" in reports["Feed 1"].error
    assert reports["Feed 3"].reason == "crashed"
    assert leases(sqlite_store) == []


# --- bounds, stops, refusals -----------------------------------------------------------------------------------------


def test_the_queue_is_bounded_and_polling_waits_for_the_database(sqlite_store: Store) -> None:
    """While the database is busy, polled feeds pile up to a bound; then they go in, all of them."""
    configure(sqlite_store, 420)
    free = Event()

    async def work() -> int:
        # Large enough that a batch is full after a few, however fast they are read.
        large = {n: rss(n) + b"<!--" + b"x" * 100_000 + b"-->" for n in range(420)}
        answers = {f"https://host{n}.example/{n}": Fetched(body, "", 200) for n, body in large.items()}
        publishers = Publishers(dict(answers))
        works = Works(sqlite_store, FakeClock(), publishers, concurrency=210)
        assert await works.poller.look() == 420
        works.pool.submit(free.wait, WAIT_S)  # from here on the database's thread has something else to do
        publishers.open.set()
        try:
            await until(works.poller._queue.full)
            assert await works.poller.look() == 0
            waiting = works.poller._queue.qsize()
        finally:
            free.set()
        await works.poller.drain(WAIT_S)
        return waiting

    assert run(work()) == QUEUE_FEEDS_MAX
    assert len(titles(sqlite_store)) == 420
    assert leases(sqlite_store) == []


def test_a_stop_lets_visits_end_and_stores_them(sqlite_store: Store) -> None:
    """What is under way when SIGTERM comes is brought home; nothing more is claimed."""
    configure(sqlite_store, 3)

    async def work() -> int:
        publishers = Publishers()
        works = Works(sqlite_store, FakeClock(), publishers)
        await works.poller.look()
        await until(lambda: len(publishers.visits) == 3)
        drained = asyncio.create_task(works.poller.drain(WAIT_S))
        await asyncio.sleep(0)
        publishers.open.set()
        await drained
        return await works.poller.look()

    assert run(work()) == 0
    assert len(titles(sqlite_store)) == 3


def test_a_stop_does_not_wait_for_ever_and_gives_leases_back(sqlite_store: Store) -> None:
    """A server that never answers costs the drain its bound; its feed is free for the next process at once."""
    configure(sqlite_store, 3)

    async def work() -> None:
        publishers = Publishers()
        works = Works(sqlite_store, FakeClock(), publishers)
        await works.poller.look()
        await until(lambda: len(publishers.visits) == 3)
        assert leases(sqlite_store) == ["worker"] * 3
        await works.poller.drain(0.02)

    run(work())
    assert leases(sqlite_store) == []
    with sqlite_store.write() as tx:
        assert len(tx.feeds.claim_due(START + timedelta(seconds=1), owner="next", limit=9)) == 3


def test_a_database_that_refuses_pauses_polling_and_loses_nothing(sqlite_store: Store) -> None:
    """What it would not take is read again by whoever comes next, without validators, so that nobody answers 304."""
    configure(sqlite_store, 2)
    clock, publishers_asked = FakeClock(), []
    impatient = Store(open_engine(f"sqlite:///{sqlite_store.database.path}", busy_timeout_s=0.02))
    with closing(sqlite3.connect(str(sqlite_store.database.path), isolation_level=None)) as other:

        async def refused() -> None:
            publishers = Publishers()
            works = Works(impatient, clock, publishers)
            assert await works.poller.look() == 2
            await until(lambda: len(publishers.visits) == 2)
            other.execute("BEGIN IMMEDIATE")  # no write of ours goes through from here on, as on a full disk
            publishers.open.set()
            await until(lambda: works.poller.busy == 0 and works.poller._resume_s > 0)
            assert await works.poller.look() == 0, "polling rests"
            await works.poller.drain(WAIT_S)  # ends quietly: a stop has more steps after this one

        run(refused())
        assert titles(sqlite_store) == set()
        other.execute("ROLLBACK")

    async def next_process() -> None:
        publishers = Publishers()
        publishers.open.set()
        works = Works(sqlite_store, clock, publishers, owner="next")
        await works.poller.run_round()
        await works.poller.drain(WAIT_S)
        publishers_asked.extend(publishers.asked)

    clock.forward(seconds=LEASE_S + 1)
    run(next_process())
    assert len(titles(sqlite_store)) == 2
    assert publishers_asked == [(None, None)] * 2
    impatient.close()


def test_a_claim_that_is_refused_is_said_once_and_polling_rests(sqlite_store: Store) -> None:
    """The daemon does not hammer a database that takes nothing."""
    configure(sqlite_store, 1)
    impatient = Store(open_engine(f"sqlite:///{sqlite_store.database.path}", busy_timeout_s=0.02))
    with closing(sqlite3.connect(str(sqlite_store.database.path), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        async def work() -> None:
            works = Works(impatient, FakeClock(), Publishers())
            with pytest.raises(StorageError):
                await works.poller.look()
            assert await works.poller.look() == 0

        run(work())
    impatient.close()


def test_a_batch_that_breaks_does_not_stop_the_next(sqlite_store: Store) -> None:
    """A fault of our own around one batch is logged; polling goes on."""
    configure(sqlite_store, 1)
    clock = FakeClock()
    reported: list[str] = []

    def report(summary: PollSummary) -> None:
        reported.append(summary.feed)
        if len(reported) == 1:
            raise ZeroDivisionError

    async def work() -> None:
        publishers = Publishers()
        publishers.open.set()
        works = Works(sqlite_store, clock, publishers, report=report)
        await works.poller.run_round()
        configure(sqlite_store, 2)
        clock.forward(hours=1)
        await works.poller.run_round()
        await works.poller.drain(WAIT_S)

    run(work())
    assert len(titles(sqlite_store)) == 2
