"""Which words of a name are looked for: those that say something, in the language the name is in."""

import pytest

from monitor.topics.concepts import read_name
from monitor.topics.match import match_article
from monitor.topics.meaning import EMPTY_LEXICON, STOP_WORDS
from monitor.words import fold
from tests.topics.articles import article, compiled, topic


@pytest.mark.parametrize(
    ("name", "looked_for"),
    [
        ("The war in Ukraine", "war Ukraine"),
        ("war in Ukraine", "war Ukraine"),
        ("Verhandlungen über die Geiseln", "Verhandlungen Geiseln"),
        ("Die Verhandlungen über Geiseln", "Verhandlungen Geiseln"),
        ("Krieg gegen die Ukraine", "Krieg Ukraine"),
        ("Guerre en Ukraine", "Guerre Ukraine"),
        ("La crise du logement", "crise logement"),
        ("negociaciones sobre los rehenes", "negociaciones rehenes"),
        ("Crise no Rio", "Crise Rio"),
        ("onderhandelingen over de gijzelaars", "onderhandelingen gijzelaars"),
        ("Kryzys w Warszawie", "Kryzys Warszawie"),
        ("Krisen i Sudan", "Krisen Sudan"),
        ("Türkiye ve AB", "Türkiye AB"),
        ("Переговоры о заложниках", "Переговоры заложниках"),
        ("أزمة في بيروت", "أزمة بيروت"),
        ("दिल्ली में संकट", "दिल्ली संकट"),
    ],
)
def test_words_without_content_are_left_out_in_any_language(name: str, looked_for: str) -> None:
    """A name in another language is asked for by what it is about, as an English one is."""
    read = read_name(name, EMPTY_LEXICON)
    assert read is not None
    assert " ".join(concept.leaf.text for concept in read.concepts) == looked_for


@pytest.mark.parametrize(
    "name",
    ["Die Hard", "die hard", "El Niño", "Los Angeles", "Le Monde", "La Liga", "sin tax", "par value", "med tech",
     "Mad Men", "care homes", "Real Madrid", "hostage negotiations", "WHO", "van"],
)  # fmt: skip
def test_a_name_is_not_taken_for_another_language(name: str) -> None:
    """A little word of some language may be half of a name, or an English word."""
    read = read_name(name, EMPTY_LEXICON)
    assert read is not None
    assert len(read.concepts) == len(name.split())


def test_stop_words_are_folded_as_the_words_they_are_compared_with() -> None:
    """An accent does not keep a stop word from being known."""
    assert all(word == fold(word) for listed in STOP_WORDS.values() for word in listed)


def test_a_german_name_finds_a_german_article_whose_feed_says_no_language() -> None:
    """Name, stop words, language and stems work together."""
    text = (
        "Die Verhandlung mit den Entführern, die eine Geisel nicht freilassen wollen, ist nach drei Tagen noch offen."
    )
    matches, _ = match_article(compiled(topic("Verhandlungen über die Geiseln")), article("", text))
    assert [evidence.concept for evidence in matches[0].evidence] == ["verhandlungen", "geiseln"]
