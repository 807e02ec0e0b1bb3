"""Write a config file as a whole, byte for byte as a person typed it.

Guarded as every edit is: checked by loading it first, one at a time, whole or not at all, and only where the file is
still the one that was looked at.

Effects: reads and writes files.
"""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec.structs import replace

from monitor.config.edit import NoteEdit, locked, replace_body
from monitor.config.faults import ConfigFaults
from monitor.config.files import BOM
from monitor.config.mounts import refuse_read_only
from monitor.errors import ConfigError

LoadInstead = Callable[[Mapping[str, bytes]], object]
"""Loads the folder with these bodies in place of the files of their names; raises `ConfigFaults`."""


class ChangedMeanwhile(ConfigError):
    """The file is no longer the one that was looked at; nothing was written."""

    def __init__(self, where: str, body: bytes) -> None:
        self.body = body
        """What stands there now."""
        super().__init__(
            "was changed by somebody else meanwhile, so nothing was written",
            where=where,
            remedy="Look at what changed, and write again what still holds.",
        )


def hash_of(body: bytes) -> str:
    """How the content of a file is known: SHA-256 in hex, as in the log of revisions."""
    return hashlib.sha256(body).hexdigest()


def read_body(path: Path) -> bytes | None:
    """The bytes of a file whether or not they are a configuration; None where there is none. Raises `ConfigError`."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(
            f"cannot be read ({error.strerror})", where=str(path), remedy="Let the user of this command read it."
        ) from error


def as_typed(text: str, like: bytes) -> bytes:
    """A text from a form, whose line ends are newlines, as the file's bytes: its mark and line ends are kept."""
    mark = BOM if like.startswith(BOM) else b""
    is_windows = b"\r\n" in like and like.count(b"\r\n") == like.count(b"\n")
    return mark + (text.replace("\n", "\r\n") if is_windows else text).encode("utf-8", "replace")


def write_whole(
    folder: Path, name: str, body: bytes, *, expected: str, load_instead: LoadInstead, note: NoteEdit
) -> bool:
    """Replace a file that still has the expected hash; False where it holds that very body already.

    `note` is told in both cases: a yes to what stands there is an edit too. Raises `ConfigFaults` with its lines where
    the body would not load today, `ChangedMeanwhile`, and `ConfigError` where it cannot be written.
    """
    path = folder / name
    check_instead(load_instead, path, body)
    with locked(folder):
        before = read_body(path)
        if before != body:
            refuse_read_only(path, str(path))
        if hash_of(before or b"") != expected:
            raise ChangedMeanwhile(str(path), before or b"")
        note(body)
        if before == body:
            return False
        replace_body(path, str(path), before, body)
        return True


def check_instead(load_instead: LoadInstead, path: Path, body: bytes, *, has_lines: bool = True) -> None:
    """Raises `ConfigFaults` with the body's own faults; those of other files are not held against it.

    Without `has_lines` the faults name none: lines of a text that nobody sees would lead an editor astray.
    """
    try:
        load_instead({path.name: body})
    except ConfigFaults as error:
        own = [one if has_lines else replace(one, line=0) for one in error.problems if one.path == str(path)]
        if own:
            raise ConfigFaults(own, meanwhile="The file was left as it is.", files=error.files) from error
