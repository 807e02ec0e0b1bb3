"""Text with its hits, as the API gives it: the text, and the ranges that matched.

Effects: none.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.errors import MonitorError
from monitor.model import ArticleId
from monitor.views.marking import Piece

NUMBER_MAX = 2**62


@dataclass(frozen=True, slots=True)
class Marked:
    """A text cut for reading."""

    text: str
    marks: list[tuple[int, int]]
    """Characters of `text` that matched, from the first to before the last; counted in code points."""


def marked(pieces: Sequence[Piece]) -> Marked:
    """The pieces joined."""
    ranges, at = [], 0
    for piece in pieces:
        if piece.is_hit:
            ranges.append((at, at + len(piece.text)))
        at += len(piece.text)
    return Marked("".join(piece.text for piece in pieces), ranges)


def read_cursor(after: str | None) -> ArticleId | None:
    """The article below which a page begins. Raises MonitorError for what no page gave."""
    if after is None:
        return None
    if not after.isascii() or not after.isdecimal() or not 0 < int(after[:20]) < NUMBER_MAX:
        raise MonitorError("`after` is not of a page before", remedy="Give what a page has as `next`, or leave it out.")
    return ArticleId(int(after))
