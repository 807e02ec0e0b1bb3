"""Workers on machines that differ: a clock that is wrong, another version, a network that goes."""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.distributed import machines
from tests.distributed.island import an_island
from tests.distributed.server import OwnServer
from tests.distributed.times import SHORT
from tests.distributed.town import Town, a_town

pytestmark = [pytest.mark.slow, pytest.mark.postgres]
PROVES = bool(os.environ.get("MONITOR_PROVE"))
"""`make prove` has a clock that is ahead and one that is behind; in between each run draws one of them."""


@contextmanager
def town_in(server: OwnServer, folder: Path) -> Iterator[Town]:
    """A town with nobody at work."""
    with server.fresh_database() as name, a_town(server, name, folder, SHORT) as town:
        yield town


def test_a_clock_is_five_minutes_wrong(server: OwnServer, tmp_path: Path) -> None:
    """Ahead it would take what others hold; behind it would hold for too long. All go by the database's clock."""
    drawn = [machines.SKEW_S, -machines.SKEW_S]
    for seconds in drawn if PROVES else random.sample(drawn, 1):
        folder = tmp_path / f"{seconds:.0f}"
        folder.mkdir()
        with town_in(server, folder) as town:
            machines.skew(town, seconds)


def test_workers_of_the_next_version_come_one_by_one(server: OwnServer, tmp_path: Path) -> None:
    """With a migration: old ones go on until they are stopped, and an old one that starts is told why it may not."""
    with town_in(server, tmp_path) as town:
        machines.roll(town, tmp_path)


@pytest.mark.skipif(not PROVES, reason="`make prove` pulls a wire; here one goes dead, in test_faults")
def test_a_worker_behind_a_pulled_wire(server: OwnServer, tmp_path: Path) -> None:
    """In a network namespace, where one can be made: packets are lost, as between two machines."""
    try:
        context = an_island()
        island = context.__enter__()
    except RuntimeError as error:
        pytest.skip(str(error))
    try:
        server.admit(island.hosts[0], island.network)
        with (
            server.fresh_database() as name,
            a_town(server, name, tmp_path, SHORT, hosts=island.hosts, private=island.network) as town,
        ):
            machines.cut_off(town, island)
    finally:
        context.__exit__(None, None, None)
