"""What a lexicon knows: which words are related, how rare a word is, and which words of a name carry its meaning.

Effects: none.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from msgspec import Struct, field
from msgspec.structs import replace

from monitor.language import FUNCTION_WORDS
from monitor.words import CACHE_WORDS, DEFAULT_LANGUAGE, fold, stem

IDF_FLAT = 5.0
"""The weight of every word while no frequencies are installed: that of a word in one article of 150."""
IDF_MAX = 9.0
IDF_MIN = 0.1
ARTICLE_WORDS = 300
"""Words of the article whose chance to hold a word stands for document frequency before an archive exists."""
PROBABILITY_UNSEEN = 2e-7
"""Share in running text of a word that is not among the frequent ones."""
TABLE_ARTICLES = 2_000
"""Articles for which the table of word frequencies counts beside an archive, and always for as many as that has.
Measured: up to half the weight an archive helps a little (F1 .616 to .619); beyond, the words that all of a one-sided
archive is about tell too little."""
STEM_SHARED_CHARS = 3
"""Forms of one stem share at least their first letters."""

_ENGLISH = """a about above after again against all also am an and any are as at be because been before being
    between both but by can could did do does doing down during each few for from further had has have having
    he her here hers him his how i if in into is it its itself just me more most my no nor not of off on once
    only or other our out over own per re same shall she should so some such than that the their them then
    there these they this those through to too under until up upon us via very vs was we were what when where
    which while who whom why will with within without would you your"""
STOP_WORDS: Mapping[str, frozenset[str]] = {
    **{language: frozenset(map(fold, listed.split())) for language, listed in FUNCTION_WORDS.items()},
    DEFAULT_LANGUAGE: frozenset(_ENGLISH.split()),
}
"""By language, its words that say nothing of what a text is about, folded."""


def is_stop_word(word: str, language: str = DEFAULT_LANGUAGE) -> bool:
    """Whether a folded word says nothing of what a text is about."""
    return word in STOP_WORDS.get(language, frozenset())


_HOMOGRAPHS = """all ante arte ban bang bar bat bin bold care come con dan den die din dire don due end era fast fine
    gut had han hat hen her log man mar may med meg men mere min mine mint mod mot net not nuk one par
    para per pin pod pour pro sale sea see sin six son sur ten tie tot van var vid volt war was"""
_ENGLISH_TOO = frozenset(_HOMOGRAPHS.split())
"""Little words of other languages that are English words with a meaning, or little ones: they tell no language."""


def name_languages(name: Sequence[str]) -> tuple[str, ...]:
    """The languages that the stop words among a name's folded words are of: English unless another has more of them."""
    telling = set(name) - _ENGLISH_TOO
    counts = {language: len(telling & listed) for language, listed in STOP_WORDS.items()}
    counts[DEFAULT_LANGUAGE] = sum(is_stop_word(word) for word in name)
    most = max(counts.values())
    if counts[DEFAULT_LANGUAGE] == most:
        return (DEFAULT_LANGUAGE,)
    return tuple(language for language, count in counts.items() if count == most)


class Related(Struct, frozen=True):
    """A word that means nearly the same, and how nearly: 0 to 1."""

    word: str
    similarity: float


class Counted(Struct, frozen=True):
    """How many articles of an archive hold a word, for the words that were asked for, in one language."""

    language: str = DEFAULT_LANGUAGE
    articles: int = 0
    """Of that language."""
    holding: Mapping[str, int] = field(default_factory=dict)
    """By stem."""


class Lexicon(Struct, frozen=True, dict=True):
    """Which words of a language are related, and how often each is used; beside it, the same of other languages.

    Surface words only: stems are made when asked.
    """

    related_lines: Sequence[str] = ()
    """Sorted, a word each, a tab, and its related words with their similarity in hundredths, `talks:86 mediation:71`;
    each pair both ways. Lines as they stand in the file: of thousands a few are ever taken apart."""
    frequent_lines: Sequence[str] = ()
    """Sorted, one of the most frequent words each, a tab, and its place by frequency, from 1."""
    language: str = DEFAULT_LANGUAGE
    asks_meaning: bool = False
    """Whether a sentence model is asked too, so that names must be looked at where they are less than nearly there."""
    others: Mapping[str, "Lexicon"] = field(default_factory=dict)
    """By language; none of them has others of its own."""
    counted: Counted = Counted()
    """What the archive says of words in the same language."""

    @property
    def languages(self) -> tuple[str, ...]:
        """Those it knows words of, its own first."""
        return (self.language, *self.others)

    def of(self, language: str) -> "Lexicon":
        """What it knows of one language: nothing of one that it does not have."""
        return self if language == self.language else self.others.get(language, Lexicon(language=language))

    @property
    def has_related(self) -> bool:
        """Whether `~word` can find anything."""
        return bool(self.related_lines)

    @property
    def has_frequencies(self) -> bool:
        """Whether `idf` tells common words from rare ones."""
        return bool(self.frequent_lines)

    def shares(self) -> Iterator[tuple[str, float]]:
        """Its frequent words, each with its share in running text, by Zipf's law as in `idf`."""
        for line in self.frequent_lines:
            word, _, rank = line.partition("\t")
            yield word, _share_of(int(rank))

    def related(self, word: str, language: str = DEFAULT_LANGUAGE) -> tuple[Related, ...]:
        """Words related to any form of a folded word, the nearest first, one per stem and none of its own stem."""
        known = self.of(language)
        own = stem(word, language)
        nearest: dict[str, Related] = {}
        for told in _told_of(word, own, known.related_lines, language):
            for entry in told.split():
                other, _, hundredths = entry.partition(":")
                similarity = int(hundredths) / 100
                other_stem = stem(other, language)
                if other_stem != own and (other_stem not in nearest or similarity > nearest[other_stem].similarity):
                    nearest[other_stem] = Related(other, similarity)
        return tuple(sorted(nearest.values(), key=lambda other: (-other.similarity, other.word)))

    def idf(self, word: str, language: str = DEFAULT_LANGUAGE) -> float:
        """How much a folded word tells, 0.1 to 9: the less frequent all its forms are, the more."""
        told = self._idfs.get((word, language))
        if told is None:
            if len(self._idfs) >= CACHE_WORDS:
                self._idfs.clear()
            told = self._idfs[word, language] = self._weigh(word, language)
        return told

    @cached_property
    def _idfs(self) -> dict[tuple[str, str], float]:
        """Remembered, for topics share their words, and each is asked for several times while topics are read."""
        return {}

    def _weigh(self, word: str, language: str) -> float:
        known = self.of(language)
        if not known.frequent_lines:
            return IDF_FLAT
        own = stem(word, language)
        ranks = map(int, _told_of(word, own, known.frequent_lines, language))
        share = sum(map(_share_of, ranks)) or PROBABILITY_UNSEEN
        chance = 1 - math.exp(-ARTICLE_WORDS * share)
        held = known.counted.holding.get(own)
        if held is not None:
            # As if the table were so many articles more, in which the word is as frequent as it says.
            of_table = max(TABLE_ARTICLES, known.counted.articles)
            chance = (of_table * chance + held) / (of_table + known.counted.articles)
        return max(IDF_MIN, min(IDF_MAX, -math.log(chance)))

    def with_counts(self, counted: Iterable[Counted]) -> "Lexicon":
        """The same lexicon, which trusts an archive the more, the larger it is, at most as much as its own table.

        A word that was not counted stays as it was.
        """
        known = {one.language: one for one in counted}
        others = {
            language: replace(other, counted=known.get(language, Counted(language)))
            for language, other in self.others.items()
        }
        return replace(self, others=others, counted=known.get(self.language, Counted(self.language)))


def _share_of(rank: int) -> float:
    """Zipf's law: the word of rank r is a share of about 1/(11(r+30)) of running text."""
    return 1 / (11 * (rank + 30))


EMPTY_LEXICON = Lexicon()
"""Knows nothing: `~word` finds the word alone, every word weighs the same."""


def _told_of(word: str, own: str, lines: Sequence[str], language: str) -> list[str]:
    """What sorted lines tell of the words with the same stem, found among those with the same beginning.

    A stem differs from its forms in its last letter at most (city, cities), so few others begin like it.
    """
    if not own:  # a wildcard's empty word begins every other
        return []
    beginning = own[: max(STEM_SHARED_CHARS, len(own) - 1)]
    found: list[str] = []
    if not beginning:
        return found
    for place in range(bisect_left(lines, beginning), len(lines)):
        form, _, told = lines[place].partition("\t")
        if not form.startswith(beginning):
            break
        if form == word or stem(form, language) == own:
            found.append(told)
    return found
