"""The words that a watchlist asks for, in one language: what a piece of an article says of them.

A piece is looked at once; afterwards one look in a dictionary tells, for every topic, whether it says anything.

Effects: none.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct

from monitor.topics.nodes import Element, Kind
from monitor.words import Token, chunk_tokens, chunk_width, stem, stem_forms

PREFIX_CHARS = 3
"""Letters every wildcard has before it; the shortest beginning by which words are kept apart."""
_SHARED_CHARS = 2
_KEEPS_BEGINNINGS = frozenset({"en"})
"""Languages whose stemmer leaves the first two letters of a word as they are, but for the y of dying and die."""


class Spot(NamedTuple):
    """Something asked for, in a chunk: at which of its positions it begins and how many it covers."""

    key: str
    position: int
    width: int


class Piece(Struct, frozen=True, eq=False):
    """What a chunk holds that is more than one plain word: several things asked for, or words of which some are not."""

    spots: tuple[Spot, ...]
    keys: frozenset[str]
    """Of all of them."""
    width: int
    """How many positions the chunk takes."""


Said = str | Piece | None
"""What a chunk says: the key of the one plain word it is; more; or nothing, of one plain word that no one asks for."""


class Vocabulary:
    """What is asked for, by key: equal keys are found in equal places. Grows, and forgets nothing."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.known: dict[str, str] = {}
        """By the key of an element, its key in this language."""
        self._asked: set[str] = set()
        self._asks_surface = False
        self._beginnings: set[str] | None = set() if language in _KEEPS_BEGINNINGS else None
        """How every word begins that has one of the stems asked for; None where any word may. Most words begin
        otherwise, and making a stem is most of what a first look at a text costs."""
        self._patterns: dict[str, list[tuple[re.Pattern[str], str]]] = {}

    def add(self, element: Element) -> str:
        """Ask for an element from now on; its key."""
        key = self.known.get(element.key)
        if key is None:
            key = self.known[element.key] = key_of(element, self.language)
            if key not in self._asked:
                self._asked.add(key)
                self._prepare(element, key)
        return key

    def _prepare(self, element: Element, key: str) -> None:
        if element.kind is Kind.STEM:
            self._begin_like(key[1:])
        elif element.kind is Kind.SURFACE:
            self._asks_surface = True
        elif element.kind is Kind.PATTERN:
            prefix, compiled = compile_pattern(element.word)
            beginning = prefix[:PREFIX_CHARS] if len(prefix) >= PREFIX_CHARS else ""
            self._patterns.setdefault(beginning, []).append((compiled, key))

    def _begin_like(self, stemmed: str) -> None:
        if len(stemmed) < _SHARED_CHARS:  # a stem of one letter has forms of many beginnings: aed, aing
            self._beginnings = None
        if self._beginnings is not None:
            self._beginnings.add(stemmed[:_SHARED_CHARS])
            if stemmed[1] == "i":
                self._beginnings.add(f"{stemmed[0]}y")

    def _may_have_stem(self, word: str) -> bool:
        return self._beginnings is None or word[:_SHARED_CHARS] in self._beginnings or not word.isascii()

    def spots(self, chunk: str) -> tuple[Spot, ...]:
        """Everything asked for that stands in a chunk, in order; a wildcard by the word and by its parts."""
        return tuple(
            Spot(key, token.position, token.width)
            for token in chunk_tokens(chunk)
            for key in self._told_by(token, chunk)
        )

    def say(self, chunk: str) -> Said:
        """What a chunk says, in the shortest way."""
        spots, width = self.spots(chunk), chunk_width(chunk)
        if width == 1 and not spots:
            return None
        if width == 1 and len(spots) == 1 and spots[0].position == 0:
            return spots[0].key
        return Piece(spots, frozenset(spot.key for spot in spots), width)

    def _told_by(self, token: Token, chunk: str) -> list[str]:
        word, asked = token.text, self._asked
        found = []
        if self._may_have_stem(word):
            found = [key for form in stem_forms(word, self.language) if (key := f"s{form}") in asked]
        if (key := f"w{word}") in asked:
            found.append(key)
        if self._asks_surface and (key := f"={surface_form(chunk[token.start : token.end])}") in asked:
            found.append(key)
        if self._patterns:
            for beginning in (word[:PREFIX_CHARS], ""):
                fitting: Iterable[tuple[re.Pattern[str], str]] = self._patterns.get(beginning, ())
                found += [key for compiled, key in fitting if compiled.fullmatch(word)]
        return found


def key_of(element: Element, language: str) -> str:
    """What an element is found under in one language."""
    if element.kind is Kind.STEM:
        return f"s{stem(element.word, language)}"
    if element.kind is Kind.WORD:
        return f"w{element.word}"
    if element.kind is Kind.SURFACE:
        return f"={surface_form(element.word)}"
    return f"*{element.word}"


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str) -> tuple[str, re.Pattern[str]]:
    """The fixed beginning of a wildcard word, and its regular expression: `*` any letters, `?` one."""
    prefix = re.split(r"[*?]", pattern, maxsplit=1)[0]
    body = "".join({"*": ".*", "?": "."}.get(char) or re.escape(char) for char in re.sub(r"\*+", "*", pattern))
    return prefix, re.compile(body)


def surface_form(word: str) -> str:
    """What `=word` compares: case and accents kept, the two ways to write an accent made one."""
    return word if word.isascii() else unicodedata.normalize("NFC", word).replace("\u00ad", "")
