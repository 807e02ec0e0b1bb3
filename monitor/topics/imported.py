"""Topics out of what another tool calls its rules: what they are in our words, and what cannot be said in them.

Effects: none.
"""

import re
import unicodedata
from collections.abc import Iterable

from msgspec import Struct, field

from monitor.text import plain_line
from monitor.words import words

TOPICS_MAX = 2_000
"""Topics taken of one file: twenty times what a desk watches."""
NAME_CHARS_MAX = 200
KEY_CHARS_MAX = 60
"""Of a key made from a name: it is typed by hand."""
_WORD = re.compile(r"\w+(?:['’.-]\w+)*")  # one sign at a time, as a query takes them
_JOINT = re.compile(r"(?:and|or|not|o?near|adj|same|pre|w|atleast)[\d/]*", re.IGNORECASE)
_QUOTED_SIGNS = re.compile(r'["“”„‟«»「」『』〝〞＂\\*?？＊~^=\x00-\x1f\x7f]')
"""What has a meaning inside of our quotes, or ends them."""


class CannotSayError(Exception):
    """A rule that our language has no words for: why, and what to write instead."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


class Imported(Struct, frozen=True):
    """One rule as a topic."""

    line: int
    said: str
    """As it stood there."""
    name: str
    query: str | None = None
    """None for a topic that is looked for by its name."""
    exclude: str | None = None
    notes: tuple[str, ...] = ()
    """What is nearly the same, or was not taken over."""


class LeftOut(Struct, frozen=True):
    """One rule that is no topic."""

    line: int
    said: str
    reason: str
    remedy: str


class Reading(Struct):
    """What a file of another tool holds."""

    topics: list[Imported] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What holds for all of them, once."""


def write_words(text: str) -> str:
    """A word, found in any form, or words as a phrase. Raises `CannotSayError` where no word is in it."""
    text = " ".join(text.split())
    if _WORD.fullmatch(text) and not _JOINT.fullmatch(text):
        return text
    return write_phrase(text)


def write_phrase(text: str) -> str:
    """Words in quotes; signs that mean something there are passed over, as they are when an article is read."""
    phrase = " ".join(_QUOTED_SIGNS.sub(" ", text).split())
    if not words(phrase):
        raise CannotSayError(f'"{plain_line(text)[:60]}" holds no word', "Write a word that is to be found.")
    return f'"{phrase}"'


def any_of(terms: Iterable[str]) -> str:
    """One term as it is, several in parentheses, each once."""
    each = list(dict.fromkeys(terms))
    return each[0] if len(each) == 1 else f"({' OR '.join(each)})"


def name_of(text: str) -> str:
    """What a topic is called: the rule itself, on one line and not too long."""
    line = plain_line(text)
    return line if len(line) <= NAME_CHARS_MAX else line[: NAME_CHARS_MAX - 1] + "…"


def make_key(name: str, taken: set[str]) -> str:
    """A key for a topic of this name that is not taken; from now on it is."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:KEY_CHARS_MAX].strip("-") or "topic"
    key, number = stem, 2
    while key in taken:
        key, number = f"{stem}-{number}", number + 1
    taken.add(key)
    return key
