"""An idle daemon with 1,000 feeds: the memory of its process tree, and the CPU it uses while nothing changes.

Effects: network (127.0.x.y), files in a temporary folder, child processes.
"""

import os
import signal
import sqlite3
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bench.measure import memory_kb, tree_of
from bench.ours import command, write_config
from bench.server import publishers
from bench.world import FEEDS

LIMIT_MB = 150
IMAGE_ENV = {"MALLOC_ARENA_MAX": "1"}
"""What the Dockerfile sets and what tells on memory."""
SETTLE_S_MAX = 180
WATCH_S = 20
QUIET_S_MAX = 120
QUIET_SHARE = 0.02
"""Below this share of a core, over one look, the daemon has settled."""
LOOK_S = 5


def cpu_s(pids: list[int]) -> float:
    """User and system time so far of the processes that still run, and of the children they saw end."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def polled(database: Path) -> int:
    """How many feeds the daemon has read so far; 0 while there is no table yet."""
    try:
        connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    except sqlite3.OperationalError:
        return 0
    try:
        return int(connection.execute("SELECT count(*) FROM feed WHERE first_polled_at IS NOT NULL").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()


def settle(daemon: "subprocess.Popen[bytes]", database: Path) -> int:
    """Wait until every feed was read once and the daemon has gone quiet; says how many were read."""
    deadline = time.monotonic() + SETTLE_S_MAX
    while polled(database) < FEEDS and time.monotonic() < deadline and daemon.poll() is None:
        time.sleep(1)
    deadline = time.monotonic() + QUIET_S_MAX
    is_quiet = False
    while not is_quiet and time.monotonic() < deadline and daemon.poll() is None:
        before = cpu_s(tree_of(daemon.pid))
        time.sleep(LOOK_S)
        pids = tree_of(daemon.pid)
        # The parser's process ends once it had nothing to do for a while; what remains is what an idle daemon holds.
        is_quiet = len(pids) == 1 and cpu_s(pids) - before < QUIET_SHARE * LOOK_S
    return polled(database)


def run() -> int:
    """Print what the settled daemon holds. Exit 1 when that is more than the limit."""
    start = datetime.now(UTC).replace(microsecond=0)
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary, publishers(start) as shown:
        folder = Path(temporary)
        database = write_config(folder, shown.urls)
        with (folder / "daemon.log").open("wb") as log:
            daemon = subprocess.Popen(command(folder, "run"), stdout=log, stderr=log, env={**os.environ, **IMAGE_ENV})
            try:
                read = settle(daemon, database)
                before, began = cpu_s(tree_of(daemon.pid)), time.monotonic()
                time.sleep(WATCH_S)
                pids = tree_of(daemon.pid)
                share = (cpu_s(pids) - before) / (time.monotonic() - began)
                pss, rss = (sum(memory_kb(pid, key) for pid in pids) / 1024 for key in ("Pss", "Rss"))
            finally:
                daemon.send_signal(signal.SIGTERM)
                code = daemon.wait(60)
        print(f"idle: {read} of {FEEDS} feeds read; processes: {len(pids)}; PSS {pss:.0f} MB, RSS {rss:.0f} MB", end="")
        print(f" (limit {LIMIT_MB}); {100 * share:.1f} % of a core; ended with {code} on SIGTERM")
        if read < FEEDS or code != 0:
            print((folder / "daemon.log").read_text()[-3000:])
    return 0 if read == FEEDS and code == 0 and pss <= LIMIT_MB else 1
