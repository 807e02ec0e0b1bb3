"""Any query is exactly as true as docs/queries.md says, and found exactly there: against a second, slow evaluator."""

import os
import re

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from monitor.errors import QueryError
from monitor.model import Article, Level, Match, NoMatch, Topic
from monitor.model import Watchlist as Watched
from monitor.topics.evaluate import find_places, is_true
from monitor.topics.index import ReadArticle
from monitor.topics.match import compile_watchlist, judge_article, match_article
from monitor.topics.meaning import Lexicon
from monitor.topics.query import Query, compile_query
from tests.properties.slow_queries import (
    EVERYWHERE,
    EXACT,
    FACTS,
    LIST_TREES,
    LISTS,
    PHRASED,
    RELATED,
    STANDING,
    TERMS,
    WILD,
    Known,
    Place,
    Slow,
    Tree,
    write,
)
from tests.topics.articles import article, topic

TIMES = int(os.environ.get("MONITOR_TEST_TIMES", "1"))
"""So many times more examples than in the suite; 50 is a good last look at a change of the evaluator."""

LEXICON = Lexicon(
    {word: " ".join(f"{other}:60" for other in others) for word, others in RELATED.items()}, sorted(RELATED)
)
FREQUENCIES = Lexicon(LEXICON.related_words, LEXICON.related_sorted, ["at", "cat", "fire", "us"], [2, 900, 400, 1])
"""With word frequencies names are decided by their score."""

LEAVES = st.one_of(
    st.tuples(st.just("term"), st.sampled_from(TERMS)),
    st.tuples(st.just("exact"), st.sampled_from(EXACT)),
    st.tuples(st.just("wild"), st.sampled_from(WILD)),
    st.tuples(st.just("related"), st.sampled_from(["dog", "dogs", "owl", "wolf", "cat", "fire", "COVID-19"])),
    st.tuples(
        st.just("phrase"),
        st.lists(st.sampled_from(sorted(PHRASED)), min_size=1, max_size=3).map(tuple),
        st.integers(0, 2),
    ),
    st.tuples(st.just("list"), st.sampled_from(sorted(LIST_TREES))),
)
PLACED = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(st.just("or"), inner, inner),
        st.tuples(st.sampled_from(["near", "onear"]), st.integers(0, 4), inner, inner),
        st.tuples(st.just("weight"), st.sampled_from(["2", "0.5"]), inner),
    ),
    max_leaves=5,
)
"""What a NEAR may join."""


def grown(leaves: st.SearchStrategy[Tree], max_leaves: int) -> st.SearchStrategy[Tree]:
    """Trees over these leaves with everything that needs no place."""
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(st.sampled_from(["and", "or"]), inner, inner),
            st.tuples(st.just("and"), inner, inner, inner),
            st.tuples(st.just("not"), inner),
            st.tuples(st.just("atleast"), st.integers(1, 4), inner),
            st.tuples(st.just("weight"), st.sampled_from(["3", "0.25"]), inner),
        ),
        max_leaves=max_leaves,
    )


IN_A_FIELD = st.tuples(st.just("field"), st.sampled_from(["title", "lead", "body"]), grown(PLACED, 3))
TREES = grown(st.one_of(PLACED, IN_A_FIELD, st.tuples(st.just("fact"), st.sampled_from(sorted(FACTS)))), 5)
LONG = ["cat", *["fire"] * 56, "owl", "dog"]
"""So many words that the lead ends within what follows them."""


@st.composite
def known_articles(draw: st.DrawFn) -> Known:
    """Articles of the vocabulary in several languages, some long enough to have more than a lead."""
    standing = st.sampled_from(STANDING)
    text = draw(st.lists(standing, max_size=9))
    return Known(
        title=draw(st.lists(standing, max_size=4)),
        text=[*LONG, *text] if draw(st.integers(0, 7)) == 7 else text,
        language=draw(st.sampled_from(["en", "de", "de-AT", "ru", "ar", "he", "ko", "ja"])),
        host=draw(st.sampled_from(["", "bbc.co.uk", "news.bbc.co.uk", "notbbc.co.uk"])),
        source=draw(st.sampled_from(["", "The Gulf Wire"])),
        author=draw(st.sampled_from(["", "Ann Smith"])),
        tags=draw(st.sampled_from([(), ("Energy policy", "UK")])),
    )


def told(known: Known) -> Article:
    """The article as the matcher gets it."""
    return article(
        " ".join(known.title),
        " ".join(known.text),
        language=known.language,
        url=f"https://{known.host or 'example.org'}/sport/1",
        source=known.source,
        author=known.author,
        tags="|".join(known.tags),
    )


def understood(tree: Tree, *, foreign: bool) -> Query:
    """The compiled query of a tree."""
    return compile_query(write(tree, foreign=foreign), LISTS, LEXICON, is_exclusion=True)


@given(TREES, known_articles(), st.booleans())
@settings(max_examples=700 * TIMES, deadline=None)
def test_any_query_is_as_true_as_the_slow_evaluator_says(tree: Tree, known: Known, foreign: bool) -> None:
    """Every operator, field and kind of word means what the page says, in every combination, in several languages."""
    query = understood(tree, foreign=foreign)
    assert is_true(query.root, ReadArticle(told(known))) == Slow(known).truth(tree, EVERYWHERE), query.normalised


@given(TREES, known_articles())
@settings(max_examples=500 * TIMES, deadline=None)
def test_places_are_those_of_the_slow_evaluator(tree: Tree, known: Known) -> None:
    """Counting, NEAR and the marked words start from the very occurrences."""
    read = ReadArticle(told(known))
    places = find_places(understood(tree, foreign=False).root, read)
    seen = [
        Place("title", *place) if place.first < read.text_start else
        Place("text", place.first - read.text_start, place.last - read.text_start)
        for place in places
    ]  # fmt: skip
    assert places == sorted(set(places))
    assert set(seen) == Slow(known).places(tree, EVERYWHERE)


@given(TREES, st.booleans())
@settings(max_examples=300 * TIMES, deadline=None)
def test_what_is_said_back_reads_to_the_same_query(tree: Tree, foreign: bool) -> None:
    """The normalised query is the query: a person may put it in place of their own."""
    query = understood(tree, foreign=foreign)
    again = compile_query(query.normalised, LISTS, LEXICON, is_exclusion=True)
    columns = re.compile(r"column=\d+")
    assert columns.sub("", repr(again.root)) == columns.sub("", repr(query.root))
    assert again.normalised == query.normalised


NAMED = st.lists(st.sampled_from([*STANDING, "The", "in", "negotiations"]), min_size=1, max_size=4).map(" ".join)


@st.composite
def topics(draw: st.DrawFn, number: int) -> Topic:
    """A topic: a name, with others that are enough, or a query; some exclude."""
    exclude = draw(st.none() | PLACED.map(write))
    level = draw(st.sampled_from(Level))
    if draw(st.booleans()):
        query = write(draw(TREES), foreign=draw(st.booleans()))
        try:
            compile_query(query, LISTS, LEXICON)
        except QueryError:  # looks for no word
            assume(False)
        return topic(f"query {number}", query=query, exclude=exclude, level=level)
    name = draw(NAMED)
    return topic(name, also=tuple(draw(st.lists(NAMED, max_size=1))), exclude=exclude, level=level)


@given(
    st.data(),
    st.integers(1, 8),
    st.lists(known_articles(), min_size=1, max_size=4),
    st.sampled_from([LEXICON, FREQUENCIES]),
)
@settings(max_examples=150 * TIMES, deadline=None)
def test_no_topic_is_lost_by_looking_at_rare_words_first(
    data: st.DataObject, count: int, articles: list[Known], lexicon: Lexicon
) -> None:
    """The way that is fast for a thousand topics gives the answers of the way that judges each."""
    watched = tuple(data.draw(topics(number)) for number in range(count))
    watchlist = compile_watchlist(Watched(watched, LISTS), lexicon)
    for known in map(told, articles):
        judged = judge_article(watchlist, known)
        matches, near = match_article(watchlist, known)
        assert matches == [one for one in judged if isinstance(one, Match)]
        assert near == [one for one in judged if isinstance(one, NoMatch) and one.near]
