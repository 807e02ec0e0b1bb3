"""Put a copy in the archive's place: checked first, brought up, swapped in one step, the one before kept.

Effects: database, files.
"""

import contextlib
import glob
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from monitor.errors import MonitorError, StorageError, StorageReason
from monitor.storage.backup import BESIDE
from monitor.storage.engine import ProcessLock, lock_path, open_engine, transaction
from monitor.storage.kept_copies import keep_newest
from monitor.storage.migrate import upgrade
from monitor.storage.restored import Quieted, newest_article_at, quiet
from monitor.storage.revision import head_revision, known_revisions


class Restored(Struct, frozen=True):
    """What came of it."""

    kept: Path | None
    """Where the archive of before is now; None where there was none."""
    newest_at: datetime | None
    """Of the copy's articles."""
    lost_from: datetime | None
    """The newest article of the archive of before; None where it could not be read."""
    quieted: Quieted | None
    """None where the copy goes on as it stood."""


def restore(path: Path, copy: Path, now: datetime, *, as_it_stood: bool = False) -> Restored:
    """Let the SQLite archive at `path` be what `copy` holds.

    Refused while another process works on it or reads it, and for a copy that is damaged, is no archive, or is of a
    newer version; then nothing has changed. The archive is never away: the copy takes its place in one step. What
    the copy does not know is not told twice (`restored`), but `as_it_stood`: that is for taking a restore back.
    """
    if not copy.is_file():
        raise StorageError(
            "there is no such copy",
            reason=StorageReason.UNREACHABLE,
            where=str(copy),
            remedy="Name a file of monitor db backup.",
        )
    if path.exists() and copy.samefile(path):
        raise MonitorError(
            "the copy is the archive itself", where=str(copy), remedy="Name a file of monitor db backup."
        )
    lock = ProcessLock(lock_path(path))
    lock.take()
    _clear(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}.restoring")
    try:
        with _told_where(copy):
            _copy_checked(copy, draft)
            newest_at, quieted = _bring_up(draft, now, as_it_stood=as_it_stood)
        with _told_where(path):
            lost_from = _fold(path)
            kept = _swap(draft, path, now)
            named = re.compile(rf"{re.escape(path.stem)}\.before-\d{{8}}T\d{{6}}Z\d*{re.escape(path.suffix)}")
            keep_newest(path.parent, named, spared=copy)
    finally:
        for tail in ("", *BESIDE, ".migrating", f".before-{head_revision()}"):
            with contextlib.suppress(OSError):
                draft.with_name(draft.name + tail).unlink(missing_ok=True)
        lock.release()
    return Restored(kept, newest_at, lost_from, quieted)


def _clear(path: Path) -> None:
    """Remove what a restore that was killed left: as large as an archive, and of use to nobody. The lock is ours."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.restoring*"):
        with contextlib.suppress(OSError):
            left.unlink()


@contextmanager
def _told_where(file: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise StorageError(
            f"it cannot be restored ({error})", reason=StorageReason.DAMAGED, where=str(file),
            remedy="Nothing was changed. Try another copy, or make room on the disk.",
        ) from error  # fmt: skip


def _copy_checked(copy: Path, draft: Path) -> None:
    """A whole copy of the copy, with what stands in its write-ahead log, and nothing wrong in it."""
    with closing(_opened(copy)) as source, closing(sqlite3.connect(draft)) as target:
        source.backup(target)
        verdict = " ".join(target.execute("PRAGMA integrity_check(1)").fetchone()[0].split())
        if verdict != "ok":
            raise StorageError(
                f"the copy is damaged ({verdict})", reason=StorageReason.DAMAGED, where=str(copy),
                remedy="Nothing was changed. Restore an older copy.",
            )  # fmt: skip
        tables = {name for (name,) in target.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        found = (
            target.execute("SELECT version_num FROM alembic_version").fetchall() if "alembic_version" in tables else []
        )
    if len(found) != 1:
        raise StorageError("it is no archive of news-monitor", reason=StorageReason.DAMAGED, where=str(copy))
    if found[0][0] not in known_revisions():
        raise StorageError(
            f"the copy is of a newer version (revision {found[0][0]})", reason=StorageReason.DAMAGED, where=str(copy),
            remedy="Nothing was changed. Restore it with the version that made it, or a newer one.",
        )  # fmt: skip


def _opened(copy: Path) -> sqlite3.Connection:
    """The copy, for reading; also where nothing can be written beside it, as on a disk that is mounted read-only."""
    with open(copy, "rb"):
        pass  # one that may not be read says so better than SQLite does
    uri = f"file:{_quoted(copy)}?mode=ro"
    opened = sqlite3.connect(uri, uri=True)
    try:
        opened.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        opened.close()
        if error.sqlite_errorname != "SQLITE_CANTOPEN" or copy.with_name(f"{copy.name}-wal").exists():
            raise
        # In WAL mode SQLite wants to make its index beside the file; nobody writes where we cannot.
        opened = sqlite3.connect(f"{uri}&immutable=1", uri=True)
    return opened


def _bring_up(draft: Path, now: datetime, *, as_it_stood: bool) -> tuple[datetime | None, Quieted | None]:
    """The schema of today, and what has to be known of its gap; in one file in the end."""
    database = open_engine(f"sqlite:///{draft}")
    try:
        upgrade(database)
        with transaction(database) as connection:
            newest = newest_article_at(connection)
            quieted = None if as_it_stood else quiet(connection, now)
    finally:
        database.close()
    _one_file(draft)
    with open(draft, "rb") as written:
        os.fsync(written.fileno())
    return newest, quieted


def _fold(path: Path) -> datetime | None:
    """Make the archive of before one file that nobody has open; when its newest article came, where it can tell."""
    if not path.exists():
        return None
    newest: datetime | None = None
    try:
        database = open_engine(f"sqlite:///{path}", busy_timeout_s=0.1)
        try:
            with transaction(database, reads_only=True) as connection:
                newest = newest_article_at(connection)
        finally:
            database.close()
        _one_file(path)
    except (StorageError, sqlite3.DatabaseError) as error:
        if _is_busy(error):
            raise StorageError(
                "another program has the archive open", reason=StorageReason.IN_USE, where=str(path),
                remedy="Wait for it to end, then try again. Nothing was changed.",
            ) from error  # fmt: skip
        # It is damaged, which is why it is replaced: it is kept as it is, with what stands beside it.
    return newest


def _is_busy(error: Exception) -> bool:
    if isinstance(error, StorageError):
        return error.reason is StorageReason.LOCKED
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def _one_file(path: Path) -> None:
    """Without a write-ahead log beside it; fails where anybody else has it open."""
    with closing(sqlite3.connect(path, timeout=0.1, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def _swap(draft: Path, path: Path, now: datetime) -> Path | None:
    """Keep the archive of before under a dated name, and put the draft in its place in one step."""
    kept: Path | None = None
    if path.exists():
        kept = _free_name(path, now)
        os.link(path, kept)
        for tail in BESIDE:  # there only where it was too damaged to be folded
            beside = path.with_name(path.name + tail)
            if beside.exists():
                beside.replace(kept.with_name(kept.name + tail))
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return kept


def _free_name(path: Path, now: datetime) -> Path:
    stem = f"{path.stem}.before-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    names = (path.with_name(f"{stem}{number or ''}{path.suffix}") for number in range(100))
    return next(name for name in names if not name.exists())


def _quoted(path: Path) -> str:
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
