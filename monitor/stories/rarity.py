"""How telling a word is: the fewer articles hold it, the more.

The articles that came so far are counted, beside a table of ordinary words that stands for 5,000 articles, so that the
first hour is as good as the hundredth. Words are terms here: 32 bits of their folded form without a plural ending,
alike in every process.

Effects: none.
"""

import math
import zlib
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager

from monitor.language import FUNCTION_WORDS
from monitor.words import DEFAULT_LANGUAGE, fold

TABLE_ARTICLES = 5_000
"""Articles that the table of ordinary words stands for (field notes: with it the first 400 articles miss no copy that
the ten-thousandth would not miss; without, a fifth of them)."""
TABLE_ARTICLE_WORDS = 60
"""Their length in words: that of a feed's headline and summary."""
FUNCTION_ARTICLES = 1_500
"""How many of them hold each little word (der, les, una) of the languages without a table of their own."""
ARTICLES_MAX = 200_000
"""From here on all counts are halved: what was in every article a year ago fades."""
TERMS_MAX = 250_000
"""Terms counted at most, some 25 MB; beyond it those of a single article go, and of two, and so on."""
COUNT_MAX = 1_000
"""How often a word can stand in one article: in a headline of 120 words, three times each, and a beginning of 100."""
_OFTEN = [0.0, *(1 + math.log(count) for count in range(1, COUNT_MAX))]
CACHE_WORDS = 32_768
"""Words remembered with their term, about 5 MB: a day's news in one language has some 30,000 different ones."""
CACHE_COUNTS = 4_096
"""Counts remembered with their logarithm, under 1 MB: nearly all words stand in fewer articles."""
FORMAT = 1
"""Of what `dump` writes and of the terms themselves; raise it when either changes, and everything is counted anew."""


class _Logs(dict[int, float]):
    """How little a word tells, by how many articles hold it."""

    def __missing__(self, count: int) -> float:
        found = math.log(count + 0.5)
        if len(self) < CACHE_COUNTS:
            self[count] = found
        return found


class _Terms(dict[str, int]):
    """Remembered: every word of every article asks, and a cache in order of use takes twice as long to answer."""

    def __missing__(self, word: str) -> int:
        if len(self) >= CACHE_WORDS:
            self.clear()
        term = self[word] = term_of(word)
        return term


_LOGS = _Logs()
_TERMS = _Terms()


def term_of(word: str) -> int:
    """The term of a folded word, without a plural ending, so that talks meet talk; 0 for a loose letter."""
    if len(word) == 1 and word.isascii() and not word.isdigit():
        return 0
    return zlib.crc32(_singular(word).encode("utf-8", "surrogatepass"))


def terms_of(words: Iterable[str]) -> list[int]:
    """The terms of folded words of articles, in their order."""
    return list(map(_TERMS.__getitem__, words))


def _singular(word: str) -> str:
    if len(word) <= 4 or not word.isascii() or word[-1] != "s":
        return word
    if word.endswith("ies") and len(word) > 5:
        return word[:-3] + "y"
    if word.endswith("es") and word[-3] in "sxz":
        return word[:-2]
    return word if word[-2:] in ("ss", "us", "is") else word[:-1]


def read_table(shares: Iterable[tuple[str, float]]) -> dict[int, int]:
    """By term, in how many of the table's articles it stands, from the shares of words in running text."""
    by_term: dict[int, float] = {}
    for word, share in shares:
        term = term_of(word)
        by_term[term] = by_term.get(term, 0.0) + share
    held = {term: TABLE_ARTICLES * (1 - (1 - share) ** TABLE_ARTICLE_WORDS) for term, share in by_term.items()}
    table = {term: round(count) for term, count in held.items() if count >= 1}
    for language, listed in FUNCTION_WORDS.items():
        if language != DEFAULT_LANGUAGE:
            for word in fold(listed).split():
                term = term_of(word)
                table[term] = max(table.get(term, 0), FUNCTION_ARTICLES)
    return table


class Rarity:
    """Counts in how many articles each term stood. Bounded in articles and terms; not for two threads at once."""

    def __init__(self, table: Mapping[int, int]) -> None:
        self._held = Counter(table)
        self._log: list[Collection[int]] | None = None
        self.articles = TABLE_ARTICLES if table else 0
        """Counted since the last halving, those of the table among them."""

    def learn(self, terms: Collection[int]) -> None:
        """Count one more article with these terms."""
        self.articles += 1
        self._held.update(terms)
        if self._log is not None:
            self._log.append(terms)
        else:
            self._bound()

    @contextmanager
    def trial(self) -> Iterator[None]:
        """What is learned in this block counts only if it ends without an error: it stands with a transaction."""
        self._log = []
        try:
            yield
        except BaseException:
            for terms in self._log:
                self.articles -= 1
                self._held.subtract(terms)
            raise
        finally:
            self._log = None
        self._bound()

    def idf(self, term: int) -> float:
        """How telling a term is, 0 to some 12."""
        return math.log(self.articles + 1) - _LOGS[self._held[term]]

    def weigh(self, counts: Mapping[int, int]) -> list[tuple[float, int]]:
        """How much each term of an article weighs, by how telling it is and how often it stands there.

        How telling: the logarithm of all articles over those that hold it.
        """
        # Lean on purpose: this is done for every word of every article.
        most, often = math.log(self.articles + 1), _OFTEN
        least = map(_LOGS.__getitem__, map(self._held.__getitem__, counts))
        return [((most - less) * often[count], term) for (term, count), less in zip(counts.items(), least, strict=True)]

    def _bound(self) -> None:
        if self.articles > ARTICLES_MAX:
            self.articles //= 2
            self._held = Counter({term: count // 2 for term, count in self._held.items() if count > 1})
        least = 1
        while len(self._held) > TERMS_MAX:
            # Half the terms were only ever in one article: not to know them is to think them as rare as they are.
            self._held = Counter({term: count for term, count in self._held.items() if count > least})
            least += 1

    def dump(self) -> bytes:
        """The counts, to be loaded after a restart; at most some 1 MB, in 50 ms.

        Those of a single article are among them: when such a word comes again it weighs less than one never seen.
        """
        kept = {term: count for term, count in self._held.items() if count > 0}
        numbers = array("I", kept), array("I", kept.values())
        head = array("I", (FORMAT, self.articles))
        return zlib.compress(b"".join((head.tobytes(), *(part.tobytes() for part in numbers))), 1)

    def load(self, dumped: bytes) -> bool:
        """Take over counts that `dump` wrote; False, and nothing changes, where they are of another format."""
        numbers = array("I")
        try:
            numbers.frombytes(zlib.decompress(dumped))
        except (zlib.error, ValueError):
            return False
        if len(numbers) < 2 or numbers[0] != FORMAT or len(numbers) % 2:
            return False
        half = (len(numbers) - 2) // 2
        self.articles = numbers[1]
        self._held = Counter(dict(zip(numbers[2 : 2 + half], numbers[2 + half :], strict=True)))
        return True
