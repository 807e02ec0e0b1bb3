"""A network namespace of its own for one worker, joined to this machine by a wire that can be pulled.

Pulled, it is a partition as between two machines: packets are lost, and neither end is told. Needs root and `ip`.

Effects: child processes, the system's network.
"""

import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Island:
    """Where the worker runs, and what addresses this machine has on the way there."""

    name: str
    link: str
    hosts: tuple[str, ...]
    network: str

    @property
    def inside(self) -> tuple[str, ...]:
        """What a command line begins with to run there."""
        return ("ip", "netns", "exec", self.name)

    def pull(self) -> None:
        """Lose every packet from now on."""
        _ip("link", "set", self.link, "down")

    def plug(self) -> None:
        """Carry packets again."""
        _ip("link", "set", self.link, "up")


@contextmanager
def an_island() -> Iterator[Island]:
    """One, taken down at the end. Raises RuntimeError with the reason where none can be made."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        raise RuntimeError("a network namespace needs root and the command ip")
    number = os.getpid() % 250 + 1
    name = f"monitor-{os.getpid()}-{next(_numbers)}"
    link = f"mon{os.getpid() % 100_000}a"
    hosts = tuple(f"10.213.{number}.{host}" for host in (1, 3, 4))
    island = Island(name, link, hosts, f"10.213.{number}.0/24")
    peer = f"{link[:-1]}b"
    try:
        _ip("netns", "add", name)
        _ip("link", "add", link, "type", "veth", "peer", "name", peer, "netns", name)
        for host in hosts:
            _ip("addr", "add", f"{host}/24", "dev", link)
        _ip("link", "set", link, "up")
        for words in (
            ("addr", "add", f"10.213.{number}.2/24", "dev", peer),
            ("link", "set", peer, "up"),
            ("link", "set", "lo", "up"),
        ):
            _ip("-n", name, *words)
        yield island
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"no network namespace can be made here: {error.stderr.strip()}") from error
    finally:
        with suppress(subprocess.CalledProcessError):
            _ip("netns", "del", name)
        with suppress(subprocess.CalledProcessError):
            _ip("link", "del", link)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
