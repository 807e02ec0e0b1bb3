"""A score falls apart into what was found, and the parts add up to it."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Level, Match, Via, Watchlist
from monitor.topics.lexicon import load_lexicon
from monitor.topics.match import compile_watchlist, judge_article
from monitor.topics.points import share_points
from tests.topics.articles import LONG_TALKS, article, compiled, topic

LEXICON = load_lexicon()


def matched(query: str | None, text: str, *, title: str = "", name: str = "Hostage negotiations") -> Match:
    """The match of one text."""
    (judged,) = judge_article(compiled(topic(name, query=query)), article(title, text))
    assert isinstance(judged, Match)
    return judged


def points_of(match: Match) -> dict[tuple[str, Via], int | None]:
    """What each piece brings."""
    return {(piece.concept, piece.via): piece.points for piece in match.evidence}


@given(st.integers(0, 100), st.lists(st.floats(0, 1e6), min_size=1, max_size=30))
def test_shares_add_up_and_are_just(total: int, parts: list[float]) -> None:
    """Whatever is shared out, nothing is lost, and no part is a whole point off what is due to it."""
    shares = share_points(total, parts)
    assert sum(shares) == total
    assert min(shares) >= 0
    whole = sum(parts)
    if whole > 1e-9:
        assert all(abs(share - total * part / whole) < 1 for share, part in zip(shares, parts, strict=True))


def test_nothing_found_shares_nothing() -> None:
    """Without a part there is nothing to share out."""
    assert share_points(40, []) == []
    assert share_points(100, [0.0, 0.0, 0.0]) == [34, 33, 33]


def test_each_road_to_a_word_of_a_name_has_its_points() -> None:
    """The word itself and its related words are told apart, and related ones bring less."""
    watchlist = compile_watchlist(Watchlist((topic("Hostage negotiations"),)), LEXICON)
    (judged,) = judge_article(watchlist, article("", LONG_TALKS))
    assert isinstance(judged, Match)
    assert sum(piece.points or 0 for piece in judged.evidence) == judged.score
    points = {(piece.concept, piece.via is Via.SYNONYM): piece.points or 0 for piece in judged.evidence}
    assert points["hostage", False] > points["hostage", True] > 0


def test_points_of_a_query_are_those_of_its_words() -> None:
    """The rarer and more frequent word brings more; what a query excludes or asks of the source brings nothing."""
    match = matched("hostage AND talks AND NOT drill AND NOT source:elsewhere.example", "hostage hostage hostage talks")
    points = points_of(match)
    assert sum(value or 0 for value in points.values()) == match.score
    assert (points["hostage", Via.EXACT] or 0) > (points["talks", Via.EXACT] or 0) > 0


def test_a_choice_is_shared_by_the_words_that_were_found() -> None:
    """Of a list of words, those that stand there have the points, as often as they stand there."""
    match = matched("(hostage OR captive OR prisoner) AND talks", "captive hostage hostage talks")
    points = points_of(match)
    assert ("prisoner", Via.EXACT) not in points
    assert (points["hostage", Via.EXACT] or 0) > (points["captive", Via.EXACT] or 0) > 0
    assert sum(value or 0 for value in points.values()) == match.score


def test_a_score_stands_on_what_was_found() -> None:
    """Of two ways to be true the one that is true is scored, however often half of the other is there."""
    text = "hostage talks " + "storm " * 50
    match = matched("(hostage AND talks) OR (storm AND flood)", text)
    assert {concept for concept, _ in points_of(match)} == {"hostage", "talks"}
    assert sum(value or 0 for value in points_of(match).values()) == match.score
    assert match.score == matched("hostage AND talks", text).score


def test_weights_move_points() -> None:
    """`^` says how much a word counts."""
    plain = points_of(matched("hostage AND talks", "hostage talks"))
    raised = points_of(matched("hostage^5 AND talks", "hostage talks"))
    assert (raised["hostage", Via.EXACT] or 0) > (plain["hostage", Via.EXACT] or 0)


def test_a_query_without_words_shares_its_hundred() -> None:
    """What it asks of the source and the tags is all there is to say."""
    (judged,) = judge_article(
        compiled(topic("All", query="source:example.org tag:world")),
        article("", "x", url="https://example.org/a", tags="world"),
    )
    assert isinstance(judged, Match)
    assert [piece.points for piece in judged.evidence] == [50, 50]


def test_a_strict_name_of_one_word_has_all_points() -> None:
    """One word, one piece of evidence."""
    (judged,) = judge_article(compiled(topic("Talks", level=Level.STRICT)), article("Talks", ""))
    assert isinstance(judged, Match)
    assert [piece.points for piece in judged.evidence] == [judged.score]
