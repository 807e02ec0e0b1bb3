"""Which topics are worth judging for an article: those of which it holds the rarest words.

Every topic stands under the two word groups that say most: an article that holds no word of either cannot match. What
is left out here is certainly no match; what is kept is judged in full.

Effects: none.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from monitor.model import Article
from monitor.topics.evaluate import compile_pattern
from monitor.topics.index import PREFIX_CHARS, ReadArticle
from monitor.topics.nodes import AnyOf, Element, Fact, Kind, Leaf, Node, Not, children
from monitor.topics.nodes import Sequence as WordSequence
from monitor.words import fold, stem, stem_forms, tokenise, without_tails

WORDS_MAX = 50_000
"""Words remembered per language, about 5 MB."""
_PLAIN = re.compile("[a-z0-9]+")

Group = frozenset[str]
"""Keys of which a match needs at least one: stems, and beginnings of words with a `*` behind."""


@dataclass
class Anchors:
    """The numbers of the topics that may match, found by the words of an article."""

    first: dict[str, list[int]] = field(default_factory=dict)
    second: dict[str, list[int]] = field(default_factory=dict)
    single: set[int] = field(default_factory=set)
    """Topics with one group only: the first decides."""
    always: list[int] = field(default_factory=list)
    """Topics that no word decides."""

    def leaves_out(self, article: Article, language: str) -> bool:
        """Whether a glance is enough to say that no topic matches: certain where it says so, and most articles are so.

        Only for plain ASCII, where the words of a glance are those of a full reading or more; a topic that hangs on a
        joined word with a sign in it, such as `u.s`, is never left out.
        """
        if self.always or not (article.title.isascii() and article.text.isascii()):
            return False
        text = f"{article.title}\n{article.text}".lower()
        found = set(_PLAIN.findall(text))
        if "-" in text:
            found.update(_PLAIN.findall(text.replace("-", "")))  # COVID-19 is also looked up as covid19
        telling = self._telling.setdefault(language, _Telling(self.first, language))
        return self.is_plain and not any(map(telling.__getitem__, found))

    @cached_property
    def _telling(self) -> dict[str, "_Telling"]:
        return {}

    @cached_property
    def is_plain(self) -> bool:
        """Whether every word that decides is letters and digits alone."""
        return all(key.rstrip("*").isalnum() for key in self.first)

    def candidates(self, article: ReadArticle) -> list[int]:
        """The topics to be judged, in the watchlist's order."""
        keys = [*article.by_stem, *(prefix + "*" for prefix in article.prefixes)]
        first = {number for key in keys if key in self.first for number in self.first[key]}
        found = {number for number in first if number in self.single}
        if len(found) < len(first):
            second = {number for key in keys if key in self.second for number in self.second[key]}
            found |= first & second
        return sorted(found.union(self.always))

    def touches(self, article: ReadArticle) -> bool:
        """Whether the article holds a word of the rarest group of some topic, whatever else that asks for."""
        keys = (*article.by_stem, *(prefix + "*" for prefix in article.prefixes))
        return bool(self.always) or any(key in self.first for key in keys)


class _Telling(dict[str, bool]):
    """Whether a word is one that decides, remembered: news repeats its words, and every article asks anew."""

    def __init__(self, first: Mapping[str, list[int]], language: str) -> None:
        super().__init__()
        self._first = first
        self._language = language

    def __missing__(self, word: str) -> bool:
        if len(self) >= WORDS_MAX:
            self.clear()
        forms = (*stem_forms(word, self._language), word[:PREFIX_CHARS] + "*")
        self[word] = found = any(form in self._first for form in forms)
        return found


def build_anchors(roots: Sequence[Node], language: str, idf: Callable[[str], float]) -> Anchors:
    """Index topics by the words that stand for them in one language; `idf` says how rare a word is."""
    anchors = Anchors()
    for number, root in enumerate(roots):
        groups = _Groups(language, idf).of(root)
        if not groups:
            anchors.always.append(number)
            continue
        groups.sort(key=lambda priced: priced[0])
        for key in groups[0][1]:
            anchors.first.setdefault(key, []).append(number)
        if len(groups) == 1:
            anchors.single.add(number)
            continue
        for key in groups[1][1]:
            anchors.second.setdefault(key, []).append(number)
    return anchors


class _Groups:
    """The word groups of a query of which every match needs one word each, with what they cost."""

    def __init__(self, language: str, idf: Callable[[str], float]) -> None:
        self.language = language
        self.idf = idf

    def of(self, node: Node) -> list[tuple[float, Group]]:
        """The groups of a node; empty where no word decides."""
        if isinstance(node, Not | Fact):
            return []
        if isinstance(node, Leaf):
            if len(node.sequences) == 1:
                return self._of_sequence(node.sequences[0])
            return self._either(self._of_sequence(sequence) for sequence in node.sequences)
        if isinstance(node, AnyOf):
            return self._either(self.of(part) for part in node.parts)
        return [group for part in children(node) for group in self.of(part)]

    def _of_sequence(self, sequence: WordSequence) -> list[tuple[float, Group]]:
        priced = (self._of_element(element) for element in sequence.elements)
        return [group for group in priced if group is not None]

    def _of_element(self, element: Element) -> tuple[float, Group] | None:
        if element.kind is Kind.PATTERN:
            prefix = compile_pattern(element.word)[0][:PREFIX_CHARS]
            # A beginning of three letters is shared by many words: dearer than any one word.
            return (1.0, frozenset({prefix + "*"})) if len(prefix) == PREFIX_CHARS else None
        word = element.word
        if element.kind is Kind.SURFACE:
            tokens = without_tails(tokenise(word))
            word = tokens[-1].text if tokens else fold(word)
        return 1 / self.idf(word), frozenset({stem(word, self.language)})

    def _either(self, choices: Iterable[list[tuple[float, Group]]]) -> list[tuple[float, Group]]:
        """One group out of the cheapest of each choice; none where one choice asks for no word."""
        cost, keys = 0.0, set[str]()
        for groups in choices:
            if not groups:
                return []
            cheapest = min(groups, key=lambda priced: priced[0])
            cost += cheapest[0]
            keys |= cheapest[1]
        return [(cost, frozenset(keys))]
