"""The concepts of a topic's name: its content words, with the words that may stand for them.

Effects: none.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations

from msgspec import Struct

from monitor.model import Level, Via
from monitor.topics.leaves import rarest_idf, spell_word
from monitor.topics.meaning import IDF_MIN, Lexicon, is_stop_word, name_languages
from monitor.topics.nearness import MISSING_MAX, POINTS_MAX, least_sum
from monitor.topics.nodes import All, AnyOf, Element, Kind, Leaf, Node, Sequence
from monitor.topics.vocabulary import key_of
from monitor.words import DEFAULT_LANGUAGE, fold, stem, words

RELATED_FACTOR = 0.3
"""What a related word counts beside the word itself, times their similarity: measured best from .2 to .5."""
TELLING_MAX = 7.0
"""The most that a word of a name weighs, as an idf: that of a word in one article of a thousand. A surname or a slip of
the pen that is rarer still says no more, and must not outweigh all the rest. Measured best from 6 to 7.5."""
SUBSETS_WORDS_MAX = 6
"""Content words of a name up to which every set of them is looked at; few names have more."""
NEAR_SCORE = 10
"""Points below the score that a level asks for which still make a near miss."""

_WRITTEN_WORD = re.compile(r"[^\s,;:!?()\[\]{}<>|/\\\"“”„…–—]+")
_INITIALS = re.compile(r"(?<![\w.])(?:[^\W\d_]\.\s+)+(?=[A-Z]\w)")
"""One letter with a dot before a name: `H. Jackman`, `C. K. Simpson`. Articles write first names out."""


class Stand(Struct, frozen=True):
    """A related word that may stand for a concept in articles of its language."""

    sequence: Sequence
    milli: int
    """What one of it counts beside the word itself, in thousandths: whole, so that the order of a sum is no matter."""


class Term(Struct, frozen=True, eq=False):
    """How a concept is told in articles of one language; one object for all names that share the concept."""

    key: str
    """Of the word itself, empty where it has several spellings."""
    idf: float
    stands: frozenset[str]
    """The keys of its related words."""
    worth: Mapping[str, int]
    """By those, what one of each counts beside the word itself, in thousandths."""


@dataclass(frozen=True)
class Concept:
    """One content word of a name."""

    leaf: Leaf
    stands: Mapping[str, Mapping[str, Stand]] = field(default_factory=dict)
    """By language, its related words, the nearest first, each under its key in that language."""

    _terms: dict[str, Term] = field(default_factory=dict, compare=False)

    def term(self, language: str) -> Term:
        """How it is told in articles of a language."""
        term = self._terms.get(language)
        if term is None:
            sequence = self.leaf.sequences[0]
            is_single = len(self.leaf.sequences) == len(sequence.elements) == 1
            own = key_of(sequence.elements[0], language) if is_single else ""
            worth = {key: stand.milli for key, stand in self.stands.get(language, {}).items()}
            term = self._terms[language] = Term(own, self.leaf.idf, frozenset(worth), worth)
        return term

    def either(self, language: str) -> Leaf:
        """The word or any related one, as something to be found in articles of a language."""
        related = tuple(stand.sequence for stand in self.stands.get(language, {}).values())
        return Leaf(self.leaf.text, self.leaf.sequences + related)


class Name(Struct, frozen=True, dict=True):
    """A name as it is looked for."""

    text: str
    concepts: tuple[Concept, ...]
    is_scored: bool
    """Whether word frequencies are known, so that a score says enough to decide."""
    asks_meaning: bool = False
    """Whether meaning may add to the score: never for one word, which is too short to mean one thing."""

    is_telling: bool = True
    """Whether any of its words says what it is about."""

    @cached_property
    def weight(self) -> float:
        """What all its words tell together."""
        return sum(concept.leaf.idf for concept in self.concepts)


def least_score(level: Level, concept_count: int) -> int:
    """The score from which a name matches however its words are spread, 0-100."""
    if level is Level.BALANCED:
        return 30 if concept_count <= 2 else 36
    return 45 if level is Level.STRICT else 20


def needed_share(level: Level, concept_count: int, lift: int = 0) -> float:
    """The share of what a name's words tell in all that the words found must tell, to match or nearly match.

    `lift` is by how many points a score may be raised beyond what the name's own words bring.
    """
    return (least_score(level, concept_count) - lift - 0.5) / 100  # scores are rounded


def read_name(text: str, lexicon: Lexicon, known: dict[tuple[str, bool], Concept] | None = None) -> Name | None:
    """The content words of a name, each once; all its words where none has content; None where it has no word.

    An initial before a name says nothing. `known` keeps the concepts of names that are read with the same lexicon:
    many share them.
    """
    known = {} if known is None else known
    spelled = _INITIALS.sub("", text)
    written = [found.group().strip("'’.&-") for found in _WRITTEN_WORD.finditer(spelled)]
    written = [word for word in written if words(word)]
    telling = _without_stop_words(written)
    chosen = {tuple(stem(part) for part in words(word)): word for word in reversed(telling or written)}
    if not chosen:
        return None
    several = len(chosen) > 1 and bool(telling)  # what is related to "the" is every other word like it
    asked = [(word, several) for word in reversed(chosen.values())]
    for word, _ in asked:
        if (word, several) not in known:
            known[word, several] = _read_concept(word, lexicon, several=several)
    concepts = tuple(map(known.__getitem__, asked))
    is_scored = lexicon.has_frequencies
    asks_meaning = lexicon.asks_meaning and is_scored and several
    return Name(" ".join(text.split()), concepts, is_scored, asks_meaning, is_telling=bool(telling))


def _without_stop_words(written: list[str]) -> list[str]:
    """The words of a name that say something, by the language its stop words are of.

    Of another language than English only words in small letters are left out, and the first only with another:
    `El Niño`, `Los Angeles` and `Die Hard` are names.
    """
    cut = [words(word) for word in written]
    languages = name_languages([part for parts in cut for part in parts])

    def is_stop(parts: list[str]) -> bool:
        return any(all(is_stop_word(part, language) for part in parts) for language in languages)

    if DEFAULT_LANGUAGE in languages:
        return [word for word, parts in zip(written, cut, strict=True) if not is_stop(parts)]
    is_lone = sum(map(is_stop, cut)) == 1
    return [
        word
        for place, (word, parts) in enumerate(zip(written, cut, strict=True))
        if not is_stop(parts) or (is_lone if place == 0 else word != word.lower())
    ]


def _read_concept(word: str, lexicon: Lexicon, *, several: bool) -> Concept:
    idf = min(TELLING_MAX, rarest_idf(word, lexicon))
    # A name of one word is that word: related ones would be other topics (measured: they do harm).
    stands = {
        language: _read_stands(word, idf, lexicon, language) for language in (lexicon.languages if several else ())
    }
    return Concept(Leaf(word, spell_word(word), concept=word.lower(), idf=idf), stands)


def _read_stands(word: str, idf: float, lexicon: Lexicon, language: str) -> dict[str, Stand]:
    stands = {}
    for other in lexicon.related(fold(word), language):
        # A word much commoner than the one it stands for says less.
        rarity = min(1.0, lexicon.idf(other.word, language) / max(IDF_MIN, idf))
        milli = round(1000 * RELATED_FACTOR * other.similarity * rarity)
        element = Element(Kind.STEM, other.word)
        stands[key_of(element, language)] = Stand(Sequence((element,), Via.SYNONYM), milli)
    return stands


def needed_node(name: Name, level: Level, language: str, lift: int = 0) -> Node:
    """The least an article of a language must hold to match or nearly match, as a query; `lift` as in `needed_share`.

    What holds less is not worth judging. It is written as many choices that must all be met: each is quickly looked up.
    """
    concepts = name.concepts
    if len(concepts) == 1 or not name.is_scored:
        return _all_of([concept.leaf for concept in concepts])
    sides = [concept.either(language) for concept in concepts]
    if len(concepts) == 2 and not name.asks_meaning:
        return _all_of(sides)
    choices = [
        AnyOf(tuple(sides[number] for number in range(len(sides)) if number not in lacking))
        for lacking in _too_little(name, level, lift)
    ]
    return _all_of(choices)


def _all_of(nodes: Iterable[Node]) -> Node:
    parts = tuple(nodes)
    return parts[0] if len(parts) == 1 else All(parts)


def _too_little(name: Name, level: Level, lift: int) -> list[set[int]]:
    """The largest sets of concepts that are not enough even if all of them are there: one of the others has to be."""
    idfs = [concept.leaf.idf for concept in name.concepts]
    count = len(idfs)
    by_words = sum(idfs) * needed_share(level, count, lift)
    spare_points = POINTS_MAX + lift + 0.5
    by_meaning = sum(idfs) * (least_sum(level, count) - spare_points) / 100 if name.asks_meaning else by_words
    if count > SUBSETS_WORDS_MAX:
        least: set[int] = set()
        spare = min(by_words, by_meaning)
        for number in sorted(range(count), key=idfs.__getitem__):
            if idfs[number] < spare:
                least.add(number)
                spare -= idfs[number]
        return [least]

    def is_too_little(chosen: tuple[int, ...]) -> bool:
        weight = sum(idfs[number] for number in chosen)
        helps_meaning = name.asks_meaning and len(chosen) >= count - MISSING_MAX and weight >= by_meaning
        # Two words have to be there in any case, whatever one weighs.
        return not helps_meaning and (weight < by_words or len(chosen) < 2)

    sets = [
        set(chosen)
        for length in range(count - 1, 0, -1)
        for chosen in combinations(range(count), length)
        if is_too_little(chosen)
    ]
    return [one for one in sets if not any(one < other for other in sets)] or [set()]
