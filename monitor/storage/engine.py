"""Open SQLite or PostgreSQL by the URL alone, with the settings each needs to lose nothing.

SQLite: every write transaction begins immediately (Python's default begins late and silently loses updates between a
read and its write, measured), one writer at a time, WAL, and a full sync per commit, because a lost "sent" mark would
send twice. PostgreSQL: psycopg 3. Library errors leave this door as `StorageError`.

Effects: database, files.
"""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TextIO

import sqlalchemy as sa
from msgspec import Struct, field
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from monitor.errors import ConfigError, StorageError, StorageReason

BUSY_TIMEOUT_S = 5.0
"""How long a writer waits for another process's lock before the transaction fails and is tried at the next tick."""
CACHE_KIB = 4_096
"""Page cache per connection, of which a daemon has a handful: an idle one with a thousand feeds stays under 150 MB."""


APPLICATION = "news-monitor"
"""How our connections to PostgreSQL are named there; what may take its time is named otherwise."""
CONNECTION: dict[str, Any] = {
    "application_name": APPLICATION,
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "options": "-c idle_in_transaction_session_timeout=60s -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5"
    " -c tcp_keepalives_count=3 -c tcp_user_timeout=20s",
}
"""How a connection to PostgreSQL notices within half a minute that the other side is gone, at both its ends.

A process that is stopped with a transaction open keeps others waiting for what it holds: the server ends it after a
minute. https://www.postgresql.org/docs/current/libpq-connect.html, …/runtime-config-connection.html
"""


class Database(Struct, frozen=True):
    """An open database: one engine to write, one to read, and the lock that keeps writers in one row."""

    url: URL
    writer: Engine
    reader: Engine
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite, for the few places where the two differ."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def path(self) -> Path | None:
        """The SQLite file, None on PostgreSQL."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    def file_id(self) -> tuple[int, int] | None:
        """Which file stands at the SQLite path now; None where none does, and on PostgreSQL."""
        try:
            found = None if self.path is None else self.path.stat()
        except OSError:
            return None
        return None if found is None else (found.st_dev, found.st_ino)

    def give_back_space(self, pages: int) -> bool:
        """Return so many freed pages of a SQLite file to the disk; whether there are more.

        PostgreSQL's autovacuum does its own.
        """
        if not self.is_sqlite:
            return False
        with translated(), self.lock, self.writer.connect() as connection:
            raw = connection.connection.driver_connection
            connection.exec_driver_sql("COMMIT")
            assert isinstance(raw, sqlite3.Connection)
            # As a script: fetched like a query, the pragma frees a single page (measured).
            raw.executescript(f"PRAGMA incremental_vacuum({int(pages)})")
            return bool(raw.execute("PRAGMA freelist_count").fetchone()[0])

    @contextmanager
    def turn(self) -> Iterator[None]:
        """The turn of this process's only writer; on PostgreSQL there is none to wait for."""
        if not self.is_sqlite:
            yield
            return
        with self.lock:
            yield

    def close(self) -> None:
        """Let every connection go."""
        self.reader.dispose()
        self.writer.dispose()


def open_engine(
    url: str, *, busy_timeout_s: float = BUSY_TIMEOUT_S, makes_folder: bool = True, syncs: bool = True
) -> Database:
    """Open the database that `url` names; nothing is created but the folder of a SQLite file.

    Without `syncs` a SQLite file does not outlast a failure of the machine: for archives that are thrown away.
    Raises ConfigError for a URL that cannot be meant or an extra that is missing.
    """
    parsed = _read_url(url)
    if parsed.get_backend_name() == "sqlite":
        assert parsed.database is not None
        if makes_folder:
            _make_folder(Path(parsed.database).parent)
        writer = _sqlite_engine(parsed, busy_timeout_s, reads_only=False, syncs=syncs)
        return Database(parsed, writer, _sqlite_engine(parsed, busy_timeout_s, reads_only=True))
    if find_spec("psycopg") is None:  # loading it where it is not used would slow every start
        raise ConfigError(
            "PostgreSQL needs the extra `postgres`", remedy="Install it: pip install 'news-monitor[postgres]'."
        )
    engine = sa.create_engine(parsed, pool_pre_ping=True, pool_size=4, max_overflow=8, connect_args=CONNECTION)
    return Database(parsed, engine, engine)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"the folder of the database cannot be made ({error.strerror})",
            reason=StorageReason.UNREACHABLE,
            where=str(folder),
            remedy="Check database.url and the rights of its folder.",
        ) from error


def _read_url(url: str) -> URL:
    try:
        parsed = make_url(url)
        name = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigError("the database url cannot be read", remedy="Write sqlite:///data/monitor.db.") from error
    if name == "sqlite" and parsed.database and parsed.database != ":memory:":
        return parsed
    if name == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    raise ConfigError(
        f"a database of kind {name!r} cannot be used here",
        remedy="Write sqlite:///data/monitor.db or postgresql://user@host/monitor.",
    )


def _sqlite_engine(url: URL, busy_timeout_s: float, *, reads_only: bool, syncs: bool = True) -> Engine:
    engine = sa.create_engine(url, connect_args={"timeout": busy_timeout_s}, pool_size=4, max_overflow=4)

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: object) -> None:
        # The driver must not begin transactions on its own: we begin them, immediately.
        connection.isolation_level = None
        cursor = connection.cursor()
        if not reads_only:
            cursor.execute("PRAGMA auto_vacuum=INCREMENTAL")  # has no effect once WAL is on, so it comes first
            cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={'FULL' if syncs else 'OFF'}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        if reads_only:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")

    return engine


@contextmanager
def transaction(database: Database, *, reads_only: bool = False) -> Iterator[Connection]:
    """One transaction: committed whole when the block ends, rolled back whole when it raises.

    Writers of this process take turns. Raises StorageError for what the database itself could not do.
    """
    with translated(), nullcontext() if reads_only else database.turn():
        engine = database.reader if reads_only else database.writer
        with engine.begin() as connection:
            if reads_only and not database.is_sqlite:
                # One view for all questions of the block, as SQLite gives it by itself.
                connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            yield connection


@contextmanager
def translated() -> Iterator[None]:
    """Turn the library's errors into ours; a fault of our own SQL stays what it is."""
    try:
        yield
    except PoolTimeout as error:  # nothing was begun: as with any other work that the database cannot take now
        what, remedy = "all connections to the database are in use", "It is tried again; look what holds them."
        raise StorageError(what, reason=StorageReason.UNREACHABLE, remedy=remedy) from error
    except (DBAPIError, sqlite3.Error) as error:  # the second comes from setting up a connection, unwrapped
        ours = _to_storage_error(error)
        if ours is None:
            raise
        raise ours from error


_FULL = (StorageReason.FULL, "the disk is full", "Make room; the daemon goes on by itself.")
_UNWRITABLE = (StorageReason.FULL, "the database may not be written", "Check the rights of its file and folder.")
_BROKEN_DISK = (StorageReason.FULL, "the disk cannot be written", "Check the disk that holds the database.")
_LOCKED = (StorageReason.LOCKED, "another process holds the database", "It is tried again at the next tick.")
_DAMAGED = (StorageReason.DAMAGED, "the database file is damaged", "Restore a backup.")
_NO_DATABASE = (StorageReason.DAMAGED, "the file is not a database", "Check database.url.")
_CLOSED = (StorageReason.UNREACHABLE, "the database file cannot be opened", "Check its path and rights.")
_UNMADE = (StorageReason.UNREACHABLE, "the database is not set up", "Run: monitor db upgrade.")
_FORBIDDEN = (
    StorageReason.UNREACHABLE,
    "the database's user lacks a right there",
    "Make it the owner of the database: ALTER DATABASE … OWNER TO …",
)
_AWAY = (StorageReason.UNREACHABLE, "the database cannot be reached", "Check that it runs; it is tried again.")

_SQLITE_CODES = {
    "SQLITE_FULL": _FULL,
    "SQLITE_IOERR": _BROKEN_DISK,
    "SQLITE_READONLY": _UNWRITABLE,
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": _LOCKED,
    "SQLITE_CANTOPEN": _CLOSED,
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _NO_DATABASE,
}
"""Primary result codes, https://www.sqlite.org/rescode.html; the words of a message may quote anybody's text."""
_SQLSTATES = {
    "53100": _FULL,
    "53200": _AWAY,
    "53300": _AWAY,
    "25006": _UNWRITABLE,
    "25P03": _AWAY,
    "55P03": _LOCKED,
    "40001": _LOCKED,
    "40P01": _LOCKED,
    "57P01": _AWAY,
    "57P02": _AWAY,
    "57P03": _AWAY,
    "42501": _FORBIDDEN,
    "3D000": _UNMADE,
    "42P01": _UNMADE,
}
"""https://www.postgresql.org/docs/current/errcodes-appendix.html"""


def _to_storage_error(error: DBAPIError | sqlite3.Error) -> StorageError | None:
    cause = error.orig if isinstance(error, DBAPIError) else error
    found = _by_code(cause)
    if found is not None:
        reason, what, remedy = found
        return StorageError(what, reason=reason, remedy=remedy)
    if isinstance(error, OperationalError) and not isinstance(cause, sqlite3.Error):
        first_line = str(cause).strip().split("\n")[0][:200]
        what = f"the database cannot be reached ({first_line})"
        remedy = "Check that it runs, and `url` under [database]."
        return StorageError(what, reason=StorageReason.UNREACHABLE, remedy=remedy)
    return None


def _by_code(cause: object) -> tuple[StorageReason, str, str] | None:
    if isinstance(cause, sqlite3.Error):
        name = str(getattr(cause, "sqlite_errorname", ""))
        if name == "SQLITE_ERROR" and str(cause).startswith("no such table"):
            return _UNMADE
        return next((found for code, found in _SQLITE_CODES.items() if name.startswith(code)), None)
    return _SQLSTATES.get(str(getattr(cause, "sqlstate", "")))


def lock_path(database: Path) -> Path:
    """The file whose lock says that a process works on this database."""
    return database.with_name(f"{database.name}.lock")


class ProcessLock:
    """Held by the one process that may poll into a SQLite file; the system lets it go when the process dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None

    def take(self) -> None:
        """Hold the lock, or raise StorageError naming who holds it."""
        _make_folder(self._path.parent)
        try:
            held = open(self._path, "a+", encoding="ascii")  # noqa: SIM115  # stays open as long as the lock is held
        except OSError as error:
            raise StorageError(
                f"the lock file cannot be written ({error.strerror})",
                reason=StorageReason.UNREACHABLE,
                where=str(self._path),
                remedy="Check the rights of the data folder.",
            ) from error
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            held.seek(0)
            holder = held.read().strip() or "unknown"
            held.close()
            raise StorageError(
                f"another monitor (process {holder}) works on this database",
                reason=StorageReason.IN_USE,
                where=str(self._path.with_suffix("")),
                remedy="Stop it first, or give this one another database.url.",
            ) from error
        held.truncate(0)
        held.write(str(os.getpid()))
        held.flush()
        self._file = held

    def release(self) -> None:
        """Let it go; safe to call twice."""
        if self._file is not None:
            self._file.close()
            self._file = None
