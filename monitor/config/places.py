"""On which line a key or an array's element stands.

Values come from `tomllib`, which does not say where they stood; this module walks the same text again and says only
that. It reads any layout TOML allows, also blocks of one array that another table interrupts, where a lossless
document would regroup them and lose the true lines. It is given text that `tomllib` has accepted and checks nothing.

Effects: none.
"""

import json
import re
from bisect import bisect_right

from msgspec import Struct, field

Path = tuple[str | int, ...]
"""Keys and, in arrays, positions from 0: ("topics", "gulf-shipping", "also", 2)."""

_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r'[ \t]*(?:"((?:[^"\\\n]|\\.)*)"|\'([^\'\n]*)\'|([A-Za-z0-9_-]+))[ \t]*')
STRING = re.compile(
    r'"""(?:\\[\s\S]|(?!""")[^\\])*"{3,5}'
    r"|'''(?:(?!''')[\s\S])*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
)
"""A text of TOML, in any of its quotes."""
_SCALAR = re.compile(r"[^,\]}#\n]+")
_LONG_ESCAPE = re.compile(r"\\(\\|U[0-9A-Fa-f]{8}|e|x[0-9A-Fa-f]{2})")
"""The escapes that TOML has and JSON has not; and the escaped backslash, so that none begins at its second half."""


class Brackets(Struct, frozen=True):
    """Positions of an array's signs in the text."""

    opening: int
    closing: int
    elements_end: int
    """Behind its last element; behind the opening bracket where it has none."""


class Places(Struct):
    """The lines of one file, counted from 1."""

    first: dict[Path, int] = field(default_factory=dict)
    """The line of a key, of a table's first header, or of an array's element."""
    last: dict[Path, int] = field(default_factory=dict)
    """The line on which the value of a key ends; for a table or an element of one, that of its last key."""

    arrays: dict[Path, "Brackets"] = field(default_factory=dict)
    """Where in the text each array that is written with brackets stands."""

    def line(self, path: Path) -> int:
        """The line of a path, or of the nearest thing around it that has one; 1 for the file itself."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.first:
                return self.first[path[:length]]
        return 1


def find_places(text: str) -> Places:
    """The line of each key and each array element in TOML that `tomllib` has accepted."""
    return _Walk(text).run()


def _plain_key(quoted: str) -> str:
    if "\\" not in quoted:
        return quoted
    return str(json.loads(f'"{_LONG_ESCAPE.sub(_as_json, quoted)}"', strict=False))


def _as_json(found: re.Match[str]) -> str:
    if found[1] == "\\":
        return found[0]
    return json.dumps(chr(27 if found[1] == "e" else int(found[1][1:], 16)))[1:-1]


class _Walk:
    """One pass over a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._newlines = [found.start() for found in re.finditer("\n", text)]
        self._places = Places()
        self._counts: dict[Path, int] = {}
        self._at = 0

    def run(self) -> Places:
        table: Path = ()
        end = len(self._text)
        self._skip_gap()
        while self._at < end:
            if self._text[self._at] == "[":
                table = self._read_header()
            else:
                self._read_pair(table)
                for length in range(1, len(table) + 1):
                    self._places.last[table[:length]] = self._line(self._at - 1)
            self._skip_gap()
        return self._places

    def _line(self, position: int) -> int:
        return bisect_right(self._newlines, position - 1) + 1

    def _skip_gap(self) -> None:
        found = _GAP.match(self._text, self._at)
        assert found is not None
        self._at = found.end()

    def _note(self, path: Path, line: int) -> None:
        self._places.first.setdefault(path, line)
        self._places.last[path] = line

    def _read_keys(self) -> list[str]:
        """A key with its dots; afterwards the position is on what follows it."""
        parts = []
        while True:
            found = _KEY.match(self._text, self._at)
            assert found is not None
            self._at = found.end()
            basic, literal, bare = found.groups()
            parts.append(_plain_key(basic) if basic is not None else literal if literal is not None else bare)
            if self._text[self._at : self._at + 1] != ".":
                return parts
            self._at += 1

    def _read_header(self) -> Path:
        line = self._line(self._at)
        is_array = self._text.startswith("[[", self._at)
        self._at += 2 if is_array else 1
        parts = self._read_keys()
        self._at += 2 if is_array else 1
        path: Path = ()
        for part in parts[:-1]:
            path = self._into((*path, part), line)
        path = (*path, parts[-1])
        if is_array:
            self._counts[path] = self._counts.get(path, 0) + 1
        return self._into(path, line)

    def _into(self, path: Path, line: int) -> Path:
        """Note a table on a header's way; where it is an array of tables, the way leads into its newest element."""
        self._note(path, line)
        if path in self._counts:
            path = (*path, self._counts[path] - 1)
            self._note(path, line)
        return path

    def _read_pair(self, table: Path) -> None:
        line = self._line(self._at)
        path = table
        for part in self._read_keys():
            path = (*path, part)
            self._note(path, line)
        self._at += 1  # the equals sign
        self._read_value(path)
        for length in range(len(table) + 1, len(path) + 1):
            self._places.last[path[:length]] = self._line(self._at - 1)

    def _read_value(self, path: Path) -> None:
        self._skip_gap()
        opening = self._text[self._at]
        if opening == "[":
            self._read_array(path)
        elif opening == "{":
            self._read_inline(path)
        else:
            found = (STRING if opening in "\"'" else _SCALAR).match(self._text, self._at)
            assert found is not None
            self._at = found.end()

    def _read_array(self, path: Path) -> None:
        opening = self._at
        self._at += 1
        elements_end = self._at
        index = 0
        self._skip_gap()
        while self._text[self._at] != "]":
            element = (*path, index)
            self._note(element, self._line(self._at))
            self._read_value(element)
            self._places.last[element] = self._line(self._at - 1)
            elements_end = self._at
            index += 1
            self._skip_comma()
        self._places.arrays[path] = Brackets(opening, self._at, elements_end)
        self._at += 1

    def _read_inline(self, path: Path) -> None:
        self._at += 1
        self._skip_gap()
        while self._text[self._at] != "}":
            self._read_pair(path)
            self._skip_comma()
        self._at += 1

    def _skip_comma(self) -> None:
        self._skip_gap()
        if self._text[self._at] == ",":
            self._at += 1
            self._skip_gap()
