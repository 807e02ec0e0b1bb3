"""The part of an article that shows best why it is told, with the words that matched marked.

What is marked is always, character for character, what stands in the article: the places were found in the original
text, and white space is replaced one for one, so no offset moves.

Effects: none.
"""

from collections.abc import Sequence

from msgspec import Struct

from monitor.model import Evidence, Field
from monitor.text import is_grapheme_start, shorten

SNIPPET_LENGTH_MAX = 240  # characters: two to three lines on a phone, enough for the sentence that matched
HITS_MAX = 100  # evidence is bounded where it is found; this keeps the choice of a window small whatever it is given
_ONE_FOR_ONE = str.maketrans(dict.fromkeys("\t\n\v\f\r\x85\u2028\u2029", " "))
_SENTENCE_ENDS = (". ", "! ", "? ", "… ", "。", "！", "？")


class Hit(Struct, frozen=True):
    """Characters `start` to `end` where a concept was found; `concept` is its place in the evidence."""

    start: int
    end: int
    concept: int


def hits_in(evidence: Sequence[Evidence], field: Field, length: int) -> list[Hit]:
    """The places in one field, in order, none overlapping another and none outside `length` characters.

    Of two that overlap the one that begins first is kept, or the longer one where both begin together.
    """
    found = [
        (span.start, -span.end, place)
        for place, one in enumerate(evidence)
        for span in one.spans
        if span.field is field and 0 <= span.start < span.end <= length
    ]
    found.sort()
    kept: list[Hit] = []
    free_from = 0
    for start, negative_end, place in found:
        if start >= free_from:
            free_from = -negative_end
            kept.append(Hit(start, free_from, place))
    return kept[:HITS_MAX]


def cut_snippet(
    text: str, hits: Sequence[Hit], length_max: int = SNIPPET_LENGTH_MAX
) -> tuple[str, tuple[tuple[int, int], ...]]:
    """At most `length_max` characters on one line around the best hits, and the ranges of the hits in it.

    The best place is where most concepts stand together, then most hits, then the earliest. Without a hit it is the
    beginning. A hit that does not fit whole is not marked. `hits` are as `hits_in` gives them.
    """
    line = text if text.isprintable() else text.translate(_ONE_FOR_ONE)
    begin = _find_begin(line, hits, length_max - 2) if hits and len(line) > length_max else 0
    lead_in = "…" if begin else ""
    rest = line[begin:]
    body = shorten(rest, length_max - len(lead_in))
    end = begin + (len(body) if body == rest else len(body) - 1)  # the closing ellipsis is ours, not the article's
    shift = len(lead_in) - begin
    ranges = tuple((hit.start + shift, hit.end + shift) for hit in hits if hit.start >= begin and hit.end <= end)
    return lead_in + body, ranges


def _find_begin(line: str, hits: Sequence[Hit], room: int) -> int:
    """Where the snippet begins so that the best hits are in the middle, at a sentence or a word where one is near."""
    first, last = _best_window(hits, room)
    spare = room - (last.end - first.start)
    earliest = max(0, min(first.start - max(0, spare) // 2, len(line) - room))
    if earliest == 0:
        return 0
    sentences = [
        place + len(mark)
        for mark in _SENTENCE_ENDS
        if 0 <= (place := line.find(mark, earliest, first.start)) < first.start
    ]
    space = line.find(" ", earliest - 1, first.start)
    begin = min(sentences) if sentences else space + 1 if space >= 0 else min(earliest, first.start)
    begin = min(begin, first.start)
    while not is_grapheme_start(line, begin):
        begin += 1
    return begin


def _best_window(hits: Sequence[Hit], room: int) -> tuple[Hit, Hit]:
    best, best_worth, last = (hits[0], hits[0]), (0, 0), 0
    concepts = len({hit.concept for hit in hits})
    for place, first in enumerate(hits):
        last = max(last, place)
        while last + 1 < len(hits) and hits[last + 1].end - first.start <= room:
            last += 1
        count = last + 1 - place
        if best_worth[0] < concepts or best_worth[1] < count:  # else it cannot be better
            worth = (len({hit.concept for hit in hits[place : last + 1]}), count)
            if worth > best_worth:
                best, best_worth = (first, hits[last]), worth
        if last + 1 == len(hits):  # every later window is a part of this one
            break
    return best
