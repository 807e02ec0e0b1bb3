"""How near an article stands to a name in meaning, compared with how near other articles stand to it.

A sentence model turns a text into a vector; the cosine of two says how alike they are. A cosine by itself says little:
some names are near to everything. So it is told as z: how many standard deviations an article is nearer to the name
than the articles of the background are on average.

Effects: none.
"""

import math
import struct
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from operator import mul

from msgspec import Struct

from monitor.model import Article, Level

Vector = Sequence[float]
"""A text's place in meaning: of length one, 4 bytes a number."""
Encoder = Callable[[str], Vector]
"""What turns a text into its vector."""
Nearness = Callable[[str], float | None]
"""The z of an article to a name; None while it cannot be said."""

BACKGROUND_MAX = 1_000
"""Articles whose cosines make up the background of a name: measured as good as 2,000, at half the time (15 ms)."""
BACKGROUND_MIN = 200
"""With fewer nothing is said by meaning: mean and deviation would be chance (measured: from 200 on they serve)."""
DEVIATION_MIN = 0.08
"""Cosines of mixed news differ by .09 to .13. Where all the news is of one kind they differ by less, and without a
least everything else would stand out."""
RENEWED_AFTER = 500
"""New articles after which a name's mean and deviation are taken anew: the world's news shifts in days, not minutes."""
NAMES_MAX = 20_000
"""Names whose vectors and figures are remembered, 2 kB each."""
POINTS_MAX = 30
"""What meaning adds to a score of 100 at most: a third of the words' own weight, as measured best from 20 to 40."""
Z_FULL = 4.0
"""The z from which it adds all of it."""
Z_LEAST = 2.0
"""Below it meaning adds nothing: of forty articles one stands out so far by chance."""
MISSING_MAX = 1
"""Words of a name that meaning may stand for: of a hostage drama film neither the drama nor the film can be missing."""
_LEAST_SUM = {Level.STRICT: 65, Level.BALANCED: 55, Level.BROAD: 50}
_TWO_WORDS_MORE = 10
"""Asked for beyond that of a name of two words: where one is missing, half of it is."""


def meaning_points(z: float) -> int:
    """What a z adds to a score: nothing, or 15 to 30."""
    return round(POINTS_MAX * min(1.0, z / Z_FULL)) if z >= Z_LEAST else 0


def least_sum(level: Level, concept_count: int) -> int:
    """What score and points together must reach: no article matches by its meaning alone."""
    return _LEAST_SUM[level] + (_TWO_WORDS_MORE if concept_count == 2 else 0)


def pack_vector(vector: Vector) -> bytes:
    """A vector in half precision, two bytes a number: what is lost is less than the model's own rounding."""
    return struct.pack(f"<{len(vector)}e", *vector)


def unpack_vector(packed: bytes) -> Vector:
    """The vector again."""
    return array("f", struct.unpack(f"<{len(packed) // 2}e", packed))


class _Figures(Struct, frozen=True):
    mean: float
    deviation: float
    learned: int
    """How much the background had learned when they were taken."""


class Meanings:
    """What names mean to a model, beside a background of articles. Belongs to one thread at a time."""

    def __init__(self, encode: Encoder, model: str) -> None:
        self.encode = encode
        self.model = model
        """Which model it is: vectors of another say nothing to it."""
        self._background: deque[Vector] = deque(maxlen=BACKGROUND_MAX)
        self._learned = 0
        self._names: dict[str, Vector] = {}
        self._figures: dict[str, _Figures] = {}

    @property
    def background(self) -> int:
        """How many articles stand behind what is said."""
        return len(self._background)

    def learn(self, vectors: Iterable[Vector]) -> None:
        """Take articles into the background; the oldest leave when it is full."""
        for vector in vectors:
            self._background.append(vector)
            self._learned += 1

    def read(self, article: Article) -> Vector:
        """The vector of an article: of its title and the beginning of its text."""
        return self.encode(f"{article.title}\n{article.text}")

    def nearness(self, known: Vector | Article) -> Nearness:
        """How near an article stands to names. Without its vector it is read once, and only when a name asks."""
        vectors = [] if isinstance(known, Article) else [known]

        def of(name: str) -> float | None:
            if len(self._background) < BACKGROUND_MIN:
                return None
            if isinstance(known, Article) and not vectors:
                vectors.append(self.read(known))
            figures = self._figures_of(name)
            return (_cosine(self._names[name], vectors[0]) - figures.mean) / figures.deviation

        return of

    def _figures_of(self, name: str) -> _Figures:
        known = self._figures.get(name)
        if known is not None and self._learned - known.learned < RENEWED_AFTER:
            return known
        if len(self._names) >= NAMES_MAX:
            self._names.clear()
            self._figures.clear()
        own = self._names.get(name)
        if own is None:
            own = self._names[name] = self.encode(name)
        cosines = [_cosine(own, other) for other in self._background]
        mean = math.fsum(cosines) / len(cosines)
        deviation = math.sqrt(math.fsum((cosine - mean) ** 2 for cosine in cosines) / len(cosines))
        figures = self._figures[name] = _Figures(mean, max(deviation, DEVIATION_MIN), self._learned)
        return figures


def _cosine(one: Vector, other: Vector) -> float:
    total: float = sum(map(mul, one, other))
    return total
