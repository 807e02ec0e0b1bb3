"""Bring the schema up to what this version needs, under a lock, and refuse a database that is newer.

Effects: database, files.
"""

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from monitor.errors import StorageError, StorageReason
from monitor.storage.backup import backup
from monitor.storage.engine import APPLICATION, Database, translated
from monitor.storage.kept_copies import keep_newest
from monitor.storage.revision import head_revision, migrations_folder

ADVISORY_LOCK = 7_295_001_842
"""An arbitrary number that all processes of this program agree on, for PostgreSQL's advisory lock."""


def current_revision(database: Database) -> str | None:
    """The revision the database stands at; None for one without tables."""
    with translated(), database.reader.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(database: Database, revision: str = "head") -> bool:
    """Bring the schema to `revision`; returns whether anything had to be done.

    Processes that start at the same moment wait for each other. A SQLite file is copied beside itself first
    (`….before-REVISION`, of which the newest two are kept), and a step that fails leaves the schema it found. Raises
    StorageError for a database that a newer version has already changed.
    """
    found = current_revision(database) if _exists(database) else None
    if found == head_revision() and revision == "head":
        return False
    with translated(), _locked(database):
        _refuse_newer(database)
        found = current_revision(database) if _exists(database) else None
        if found == head_revision() and revision == "head":
            return False
        if found is not None and database.path is not None:
            backup(database, database.path.with_name(f"{database.path.name}.before-{head_revision()}"))
        with _plain_connection(database) as connection:
            command.upgrade(_config(connection), revision)
        if found is not None and database.path is not None:
            named = re.compile(re.escape(f"{database.path.name}.before-") + r"\d{4}")
            keep_newest(database.path.parent, named)
    return True


def downgrade(database: Database, revision: str) -> None:
    """Take the schema back to `revision` (`base` for none); for tests and for a person who asks for it."""
    with translated(), _locked(database), _plain_connection(database) as connection:
        command.downgrade(_config(connection), revision)


def _exists(database: Database) -> bool:
    return database.path is None or database.path.exists()


def _refuse_newer(database: Database) -> None:
    if not _exists(database):
        return
    found = current_revision(database)
    known = {script.revision for script in ScriptDirectory(str(migrations_folder())).walk_revisions()}
    if found is not None and found not in known:
        raise StorageError(
            f"the database was changed by a newer news-monitor (revision {found})",
            reason=StorageReason.NEWER,
            remedy="Install that version again, or restore the backup made before the upgrade.",
        )


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _plain_connection(database: Database) -> Iterator[Connection]:
    # A rebuild of a SQLite table with foreign keys on silently deletes the rows that point to it (measured), so they
    # are off while the schema changes and checked afterwards.
    with database.writer.connect() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            _take_time(connection)
        try:
            yield connection
            if database.is_sqlite:
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                assert not broken, f"the migration left dangling rows: {broken[:3]}"
            connection.commit()
        finally:
            connection.rollback()
            connection.invalidate()  # the next one gets its foreign keys back, or its limit


def _take_time(connection: Connection) -> None:
    """Have PostgreSQL end nothing of this connection: a step of a large archive may think for minutes."""
    connection.exec_driver_sql(f"SET application_name TO '{APPLICATION} migration'")
    connection.exec_driver_sql("SET idle_in_transaction_session_timeout TO 0")


@contextmanager
def _locked(database: Database) -> Iterator[None]:
    if database.path is None:
        with database.writer.connect() as connection:
            _take_time(connection)
            connection.execute(sa.select(sa.func.pg_advisory_lock(ADVISORY_LOCK)))
            try:
                yield
            finally:
                connection.execute(sa.select(sa.func.pg_advisory_unlock(ADVISORY_LOCK)))
                connection.invalidate()  # the next one gets its limit back
        return
    with open(database.path.with_name(f"{database.path.name}.migrating"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
