"""Ingest of 1,000 loopback feeds x 25 entries: cold, all unchanged, 10 % changed; ours against named baselines.

Each round of each side is a process of its own whose whole tree is measured, interpreter start included. `reader` is
given its feeds beforehand, uncounted; `monitor once` reads them from feeds.toml in every round, groups and matches
with four topics, which `reader` does not. `polling alone` is what `reader` does too: fetch, parse, identity, store.
The floors only fetch, parse and insert. `BENCH_SIDES="reader,monitor once"` runs those named and no others.

Effects: network (127.0.x.y), files in a temporary folder, child processes.
"""

import os
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench import polling_side
from bench.measure import Usage, measure
from bench.ours import command, summarise, write_config
from bench.reader_env import reader_python
from bench.server import Publishers, publishers
from bench.world import CHANGED_EVERY, ENTRIES, FEEDS, NEW_ENTRIES, ROUNDS

TIMEOUT_S = 300
BASELINE = "reader"
POLLING = "polling alone"
FLOOR = "floor (streams)"
POLLING_WANTED = (0.25, 0.5, 0.33)
"""CPU of the polling path alone over the baseline's, by round."""
FLOOR_WANTED = 3.0
"""The same over the floor's, cold."""
PEAK_WANTED_MB = 130


@dataclass(frozen=True, slots=True)
class Side:
    """One contender: how its round is started, where its articles are."""

    name: str
    database: Path
    round_command: Sequence[str]
    count_sql: str
    say: Callable[[str], str] = lambda output: ""


@dataclass(frozen=True, slots=True)
class Result:
    """One round of one side."""

    side: str
    round_number: int
    usage: Usage
    articles: int
    bytes_per_article: float


def make_sides(folder: Path, addresses: Path, urls: Sequence[str]) -> list[Side]:
    """Every contender with a database of its own, the baseline first."""
    python = str(reader_python())
    script = str(Path(__file__).with_name("reader_side.py"))
    theirs = folder / "reader.db"
    added = measure([python, script, "add", str(theirs), str(addresses)], timeout_s=TIMEOUT_S)
    _check(BASELINE, added)
    sides = [
        Side(BASELINE, theirs, [python, script, "update", str(theirs)], "SELECT count(*) FROM entries"),
        Side(
            "monitor once",
            write_config(folder, urls),
            command(folder, "once", "--json"),
            "SELECT count(*) FROM article",
            summarise,
        ),
    ]
    alone = folder / "polling.db"
    _check(POLLING, measure(polling_side.command("add", str(alone), str(addresses)), timeout_s=TIMEOUT_S))
    polling = polling_side.command("update", str(alone))
    sides.append(Side(POLLING, alone, polling, "SELECT count(*) FROM article"))
    for way in ("streams", "httpx"):
        database = folder / f"floor-{way}.db"
        floor = [sys.executable, "-m", "bench.floor_side", way, str(database), str(addresses)]
        sides.append(Side(f"floor ({way})", database, floor, "SELECT count(*) FROM article"))
    return sides


def run_side(side: Side, shown: Publishers) -> list[Result]:
    """All rounds of one side, one after the other, with what it said in between."""
    results = []
    shown.show(0)
    for round_number, title in enumerate(ROUNDS):
        shown.show(round_number)
        usage = measure(side.round_command, timeout_s=TIMEOUT_S)
        _check(side.name, usage)
        articles = _count(side)
        size = sum(path.stat().st_size for path in side.database.parent.glob(f"{side.database.name}*"))
        results.append(Result(side.name, round_number, usage, articles, size / max(1, articles)))
        wanted = FEEDS * ENTRIES + (FEEDS // CHANGED_EVERY * NEW_ENTRIES if round_number == 2 else 0)
        lost = "" if articles == wanted else f"  ! {wanted} expected"
        said = side.say(usage.output)
        print(f"  {side.name}, {title}: {usage.cpu_s:.2f} s, {articles} articles{lost} {said}", flush=True)
    return results


def print_table(results: Sequence[Result]) -> None:
    """One line per round and side, with the ratio of its CPU to the baseline's."""
    base = {result.round_number: result.usage.cpu_s for result in results if result.side == BASELINE}
    print(f"\n{'round':<14}{'side':<18}{'CPU s':>8}{'ratio':>8}{'wall s':>8}{'peak MB':>9}{'bytes/article':>15}")
    for round_number, title in enumerate(ROUNDS):
        for result in results:
            if result.round_number == round_number:
                usage = result.usage
                ratio = f"{usage.cpu_s / base[round_number]:.2f}" if round_number in base else "-"
                print(
                    f"{title:<14}{result.side:<18}{usage.cpu_s:>8.2f}{ratio:>8}{usage.wall_s:>8.1f}"
                    f"{usage.peak_mb:>9.0f}{result.bytes_per_article:>15.0f}"
                )


def print_aims(results: Sequence[Result]) -> None:
    """How far the polling path and the whole are from what is wanted of them."""
    cpu = {(result.side, result.round_number): result.usage.cpu_s for result in results}
    print()
    for round_number, title in enumerate(ROUNDS):
        ours, theirs = cpu.get((POLLING, round_number)), cpu.get((BASELINE, round_number))
        if ours and theirs:
            least = cpu.get(("floor (httpx)", round_number))
            beside = f"; a client by httpx alone {least / theirs:.2f}" if least else ""
            print(
                f"{POLLING}, {title}: {ours / theirs:.2f} of {BASELINE}{_wanted(POLLING_WANTED[round_number])}{beside}"
            )
    if (POLLING, 0) in cpu and (FLOOR, 0) in cpu:
        print(f"{POLLING}, cold: {cpu[POLLING, 0] / cpu[FLOOR, 0]:.1f} of {FLOOR}{_wanted(FLOOR_WANTED)}")
    for result in results:
        if result.side in (POLLING, "monitor once") and result.round_number == 0:
            print(f"{result.side}, cold: peak {result.usage.peak_mb:.0f} MB{_wanted(PEAK_WANTED_MB)}")


def _wanted(limit: float) -> str:
    return f" (wanted: at most {limit:g})"


def run() -> int:
    """Measure every side and print the table. Exit 1 when ours used more CPU than the baseline in any round."""
    start = datetime.now(UTC).replace(microsecond=0)
    chosen = os.environ.get("BENCH_SIDES", "").split(",")
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary, publishers(start) as shown:
        folder = Path(temporary)
        addresses = folder / "addresses"
        addresses.write_text("\n".join(shown.urls))
        print(f"ingest: {FEEDS} feeds x {ENTRIES} entries on loopback; load {os.getloadavg()[0]:.1f}", flush=True)
        sides = [side for side in make_sides(folder, addresses, shown.urls) if chosen == [""] or side.name in chosen]
        results = [result for side in sides for result in run_side(side, shown)]
    print_table(results)
    print_aims(results)
    base = {result.round_number: result.usage.cpu_s for result in results if result.side == BASELINE}
    ours = [result for result in results if result.side == "monitor once"]
    return 1 if base and any(result.usage.cpu_s > base[result.round_number] for result in ours) else 0


def _count(side: Side) -> int:
    connection = sqlite3.connect(f"file:{side.database}?mode=ro", uri=True)
    try:
        return int(connection.execute(side.count_sql).fetchone()[0])
    finally:
        connection.close()


def _check(name: str, usage: Usage) -> None:
    if usage.code != 0:
        sys.exit(f"{name} ended with {usage.code}:\n{usage.errors[-3000:]}")
