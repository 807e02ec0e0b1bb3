"""An article read for matching: what of it is asked for, and where that stands.

Title and text stand on one line of positions with a gap between them that no NEAR can bridge. Nothing is worked out
before it is asked: most articles answer no topic, and of the others most words are never looked at.

Effects: none.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping, Set
from functools import cached_property
from itertools import accumulate, repeat
from typing import NamedTuple

from msgspec import Struct

from monitor.language import CHARS_LOOKED_AT, detect_language
from monitor.model import Article, Field, Span
from monitor.topics.nearness import Nearness
from monitor.topics.nodes import Element, Kind
from monitor.topics.score import TITLE_FACTOR, length_norm
from monitor.topics.vocabulary import Piece, Said, Vocabulary
from monitor.words import (
    base_language,
    chunk_tokens,
    chunk_width,
    separate,
    stemmed_language,
)

FIELD_GAP = 1000
"""Positions between title and text: more than any NEAR may span."""
LEAD_WORDS = 60
"""The first words of the text that count as its lead."""
SENTENCE_CHARS_MAX = 400
"""Longest sentence shown, in characters: about four lines of a digest."""

# One class of characters in front: it is looked for many times sooner than a choice.
_SENTENCE_END = re.compile(r"[.!?…。！？\n](?:(?<=[。！？\n])|[.!?…]*[\"'”’»)\]]*(?=\s|$))")
TITLE_CHARS = 300
"""Of a title, the part by which its language is told: longer ones are texts."""
LANGUAGES_UNSAID = frozenset({"und", "mul", "mis", "zxx"})
"""Codes by which a feed says that it says no language."""
_SHORTENED = re.compile(r"\b(?:[^\W\d_]|Mr|Mrs|Ms|Dr|St|Gen|Sen|Rep|Gov|Col|Lt|Sgt)$")
"""Before a dot, an initial or a title ends no sentence: U.S. President, Gen. Smith."""


class Place(NamedTuple):
    """An occurrence: from which position to which, both inside."""

    first: int
    last: int


def told_language(article: Article) -> str | None:
    """The language that the article or its feed says it is in, else the one its text speaks; None where unsure."""
    said = article.language
    if said and base_language(said) not in LANGUAGES_UNSAID:
        return said
    return detect_language(f"{article.title[:TITLE_CHARS]} {article.text[:CHARS_LOOKED_AT]}")


class ReadArticle:
    """The words of one article. Read once, asked by every topic; never changes what it answers.

    With a `glance` it answers sooner, and only for the elements of the glance's vocabulary (`KeyError` for others).
    """

    def __init__(self, article: Article, glance: "Glance | None" = None, nearness: Nearness | None = None) -> None:
        self.article = article
        self.nearness = nearness
        """How near it stands to names in meaning, where that is known."""
        self._glance = glance
        self._vocabulary = glance.vocabulary if glance else Vocabulary(stemmed_language(told_language(article)))
        self.language = self._vocabulary.language
        if glance:
            self._chunks, self._title_chunks = glance.chunks, glance.title_chunks
        else:
            self._chunks = cut(article.title)
            self._title_chunks = len(self._chunks)
            self._chunks += cut(article.text)
        self.keys: Set[str] = glance.keys if glance else self._stands.keys()
        """The keys of all that is there, of what was asked for so far where it was read without a glance."""
        self._found: dict[str, list[Place]] = {}
        """Where what topics asked for so far was found: many topics ask for the same."""
        self._spans: dict[Place, Span] = {}

    @cached_property
    def told_language(self) -> str | None:
        """What is said or seen of its language."""
        return told_language(self.article)

    # --- length and fields

    @cached_property
    def _widths(self) -> list[int]:
        """How many positions each chunk takes."""
        if not self._glance:
            return list(map(chunk_width, self._chunks))
        widths: Mapping[Said, int] = {piece: piece.width for piece in self._glance.pieces}
        return list(map(widths.get, self._glance.said, repeat(1)))

    @cached_property
    def _starts(self) -> list[int]:
        """The position at which each chunk begins."""
        title, text = self._widths[: self._title_chunks], self._widths[self._title_chunks :]
        starts = list(accumulate(title, initial=0))[:-1]
        starts += accumulate(text, initial=self.text_start)
        return starts[:-1]

    @cached_property
    def title_count(self) -> int:
        """Words of the title."""
        return sum(self._widths[: self._title_chunks])

    @cached_property
    def text_start(self) -> int:
        """The position of the text's first word."""
        return self.title_count + FIELD_GAP

    @cached_property
    def word_count(self) -> int:
        """Words of title and text, a joined one by its parts."""
        if self._glance:
            counts = self._glance.counts
            return len(self._chunks) + sum((piece.width - 1) * counts[piece] for piece in self._glance.pieces)
        return sum(self._widths)

    @cached_property
    def milli_norm(self) -> float:
        """How often a word must stand in it to bring half of its weight, in thousandths."""
        return 1000 * length_norm(self.word_count)

    def is_title(self, place: Place) -> bool:
        """Whether an occurrence stands in the title."""
        return place.first < self.title_count

    # --- where something stands

    @cached_property
    def _stands(self) -> dict[str, list[tuple[int, int]]]:
        """By key, the first and last position of each occurrence."""
        found: dict[str, list[tuple[int, int]]] = {}
        for said, start in zip(self._glance.said, self._starts, strict=True) if self._glance else ():
            if isinstance(said, str):
                if said in found:
                    found[said].append((start, start))
                else:
                    found[said] = [(start, start)]
            elif said:
                for key, position, width in said.spots:
                    first = start + position
                    found.setdefault(key, []).append((first, first + width - 1))
        return found

    def key(self, element: Element) -> str:
        """The key of an element in this article, which is among its `keys` if it is there."""
        if self._glance:
            return self._vocabulary.known[element.key]
        key = self._vocabulary.known.get(element.key)
        if key is None:
            key = self._vocabulary.add(element)
            alone = Vocabulary(self.language)
            alone.add(element)
            spots = {chunk: alone.spots(chunk) for chunk in dict.fromkeys(self._chunks)}
            stands = [
                (start + spot.position, start + spot.position + spot.width - 1)
                for chunk, start in zip(self._chunks, self._starts, strict=True)
                for spot in spots[chunk]
            ]
            if stands:
                self._stands[key] = stands
        return key

    def holds(self, element: Element) -> bool:
        """Whether a word stands somewhere."""
        return self.key(element) in self.keys

    @cached_property
    def frequencies(self) -> dict[Said, int]:
        """By key of what is there, how often, title occurrences counted double. For an article with a glance alone."""
        assert self._glance is not None, "an article that is read without a glance knows no key before it is asked"
        found = dict(self._glance.counts)
        for one in self._glance.said[: self._title_chunks]:
            if one:
                found[one] += TITLE_FACTOR - 1
        for piece in self._glance.pieces:
            count = found.pop(piece)
            for spot in piece.spots:
                found[spot.key] = found.get(spot.key, 0) + count
        return found

    def find(self, element: Element) -> list[Place]:
        """Where one word stands, each place once, in order; of a joined word and its first part the longer."""
        key = self.key(element)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._find(key, is_pattern=element.kind is Kind.PATTERN)
        return found

    def _find(self, key: str, *, is_pattern: bool) -> list[Place]:
        found = [Place(*stand) for stand in self._stands.get(key, ())]
        if len(found) < 2:
            return found
        if is_pattern:
            # The whole and the first part of a joined word begin at one position.
            return sorted({place.first: place for place in sorted(found)}.values())
        return sorted(set(found))

    # --- the characters of it

    @cached_property
    def _offsets(self) -> list[int]:
        """Where in its field each chunk begins: behind the end of the one before there is nothing but white space."""
        offsets = []
        for text, chunks in (
            (self.article.title, self._chunks[: self._title_chunks]),
            (self.article.text, self._chunks[self._title_chunks :]),
        ):
            at = 0
            for chunk in chunks:
                at = text.index(chunk, at)
                offsets.append(at)
                at += len(chunk)
        return offsets

    def _token_at(self, position: int) -> tuple[int, int]:
        """The first and one past the last character of what stands at one position."""
        number = bisect_right(self._starts, position) - 1
        offset, tokens = self._offsets[number], chunk_tokens(self._chunks[number])
        if len(tokens) > 1:
            within = position - self._starts[number]
            tokens = tuple(token for token in tokens if token.position == within and token.width == 1)
        # The last of two at one position is the longer: C++ and its part.
        return offset + tokens[0].start, offset + tokens[-1].end

    def span(self, place: Place) -> Span:
        """The characters of an occurrence in the original title or text."""
        span = self._spans.get(place)
        if span is None:
            span = self._spans[place] = self._find_span(place)
        return span

    def _find_span(self, place: Place) -> Span:
        start, end = self._token_at(place.first)
        if place.last != place.first:
            end = self._token_at(place.last)[1]
        return Span(Field.TITLE if self.is_title(place) else Field.TEXT, start, end)

    def shown(self, place: Place) -> str:
        """An occurrence as it stands in the article, in lower case, on one line."""
        span = self.span(place)
        whole = self.article.title if span.field is Field.TITLE else self.article.text
        return " ".join(whole[span.start : span.end].lower().split())

    @cached_property
    def _sentence_starts(self) -> list[int]:
        text = self.article.text
        ends = _SENTENCE_END.finditer(text)
        return [
            0,
            *(
                found.end()
                for found in ends
                if found.group() != "." or not _SHORTENED.search(text, max(0, found.start() - 5), found.start())
            ),
        ]

    def sentence_number(self, offset: int) -> int:
        """Which sentence of the text holds a character."""
        return bisect_right(self._sentence_starts, offset) - 1

    def sentence(self, number: int, around: int) -> str:
        """A sentence of the text on one line; of an overlong one the part around a character."""
        starts = [*self._sentence_starts, len(self.article.text)]
        start, end = starts[number], starts[number + 1]
        if end - start > SENTENCE_CHARS_MAX:
            start = max(start, around - SENTENCE_CHARS_MAX // 2)
            end = min(end, start + SENTENCE_CHARS_MAX)
        return " ".join(self.article.text[start:end].split())


class Glance(Struct, frozen=True):
    """What a first look at an article found of a vocabulary."""

    vocabulary: Vocabulary
    chunks: list[str]
    """The chunks of title and text, in order."""
    title_chunks: int
    """How many of them are of the title."""
    said: list[Said]
    """What each of them says."""
    counts: Mapping[Said, int]
    """How often each thing is said."""
    keys: Set[str]
    """Of all that is there, once."""
    pieces: Set[Piece]
    """The pieces among what is said, once."""


def cut(text: str) -> list[str]:
    """The chunks of a text, in order."""
    return separate(text).split()
