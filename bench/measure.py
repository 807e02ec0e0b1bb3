"""What a command costs: CPU of its whole process tree, wall time, peak memory.

Effects: child processes, reads /proc; makes this process the one that orphans of its children come to.
"""

import ctypes
import os
import resource
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
SAMPLE_S = 0.1
ORPHANS_WAIT_S = 10


@dataclass(frozen=True, slots=True)
class Usage:
    """One run of one command."""

    code: int
    cpu_s: float
    wall_s: float
    peak_mb: float
    """Proportional set size of the tree at its largest sample, in MB: pages two processes share count once."""
    output: str
    errors: str


def measure(command: Sequence[str], *, timeout_s: float) -> Usage:
    """Run a command to its end and say what it and all it started cost, user and system time together.

    A helper process that outlives its parent is waited for and counted too, which `resource` alone would miss.
    """
    _adopt_orphans()
    known = set(_children(os.getpid()))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        sampler = _Sampler(child.pid)
        try:
            output, errors = child.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            child.kill()
            output, errors = child.communicate()
        finally:
            peak = sampler.stop()
    wall = time.monotonic() - started
    _wait_for_orphans(known)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Usage(child.returncode, cpu, wall, peak / 1024, output, errors)


def tree_of(pid: int) -> list[int]:
    """A process and everything below it."""
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        waiting += _children(found[-1])
    return found


def memory_kb(pid: int, key: str = "Pss") -> int:
    """`Pss` or `Rss` of a process in KB; 0 once it is gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(f"{key}:"))


class _Sampler(threading.Thread):
    """Looks at a tree's memory ten times a second."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._ended = threading.Event()
        self._peak = 0
        self.start()

    def run(self) -> None:
        """Sample until told to stop."""
        while not self._ended.wait(SAMPLE_S):
            self._peak = max(self._peak, sum(memory_kb(pid) for pid in tree_of(self._pid)))

    def stop(self) -> int:
        """End, and say the largest sample in KB."""
        self._ended.set()
        self.join()
        return self._peak


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(each) for each in tasks.read_text().split()]
        except OSError:
            continue  # the thread ended while we looked
    return found


def _adopt_orphans() -> None:
    """Have processes whose parent ended handed to us, so that their time is counted when they end."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _wait_for_orphans(known: set[int]) -> None:
    deadline = time.monotonic() + ORPHANS_WAIT_S
    while (left := set(_children(os.getpid())) - known) and time.monotonic() < deadline:
        for pid in left:
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                continue
        time.sleep(0.02)
