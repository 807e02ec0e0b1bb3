"""Who edits a file from the page or the API, noted in the archive before the file is written.

Effects: database.
"""

from monitor.config.edit import NoteEdit
from monitor.errors import StorageError
from monitor.logs import get_log
from monitor.pipeline.behind import refuse_behind
from monitor.storage.revisions import body_hash
from monitor.web.desk import Desk
from monitor.web.person import Person

log = get_log()


def noting_edit(desk: Desk, person: Person, note: str = "", *, planned: bool = False, replay_s: int = 0) -> NoteEdit:
    """Notes an edit with its author, and makes the daemon's next look load the files; for the editors of `config/`.

    `planned` says that the person saw what it would change and said yes; `replay_s`, how far back its new topics look.
    An edit is never refused because it could not be noted, but where another worker's edit is not in force here yet:
    what is written upon older files would take it back. Then ConfigError is raised, and nothing is written.
    """

    def keep(body: bytes) -> None:
        try:
            with desk.store.write() as tx:
                refuse_behind(tx, desk.force().loaded)
                at = desk.clock.now()
                tx.revisions.note_edit(
                    body_hash(body), person.author, at, note=note, planned=planned, replay_s=replay_s
                )
        except StorageError as error:
            log.warning("edit.not_noted", reason=error.reason, hint="its author will be shown as `file`")
        # The file is renamed into its place in the next moment; a look in between sees the old one and is not the last.
        desk.watcher.force()

    return keep
