"""Which topics are worth judging for an article: those of which it holds the rarest words.

Every topic stands under the few word groups that say most: an article that lacks one of them cannot match. What is left
out here is certainly no match; what is kept is judged in full.

Effects: none.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from operator import itemgetter, or_
from typing import NamedTuple, cast

from monitor.model import Article
from monitor.topics.index import Glance, cut
from monitor.topics.nodes import All, AnyOf, Element, Fact, Kind, Leaf, Listed, Node, Not, Weighted, children
from monitor.topics.nodes import Sequence as WordSequence
from monitor.topics.vocabulary import PREFIX_CHARS, Piece, Said, Vocabulary, compile_pattern, key_of
from monitor.words import CHUNK_CHARS_MAX

CHUNKS_MAX = 50_000
"""Chunks remembered per language, about 6 MB: a day's news has some 60,000 different ones."""

GROUPS_MAX = 3
"""Word groups a topic stands under: of a fourth hardly any article is left to tell (measured)."""

_SET = re.compile("1")

Priced = tuple[float, frozenset[str]]
"""Keys of which a match needs at least one, and what they cost: the rarer they are, the less."""


class Needed(NamedTuple):
    """What a query needs of an article's words."""

    groups: list[Priced]
    """Of each, one key; empty where no word decides."""
    is_enough: bool
    """Whether every article that holds one key of each answers the query."""


class Anchors:
    """The numbers of the topics that may match, found by the words of an article."""

    def __init__(self, topics: Sequence[tuple[Needed, Iterable[Element]]], language: str) -> None:
        """By topic, in order: what it needs, and every element it may ask for."""
        self.vocabulary = Vocabulary(language)
        self._count = len(topics)
        self._bits: dict[str, int] = {}
        """By every key that is asked for, a bit for each group of a topic that it is a word of: see `look`."""
        self._always = 0
        """The bits of groups that a topic does not have: they are always there."""
        self._known = _Known(self.vocabulary)
        for number, (needed, elements) in enumerate(topics):
            for element in elements:
                self._bits.setdefault(self.vocabulary.add(element), 0)
            self._place(number, needed.groups)
        self.decided = frozenset(
            number for number, (needed, _) in enumerate(topics) if needed.is_enough and len(needed.groups) <= GROUPS_MAX
        )
        """The topics that an article answers whenever they are worth judging."""

    def _place(self, number: int, groups: Sequence[Priced]) -> None:
        chosen = sorted(groups, key=itemgetter(0))[:GROUPS_MAX]
        for place in range(GROUPS_MAX):
            bit = 1 << (place * self._count + number)
            if place < len(chosen):
                for key in chosen[place][1]:
                    self._bits[key] |= bit
            else:
                self._always |= bit

    def look(self, article: Article) -> tuple[Glance, list[int]]:
        """A first look at an article, and in order the topics that are worth judging.

        One whole number holds a bit per topic and group: the union of what a hundred words say is one OR each, and
        the topics of which every group is there are an AND of its parts.
        """
        glance, mask = self._read(article)
        candidates = mask
        for place in range(1, GROUPS_MAX):
            candidates &= mask >> (place * self._count)
        candidates &= (1 << self._count) - 1
        return glance, _numbers(candidates) if candidates else []

    def touches(self, article: Article) -> bool:
        """Whether the article holds a word of the rarest group of some topic, whatever else that asks for."""
        return bool(self._read(article)[1] & ((1 << self._count) - 1))

    def _read(self, article: Article) -> tuple[Glance, int]:
        """What an article says, and the bits of all groups of which it holds a word."""
        chunks = cut(article.title)
        title_chunks = len(chunks)
        chunks += cut(article.text)
        said = list(map(self._known.__getitem__, chunks))
        counts: Counter[Said] = Counter(filter(None, said))
        bits = self._bits
        keys = bits.keys() & counts.keys()
        pieces = cast(set[Piece], counts.keys() - keys)
        keys.update(*[piece.keys for piece in pieces])
        mask = reduce(or_, map(bits.__getitem__, keys), self._always)
        return Glance(self.vocabulary, chunks, title_chunks, said, counts, keys, pieces), mask


def _numbers(mask: int) -> list[int]:
    """Which bits are set, the lowest first."""
    digits = f"{mask:b}"[::-1]
    return [found.start() for found in _SET.finditer(digits)]


class _Known(dict[str, Said]):
    """What chunks say, remembered: news repeats its words, and every article asks anew."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self._vocabulary = vocabulary

    def __missing__(self, chunk: str) -> Said:
        said = self._vocabulary.say(chunk)
        if len(chunk) <= CHUNK_CHARS_MAX:
            if len(self) >= CHUNKS_MAX:
                self.clear()
            self[chunk] = said
        return said


class Pricing:
    """Says what queries need of an article's words; of every word it asks once how rare it is."""

    def __init__(self, language: str, idf: Callable[[str], float]) -> None:
        """`idf` says how rare a word is."""
        self.language = language
        self.idf = idf
        self._groups: dict[str, Priced] = {}
        """By the key of an element."""

    def of(self, node: Node) -> Needed:
        """What an article must hold that a query is true of."""
        if isinstance(node, Not | Fact):
            return Needed([], is_enough=False)
        if isinstance(node, Leaf):
            return self._either([self._of_sequence(sequence) for sequence in node.sequences])
        if isinstance(node, AnyOf):
            return self._either([self.of(part) for part in node.parts])
        parts = [self.of(part) for part in children(node)]
        is_enough = isinstance(node, All | Weighted | Listed) and all(part.is_enough for part in parts)
        return Needed([group for part in parts for group in part.groups], is_enough)

    def _of_sequence(self, sequence: WordSequence) -> Needed:
        groups = list(map(self._group, sequence.elements))
        return Needed(groups, len(groups) == 1)

    def _group(self, element: Element) -> Priced:
        group = self._groups.get(element.key)
        if group is None:
            keys = frozenset({key_of(element, self.language)})
            group = self._groups[element.key] = self._price(element), keys
        return group

    def _price(self, element: Element) -> float:
        if element.kind is Kind.PATTERN:
            # A beginning of three letters is shared by many words: dearer than any one word.
            return 1.0 if len(compile_pattern(element.word)[0]) >= PREFIX_CHARS else 10.0
        return 1 / self.idf(element.word.lower())

    def _either(self, choices: Sequence[Needed]) -> Needed:
        """One group out of the cheapest of each choice; none where one choice asks for no word."""
        if len(choices) == 1:
            return choices[0]
        cost, keys = 0.0, set[str]()
        for groups, _ in choices:
            if not groups:
                return Needed([], is_enough=False)
            cheapest = min(groups, key=itemgetter(0))
            cost += cheapest[0]
            keys |= cheapest[1]
        return Needed([(cost, frozenset(keys))], all(part.is_enough and len(part.groups) == 1 for part in choices))
