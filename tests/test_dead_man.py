"""The dead-man address is asked for after a good cycle alone, and named nowhere."""

import logging
from collections.abc import Mapping
from functools import partial

import pytest

from monitor.dead_man import EVERY_S, LONG, RETRY_S, DeadMan
from monitor.errors import FetchError, FetchReason
from monitor.feeds.guard import Guard, PostAnswer, guarded_get
from monitor.feeds.replay import serve_recorded
from tests.fakes.clock import FakeClock

SECRET = "https://ping.example.org/aSecretName"


class Service:
    """Counts what it was asked, and answers as told."""

    def __init__(self) -> None:
        self.asked = 0
        self.status = 200
        self.fails = False

    def ask(self, url: str, timeout_s: float) -> PostAnswer:
        """One ping."""
        self.asked += 1
        if self.fails:
            raise FetchError(f"nobody answers at {url}", reason=FetchReason.CONNECT, where=url)
        return PostAnswer(self.status, _NONE, b"")


_NONE: Mapping[str, str] = {}


def pings(man: DeadMan, service: Service, arrivals: int | None) -> int:
    """One beat, with a ping where one is owed; how many were asked."""
    before = service.asked
    man.note_good(arrivals)
    if man.is_due():
        man.ping(SECRET)
    return service.asked - before


def test_with_a_canary_each_arrival_is_one_ping() -> None:
    """None before the first came through, and none more until the next does."""
    clock, service = FakeClock(), Service()
    man = DeadMan(service.ask, clock)
    seen = []
    for arrivals in (0, 0, 1, 1, 1, 2):
        clock.forward(hours=1)
        seen.append(pings(man, service, arrivals))
    assert seen == [0, 0, 1, 0, 0, 1]


def test_without_a_canary_it_is_asked_for_every_few_minutes() -> None:
    """While the loop turns and the database takes writes."""
    clock, service = FakeClock(), Service()
    man = DeadMan(service.ask, clock)
    count = 0
    for _ in range(int(3 * EVERY_S / 10)):
        count += pings(man, service, None)
        clock.forward(seconds=10)
    assert count == 3


@pytest.mark.parametrize("status", [200, 500])
def test_a_failure_is_tried_again_and_is_a_need_when_it_lasts(status: int, caplog: pytest.LogCaptureFixture) -> None:
    """Once a minute, said once, and never with its address."""
    clock, service = FakeClock(), Service()
    service.status, service.fails = status, status == 200
    man = DeadMan(service.ask, clock)
    with caplog.at_level(logging.DEBUG):
        for _ in range(int(LONG.total_seconds() / 10)):
            pings(man, service, 1)
            assert man.needs() == []
            clock.forward(seconds=10)
        [need] = man.needs()
        assert service.asked == LONG.total_seconds() / RETRY_S
        service.status, service.fails = 204, False
        clock.forward(seconds=RETRY_S)
        assert pings(man, service, 1) == 1
    assert man.needs() == []
    assert "aSecretName" not in f"{need} {caplog.text}"
    assert len([one for one in caplog.records if "ping.failed" in one.getMessage()]) == 1


def test_it_goes_through_the_door() -> None:
    """One GET; an address of one's own network is refused like any other."""
    with serve_recorded({"/ping": b"<p>"}) as replay:
        man = DeadMan(partial(guarded_get, Guard(["127.0.0.0/8"])), FakeClock())
        assert man.ping(replay.url_of("/ping"))
        assert not DeadMan(partial(guarded_get, Guard()), FakeClock()).ping(replay.url_of("/ping"))
        assert [(one.method, one.path) for one in replay.requests] == [("GET", "/ping")]
