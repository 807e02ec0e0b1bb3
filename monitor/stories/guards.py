"""What speaks against two articles being one, however alike their words: numbers, direction, names.

A template filled in twice ("profit rises to $4 million") is nearly the same text and never the same news.

Effects: none.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Set
from typing import TypeVar

from monitor.stories.normal import split_words
from monitor.stories.wording import DOWN_WORDS, NEGATION_WORDS, NUMBER_OF, THOUSANDS, UP_WORDS

T = TypeVar("T")
"""A word, or what stands for one."""

NUMBERS_FEW = 3
"""From so many numbers on both sides, sharing a third of the smaller set is asked for."""
NUMBERS_SHARED_MIN = 0.34
NUMBERS_MAX = 40
"""A table of results has hundreds; the first forty tell two tables apart."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_SENTENCE_START = frozenset(".!?:(|-–—\"'“‘«„\n")


def numbers_in(words: Iterable[str]) -> frozenset[str]:
    """The numbers among folded words, as ASCII digits; one is no number, for it is said of anything.

    `twelve`, `douze` and `12` are alike, so are `twenty two` and `22`, and `5 000`, `5 thousand` and `5000`.
    """
    listed = list(words)
    if NUMBER_OF.keys().isdisjoint(listed) and not any(map(str.isdigit, {word[0] for word in listed})):
        return frozenset()  # most texts hold none, and word by word that takes five times as long to see
    found: list[str] = []
    is_next = is_tens = False
    for word in listed:
        if is_next and (word == "000" or word in THOUSANDS):
            found[-1] = _times_thousand(found[-1])
            is_next = is_tens = False
            continue
        said = NUMBER_OF.get(word)
        if said is not None:
            if is_tens and is_next and 0 < said < 10:
                found[-1] = str(int(found[-1]) + said)
            else:
                found.append(str(said))
            is_tens, is_next = said >= 20, True
        elif word[0].isdigit():
            found.append(word if word.isascii() else _plain_digits(word))
            is_tens, is_next = False, True
        else:
            is_next = False
        if len(found) > NUMBERS_MAX:
            break
    return frozenset(found[:NUMBERS_MAX]) - {"1"}


def _plain_digits(word: str) -> str:
    """With 0 to 9 for the digits of other scripts, whose points are written otherwise too."""
    plain = "".join(str(unicodedata.digit(char)) if char.isdigit() else char for char in word)
    return plain.replace("\u066b", ".").replace("\u066c", "")


def _times_thousand(number: str) -> str:
    whole, point, part = number.partition(".")
    if not whole.isdigit() or (point and not (part.isdigit() and len(part) <= 3)):
        return number
    return str(int(whole[:9] + part.ljust(3, "0")))


def direction_of(headline_terms: frozenset[str]) -> int:
    """1 where a headline's words rise, -1 where they fall, 0 for neither or both."""
    return bool(headline_terms & UP_WORDS) - bool(headline_terms & DOWN_WORDS)


def is_negated(headline_words: Collection[str]) -> bool:
    """Whether a headline denies something, as far as little words tell."""
    return not NEGATION_WORDS.isdisjoint(headline_words)


def names_in(title: str, lead: str) -> frozenset[str]:
    """Terms of the headline that are written as names, folded; empty where capital letters tell nothing.

    A name is never in small letters in the lead, and stands with a capital in mid-sentence: in the lead, or in a
    headline that is itself written like a sentence.
    """
    words = _WORD.findall(title)
    later = [word for word in words[1:] if len(word) >= 4]
    is_sentence = len(later) >= 2 and 2 * sum(map(str.islower, (word[0] for word in later))) >= len(later)
    small = lead.lower()
    names = [
        word
        for word in words
        if word[0].isupper() and _is_name(word, title if is_sentence else "", lead, word.lower() in small)
    ]
    # Few are names, and only those are folded: taking words apart one by one is most of the time.
    forms = {form for word in names for form in (split_words(word) if not _is_plain(word) else (word.lower(),))}
    return frozenset([form for form in forms if not form[0].isdigit() and len(form) > 1])


def _is_plain(word: str) -> bool:
    return word.isascii() and word.isalpha()


def _is_name(word: str, title: str, lead: str, is_in_lead: bool) -> bool:
    if not is_in_lead:
        return _is_capital_within(title, word)
    low = word.lower()
    if next(_places_of(low, lead), None) is not None:
        return False
    return _is_capital_within(title, word) or any(_is_capital_within(lead, form) for form in {word, low.capitalize()})


def _is_capital_within(text: str, word: str) -> bool:
    """Whether the word stands in mid-sentence with a capital; not where it is all capitals, as a whole line is."""
    if not word[0].isupper() or (len(word) > 5 and word.isupper()):
        return False
    for start in _places_of(word, text):
        before = text[max(0, start - 3) : start].rstrip(" ")
        if before and before[-1] not in _SENTENCE_START:
            return True
    return False


def _places_of(word: str, text: str) -> Iterator[int]:
    """Where the whole word stands in the text, letter by letter."""
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        if not (start and text[start - 1].isalnum()) and not text[end : end + 1].isalnum():
            yield start
        start = text.find(word, end)


def numbers_disagree(headline_a: Set[T], headline_b: Set[T], all_a: Set[T], all_b: Set[T]) -> bool:
    """Whether both headlines have numbers and share none, or both articles have several and share too few."""
    if headline_a and headline_b and not headline_a & headline_b:
        return True
    fewer = min(len(all_a), len(all_b))
    return fewer >= NUMBERS_FEW and len(all_a & all_b) / fewer < NUMBERS_SHARED_MIN


def names_disagree(names_a: Set[T], terms_a: Set[T], names_b: Set[T], terms_b: Set[T]) -> bool:
    """Whether both headlines have names and neither's stand anywhere in the other article."""
    return bool(names_a and names_b) and not names_a & terms_b and not names_b & terms_a
