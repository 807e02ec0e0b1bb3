"""Take a file back to what it was in a configuration that was in force, or forward again.

Effects: database, reads and writes files.
"""

from collections.abc import Callable
from pathlib import Path

from monitor.config.edit import NoteEdit
from monitor.config.edit_restore import Restored, restore_file
from monitor.config.edit_whole import LoadInstead, read_body
from monitor.errors import MonitorError
from monitor.storage.revisions import Revision, body_hash
from monitor.storage.store import Store, Transaction

DIGITS_MAX = 18


def find_revision(tx: Transaction, wanted: str) -> Revision:
    """The revision of that number. Raises MonitorError where there is none."""
    is_number = wanted.isascii() and wanted.isdecimal() and len(wanted) <= DIGITS_MAX
    found = tx.revisions.get(int(wanted)) if is_number else None
    if found is None:
        shown = "".join(sign for sign in wanted[:40] if sign.isprintable())
        raise MonitorError(f"there is no revision {shown}", remedy="See: monitor watchlist log")
    return found


def latest_revision(tx: Transaction) -> Revision:
    """What was in force last. Raises MonitorError where nothing was."""
    latest = tx.revisions.latest()
    if latest is None:
        raise MonitorError("no configuration was in force yet", remedy="Begin with: monitor run")
    return latest


def choose_target(store: Store, wanted: str | None, path: Path) -> tuple[Revision, Revision]:
    """The revision to go back to, and the latest; without one that is wanted, as it was before the latest edit.

    Raises MonitorError where there is nothing to go back to.
    """
    name = path.name
    with store.read() as tx:
        latest = latest_revision(tx)
        target: Revision | None
        if wanted is not None:
            target = find_revision(tx, wanted)
        elif read_body(path) == latest.bodies[name]:
            target = tx.revisions.other(latest, name)
        else:
            target = latest  # the latest edit is one that never counted, be it good, broken or an emptied file
    if target is None:
        raise MonitorError(
            f"there is no earlier {name} to go back to", remedy="Name a revision; see: monitor watchlist log"
        )
    return target, latest


def roll_back(
    store: Store,
    path: Path,
    target: Revision,
    latest: Revision,
    *,
    load_instead: LoadInstead,
    noting: Callable[[str], NoteEdit],
    force: bool = False,
) -> Restored:
    """Write a file as it was in a revision; `noting` makes of a note what tells who writes it.

    Raises as `config.edit_restore.restore_file` does.
    """
    note = noting(f"rollback to {target.id}")

    def keep(body: bytes) -> None:
        if body != latest.bodies[path.name]:  # else no new revision comes of it: the file is as it is in force again
            note(body)

    def is_known(body: bytes) -> bool:
        with store.read() as tx:
            return tx.revisions.knows(body_hash(body))

    return restore_file(
        path.parent,
        path.name,
        target.bodies[path.name],
        load_instead=load_instead,
        is_known=is_known,
        note=keep,
        force=force,
    )
