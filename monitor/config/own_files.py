"""Which of a worker's own files are edits, and which are only older than what another worker put in force.

A file that was not edited since it last counted stands back for what is in force: where nobody may write it, it stays
as it is for ever, and takes nothing back. Only an edit counts, or a person's yes to the file as it stands.

Effects: reads files.
"""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from monitor.config.edit_whole import hash_of, read_body
from monitor.config.load import Loaded
from monitor.config.schema import FILES

TEXTS = ("watchlist.toml", "feeds.toml")
"""The files whose texts are kept with each revision, so that another worker can follow them."""

SETTINGS = "monitor.toml"
_NOTHING = hashlib.sha256().hexdigest()

Signature = tuple[tuple[int, int, int] | None, ...]
IsWanted = Callable[[str], bool]
"""Whether a person said yes to a file of this hash since the newest revision came in force."""


def never(_hashed: str) -> bool:
    """For whoever follows nobody."""
    return False


class OwnFiles:
    """Remembers what the files of a folder last counted as."""

    def __init__(self, loaded: Loaded, passed: Mapping[str, str], is_wanted: IsWanted) -> None:
        """`loaded` is what is in force; `passed` has the hashes of files that the start passed over."""
        self.counted = {name: passed.get(name, loaded.hashes[name]) for name in TEXTS}
        """The hash of each file when it last counted or was passed over."""
        self._folder = loaded.folder
        self._is_wanted = is_wanted
        self._read: dict[str, str] = {}

    def stand_in(self, force: Loaded) -> dict[str, bytes]:
        """Read the files; the bodies in force that count in place of those that are older."""
        self._read = {name: hashed for name in TEXTS if (hashed := self._hash(name)) is not None}
        self.count(force)
        return {name: force.bodies[name] for name in self._older(force)}

    def are_in_force(self, force: Loaded) -> bool:
        """Whether nothing but the three files counts, and they hold what is in force: then there is nothing to load.

        A secret or an example in a file of its own is known to whoever loads it alone.
        """
        if set(force.files) != {self._folder / name for name in FILES}:
            return False
        hashes = {name: self._hash(name) for name in FILES}
        hashes[SETTINGS] = hashes[SETTINGS] or _NOTHING  # it may be missing
        return hashes == force.hashes

    def count(self, force: Loaded) -> None:
        """What is in force now; a file as it was read counts if it is in it."""
        self.counted |= {name: hashed for name, hashed in self._read.items() if hashed == force.hashes[name]}

    def is_any_wanted(self, force: Loaded) -> bool:
        """Whether a file that stood back is to count after all."""
        return any(
            hashed == self.counted[name] and hashed != force.hashes[name] and self._is_wanted(hashed)
            for name, hashed in self._read.items()
        )

    def body(self, name: str, force: Loaded) -> bytes:
        """What counts of a file: the body in force where it stands back, else what stands in it; nothing where there is
        none. Raises `ConfigError`.
        """
        body = read_body(self._folder / name)
        older = self.counted[name]
        is_older = body is not None and older != force.hashes[name] and hash_of(body) == older
        return force.bodies[name] if is_older else body or b""

    def _older(self, force: Loaded) -> list[str]:
        return [
            name
            for name, hashed in self._read.items()
            if hashed == self.counted[name] and hashed != force.hashes[name] and not self._is_wanted(hashed)
        ]

    def _hash(self, name: str) -> str | None:
        """None where it cannot be read, which whoever loads it says."""
        try:
            return hashlib.sha256((self._folder / name).read_bytes()).hexdigest()
        except OSError:
            return None


def signature_of(files: Sequence[Path]) -> Signature:
    """What tells a changed file cheaply, links followed: inode, size and time of change."""
    found: list[tuple[int, int, int] | None] = []
    for path in files:
        try:
            stat = os.stat(path)
        except OSError:
            found.append(None)
        else:
            found.append((stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return tuple(found)


def content_of(files: Sequence[Path]) -> bytes:
    """A hash of what all files hold, secrets included; kept in memory only."""
    digest = hashlib.blake2b(digest_size=32)
    for path in files:
        try:
            body = path.read_bytes()
        except OSError:
            digest.update(b"\xff" * 8)
        else:
            digest.update(len(body).to_bytes(8, "big"))
            digest.update(body)
    return digest.digest()
