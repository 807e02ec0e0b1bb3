"""Which articles a topic finds, which it does not, and with what evidence."""

from pathlib import Path

import pytest

from monitor.errors import ConfigError, QueryError
from monitor.model import Article, Field, Level, Match, NoMatch, Span, Via, Watchlist
from monitor.topics.match import compile_watchlist, find_answered, judge_article, match_article
from tests.topics.articles import LONG_TALKS, article, compiled, topic

UNRELATED = [
    "football transfer news",
    "interest rates",
    "cybersecurity breach",
    "climate talks",
    "salary negotiations",
    "trade negotiations",
]


def the_match(name: str, known: Article, **more: object) -> Match:
    """The one match of a topic; the test fails where there is none."""
    matches, _ = match_article(compiled(topic(name, **more)), known)  # type: ignore[arg-type]  # topic's own keywords
    assert len(matches) == 1
    return matches[0]


def the_miss(name: str, known: Article, **more: object) -> NoMatch:
    """The one answer for a topic; the test fails where it is a match."""
    (judged,) = judge_article(compiled(topic(name, **more)), known)  # type: ignore[arg-type]  # topic's own keywords
    assert isinstance(judged, NoMatch)
    return judged


@pytest.mark.parametrize("title", ["", LONG_TALKS.split("\n", 1)[0]])
def test_a_name_finds_a_long_article_that_never_says_it(title: str) -> None:
    """The product's promise: the idea is found, not the phrase."""
    assert "hostage negotiations" not in LONG_TALKS.lower()
    match = the_match("Hostage negotiations", article(title, LONG_TALKS))
    assert [evidence.concept for evidence in match.evidence] == ["hostage", "negotiations"]
    assert match.score >= 40


@pytest.mark.parametrize("name", UNRELATED)
def test_other_names_do_not_find_it(name: str) -> None:
    """One shared word is not a topic."""
    assert match_article(compiled(topic(name)), article("", LONG_TALKS)) == ([], [])


@pytest.mark.parametrize("title", [True, False])
def test_the_real_article_is_found_and_only_by_its_topics(corpus: Path, title: bool) -> None:
    """The acceptance article answers "Hostage negotiations" at balanced and none of the unrelated names."""
    text = (corpus / "topics" / "hostage-talks.txt").read_text()
    known = article(text.split("\n", 1)[0] if title else "", text)
    matches, _ = match_article(compiled(topic("Hostage negotiations"), *map(topic, UNRELATED)), known)
    assert [match.topic for match in matches] == ["Hostage negotiations"]


def spaced(between: int) -> Article:
    """Two words of a name with so many words between."""
    return article("", "hostage " + "word " * between + "negotiation")


@pytest.mark.parametrize(
    ("level", "between", "is_found"),
    [
        (Level.STRICT, 4, True),
        (Level.STRICT, 5, False),
        (Level.BALANCED, 9, True),
        (Level.BALANCED, 10, False),
        (Level.BROAD, 29, True),
        (Level.BROAD, 30, False),
    ],
)
def test_the_level_says_how_near_the_words_must_stand(level: Level, between: int, is_found: bool) -> None:
    """Strict is a clause, balanced a sentence, broad a paragraph."""
    matches, near = match_article(compiled(topic("Hostage negotiations", level=level)), spaced(between))
    assert (len(matches), len(near)) == ((1, 0) if is_found else (0, 1))


def test_words_too_far_apart_are_a_near_miss_with_its_distance() -> None:
    """`explain` can say what was missing, and by how much."""
    miss = the_miss("Hostage negotiations", spaced(20))
    assert miss.near
    assert miss.reason == (
        'all of "Hostage negotiations" is there, but not within 10 words: never nearer than 21 words'
    )


def test_title_and_text_do_not_stand_near_each_other() -> None:
    """A word in the title and one in the text are no clause, and the reason says so."""
    miss = the_miss("Hostage negotiations", article("Hostage drama", "negotiations"))
    assert miss.near
    assert miss.reason.endswith("title and text hold one part each")


def test_a_title_that_holds_the_name_is_enough() -> None:
    """In a title no distance counts."""
    title = "Hostages: after a very long, very quiet and for most of the time quite secret winter, negotiations"
    match = the_match("Hostage negotiations", article(title, ""), level=Level.STRICT)
    assert match.title_hit
    assert match.sentence == title


def test_near_across_title_and_text_is_told_as_such() -> None:
    """The reason does not speak of a thousand words where there are none."""
    miss = the_miss("q", article("Hostage drama", "talks"), query="hostage NEAR/2 talks")
    assert miss.reason == "hostage NEAR/2 talks: both are there, but one in the title, one in the text"


def test_a_missing_word_is_named() -> None:
    """A reader sees which word of the name was not there."""
    miss = the_miss("Hostage negotiations", article("", "The hostages came home"))
    assert (miss.reason, miss.near) == ('"negotiations" is not there', False)


@pytest.mark.parametrize(
    ("level", "title", "text", "is_found"),
    [
        (Level.BALANCED, "", "an earthquake", True),
        (Level.BROAD, "", "an earthquake", True),
        (Level.STRICT, "", "an earthquake", False),
        (Level.STRICT, "", "an earthquake, earthquakes", True),
        (Level.STRICT, "Earthquake", "", True),
        (Level.BALANCED, "", "a quake", False),
    ],
)
def test_a_one_word_name(level: Level, title: str, text: str, is_found: bool) -> None:
    """Strict wants more than a mention."""
    assert bool(match_article(compiled(topic("earthquakes", level=level)), article(title, text))[0]) is is_found


def test_words_without_content_are_not_asked_for() -> None:
    """A war in Ukraine is asked for as war and Ukraine; a name of nothing else asks for what it has."""
    assert the_match("The war in Ukraine", article("Ukraine war", "")).score > 0
    assert the_match("The Who", article("Who are the men?", "")).score > 0


@pytest.mark.parametrize("name", ["C. K. Simpson", "C. Simpson", "Simpson"])
def test_an_initial_before_a_name_says_nothing(name: str) -> None:
    """Articles write first names out."""
    assert the_match(name, article("", "Homer Simpson was seen")).evidence[0].concept == "simpson"


@pytest.mark.parametrize("name", ["E. coli", "Plan B", "Vitamin C", "U. S. economy"])
def test_a_letter_that_is_part_of_a_name_is_looked_for(name: str) -> None:
    """Only an initial before a word with a capital is one."""
    assert match_article(compiled(topic(name)), article("", "coli, plan, vitamin, economy"))[0] == []


def test_another_name_is_enough() -> None:
    """`also` names count as much as the first, and the one that was found is told."""
    match = the_match("Hostage negotiations", article("Prisoner swap agreed"), also=("prisoner swap",))
    assert [evidence.concept for evidence in match.evidence] == ["prisoner", "swap"]


@pytest.mark.parametrize("more", [{}, {"query": "hostage AND talks"}])
def test_exclude_vetoes_and_says_so(more: dict[str, str]) -> None:
    """What a person excluded is never told, and `explain` knows that it would have been."""
    known = article("Hostage talks", "A film about it")
    (judged,) = judge_article(compiled(topic("Hostage talks", exclude='film OR "video game"', **more)), known)  # type: ignore[arg-type]  # only query
    assert isinstance(judged, NoMatch)
    assert judged.near
    assert judged.reason == 'it would match, but exclude is true: film OR "video game"'


def test_evidence_holds_the_words_as_they_stand_with_their_places() -> None:
    """A digest marks the very words of the original text, accents, case and all."""
    known = article("CAFÉ talks", "Ｔhe café’s talk on Négo\u00adtiations: negotiated talks.")
    match = the_match("cafe negotiation", known)
    cafe, negotiation = match.evidence
    assert cafe.found == {"café": 2}
    assert cafe.spans == (Span(Field.TITLE, 0, 4), Span(Field.TEXT, 4, 8))
    assert negotiation.found == {"négo\u00adtiations": 1, "negotiated": 1}
    assert known.text[negotiation.spans[0].start : negotiation.spans[0].end] == "Négo\u00adtiations"


def test_the_road_of_each_concept_is_told() -> None:
    """Exactly the word, another form of it, or near another."""
    match = the_match("talks hostage", article("", "Talks about hostages"))
    assert [evidence.via for evidence in match.evidence] == [Via.EXACT, Via.STEM]
    match = the_match(
        "q",
        article("", "Talks about hostages. Long after it, talks"),
        query="talk* NEAR/2 hostage film OR x OR hostage NEAR/2 talk*",
    )
    assert [evidence.via for evidence in match.evidence] == [Via.NEAR, Via.NEAR]


def test_under_near_only_what_stands_near_is_evidence() -> None:
    """A far away word that NEAR did not use is not marked."""
    text = "talks about hostages. " + "word " * 30 + "talks"
    match = the_match("q", article("", text), query="talks NEAR/5 hostage")
    assert match.evidence[0].spans == (Span(Field.TEXT, 0, 5),)


def test_evidence_is_bounded() -> None:
    """An article of nothing but hits cannot blow up a record."""
    match = the_match("q", article("", " ".join(f"kidnap{n}" for n in range(500))), query="kidnap*")
    (evidence,) = match.evidence
    assert (len(evidence.spans), len(evidence.found)) == (40, 20)


def test_the_sentence_is_the_one_that_says_most() -> None:
    """The quoted sentence holds as many of the concepts as any, and initials do not cut it."""
    text = "Hostages wait. Talks fail. U.S. President Lee and Gen. Ray Poe led hostage talks on Monday. Hostage news."
    match = the_match("hostage talks", article("", text))
    assert match.sentence == "U.S. President Lee and Gen. Ray Poe led hostage talks on Monday."


def test_an_endless_sentence_is_shown_around_its_words() -> None:
    """A text without a full stop gives a piece of bounded length that holds the hit."""
    match = the_match("earthquake", article("", "word " * 900 + "earthquake " + "word " * 900))
    assert "earthquake" in match.sentence
    assert len(match.sentence) <= 400


def test_more_and_earlier_words_score_higher() -> None:
    """The score orders: the title counts double, a mention in a long text is worth little."""
    names = [
        article("Hostage talks", "Hostage talks resume. The hostage talks were held."),
        article("News", "Hostage talks resume. The hostage talks were held."),
        article("News", "Hostage talks resume."),
        article("News", "Hostage talks resume. " + "Other words follow. " * 300),
    ]
    scores = [the_match("Hostage talks", known).score for known in names]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 4
    assert all(0 <= score <= 100 for score in scores)


def test_weights_order_and_never_decide() -> None:
    """`^` moves the score, not the truth."""
    known = article("", "hostage " * 10 + "talks")
    heavy = the_match("q", known, query="hostage^5 talks")
    light = the_match("q", known, query="hostage talks^5")
    assert heavy.score > light.score


def test_a_query_without_words_has_evidence_and_score() -> None:
    """Everything of one outlet is a topic too."""
    match = the_match("q", article("x", url="https://www.example.org/1"), query="source:example.org NOT tag:sport")
    assert match.score == 100
    assert [evidence.concept for evidence in match.evidence] == ["source:example.org"]


@pytest.mark.parametrize(
    ("query", "text", "reason", "is_near"),
    [
        ("hostage talks", "hostage", "talks is not there", False),
        ("hostage NEAR/2 talks", "hostage", "talks is not there", False),
        (
            "hostage NEAR/2 talks",
            "hostage a b c d talks",
            "hostage NEAR/2 talks: both are there, but never nearer than 4 between",
            True,
        ),
        (
            "hostage ONEAR/2 talks",
            "talks hostage",
            "hostage ONEAR/2 talks: both are there, but only in another order",
            True,
        ),
        ("hostage NOT film", "hostage film", "film is there, which the query excludes", True),
        ("hostage (a OR b)", "hostage", "none of a OR b is there", False),
        ("atleast3(hostage)", "hostage", "hostage is there 1 times of 3", True),
        ("title:hostage", "hostage", "hostage is not in the title", True),
        ("hostage source:example.org", "hostage", "source:example.org is not so", True),
        ("@towns hostage", "hostage", "none of paris OR lyon is there", False),
        ("film NOT hostage", "hostage", "film is not there", False),
        ("(hostage NEAR/0 hostage) NEAR/0 talks", "hostage", "talks is not there", False),
    ],
)
def test_what_keeps_a_query_from_being_true_is_told(query: str, text: str, reason: str, is_near: bool) -> None:
    """The person who wrote the query sees which part of it failed."""
    (judged,) = judge_article(compiled(topic("q", query=query), towns=("paris", "lyon")), article("", text))
    assert isinstance(judged, NoMatch)
    assert (judged.reason, judged.near) == (reason, is_near)


def test_a_bad_query_names_its_topic_and_place() -> None:
    """A fault in one of forty topics is found at once."""
    with pytest.raises(QueryError) as caught:
        compiled(topic("good"), topic("gulf-shipping", query="tanker NEAR/x attack"))
    assert str(caught.value) == (
        'config/watchlist.toml:7: topic "gulf-shipping": query, column 8: '
        "NEAR/ needs a whole number of words, as in NEAR/12."
    )
    with pytest.raises(QueryError, match='topic "x": exclude, column 2: '):
        compiled(topic("x", exclude="("))


def test_a_name_without_a_word_is_refused() -> None:
    """A topic that could never match is a fault, not a silence."""
    with pytest.raises(ConfigError, match='topic "x": "!!" holds no word'):
        compiled(topic("x", also=("!!",)))


def test_an_empty_watchlist_and_an_empty_article_are_no_trouble() -> None:
    """Nothing in, nothing out."""
    assert match_article(compile_watchlist(Watchlist(())), article("x", "y")) == ([], [])
    assert match_article(compiled(topic("x")), article()) == ([], [])


def test_one_topic_more_leaves_the_others_as_they_were_read() -> None:
    """In a watchlist of thousands an edit costs what was edited."""
    first = compiled(topic("a"), topic("b", query="b NEAR/3 c"), lists=("x",))
    edited = Watchlist((topic("b", query="b OR c"), topic("a"), topic("d")), first.watchlist.lists)

    again = compile_watchlist(edited, earlier=first)

    assert [one.topic.key for one in again.topics] == ["b", "a", "d"]
    assert again.topics[1].names[0] is first.topics[0].names[0]
    assert match_article(again, article("b"))[0] != match_article(first, article("b"))[0]


def test_with_other_lists_every_topic_is_read_anew() -> None:
    """A list that was edited counts in the topics that name it, though they were not touched."""
    asks = topic("a", query="@towns")
    first = compiled(asks, towns=("paris",))

    again = compile_watchlist(Watchlist((asks,), {"towns": ("lyon",)}), earlier=first)

    assert match_article(again, article("Lyon"))[0]


def test_deciding_alone_answers_as_telling_does() -> None:
    """A preview that only counts counts what would be told: `exclude` too."""
    known = compiled(topic("talks", exclude="film"), topic("peace talks"), topic("war"), topic("q", query="talks -war"))
    for text in ("peace talks", "talks on a film", "war talks", ""):
        told = match_article(known, article(text))[0]
        assert find_answered(known, article(text)) == [match.topic for match in told]
