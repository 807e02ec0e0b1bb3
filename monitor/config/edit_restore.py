"""Write a config file back as it was in a configuration that was in force, byte for byte.

Guarded as every edit is: one at a time, checked by loading it against the other files as they are today, whole or not
at all, and only where the file is still what was read. What stands in the file and was never in force is not lost.

Effects: reads and writes files.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from monitor.config.edit import NoteEdit, locked, replace_body
from monitor.config.faults import ConfigFaults
from monitor.config.load import load
from monitor.errors import ConfigError
from monitor.topics.meaning import Lexicon

BACKUPS_MAX = 99


@dataclass(frozen=True, slots=True)
class Restored:
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
    environ: Mapping[str, str],
    lexicon: Lexicon,
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
        before = _read(path)
        if before == body:
            return Restored(is_changed=False)
        _check(folder, path, body, environ, lexicon)
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


def _read(path: Path) -> bytes | None:
    """The bytes of the file whether or not they are a configuration; None where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(
            f"cannot be read ({error.strerror})", where=str(path), remedy="Let the user of this command read it."
        ) from error


def _check(folder: Path, path: Path, body: bytes, environ: Mapping[str, str], lexicon: Lexicon) -> None:
    """Faults of other files are not held against it: each can be taken back by itself."""
    try:
        load(folder, environ, lexicon, needs_channels=False, instead={path.name: body})
    except ConfigFaults as error:
        # Lines of a text that is not written would lead an editor astray.
        own = [replace(problem, line=0) for problem in error.problems if problem.path == str(path)]
        if own:
            raise ConfigFaults(own, meanwhile="The file was left as it is.", files=error.files) from error


def _free_name(path: Path) -> Path:
    names = [path.with_name(f"{path.name}.bak")]
    names += [path.with_name(f"{path.name}.bak{number}") for number in range(2, BACKUPS_MAX + 1)]
    free = next((one for one in names if not one.exists()), None)
    if free is None:
        raise ConfigError(f"there are {BACKUPS_MAX} kept edits", where=str(path), remedy="Remove some: *.bak.")
    return free
