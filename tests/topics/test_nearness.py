"""Names judged by meaning too: what it adds, what it must never do, and how it is told."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.model import Article, LearnedWord, Level, Match, NoMatch, Via, Watchlist
from monitor.topics.explain import explain
from monitor.topics.lexicon import load_lexicon
from monitor.topics.match import CompiledWatchlist, compile_watchlist, judge_article, match_article, with_learned
from monitor.topics.nearness import (
    BACKGROUND_MAX,
    BACKGROUND_MIN,
    RENEWED_AFTER,
    Meanings,
    Vector,
    meaning_points,
    pack_vector,
    unpack_vector,
)
from tests.fakes.meaning import encode, some_news, theme_meanings
from tests.topics.articles import LONG_TALKS, article, topic

PLAIN = load_lexicon()
ASKING = replace(PLAIN, asks_meaning=True)
NAME = "Hostage rescue operation"
HINTED = "The captive spoke with an envoy. A mediator hopes for her release. " + "Nothing else is known today. " * 8


def asking(*names: str, level: Level = Level.BALANCED) -> CompiledWatchlist:
    """Names for which meaning is asked."""
    return compile_watchlist(Watchlist(tuple(topic(name, level=level) for name in names)), ASKING)


def judged(name: str, known: Article, meanings: Meanings | None, level: Level = Level.BALANCED) -> Match | NoMatch:
    """The answer for one name."""
    nearness = meanings.nearness(known) if meanings is not None else None
    return judge_article(asking(name, level=level), known, nearness)[0]


def test_z_tells_how_far_an_article_stands_out() -> None:
    """An article about the thing stands out from the news, one about another does not."""
    meanings = theme_meanings()
    near = meanings.nearness(encode("The captive and the envoy"))("hostage talks")
    far = meanings.nearness(encode("The ferry left the pier"))("hostage talks")
    assert near is not None
    assert far is not None
    assert near > 3 > 0.5 > far


def test_without_a_background_nothing_is_said() -> None:
    """Mean and deviation of a handful of articles would be chance."""
    assert theme_meanings(BACKGROUND_MIN - 1).nearness(encode("captive"))("hostage talks") is None
    assert theme_meanings(BACKGROUND_MIN).nearness(encode("captive"))("hostage talks") is not None


def test_the_background_is_bounded_and_renewed() -> None:
    """The newest articles stand behind what is said; a name's figures are taken anew as they change."""
    meanings = theme_meanings(BACKGROUND_MAX + 50)
    assert meanings.background == BACKGROUND_MAX
    nearness = meanings.nearness(encode("captive envoy"))
    before = nearness("hostage talks")
    meanings.learn(encode("hostage talks") for _ in range(RENEWED_AFTER - 1))
    assert nearness("hostage talks") == before
    meanings.learn([encode("hostage talks")])
    after = nearness("hostage talks")
    assert before is not None
    assert after is not None
    assert after < before


def test_an_article_is_read_once_and_only_when_a_name_asks() -> None:
    """Reading costs a fiftieth of a second; most articles are judged without it."""
    read: list[str] = []

    def counting(text: str) -> Vector:
        read.append(text)
        return encode(text)

    meanings = Meanings(counting, "counting")
    meanings.learn(encode(text) for text in some_news(BACKGROUND_MIN))
    known = article("Title", "Text")
    nearness = meanings.nearness(known)
    assert read == []
    nearness("hostage talks")
    nearness("port strike")
    assert read.count("Title\nText") == 1


def test_a_vector_keeps_its_meaning_in_half_precision() -> None:
    """768 bytes an article instead of 1,536."""
    vector = [0.6, -0.8, 0.0004]
    assert len(pack_vector(vector)) == 6
    assert unpack_vector(pack_vector(vector)) == pytest.approx(vector, abs=0.0005)


@pytest.mark.parametrize(("z", "points"), [(-2, 0), (0, 0), (1.9, 0), (2, 15), (4, 30), (9, 30)])
def test_meaning_adds_at_most_its_points(z: float, points: int) -> None:
    """No article matches by its meaning alone."""
    assert meaning_points(z) == points


def test_an_article_that_means_it_is_found_and_says_so() -> None:
    """Too few of the name's own words, but all of its sense."""
    known = article("", HINTED)
    alone, together = judged("Captive officer", known, None), judged("Captive officer", known, theme_meanings())
    assert isinstance(alone, NoMatch)
    assert isinstance(together, Match)
    assert together.score == alone.score
    assert [one.via for one in together.evidence][-1] is Via.MEANING
    assert "by meaning: z " in explain(together)


def test_what_means_something_else_is_not_found_and_says_why() -> None:
    """The reason has all its figures."""
    known = article("", "The captive audience saw a film, a drama, an actor and an award. " * 2)
    miss = judged("Captive officer", known, theme_meanings())
    assert isinstance(miss, NoMatch)
    assert miss.reason.endswith(f" 0 is added to {miss.score}, of which 65 is asked")
    assert miss.score > 55


def test_a_meaning_that_fell_short_is_no_evidence_of_what_marks_decide() -> None:
    """A word that readers' marks taught raises the score: that decides, and the evidence says so alone."""
    filler = "A film and a drama. " * 20
    known = article("", f"A hostage. {filler} The rescue. {filler} Doha. {filler}")
    watchlist = asking(NAME)
    [alone] = judge_article(watchlist, known, theme_meanings().nearness(known))
    learned = {watchlist.topics[0].topic.key: tuple(LearnedWord(word, 5, 3, 0) for word in ("doha", "film", "drama"))}
    [raised] = judge_article(with_learned(watchlist, learned), known, theme_meanings().nearness(known))

    assert isinstance(alone, NoMatch)
    assert "by its meaning (z" in alone.reason
    assert isinstance(raised, Match)
    assert Via.MEANING not in {one.via for one in raised.evidence}


@pytest.mark.parametrize(
    ("name", "language"), [("Captive", None), ("Captive officer", "de")], ids=["one word", "another language"]
)
def test_meaning_is_not_asked(name: str, language: str | None) -> None:
    """One word means too much; the model knows English alone."""

    def never(name: str) -> float:
        pytest.fail(f"asked for {name}")

    known = replace(article("", HINTED.replace("captive", "captives officers")), language=language)
    judge_article(asking(name), known, never)


def test_without_the_model_not_one_answer_changes() -> None:
    """Names that may be asked for their meaning answer as the others where it is not known."""
    names = ("Captive officer", "Hostage talks", NAME, "Angola ceasefire violations", "Ferries")
    topics = Watchlist(tuple(topic(name, level=level) for level in Level for name in names))
    plain, asks = compile_watchlist(topics, PLAIN), compile_watchlist(topics, ASKING)
    for text in (LONG_TALKS, HINTED, "hostage", "captive officer", "ferry and rescue", "ceasefire"):
        known = article("", text)
        assert match_article(plain, known) == match_article(asks, known)
        assert judge_article(plain, known) == judge_article(asks, known)


WORDS = ("hostage", "captives", "talks", "rescue", "officer", "operation", "ferry", "film", "the", "mediator")
TEXTS = st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join)
MEANINGS = theme_meanings()
ALL = asking("Captive officer", "Hostage talks", NAME, "Ferry rescue", "Film")


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS)
def test_meaning_takes_no_match_away_and_rare_words_first_loses_none(title: str, text: str) -> None:
    """With it the same matches and perhaps more; and the fast way answers as judging each topic does."""
    known = article(title, text)
    nearness = MEANINGS.nearness(encode(f"{title}\n{text}"))
    by_words = {match.topic for match in match_article(ALL, known)[0]}
    every = judge_article(ALL, known, nearness)
    found, near = match_article(ALL, known, nearness)
    assert by_words <= {match.topic for match in found}
    assert found == [one for one in every if isinstance(one, Match)]
    assert near == [one for one in every if isinstance(one, NoMatch) and one.near]
