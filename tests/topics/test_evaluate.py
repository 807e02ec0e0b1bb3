"""Queries are evaluated exactly: a worked example per promise. Any query: tests/properties/test_queries.py."""

import pytest

from monitor.topics.evaluate import find_places, is_true
from monitor.topics.index import ReadArticle
from monitor.topics.query import compile_query
from tests.topics.articles import article


@pytest.mark.parametrize(
    ("query", "text", "is_found"),
    [
        ("hostage", "Hostages were freed", True),
        ('"hostage"', "Hostages were freed", False),
        ("=Apple", "an apple fell", False),
        ("=Apple", "Apple fell", True),
        ("=café", "cafe", False),
        ("=cafe\u0301", "the café", True),
        ("cafe", "the café", True),
        ("COVID-19", "after Covid 19 came", True),
        ("COVID-19", "after covid19 came", True),
        ("ceasefire", "a cease-fire holds", True),
        ("cease-fire", "the ceasefires", True),
        ('"covid 19"', "COVID-19 wards", True),
        ("U.S.", "the U.S. army", True),
        ("U.S.", "the US army", True),
        ("U.S.", "they told us", False),
        ("AT&T", "AT&T's profit", True),
        ("AT&T", "at T", False),
        ("C++", "written in C++.", True),
        ("C++", "vitamin C", False),
        ("Netanyahu's", "Netanyahu said", True),
        ("negotiat*", "renegotiated", False),
        ("negotiat*", "NEGOTIATING", True),
        ("organi?ation", "organization organisation", True),
        ("人質", "昨日の人質交渉が再開", True),
        ("人質交渉", "人質の交渉", False),
        ("人", "二人", True),
        ("=人質", "人質交渉", True),
        ("เจรจา", "การเจรจาเริ่ม", True),
        ("인질", "인질협상이 재개", True),
        ("인", "인질협상이 재개", False),
        ("인", "그 인 은", True),
        ('atleast2("peace talks")', "peace talks, then peace talks", True),
        ('atleast2("peace talks")', "peace talks, then talks", False),
        ("atleast2 covid*", "COVID-19", False),
        ('"peace talks"~1', "peace and talks", True),
        ('"peace talks"~1', "peace and more talks", False),
        ('"peace talks"~1', "talks peace", False),
        ('"talks of peac*"', "talks of peace", True),
        ("a NEAR/0 b", "b a", True),
        ("talks NEAR/3 talks", "talks", False),
    ],
)
def test_words_are_found_in_every_spelling(query: str, text: str, is_found: bool) -> None:
    """One case per promise of the language about how a word is compared."""
    assert is_true(compile_query(query).root, ReadArticle(article("", text))) is is_found


@pytest.mark.parametrize(
    ("query", "is_so"),
    [
        ("source:bbc.co.uk", True),
        ("source:co.uk", True),
        ("source:news.bbc.co.uk", True),
        ("source:bc.co.uk", False),
        ('source:"gulf wire"', True),
        ("source:wire", True),
        ("source:gul", False),
        ("author:smith x", True),
        ("author:smit x", False),
        ("url:/sport/ x", True),
        ("lang:pt x", True),
        ("lang:pt-BR x", True),
        ("lang:pt-PT x", False),
        ("tag:politics", True),
        ("tag:sport", False),
        ("words:2 x", True),
        ("words:>=3 x", False),
        ("words:<=2 x", True),
    ],
)
def test_metadata_is_compared_by_its_own_rules(query: str, is_so: bool) -> None:
    """A domain takes its sub-domains along, a name its words, a language its regions."""
    known = article(
        "x",
        "y",
        url="https://www.news.bbc.co.uk/sport/1",
        feed="Gulf Wire",
        author="Ann Smith",
        language="pt-BR",
        tags="UK politics",
    )
    assert is_true(compile_query(query).root, ReadArticle(known)) is is_so


def test_a_broken_address_is_from_nowhere() -> None:
    """A feed's malformed link does not stop the judging."""
    assert not is_true(compile_query("source:bbc.co.uk").root, ReadArticle(article("x", url="https://[oops/")))


def test_the_lead_is_the_first_sixty_words() -> None:
    """`lead:` looks where news is told first, and no further."""
    text = "word " * 59 + "sixtieth later"
    lead = compile_query("lead:sixtieth").root
    assert is_true(lead, ReadArticle(article("later", text)))
    assert not is_true(compile_query("lead:later").root, ReadArticle(article("later", text)))


def test_near_does_not_cross_from_title_to_text() -> None:
    """The end of a title and the beginning of its text are no neighbours, however wide the NEAR."""
    read = ReadArticle(article("peace", "talks"))
    assert not is_true(compile_query("peace NEAR/500 talks").root, read)
    assert not is_true(compile_query('"peace talks"').root, read)


def test_the_language_of_the_article_decides_its_stems() -> None:
    """A German topic finds German forms in a German article."""
    read = ReadArticle(article("", "Die Verhandlungen", language="de-AT"))
    assert is_true(compile_query("Verhandlung").root, read)


def test_an_article_of_one_word_over_and_over_is_judged_in_bounds() -> None:
    """A hostile text cannot make a NEAR remember more than its bound."""
    read = ReadArticle(article("", "a b " * 3000))
    assert len(find_places(compile_query("a NEAR/500 b").root, read)) == 10_000


@pytest.mark.parametrize("held", ["(hostage NEAR/3 talks)", "(hostage NEAR/3 talks)^2", "(hostage NEAR/3 talks OR x)"])
def test_what_stands_inside_a_near_is_near_it(held: str) -> None:
    """A weight or an alternative around a NEAR does not change what is near to it."""
    assert is_true(compile_query(f"{held} NEAR/0 envoy").root, ReadArticle(article("", "hostage envoy talks")))


GERMAN = (
    "Die Regierung sagte gestern, dass die Verhandlungen über die Geiseln nicht weiter sind und man noch warten will"
)


@pytest.mark.parametrize(
    ("language", "query", "is_so"),
    [
        (None, "Verhandlung", True),
        (None, "lang:de x OR lang:de Verhandlung", True),
        (None, "lang:en Geiseln", False),
        ("und", "Verhandlung", True),
        ("deu", "Verhandlung lang:de", True),
        ("en", "Verhandlung", False),
        ("en", "lang:de Geiseln", False),
        ("en-US", "lang:en Geiseln", True),
    ],
)
def test_what_is_said_of_the_language_goes_before_what_is_seen(language: str | None, query: str, is_so: bool) -> None:
    """Where neither article nor feed says a language, that of the text counts, for stems and `lang:`."""
    known = article("", GERMAN, **({"language": language} if language else {}))
    assert is_true(compile_query(query).root, ReadArticle(known)) is is_so


def test_a_few_words_without_a_language_are_english() -> None:
    """Nothing is guessed from too little, and no lang: is true of it."""
    read = ReadArticle(article("", "Verhandlungen, hostages"))
    assert is_true(compile_query("hostage").root, read)
    assert not is_true(compile_query("lang:en hostage").root, read)
