"""What marks teach is what tells articles apart, it moves scores within bounds, and it decides no more than it may."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.model import ArticleId, LearnedWord, Level, Match, NoMatch, Topic, TopicKey, TopicMark, Verdict, Watchlist
from monitor.topics.feedback import (
    BAG_WORDS_MAX,
    MARKS_MAX,
    POINTS_ALL,
    POINTS_WORD,
    WORDS_MAX,
    choose_words,
    learn_words,
    shift_score,
)
from monitor.topics.index import ReadArticle
from monitor.topics.lexicon import load_lexicon
from monitor.topics.match import (
    CompiledTopic,
    compile_watchlist,
    find_answered,
    judge_article,
    match_article,
    with_learned,
)
from monitor.words import words
from tests.fakes.clock import START
from tests.topics.articles import article, topic

LEXICON = load_lexicon()
NAME = "Hostage negotiations"
USEFUL = "hostage negotiations in Doha, said mediators of the ceasefire"
FILM = "hostage negotiations in a film, said its director at the premiere"


def marked(text: str, verdict: Verdict, number: int, *, language: str | None = None) -> TopicMark:
    """A text marked, its words as they are kept."""
    known = article("", text) if language is None else article("", text, language=language)
    kept = choose_words(known, LEXICON.idf)
    at = START + timedelta(minutes=number)
    return TopicMark(TopicKey(NAME), ArticleId(number), verdict, at, language=language, words=kept)


def marks(useful: Sequence[str], rest: Sequence[str] = (), *, language: str | None = None) -> list[TopicMark]:
    """Texts of both kinds, marked."""
    made = [marked(text, Verdict.USEFUL, number, language=language) for number, text in enumerate(useful)]
    return made + [
        marked(text, Verdict.NOT_RELEVANT, number, language=language) for number, text in enumerate(rest, 100)
    ]


def compiled_one(watched: Topic) -> CompiledTopic:
    """One topic with the lexicon."""
    return compile_watchlist(Watchlist((watched,)), LEXICON).topics[0]


def learned(given_marks: Sequence[TopicMark], watched: Topic | None = None) -> dict[str, int]:
    """The words learned, with their points."""
    one = compiled_one(watched or topic(NAME))
    return {word.word: word.points for word in learn_words(given_marks, one.leaves, LEXICON.idf)}


def judged(text: str, *known: LearnedWord, watched: Topic | None = None, title: str = "") -> Match | NoMatch:
    """One text under one topic that has learned these words, found by way of its candidates."""
    given_topic = watched or topic(NAME)
    watchlist = compile_watchlist(Watchlist((given_topic,)), LEXICON)
    taught = with_learned(watchlist, {given_topic.key: known})
    (answer,) = judge_article(taught, article(title, text))
    is_match = isinstance(answer, Match)
    assert match_article(taught, article(title, text))[0] == ([answer] if is_match else [])
    assert find_answered(taught, article(title, text)) == ([given_topic.key] if is_match else [])
    return answer


def word(text: str, points: int) -> LearnedWord:
    """A word learned."""
    return LearnedWord(text, points, 2, 0)


def test_words_that_tell_are_learned_with_their_direction() -> None:
    """What stands in the useful articles raises, what stands in the others lowers; what both hold does neither."""
    found = learned(marks([USEFUL] * 2, [FILM] * 2))
    assert {text for text, points in found.items() if points > 0} == {"doha", "mediators", "ceasefire"}
    assert {text for text, points in found.items() if points < 0} == {"film", "director", "premiere"}
    assert max(map(abs, found.values())) <= POINTS_WORD


def test_the_words_of_the_topic_itself_are_not_learned() -> None:
    """It looks for them anyway, in any form; so do the words, phrases and wildcards of a query."""
    assert not {"hostage", "negotiations"} & set(learned(marks(["hostages negotiated in Doha"] * 3)))
    query = topic("Doha", query='doha AND (mediat* OR "ceasefire deal")')
    assert set(learned(marks([USEFUL] * 3), query)) == {"hostage", "negotiations"}


@pytest.mark.parametrize(
    ("useful", "rest"), [([USEFUL], []), ([USEFUL], [FILM] * 5), ([], [FILM] * 5), ([USEFUL, "hostage drama"], [])]
)
def test_one_article_proves_nothing(useful: list[str], rest: list[str]) -> None:
    """Two useful marks are the least, and two articles for a word; what is not relevant alone teaches nothing."""
    assert learned(marks(useful, rest)) == {}


def test_one_article_that_is_not_relevant_lowers_nothing() -> None:
    """Of that kind too two are the least."""
    found = learned(marks([USEFUL] * 2, [FILM]))
    assert found
    assert min(found.values()) > 0


def test_forms_of_a_word_are_one_word_and_the_commonest_is_shown() -> None:
    """Stems are never stored: the words of both marks are, and meet in their stem."""
    found = learned(marks(["the mediator", "mediators met, the mediators said"]))
    assert list(found) == ["mediators"]


def test_common_words_and_numbers_teach_nothing() -> None:
    """What every seventh article holds says nothing of one topic, nor does a year or a weekday."""
    assert learned(marks(["the people said on monday 2026 that it is new"] * 5)) == {}


def test_what_is_learned_is_bounded() -> None:
    """However much is marked: so many words of either kind, from the newest marks."""
    names = [f"zorb{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(60)]
    found = learned(marks([" ".join(names[:30])] * 3, [" ".join(names[30:])] * 3))
    assert len([points for points in found.values() if points > 0]) == WORDS_MAX
    assert len([points for points in found.values() if points < 0]) == WORDS_MAX
    old = [marked("zorbaa", Verdict.USEFUL, number) for number in range(MARKS_MAX)]
    new = [marked("zorbzz", Verdict.USEFUL, 1000 + number) for number in range(MARKS_MAX)]
    assert set(learned(old + new)) == {"zorbzz"}
    assert len(choose_words(article("", " ".join(f"w{n}x" for n in range(999))), LEXICON.idf)) == BAG_WORDS_MAX


def test_the_same_marks_in_any_order_teach_the_same() -> None:
    """What is in force does not hang on the order in which a database gives its rows."""
    given_marks = marks([USEFUL] * 3, [FILM] * 2)
    leaves = compiled_one(topic(NAME)).leaves
    assert learn_words(given_marks, leaves, LEXICON.idf) == learn_words(given_marks[::-1], leaves, LEXICON.idf)


def test_words_common_in_the_archive_are_not_kept() -> None:
    """Of a language without frequencies the archive says what is common."""
    known = article("", "wird переговоры geiseln", language="de")
    assert list(choose_words(known, LEXICON.idf, {"wird"})) == ["geiseln", "переговоры"]


def test_other_languages_learn_by_their_own_stems() -> None:
    """Two forms of a Russian word are one, and are found again in a third."""
    given_marks = marks(["посредники", "посредников"], language="ru")
    (found,) = learn_words(given_marks, (), LEXICON.idf)
    read = ReadArticle(article("", "посредникам", language="ru"))
    assert shift_score(40, (found,), read).points == found.points


def test_learned_words_raise_a_score_over_what_is_asked() -> None:
    """An article that was nearly enough becomes a match, and every point is accounted for."""
    text = "hostage. " + "filler " * 120 + "negotiations " + "filler " * 560 + "doha and mediators"
    before = judged(text)
    assert isinstance(before, NoMatch)
    after = judged(text, word("doha", 5), word("mediators", 5), word("nowhere", 5))
    assert isinstance(after, Match)
    assert after.score == before.score + 10
    assert [(one.concept, one.points) for one in after.learned] == [("doha", 5), ("mediators", 5)]
    assert sum(one.points or 0 for one in (*after.evidence, *after.learned)) == after.score


def test_a_long_name_is_judged_where_marks_can_still_lift_it() -> None:
    """What is fifteen points short is looked at too, though without marks it would not be near."""
    watched = topic("Ferry sinks off Zanzibar coast")
    body = "ferry " + "filler " * 260
    raising = [word(text, 5) for text in ("doha", "mediators", "ceasefire")]
    before = judged(body + "doha mediators ceasefire zanzibar", watched=watched)
    after = judged(body + "doha mediators ceasefire zanzibar", *raising, watched=watched)
    assert after.score == before.score + POINTS_ALL
    assert isinstance(after, Match)


def test_nothing_of_the_name_is_never_a_match() -> None:
    """Whatever was learned: feedback alone tells no article, at the broadest level either."""
    raising = [word(text, 5) for text in ("doha", "mediators", "ceasefire", "truce")]
    for name in (NAME, "Hostage", "Prisoner swap deal talks"):
        for level in Level:
            watched = topic(name, level=level)
            assert isinstance(judged("doha mediators ceasefire truce", *raising, watched=watched), NoMatch)


def test_a_missing_word_of_two_stays_missing() -> None:
    """The score is raised; what the name asks for must be there all the same, and the reason says so."""
    answer = judged("hostage in doha", word("doha", 5))
    assert isinstance(answer, NoMatch)
    assert answer.reason.startswith('"negotiations" is not there')


def test_learned_words_take_a_weak_match_away_and_say_so() -> None:
    """The reason names the words and the points."""
    text = "hostage negotiations in a film by a director at the premiere " + "filler " * 600
    assert isinstance(judged(text), Match)
    answer = judged(text, word("film", -4), word("director", -4))
    assert isinstance(answer, NoMatch)
    assert answer.near
    assert answer.reason.endswith("of the 30 that level balanced asks for")
    assert "-8 learned (film -4, director -4)" in answer.reason


def test_one_lowering_word_takes_no_nearness_away() -> None:
    """Words side by side are a strong sign: one word learned does not outweigh it."""
    text = "hostage negotiations in a film " + "filler " * 900
    answer = judged(text, word("film", -5))
    assert isinstance(answer, Match)
    assert [(one.concept, one.points) for one in answer.learned] == [("film", -5)]


def test_the_truth_of_a_query_never_changes() -> None:
    """Its score does: it orders what is told."""
    watched = topic("Talks", query="hostage AND talks")
    raised = judged("hostage talks in doha", word("doha", 5), watched=watched)
    plain = judged("hostage talks in doha", watched=watched)
    lowered = judged("hostage talks in doha", *(word(text, -5) for text in ("doha", "in", "talks")), watched=watched)
    assert isinstance(raised, Match)
    assert isinstance(plain, Match)
    assert isinstance(lowered, Match)
    assert raised.score == plain.score + 5
    assert lowered.score == plain.score - 15
    assert isinstance(judged("talks in doha", word("doha", 5), watched=watched), NoMatch)


def test_a_topic_that_has_it_switched_off_learns_nothing() -> None:
    """`feedback = false` leaves every score as it is."""
    off = replace(topic(NAME), feedback=False)
    answer = judged("hostage negotiations in doha", word("doha", 5), watched=off)
    assert isinstance(answer, Match)
    assert answer.learned == ()
    assert answer == judged("hostage negotiations in doha", watched=off)


def test_nothing_learned_changes_nothing() -> None:
    """Without marks the compiled watchlist is the very same, its index included."""
    watchlist = compile_watchlist(Watchlist((topic(NAME),)), LEXICON)
    assert with_learned(watchlist, {}) is watchlist


@given(
    st.integers(0, 100),
    st.lists(st.integers(-POINTS_WORD, POINTS_WORD).filter(bool), max_size=24),
)
def test_a_shift_keeps_its_bounds_and_adds_up(score: int, points: list[int]) -> None:
    """At most fifteen points, never past 0 or 100, and each word's part goes its own way."""
    names = [f"zorb{chr(97 + number)}" for number in range(len(points))]
    known = [word(name, one) for name, one in zip(names, points, strict=True)]
    shift = shift_score(score, known, ReadArticle(article("", " ".join(names))))
    assert abs(shift.points) <= POINTS_ALL
    assert 0 <= score + shift.points <= 100
    assert shift.points == max(0, min(100, score + max(-POINTS_ALL, min(POINTS_ALL, sum(points))))) - score
    assert sum(one.points or 0 for one in shift.words) == shift.points
    for one, asked in zip(shift.words, points, strict=True):
        assert one.points is not None
        assert 0 <= one.points * (1 if asked > 0 else -1) <= abs(asked)


def test_words_are_kept_whole() -> None:
    """The words kept are folded surface words: a stemmer of another version still reads them."""
    kept = choose_words(article("", "Mediators negotiated in Doha"), LEXICON.idf)
    assert set(kept) <= set(words("Mediators negotiated in Doha"))
