"""What a piece of text says of the words asked for: by every form of a word, whatever it begins with."""

from itertools import product
from string import ascii_lowercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.topics.lexicon import load_lexicon
from monitor.topics.nodes import Element, Kind
from monitor.topics.vocabulary import Vocabulary
from monitor.words import stem

ENDINGS = ("", "s", "es", "ies", "ied", "ing", "ying", "ed", "edly", "ingly", "ational", "ly", "li", "ness", "y", "ey")


def is_found(word: str, asked: str) -> bool:
    """Whether a word in a text is found by a word that is asked for."""
    vocabulary = Vocabulary("en")
    key = vocabulary.add(Element(Kind.STEM, asked))
    return any(spot.key == key for spot in vocabulary.spots(word))


@pytest.mark.parametrize(
    ("word", "asked"),
    [("dying", "die"), ("lies", "lying"), ("skies", "sky"), ("cities", "city"), ("a", "a"), ("aed", "aing")],
)
def test_a_word_is_found_by_its_other_forms(word: str, asked: str) -> None:
    """Forms that begin a little otherwise among them."""
    assert is_found(word, asked)


@given(st.text(ascii_lowercase, min_size=1, max_size=6), st.sampled_from(ENDINGS))
def test_any_word_is_found_by_its_own_stem(beginning: str, ending: str) -> None:
    """Words that are looked at at all are told by their first letters."""
    assert is_found(beginning + ending, beginning + ending)


def test_every_frequent_word_is_found_by_its_own_stem() -> None:
    """Words of two letters among them."""
    words = [
        *(line.split("\t")[0] for line in load_lexicon().frequent_lines[::10]),
        *("".join(pair) for pair in product(ascii_lowercase, repeat=2)),
    ]
    assert [word for word in words if word.isalpha() and not is_found(word, word)] == []


def test_what_begins_otherwise_says_nothing() -> None:
    """The others are passed over."""
    assert not is_found("tanker", "harbour")
    assert stem("tanker") != stem("harbour")
