"""A whole copy of the archive while the daemon runs.

Effects: database, files.
"""

import contextlib
import os
import sqlite3
from pathlib import Path

from monitor.errors import MonitorError, StorageError, StorageReason
from monitor.storage.engine import Database, translated

PG_BACKUP = "Run: pg_dump --format=custom --file=monitor.dump URL (see docs/operations.md)."
PG_RESTORE = "Stop the daemon, then: pg_restore --clean --if-exists --single-transaction --dbname=URL monitor.dump"


def backup(database: Database, target: Path) -> int:
    """Copy the SQLite database to `target` as of one moment, checked, in one piece; returns its size in bytes.

    The daemon may go on writing meanwhile. `target` appears whole or not at all, and is not overwritten by a copy
    that fails its check. PostgreSQL has its own tools: refused with the command to run.
    """
    if database.path is None:
        raise MonitorError("PostgreSQL is not copied by this command", remedy=PG_BACKUP)
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        with translated(), database.reader.connect() as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            copy = sqlite3.connect(draft)
            try:
                raw.backup(copy)
                verdict = copy.execute("PRAGMA quick_check").fetchone()[0]
            finally:
                copy.close()
        if verdict != "ok":
            raise StorageError(
                f"the copy is damaged ({verdict})", reason=StorageReason.DAMAGED, remedy="Restore an older backup."
            )
        with open(draft, "rb") as written:
            os.fsync(written.fileno())
        draft.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise StorageError(
            f"the copy cannot be written ({error})", reason=StorageReason.FULL, where=str(target)
        ) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
    return target.stat().st_size
