"""feeds.toml as it stands, some lines at a time, with its faults; what opens private feeds is hidden.

Effects: reads files.
"""

import re

from msgspec import Struct

from monitor.config.faults import Problem
from monitor.config.files import BOM
from monitor.config.watch import Watcher
from monitor.logs import redact

NAME = "feeds.toml"
LINES_SHOWN = 500
_QUERY = re.compile(r"""(?i)(https?://[^\s"'?#]*\?)[^\s"'#]+""")


class NumberedLine(Struct, frozen=True):
    """A line with what is wrong in it."""

    number: int
    text: str
    is_faulty: bool


class FeedsFile(Struct, frozen=True):
    """A part of the file."""

    name: str
    """The file with its folder."""
    lines: tuple[NumberedLine, ...]
    count: int
    """Lines of the whole file."""
    problems: tuple[Problem, ...]
    next: int | None
    """After which line to go on; None at the end."""
    previous: int | None


def without_keys(line: str) -> str:
    """A line of the file without the query, user and password of an address, where private feeds carry their keys."""
    return _QUERY.sub(r"\1…", redact(line))


def read_feeds_file(watcher: Watcher, after: int = 0) -> FeedsFile:
    """The lines after one; faults are those that the daemon found when it read the file last."""
    path = watcher.folder / NAME
    text = watcher.body(NAME).removeprefix(BOM).decode("utf-8", "replace")
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    faults = watcher.faults.problems if watcher.faults is not None else ()
    own = tuple(one for one in faults if one.path == str(path))
    marked = {one.line for one in own}
    shown = tuple(
        NumberedLine(number, without_keys(line.rstrip("\r")), number in marked)
        for number, line in enumerate(lines[after : after + LINES_SHOWN], after + 1)
    )
    end = after + len(shown)
    return FeedsFile(
        "/".join(path.parts[-2:]),
        shown,
        len(lines),
        own,
        end if end < len(lines) else None,
        max(after - LINES_SHOWN, 0) if after > 0 else None,
    )
