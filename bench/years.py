"""Every page, API question and command over an archive of a million articles, against one second each; then for how
long its writer is held while it is swept and indexed (`years_holds`).

The archive is made by `years_archive`: BENCH_ARTICLES says how many, BENCH_KEEP names a folder that is kept and used
again, BENCH_ONLY whether `pages` or `commands` are timed alone. Pages and the API are asked in this process through
the whole site, the routes as they are, with real keys; of three answers the best counts. Commands run as a person runs
them, start included. What is held against the second is CPU time, so that a busy machine does not count; the wall clock
stands beside it. A command also stands against what loading the library of the tables takes by itself, measured in turn
with it: a slow or busy machine slows both.

Effects: files, child processes, writes to standard output.
"""

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from starlette.routing import BaseRoute, Mount, Route
from starlette.testclient import TestClient

from bench.years_archive import Made, make_archive
from bench.years_holds import time_holds
from monitor.app import build_app
from monitor.clock import SystemClock
from monitor.config.load import load
from monitor.config.watch import Watcher
from monitor.reception import answers_of, desk_of
from monitor.topics.lexicon import load_lexicon
from monitor.web.site import build_site

ARTICLES = int(os.environ.get("BENCH_ARTICLES", "1000000"))
KEEP = os.environ.get("BENCH_KEEP", "")
ONLY = os.environ.get("BENCH_ONLY", "").split()
"""`pages` or `commands`; both where nothing is said."""
BOUND_S = 1.0
COMMAND_TIMEOUT_S = 300
MADE = "made.json"
NOT_ASKED = re.compile(r"/static/|/unsubscribe/|/healthz|/openapi|/docs")
NOT_BOUND = frozenset({"monitor db check", "monitor export"})
"""Commands that read all of the archive, whatever its size: shown, and not held against a second."""
BASELINE = ("-c", "import sqlmodel")
"""What every command that reads the archive begins with."""


@dataclass(frozen=True, slots=True)
class Timed:
    """One question and what it took."""

    name: str
    cpu_s: float
    wall_s: float
    said: str
    against: float | None = None
    """Of a command: how many times the CPU time of the baseline it takes."""

    @property
    def is_over(self) -> bool:
        """Whether it takes longer than a page or command may."""
        return self.cpu_s > BOUND_S and self.name not in NOT_BOUND


def open_archive(folder: Path) -> Made:
    """The archive in a folder, made where there is none."""
    kept = folder / MADE
    if kept.exists():
        values = json.loads(kept.read_text())
        values |= {"database": Path(values["database"]), "config": Path(values["config"])}
        return Made(**values)
    began = time.monotonic()
    made = make_archive(folder, ARTICLES)
    size = made.database.stat().st_size / 1e6
    print(f"years: {made.articles} articles, {size:.0f} MB, made in {time.monotonic() - began:.0f} s", flush=True)
    kept.write_text(json.dumps(asdict(made), default=str))
    return made


@contextmanager
def opened_site(made: Made) -> Iterator[TestClient]:
    """A browser without a window before the whole site."""
    lexicon, clock = load_lexicon(), SystemClock()
    loaded = load(made.config, dict(os.environ), lexicon)
    began = time.monotonic()
    app = build_app(loaded, clock, write=lambda _text: None)
    print(f"years: the daemon's parts are built in {time.monotonic() - began:.2f} s", flush=True)
    try:
        watcher = Watcher(made.config, dict(os.environ), loaded, clock)
        watcher.look()
        site = build_site(answers_of(app, lambda: (True, {}), watcher), "127.0.0.1", desk_of(app, watcher))
        client = TestClient(site, base_url="http://127.0.0.1", raise_server_exceptions=False)
        try:
            yield client
        finally:
            client.close()
    finally:
        app.close()


def addresses(routes: list[BaseRoute], made: Made, prefix: str = "") -> list[str]:
    """The address of every page and API question there is, with a real key where one belongs."""
    found: list[str] = []
    for route in routes:
        if isinstance(route, Mount):
            found += addresses(list(route.routes), made, prefix + route.path)
        elif isinstance(route, Route) and "GET" in (route.methods or ()):
            found.append(_filled(prefix + route.path, made))
        elif (inner := getattr(route, "original_router", None)) is not None:
            found += addresses(list(inner.routes), made, prefix)
    return sorted({one for one in found if not NOT_ASKED.search(one)})


def _filled(path: str, made: Made) -> str:
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda part: _key(part[1], path, made), path)


def _key(name: str, path: str, made: Made) -> str:
    if name in ("topic", "key") or "topic" in path.split("{")[0].rsplit("/", 2)[-2]:
        return made.topic
    kinds = {"stor": made.told_story, "article": made.told_article, "deliver": made.delivery, "digest": made.digest}
    return str(next((number for kind, number in kinds.items() if kind in path or kind in name), 1))


def asked_more(made: Made) -> list[str]:
    """Questions with something in them: searches, lists that go on, the biggest story."""
    first, second = made.words
    article = f"/explain?of={made.told_article}"
    return [
        f"/explain?of={first}+{second}+headline",
        f"/search?q={first}+{second}",
        f"/search?q={first}+AND+{second}", f"/search?q={first}*",
        "/search?q=the+AND+was",
        f"/stories/{made.big_story}", article, f"/explain?of={made.middle_article}", f"/topics/{made.topic}?days=90",
        f"/api/v1/search?q={first}+{second}", f"/api/v1/stories?topic={made.topic}",
    ]  # fmt: skip


def time_pages(made: Made) -> Iterator[Timed]:
    """Each address of the site."""
    with opened_site(made) as client:
        site: Any = client.app
        known = addresses(list(site.routes), made)
        for address in [*known, *asked_more(made)]:
            took = []
            for _ in range(3):
                began, cpu = time.perf_counter(), time.process_time()
                answer = client.get(address)
                took.append((time.process_time() - cpu, time.perf_counter() - began))
            if answer.status_code != 404 or address in known:
                yield Timed(address, *_best(took), f"{answer.status_code}, {len(answer.content) // 1000} kB")


def time_commands(made: Made) -> Iterator[Timed]:
    """Each command that asks."""
    first, second = made.words
    lines: list[list[str]] = [
        ["status"], ["status", "--json"], ["search", f"{first} {second}"], ["search", f"{first} AND {second}"],
        ["search", f"{first}*", "--since", "7d"], ["explain", str(made.told_article)],
        ["explain", str(made.middle_article)], ["explain", "https://outlet1.example/nothing-like-it"],
        ["explain", "a headline nobody wrote"], ["stories", "list"],
        ["stories", "list", "--topic", made.topic], ["stories", "show", str(made.told_story)], ["feeds", "list"],
        ["watchlist", "log"], ["outbox", "list"], ["outbox", "list", "--all"], ["mute", "list"],
        ["preview", made.topic],
        ["preview", made.topic, "--as", "html"], ["plan"], ["mark", "list"], ["watchlist", "diff"],
        ["match", "--suggest", f"{first} {second}"], ["export", "--since", "1d"], ["check"], ["export"],
        ["db", "check"],
    ]  # fmt: skip
    for line in lines:
        name = "monitor " + " ".join(line)
        took, bare, said = [], [], ""
        for _ in range(1 if name in NOT_BOUND else 3):
            bare.append(timed_child(BASELINE)[0])
            cpu_s, wall_s, code, output = timed_child(["-m", "monitor", *line, "--config", str(made.config)])
            took.append((cpu_s, wall_s))
            said = f"exit {code}, {len(output.splitlines())} lines"
        best = _best(took)
        yield Timed(name, *best, said, against=best[0] / min(bare))


def _best(took: list[tuple[float, float]]) -> tuple[float, float]:
    return min(cpu for cpu, _ in took), min(wall for _, wall in took)


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def installed_environ() -> dict[str, str]:
    """What a command finds where it is installed: modules that are compiled already, whatever this shell forbids."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def timed_child(line: Sequence[str]) -> tuple[float, float, int, str]:
    """The CPU seconds and wall seconds of a child, its exit code and what it printed; -1 where it took too long."""
    began, cpu = time.perf_counter(), _children_s()
    try:
        done = subprocess.run(
            [sys.executable, *line], capture_output=True, text=True, timeout=COMMAND_TIMEOUT_S, check=False,
            env=installed_environ(),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return _children_s() - cpu, time.perf_counter() - began, -1, ""
    return _children_s() - cpu, time.perf_counter() - began, done.returncode, done.stdout


def show(timed: Timed) -> None:
    """One line of the table."""
    mark = "OVER" if timed.is_over else ""
    against = "" if timed.against is None else f"{timed.against:.2f} of `import sqlmodel`, "
    said = f"{timed.cpu_s / BOUND_S:5.2f} of the bound, {against}wall {timed.wall_s:.2f} s; {timed.said}"
    print(f"{timed.name:62} {timed.cpu_s:7.3f} s = {said} {mark}", flush=True)


def run() -> int:
    """Make, ask, print. Exit 1 where a page or a command takes longer than its second, or its writer is held."""
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = Path(KEEP or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        made = open_archive(folder)
        over = 0
        parts = {"pages": time_pages, "commands": time_commands}
        for part in ONLY or parts:
            for timed in parts[part](made):
                show(timed)
                over += timed.is_over
        print(f"years: {over} over {BOUND_S:.0f} s; load {os.getloadavg()[0]:.1f}")
        over += time_holds(made)
    return 1 if over else 0
