"""A whole copy of the archive while the daemon runs.

Effects: database, files.
"""

import contextlib
import os
import sqlite3
from pathlib import Path

from monitor.errors import MonitorError, StorageError, StorageReason
from monitor.storage.engine import Database, translated

BESIDE = ("-wal", "-shm")
"""What SQLite keeps beside a file in WAL mode."""
SQLITE_MAGIC = b"SQLite format 3\0"
PG_BACKUP = "Run: pg_dump --format=custom --file=monitor.dump URL (see docs/operations.md)."
PG_RESTORE = "Stop the daemon, then: pg_restore --clean --if-exists --single-transaction --dbname=URL monitor.dump"


def backup(database: Database, target: Path) -> int:
    """Copy the SQLite database to `target` as of one moment, checked, in one piece; returns its size in bytes.

    The daemon may go on writing meanwhile. `target` appears whole or not at all, and is not overwritten by a copy
    that fails its check, nor where it is the archive itself or no SQLite file. PostgreSQL has its own tools: refused
    with the command to run.
    """
    if database.path is None:
        raise MonitorError("PostgreSQL is not copied by this command", remedy=PG_BACKUP)
    _refuse_loss(database.path, target)
    draft = draft_of(target)
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
                # One file, which is read from a disk that is mounted read-only too.
                copy.execute("PRAGMA journal_mode=DELETE")
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


def draft_of(target: Path) -> Path:
    """The file that grows while this process copies to the target, and then takes its name."""
    return target.with_name(f".{target.name}.{os.getpid()}.part")


def _refuse_loss(path: Path, target: Path) -> None:
    """A copy in the place of the archive would let the daemon write on into a file that is gone."""
    files = [path, *(path.with_name(path.name + tail) for tail in BESIDE)]
    is_archive = target.resolve() in {file.resolve() for file in files} or (
        target.exists() and path.exists() and target.samefile(path)
    )
    if is_archive:
        raise MonitorError(
            "the copy would take the place of the archive itself", where=str(target), remedy="Name another file."
        )
    if target.is_file() and target.stat().st_size and _begins(target) != SQLITE_MAGIC:
        raise MonitorError(
            "there is another file that is no archive; it is left alone", where=str(target),
            remedy="Name another file.",
        )  # fmt: skip


def _begins(file: Path) -> bytes:
    try:
        with open(file, "rb") as opened:
            return opened.read(len(SQLITE_MAGIC))
    except OSError as error:
        raise StorageError(
            f"the copy cannot be written ({error})", reason=StorageReason.UNREACHABLE, where=str(file)
        ) from error
