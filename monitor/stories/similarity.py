"""How alike are two articles, by headline and by text?

A text is the set of its three-word sequences; how much of the smaller set stands in the larger says whether one is a
print of the other, however it was cut, topped or tailed. A few of the sequences, chosen by their hash, are the keys by
which near-identical articles find each other in an ordinary table.

Effects: none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from zlib import crc32

from monitor.stories.guards import direction_of, names_in, numbers_in
from monitor.stories.normal import body, body_words, headline, headline_form, key_of, split_words
from monitor.urls import canonical_url, is_front_page

LEAD_WORDS = 100
"""Only so much of a text is compared: what feeds carry of it, and where a report says what it is about."""
SHINGLES_MIN = 12
"""Fewer three-word sequences are a teaser's standing phrase, not a text."""
SKETCH_KEYS = 6
"""Sequences that are keys: two texts that share half find each other by at least one in about 99 of 100 cases."""


@dataclass(frozen=True)
class Fingerprint:
    """What is compared of an article; the same title, text and url always give the same one."""

    title: str = field(repr=False)
    """Without labels and the outlet's name."""
    lead: str = field(repr=False)
    """The beginning of the text, without dateline and standing lines."""
    lead_words: str = field(repr=False)
    """Its folded words in one string: they are rarely asked for, and thousands of prints are held at one time."""
    url_key: int | None
    """The canonical address, None where it names no article."""
    headline_key: int
    keys: tuple[int, ...]
    """At most eight, by which candidates are found: headline, address, and a sample of the text."""
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
        return self.headline_numbers | numbers_in(self.lead_words.split())

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
        return self.headline_terms.union(self.lead_words.split())


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
        keys += sorted(shingles)[:SKETCH_KEYS]  # CRCs are spread evenly: their smallest are a fair sample
    return Fingerprint(
        title=headline(title),
        lead=lead,
        lead_words=" ".join(words),
        url_key=url_key,
        headline_key=headline_key,
        keys=tuple(keys),
        shingles=shingles,
        headline_terms=frozenset(form.split()),
    )


def _shingles(words: Sequence[str]) -> frozenset[int]:
    runs = [f"{one} {two} {three} " for one, two, three in zip(words, words[1:], words[2:], strict=False)]
    try:
        found = set(map(crc32, map(str.encode, runs)))
    except UnicodeEncodeError:  # half a surrogate pair
        found = {crc32(run.encode("utf-8", "surrogatepass")) for run in runs}
    return frozenset(found)  # a copy is made to measure, half as large as a set that grew


def similarity(a: Fingerprint, b: Fingerprint) -> Alike:
    """How alike two articles are; the same either way round."""
    both = len(a.headline_terms | b.headline_terms)
    title = len(a.headline_terms & b.headline_terms) / both if both else 0.0
    text = 0.0
    if not a.is_headline_only and not b.is_headline_only:
        text = len(a.shingles & b.shingles) / min(len(a.shingles), len(b.shingles))
    has_texts = not a.is_headline_only and not b.is_headline_only
    return Alike(score=text if has_texts else title, title=title, text=text)
