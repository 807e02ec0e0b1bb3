"""Cut text into words, fold two spellings of one word into one, and reduce words to stems.

A token always knows where it stands in the original text: folding changes lengths, so offsets of folded text are never
used. Words that are joined (`COVID-19`, `U.S.`, `AT&T`) are told whole and in parts, at the same positions, so that
either spelling finds the other. Scripts without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese) are told as
overlapping pairs of characters.

Effects: none.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import Stemmer

from monitor.patterns import pattern

WORD_CHARS_MAX = 64
"""A longer run of letters is a key or a broken page, not a word: it is neither stemmed nor remembered."""
PARTS_MAX = 6
"""Joined words of more parts are told by their parts alone."""
CACHE_WORDS = 32_768
"""Words remembered with their stems, about 8 MB: a day's news in one language has some 30,000 different ones."""
KOREAN_PREFIX_MAX = 6
"""Syllables: Korean endings are glued on, so a word is found by each of its beginnings up to this length."""

_FIXED = {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t"}
_UNSEEN = "\u00ad\u0640\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
# Letters of their own right, though Unicode can take them apart: й is not и, nor a Japanese が a か.
_WHOLE_LETTERS = frozenset("йў")


def _is_loose_mark(char: str) -> bool:
    """Accents, vowel points and harakat go; voicing marks, viramas and tone marks of Asian scripts are letters."""
    kind = unicodedata.combining(char)
    return kind == 1 or 10 <= kind <= 36 or kind >= 200


class _FoldTable(dict[int, str]):
    """What one character folds to; filled as characters are met, so bounded by Unicode's Basic Plane."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if char in _FIXED:
            folded = _FIXED[char]
        elif char in _WHOLE_LETTERS:
            folded = char
        elif char in _UNSEEN or 0xFE00 <= code <= 0xFE0F:
            folded = ""
        else:
            apart = unicodedata.normalize("NFD", char)
            kept = "".join(mark for mark in apart if not _is_loose_mark(mark))
            folded = char if kept == apart else unicodedata.normalize("NFC", kept).translate(_FOLDED)
        if code < 0x10000:
            self[code] = folded
        return folded


_FOLDED = _FoldTable()


def fold(text: str) -> str:
    """The text without the differences of case, accent, width and unseen characters. Folding twice changes nothing."""
    if text.isascii():
        return text.lower()
    wide = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFKC", wide.translate(_FOLDED))


def _list_marks() -> str:
    """The combining characters that stand inside words; Python's `\\w` leaves them out and so cuts café (NFD)."""
    blocks = (range(0x300, 0x2000), range(0x20D0, 0x2100), range(0xA800, 0xAC00), range(0xFE00, 0xFE30))
    chars = (chr(code) for block in blocks for code in block)
    return "".join(char for char in chars if unicodedata.category(char)[0] == "M")


_SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao; Burmese; Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # Japanese
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Chinese
)
MARKS = _list_marks()
"""Each stands in a word, never between two: vowel signs of Hindi and Thai, which are most of what tells words apart."""
_INNER = MARKS + _UNSEEN
_JOINT = r"[.'’ʼ＇&+\-‐‑]"
_PLAIN_WORD = re.compile(rf"\w+(?:{_JOINT}\w+)*\+{{0,2}}")
_RUN = rf"(?:[^\W{_SPACELESS}]+(?:[{_INNER}]+[^\W{_SPACELESS}]*)*)"
_ANY_WORD = pattern(
    rf"(?P<spaceless>[{_SPACELESS}{_INNER}]*[{_SPACELESS}][{_SPACELESS}{_INNER}]*)|{_RUN}(?:{_JOINT}{_RUN})*\+{{0,2}}"
)
_NEEDS_CARE = re.compile(rf"[{_SPACELESS}{_INNER}]")
_JOINTS = re.compile(_JOINT)
_HYPHENS = re.compile(r"['’ʼ＇\-‐‑]")
_VOICING = frozenset("\u3099\u309a\uff9e\uff9f")
"""Marks that are one character with the kana before them, however they are written."""
_APOSTROPHES = frozenset("'’ʼ＇")


class Token(NamedTuple):
    """A word as it is looked up, and where it stands."""

    text: str
    """Folded."""
    start: int
    """First character in the original text."""
    end: int
    """One past the last."""
    position: int
    """Which word of the text it is, from 0; the parts of a joined word count each, the whole stands at its first."""
    width: int = 1
    """How many positions it covers: more than one for a joined word told whole."""


def tokenise(text: str) -> list[Token]:
    """The words of a text in order, joined ones whole and in parts, none longer than the text itself.

    The whole of a joined word follows its parts. Nothing but letters, digits and joints becomes a token.
    """
    tokens: list[Token] = []
    position = 0
    careful = not text.isascii() and _NEEDS_CARE.search(text) is not None
    for found in (_ANY_WORD if careful else _PLAIN_WORD).finditer(text):
        raw = found.group()
        if raw.isalnum() and not (careful and found.lastgroup):
            tokens.append(Token(fold(raw), found.start(), found.end(), position))
            position += 1
        elif careful and found.lastgroup:
            position = _add_pairs(tokens, raw, found.start(), position)
        else:
            position = _add_joined(tokens, raw, found.start(), position)
    return tokens


def _add_pairs(tokens: list[Token], raw: str, start: int, position: int) -> int:
    """Overlapping pairs, then the last character alone, so that every character begins some token."""
    places = [place for place, char in enumerate(raw) if fold(char) and not (place and char in _VOICING)]
    places += [len(raw), len(raw)]
    for index, place in enumerate(places[:-2]):
        end = places[index + 2]
        tokens.append(Token(fold(raw[place:end]), start + place, start + end, position))
        position += 1
    return position


def _parts(raw: str) -> list[tuple[int, str]]:
    """The parts of a joined word with their places; a possessive 's is no part."""
    parts = []
    place = 0
    for piece in _JOINTS.split(raw):
        if piece:
            parts.append((place, piece))
        place += len(piece) + 1
    if len(parts) > 1 and parts[-1][1] in {"s", "S"} and raw[parts[-1][0] - 1] in _APOSTROPHES:
        parts.pop()
    return parts


def _add_joined(tokens: list[Token], raw: str, start: int, position: int) -> int:
    parts = _parts(raw)
    first = position
    for place, piece in parts:
        folded = fold(piece)
        if folded:
            tokens.append(Token(folded, start + place, start + place + len(piece), position))
            position += 1
    width = position - first
    place, piece = parts[-1]
    end = len(raw) if raw.endswith("+") else place + len(piece)
    if 1 < width <= PARTS_MAX or (width == 1 and raw.endswith("+")):
        whole = fold(_HYPHENS.sub("", raw[:end]))
        tokens.append(Token(whole, start, start + end, first, width))
    return position


CHUNK_CHARS_MAX = 48
"""A longer chunk, mostly a sentence of a script without spaces, is not remembered: it will not come again."""
_SEPARATING = bytes(code if re.match(rf"\w|{_JOINT}", chr(code)) else 32 for code in range(128)).ljust(256)


def separate(text: str) -> str:
    """The text with a space for every character that no word reaches across, as far as that is told cheaply.

    As long as the text itself: what is found in the one stands at the same place in the other.
    """
    # Only plain ASCII is translated, in one pass as bytes; elsewhere signs stay on their chunk, which costs nothing but
    # memory.
    return text.encode("ascii").translate(_SEPARATING).decode("ascii") if text.isascii() else text


def chunk_tokens(chunk: str) -> tuple[Token, ...]:
    """The tokens of a piece of text without white space, counted from its own beginning.

    No token reaches across white space: those of a text are those of its chunks, one after another.
    """
    return _chunk_tokens(chunk) if len(chunk) <= CHUNK_CHARS_MAX else tuple(tokenise(chunk))


@lru_cache(maxsize=CACHE_WORDS)
def _chunk_tokens(chunk: str) -> tuple[Token, ...]:
    return tuple(tokenise(chunk))


class _Widths(dict[str, int]):
    """Remembered: every word of every article asks."""

    def __missing__(self, chunk: str) -> int:
        if chunk.isascii() and chunk.isalnum():
            width = 1
        else:
            width = max((token.position + token.width for token in chunk_tokens(chunk)), default=0)
        if len(chunk) <= CHUNK_CHARS_MAX:
            if len(self) >= CACHE_WORDS:
                self.clear()
            self[chunk] = width
        return width


_WIDTHS = _Widths()


def chunk_width(chunk: str) -> int:
    """How many positions a chunk takes: one for each word of it."""
    return _WIDTHS[chunk]


def words(text: str) -> list[str]:
    """The folded words of a text in order; a joined word by its parts."""
    found: list[str] = []
    for token in tokenise(text):
        if token.position == len(found):
            found.append(token.text)
    return found


def without_tails(tokens: list[Token]) -> list[Token]:
    """The tokens by which a text without spaces is looked up: its pairs, not the lone character that ends a run."""
    return [token for number, token in enumerate(tokens) if not (number and _is_tail(tokens[number - 1], token))]


def _is_tail(before: Token, token: Token) -> bool:
    return before.end == token.end and before.start < token.start and before.position + 1 == token.position


_LANGUAGES = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "eo": "esperanto", "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish",
    "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian",
    "it": "italian", "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian",
    "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "st": "sesotho", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
    # Near enough for the same rules, or an older code of the same language.
    "bs": "serbian", "hr": "serbian", "sh": "serbian", "ms": "indonesian", "in": "indonesian", "ji": "yiddish",
}  # fmt: skip
_LONG_CODES = {
    "ara": "ar", "cat": "ca", "ces": "cs", "cze": "cs", "dan": "da", "deu": "de", "dut": "nl", "ell": "el", "eng": "en",
    "est": "et", "fas": "fa", "fin": "fi", "fra": "fr", "fre": "fr", "ger": "de", "gre": "el", "heb": "he", "hin": "hi",
    "hrv": "hr", "hun": "hu", "ind": "id", "ita": "it", "jpn": "ja", "kor": "ko", "nld": "nl", "nor": "no", "per": "fa",
    "pol": "pl", "por": "pt", "ron": "ro", "rum": "ro", "rus": "ru", "spa": "es", "srp": "sr", "swe": "sv", "tur": "tr",
    "ukr": "uk", "zho": "zh",
}  # fmt: skip
"""Three letters for a language, as some feeds have it."""
_ACCENTED_ENDINGS = {
    "ca": (("cio", "ció"),),
    "cs": (("ni", "ní"), ("nich", "ních"), ("nim", "ním"), ("nimi", "ními")),
    "pl": (("ow", "ów"),),
    "pt": (("coes", "ção"), ("cao", "ção"), ("oes", "ão"), ("ao", "ão")),
}
"""Endings that a stemmer knows by their accent only, which folding took: negociações and negociação would not meet.
A Portuguese plural is told as its singular, which the stemmer does for few."""
DEFAULT_LANGUAGE = "en"
_ARABIC_ARTICLE = re.compile("^(?:ال|لل)(?=..)")
_GLUED_PARTICLES = frozenset("وفبكلוהבלמשכ")
"""And, so, in, as, for: Arabic and Hebrew write them on the word."""


def base_language(tag: str | None) -> str:
    """The language that decides how words are stemmed: `pt` for `pt-BR`, English where none is told."""
    if tag and len(tag) == 2 and tag.isalpha() and tag.islower():
        return tag  # as most feeds write it: every article asks
    base = re.split("[-_]", tag.strip().lower(), maxsplit=1)[0] if tag else ""
    return _LONG_CODES.get(base, base) or DEFAULT_LANGUAGE


def stemmed_language(tag: str | None) -> str:
    """The same, or empty for a language without a stemmer: all of those are treated alike."""
    language = base_language(tag)
    return language if language in _LANGUAGES else ""


def stemmer_version() -> str:
    """Which stemmer this is: another one may make other stems."""
    return f"PyStemmer-{Stemmer.version()}"


def stem(word: str, language: str = DEFAULT_LANGUAGE) -> str:
    """What the forms of a folded word have in common; the word itself where its language has no stemmer.

    May be called from any thread. Stems are never stored: they change with the stemmer's version.
    """
    return stem_forms(word, language)[0]


def stem_forms(word: str, language: str = DEFAULT_LANGUAGE) -> tuple[str, ...]:
    """Every stem under which a word that stands in a text is found, the plain one first.

    More than one for Arabic and Hebrew, whose particles are written on the word, and for Korean, whose endings are.
    """
    if len(word) > WORD_CHARS_MAX:
        return (word,)
    return _stem_forms(word, language)


@lru_cache(maxsize=CACHE_WORDS)
def _stem_forms(word: str, language: str) -> tuple[str, ...]:
    algorithm = _LANGUAGES.get(language)
    if word.isascii() and not word.isalpha():
        return (word,)
    # A stemmer keeps the word it works on in itself: one of its own per call is what makes this safe in threads.
    stemmer = Stemmer.Stemmer(algorithm, 0) if algorithm else None

    def reduced(form: str) -> str:
        return fold(stemmer.stemWord(_with_accent(form, language))) or form if stemmer else form

    return tuple(dict.fromkeys(reduced(form) for form in _glued_forms(word))) if word else ("",)


def _with_accent(word: str, language: str) -> str:
    for ending, accented in _ACCENTED_ENDINGS.get(language, ()):
        if word.endswith(ending):
            return word[: -len(ending)] + accented
    return word


def _glued_forms(word: str) -> Iterator[str]:
    # Snowball cuts another ending where it has cut the article: without it, المفاوضات and مفاوضات meet.
    yield _ARABIC_ARTICLE.sub("", word)
    first = word[:1]
    if first in _GLUED_PARTICLES and len(word) > 3:
        yield _ARABIC_ARTICLE.sub("", word[1:])
    elif "\uac00" <= first <= "\ud7a3":
        yield from (word[:length] for length in range(2, min(len(word), KOREAN_PREFIX_MAX + 1)))
