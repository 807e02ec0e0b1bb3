"""Names seen by how often their words are there, without where: most plainly match or plainly do not.

What it says of a name is what `judge_name` would say, several times sooner; where that is not plain, it says nothing.

Effects: none.
"""

import math
from collections.abc import Sequence

from msgspec import Struct

from monitor.model import Level
from monitor.topics.concepts import NEAR_SCORE, Name, Term, needed_share
from monitor.topics.index import ReadArticle
from monitor.topics.names import CONCEPTS_MIN, judge_name

_CLOSE = 1e-9
"""Sums of fractions are exact to much less of themselves: what is closer to a bound is judged in full."""


class Asked(Struct, frozen=True):
    """A name at a level, as it is looked for in articles of one language."""

    name: Name
    level: Level
    terms: tuple[int, ...]
    """Its concepts, by their numbers in `Terms`."""
    keys: frozenset[str]
    """Of its words, but for those with several spellings."""
    is_keyed: bool
    """Whether each of its words has one."""
    least: float
    """What it must reach, in idf, to match by its score."""
    least_near: float
    """The same to be nearly a match."""
    enough: float
    """With so much, and two concepts, it matches by its score."""


class Terms:
    """The concepts of all names that are asked for in articles of one language, each with a number."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._numbers: dict[Term, int] = {}
        self.keys: list[str] = []
        """By number, the key of the word itself, empty where it has several spellings."""
        self.idfs: list[float] = []
        self.standing: dict[str, list[tuple[int, int]]] = {}
        """By the key of a related word, for what it may stand and what one of it counts, in thousandths."""

    def ask(self, name: Name, level: Level) -> Asked:
        """A name as it is looked for, its concepts being numbered."""
        terms = [concept.term(self._language) for concept in name.concepts]
        count = len(terms)
        is_keyed = all(term.key for term in terms)
        least = least_near = enough = math.inf
        if name.is_scored and count > 1:
            bound = name.weight * needed_share(level, count)
            least = bound * (1 - _CLOSE)
            # Both of two words make it near, however weakly.
            bound_near = name.weight * needed_share(level, count, NEAR_SCORE)
            least_near = bound_near * (1 - _CLOSE) if count > CONCEPTS_MIN else 0
            if is_keyed:
                enough = bound * (1 + _CLOSE)
        keys = frozenset(term.key for term in terms if term.key)
        return Asked(name, level, tuple(map(self._number, terms)), keys, is_keyed, least, least_near, enough)

    def _number(self, term: Term) -> int:
        number = self._numbers.get(term)
        if number is None:
            number = self._numbers[term] = len(self.keys)
            self.keys.append(term.key)
            self.idfs.append(term.idf)
            for key, milli in term.worth.items():
                self.standing.setdefault(key, []).append((number, milli))
        return number


class Weighing:
    """What one article holds of the concepts of names, weighed once for all that share them."""

    def __init__(self, article: ReadArticle, terms: Terms) -> None:
        """The article is one that was glanced at."""
        self._article = article
        self._keys = article.keys
        self._asks_meaning = article.nearness is not None
        self._terms = terms
        self._reached: list[float | None] = []
        self._related: list[int] = []
        self._related_most = 0.0

    def answers_any(self, names: Sequence[Asked]) -> bool:
        """Whether one of a topic's names matches."""
        for asked in names:
            verdict = self._decide(asked, asked.least)
            if verdict is None:
                verdict = judge_name(asked.name, self._article, asked.level).is_match
            if verdict:
                return True
        return False

    def names_to_judge(self, names: Sequence[Asked]) -> list[Name]:
        """Those of a topic's names of which it is not plain that they neither match nor nearly do."""
        return [asked.name for asked in names if self._decide(asked, asked.least_near) is not False]

    def _decide(self, asked: Asked, least: float) -> bool | None:
        """Whether a name matches; None where that is not plain, for one that reaches less than `least` too."""
        if self._asks_meaning and asked.name.asks_meaning:
            return None
        known = self._reached or self._begin()
        keys = self._keys
        if asked.is_keyed and asked.name.weight * self._related_most < least and asked.keys.isdisjoint(keys):
            return False
        reached = 0.0
        for term in asked.terms:
            part = known[term]
            if part is None:
                part = known[term] = self._weigh(term)
            reached += part
        if reached >= least:
            return True if reached >= asked.enough and self._has_concepts(asked) else None
        return None if asked.keys <= keys else False

    def _has_concepts(self, asked: Asked) -> bool:
        """Whether it is plain that two concepts are there."""
        if len(asked.terms) == CONCEPTS_MIN:
            return asked.keys <= self._keys
        return sum(1 for term in asked.terms if self._reached[term]) >= CONCEPTS_MIN

    def _begin(self) -> list[float | None]:
        """Sum up what all related words that are there count: few are, and each is looked at once."""
        counts, standing = self._article.frequencies, self._terms.standing
        related = self._related = [0] * len(self._terms.keys)
        for key in standing.keys() & self._keys:
            times = counts[key]
            for term, milli in standing[key]:
                related[term] += milli * times
        most = max(related)
        self._related_most = most / (most + self._article.milli_norm)
        self._reached = [None] * len(related)
        return self._reached

    def _weigh(self, term: int) -> float:
        """What a concept brings of a name's score, in idf; of one with several spellings, the most it could."""
        key, idf = self._terms.keys[term], self._terms.idfs[term]
        if not key:
            return idf
        milli = 1000 * self._article.frequencies.get(key, 0) + self._related[term]
        return idf * milli / (milli + self._article.milli_norm) if milli else 0.0
