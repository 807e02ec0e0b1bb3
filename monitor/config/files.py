"""Read one config file: bytes, text, values, and the line of each.

Effects: reads files.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from monitor.config.faults import ConfigFaults, Problem
from monitor.config.places import Places, find_places

FILE_BYTES_MAX = 50_000_000
"""Largest config file read: 100,000 feeds take about 10 MB, so what is larger is another file by mistake."""

BOM = b"\xef\xbb\xbf"

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_REMEDIES = (
    ("Cannot declare", "This table stands twice: join the two, or rename one."),
    ("Cannot overwrite", "This key stands twice: keep one."),
    ("Duplicate inline table key", "This key stands twice: keep one."),
    ("Unclosed", "Close the bracket, with a comma between the elements."),
    ("Unescaped", "Write it in single quotes, as in 'a\\b'."),
    ("Unterminated", "Close the quotes, or use ''' for a text of several lines."),
    ('Expected "', "Close the quotes, or use ''' for a text of several lines."),
    ("Illegal character", "Close the quotes on the same line, or use ''' for a text of several lines."),
    ("Invalid value", 'Text, times and schedules stand in quotes, as in "08:00".'),
    (
        "Expected newline",
        'Text, times and schedules stand in quotes, as in "08:00", and each key on a line of its own.',
    ),
    ("Expected '='", 'Write key = "value", or take the line away.'),
)


class ConfigFile(Struct, frozen=True):
    """A config file that is good TOML; what it says is not checked yet."""

    path: Path
    shown_path: str
    """As messages name it: the folder as it was given, and the name."""
    body: bytes
    text: str
    values: Mapping[str, object]
    places: Places

    def place(self, *path: str | int) -> str:
        """`config/feeds.toml:31`."""
        return f"{self.shown_path}:{self.places.line(path)}"


def read_config_file(path: Path, shown_path: str, remedy: str = "Make it.") -> ConfigFile:
    """A file read and understood as TOML. Raises `ConfigFaults`; `remedy` says what to do where there is no file."""
    return parse_config_file(read_bounded(path, shown_path, remedy), path, shown_path)


def read_bounded(path: Path, shown_path: str, remedy: str) -> bytes:
    """The bytes of a file of sane size. Raises `ConfigFaults` where there is none or it cannot be read."""
    try:
        if path.stat().st_size > FILE_BYTES_MAX or not path.is_file():
            raise _fault(path, shown_path, 0, "this is not a config file (too large, or no file). Name another.")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise _fault(path, shown_path, 0, f"there is no such file. {remedy}") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _fault(path, shown_path, 0, f"cannot be read ({reason}). Let the daemon's user read it.") from error


def parse_config_file(body: bytes, path: Path, shown_path: str) -> ConfigFile:
    """Bytes understood as TOML. Raises `ConfigFaults` with the line of what is not."""
    try:
        # Notepad begins UTF-8 with a byte order mark; it means nothing and is not held against anybody.
        text = body.removeprefix(BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise _fault(path, shown_path, line, "this is not UTF-8. Save the file with the encoding UTF-8.") from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_fault(str(error), text, path, shown_path) from error
    except RecursionError as error:
        raise _fault(path, shown_path, 0, "brackets stand too deep inside each other. Take some away.") from error
    return ConfigFile(path, shown_path, body, text, values, find_places(text))


def _fault(path: Path, shown_path: str, line: int, message: str) -> ConfigFaults:
    return ConfigFaults([Problem(shown_path, line, message)], files=[path])


def _syntax_fault(said: str, text: str, path: Path, shown_path: str) -> ConfigFaults:
    found = _PLACE.search(said)
    what = _PLACE.sub("", said)
    lines = text.split("\n")
    line = int(found[1]) if found and found[1] else len(text.rstrip().split("\n"))
    column = f", column {found[2]}" if found and found[2] else ""
    remedy = next((words for start, words in _REMEDIES if what.startswith(start)), "Mend the line, or take it away.")
    if re.search("[“”„‘’]", lines[line - 1] if line <= len(lines) else ""):
        remedy = "Use straight quotes (\" or '): the curly ones are letters to TOML."
    return _fault(path, shown_path, line, f"this is not TOML{column}: {what[:1].lower()}{what[1:]}. {remedy}")
