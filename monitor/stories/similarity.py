"""How alike are two articles, by headline and by text?

A text is the set of its three-word sequences; how much of the smaller set stands in the larger says whether one is a
print of the other, however it was cut, topped or tailed. A few of the sequences, chosen by their hash, are the keys by
which near-identical articles find each other in an ordinary table.

Effects: none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from zlib import crc32

from monitor.stories.guards import direction_of, names_in, numbers_in
from monitor.stories.normal import body, body_words, headline, headline_form, key_of, split_words
from monitor.urls import canonical_url, is_front_page

LEAD_WORDS = 100
"""Only so much of a text is compared: what feeds carry of it, and where a report says what it is about."""
SHINGLES_MIN = 12
"""Fewer three-word sequences are a teaser's standing phrase, not a text."""
SKETCH_KEYS = 8
"""Sequences that are keys: two texts that share half find each other by at least one in about 99 of 100 cases."""
CACHE_WORDS = 65_536
"""Words remembered with their number, about 10 MB at most: news has few words and repeats them."""
_SPREAD = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)
_MIX = 0x2545F4914F6CDD1D
"""Odd 64-bit constants that spread sums of words evenly, so that the smallest of them are a fair sample."""
_MASK = (1 << 63) - 1


@dataclass(frozen=True)
class Fingerprint:
    """What is compared of an article; the same title, text and url always give the same one."""

    title: str = field(repr=False)
    """Without labels and the outlet's name."""
    lead: str = field(repr=False)
    """The beginning of the text, without dateline and standing lines."""
    lead_words: tuple[str, ...] = field(repr=False)
    """Its folded words."""
    url_key: int | None
    """The canonical address, None where it names no article."""
    headline_key: int
    keys: tuple[int, ...]
    """At most ten, by which candidates are found: headline, address, and a sample of the text."""
    shingles: frozenset[int]
    headline_terms: frozenset[str]

    @property
    def strong_keys(self) -> tuple[int, ...]:
        """Those of the keys of which one in common is enough: headline and address."""
        return (self.headline_key,) if self.url_key is None else (self.headline_key, self.url_key)

    @property
    def is_headline_only(self) -> bool:
        """Whether there is no text worth comparing."""
        return len(self.shingles) < SHINGLES_MIN

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Numbers of headline and lead; needed only where two articles are alike."""
        return self.headline_numbers | numbers_in(self.lead_words)

    @cached_property
    def headline_numbers(self) -> frozenset[str]:
        """Numbers of the headline."""
        return numbers_in(split_words(self.title))

    @cached_property
    def direction(self) -> int:
        """Whether the headline says that something rises (1), falls (-1), or neither (0)."""
        return direction_of(self.headline_terms)

    @cached_property
    def names(self) -> frozenset[str]:
        """Terms of the headline that are names, as far as capital letters tell."""
        return names_in(self.title, self.lead)

    @cached_property
    def terms(self) -> frozenset[str]:
        """The terms of headline and lead."""
        return self.headline_terms.union(self.lead_words)


@dataclass(frozen=True, slots=True)
class Alike:
    """How alike two articles are, each from 0 to 1."""

    score: float
    """The text where both have one, else the headline."""
    title: float
    """Shared terms of the headlines over all their terms."""
    text: float
    """How much of the smaller text stands in the larger; 0 where either has no text worth comparing."""


def fingerprint(title: str, text: str, url: str) -> Fingerprint:
    """What is compared of an article, made of its stored title, text and url alone."""
    form = headline_form(title)
    lead = body(text)
    words = body_words(text)
    shingles = _shingles(words[:LEAD_WORDS])
    address = canonical_url(url) if url else ""
    url_key = key_of(address) if address and not is_front_page(address) else None
    headline_key = key_of(form)
    keys = [headline_key, *([url_key] if url_key is not None else ())]
    if len(shingles) >= SHINGLES_MIN:
        # Mixed once more: sums of words that stand in many texts would else be small together.
        keys += sorted([((one ^ (one >> 31)) * _MIX) & _MASK for one in shingles])[:SKETCH_KEYS]
    return Fingerprint(
        title=headline(title),
        lead=lead,
        lead_words=words,
        url_key=url_key,
        headline_key=headline_key,
        keys=tuple(keys),
        shingles=shingles,
        headline_terms=frozenset(form.split()),
    )


def _shingles(words: Sequence[str]) -> frozenset[int]:
    numbers = [_number(word) for word in words]
    return frozenset(
        [
            (one * _SPREAD[0] + two * _SPREAD[1] + three * _SPREAD[2]) & _MASK
            for one, two, three in zip(numbers, numbers[1:], numbers[2:], strict=False)
        ]
    )


@lru_cache(maxsize=CACHE_WORDS)
def _number(word: str) -> int:
    return crc32(word.encode("utf-8", "surrogatepass"))


def similarity(a: Fingerprint, b: Fingerprint) -> Alike:
    """How alike two articles are; the same either way round."""
    both = len(a.headline_terms | b.headline_terms)
    title = len(a.headline_terms & b.headline_terms) / both if both else 0.0
    text = 0.0
    if not a.is_headline_only and not b.is_headline_only:
        text = len(a.shingles & b.shingles) / min(len(a.shingles), len(b.shingles))
    has_texts = not a.is_headline_only and not b.is_headline_only
    return Alike(score=text if has_texts else title, title=title, text=text)
