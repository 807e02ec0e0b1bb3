"""The faults: each is done to a town with three workers at work, and looked at until all is well again.

Whatever happens, each entry is an article once, each story is told once on each channel, and every feed is visited
again. A fault that comes out otherwise raises AssertionError with what every worker wrote.

Effects: those of the town.
"""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from tests.distributed.fleet import Worker
from tests.distributed.proxy import Wire, a_wire
from tests.distributed.server import Mode
from tests.distributed.town import Town

SLEPT = 75
"""The exit code of a worker that woke up and found that it had slept: to be started anew."""
ROUNDS_MAX = 30
"""Of three, one stores what is published; that it is never the one is less likely than one in a hundred thousand."""
NAMES = ("one", "two", "three")
QUEUE_SCHEMA = "monitor_queue"


def man(town: Town) -> None:
    """Have three workers, the missing ones started, and every feed read once."""
    for name in NAMES:
        worker = town.fleet.workers.get(name)
        if worker is None or not worker.is_running:
            town.fleet.start(name)
    town.wait_first_visits()


def look_after(town: Town) -> None:
    """What was published is told, all feeds are visited again, and what comes next is told as well."""
    town.wait_told()
    town.wait_visited()
    town.publish()
    town.wait_told()


def kill_at(town: Town, moment: str) -> None:
    """SIGKILL one at a moment; the other two do all that is left, and it is said that one was lost."""
    mark = town.fleet.arm(moment, "kill")
    town.publish()
    victim = town.fleet.wait_reached(mark)
    assert victim.wait_end() == -signal.SIGKILL
    look_after(town)
    wait_lost(town, victim)
    town.fleet.journal.wait("worker.lost", since=mark)
    man(town)


def stop_at(town: Town, moment: str) -> None:
    """SIGSTOP one at a moment until the others did its work; awake, it writes nothing and ends itself."""
    mark = town.fleet.arm(moment, "stop")
    town.publish()
    victim = town.fleet.wait_reached(mark)
    look_after(town)
    wait_lost(town, victim)
    before = traces(town, victim)
    victim.wake()
    assert victim.wait_end() == SLEPT, str(town.fleet.journal)
    assert traces(town, victim) == before
    look_after(town)
    man(town)


def restart(town: Town, mode: Mode) -> None:
    """PostgreSQL goes and comes back while news is under way; every worker goes on by itself."""
    town.publish()
    town.server.stop(mode)
    town.publish()
    town.server.start()
    look_after(town)
    assert_all_run(town)


def cut_all(town: Town, times: int = 3) -> None:
    """Every connection ends at once, again and again, while news is under way."""
    for _ in range(times):
        town.publish()
        assert town.server.cut_all(town.database)
    look_after(town)
    assert_all_run(town)


def drop_queue(town: Town) -> None:
    """The whole queue goes while news is under way: what is to be done is in rows."""
    town.publish()
    town.change(f"DROP SCHEMA {QUEUE_SCHEMA} CASCADE")
    look_after(town)


def stop_in_ingest(town: Town, worker: Worker) -> None:
    """Publish until it is this worker that stores articles, and stop it in the middle of that."""
    mark = town.fleet.arm("articles written, not committed", "stop", only=worker.pid)

    def is_reached() -> bool:
        return any("moment.reached" in line for line in town.fleet.journal.since(mark, worker.name))

    for _ in range(ROUNDS_MAX):
        town.publish()
        town.fleet.wait_until(lambda: is_reached() or town.is_told(), "either of them stores what was published")
        if is_reached():
            return
    raise AssertionError(f"{worker.name} never stored anything\n{town.fleet.journal}")


def partition(town: Town) -> None:
    """The wire of one goes dead while it stores articles; the others wait no longer than the server does."""
    with on_a_wire(town) as (cut_off, wire):
        stop_in_ingest(town, cut_off)
        wire.die()
        cut_off.wake()
        look_after(town)
        wait_lost(town, cut_off)
        wire.heal()
        town.publish()
        look_after(town)


def assert_all_run(town: Town) -> None:
    """Nobody gave up."""
    ended = [name for name, worker in town.fleet.workers.items() if not worker.is_running]
    assert not ended, f"{ended} ended\n{town.fleet.journal}"


@contextmanager
def on_a_wire(town: Town, name: str = "three") -> Iterator[tuple[Worker, Wire]]:
    """A worker whose way to PostgreSQL is a wire in the test's hand, in the place of one of the three."""
    old = town.fleet.workers.get(name)
    if old is not None:
        assert old.stop() == 0, str(town.fleet.journal)
    with a_wire(("127.0.0.1", town.server.port)) as wire:
        worker = town.fleet.start(name, port=wire.port)
        yield worker, wire
        worker.kill()
    man(town)


def wait_lost(town: Town, worker: Worker) -> None:
    """Block until `monitor status` says that this worker is lost; then the numbers of another say it too."""

    def is_said() -> bool:
        states = {one["pid"]: one["state"] for one in town.fleet.status()["workers"]}
        return bool(states[worker.pid] == "lost")

    town.fleet.wait_until(is_said, f"{worker.name} is lost")
    other = next(one for one in town.fleet.workers.values() if one.is_running and one is not worker)
    count = re.search(r'^monitor_workers\{state="lost"\} (\d+)', town.fleet.metrics(other), re.MULTILINE)
    assert count is not None
    assert float(count[1]) >= 1


def traces(town: Town, worker: Worker) -> list[object]:
    """What of this worker stands in rows: its last beat, what it leads, and what it holds."""
    like = f"%:{worker.pid}:%"
    return [
        *town.rows("SELECT beat_at, left_at FROM worker WHERE pid = :pid", pid=worker.pid),
        *town.rows("SELECT name FROM lead WHERE owner LIKE :like", like=like),
        *town.rows("SELECT id FROM delivery WHERE lease_owner LIKE :like", like=like),
    ]
