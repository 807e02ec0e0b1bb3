"""The clock that machines share does not ask what the machine thinks the time is."""

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from monitor import clock
from monitor.app import set_clock
from monitor.clock import SharedClock, awake_s
from monitor.storage.store import Store
from tests.fakes.clock import START


def test_before_it_is_set_it_tells_the_machines_time() -> None:
    """As a start needs it, before the database is reached."""
    before = datetime.now(UTC)
    assert before <= SharedClock().now() <= datetime.now(UTC)


def test_it_goes_on_from_what_it_was_set_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """In UTC, by how long the machine has run; setting it anew corrects it, also backwards."""
    ran_s = 1_000.0
    monkeypatch.setattr(clock, "awake_s", lambda: ran_s)
    shared = SharedClock()
    shared.set(START.astimezone(timezone(timedelta(hours=5))), 990.0)
    assert shared.now() == START + timedelta(seconds=10)
    assert shared.now().tzinfo is UTC
    ran_s = 1_060.5
    assert shared.now() == START + timedelta(seconds=70.5)
    shared.set(START, ran_s)
    assert shared.now() == START


def test_it_never_asks_the_machine_once_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """So a machine whose clock is wrong by minutes tells the same time as the others."""
    shared = SharedClock()
    shared.set(START, awake_s())

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "Wrong":
            raise AssertionError("the machine was asked")

    monkeypatch.setattr(clock, "datetime", Wrong)
    assert START <= shared.now() < START + timedelta(minutes=5)


def test_seconds_never_run_backwards() -> None:
    """Whatever it is set to."""
    shared = SharedClock()
    first = shared.monotonic_s()
    shared.set(START - timedelta(days=1), awake_s())
    assert shared.monotonic_s() >= first
    assert abs(shared.monotonic_s() - time.monotonic()) < 60


def test_it_is_set_by_the_database(store: Store) -> None:
    """A file has no time of its own: there it goes on with the machine's."""
    shared = SharedClock()
    set_clock(store.database, shared)
    with store.read() as tx:
        now = tx.workers.now()
    if store.database.is_sqlite:
        assert now is None
    else:
        assert now is not None
        assert abs(shared.now() - now) < timedelta(seconds=30)
