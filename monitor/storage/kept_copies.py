"""Copies that are made beside the archive by themselves, before a restore or a change of the schema: the newest two.

Effects: files.
"""

import contextlib
import re
from pathlib import Path

from monitor.storage.backup import BESIDE

KEPT = 2
"""Of each kind. Each is as large as the archive, and whoever goes back goes back to the last one or the one before."""


def keep_newest(folder: Path, named: re.Pattern[str], *, spared: Path | None = None) -> None:
    """Remove the copies with such names but for the last two by name, and the one that is spared.

    One that cannot be removed stays, and is tried again the next time.
    """
    found = sorted(one for one in folder.iterdir() if named.fullmatch(one.name) and one.is_file())
    for old in found[:-KEPT]:
        if spared is not None and spared.exists() and old.samefile(spared):
            continue
        for tail in ("", *BESIDE):
            with contextlib.suppress(OSError):
                old.with_name(old.name + tail).unlink(missing_ok=True)
