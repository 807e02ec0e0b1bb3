"""Cut a query into its signs: words, phrases, operators, fields, each with its column.

Spellings of other monitoring tools become ours here: `w/5` is `NEAR/5`, `hd=` is `title:`. `foreign` lists them.

Effects: none.
"""

import re
import unicodedata
from difflib import get_close_matches
from enum import StrEnum

from msgspec import Struct

from monitor.errors import QueryError
from monitor.topics.foreign import (
    DIFFERENCES,
    EQUATED,
    FIELD_ALIASES,
    REFUSED_FIELDS,
    REMEDIES,
    SIGNS,
    SPANS,
)
from monitor.topics.leaves import has_beginning, is_spaceless

QUERY_CHARS_MAX = 50_000
"""Longest query taken, in characters: the longest real ones, of list-happy agencies, are near 20,000."""
DISTANCE_DEFAULT = 10
DISTANCE_MAX = 500
"""Words a NEAR may span: what the widest of the known tools allows, and less than the gap between title and text."""


class Sign(StrEnum):
    """What a piece of a query is."""

    WORD = "word"
    PHRASE = "phrase"
    OPEN = "("
    CLOSE = ")"
    AND = "AND"
    OR = "OR"
    NOT = "NOT"
    NEAR = "NEAR"
    FIELD = "field"
    VALUE = "value"
    ATLEAST = "atleast"
    LIST = "list"
    WEIGHT = "weight"
    EXACT = "="
    RELATED = "~"
    END = "end"


class Piece(Struct, frozen=True):
    """One sign with what belongs to it."""

    sign: Sign
    text: str
    """A word, a phrase's words, a field's name, a list's name: what the sign is about."""
    column: int
    """From 1, in the query's own text."""
    number: float = 0
    """The distance of a NEAR, the slop of a phrase, the count of an atleast, the weight of a weight."""
    is_ordered: bool = False


FIELDS = ("title", "lead", "body", "source", "author", "url", "lang", "tag", "words")
_VALUE_FIELDS = frozenset({"source", "author", "url", "lang", "tag", "words"})

_LETTER = (
    r"[^\W_]|[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0dff\u0e31-\u0e4e\u1ab0-\u1aff\u200b-\u200d\u00ad]|_"
)
_WORD = re.compile(rf"(?:{_LETTER}|[*?])+(?:[.'’&+\-‐‑](?:{_LETTER}|[*?])+)*\+{{0,2}}")
_SPACE = re.compile(r"\s+")
_COMMENT = re.compile(r"#[^\n]*")
_HASHTAG = re.compile(r"#\w")
_PHRASE = re.compile(r'"([^"]*)"(?:~(\w*))?')
_FIELD = re.compile(r"([^\W\d_]+)(:|=|\(|\s*(?=[<>]))")
_DISTANCE = re.compile(r"(near|onear|w|pre|(?<![^\s)\"]))/([\w.]*)", re.IGNORECASE)
_NOT_NEAR = re.compile(r"(?i:not)\s*(?:(?i:\bo?near|\bw|\bpre|(?<=\s)|(?<=t))/|\bO?NEAR\b)")
_GLUED = re.compile(r"(adj|near)(\d+)(?![\w:])|(/n)(\d+)/|around\((\d+)\)", re.IGNORECASE)
_FIRST_WORDS = re.compile(r"/f\d+/", re.IGNORECASE)
_NEAR_PHRASE = re.compile(r'near(\d+):(?:"([^"]*)")?', re.IGNORECASE)
_CAPITALS = re.compile(r"(allcaps|nocaps)\(([^\W_]+)\)", re.IGNORECASE)
_RAW = re.compile(r"raw:(?=[^\s\"(])", re.IGNORECASE)
_BARE_NEAR = re.compile(r"(O?NEAR)(?![\w/*?+]|[.'’&\-‐‑][\w*?])")
_OPERATOR = re.compile(r"(AND|OR|NOT|ＡＮＤ|ＯＲ|ＮＯＴ)(?![\w*?+]|[.'’&\-‐‑][\w*?])")
_OPERATOR_STARTS = frozenset("aonwpAONWP/ＡＯＮ")
_COMMAND_STARTS = frozenset("arnARN")
"""With what operators and commands begin: most pieces of a query are other words."""
_SYMBOLS = (("&&", Sign.AND), ("||", Sign.OR), ("&", Sign.AND), ("|", Sign.OR), ("(", Sign.OPEN), (")", Sign.CLOSE))
_ATLEAST = re.compile(r"(atleast|repeat)(\d+)(?::|(?![\w*?+]|[.'’&\-‐‑][\w*?]))", re.IGNORECASE)
_BARE_ATLEAST = re.compile(r"atleast(?![\w*?+]|[.'’&\-‐‑][\w*?])", re.IGNORECASE)
_LIST = re.compile(r"@([\w\-]*)")
_WEIGHT = re.compile(r"\^(\d+(?:\.\d+)?(?:e-?\d+)?)?")
_VALUE = re.compile(r'[^\s()"“”|^]+')
_COMPARISON = re.compile(r"(>=|<=|>|<|=)?\s*(\d{1,7})(?![\w.])")


def _field_remedy(name: str) -> str:
    close = get_close_matches(name, [*FIELDS, *FIELD_ALIASES], n=1)
    if close:
        return f"Did you mean {close[0]}:?"
    return f"Fields are {', '.join(FIELDS)}; other text with : goes in quotes."


class Lexer:
    """Reads one query from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text.translate(SIGNS)
        self.at = 0
        self.pieces: list[Piece] = []
        self.lints: list[str] = []

    def read(self) -> list[Piece]:
        """Every piece in order, ended by an `END`. Raises `QueryError` at the first sign that means nothing."""
        if len(self.text) > QUERY_CHARS_MAX:
            raise self.fault(f"the query is longer than {QUERY_CHARS_MAX} characters", 0, "Split it into two topics.")
        while self.at < len(self.text):
            if not (self._skip() or self._operator() or self._symbol() or self._special() or self._word()):
                raise self._nothing()
        self._add(Sign.END, "", len(self.text))
        return self.pieces

    def _nothing(self) -> QueryError:
        sign = self.text[self.at]
        if _FIRST_WORDS.match(self.text, self.at):
            return self.fault("/F means nothing here", self.at, "The first 60 words are lead:, as in lead:toyota.")
        remedy = REMEDIES.get(sign, 'Put text with such signs in quotes, as in "and/or".')
        if unicodedata.category(sign) == "So":
            remedy = "Emoji and symbols are not looked for; write words."
        return self.fault(f"{sign} means nothing here", self.at, remedy)

    def fault(self, what: str, at: int, remedy: str) -> QueryError:
        """The error for a place in the text, its column counted from 1."""
        return QueryError(what, column=at + 1, where=f"column {at + 1}", remedy=remedy)

    def _add(self, sign: Sign, text: str, end: int, number: float = 0, *, is_ordered: bool = False) -> bool:
        self.pieces.append(Piece(sign, text, self.at + 1, number, is_ordered))
        self.at = end
        return True

    def _skip(self) -> bool:
        space = _SPACE.match(self.text, self.at)
        if space:
            self.at = space.end()
            return True
        comment = _COMMENT.match(self.text, self.at)
        if comment:
            if _HASHTAG.match(self.text, self.at):
                tag = comment.group().split()[0]
                self.lints.append(
                    f"column {self.at + 1}: {tag} and the rest of its line is a comment. For a hashtag write {tag[1:]}."
                )
            self.at = comment.end()
        return comment is not None

    def _operator(self) -> bool:
        if self.text[self.at] not in _OPERATOR_STARTS:
            return False
        if _NOT_NEAR.match(self.text, self.at):
            raise self.fault("NOT before a NEAR means nothing", self.at, "Write a NOT (a NEAR/5 b).")
        found = _OPERATOR.match(self.text, self.at)
        if found:
            return self._add(Sign(unicodedata.normalize("NFKC", found.group(1))), found.group(), found.end())
        found = _BARE_NEAR.match(self.text, self.at)
        if found:
            return self._add(
                Sign.NEAR, found.group(), found.end(), DISTANCE_DEFAULT, is_ordered=found.group() == "ONEAR"
            )
        return self._glued() or self._slashed()

    def _glued(self) -> bool:
        """Distances without a slash before the number: `adj5`, `near5`, `/N5/`, `AROUND(5)`, `near5:"a b"`."""
        found = _NEAR_PHRASE.match(self.text, self.at)
        if found:
            return self._near_phrase(found)
        found = _GLUED.match(self.text, self.at)
        if not found:
            return False
        shown = (found.group(1) or found.group(3) or "").lower().replace("/n", "/N")
        count = found.group(2) or found.group(4) or found.group(5)
        if shown:
            self.lints.append(DIFFERENCES[shown])
        return self._distance(shown or "AROUND", count, found.end(), is_ordered=shown == "adj")

    def _near_phrase(self, found: re.Match[str]) -> bool:
        """GDELT's `near20:"a b"`: two words in any order."""
        words = (found.group(2) or "").split()
        if len(words) != 2:
            remedy = "Write a NEAR/20 b, with another NEAR for each word more."
            raise self.fault(f"near{found.group(1)}: takes two words in quotes", self.at, remedy)
        end = found.end()
        start = found.start(2)
        self._add(Sign.OPEN, "(", self.at)
        self._add(Sign.PHRASE, words[0], self.at)
        self._distance(f"near{found.group(1)}:", found.group(1), start, is_ordered=False)
        self._add(Sign.PHRASE, words[1], start)
        return self._add(Sign.CLOSE, ")", end)

    def _slashed(self) -> bool:
        found = _DISTANCE.match(self.text, self.at)
        if not found or (not found.group(1) and not (found.group(2).isdigit() or found.group(2).lower() in SPANS)):
            return False
        name, count = found.group(1).upper(), found.group(2)
        if count.lower() in SPANS:
            raise self.fault(f"{found.group()} means nothing here", self.at, SPANS[count.lower()])
        is_ordered = name in {"ONEAR", "PRE"}
        if name == "NEAR" and count[-1:] in {"f", "F"}:
            count, is_ordered = count[:-1], True
        shown = f"{found.group(1)}/"
        if shown.lower() in DIFFERENCES:
            self.lints.append(DIFFERENCES[shown.lower()])
        return self._distance(shown, count, found.end(), is_ordered=is_ordered)

    def _distance(self, shown: str, count: str, end: int, *, is_ordered: bool) -> bool:
        if not (count.isascii() and count.isdigit()):
            raise self.fault(f"{shown} needs a whole number of words, as in {shown}12", self.at, "")
        if len(count) > 9 or int(count) > DISTANCE_MAX:
            raise self.fault(
                f"{shown}{count} is wider than {DISTANCE_MAX} words", self.at, "Use AND for the whole article."
            )
        return self._add(Sign.NEAR, shown, end, int(count), is_ordered=is_ordered)

    def _symbol(self) -> bool:
        for symbol, sign in _SYMBOLS:
            if self.text.startswith(symbol, self.at):
                return self._add(sign, symbol, self.at + len(symbol))
        sign_text = self.text[self.at]
        follows = self.text[self.at + 1 : self.at + 2]
        if sign_text in "-!=~":
            before = self.text[self.at - 1 : self.at] if self.at else " "
            if not (before.isspace() or before in ":(|&-!"):
                remedy = f"Put a space before it, as in a {sign_text}word, or the whole in quotes."
                if sign_text == "~":
                    remedy = 'For words near one another write a NEAR/5 b, or "a b"~5 with a phrase.'
                raise self.fault(f"{sign_text} stands right behind something", self.at, remedy)
            if not follows or follows.isspace():
                remedy = f"Write it without a space, as in {sign_text}word."
                raise self.fault(f"{sign_text} must stand right before a word", self.at, remedy)
            sign = {"=": Sign.EXACT, "~": Sign.RELATED}.get(sign_text, Sign.NOT)
            return self._add(sign, sign_text, self.at + 1)
        return False

    def _special(self) -> bool:
        sign = self.text[self.at]
        if sign == '"':
            return self._phrase()
        if sign == "@":
            found = _LIST.match(self.text, self.at)
            if not found or not found.group(1):
                raise self.fault("@ needs the name of a list", self.at, "As in @competitors, under [lists].")
            return self._add(Sign.LIST, found.group(1), found.end())
        if sign == "^":
            return self._weight()
        if sign not in _COMMAND_STARTS:
            return self._field()
        if _BARE_ATLEAST.match(self.text, self.at):
            raise self.fault("atleast needs a number right behind it", self.at, "As in atleast3(hostage).")
        found = _ATLEAST.match(self.text, self.at)
        if found:
            if not 1 <= int(found.group(2)[:9]) <= DISTANCE_MAX:
                raise self.fault(
                    f"{found.group(1)} counts from 1 to {DISTANCE_MAX}", self.at, "As in atleast3(hostage)."
                )
            return self._add(Sign.ATLEAST, found.group(1), found.end(), int(found.group(2)))
        return self._form() or self._field()

    def _form(self) -> bool:
        """The very form of a word as others write it: `raw:Google+`, `allcaps(aid)`, `nocaps(aid)`."""
        found = _RAW.match(self.text, self.at)
        if found:
            return self._add(Sign.EXACT, "=", found.end())
        found = _CAPITALS.match(self.text, self.at)
        if not found:
            return False
        word = found.group(2).upper() if found.group(1).lower() == "allcaps" else found.group(2).lower()
        self._add(Sign.EXACT, "=", found.start(2))
        return self._add(Sign.WORD, word, found.end())

    def _phrase(self) -> bool:
        found = _PHRASE.match(self.text, self.at)
        if not found:
            raise self.fault("the quotes are not closed", self.at, 'Write " at the end of the phrase.')
        slop = found.group(2)
        if slop is not None and not (slop.isascii() and slop.isdigit() and len(slop) < 4 and int(slop) <= DISTANCE_MAX):
            raise self.fault(
                f'~ after a phrase needs a whole number up to {DISTANCE_MAX}, as in "peace talks"~2', self.at, ""
            )
        return self._add(Sign.PHRASE, found.group(1), found.end(), int(slop or 0))

    def _weight(self) -> bool:
        found = _WEIGHT.match(self.text, self.at)
        number = float(found.group(1)) if found and found.group(1) else 0.0
        if found is None or not 0 < number <= 100:
            raise self.fault("^ needs a weight above 0 and up to 100, as in hostage^2", self.at, "")
        before = self.text[self.at - 1 : self.at]
        if not before or before.isspace():
            raise self.fault("^ must stand right behind what it weighs", self.at, "As in hostage^2.")
        return self._add(Sign.WEIGHT, found.group(), found.end(), number)

    def _field(self) -> bool:
        found = _FIELD.match(self.text, self.at)
        if not found:
            return False
        written, sign = found.group(1).lower(), found.group(2)
        name = FIELD_ALIASES.get(written, written)
        is_known = name in FIELDS or written in REFUSED_FIELDS
        if sign == "=" and written not in EQUATED:
            return False
        if not is_known and sign != ":":
            return False
        if written in REFUSED_FIELDS:
            shown = f"{found.group(1)}{sign.strip()}"
            raise self.fault(f"{shown} is not part of the language", self.at, REFUSED_FIELDS[written])
        if name not in FIELDS:
            raise self.fault(f"unknown field {found.group(1)}:", self.at, _field_remedy(name))
        if not sign.strip() and name != "words":
            return False
        self._add(Sign.FIELD, name, found.end() - (sign == "("))
        if name in _VALUE_FIELDS:
            self._value(name)
        return True

    def _value(self, name: str) -> None:
        """What stands right behind `source:` and its like is read as it is: an address is no word."""
        if name == "words":
            comparison = _COMPARISON.match(self.text, self.at)
            if not comparison:
                raise self.fault("words: needs a whole number, as in words:>300", self.at, "At most seven digits.")
            self._add(Sign.VALUE, (comparison.group(1) or "") + comparison.group(2), comparison.end())
            return
        found = _VALUE.match(self.text, self.at)
        if found:
            self._add(Sign.VALUE, found.group(), found.end())

    def _word(self) -> bool:
        found = _WORD.match(self.text, self.at)
        if not found:
            return False
        word, end = found.group(), found.end()
        if self.text.startswith(".", end):
            end += 1  # the last dot of U.S. or of a sentence
        follows = self.text[end + 1 : end + 2]
        if self.text.startswith("!", end) and (not follows or follows.isspace() or follows in ")^"):
            self.lints.append(f"{word}! is read as {word}*, every word that begins so.")
            word, end = word + "*", end + 1
        if "*" in word and not has_beginning(word):
            raise self.fault("* needs at least three letters before it", self.at, "As in negotiat*.")
        if not any(char.isalnum() for char in word):
            raise self.fault(f"{word} holds no letter", self.at, "? stands for one letter, as in organi?ation.")
        return self._add(Sign.WORD, self._without_star(word), end)

    def _without_star(self, word: str) -> str:
        """Scripts without spaces have no ends of words: every word is found within longer ones as it is."""
        plain = word.rstrip("*")
        if (plain == word and "?" not in word) or not is_spaceless(plain):
            return word
        if "*" in plain or "?" in plain:
            raise self.fault("* and ? mean nothing in this script", self.at, "Write the characters that must be there.")
        return plain
