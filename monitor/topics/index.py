"""An article read for matching: what of it is asked for, and where that stands.

Title and text stand on one line of positions with a gap between them that no NEAR can bridge. Nothing is worked out
before it is asked: most articles answer no topic, and of the others most words are never looked at.

Effects: none.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Set
from functools import cached_property
from typing import NamedTuple

from msgspec import Struct

from monitor.language import CHARS_LOOKED_AT, detect_language
from monitor.model import Article, Field, Span
from monitor.topics.nearness import Nearness
from monitor.topics.nodes import Element, Kind
from monitor.topics.score import TITLE_FACTOR
from monitor.topics.vocabulary import Piece, Said, Vocabulary, spots_of
from monitor.words import (
    base_language,
    chunk_positions,
    chunk_tokens,
    separate,
    space,
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
            self._title, self._text = glance.chunks[: glance.title_chunks], glance.chunks[glance.title_chunks :]
        else:
            self._title, self._text = cut(article.title), cut(article.text)
        self._found: dict[str, list[Place]] = {}
        """Where what topics asked for so far was found: many topics ask for the same."""
        self._spans: dict[Place, Span] = {}
        self._offsets: dict[tuple[bool, str], list[int]] = {}

    @cached_property
    def told_language(self) -> str | None:
        """What is said or seen of its language."""
        return told_language(self.article)

    # --- length and fields

    @cached_property
    def _title_starts(self) -> list[int]:
        return chunk_positions(self._title)

    @cached_property
    def _text_starts(self) -> list[int]:
        return chunk_positions(self._text)

    @cached_property
    def title_count(self) -> int:
        """Words of the title."""
        return self._title_starts[-1]

    @cached_property
    def text_start(self) -> int:
        """The position of the text's first word."""
        return self.title_count + FIELD_GAP

    @cached_property
    def word_count(self) -> int:
        """Words of title and text, a joined one by its parts."""
        if self._glance:
            counts = self._said_counts
            return len(self._glance.said) + sum((piece.width - 1) * counts[piece] for piece in self._glance.pieces)
        return self.title_count + self._text_starts[-1]

    def is_title(self, place: Place) -> bool:
        """Whether an occurrence stands in the title."""
        return place.first < self.title_count

    # --- where something stands

    @cached_property
    def spots(self) -> dict[str, list[tuple[str, int, int]]]:
        """By key of the vocabulary, the chunks that hold it, with its position in the chunk and its width."""
        found: dict[str, list[tuple[str, int, int]]] = {}
        if self._glance:
            said = dict(zip(self._glance.chunks, self._glance.said, strict=True))
            for chunk in self._indexes:
                for key, position, width in spots_of(said[chunk]):
                    if key in found:
                        found[key].append((chunk, position, width))
                    else:
                        found[key] = [(chunk, position, width)]
        return found

    @property
    def keys(self) -> Set[str]:
        """The keys of all that is there."""
        return self._glance.keys if self._glance else self.spots.keys()

    @cached_property
    def _indexes(self) -> dict[str, list[int]]:
        """For every chunk that may be asked for, which chunks of the article it is: those of the title first."""
        found: dict[str, list[int]] = {}
        chunks: Iterable[str] = (*self._title, *self._text)
        may_ask = self._glance.said if self._glance else chunks
        for number, (chunk, asked) in enumerate(zip(chunks, may_ask, strict=True)):
            if asked:
                if chunk in found:
                    found[chunk].append(number)
                else:
                    found[chunk] = [number]
        return found

    def key(self, element: Element) -> str:
        """The key of an element in this article, under which `spots` has it if it is there."""
        if self._glance:
            return self._vocabulary.known[element.key]
        key = self._vocabulary.known.get(element.key)
        if key is None:
            key = self._vocabulary.add(element)
            alone = Vocabulary(self.language)
            alone.add(element)
            spots = [(chunk, *spot[1:]) for chunk in self._indexes for spot in alone.spots(chunk)]
            if spots:
                self.spots[key] = spots
        return key

    def holds(self, element: Element) -> bool:
        """Whether a word stands somewhere."""
        return self.key(element) in self.keys

    @cached_property
    def _said_counts(self) -> dict[Said, int]:
        """How often each thing is said. For an article with a glance alone, as `frequencies`."""
        assert self._glance is not None, "an article that is read without a glance knows no key before it is asked"
        return Counter(filter(None, self._glance.said))

    @cached_property
    def frequencies(self) -> dict[Said, int]:
        """By key of what is there, how often, title occurrences counted double. For an article with a glance alone."""
        found = dict(self._said_counts)
        assert self._glance is not None
        for one in self._glance.said[: self._glance.title_chunks]:
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
        spots = self.spots.get(key)
        if not spots:
            return []
        starts, title_chunks, text_start = self._text_starts, len(self._title), self.text_start
        found = []
        for chunk, position, width in spots:
            for index in self._indexes[chunk]:
                if index < title_chunks:
                    first = self._title_starts[index] + position
                else:
                    first = text_start + starts[index - title_chunks] + position
                found.append(Place(first, first + width - 1))
        if len(found) == 1:
            return found
        if is_pattern:
            # The whole and the first part of a joined word begin at one position.
            return sorted({place.first: place for place in sorted(found)}.values())
        return sorted(set(found))

    # --- the characters of it

    def _offset(self, index: int) -> int:
        """Where in its field a chunk begins. Most chunks are never asked for: those that are, are looked up."""
        title_chunks = len(self._title)
        in_title = index < title_chunks
        chunk = self._title[index] if in_title else self._text[index - title_chunks]
        known = self._offsets.get((in_title, chunk))
        if known is None:
            known = self._offsets[in_title, chunk] = _occurrences(chunk, self._spaced[in_title])
        indexes = self._indexes[chunk]
        return known[bisect_left(indexes, index) - (0 if in_title else bisect_left(indexes, title_chunks))]

    @cached_property
    def _spaced(self) -> tuple[str, str]:
        """Text and title with every chunk between two spaces."""
        return space(self.article.text), space(self.article.title)

    def _token_at(self, position: int, *, in_title: bool) -> tuple[int, int]:
        """The first and one past the last character of what stands at one position of a field."""
        starts, chunks = (self._title_starts, self._title) if in_title else (self._text_starts, self._text)
        number = bisect_right(starts, position) - 1
        offset, within = self._offset(number if in_title else len(self._title) + number), position - starts[number]
        tokens = chunk_tokens(chunks[number])
        if len(tokens) > 1:
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
        in_title = place.first < self.title_count
        base = 0 if in_title else self.text_start
        start, end = self._token_at(place.first - base, in_title=in_title)
        if place.last != place.first:
            end = self._token_at(place.last - base, in_title=in_title)[1]
        return Span(Field.TITLE if in_title else Field.TEXT, start, end)

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
    keys: Set[str]
    """Of all that is there, once."""
    pieces: Set[Piece]
    """The pieces among what is said, once."""


def cut(text: str) -> list[str]:
    """The chunks of a text, in order."""
    return separate(text).split()


def _occurrences(chunk: str, spaced: str) -> list[int]:
    """Where a chunk begins, in order, in what `space` made of a text; counted in the text itself."""
    needle = f" {chunk} "
    found = []
    at = spaced.find(needle)
    while at >= 0:
        found.append(at)
        at = spaced.find(needle, at + len(needle) - 1)
    return found
