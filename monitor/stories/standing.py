"""Sentences that a feed puts under one article after the other: consent notices, newsletters, who the paper is.

They are cut out before anything is compared: two articles that share nothing else are not alike.

Effects: none.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from itertools import chain
from zlib import crc32

from monitor.stories.normal import BODY_CHARS_MAX, split_words

HOLDERS_MIN = 4
"""Entries of one feed that carry a sentence before it is furniture: three prints of one text are no rare thing."""
SENTENCE_CHARS_MIN = 30
"""Shorter ones are said of many things: He declined to comment."""
TELLING_CHARS_MIN = 4
"""Shorter words of a headline tell no subject."""
DENSE_FROM, DENSE_CHARS_MIN = "\u0e00", 2
"""The same for scripts that begin here: Thai, Japanese, Chinese, Korean."""
SUBJECT_SHARE = 0.5
"""Where more of the holders' headlines share a word, the sentence is part of their news, and no furniture."""

_BREAK = re.compile(r"(?<=[.!?…。！？])\s+|\n+|(?<=[。！？])")
# The same where only ASCII is, white space first: searching for that is twice as fast as looking back everywhere.
_PLAIN_BREAK = re.compile(r"\s(?:(?<=[.!?]\s)\s*|(?<=\n)\n*)")

Said = tuple[str, str, str]
"""What is looked at of an entry: its outlet, headline and text."""


def find_standing(entries: Sequence[Said]) -> frozenset[int]:
    """The keys of the sentences that stand under four entries of one outlet or more, whatever these are about."""
    if len(entries) < HOLDERS_MIN:
        return frozenset()
    keys = [sentence_keys(text) for _, _, text in entries]
    common = {key for key, count in Counter(chain.from_iterable(keys)).items() if count >= HOLDERS_MIN}
    if not common:
        return frozenset()
    holders: dict[tuple[str, int], list[str]] = defaultdict(list)
    for (outlet, headline, _), said in zip(entries, keys, strict=True):
        for key in said & common:
            holders[outlet, key].append(headline)
    return frozenset(key for (_, key), found in holders.items() if len(found) >= HOLDERS_MIN and not _is_news(found))


def without_standing(text: str, standing: Collection[int]) -> str:
    """The beginning of a text without these sentences; the text itself where it has none of them."""
    if not standing:
        return text
    sentences = [part for part in _sentences(text) if part]
    kept = [part for part in sentences if _key_of(part) not in standing]
    return text if len(kept) == len(sentences) else " ".join(kept)


def sentence_keys(text: str) -> set[int]:
    """The keys of the sentences at the beginning of a text that are long enough to be furniture."""
    return {_key_of(part) for part in _sentences(text) if len(part) >= SENTENCE_CHARS_MIN}


def _sentences(text: str) -> list[str]:
    beginning = text[:BODY_CHARS_MAX]
    return (_PLAIN_BREAK if beginning.isascii() else _BREAK).split(beginning)


def _key_of(sentence: str) -> int:
    return crc32(sentence.strip().encode("utf-8", "surrogatepass"))


def _is_news(headlines: Sequence[str]) -> bool:
    """Whether most of the headlines share a word: then they tell one thing, as thirty prints of one text do."""
    counts: Counter[str] = Counter()
    for headline in headlines:
        counts.update({word for word in split_words(headline) if _is_telling(word)})
    most = max(counts.values(), default=0)
    return most > SUBJECT_SHARE * len(headlines)


def _is_telling(word: str) -> bool:
    # A syllable of Korean or a sign of Chinese says more than a letter, and of those two are a word.
    return not word[0].isdigit() and len(word) >= (TELLING_CHARS_MIN if word[0] < DENSE_FROM else DENSE_CHARS_MIN)
