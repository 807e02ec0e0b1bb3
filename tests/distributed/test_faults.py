"""Three workers on one PostgreSQL, and one fault after the other: nothing is lost, nothing is told twice.

All tests share the three, as a day's work does: each leaves three at work. `python -m tests.distributed` does the same
at every moment there is.
"""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.distributed import faults
from tests.distributed.moments import MOMENTS
from tests.distributed.server import OwnServer
from tests.distributed.times import SHORT
from tests.distributed.town import Town, a_town

pytestmark = [pytest.mark.slow, pytest.mark.postgres]
PROVES = bool(os.environ.get("MONITOR_PROVE"))
"""`make prove` goes through every moment; in between each run draws some."""
KILLED = sorted(MOMENTS) if PROVES else random.sample(sorted(MOMENTS), 2)
STOPPED = sorted(MOMENTS) if PROVES else random.sample(sorted(MOMENTS), 1)


@pytest.fixture(scope="module")
def town(server: OwnServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Three workers that have read every feed, each in a folder of its own."""
    with server.fresh_database() as name, a_town(server, name, Path(tmp_path_factory.mktemp("town")), SHORT) as made:
        faults.man(made)
        yield made


def test_killed_in_any_stage(town: Town) -> None:
    """SIGKILL at a moment of its own choosing; the other two do what is left."""
    for moment in KILLED:
        faults.kill_at(town, moment)


def test_a_sleeper_writes_nothing_when_it_wakes(town: Town) -> None:
    """SIGSTOP past every lease and back: others did its work, it ends itself."""
    for moment in STOPPED:
        faults.stop_at(town, moment)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_postgres_is_started_anew(town: Town, mode: str) -> None:
    """As for an upgrade, and as after a crash: the workers wait, and go on."""
    faults.restart(town, "fast" if mode == "fast" else "immediate")


def test_every_connection_ends_at_once(town: Town) -> None:
    """As after a failover to a server that knows none of them."""
    faults.cut_all(town)


def test_the_queue_is_dropped_while_they_work(town: Town) -> None:
    """What is to be done stands in rows, not in the queue."""
    faults.drop_queue(town)


def test_a_worker_is_cut_off(town: Town) -> None:
    """Its wire goes dead in the middle of a transaction, and comes back when all is done."""
    faults.partition(town)
