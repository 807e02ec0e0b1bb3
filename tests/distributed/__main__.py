"""`python -m tests.distributed [--true] [FAULT ...]`: every fault at every moment there is, and a line for each.

With `--true` the leases are the product's own, so that a fault takes minutes; else they are seconds. A line says how
long the feed that waited longest was not visited meanwhile.

Effects: child processes, servers on loopback, files in a temporary folder; minutes.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.distributed import faults, machines
from tests.distributed.island import an_island
from tests.distributed.moments import MOMENTS
from tests.distributed.server import OwnServer, own_server
from tests.distributed.times import SHORT
from tests.distributed.town import Town, a_town

Fault = Callable[[Town], None]
MANNED: dict[str, Fault] = {
    **{f"killed: {name}": lambda town, name=name: faults.kill_at(town, name) for name in MOMENTS},  # type: ignore[misc]
    **{f"stopped: {name}": lambda town, name=name: faults.stop_at(town, name) for name in MOMENTS},  # type: ignore[misc]
    "PostgreSQL restarted": lambda town: faults.restart(town, "fast"),
    "PostgreSQL crashed": lambda town: faults.restart(town, "immediate"),
    "all connections cut": faults.cut_all,
    "queue dropped": faults.drop_queue,
    "wire dead": faults.partition,
}
"""Each has three workers at work, and leaves three."""
ALONE: dict[str, Fault] = {
    "clock ahead": lambda town: machines.skew(town, machines.SKEW_S),
    "clock behind": lambda town: machines.skew(town, -machines.SKEW_S),
    "next version": lambda town: machines.roll(town, town.fleet.folder),
}
"""Each starts with nobody at work, and leaves whomever."""
PULLED = "wire pulled"
PATIENCE_S = 600.0
"""More than any lease and what follows it."""


@contextmanager
def a_town_in(server: OwnServer, settings: tuple[str, ...]) -> Iterator[Town]:
    """A town of its own in a folder that goes again."""
    with (
        tempfile.TemporaryDirectory(prefix="town-") as folder,
        server.fresh_database() as name,
        a_town(server, name, Path(folder), settings) as town,
    ):
        town.fleet.journal.patience_s = PATIENCE_S
        yield town


def tell(name: str, town: Town, do: Callable[[], None]) -> bool:
    """Do it, and print its line; whether all was well."""
    began = time.monotonic()
    try:
        do()
    except AssertionError as error:
        print(f"| {name} | {time.monotonic() - began:.0f} | | **{str(error).splitlines()[0]}** |", flush=True)
        print(error, file=sys.stderr, flush=True)
        return False
    gap = town.visits.longest_s
    print(f"| {name} | {time.monotonic() - began:.0f} | {gap:.0f} | nothing lost, nothing twice |", flush=True)
    return True


def run(server: OwnServer, wanted: list[str], settings: tuple[str, ...]) -> bool:
    """Every fault that is wanted, in its own or in the common town."""
    good = True
    manned = [name for name in MANNED if name in wanted]
    while manned:
        with a_town_in(server, settings) as town:
            faults.man(town)
            while manned:
                name = manned.pop(0)
                town.visits.begin()
                if not tell(name, town, lambda name=name, town=town: MANNED[name](town)):  # type: ignore[misc]
                    good = False
                    break  # what it left is no place for the next
    for name in [name for name in ALONE if name in wanted]:
        with a_town_in(server, settings) as town:
            good &= tell(name, town, lambda name=name, town=town: ALONE[name](town))  # type: ignore[misc]
    if PULLED in wanted:
        good &= pull(server, settings)
    return good


def pull(server: OwnServer, settings: tuple[str, ...]) -> bool:
    """The one that needs a network namespace; said where none can be made."""
    try:
        with an_island() as island, tempfile.TemporaryDirectory() as folder, server.fresh_database() as name:
            server.admit(island.hosts[0], island.network)
            with a_town(server, name, Path(folder), settings, hosts=island.hosts, private=island.network) as town:
                town.fleet.journal.patience_s = PATIENCE_S
                return tell(PULLED, town, lambda: machines.cut_off(town, island))
    except RuntimeError as error:
        print(f"| {PULLED} | | | skipped: {error} |")
        return True


def main(words: list[str]) -> int:
    """Do the faults named, or all. Exit 1 when anything went wrong."""
    settings = () if "--true" in words else SHORT
    names = [word for word in words if word != "--true"]
    every = [*MANNED, *ALONE, PULLED]
    wanted = [name for name in every if not names or any(name.startswith(word) for word in names)]
    if not wanted:
        print(f"no such fault: {', '.join(names)}. There are: {'; '.join(every)}.", file=sys.stderr)
        return 2
    print("| fault | took, s | longest without a visit, s | came to |\n|---|---|---|---|", flush=True)
    with own_server() as server:
        return 0 if run(server, wanted, settings) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
