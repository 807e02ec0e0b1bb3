"""Cut a text into the word pieces that a sentence model of BERT's kind reads: uncased, accents off.

Effects: none.
"""

import re
import string
import unicodedata
from collections.abc import Mapping

PIECES_MAX = 128
"""Pieces read of a text, the two that frame it among them: title and lead. More was measured slower and no better."""
CHARS_MAX = 8_000
"""Characters looked at for them: news has five to a piece, so that this is more than ten times what is read."""
WORD_CHARS_MAX = 100
"""A longer word is told as unknown, as the model was taught."""
START, END, UNKNOWN = "[CLS]", "[SEP]", "[UNK]"
_HAN = re.compile("([\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f])")


def read_vocabulary(body: str) -> dict[str, int]:
    """The number of each piece, from a file with one piece a line."""
    return {piece: number for number, piece in enumerate(body.splitlines()) if piece}


def find_pieces(text: str, vocabulary: Mapping[str, int]) -> list[int]:
    """The numbers of the first pieces of a text, framed; never empty, never more than `PIECES_MAX`.

    The vocabulary must hold `[CLS]`, `[SEP]` and `[UNK]`.
    """
    numbers = [vocabulary[START]]
    for word in _split(text[:CHARS_MAX]):
        for piece in _cut(word, vocabulary):
            if len(numbers) == PIECES_MAX - 1:
                return [*numbers, vocabulary[END]]
            numbers.append(vocabulary[piece])
    return [*numbers, vocabulary[END]]


def _split(text: str) -> list[str]:
    """Words, marks and single Chinese characters, in lower case without accents."""
    apart = unicodedata.normalize("NFD", _HAN.sub(r" \1 ", _clean(text)).lower())
    return "".join(f" {char} " if _is_mark(char) else char for char in apart if not _is_accent(char)).split()


def _is_mark(char: str) -> bool:
    """Whether a character stands by itself. A sign such as £ or © does not: so the model was taught."""
    return char in string.punctuation or (char > "\x7f" and unicodedata.category(char)[0] == "P")


def _is_accent(char: str) -> bool:
    return char > "\x7f" and unicodedata.category(char) == "Mn"


def _clean(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char.isprintable() or char.isspace() else "" for char in text).replace("\ufffd", "")


def _cut(word: str, vocabulary: Mapping[str, int]) -> list[str]:
    """The longest pieces that make up a word, from its beginning; unknown where there are none."""
    if len(word) > WORD_CHARS_MAX:
        return [UNKNOWN]
    pieces = []
    start = 0
    while start < len(word):
        for end in range(len(word), start, -1):
            piece = word[start:end] if start == 0 else "##" + word[start:end]
            if piece in vocabulary:
                break
        else:
            return [UNKNOWN]
        pieces.append(piece)
        start = end
    return pieces
