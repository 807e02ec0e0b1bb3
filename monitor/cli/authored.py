"""Note who edits a config file at the terminal, so that the revision it becomes has an author.

Effects: database.
"""

from collections.abc import Callable
from contextlib import suppress

from monitor.cli.opening import existing_store, login_name
from monitor.clock import SystemClock
from monitor.config.load import Loaded
from monitor.errors import StorageError
from monitor.storage.revisions import body_hash


def author_noted(loaded: Loaded, note: str) -> Callable[[bytes], None]:
    """Called with a new body before it is written; where no archive can note it, the edit is made all the same."""

    def note_author(body: bytes) -> None:
        with suppress(StorageError), existing_store(loaded) as store:
            if store is not None:
                with store.write() as tx:
                    author = f"cli:{login_name()}" if login_name() else "cli"
                    tx.revisions.note_edit(body_hash(body), author, SystemClock().now(), note=note)

    return note_author
