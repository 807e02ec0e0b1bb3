"""Write a config file back as it was in a configuration that was in force, byte for byte.

Guarded as every edit is: one at a time, checked by loading it against the other files as they are today, whole or not
at all, and only where the file is still what was read. What stands in the file and was never in force is not lost.

Effects: reads and writes files.
"""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from monitor.config.edit import NoteEdit, locked, replace_body
from monitor.config.edit_whole import LoadInstead, check_instead, read_body
from monitor.config.mounts import refuse_read_only
from monitor.errors import ConfigError

BACKUPS_MAX = 99


class Restored(Struct, frozen=True):
    """What came of it."""

    is_changed: bool
    """False where the file was the same already."""
    backup: Path | None = None
    """Where the edit that was never in force is kept now."""


def restore_file(
    folder: Path,
    name: str,
    body: bytes,
    *,
    load_instead: LoadInstead,
    is_known: Callable[[bytes], bool],
    note: NoteEdit,
    force: bool = False,
) -> Restored:
    """Replace watchlist.toml or feeds.toml by a body.

    `is_known` says whether a body was in force once: one that was not is kept beside the file with `force`, and is
    else a reason to refuse. `note` is called before anything is written. Raises `ConfigFaults` where the file would
    not load today, and `ConfigError` where it is refused, was changed meanwhile or cannot be written.
    """
    path = folder / name
    with locked(folder):
        before = read_body(path)
        if before == body:
            return Restored(is_changed=False)
        check_instead(load_instead, path, body, has_lines=False)
        refuse_read_only(path, str(path))
        backup = None
        if before is not None and not is_known(before):
            if not force:
                raise ConfigError(
                    "holds an edit that was never in force, so nothing was written",
                    where=str(path),
                    remedy="Look at it: monitor watchlist diff file. Write over it with --force: it is kept beside.",
                )
            backup = _free_name(path)
            replace_body(backup, str(backup), None, before)
        note(body)
        replace_body(path, str(path), before, body)
        return Restored(is_changed=True, backup=backup)


def _free_name(path: Path) -> Path:
    names = [path.with_name(f"{path.name}.bak")]
    names += [path.with_name(f"{path.name}.bak{number}") for number in range(2, BACKUPS_MAX + 1)]
    free = next((one for one in names if not one.exists()), None)
    if free is None:
        raise ConfigError(f"there are {BACKUPS_MAX} kept edits", where=str(path), remedy="Remove some: *.bak.")
    return free
