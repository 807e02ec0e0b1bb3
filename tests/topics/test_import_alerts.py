"""Google Alerts queries mean here what they mean there, or are refused with what to write."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model import Article, ArticleId, Match, Schedule, Topic, TopicKey, Watchlist
from monitor.topics.import_alerts import read_alerts
from monitor.topics.match import compile_watchlist, judge_article
from monitor.topics.query import compile_query


@pytest.mark.parametrize(
    ("there", "here"),
    [
        ("hostage talks", "hostage AND talks"),
        ("talks london OR paris", "talks AND (london OR paris)"),
        ("a OR b c OR d", "(a OR b) AND (c OR d)"),
        ("(a b) OR c", "(a AND b) OR c"),
        ("((a OR b) (c OR d))", "(a OR b) AND (c OR d)"),
        ("a | b", "a OR b"),
        ('"peace talks" -film', '"peace talks" AND (NOT film)'),
        ("“peace talks” -“box office”", '"peace talks" AND (NOT "box office")'),
        ("hostage -(film OR game)", "hostage AND (NOT (film OR game))"),
        ("peace - talks", "peace AND talks"),
        ("t-.b oil", '"t-.b" AND oil'),
        ("covid-19 -sars-2", "covid-19 AND (NOT sars-2)"),
        ("intitle:quake site:bbc.co.uk", "title:quake AND source:bbc.co.uk"),
        ('intitle:"big quake" intext:japan', 'title:"big quake" AND body:japan'),
        ("intitle:(quake OR tsunami) japan", "(title:quake OR title:tsunami) AND japan"),
        ("allintitle: quake japan", "title:quake AND title:japan"),
        ("cup site:bbc.co.uk/sport/", 'cup AND (source:bbc.co.uk AND url:"bbc.co.uk/sport")'),
        ("oil -site:https://www.example.com/", "oil AND (NOT source:example.com)"),
        ("oil site:*.example.com", "oil AND source:example.com"),
        ("inurl:sport cup", "url:sport AND cup"),
        ("source:gulf_wire oil", 'source:"gulf wire" AND oil'),
        ('a AROUND(5) "b c"', 'a NEAR/5 "b c"'),
        ("AT&T C++ #metoo", '"AT&T" AND "C++" AND "#metoo"'),
        ("Doctor:Who lead:x", '"Doctor:Who" AND "lead:x"'),
        ("near5 NEAR w/5 -AND", '"near5" AND "NEAR" AND "w/5" AND (NOT "AND")'),
        ("peace AND talks", "peace AND talks"),
        ("what? now! (really)", "what AND now AND really"),
        ("Google Alert - climate OR warming", "climate OR warming"),
        ("Google Alerts – climate", "climate"),
        ("人质 谈判", "人质 AND 谈判"),
    ],
)
def test_a_query_keeps_its_meaning(there: str, here: str) -> None:
    """OR binds first there, so parentheses are written; what is a word there is never an operator here."""
    reading = read_alerts([(7, there)])
    assert reading.left_out == []
    (topic,) = reading.topics
    assert topic.query is not None
    assert topic.line == 7
    assert compile_query(topic.query).normalised == compile_query(here).normalised


@pytest.mark.parametrize(
    ("there", "reason", "remedy"),
    [
        ("a NOT b", "NOT is an ordinary word for Google", "Write -word for what must not be there."),
        ('"open', "a quote is not closed", 'Write phrases in two quotes, as in "peace talks".'),
        ("a (b", "a parenthesis is not closed", "Close it."),
        ("a) b", "a parenthesis is closed that was not opened", "Take it out."),
        ("a OR", "the OR or AROUND at the end joins nothing", "Write a word on both sides of it"),
        ("OR a", "OR joins nothing", "Write a word on both sides of it"),
        ("()", "nothing is looked for", "Write a word that is to be found."),
        ('"a * b"', "in Google's quotes * stands for whole words", "Write NEAR/3 between"),
        ("negotiat*", "Google's * stands for whole words", "Write the ending openly by hand"),
        ("+oil", "+ asks for the very word", "Write =oil for its very form."),
        ("2010..2020 war", "a span of numbers cannot be asked", "Leave it out."),
        ("tax site:gov", "site:gov is a part of the web", "Name outlets whole"),
        ("filetype:pdf a", "filetype: cannot be asked here", "Every article comes from a feed."),
        ("a after:2026-01-01", "after: cannot be asked here", "leave the date out"),
        ("a intitle:", "intitle: has nothing behind it", "Write it right there, as in intitle:word."),
        ("a allintitle: b", "allintitle: cannot be asked here", "Write it first"),
        ("(" * 30 + "a" + ")" * 30, "parentheses stand too deep inside each other", "Take some away."),
        ("a " * 2_000, "the query is longer than 2,048 characters", "Split it into several."),
    ],
)
def test_what_cannot_be_said_is_refused(there: str, reason: str, remedy: str) -> None:
    """With its line, the reason and what to write; never read as something else."""
    reading = read_alerts([(3, there)])
    assert reading.topics == []
    (left_out,) = reading.left_out
    assert (left_out.line, left_out.reason) == (3, reason)
    assert remedy in left_out.remedy


def test_words_that_google_passes_over_are_told() -> None:
    """They would be looked for here."""
    (topic,) = read_alerts([(1, "research and development or sales")]).topics
    assert topic.query == "research AND development AND sales"
    assert topic.notes[1].endswith("For either of two write OR.")


WORDS = ("zorn", "blik", "quaf", "mard", "tupp")
_term = st.sampled_from(WORDS) | st.tuples(st.sampled_from(WORDS), st.sampled_from(WORDS)).map(
    lambda two: " ".join(two)
)
_group = st.lists(_term, min_size=1, max_size=3)
_query = st.tuples(st.lists(_group, min_size=1, max_size=3), st.lists(_term, max_size=2))


def _quoted(term: str) -> str:
    return f'"{term}"' if " " in term else term


@settings(max_examples=120)
@given(_query, st.lists(st.sampled_from(WORDS), max_size=8), st.booleans())
def test_simple_queries_mean_the_same(
    query: tuple[list[list[str]], list[str]], text: list[str], has_parens: bool
) -> None:
    """Every group of alternatives is there, and nothing behind a minus: read by brute force and by our matcher."""
    groups, nots = query
    form = "({})" if has_parens else "{}"
    said = " ".join(
        [form.format(" OR ".join(map(_quoted, group))) for group in groups] + [f"-{_quoted(n)}" for n in nots]
    )
    (topic,) = read_alerts([(1, said)]).topics

    def holds(term: str) -> bool:
        return f" {term} " in f" {' '.join(text)} "

    meant = all(any(map(holds, group)) for group in groups) and not any(map(holds, nots))
    watched = Topic(TopicKey("t"), "T", Schedule("UTC", now=True), (), query=topic.query)
    (judged,) = judge_article(compile_watchlist(Watchlist((watched,))), Article(ArticleId(1), "", " ".join(text)))
    assert isinstance(judged, Match) is meant, said


@settings(max_examples=150)
@given(st.text(alphabet=st.sampled_from("ab \"()|-:*OR+~&.\\'“” \u202e\x00人siteintitle/")))
def test_any_line_is_a_good_query_or_is_refused(line: str) -> None:
    """Whatever stands in a list, nothing breaks; what comes out is our language, or is told by its own fault."""
    reading = read_alerts([(1, line)])
    assert len(reading.topics) + len(reading.left_out) <= 1
    for topic in reading.topics:
        assert topic.query
        compile_query(topic.query, is_exclusion=True)  # where a NOT may stand alone
