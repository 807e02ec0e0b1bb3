"""SIGKILL at many moments: no article is lost or kept twice, no story is told twice or never.

The daemon is killed, the time its leases hold is let pass by setting them back in the database, and it is started
again. A message was sent or it was not: Slack is asked, so even a kill between the post and its answer doubles nothing.
"""

import os
import random
import threading
from collections.abc import Callable

import pytest

from tests.acceptance.program import WAIT_S, Daemon, wait_until
from tests.acceptance.world import World, finish
from tests.fakes.slack import Fault

pytestmark = pytest.mark.slow
SEED = 20_260_314
PROVES = bool(os.environ.get("MONITOR_PROVE"))
"""`make prove` goes through every named moment; in between each run draws some, with both of Slack's among them."""


def when_asked(world: World, daemon: Daemon) -> None:
    """A feed's server has the request and has not answered."""
    world.wire.wait_asked("/wire", world.wire.asked["/wire"] + 1)


def when_answered(world: World, daemon: Daemon) -> None:
    """The answer is out, nothing of it is stored yet or just so."""
    world.wire.wait_answered("/gazette", world.wire.answered["/gazette"] + 1)


def when_logged(event: str) -> Callable[[World, Daemon], None]:
    """The log has just said so."""

    def wait(world: World, daemon: Daemon) -> None:
        daemon.log.wait(event)

    return wait


def when_posted(world: World, daemon: Daemon) -> None:
    """Slack has the message, kept or not, and has not answered."""
    assert world.slack.hanging.wait(WAIT_S), "nothing was posted"


MOMENTS: dict[str, Callable[[World, Daemon], None]] = {
    "the feed was asked": when_asked,
    "the feed has answered": when_answered,
    "articles were stored": when_logged("batch.ingested"),
    "a digest was closed": when_logged("digest.closed"),
    "Slack received a post and dropped it": when_posted,
    "Slack kept a post and said nothing": when_posted,
    "a post was settled": when_logged("delivery.sent"),
}


def test_a_kill_at_any_moment_loses_and_doubles_nothing(world: World) -> None:
    """Named moments, one after the other on one database, each with news under way; then all is told once."""
    drawn = {*random.sample([name for name, wait in MOMENTS.items() if wait is not when_posted], 2)}
    for name, wait in MOMENTS.items():
        if not PROVES and wait is not when_posted and name not in drawn:
            continue
        world.publish()
        world.slack.hanging.clear()
        world.slack.release.clear()
        if wait is when_posted:
            world.slack.fail("chat.postMessage", Fault("hang", stored="kept" in name))
        with world.place.daemon() as daemon:
            wait(world, daemon)
            daemon.kill()
        world.slack.release.set()
        world.let_time_pass()

    finish(world)


def test_a_kill_after_any_number_of_requests_loses_and_doubles_nothing(world: World) -> None:
    """The moment is counted in requests to feeds and to Slack, drawn from a fixed seed: nobody chose it well."""
    chance = random.Random(SEED)
    for _ in range(3 if PROVES else 2):
        world.publish()
        moment = Countdown(chance.randint(1, 6))
        world.wire.on_asked = world.slack.on_called = moment.count
        with world.place.daemon() as daemon:
            moment.wait()
            daemon.kill()
        world.let_time_pass()

    finish(world)


class Countdown:
    """Comes down with every request, from whatever thread, and can be waited for."""

    def __init__(self, left: int) -> None:
        self._left = left
        self._changed = threading.Condition()

    def count(self) -> None:
        """One request more."""
        with self._changed:
            self._left -= 1
            self._changed.notify_all()

    def wait(self) -> None:
        """Block until all have come."""
        wait_until(self._changed, lambda: self._left <= 0, "the request that the kill waits for")
