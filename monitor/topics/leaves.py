"""From a written word, phrase or value to what is looked for.

Effects: none.
"""

import re

from monitor.model import Via
from monitor.topics.meaning import IDF_FLAT, Lexicon
from monitor.topics.nodes import Element, Fact, Kind, Leaf, Metadata, Sequence
from monitor.words import fold, tokenise, without_tails, words

_WRITTEN_WORD = re.compile(r"[^\s,;:!()\[\]{}<>|/\\\"“”„…–—]+")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_SPLITTING = re.compile(r"['’\-‐‑]")
_BINDING = re.compile(r"[.&+]")
_HOST = re.compile(r"(?:[a-z]+://)?(?:www\.)?([^/\s]+)")
_COMPARISON = re.compile(r"(?:>=|<=|>|<|=)?\d{1,7}")
SPACELESS_FIRST = "\u0e00"
"""The first character, Thai's, of the scripts that are told in pairs."""
LIST_ENTRY_CHARS_MAX = 200
"""Longest entry of a list, in characters."""


def build_term(word: str, column: int, sign: str, lexicon: Lexicon) -> Leaf:
    """A single word as the query has it: `=` for its very form, `~` with related words, else by its stem."""
    text = sign + word
    if sign == "=" and not _is_told_in_pairs(word):
        sequences: tuple[Sequence, ...] = (Sequence((Element(Kind.SURFACE, word),), Via.EXACT),)
    elif "*" in word or "?" in word:
        sequences = (Sequence((Element(Kind.PATTERN, fold(word)),), Via.STEM),)
    else:
        sequences = spell_word(word)
    if sign == "~":
        sequences += tuple(
            Sequence((Element(Kind.STEM, other.word),), Via.SYNONYM) for other in lexicon.related(fold(word))
        )
    return Leaf(text, sequences, column, word, rarest_idf(word, lexicon))


def has_beginning(word: str) -> bool:
    """Whether enough stands before a `*`: three letters, of Korean and other syllables two."""
    letters = [char for char in word[: word.find("*")] if char.isalnum()]
    return len(letters) >= (2 if all(char >= SPACELESS_FIRST for char in letters) else 3)


def is_spaceless(word: str) -> bool:
    """Whether a word is of a script without spaces, however short it is."""
    return word >= SPACELESS_FIRST and _is_told_in_pairs(word * 2)


def _is_told_in_pairs(word: str) -> bool:
    """Whether a word is of a script without spaces; it then has no other form or case than the written one."""
    tokens = tokenise(word)
    return len(tokens) > 1 and tokens[0].start < tokens[1].start < tokens[0].end


def spell_word(word: str) -> tuple[Sequence, ...]:
    """The ways in which a word may stand in a text: `COVID-19` as one word or two, `U.S.` also as `US`."""
    tokens = without_tails(tokenise(word))
    if len(word) == 1 and is_spaceless(word):
        # Articles hold such scripts in pairs: a lone character is found by the pairs it begins.
        return (Sequence((Element(Kind.PATTERN, tokens[0].text + "*"),), Via.EXACT),)
    parts = tuple(Element(Kind.STEM, token.text) for token in tokens if token.width == 1 and token.text[-1:] != "+")
    wholes = [token for token in tokens if token.width > 1 or token.text[-1:] == "+"]
    if not wholes:
        return (Sequence(parts, Via.STEM),)
    if _SPLITTING.search(word) and not _BINDING.search(word):
        return (Sequence((Element(Kind.STEM, wholes[0].text),), Via.STEM), Sequence(parts, Via.STEM))
    spelled = [Sequence((Element(Kind.WORD, wholes[0].text),), Via.EXACT)]
    if _INITIALS.fullmatch(word):
        spelled.append(Sequence((Element(Kind.SURFACE, word.replace(".", "").upper()),), Via.EXACT))
    return tuple(spelled)


def rarest_idf(text: str, lexicon: Lexicon) -> float:
    """How much a word or phrase tells: as much as its rarest word."""
    return max(map(lexicon.idf, words(text)), default=IDF_FLAT)


def build_phrase(text: str, slop: int, column: int, lexicon: Lexicon) -> Leaf | None:
    """Words one after another, not stemmed; None where the text holds no word."""
    elements: list[Element] = []
    for found in _WRITTEN_WORD.finditer(text):
        elements += _phrase_elements(found.group())
    if not elements:
        return None
    shown = " ".join(text.split())
    written = f'"{shown}"' + (f"~{slop}" if slop else "")
    return Leaf(written, (Sequence(tuple(elements), Via.EXACT, slop),), column, shown, rarest_idf(shown, lexicon))


def _phrase_elements(raw: str) -> list[Element]:
    star = raw.find("*")
    inner = raw.rstrip("?.")
    if sum(char.isalnum() for char in raw[: max(star, 0)]) >= 3 or ("?" in inner and len(inner) > 2 and star < 0):
        return [Element(Kind.PATTERN, fold(inner))]
    at: dict[int, str] = {}
    for token in without_tails(tokenise(raw)):
        if token.width == 1:
            at[token.position] = token.text  # the whole of C++ follows its part and takes its place
    return [Element(Kind.WORD, at[position]) for position in sorted(at)]


def list_entry(entry: str, column: int, lexicon: Lexicon) -> Leaf | None:
    """An entry of a named list: one word as a term with its signs, several as a phrase; None if it is neither."""
    entry = entry.strip()
    sign = entry[:1] if entry[:1] in {"=", "~"} else ""
    word = entry.removeprefix(sign).rstrip(".")
    if not words(entry.replace("*", "").replace("?", "")) or len(entry) > LIST_ENTRY_CHARS_MAX:
        return None
    if len(word.split()) > 1 or not re.fullmatch(r"[\w.'’&+\-‐‑*?]+", word):
        return build_phrase(entry.strip('"'), 0, column, lexicon)
    if "*" in word and not has_beginning(word):
        return None
    return build_term(word, column, sign, lexicon)


def build_fact(field: Metadata, written: str) -> Fact | None:
    """Something asked of the metadata; None where the value cannot be meant."""
    value = written.strip()
    if field is Metadata.WORDS:
        value = "".join(value.split())
        return Fact(field, value, value) if _COMPARISON.fullmatch(value) else None
    if field is Metadata.SOURCE and "." in value and " " not in value:
        host = _HOST.match(value.lower())
        folded = host.group(1).rstrip(".") if host else ""
    elif field in {Metadata.URL, Metadata.LANG}:
        folded = value.lower()
    else:
        folded = " ".join(token.text for token in without_tails(tokenise(value)) if token.width == 1)
    shown = value if re.fullmatch(r"[\w.\-]+", value) else f'"{value}"'
    return Fact(field, folded, shown) if folded else None
