"""A database that takes nothing: sending stops before anything could be doubled, and goes on when there is room."""

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest

from tests.acceptance.program import WAIT_S, Daemon
from tests.acceptance.world import World, finish
from tests.fakes.slack import Fault

Trouble = Callable[[Daemon, Path], AbstractContextManager[None]]
DELIVERING = "deliver:desk"
pytestmark = pytest.mark.slow


@contextmanager
def full_disk(daemon: Daemon, database: Path) -> Iterator[None]:
    """No file of the process can grow meanwhile, as on a full disk; the system enforces it from outside."""
    pid = daemon.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def lock(daemon: Daemon, database: Path) -> Iterator[None]:
    """Another process holds the write lock meanwhile."""
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux can limit a running process from outside")
@pytest.mark.parametrize(("trouble", "reason"), [(full_disk, "full"), (lock, "locked")])
def test_sending_stops_and_goes_on_and_doubles_nothing(world: World, trouble: Trouble, reason: str) -> None:
    """The post is out, its "sent" cannot be written: it is said, nothing more goes out, and in the end all is right."""
    world.publish()
    world.slack.fail("chat.postMessage", Fault("late"))
    with world.place.daemon() as daemon:
        assert world.slack.hanging.wait(WAIT_S), "nothing was posted"
        with trouble(daemon, world.place.database):
            world.publish()
            world.slack.release.set()
            unsettled = daemon.log.wait("delivery.unsettled")
            if reason == "full":  # a lock would be waited for, writer after writer, for half a minute
                assert "reason=full" in daemon.log.wait("unit.refused", "unit=poll")
            posts = len(world.slack.posts())
            mark = daemon.log.mark
        daemon.log.wait("unit.recovered", f"unit={DELIVERING}", since=mark)
        states = world.outbox()
        code = daemon.stop()

    assert f"reason={reason}" in unsettled
    assert posts == 1
    assert states == ["sent"]
    assert code == 0
    world.let_time_pass()
    finish(world)
