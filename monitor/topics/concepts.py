"""The concepts of a topic's name: its content words, with the words that may stand for them.

Effects: none.
"""

import re
from dataclasses import dataclass

from monitor.model import Level, Via
from monitor.topics.leaves import rarest_idf, spell_word
from monitor.topics.meaning import IDF_MIN, Lexicon, is_stop_word
from monitor.topics.nodes import All, AnyOf, Element, Kind, Leaf, Node, Sequence
from monitor.words import DEFAULT_LANGUAGE, fold, stem, words

RELATED_FACTOR = 0.3
"""What a related word counts beside the word itself, times their similarity: measured best from .2 to .5."""
TELLING_MAX = 7.0
"""The most that a word of a name weighs, as an idf: that of a word in one article of a thousand. A surname or a slip of
the pen that is rarer still says no more, and must not outweigh all the rest. Measured best from 6 to 7.5."""
NEAR_SCORE = 10
"""Points below the score that a level asks for which still make a near miss."""

_WRITTEN_WORD = re.compile(r"[^\s,;:!?()\[\]{}<>|/\\\"“”„…–—]+")
_INITIALS = re.compile(r"(?<![\w.])(?:[^\W\d_]\.\s+)+(?=[A-Z]\w)")
"""One letter with a dot before a name: `H. Jackman`, `C. K. Simpson`. Articles write first names out."""


@dataclass(frozen=True, slots=True)
class Stand:
    """A related word that may stand for a concept, and what one of it counts."""

    sequence: Sequence
    weight: float
    language: str = DEFAULT_LANGUAGE
    """Of the articles in which it means so."""


@dataclass(frozen=True, slots=True)
class Concept:
    """One content word of a name."""

    leaf: Leaf
    stands: tuple[Stand, ...] = ()

    @property
    def either(self) -> Leaf:
        """The word or any related one, as something to be found."""
        return Leaf(self.leaf.text, self.leaf.sequences + tuple(stand.sequence for stand in self.stands))


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
    """The content words of a name, each once; all its words where none has content; None where it has no word.

    An initial before a name says nothing.
    """
    spelled = _INITIALS.sub("", text)
    written = [found.group().strip("'’.&-") for found in _WRITTEN_WORD.finditer(spelled)]
    written = [word for word in written if words(word)]
    telling = [word for word in written if not all(is_stop_word(part) for part in words(word))]
    chosen = {tuple(stem(part) for part in words(word)): word for word in reversed(telling or written)}
    if not chosen:
        return None
    several = len(chosen) > 1
    concepts = tuple(_read_concept(word, lexicon, several=several) for word in reversed(chosen.values()))
    return Name(" ".join(text.split()), concepts, lexicon.has_frequencies)


def _read_concept(word: str, lexicon: Lexicon, *, several: bool) -> Concept:
    idf = min(TELLING_MAX, rarest_idf(word, lexicon))
    stands = []
    # A name of one word is that word: related ones would be other topics (measured: they do harm).
    for language in lexicon.languages if several else ():
        for other in lexicon.related(fold(word), language):
            # A word much commoner than the one it stands for says less.
            rarity = min(1.0, lexicon.idf(other.word, language) / max(IDF_MIN, idf))
            sequence = Sequence((Element(Kind.STEM, other.word),), Via.SYNONYM)
            stands.append(Stand(sequence, RELATED_FACTOR * other.similarity * rarity, language))
    return Concept(Leaf(word, spell_word(word), concept=word.lower(), idf=idf), tuple(stands))


def needed_node(name: Name, level: Level) -> Node:
    """The least an article must hold to match or nearly match, as a query: what holds less is not worth judging."""
    concepts = name.concepts
    if len(concepts) <= 2 or not name.is_scored:
        leaves = [concept.either if name.is_scored else concept.leaf for concept in concepts]
        return leaves[0] if len(leaves) == 1 else All(tuple(leaves))
    # Of three concepts and more some may be missing. Those that tell least may all be there and still not be
    # enough: then one of the others has to be.
    by_worth = sorted(concepts, key=lambda concept: concept.leaf.idf)
    whole = sum(concept.leaf.idf for concept in concepts)
    spare = whole * (least_score(level, len(concepts)) - NEAR_SCORE - 1) / 100
    while by_worth and by_worth[0].leaf.idf <= spare:
        spare -= by_worth.pop(0).leaf.idf
    return AnyOf(tuple(concept.either for concept in by_worth))
