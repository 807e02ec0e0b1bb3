"""Folding, cutting and stemming words in every script the feeds bring."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.words import (
    Token,
    chunk_tokens,
    chunk_width,
    fold,
    separate,
    stem,
    stem_forms,
    tokenise,
    words,
)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Łódź", "lodz"),
        ("Søren Đorđe", "soren dorde"),
        ("Straße", "strasse"),
        ("Æsir œuvre Þór", "aesir oeuvre thor"),
        ("İstanbul", "istanbul"),
        ("cafe\u0301 café", "cafe cafe"),
        ("ｆｕｌｌ ﬁne", "full fine"),
        ("ne\u00adgo\u200bti\ufeffate", "negotiate"),
        ("مـفـاوضات", "مفاوضات"),
        ("مُفَاوَضَات", "مفاوضات"),
        ("שָׁלוֹם", "שלום"),
        ("Ёлка Йод", "елка йод"),
        ("か\u3099", "が"),
        ("หน้า", "หน้า"),
    ],
)
def test_two_spellings_fold_into_one(written: str, folded: str) -> None:
    """Case, accents, width, vowel points and unseen characters never decide whether a word is found."""
    assert fold(written) == folded


@given(st.text(max_size=40))
@settings(max_examples=300)
def test_folding_twice_changes_nothing(text: str) -> None:
    """A folded query and a folded article meet, however often each was folded."""
    assert fold(fold(text)) == fold(text)


def test_joined_words_are_told_whole_and_in_parts() -> None:
    """Either spelling of a joined word finds the other, because both stand at the same position."""
    tokens = tokenise("COVID-19 hit AT&T")
    assert tokens == [
        Token("covid", 0, 5, 0),
        Token("19", 6, 8, 1),
        Token("covid19", 0, 8, 0, 2),
        Token("hit", 9, 12, 2),
        Token("at", 13, 15, 3),
        Token("t", 16, 17, 4),
        Token("at&t", 13, 17, 3, 2),
    ]


@pytest.mark.parametrize(
    ("written", "whole"),
    [("U.S. troops", "u.s"), ("C++ code", "c++"), ("Trump-Netanyahu", "trumpnetanyahu"), ("O’Neill", "oneill")],
)
def test_signs_inside_words_hold_them_together(written: str, whole: str) -> None:
    """Initials, languages and double names can be looked up as one word."""
    assert whole in [token.text for token in tokenise(written)]


def test_a_possessive_is_no_word() -> None:
    """Netanyahu's finds Netanyahu and adds no s."""
    assert words("Netanyahu's and the boss’s") == ["netanyahu", "and", "the", "boss"]


def test_scripts_without_spaces_are_told_in_pairs() -> None:
    """A Chinese or Thai word inside a sentence can be found, at its own characters."""
    assert [(token.text, token.start, token.end) for token in tokenise("人質交渉")] == [
        ("人質", 0, 2),
        ("質交", 1, 3),
        ("交渉", 2, 4),
        ("渉", 3, 4),
    ]


def test_scripts_may_meet_inside_a_word() -> None:
    """A Latin name next to Chinese characters is a word of its own."""
    assert words("iPhone手机") == ["iphone", "手机", "机"]


@given(st.text(max_size=60))
@settings(max_examples=300)
def test_offsets_are_of_the_original_text(text: str) -> None:
    """What is marked in a digest is the very word that was found, whatever folding did to its length."""
    for token in tokenise(text):
        assert 0 <= token.start < token.end <= len(text)
        assert token.text
        assert fold(text[token.start : token.end]).replace("-", "").replace("'", "") != ""


@given(st.text(alphabet="ab é́.-'&+人ทั", max_size=30))
@settings(max_examples=300)
def test_positions_count_every_word_once(text: str) -> None:
    """NEAR counts words: positions run from 0 without gaps and in order, whatever joins the words."""
    starts = sorted({token.position for token in tokenise(text)})
    assert starts == list(range(len(starts)))
    assert len(words(text)) == len(starts)


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("negotiation", "negotiating", "en"),
        ("hostages", "hostage", "en"),
        ("verhandlungen", "verhandlung", "de"),
        ("negociaciones", "negociacion", "es"),
        ("заложники", "заложников", "ru"),
    ],
)
def test_forms_of_a_word_share_a_stem(one: str, other: str, language: str) -> None:
    """A topic finds the other forms of its words, in the article's own language."""
    assert stem(one, language) == stem(other, language)


def test_an_unknown_language_is_left_alone() -> None:
    """A language without a stemmer is matched word by word, not by English rules."""
    assert stem("negotiations", "xx") == "negotiations"


def test_particles_written_on_the_word_are_seen_through() -> None:
    """Arabic "and the negotiations" is found by "negotiations", Hebrew and Korean alike."""
    assert stem("مفاوضات", "ar") in stem_forms("والمفاوضات", "ar")
    assert "שלום" in stem_forms("ושלום", "he")
    assert "인질" in stem_forms("인질협상이", "ko")


def test_an_endless_word_is_not_stemmed() -> None:
    """A megabyte without a space costs no memory in the stems that are remembered."""
    word = "negotiations" * 100_000
    assert stem_forms(word) == (word,)


@given(st.text(st.sampled_from("ab Z\t\n.'’&+-_ñé́中文ไทยـالכ가\u00ad\u200b “”"), max_size=30))
def test_the_words_of_a_text_are_those_of_its_chunks(text: str) -> None:
    """Reading an article piece by piece, each remembered, finds the very words that reading it whole finds."""
    separated = separate(text)
    chunks = separated.split()
    found, at, position = [], 0, 0
    for chunk in chunks:
        at = separated.index(chunk, at)
        for token in chunk_tokens(chunk):
            moved = token._replace(start=token.start + at, end=token.end + at, position=token.position + position)
            found.append(moved)
        at += len(chunk)
        position += chunk_width(chunk)

    assert found == tokenise(text)
    assert len(separated) == len(text)
