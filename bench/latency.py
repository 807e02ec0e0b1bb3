"""A round over slow and silent servers: wall time against `reader` with eight workers, and who waits for whom.

All feeds were read before and have not changed. Each server answers 100 ms late; then 3 % of them accept and never
answer. `reader` has no bound round an exchange and is not run against silent servers: seen there, it stalls for two
minutes.

Effects: network (127.0.x.y), files in a temporary folder, child processes.
"""

import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import polling_side
from bench.measure import Usage, measure
from bench.reader_env import reader_python
from bench.server import is_silent, publishers
from bench.world import FEEDS

LATE_S = 0.1
SILENT_SHARE = 0.03
EXCHANGE_S = 10.0
"""The limit that our side is given here; the default is 30 s, and a round ends in it all the same."""
MORE_S = 5.0
FASTER_WANTED = 5.0
TIMEOUT_S = 300


def run() -> int:
    """Print both. Exit 1 when ours is less than five times as fast, or waits for those who never answer."""
    start = datetime.now(UTC).replace(microsecond=0)
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = Path(temporary)
        ours, theirs = str(folder / "ours.db"), str(folder / "reader.db")
        reader = [str(reader_python()), str(Path(__file__).with_name("reader_side.py"))]
        with publishers(start, late_s=LATE_S) as shown:
            addresses = _write(folder, shown.urls)
            for command in (
                [*reader, "add", theirs, addresses],
                [*reader, "update", theirs],
                polling_side.command("add", ours, addresses),
                polling_side.command("update", ours),
            ):
                _measure(command)
            shown.show(1)
            slow = _measure([*reader, "update", theirs])
            fast = _measure(polling_side.command("update", ours))
        ratio = slow.wall_s / fast.wall_s
        print(f"latency: {FEEDS} unchanged feeds, {1000 * LATE_S:.0f} ms late: reader {slow.wall_s:.1f} s, polling")
        print(f"  alone {fast.wall_s:.1f} s, {ratio:.1f} times as fast (wanted: at least {FASTER_WANTED:g})")
        last_s, wall_s, answered = _silent_round(folder, start)
    few = f"of {FEEDS} feeds {FEEDS - answered} on servers that never answer"
    print(f"latency: {few}: the round takes {wall_s:.1f} s with an exchange limit of {EXCHANGE_S:g} s")
    print(
        f"  (wanted: at most {EXCHANGE_S + MORE_S:g}); the last of all others was asked {last_s:.1f} s after the first"
    )
    return 0 if ratio >= FASTER_WANTED and wall_s <= EXCHANGE_S + MORE_S and last_s <= MORE_S else 1


def _silent_round(folder: Path, start: datetime) -> tuple[float, float, int]:
    """How long the answering feeds took to be asked, how long the round took, how many answer."""
    database = folder / "silent.db"
    with publishers(start, silent_share=SILENT_SHARE) as shown:
        addresses = _write(folder, shown.urls)
        _measure(polling_side.command("add", str(database), addresses))
        _measure(polling_side.command("update", str(database)))
        shown.show(1)
        usage = _measure(polling_side.command("update", str(database), str(EXCHANGE_S)))
        answering = [url for number, url in enumerate(shown.urls) if not is_silent(number, SILENT_SHARE)]
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    asked = dict(connection.execute("SELECT url, last_poll_at FROM feed").fetchall())
    connection.close()
    times = sorted(datetime.fromisoformat(asked[url]) for url in answering)
    return (times[-1] - times[0]).total_seconds(), usage.wall_s, len(answering)


def _write(folder: Path, urls: Sequence[str]) -> str:
    path = folder / "addresses"
    path.write_text("\n".join(urls))
    return str(path)


def _measure(command: Sequence[str]) -> Usage:
    usage = measure(command, timeout_s=TIMEOUT_S)
    if usage.code != 0:
        sys.exit(f"{' '.join(command)} ended with {usage.code}:\n{usage.errors[-3000:]}")
    return usage
