"""Word pieces: what the sentence model reads must be what it was taught."""

import gzip
from importlib.resources import files

import pytest

from monitor.topics.wordpiece import CHARS_MAX, PIECES_MAX, find_pieces, read_vocabulary

BODY = gzip.decompress((files("monitor.topics") / "data" / "wordpiece.txt.gz").read_bytes()).decode()
VOCABULARY = read_vocabulary(BODY)
NAMES = {number: piece for piece, number in VOCABULARY.items()}


def pieces(text: str) -> str:
    """The pieces of a text without their frame, in words."""
    numbers = find_pieces(text, VOCABULARY)
    assert (NAMES[numbers[0]], NAMES[numbers[-1]]) == ("[CLS]", "[SEP]")
    return " ".join(NAMES[number] for number in numbers[1:-1])


def test_the_vocabulary_is_whole() -> None:
    """A piece that is missing would move the numbers of all that follow."""
    assert len(VOCABULARY) == 30_522
    assert [VOCABULARY[piece] for piece in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "the")] == [0, 100, 101, 102, 1996]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hostage talks", "hostage talks"),
        ("The kidnappers' envoy", "the kidnap ##pers ' envoy"),
        ("Café ÉLYSÉE", "cafe ely ##see"),
        ("a_b U.S. 1.7m", "a _ b u . s . 1 . 7 ##m"),
        ("£1 worth", "£1 worth"),
        ("“quoted”—dash…", "“ quoted ” — dash …"),
        ("北京", "北 京"),
        ("soft\u00adhyphen zero\u200bwidth", "soft ##hy ##ph ##en zero ##wi ##dt ##h"),
        ("x" * 101, "[UNK]"),
        ("\U0001f600", "[UNK]"),
        ("", ""),
    ],
)
def test_pieces_are_those_of_the_model(text: str, expected: str) -> None:
    """As the model's own tokenizer cuts them: compared with it on thousands of articles."""
    assert pieces(text) == expected


def test_a_long_text_is_read_to_its_bound() -> None:
    """What comes later costs nothing."""
    assert len(find_pieces("talks " * 1000, VOCABULARY)) == PIECES_MAX
    assert find_pieces("talks " + " " * CHARS_MAX + "hostage", VOCABULARY) == find_pieces("talks", VOCABULARY)
