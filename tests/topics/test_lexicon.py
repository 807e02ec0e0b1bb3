"""Related terms and word frequencies: what they add, what they must not, and what they cost."""

from pathlib import Path

import pytest

from monitor.errors import MonitorError
from monitor.model import Level, Match, NoMatch, Via, Watchlist
from monitor.topics.lexicon import load_lexicon, read_lexicon
from monitor.topics.match import compile_watchlist, find_answered, judge_article, match_article
from monitor.topics.meaning import EMPTY_LEXICON, IDF_FLAT, Counted, Lexicon
from tests.costs import at_most
from tests.topics.articles import LONG_TALKS, article, topic

LEXICON = load_lexicon()


def judged(name: str, text: str, level: Level = Level.BALANCED, query: str | None = None) -> Match | NoMatch:
    """The answer of one topic with the lexicon of the package."""
    compiled = compile_watchlist(Watchlist((topic(name, level=level, query=query),)), LEXICON)
    return judge_article(compiled, article("", text))[0]


def test_the_package_brings_a_lexicon() -> None:
    """A fresh installation knows related words and which words are rare, without an archive or a model."""
    assert "captives" in {other.word for other in LEXICON.related("hostages")}
    assert LEXICON.idf("the") < LEXICON.idf("talks") < LEXICON.idf("hostage") < LEXICON.idf("zzyzx")


def test_it_is_found_by_any_form_and_never_names_its_own() -> None:
    """The forms of one word share their related words; a form of the word itself is no news."""
    lexicon = read_lexicon(
        "[words en]\ntalk\t1\n[related en]\ntalks\tnegotiation:70 talking:90\nnegotiation\ttalks:70\n", "x"
    )
    assert [(other.word, other.similarity) for other in lexicon.related("talk")] == [("negotiation", 0.7)]
    assert [other.word for other in lexicon.related("negotiating")] == ["talks"]


TWO_LANGUAGES = """# a remark
[words en]
the	1
talks	2
[related en]
hostage	captive:80
captive	hostage:80
[words de]
die	1
gesprache	2
[related de]
gesprache	verhandlungen:80
verhandlungen	gesprache:80
"""


def test_another_language_has_its_own_words() -> None:
    """A section per language in the file is all that a further language takes, and none changes another."""
    lexicon = read_lexicon(TWO_LANGUAGES, "x")
    assert lexicon.languages == ("en", "de")
    assert [other.word for other in lexicon.related("verhandlung", "de")] == ["gesprache"]
    assert lexicon.related("verhandlung") == lexicon.related("hostage", "de") == lexicon.related("hostage", "fr") == ()
    assert lexicon.idf("die", "de") < lexicon.idf("gesprache", "de") < lexicon.idf("die")
    assert lexicon.idf("die", "fr") == IDF_FLAT


def test_a_name_is_found_by_related_words_of_the_articles_language() -> None:
    """Related words stand for a name in their own language only."""
    compiled = compile_watchlist(Watchlist((topic("Verhandlungen Geiseln"),)), read_lexicon(TWO_LANGUAGES, "x"))
    text = "Geiseln: Gespräche über die Geiseln. Die Gespräche dauern an. " * 3
    assert [match.topic for match in match_article(compiled, article("", text, language="de"))[0]]
    assert match_article(compiled, article("", text, language="nl"))[0] == []


@pytest.mark.parametrize(
    "body", ["[words]\nthe\t1\n", "[words en]\nthe\t1\n[other en]\nx\ty\n", "[words en]\nthe\n", ""]
)
def test_a_section_that_is_none_is_a_damage(body: str) -> None:
    """A file of another version is told, not half read."""
    with pytest.raises(MonitorError, match="the lexicon cannot be read"):
        read_lexicon(body, "x")


def test_loading_is_quick() -> None:
    """The daemon starts in under two seconds, of which this is the smallest part."""
    load_lexicon.cache_clear()
    with at_most(10):
        load_lexicon()


def test_a_word_that_is_no_word_costs_nothing() -> None:
    """Compiling a thousand topics does not read the whole lexicon for each."""
    with at_most(10):
        for _ in range(100):
            LEXICON.idf("")
            LEXICON.related("")


def test_a_damaged_file_is_told() -> None:
    """Finding less without a word about it would be a silent miss."""
    with pytest.raises(MonitorError, match=r"lexicon\.txt\.gz: the lexicon cannot be read"):
        read_lexicon("half a f", "lexicon.txt.gz")


def test_without_a_lexicon_every_word_weighs_the_same() -> None:
    """The plain rule stands by itself."""
    assert EMPTY_LEXICON.idf("the") == EMPTY_LEXICON.idf("zzyzx") == IDF_FLAT
    assert EMPTY_LEXICON.related("hostage") == ()


def test_related_words_are_found_by_a_tilde_alone_and_told_as_such() -> None:
    """`~word` widens a query on purpose; a plain word never does."""
    found = judged("q", "The captives came home", query="~hostage")
    assert isinstance(found, Match)
    assert [(evidence.concept, evidence.via) for evidence in found.evidence] == [("hostage", Via.SYNONYM)]
    assert isinstance(judged("q", "The captives came home", query="hostage"), NoMatch)


def test_a_name_is_found_by_related_words() -> None:
    """An article that speaks of the thing in other words is found, and says by which."""
    found = judged("hostage negotiations", "Talks over the captives. The captives want talks, talks for captives. " * 3)
    assert isinstance(found, Match)
    assert {evidence.via for evidence in found.evidence} == {Via.SYNONYM}


def test_a_name_of_one_word_stays_that_word() -> None:
    """Related words of a single word would be other topics."""
    assert isinstance(judged("kidnapping", "The hostages and the captives, abducted"), NoMatch)


@pytest.mark.parametrize(
    "name",
    [
        "football transfer news",
        "interest rates",
        "cybersecurity breach",
        "climate talks",
        "salary negotiations",
        "trade negotiations",
        "hostage drama film",
        "bank robbery hostages",
    ],
)
def test_what_shares_a_word_is_still_not_found(name: str) -> None:
    """Related words widen a name, not to its neighbours."""
    assert isinstance(judged(name, LONG_TALKS), NoMatch)


def test_the_levels_ask_for_scores() -> None:
    """The same article may be too weak for strict and enough for broad, and the reason has the figures."""
    text = "hostage " + "word " * 400 + "negotiations"
    assert isinstance(judged("hostage negotiations", text, Level.BROAD), Match)
    miss = judged("hostage negotiations", text, Level.STRICT)
    assert isinstance(miss, NoMatch)
    assert miss.near
    assert miss.reason.endswith(f"score {miss.score} of the 45 that level strict asks for")


def test_of_three_concepts_one_may_be_missing() -> None:
    """A long name need not be there whole."""
    text = "Angola ceasefire. The ceasefire in Angola holds. " * 3
    assert isinstance(judged("Angola ceasefire violations", text), Match)


def test_a_word_that_no_frequency_knows_does_not_outweigh_the_rest() -> None:
    """A slip in one word of a name, or a surname that a report spells otherwise, is no reason to miss it."""
    text = "A fire burnt down the bible church. " + "word " * 100
    assert isinstance(judged("Zzyzxilla bible church fire", text), Match)


def test_nothing_is_lost_by_rare_words_first() -> None:
    """With related words too, the fast way answers as judging each topic does."""
    names = ["hostage negotiations", "captive release talks", "Angola ceasefire violations", "kidnap talks", "holidays"]
    topics = tuple(topic(name, level=level) for level in Level for name in names)
    compiled = compile_watchlist(Watchlist(topics), LEXICON)
    for text in (LONG_TALKS, "Angola", "captives talks", "ceasefire " * 9, "release and talks", "violations"):
        known = article("", text)
        every = judge_article(compiled, known)
        assert match_article(compiled, known) == (
            [one for one in every if isinstance(one, Match)],
            [one for one in every if isinstance(one, NoMatch) and one.near],
        )
        assert find_answered(compiled, known) == [one.topic for one in every if isinstance(one, Match)]


def test_the_real_article_answers_as_the_notes_ask(corpus: Path) -> None:
    """The table of names that must and must not find the acceptance article."""
    text = (corpus / "topics" / "hostage-talks.txt").read_text()
    yes = "hostage negotiations|hostage talks|Trump Netanyahu|hostage release|military action against Hamas"
    yes += "|captive release talks|kidnap talks|Abraham Accords"
    no = "hostage drama film|trade negotiations|bank robbery hostages|Gaza ceasefire|climate talks|salary negotiations"
    no += "|football transfer news|interest rates|cybersecurity breach"
    topics = tuple(map(topic, f"{yes}|{no}".split("|")))
    compiled = compile_watchlist(Watchlist(topics), LEXICON)
    for title in ("", text.split("\n", 1)[0]):
        assert [match.topic for match in match_article(compiled, article(title, text))[0]] == yes.split("|")


def test_an_empty_lexicon_is_a_lexicon() -> None:
    """An installation without the file works by the plain rule."""
    assert not Lexicon().has_related
    assert not Lexicon().has_frequencies


def test_the_archive_counts_more_the_larger_it_is() -> None:
    """A word that is commoner in the archive than the table says tells less, the more so the more articles say it."""
    lexicon = load_lexicon()
    table = lexicon.idf("hostage")

    def weighed(articles: int, held: int) -> float:
        return lexicon.with_counts([Counted("en", articles, {"hostag": held})]).idf("hostages")

    assert weighed(0, 0) == pytest.approx(table)
    assert table > weighed(100, 50) > weighed(1_000, 500) > weighed(100_000, 50_000)
    assert weighed(1_000, 0) > table
    assert lexicon.with_counts([Counted("de", 1_000, {"hostag": 900})]).idf("hostage") == table
    assert lexicon.with_counts([Counted("en", 1_000, {})]).idf("hostage") == table


def test_a_name_of_little_words_alone_is_told_and_not_widened() -> None:
    """It is looked for as it stands, not by every other little word, and `check` says that it will flood."""
    compiled = compile_watchlist(Watchlist((topic("the of"), topic("the hostages"))), LEXICON)
    assert [one.lints for one in compiled.topics] == [
        ('"the of" has no word that says what it is about: most articles answer it.',),
        (),
    ]
    assert not any(concept.stands for concept in compiled.topics[0].names[0].concepts)
