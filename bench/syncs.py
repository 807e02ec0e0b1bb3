"""Syncs of the disk for each unchanged feed, counted by strace, and what a stored article takes on disk.

A round of 1,000 unchanged loopback feeds, after its baseline was read: the polling path alone, and `monitor once`. The
syncs of its start and end count too; those of a round of one feed are printed beside them. Limits: 0.02 syncs to a
feed, 2,300 bytes to an article: the whole database file and its log; no full-text search is in it. Exit code 1 above a
limit, 2 where strace is missing or may not trace.

Effects: network (127.0.x.y), files in a temporary folder, child processes.
"""

import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import polling_side
from bench.measure import measure
from bench.ours import command, write_config
from bench.server import publishers
from bench.world import FEEDS

SYNCS_WANTED = 0.02
BYTES_WANTED = 2_300
TIMEOUT_S = 300
CANNOT_RUN = 2
_CALLS = "fsync,fdatasync,sync_file_range,syncfs,sync"
_BEGUN = re.compile(r"\b(?:fsync|fdatasync|sync_file_range|syncfs|sync)\(")
"""A call that other threads interrupt has a second line, `<... fsync resumed>`, which is not counted."""


def syncs_of(arguments: Sequence[str], folder: Path) -> int | None:
    """How often a command and its children sync; None where it cannot be counted. It must end with 0."""
    trace = folder / "trace"
    strace = shutil.which("strace")
    if strace is None:
        return None
    usage = measure([strace, "-f", "-qq", "-e", f"trace={_CALLS}", "-o", str(trace), *arguments], timeout_s=TIMEOUT_S)
    if usage.code != 0:
        if "ptrace" in usage.errors:
            return None
        sys.exit(f"{' '.join(arguments)} ended with {usage.code}:\n{usage.errors[-3000:]}")
    return count_syncs(trace.read_text())


def syncs_during(pid: int, seconds: float, folder: Path) -> int | None:
    """How often a running process and its threads sync in so many seconds; None where it cannot be counted."""
    trace = folder / "trace"
    strace = shutil.which("strace")
    if strace is None:
        return None
    watching = [strace, "-f", "-qq", "-e", f"trace={_CALLS}", "-o", str(trace), "-p", str(pid)]
    with subprocess.Popen(watching, stderr=subprocess.PIPE, text=True) as tracer:
        time.sleep(seconds)
        is_watching = tracer.poll() is None
        if is_watching:
            tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=TIMEOUT_S)
    return count_syncs(trace.read_text()) if is_watching else None


def count_syncs(trace: str) -> int:
    """The calls that begin in what strace wrote."""
    return len(_BEGUN.findall(trace))


def bytes_per_article(database: Path) -> float:
    """The files of a SQLite database over its articles."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        articles = int(connection.execute("SELECT count(*) FROM article").fetchone()[0])
    finally:
        connection.close()
    files = (database, database.with_name(f"{database.name}-wal"))
    return sum(path.stat().st_size for path in files if path.exists()) / max(1, articles)


def run() -> int:
    """Print both of the polling path alone and of `monitor once`."""
    start = datetime.now(UTC).replace(microsecond=0)
    kept = True
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary, publishers(start) as shown:
        few, many = (_round(Path(temporary) / str(count), shown.urls[:count]) for count in (1, FEEDS))
    for name, (syncs, size) in many.items():
        least, _ = few[name]
        if syncs is None or least is None:
            print("bench.syncs needs strace, and leave to trace: syncs are not counted.", file=sys.stderr)
            return CANNOT_RUN
        print(
            f"syncs: {name}: {syncs} for {FEEDS} unchanged feeds, {syncs / FEEDS:.3f} each (limit {SYNCS_WANTED});",
            end="",
        )
        print(f" {least} for one feed; {size:.0f} bytes per article (limit {BYTES_WANTED})", flush=True)
        kept = kept and syncs / FEEDS <= SYNCS_WANTED and size <= BYTES_WANTED
    return 0 if kept else 1


def _round(folder: Path, urls: Sequence[str]) -> dict[str, tuple[int | None, float]]:
    """Read these feeds, then once more; the syncs of the second reading and the bytes per article of both ways."""
    folder.mkdir()
    addresses = folder / "addresses"
    addresses.write_text("\n".join(urls))
    alone, whole = folder / "polling.db", write_config(folder, urls)
    _must(polling_side.command("add", str(alone), str(addresses)))
    found = {}
    for name, database, arguments in (
        ("polling alone", alone, polling_side.command("update", str(alone))),
        ("monitor once", whole, command(folder, "once", "--json")),
    ):
        _must(arguments)
        size = bytes_per_article(database)
        found[name] = syncs_of(arguments, folder), size
    return found


def _must(arguments: Sequence[str]) -> None:
    usage = measure(arguments, timeout_s=TIMEOUT_S)
    if usage.code != 0:
        sys.exit(f"{' '.join(arguments)} ended with {usage.code}:\n{usage.errors[-3000:]}")
