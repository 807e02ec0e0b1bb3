"""Who edits by a command, noted in the archive before the file is written.

Effects: database.
"""

from monitor.cli.opening import cli_author, existing_store
from monitor.clock import SystemClock
from monitor.config.edit import NoteEdit
from monitor.config.load import Loaded
from monitor.errors import StorageError
from monitor.logs import get_log
from monitor.storage.revisions import body_hash

log = get_log()


def noting_edit(loaded: Loaded, note: str = "", *, planned: bool = False) -> NoteEdit:
    """Notes an edit with its author where there is an archive; an edit is never refused for the lack of one."""

    def keep(body: bytes) -> None:
        try:
            with existing_store(loaded) as store:
                if store is None:
                    return
                with store.write() as tx:
                    at = SystemClock().now()
                    tx.revisions.note_edit(body_hash(body), cli_author(), at, note=note, planned=planned)
        except StorageError as error:
            log.warning("edit.not_noted", reason=error.reason, hint="its author will be shown as `file`")

    return keep
