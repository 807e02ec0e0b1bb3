"""Which topics are worth judging for an article: those of which it holds the rarest words.

Every topic stands under the two word groups that say most: an article that holds no word of either cannot match. What
is left out here is certainly no match; what is kept is judged in full.

Effects: none.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import NamedTuple

from monitor.model import Article
from monitor.topics.index import Glance, cut
from monitor.topics.nodes import AnyOf, Element, Fact, Kind, Leaf, Node, Not, children
from monitor.topics.nodes import Sequence as WordSequence
from monitor.topics.vocabulary import PREFIX_CHARS, Spot, Vocabulary, compile_pattern, key_of
from monitor.words import CHUNK_CHARS_MAX

CHUNKS_MAX = 50_000
"""Chunks remembered per language, about 6 MB: a day's news has some 60,000 different ones."""

Priced = tuple[float, frozenset[str]]
"""Keys of which a match needs at least one, and what they cost: the rarer they are, the less."""


class _Told(NamedTuple):
    """What a chunk says."""

    spots: tuple[Spot, ...]
    first: frozenset[int]
    """The topics of whose first group it is."""
    second: frozenset[int]


_first, _second = itemgetter(1), itemgetter(2)


class Anchors:
    """The numbers of the topics that may match, found by the words of an article."""

    def __init__(self, topics: Iterable[tuple[Sequence[Priced], Iterable[Element]]], language: str) -> None:
        """By topic, in order: its groups, and every element it may ask for."""
        self.vocabulary = Vocabulary(language)
        self._first: dict[str, set[int]] = {}
        self._second: dict[str, set[int]] = {}
        self._single: set[int] = set()
        """Topics with one group only: the first decides."""
        self._always: set[int] = set()
        """Topics that no word decides."""
        self._known = _Known(self)
        for number, (groups, elements) in enumerate(topics):
            for element in elements:
                self.vocabulary.add(element)
            self._place(number, groups)

    def _place(self, number: int, groups: Sequence[Priced]) -> None:
        if not groups:
            self._always.add(number)
            return
        chosen = sorted(groups, key=itemgetter(0))[:2]
        if len(chosen) == 1:
            self._single.add(number)
        for index, (_, keys) in zip((self._first, self._second), chosen, strict=False):
            for key in keys:
                index.setdefault(key, set()).add(number)

    def look(self, article: Article) -> tuple[Glance, set[int]]:
        """A first look at an article, and the topics that are worth judging."""
        title, text = cut(article.title), cut(article.text)
        distinct = {*title, *text}
        known = self._known
        told = [(chunk, said) for chunk in distinct if (said := known[chunk]) is not None]
        first = set().union(*(said.first for _, said in told))
        candidates = first & self._single
        if len(candidates) < len(first):
            candidates |= first.intersection(set().union(*(said.second for _, said in told)))
        glance = Glance(self.vocabulary, title, text, [(chunk, said.spots) for chunk, said in told])
        return glance, candidates | self._always

    def touches(self, article: Article) -> bool:
        """Whether the article holds a word of the rarest group of some topic, whatever else that asks for."""
        known = self._known
        return bool(self._always) or any(
            said is not None and bool(said.first)
            for said in map(known.__getitem__, {*cut(article.title), *cut(article.text)})
        )

    def tell(self, chunk: str) -> _Told | None:
        """What a chunk says; None where it says nothing."""
        spots = self.vocabulary.spots(chunk)
        if not spots:
            return None
        keys = {spot.key for spot in spots}
        first, second = (
            frozenset().union(*(index[key] for key in keys if key in index)) for index in (self._first, self._second)
        )
        return _Told(spots, first, second)


class _Known(dict[str, _Told | None]):
    """What chunks say, remembered: news repeats its words, and every article asks anew."""

    def __init__(self, anchors: Anchors) -> None:
        super().__init__()
        self._anchors = anchors

    def __missing__(self, chunk: str) -> _Told | None:
        told = self._anchors.tell(chunk)
        if len(chunk) <= CHUNK_CHARS_MAX:
            if len(self) >= CHUNKS_MAX:
                self.clear()
            self[chunk] = told
        return told


def price_groups(node: Node, language: str, idf: Callable[[str], float]) -> list[Priced]:
    """The groups of keys of which every match needs one each; empty where no word decides. `idf` says how rare a
    word is.
    """
    return _Pricing(language, idf).of(node)


class _Pricing:
    def __init__(self, language: str, idf: Callable[[str], float]) -> None:
        self.language = language
        self.idf = idf

    def of(self, node: Node) -> list[Priced]:
        if isinstance(node, Not | Fact):
            return []
        if isinstance(node, Leaf):
            if len(node.sequences) == 1:
                return self._of_sequence(node.sequences[0])
            return self._either(self._of_sequence(sequence) for sequence in node.sequences)
        if isinstance(node, AnyOf):
            return self._either(self.of(part) for part in node.parts)
        return [group for part in children(node) for group in self.of(part)]

    def _of_sequence(self, sequence: WordSequence) -> list[Priced]:
        return [(self._price(element), frozenset({key_of(element, self.language)})) for element in sequence.elements]

    def _price(self, element: Element) -> float:
        if element.kind is Kind.PATTERN:
            # A beginning of three letters is shared by many words: dearer than any one word.
            return 1.0 if len(compile_pattern(element.word)[0]) >= PREFIX_CHARS else 10.0
        return 1 / self.idf(element.word.lower())

    def _either(self, choices: Iterable[list[Priced]]) -> list[Priced]:
        """One group out of the cheapest of each choice; none where one choice asks for no word."""
        cost, keys = 0.0, set[str]()
        for groups in choices:
            if not groups:
                return []
            cheapest = min(groups, key=itemgetter(0))
            cost += cheapest[0]
            keys |= cheapest[1]
        return [(cost, frozenset(keys))]
