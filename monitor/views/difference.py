"""What differs between two texts, line by line.

Effects: none.
"""

import re
from collections.abc import Iterator
from difflib import unified_diff

from msgspec import Struct

CONTEXT = 3
"""Lines shown around each change."""
LINES_MAX = 2_000
"""Lines of a difference shown on a page."""
COMPARED_MAX = 50_000
"""Lines compared one by one; of more it is only said that they differ."""
_UNSHOWN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What moves the cursor of a terminal or turns a line around; a tab stays."""
_HUNK = re.compile(r"^@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@$")


class DiffLine(Struct, frozen=True):
    """One line of a difference."""

    kind: str
    """`+` for a line that came, `-` for one that went, a space for one that stayed, `@` for a gap between changes."""
    text: str
    before: int | None
    """Its number in the text before; None for one that came."""
    after: int | None


def difference_lines(before: str, after: str, name_before: str, name_after: str) -> Iterator[str]:
    """A unified difference, as `diff -u` writes it; nothing where the texts are the same.

    What both begin and end with is passed over first: of a list of a hundred thousand feeds one line differs.
    """
    one, other = before.split("\n"), after.split("\n")
    skipped = max(_common_start(one, other) - CONTEXT, 0)
    one, other = one[skipped:], other[skipped:]
    same = max(_common_start(one[::-1], other[::-1]) - CONTEXT, 0)
    one, other = one[: len(one) - same], other[: len(other) - same]
    if len(one) + len(other) > COMPARED_MAX:
        yield from (f"--- {name_before}", f"+++ {name_after}")
        yield f"@@ too much differs to be compared: {len(one):,} lines became {len(other):,} @@"
        return
    for line in unified_diff(one, other, name_before, name_after, n=CONTEXT, lineterm=""):
        found = _HUNK.match(line)
        if found:
            here, there = int(found[1]) + skipped, int(found[3]) + skipped
            line = f"@@ -{here}{found[2] or ''} +{there}{found[4] or ''} @@"
        yield _UNSHOWN.sub("", line)


def read_difference(before: str, after: str) -> tuple[list[DiffLine], bool]:
    """The same as lines with their numbers, at most LINES_MAX; whether there are more."""
    found: list[DiffLine] = []
    here = there = 0
    for place, line in enumerate(difference_lines(before, after, "before", "after")):
        if place < 2:
            continue
        if len(found) == LINES_MAX:
            return found, True
        kind, text = line[:1], line[1:]
        hunk = _HUNK.match(line)
        if hunk:
            here, there = int(hunk[1]), int(hunk[3])
        if kind == "@":
            found.append(DiffLine("@", line.strip("@ ") if not hunk else f"line {there}", None, None))
            continue
        found.append(DiffLine(kind, text, here if kind != "+" else None, there if kind != "-" else None))
        here += kind != "+"
        there += kind != "-"
    return found, False


def _common_start(one: list[str], other: list[str]) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
