"""The publishers answer as they should, and the week that is reckoned adds up."""

import random
from datetime import UTC, datetime

import pytest

from bench import scale_costs as costs
from bench.scale_server import ENTRIES, FEEDS_PER_HOST, Shelf, etag_of, host_of_number, url_of
from bench.scale_simulate import Hours, Load, entry_times, play, simulate
from monitor.feeds.guard import Guard
from monitor.feeds.parse import parse_feed
from tests.feeds.fetching import OWN

START = datetime(2026, 3, 14, 9, 15, tzinfo=UTC)


def _ask(number: int, etag: str = "") -> bytes:
    return f"GET /{number} HTTP/1.1\r\nHost: a\r\nIf-None-Match: {etag}\r\n\r\n".encode()


def test_a_feed_is_unchanged_until_it_changes() -> None:
    """Its new entry is the only one that differs."""
    shelf = Shelf(START)
    assert shelf.answer(_ask(3, etag_of(ENTRIES))).startswith(b"HTTP/1.1 304")
    before = parse_feed(shelf.answer(_ask(3)).partition(b"\r\n\r\n")[2], base_url="https://outlet3.example/")
    shelf.change(3, 10)
    assert shelf.answer(_ask(4, etag_of(ENTRIES))).startswith(b"HTTP/1.1 304")
    body = shelf.answer(_ask(3, etag_of(ENTRIES))).partition(b"\r\n\r\n")[2]
    after = parse_feed(body, base_url="https://outlet3.example/")
    assert len(before.entries) == len(after.entries) == ENTRIES
    assert len({entry.id for entry in after.entries} - {entry.id for entry in before.entries}) == 1
    assert shelf.answer(_ask(3, etag_of(ENTRIES + 1))).startswith(b"HTTP/1.1 304")
    assert shelf.answered == 5


def test_hosts_are_loopback_and_distinct() -> None:
    """A million feeds have two hundred thousand, each with its five."""
    assert len({host_of_number(number) for number in range(200_000)}) == 200_000
    assert url_of(FEEDS_PER_HOST - 1, 80).split("/")[2] == url_of(0, 80).split("/")[2]
    assert url_of(FEEDS_PER_HOST, 80).split("/")[2] != url_of(0, 80).split("/")[2]
    assert Guard(OWN).allows_name(host_of_number(199_999))


def test_a_feed_is_played_by_the_daemons_own_rules() -> None:
    """Every entry of the days is seen, no visit comes sooner than the bounds allow, and it is the same every time."""
    hours, again = (Hours([0] * 48, [0] * 48, [0] * 48) for _ in range(2))
    play(7, 2, hours)
    play(7, 2, again)
    assert hours == again
    assert 48 * 0.9 <= sum(hours.visits) <= 48 * 13
    assert max(hours.visits) <= 13
    assert sum(hours.articles) == len(hours.waits) >= sum(hours.changed)


def test_a_feed_has_the_entries_of_its_kind() -> None:
    """Between the quietest and the busiest there are."""
    for number in range(20):
        times = entry_times(random.Random(number), 7)
        assert times == sorted(times)
        assert len(times) <= 300 * 28 * 1.5


def test_what_is_used_goes_with_the_load() -> None:
    """Twice the load takes twice the cores, and more processes, never fewer."""
    one, two = Load(500, 100, 100), Load(1_000, 200, 200)
    assert two.place_cores == pytest.approx(2 * one.place_cores)
    assert two.workers >= one.workers >= 1
    assert two.jobs > one.jobs
    assert one.limits().keys() == two.limits().keys()
    assert one.workers * costs.PROCESS_MAX >= one.worker_cores


def test_the_week_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what breaks first."""
    monkeypatch.setattr("bench.scale_simulate.SAMPLE", 3)
    text = simulate(1_000_000, 1)
    assert text.startswith("1,000,000 feeds, 1 days on virtual time; 3 feeds were played and scaled up")
    assert "limits in the busiest hour, the first to break first:" in text
