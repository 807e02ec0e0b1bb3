"""Does the schema stand where this version needs it? Asked at every start, so it asks lightly.

The migration library is loaded only when there is something to migrate: loading it takes as long as polling a
hundred unchanged feeds.

Effects: database, files.
"""

import re
from functools import cache
from importlib import import_module
from pathlib import Path

import sqlalchemy as sa

from monitor.errors import StorageError
from monitor.storage.engine import Database, transaction

_REVISION = re.compile(r"^revision = ['\"](\w+)['\"]", re.MULTILINE)
_FOLLOWS = re.compile(r"^down_revision = ['\"](\w+)['\"]", re.MULTILINE)


def migrations_folder() -> Path:
    """Where the migrations lie: inside the installed package, or at the top of a checkout."""
    installed = Path(__file__).resolve().parent.parent / "_migrations"
    return installed if installed.is_dir() else Path(__file__).resolve().parent.parent.parent / "migrations"


@cache
def known_revisions() -> frozenset[str]:
    """Every revision this version can bring up."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((migrations_folder() / "versions").glob("*.py"))]
    return frozenset(found[1] for text in texts if (found := _REVISION.search(text)))


@cache
def head_revision() -> str:
    """The revision this version needs: the one that no other follows."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((migrations_folder() / "versions").glob("*.py"))]
    known = [found[1] for text in texts if (found := _REVISION.search(text))]
    followed = {found[1] for text in texts if (found := _FOLLOWS.search(text))}
    heads = [revision for revision in known if revision not in followed]
    assert len(heads) == 1, f"the migrations have {len(heads)} ends: {heads}"
    return heads[0]


def is_current(database: Database) -> bool:
    """Whether nothing has to be done. A database that cannot answer yet is not current."""
    if database.path is not None and not database.path.exists():
        return False
    try:
        with transaction(database, reads_only=True) as connection:
            found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all()
    except (StorageError, sa.exc.DBAPIError):
        return False
    return found == [head_revision()]


def ensure_schema(database: Database) -> bool:
    """Bring the schema up if it is not; returns whether anything was done. Raises StorageError, as `upgrade` does."""
    if is_current(database):
        return False
    return bool(import_module("monitor.storage.migrate").upgrade(database))
