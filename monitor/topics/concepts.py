"""The concepts of a topic's name: its content words, with the words that may stand for them.

Effects: none.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.model import Level, Via
from monitor.topics.leaves import rarest_idf, spell_word
from monitor.topics.meaning import IDF_MIN, Lexicon, is_stop_word
from monitor.topics.nodes import All, AnyOf, Element, Kind, Leaf, Node, Sequence
from monitor.topics.vocabulary import key_of
from monitor.words import DEFAULT_LANGUAGE, fold, stem, words

RELATED_FACTOR = 0.3
"""What a related word counts beside the word itself, times their similarity: measured best from .2 to .5."""
NEAR_SCORE = 10
"""Points below the score that a level asks for which still make a near miss."""

_WRITTEN_WORD = re.compile(r"[^\s,;:!?()\[\]{}<>|/\\\"“”„…–—]+")


@dataclass(frozen=True, slots=True)
class Stand:
    """A related word that may stand for a concept, and what one of it counts."""

    key: str
    """What an English article has it under."""
    number: int
    """Its place among the related words of its concept, the nearest first."""
    sequence: Sequence
    weight: float


@dataclass(frozen=True, slots=True)
class Concept:
    """One content word of a name."""

    leaf: Leaf
    stands: Mapping[str, Stand] = field(default_factory=dict)
    """By the key of each, the nearest first."""

    @property
    def either(self) -> Leaf:
        """The word or any related one, as something to be found."""
        return Leaf(self.leaf.text, self.leaf.sequences + tuple(stand.sequence for stand in self.stands.values()))


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it is looked for."""

    text: str
    concepts: tuple[Concept, ...]
    is_scored: bool
    """Whether word frequencies are known, so that a score says enough to decide."""


def least_score(level: Level, concept_count: int) -> int:
    """The score from which a name matches however its words are spread, 0-100."""
    if level is Level.BALANCED:
        return 30 if concept_count <= 2 else 36
    return 45 if level is Level.STRICT else 20


def read_name(text: str, lexicon: Lexicon) -> Name | None:
    """The content words of a name, each once; all its words where none has content; None where it has no word."""
    written = [found.group().strip("'’.&-") for found in _WRITTEN_WORD.finditer(text)]
    written = [word for word in written if words(word)]
    telling = [word for word in written if not all(is_stop_word(part) for part in words(word))]
    chosen = {tuple(stem(part) for part in words(word)): word for word in reversed(telling or written)}
    if not chosen:
        return None
    several = len(chosen) > 1
    concepts = tuple(_read_concept(word, lexicon, several=several) for word in reversed(chosen.values()))
    return Name(" ".join(text.split()), concepts, lexicon.has_frequencies)


def _read_concept(word: str, lexicon: Lexicon, *, several: bool) -> Concept:
    idf = rarest_idf(word, lexicon)
    stands: dict[str, Stand] = {}
    # A name of one word is that word: related ones would be other topics (measured: they do harm).
    for number, other in enumerate(lexicon.related(fold(word)) if several else ()):
        # A word much commoner than the one it stands for says less.
        rarity = min(1.0, lexicon.idf(other.word) / max(IDF_MIN, idf))
        element = Element(Kind.STEM, other.word)
        key = key_of(element, DEFAULT_LANGUAGE)
        weight = RELATED_FACTOR * other.similarity * rarity
        stands[key] = Stand(key, number, Sequence((element,), Via.SYNONYM), weight)
    return Concept(Leaf(word, spell_word(word), concept=word.lower(), idf=idf), stands)


def needed_node(name: Name, level: Level, *, with_related: bool) -> Node:
    """The least an article must hold to match or nearly match, as a query: what holds less is not worth judging."""
    concepts = name.concepts
    sides = [concept.either if with_related and name.is_scored else concept.leaf for concept in concepts]
    if len(concepts) <= 2 or not name.is_scored:
        return sides[0] if len(sides) == 1 else All(tuple(sides))
    # Of three concepts and more some may be missing. Those that tell least may all be there and still not be
    # enough: then one of the others has to be.
    by_worth = sorted(range(len(concepts)), key=lambda number: concepts[number].leaf.idf)
    whole = sum(concept.leaf.idf for concept in concepts)
    spare = whole * (least_score(level, len(concepts)) - NEAR_SCORE - 1) / 100
    while by_worth and concepts[by_worth[0]].leaf.idf <= spare:
        spare -= concepts[by_worth.pop(0)].leaf.idf
    return AnyOf(tuple(sides[number] for number in by_worth))
