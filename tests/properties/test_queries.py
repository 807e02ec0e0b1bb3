"""Any query is exactly as true as docs/queries.md says, and found exactly there: against a second, slow evaluator."""

import os
import re
from functools import cache
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import QueryError
from monitor.language import detect_language
from monitor.model import Article, Level, Match, NoMatch, Topic
from monitor.model import Watchlist as Watched
from monitor.topics.evaluate import find_places, is_true
from monitor.topics.index import ReadArticle
from monitor.topics.match import compile_watchlist, find_answered, judge_article, match_article
from monitor.topics.meaning import Lexicon
from monitor.topics.query import Query, compile_query
from monitor.topics.wanted import Both, Either, Token, Wanted, article_tokens, ask_for_topic
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

LEXICON = Lexicon(sorted(f"{word}\t{' '.join(f'{other}:60' for other in others)}" for word, others in RELATED.items()))
FREQUENCIES = Lexicon(LEXICON.related_lines, ["at\t2", "cat\t900", "fire\t400", "us\t1"])
"""With word frequencies names are decided by their score."""


class Theme(NamedTuple):
    """Words that meet often: an article and a query of words drawn from everywhere would hardly ever touch."""

    standing: str
    terms: str
    exact: str
    wild: str
    phrased: str

    def leaves(self) -> st.SearchStrategy[Tree]:
        """Terms, phrases and lists of the theme."""
        kinds = [("term", self.terms), ("exact", self.exact), ("wild", self.wild), ("related", self.terms)]
        single = [st.tuples(st.just(kind), st.sampled_from(words.split())) for kind, words in kinds if words]
        row = st.lists(st.sampled_from(self.phrased.split() or [""]), min_size=1, max_size=3).map(tuple)
        phrases = st.tuples(st.just("phrase"), row, st.integers(0, 2))
        lists = st.tuples(st.just("list"), st.sampled_from(sorted(LIST_TREES)))
        return st.one_of(single[0], *single, phrases, phrases, lists) if self.wild else single[0]


KINDS = {"near", "onear", "or", "and", "not", "fact", "field", "weight", "atleast"}
DENSE = Theme("cat dog owl fire", "cat dog owl", "", "", "")
"""Plain words that are almost always there: what decides is where they stand."""
THEMES = [
    Theme("cat Cat cats cattle cat's", "cat cats cattle", "Cat cat", "cat* cat? c?t", "cat cats cat*"),
    Theme("dog Dogs hound owl Owls", "DOGS dog's dog owl wolf hound", "Owls owl", "do?s ?og owl*", "dogs owl do?s"),
    Theme("COVID-19 covid 19 Covid19", "COVID-19 covid 19", "COVID-19 19 COVID", "covid* c??id", "COVID-19 covid* 19"),
    Theme("U.S. US us at AT&T C++", "U.S. us AT&T C++ t c s", "US U.S AT&T C++", "u?s ?t", "U.S. AT&T C++ at t us"),
    Theme(
        "Ann-Marie-Lee O’Neill cease-fire ceasefires fire",
        "Ann-Marie marie O'Neill cease-fire ceasefire fire",
        "fire Ann",
        "ann*l?e ceas*",
        "marie fire",
    ),
    Theme("人質交渉 二人 การเจรจา", "人質 人質交渉 人 เจรจา", "19", "c??s", "人質交渉"),
    Theme("인질협상이 인질 인", "인질 인질협상 인", "인질", "인? 인질협*", "cat"),
    Theme(
        "Verhandlung Verhandlungen Заложники заложников",
        "Verhandlung заложник заложники",
        "Заложники",
        "verhandlung* заложник*",
        "cat",
    ),
    Theme("مُفاوضات والمفاوضات שָׁלוֹם ושלום", "مفاوضات والمفاوضات שלום", "ושלום", "של?ם مفاوض*", "cat"),
    Theme("café Cafe CAFE\u0301S Straße Łódź", "cafe cafés strasse Łódź", "café CAFÉS Straße", "caf? stra*", "Cafés"),
]
EVERYTHING = Theme(" ".join(STANDING), " ".join(TERMS), " ".join(EXACT), " ".join(WILD), " ".join(sorted(PHRASED)))
ANY_THEME = st.sampled_from([DENSE, DENSE, DENSE, *THEMES, EVERYTHING])


def placed(theme: Theme, max_leaves: int = 5) -> st.SearchStrategy[Tree]:
    """What a NEAR may join."""
    leaf = theme.leaves()
    joint = st.sampled_from(["near", "near", "onear"])
    pair = st.tuples(joint, st.integers(0, 3), leaf, leaf)
    held = st.one_of(pair, st.tuples(st.just("weight"), st.just("2"), pair), st.tuples(st.just("or"), pair, leaf))
    return st.recursive(
        st.one_of(leaf, pair, st.tuples(joint, st.integers(0, 1), held, leaf)),
        lambda inner: st.one_of(
            st.tuples(st.just("or"), inner, inner),
            st.tuples(joint, st.integers(0, 3), inner, inner),
            st.tuples(st.just("weight"), st.sampled_from(["2", "0.5"]), inner),
        ),
        max_leaves=max_leaves,
    )


def is_counted(tree: Tree) -> bool:
    """Whether an atleast can count it: a NOT and metadata stand nowhere."""
    return tree[0] not in {"not", "fact"} and all(is_counted(part) for part in tree if is_tree(part))


def counted(tree: Tree) -> Tree:
    """The part alone where it cannot be counted."""
    return tree if is_counted(tree[2]) else tree[2]


def is_tree(part: object) -> bool:
    """Whether a part of a tree is a tree itself."""
    return isinstance(part, tuple) and bool(part) and part[0] in KINDS


def grown(leaves: st.SearchStrategy[Tree], max_leaves: int) -> st.SearchStrategy[Tree]:
    """Trees over these leaves with everything that needs no place."""
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(st.sampled_from(["and", "or"]), inner, inner),
            st.tuples(st.just("and"), inner, inner, inner),
            st.tuples(st.just("not"), inner),
            st.tuples(st.just("atleast"), st.integers(1, 4), inner).map(counted),
            st.tuples(st.just("weight"), st.sampled_from(["3", "0.25"]), inner),
        ),
        max_leaves=max_leaves,
    )


@cache
def trees(theme: Theme) -> st.SearchStrategy[Tree]:
    """Whole queries."""
    fields = st.sampled_from(["title", "lead", "body"])
    in_a_field = st.tuples(st.just("field"), fields, grown(placed(theme), 3))
    facts = st.tuples(st.just("fact"), st.sampled_from(sorted(FACTS)))
    any_leaf = st.one_of(placed(theme), in_a_field, facts)
    return st.one_of(placed(theme), in_a_field, grown(placed(theme), 4), grown(any_leaf, 5))


OUTLETS: list[dict[str, Any]] = [
    {"host": "", "source": "", "author": "", "tags": ()},
    {"host": "bbc.co.uk", "source": "The Gulf Wire", "author": "Ann Smith", "tags": ("Energy policy", "UK")},
    {"host": "news.bbc.co.uk", "source": "", "author": "", "tags": ("Energy policy",)},
    {"host": "notbbc.co.uk", "source": "", "author": "Ann Smith", "tags": ()},
]


@st.composite
def known_articles(draw: st.DrawFn, theme: Theme) -> Known:
    """Articles of few words in several languages, some so long that the lead ends among them."""
    standing = st.sampled_from(theme.standing.split())
    filler = draw(st.sampled_from([0, 0, 0, 0, 57, 58, 59]))
    title = draw(st.lists(standing, max_size=4))
    text = ["lodz"] * filler + draw(st.lists(standing, max_size=9))
    said = draw(st.sampled_from(["", "en", "en", "de", "de-AT", "ru", "ar", "he", "ko", "ja"]))
    return Known(
        title=title,
        text=text,
        language=said or detect_language(" ".join([*title, *text])) or "",
        is_language_said=bool(said),
        **draw(st.sampled_from(OUTLETS)),
    )


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Tree, Known]:
    """A query and an article that have words in common."""
    theme = draw(ANY_THEME)
    return draw(trees(theme)), draw(known_articles(theme))


def told(known: Known) -> Article:
    """The article as the matcher gets it."""
    return article(
        " ".join(known.title),
        " ".join(known.text),
        **({"language": known.language} if known.is_language_said else {}),
        url=f"https://{known.host or 'example.org'}/sport/1",
        source=known.source,
        author=known.author,
        tags="|".join(known.tags),
    )


def understood(tree: Tree, *, foreign: bool) -> Query:
    """The compiled query of a tree."""
    return compile_query(write(tree, foreign=foreign), LISTS, LEXICON, is_exclusion=True)


@given(pairs(), st.booleans())
@settings(max_examples=400 * TIMES, deadline=None)
def test_any_query_is_true_and_found_as_the_slow_evaluator_says(pair: tuple[Tree, Known], foreign: bool) -> None:
    """Every operator, field and kind of word means what the page says, in every combination, in several languages.

    Counting, NEAR and the marked words start from the very occurrences, so these are compared as well.
    """
    tree, known = pair
    query = understood(tree, foreign=foreign)
    read, slow = ReadArticle(told(known)), Slow(known)
    assert is_true(query.root, read) == slow.truth(tree, EVERYWHERE), query.normalised
    places = find_places(query.root, read)
    seen = [
        Place("title", *place) if place.first < read.text_start else
        Place("text", place.first - read.text_start, place.last - read.text_start)
        for place in places
    ]  # fmt: skip
    assert places == sorted(set(places))
    assert set(seen) == slow.places(tree, EVERYWHERE), query.normalised


@given(ANY_THEME.flatmap(trees), st.booleans())
@settings(max_examples=150 * TIMES, deadline=None)
def test_what_is_said_back_reads_to_the_same_query(tree: Tree, foreign: bool) -> None:
    """The normalised query is the query: a person may put it in place of their own."""
    query = understood(tree, foreign=foreign)
    again = compile_query(query.normalised, LISTS, LEXICON, is_exclusion=True)
    columns = re.compile(r"column=\d+")
    assert columns.sub("", repr(again.root)) == columns.sub("", repr(query.root))
    assert again.normalised == query.normalised


@st.composite
def topics(draw: st.DrawFn, number: int, theme: Theme) -> Topic:
    """A topic: a name, with others that are enough, or a query; some exclude."""
    exclude = draw(st.none() | placed(theme, 2).map(write))
    level = draw(st.sampled_from(Level))
    if draw(st.booleans()):
        query = write(draw(trees(theme)), foreign=draw(st.booleans()))
        try:
            compile_query(query, LISTS, LEXICON)
        except QueryError:  # looks for no word
            query = f"{query} OR lodz"
        return topic(f"query {number}", query=query, exclude=exclude, level=level)
    words = st.sampled_from([*theme.standing.split(), "The", "in", "negotiations"])
    names = st.lists(words, min_size=1, max_size=4).map(" ".join)
    return topic(draw(names), also=tuple(draw(st.lists(names, max_size=1))), exclude=exclude, level=level)


@given(st.data(), ANY_THEME, st.integers(1, 6), st.integers(1, 3), st.sampled_from([LEXICON, FREQUENCIES]))
@settings(max_examples=70 * TIMES, deadline=None)
def test_no_topic_is_lost_by_looking_at_rare_words_first(
    data: st.DataObject, theme: Theme, topic_count: int, article_count: int, lexicon: Lexicon
) -> None:
    """The way that is fast for a thousand topics gives the answers of the way that judges each."""
    watched = tuple(data.draw(topics(number, theme)) for number in range(topic_count))
    watchlist = compile_watchlist(Watched(watched, LISTS), lexicon)
    for _ in range(article_count):
        known = told(data.draw(known_articles(theme)))
        judged = judge_article(watchlist, known)
        matches, near = match_article(watchlist, known)
        assert matches == [one for one in judged if isinstance(one, Match)]
        assert near == [one for one in judged if isinstance(one, NoMatch) and one.near]
        assert find_answered(watchlist, known) == [match.topic for match in matches]


LANGUAGES = ("", "ar", "de", "en", "he", "ko", "ru")
"""Of other articles that stand in the index."""


def holds(tokens: set[str], wanted: Wanted | None) -> bool:
    """Whether an index that has these tokens of an article finds it."""
    if wanted is None:
        return True
    if isinstance(wanted, Token):
        return any(token.startswith(wanted.text) for token in tokens) if wanted.is_prefix else wanted.text in tokens
    if isinstance(wanted, Both):
        return all(holds(tokens, part) for part in wanted.parts)
    assert isinstance(wanted, Either)
    return any(holds(tokens, part) for part in wanted.parts)


@given(st.data(), ANY_THEME, st.integers(1, 4), st.sampled_from([LEXICON, FREQUENCIES]))
@settings(max_examples=150 * TIMES, deadline=None)
def test_no_match_is_lost_by_looking_into_an_index_first(
    data: st.DataObject, theme: Theme, article_count: int, lexicon: Lexicon
) -> None:
    """What the archive's index is asked for finds every article that answers, in every language."""
    watchlist = compile_watchlist(Watched((data.draw(topics(0, theme)),), LISTS), lexicon)
    for _ in range(article_count):
        known = told(data.draw(known_articles(theme)))
        language, tokens = article_tokens(known)
        wanted = ask_for_topic(watchlist.topics[0], (*LANGUAGES, language))
        if match_article(watchlist, known)[0]:
            assert holds(tokens, wanted)
