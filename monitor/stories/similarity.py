"""What an article says, in a few hundred bytes, and how alike two articles are.

Of headline and beginning each word weighs by how rare it is; the headline counts three times. Two articles are alike by
the angle between their weighed words, and by the part of the shorter text that stands in the other word for word. The
heaviest words are the keys by which articles that say the same find each other in an ordinary table.

Everything that is compared can be stored, and is rounded as it will be stored: articles of one batch decide about each
other exactly as they would a year apart.

Effects: none.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from operator import mul
from zlib import crc32

from msgspec import Struct

from monitor.stories.guards import direction_of, is_negated, names_in, numbers_in
from monitor.stories.normal import body, body_words, headline, headline_form, headline_key, page_key
from monitor.stories.rarity import Rarity, terms_of
from monitor.urls import canonical_url, names_one_page

LEAD_WORDS = 100
"""Only so much of a text is compared: what feeds carry of it, and where a report says what it is about."""
HEADLINE_WEIGHT = 3
TERMS_MAX = 48
"""The heaviest words of an article; half as many find as much on RSS-length text, and less on long ones (measured)."""
KEYS_MAX = 10
"""The heaviest of them, by which others are found."""
RUNS_MIN = 12
"""Fewer three-word sequences are a teaser's standing phrase, not a text."""
HEADLINE_WORDS_MAX = 120
"""Words of a headline: more than its 500 characters hold, but where characters are taken by pairs."""
NUMBERS_MAX = 40
NAMES_MAX = 40
WEIGHT_MAX = 255
CUT_MARKS = ("...", "…")


class Said(Struct, frozen=True):
    """What the guards ask of an article, beside its weighed words. Words and numbers are 32 bits each."""

    headline: frozenset[int]
    """The terms of the headline."""
    headline_runs: frozenset[int]
    """Its three-word sequences."""
    runs: frozenset[int]
    """Those of the first 100 words of the text."""
    numbers: frozenset[int]
    """Of headline and text."""
    headline_numbers: frozenset[int]
    names: frozenset[int]
    """Terms of the headline that are names, as far as capital letters tell."""

    @property
    def is_headline_only(self) -> bool:
        """Whether there is no text worth comparing."""
        return len(self.runs) < RUNS_MIN


class Draft(Struct, frozen=True):
    """An article taken apart, before its words are weighed."""

    counts: dict[int, int]
    """How often each term stands, in the headline three times."""
    said: Said
    headline_key: int
    url_key: int | None
    is_page: bool
    direction: int
    is_cut: bool
    is_negated: bool


@dataclass
class Print:
    """What is compared of an article: it can be packed into bytes and back. Nobody changes it once it is made."""

    # Not frozen: that doubles the time to make one, and of those that are read only a few are looked at twice.
    weights: dict[int, int]
    """The heaviest terms, heaviest first, from 1 to 255."""
    norm: float
    """The length of `weights`; 1 for none."""
    words: int
    """How many different terms headline and beginning have: of few words less can be concluded."""
    headline_key: int
    url_key: int | None
    """The canonical address, None where it names no article."""
    is_page: bool
    """Whether the address names one page by itself, by a number or a slug."""
    direction: int
    """Whether the headline says that something rises (1), falls (-1), or neither (0)."""
    is_cut: bool
    """Whether the headline ends in dots."""
    is_negated: bool
    """Whether the headline says no to something."""
    read_said: Callable[[], Said] = field(repr=False, compare=False)

    @cached_property
    def said(self) -> Said:
        """What the guards ask; put together only where they ask."""
        return self.read_said()

    @cached_property
    def terms(self) -> frozenset[int]:
        """The terms of the article, as far as they are kept."""
        return self.said.headline.union(self.weights)

    @property
    def strong_keys(self) -> tuple[int, ...]:
        """Those of the keys of which one in common is enough: headline and address."""
        return (self.headline_key,) if self.url_key is None else (self.headline_key, self.url_key)

    @cached_property
    def keys(self) -> list[int]:
        """By what it is found: its heaviest words, its headline and its address."""
        return [*islice(self.weights, KEYS_MAX), *self.strong_keys]


def read_draft(title: str, text: str, url: str) -> Draft:
    """Take an article apart. The same title, text and url always give the same draft."""
    form = headline_form(title)
    title_words = form.split()[:HEADLINE_WORDS_MAX]
    lead_words = body_words(text)[:LEAD_WORDS]
    headline_terms, lead_terms = terms_of(title_words), terms_of(lead_words)
    counts = Counter(lead_terms + HEADLINE_WEIGHT * headline_terms)
    counts.pop(0, None)
    url_key = page_key(url) if url else None
    headline_numbers = numbers_in(title_words)
    said = Said(
        headline=frozenset(headline_terms) - {0},
        headline_runs=_runs(headline_terms),
        runs=_runs(lead_terms),
        numbers=frozenset(sorted(map(_hashed, headline_numbers | numbers_in(lead_words)))[:NUMBERS_MAX]),
        headline_numbers=frozenset(map(_hashed, headline_numbers)),
        names=frozenset(sorted(terms_of(names_in(headline(title), body(text))))[:NAMES_MAX]),
    )
    return Draft(
        counts=counts,
        said=said,
        headline_key=headline_key(title),
        url_key=url_key,
        is_page=url_key is not None and names_one_page(canonical_url(url)),
        direction=direction_of(frozenset(title_words)),
        is_cut=title.rstrip().endswith(CUT_MARKS),
        is_negated=is_negated(title_words),
    )


def _hashed(word: str) -> int:
    return crc32(word.encode("utf-8", "surrogatepass"))


def _runs(terms: Sequence[int]) -> frozenset[int]:
    # As a polynomial in the three: they are spread evenly over 32 bits already, and so is this.
    return frozenset(
        [
            (one * 961 + two * 31 + three) & 0xFFFFFFFF
            for one, two, three in zip(terms, terms[1:], terms[2:], strict=False)
        ]
    )


def weigh(draft: Draft, rarity: Rarity) -> Print:
    """The print of an article by what is known of the rarity of its words, which should count it already."""
    # Whatever their order in the text, terms of one weight stand in one order.
    weighed = rarity.weigh(draft.counts)
    weighed.sort(reverse=True)
    del weighed[TERMS_MAX:]
    scale = WEIGHT_MAX / weighed[0][0] if weighed else 1.0
    weights = {term: round(weight * scale) or 1 for weight, term in weighed}
    return Print(
        weights=weights,
        norm=math.sqrt(sum(map(mul, weights.values(), weights.values()))) or 1.0,
        words=len(draft.counts),
        headline_key=draft.headline_key,
        url_key=draft.url_key,
        is_page=draft.is_page,
        direction=draft.direction,
        is_cut=draft.is_cut,
        is_negated=draft.is_negated,
        read_said=lambda: draft.said,
    )


def cosine(a: Print, b: Print) -> float:
    """How alike the weighed words of two articles are, 0 to 1; the same either way round."""
    left, right = a.weights, b.weights
    shared = left.keys() & right.keys()
    if not shared:
        return 0.0
    return min(1.0, sum([left[term] * right[term] for term in shared]) / (a.norm * b.norm))


def containment(a: Said, b: Said) -> float:
    """Which part of the shorter text stands in the other word for word; 0 where either has no text worth comparing."""
    if a.is_headline_only or b.is_headline_only:
        return 0.0
    return len(a.runs & b.runs) / min(len(a.runs), len(b.runs))
