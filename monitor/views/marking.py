"""Text with the words that matched told apart, so that a page can mark them: cut and escaped nowhere but there.

Effects: none.
"""

from collections.abc import Sequence

from msgspec import Struct

from monitor.digests.snippet import cut_snippet, hits_in
from monitor.model import Article, Evidence, Field, Match
from monitor.topics.explain import describe_evidence, describe_learned

TITLE_CHARS_MAX = 300
TEXT_CHARS_MAX = 320
"""Three lines at a desk."""
WHY_MAX = 8


class Piece(Struct, frozen=True):
    """A run of characters as they stand in the article."""

    text: str
    is_hit: bool = False


def mark_title(title: str, evidence: Sequence[Evidence]) -> tuple[Piece, ...]:
    """A headline in pieces; one that is empty says so."""
    if not title.strip():
        return (Piece("(no title)"),)
    return pieces_of(*cut_snippet(title, hits_in(evidence, Field.TITLE, len(title)), TITLE_CHARS_MAX))


def mark_text(text: str, evidence: Sequence[Evidence], field: Field = Field.TEXT) -> tuple[Piece, ...]:
    """The part of a text that shows best why it matched, in pieces; its beginning where only the title has hits."""
    return pieces_of(*cut_snippet(text, hits_in(evidence, field, len(text)), TEXT_CHARS_MAX))


def pieces_of(text: str, ranges: Sequence[tuple[int, int]]) -> tuple[Piece, ...]:
    """A text cut at the ranges that are hits; put together again it is the text."""
    found, end = [], 0
    for first, last in ranges:
        found += [Piece(text[end:first]), Piece(text[first:last], is_hit=True)]
        end = last
    return tuple(piece for piece in (*found, Piece(text[end:])) if piece.text)


def mark_article(article: Article, match: Match, page_text: str = "") -> tuple[Piece, ...]:
    """The text of a matched article in pieces: where its page was read and holds hits, out of the page's text."""
    is_in_page = any(span.field is Field.PAGE for one in match.evidence for span in one.spans)
    if page_text and is_in_page:
        return mark_text(page_text, match.evidence, Field.PAGE)
    return mark_text(article.text, match.evidence)


def say_why(match: Match) -> tuple[str, ...]:
    """Why it matched, a line for each concept; what marks moved comes last."""
    lines = [describe_evidence(one) for one in match.evidence[:WHY_MAX]]
    more = len(match.evidence) - WHY_MAX
    moved = describe_learned(match).strip(" ()")
    return (*lines, *((f"and {more} more",) if more > 0 else ()), *((moved,) if moved else ()))
