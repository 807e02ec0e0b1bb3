"""How late the event loop wakes while poisoned feeds are parsed, beside the same work without them.

In one process the app's poller reads 300 ordinary feeds, again and again, a look a second; after the first reading all
are 304s. Seven poisoned feeds are due among them. A probe sleeps 5 ms at a time and notes how late it was woken. The
watch ends when each poisoned feed was told of once, or after `WATCH_S_MAX`; the baseline, without poison, lasts
`QUIET_S`. Limit: p99 of 20 ms beside the poison. Exit code 1 above it, or when a poisoned feed was never told of or an
ordinary one failed.

`main("probe", DATABASE, ADDRESSES)` is the watched process; ADDRESSES are the poisoned feeds, one a line.

Effects: network (127.0.x.y), files in a temporary folder, child processes.
"""

import asyncio
import gzip
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from bench import polling_side
from bench.freshness import quantile
from bench.measure import measure
from bench.server import publishers
from monitor.clock import SystemClock
from monitor.model import PollOutcome
from monitor.pipeline.visits import PollSummary

FEEDS = 300
PROBE_S = 0.005
LOOK_EVERY_S = 1.0
QUIET_S = 10.0
WATCH_S_MAX = 150.0
"""Seven feeds, each at most the parser's deadline of ten seconds, and its new start, twice over."""
LIMIT_MS = 20.0
TIMEOUT_S = 300
_BODY_MAX = 4_900_000
"""Just below what the fetcher takes: larger bodies are cut off and never parsed."""


def poisons() -> dict[str, bytes]:
    """Bodies that cost a parser much more than their size should."""
    head, tail = b'<rss version="2.0"><channel><title>p</title>', b"</channel></rss>"
    attributes = b" ".join(b'a%d=""' % number for number in range(50_000))
    tiny = b"<item><guid>%d</guid><title>t</title></item>"
    items = b"".join(tiny % number for number in range(_BODY_MAX // 50))
    entries = [{"id": str(number), "content_text": "t"} for number in range(_BODY_MAX // 45)]
    version = "https://jsonfeed.org/version/1.1"
    return {
        "attributes": head + b"<item " + attributes + b"><title>t</title></item>" + tail,
        "nested": head + b"<item><title>t</title>" + b"<a>" * 700_000 + b"</a>" * 700_000 + b"</item>" + tail,
        "comments": head + b"<item><description>" + b"&lt;!--" * (_BODY_MAX // 7) + b"</description></item>" + tail,
        "items": head + items + tail,
        "json": json.dumps({"version": version, "title": "p", "items": entries}).encode(),
        "json-nested": b'{"version":"' + version.encode() + b'","items":' + b"[" * (_BODY_MAX - 100),
        "bomb": b"\0" * 200_000_000,
    }


@contextmanager
def poisoned() -> Iterator[list[str]]:
    """Their addresses, served by a process of its own until the block ends."""
    # Started anew, not forked: nothing of ours is shared with it.
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(theirs,), daemon=True)
    server.start()
    try:
        yield ours.recv()
    finally:
        server.terminate()
        server.join()


def _serve(link: Connection) -> None:
    bodies = {f"/{name}": gzip.compress(body, 1) for name, body in poisons().items()}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = bodies[self.path]
            self.send_response(200)
            self.send_header("Content-Type", "application/json" if "json" in self.path else "application/xml")
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.9.1", 0), Handler)
    link.send([f"http://127.0.9.1:{server.server_port}{path}" for path in bodies])
    server.serve_forever()


async def _probe(late_ms: list[float]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due_s = loop.time() + PROBE_S
        await asyncio.sleep(PROBE_S)
        late_ms.append(1000 * (loop.time() - due_s))


async def _watch(database: str, poisons_at: Sequence[str]) -> dict[str, object]:
    """Look and probe until all is told; what came of it."""
    store = polling_side.open_store(database)
    told: dict[str, str] = {}
    ordinary: Counter[str] = Counter()

    def note(visit: PollSummary) -> None:
        if visit.url in poisons_at:
            told.setdefault(visit.url.rpartition("/")[2], visit.reason or visit.outcome.value)
        else:
            ordinary[visit.outcome.value] += 1

    loop = asyncio.get_running_loop()
    late_ms: list[float] = []
    async with polling_side.polling(store, report=note) as poller:
        probe = loop.create_task(_probe(late_ms))
        end_s = loop.time() + (WATCH_S_MAX if poisons_at else QUIET_S)
        while loop.time() < end_s and not (poisons_at and len(told) == len(poisons_at)):
            await poller.look(round_started_at=SystemClock().now())
            await asyncio.sleep(LOOK_EVERY_S)
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)
    store.close()
    late_ms.sort()
    spread = [quantile(late_ms, part) for part in (0.5, 0.99, 1.0)]
    return {"late_ms": spread, "ordinary": ordinary, "told": told}


def main(command: str, database: str, *more: str) -> None:
    """The watched process: prints what came of it as JSON."""
    assert command == "probe"
    print(json.dumps(asyncio.run(_watch(database, Path(more[0]).read_text().split()))))


def run() -> int:
    """Watch without poison, then with it."""
    start = datetime.now(UTC).replace(microsecond=0)
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary, publishers(start, FEEDS) as shown:
        folder = Path(temporary)
        _told("without poison", folder, shown.urls, [])
        with poisoned() as urls:
            late_ms, told, failed = _told("beside poison", folder, shown.urls, urls)
    print(
        f"lag: poisoned feeds told of: {len(told)} of {len(urls)}:", ", ".join(f"{n} {told[n]}" for n in sorted(told))
    )
    print(f"lag: p99 {late_ms:.1f} ms beside poison (limit {LIMIT_MS:g})")
    return 0 if late_ms <= LIMIT_MS and len(told) == len(urls) and not failed else 1


def _told(title: str, folder: Path, ordinary: Sequence[str], urls: Sequence[str]) -> tuple[float, dict[str, str], int]:
    """Run one watch and print it; its p99, what the poisoned feeds came to, how many ordinary visits failed."""
    database, poison = folder / f"{len(urls)}.db", folder / "poison"
    addresses = folder / "addresses"
    addresses.write_text("\n".join([*ordinary, *urls]))
    poison.write_text("\n".join(urls))
    for command in (
        polling_side.command("add", str(database), str(addresses)),
        polling_side.command("probe", str(database), str(poison), module="bench.lag"),
    ):
        usage = measure(command, timeout_s=TIMEOUT_S)
        if usage.code != 0:
            sys.exit(f"{' '.join(command)} ended with {usage.code}:\n{usage.errors[-3000:]}")
    found = json.loads(usage.output.splitlines()[-1])
    p50, p99, most = found["late_ms"]
    visits = ", ".join(f"{count} {outcome}" for outcome, count in sorted(found["ordinary"].items()))
    print(f"lag: {title}, {FEEDS} ordinary feeds in {usage.wall_s:.0f} s ({visits}):", end="")
    print(f" p50 {p50:.1f}, p99 {p99:.1f}, max {most:.1f} ms; CPU {usage.cpu_s / usage.wall_s:.2f} cores", flush=True)
    return p99, found["told"], found["ordinary"].get(PollOutcome.FAILED.value, 0)
