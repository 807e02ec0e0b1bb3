"""Visiting feeds: politely to each host, and never more than there is room for."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from monitor.errors import FetchError, FetchReason
from monitor.model import FeedRules, Fetched, Gone, PollOutcome
from monitor.pipeline.poll import CLAIMS_AHEAD
from monitor.pipeline.visitor import HostLimit
from monitor.pipeline.visits import PollSummary
from monitor.storage.store import Store
from tests.fakes.clock import START, FakeClock
from tests.pipeline.polling import WAIT_S, Publishers, Works, configure, leases, rss, run, titles


def test_a_host_is_never_visited_by_too_many_at_once(sqlite_store: Store) -> None:
    """Twelve feeds of one host, two at a time; only so many are claimed that they are visited within their lease."""
    configure(sqlite_store, 12, hosts=1)

    async def work() -> Publishers:
        publishers = Publishers()
        works = Works(sqlite_store, FakeClock(), publishers, concurrency=20, limit=HostLimit(2, 0.0))
        assert await works.poller.look() == 8
        assert await works.poller.look() == 0, "the host has enough to do"
        await publishers.visited(lambda: publishers.now["host0.example"] == 2)
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
        await publishers.visited(lambda: len(publishers.visits) == 5)
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
        began = asyncio.get_running_loop().time()
        if apart:
            for count in (1, 2, 3):
                configure(sqlite_store, count, hosts=1)
                await works.poller.look()
                await works.settled()
        else:
            await works.poller.look()
        await publishers.visited(lambda: len(publishers.visits) == 3)
        await works.poller.drain(WAIT_S)
        return [at - began for _, at in publishers.visits]

    _, second, third = run(
        work()
    )  # from the beginning: a loop that wakes late makes one pause longer, the next shorter
    assert second >= pause_s * 0.95
    assert third >= 2 * pause_s * 0.95


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
        await publishers.visited(lambda: len(publishers.visits) >= 4 + 10)
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
