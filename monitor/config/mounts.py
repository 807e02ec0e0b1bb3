"""Where a file is kept that is mounted so that nobody may write it, in words for whoever wants to edit it.

Effects: reads the system's list of mounts.
"""

import os
import re
from pathlib import Path

from monitor.errors import ConfigError

MOUNTS = Path("/proc/self/mountinfo")
MOUNTS_BYTES_MAX = 4_000_000
"""Of the list of mounts: a host with ten thousand containers has a third of it."""
_CONFIG_MAP = re.compile(r"/volumes/kubernetes\.io~(configmap|secret|projected)/([^/]+)")
_OCTAL = re.compile(r"\\([0-7]{3})")
_KINDS = {"configmap": "ConfigMap", "secret": "Secret", "projected": "projected volume"}


def refuse_read_only(path: Path, shown_path: str) -> None:
    """Raise `ConfigError` where a file lies on what is mounted read-only, with where it is kept.

    Before an edit is noted: what cannot be written has no author.
    """
    target = Path(os.path.realpath(path))
    try:
        is_read_only = bool(os.statvfs(target.parent).f_flag & os.ST_RDONLY)
    except OSError:
        return  # whoever writes it says what is wrong
    if is_read_only:
        raise ConfigError(
            "is mounted read-only here, so nothing was written", where=shown_path, remedy=say_kept(path, _read_mounts())
        )


def say_kept(path: Path, mounts: str) -> str:
    """Where to edit a file instead, by a list of mounts as in /proc/self/mountinfo."""
    source = find_source(Path(os.path.realpath(path)), mounts)
    if found := _CONFIG_MAP.search(source):
        kept = f"in the {_KINDS[found[1]]} behind the volume {found[2]}"
    elif (path.parent / "..data").is_symlink():
        kept = f"in the ConfigMap that is mounted as {path.parent}"
    elif source:
        kept = f"in {source} of the machine or volume that is mounted here"
    else:
        kept = f"where {path.parent} is mounted from"
    return f"Edit it where it is kept, {kept}: a running monitor takes it from there. Or mount the folder writable."


def find_source(target: Path, mounts: str) -> str:
    """The folder that is mounted over a file or a folder above it, as its own file system names it; empty where it is
    the whole of one, or nothing is known.
    """
    best, source = 0, ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 5:
            continue
        root, point = _plain(fields[3]), Path(_plain(fields[4]))
        if target.is_relative_to(point) and len(point.parts) >= best:
            inside = target.relative_to(point)
            best, source = len(point.parts), "" if root == "/" else str(Path(root) / inside)
    return source


def _plain(field: str) -> str:
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), field)


def _read_mounts() -> str:
    try:
        with MOUNTS.open("rb") as file:
            return file.read(MOUNTS_BYTES_MAX).decode("utf-8", "replace")
    except OSError:
        return ""
