"""The archive that a configuration names: where it lies, and open. It loads no channel and no fetcher.

Effects: opens the database.
"""

from pathlib import Path

from monitor.config.load import Loaded
from monitor.storage.engine import open_engine
from monitor.storage.revision import ensure_schema
from monitor.storage.store import Store


def database_path(loaded: Loaded) -> Path | None:
    """The SQLite file of a configuration; None on PostgreSQL."""
    database = open_engine(loaded.database_url, makes_folder=False)
    try:
        return database.path
    finally:
        database.close()


def open_store(loaded: Loaded) -> Store:
    """The database of a configuration, its schema brought up."""
    database = open_engine(loaded.database_url)
    ensure_schema(database)
    return Store(database)
