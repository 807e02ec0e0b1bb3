"""Write the watchlist as a person typed it, or as it was in a revision; its author is noted before it is written.

Effects: reads and writes files, database.
"""

from enum import StrEnum

from monitor.config.draft import WATCHLIST
from monitor.config.edit import note_nobody
from monitor.config.edit_restore import Restored
from monitor.config.edit_whole import ChangedMeanwhile, as_typed, hash_of, read_body, write_whole
from monitor.config.mounts import refuse_read_only
from monitor.pipeline.rollback import choose_target, roll_back
from monitor.web.desk import Desk
from monitor.web.edits import noting_edit
from monitor.web.person import Person

NOTE_CHARS_MAX = 500
REPLAY_S = 86_400
"""How far back new and edited topics look, where they are asked to."""


class Done(StrEnum):
    """What came of it."""

    APPLIED = "applied"
    APPROVED = "approved"
    """The file was as it is already, and waited for a yes."""
    SAME = "same"
    """It is as in force."""


def apply_text(
    desk: Desk, person: Person, text: str, expected: str, *, note: str = "", replay_s: int = 0
) -> tuple[Done, str]:
    """Write watchlist.toml, where it still has the expected hash; what came of it, and its hash now.

    Its line ends and its mark are kept. Raises as `config.edit_whole.write_whole` does.
    """
    path = desk.watcher.folder / WATCHLIST
    before = read_body(path) or b""
    body = as_typed(text, before)
    is_in_force = body == desk.force().loaded.bodies.get(WATCHLIST)
    if is_in_force and before == body and hash_of(body) == expected:
        return Done.SAME, hash_of(body)
    # What is in force has its author already, and no revision comes of it.
    noting = note_nobody if is_in_force else noting_edit(desk, person, note, planned=True, replay_s=replay_s)
    is_written = write_whole(
        path.parent, path.name, body, expected=expected, load_instead=desk.watcher.load_instead, note=noting
    )
    desk.watcher.force()
    return (Done.APPLIED if is_written else Done.APPROVED), hash_of(body)


def apply_revision(
    desk: Desk, person: Person, revision: int, expected: str | None, *, name: str = WATCHLIST, force: bool = False
) -> Restored:
    """Write a file as it was in a revision. `expected` is the hash that was looked at; None where it does not matter.

    Raises ChangedMeanwhile, and as `pipeline.rollback.roll_back` does.
    """
    path = desk.watcher.folder / name
    before = read_body(path) or b""
    if expected is not None and hash_of(before) != expected:
        refuse_read_only(path, str(path))
        raise ChangedMeanwhile(str(path), before)
    target, latest = choose_target(desk.store, str(revision), path)
    restored = roll_back(
        desk.store,
        path,
        target,
        latest,
        load_instead=desk.watcher.load_instead,
        noting=lambda said: noting_edit(desk, person, said, planned=True),
        force=force,
    )
    desk.watcher.force()
    return restored
