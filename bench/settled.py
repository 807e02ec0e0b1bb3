"""Ten thousand feeds visited every 15 minutes: CPU, memory and disk of a settled daemon.

`monitor once` reads the baseline of 10,000 loopback feeds on 500 addresses (`ENTRIES` entries each, fewer than a news
feed has, so that it takes one minute and not six), uncounted. Their next visits are then spread evenly over 15 minutes
by hand, as the spread of first visits and jitter do in a day, every tenth feed gets new entries, and a `monitor run`
with four topics and stories on is watched for `WATCH_S` after `SETTLE_S`: eleven visits a second, one in ten changed,
the others 304. Loopback hosts are one's own: no pause between two visits to a host is held, and there is no TLS.

Limits: 15 % of one core, 300 MB for the process tree (PSS, the parser included), no visit a minute late. Syncs are
counted afterwards where strace is at hand. Exit code 1 above a limit or when fewer visits were done than were due.

Effects: network (127.0.x.y), files in a temporary folder, child processes.
"""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.idle import IMAGE_ENV, cpu_s
from bench.measure import measure, memory_kb, tree_of
from bench.ours import command, write_config
from bench.server import publishers
from bench.syncs import syncs_during

FEEDS = 10_000
ENTRIES = 8
INTERVAL = timedelta(minutes=15)
SETTLE_S = 40
"""Start, and the parser's."""
WATCH_S = 150
SAMPLE_S = 5
SYNCS_S = 30
LATE = timedelta(minutes=1)
SHARE_WANTED = 0.15
PEAK_WANTED_MB = 300
DUE_SHARE_WANTED = 0.98
"""Of the visits that came due in the watch: the last ones are still under way at its end."""
SEED_TIMEOUT_S = 900
END_S = 60
_STAMP = "%Y-%m-%d %H:%M:%S.%f"
"""How SQLite keeps a time here."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a watched daemon used and did."""

    seconds: float
    share: float
    peak_pss_mb: float
    peak_rss_mb: float
    processes: int
    visits: int
    articles: int
    late_max: int


def ask(database: Path, question: str, *values: str) -> int:
    """One number of the database."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as connection:
        return int(connection.execute(question, values).fetchone()[0])


def spread(database: Path, start: datetime) -> None:
    """Have every feed come due once in the interval after `start`, in no order."""
    chance = random.Random("settled")
    with closing(sqlite3.connect(database)) as connection, connection:
        for (feed,) in connection.execute("SELECT id FROM feed").fetchall():
            at = start + INTERVAL * chance.random()
            connection.execute("UPDATE feed SET next_poll_at = ? WHERE id = ?", (at.strftime(_STAMP), feed))


def watch(pid: int, database: Path) -> Seen:
    """Look on for `WATCH_S`."""
    began_at, began, before = datetime.now(UTC).strftime(_STAMP), time.monotonic(), cpu_s(tree_of(pid))
    articles = ask(database, "SELECT count(*) FROM article")
    pss, rss, late, processes = [0.0], [0.0], [0], [0]
    while time.monotonic() < began + WATCH_S:
        time.sleep(SAMPLE_S)
        pids = tree_of(pid)
        processes.append(len(pids))
        for found, key in ((pss, "Pss"), (rss, "Rss")):
            found.append(sum(memory_kb(each, key) for each in pids) / 1024)
        limit = (datetime.now(UTC) - LATE).strftime(_STAMP)
        late.append(ask(database, "SELECT count(*) FROM feed WHERE active AND next_poll_at < ?", limit))
    seconds = time.monotonic() - began
    share = (cpu_s(tree_of(pid)) - before) / seconds
    visits = ask(database, "SELECT count(*) FROM feed WHERE last_poll_at >= ?", began_at)
    new = ask(database, "SELECT count(*) FROM article") - articles
    return Seen(seconds, share, max(pss), max(rss), max(processes), visits, new, max(late))


def run() -> int:
    """Seed, spread, watch, print."""
    start = datetime.now(UTC).replace(microsecond=0)
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as temporary,
        publishers(start, FEEDS, entries=ENTRIES) as shown,
    ):
        folder = Path(temporary)
        database = write_config(folder, shown.urls, interval=f"{int(INTERVAL.total_seconds() // 60)}m")
        seeded = measure(command(folder, "once", "--json"), timeout_s=SEED_TIMEOUT_S)
        if seeded.code != 0:
            sys.exit(f"monitor once ended with {seeded.code}:\n{seeded.errors[-3000:]}")
        print(f"settled: baseline of {FEEDS} feeds x {ENTRIES} entries: {seeded.wall_s:.0f} s, ", end="")
        print(f"CPU {seeded.cpu_s:.0f} s, peak {seeded.peak_mb:.0f} MB (not counted below)", flush=True)
        shown.show(2)
        spread(database, datetime.now(UTC))
        with (folder / "daemon.log").open("wb") as log:
            daemon = subprocess.Popen(command(folder, "run"), stdout=log, stderr=log, env={**os.environ, **IMAGE_ENV})
            try:
                time.sleep(SETTLE_S)
                seen = watch(daemon.pid, database)
                counted_from = datetime.now(UTC).strftime(_STAMP)
                syncs = syncs_during(daemon.pid, SYNCS_S, folder)
                visited = ask(database, "SELECT count(*) FROM feed WHERE last_poll_at >= ?", counted_from)
            finally:
                daemon.send_signal(signal.SIGTERM)
                code = daemon.wait(END_S)
        size = database.stat().st_size / 1e6
        failed = ask(database, "SELECT count(*) FROM feed WHERE fail_count > 0")
        kept = _told(seen, size, failed)
        if syncs is None:
            print("settled: syncs are not counted: strace is missing or may not trace")
        else:
            print(f"settled: {syncs / SYNCS_S:.1f} syncs a second, {syncs / max(1, visited):.2f} a visit")
        if code != 0:
            print((folder / "daemon.log").read_text()[-3000:])
    return 0 if kept and code == 0 else 1


def _told(seen: Seen, size_mb: float, failed: int) -> bool:
    """Print the figures; whether the limits were kept."""
    due = FEEDS * seen.seconds / INTERVAL.total_seconds()
    print(f"settled: {seen.visits} visits in {seen.seconds:.0f} s ({due:.0f} were due), ", end="")
    print(f"{seen.articles} new articles; {failed} feeds failing, {seen.late_max} a minute late at most")
    print(f"settled: {100 * seen.share:.1f} % of one core (limit {100 * SHARE_WANTED:.0f})", end="")
    print(f"; {seen.processes} processes, PSS {seen.peak_pss_mb:.0f} MB (limit {PEAK_WANTED_MB}),", end="")
    print(f" RSS {seen.peak_rss_mb:.0f} MB; database {size_mb:.0f} MB", flush=True)
    done = seen.visits >= DUE_SHARE_WANTED * due and seen.late_max == 0 and not failed
    return done and seen.share <= SHARE_WANTED and seen.peak_pss_mb <= PEAK_WANTED_MB
