"""The query language: what is read, how it is said back, what is refused, and what only looks odd."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import QueryError
from monitor.topics.meaning import Lexicon
from monitor.topics.query import compile_query, is_query

LISTS = {"groups": ("Hamas", "Islamic Jihad", "=SAP"), "one": ("layoff*",), "empty": (), "bad": ("!!",)}


@pytest.mark.parametrize(
    ("written", "normalised"),
    [
        ("hostage talks", "hostage AND talks"),
        ("a OR b AND NOT c d", "a OR (b AND (NOT c) AND d)"),
        (
            '(tanker OR vessel OR "cargo ship") NEAR/12 (attack* OR seiz*) NOT source:example.com',
            '((tanker OR vessel OR "cargo ship") NEAR/12 (attack* OR seiz*)) AND (NOT source:example.com)',
        ),
        ("a NEAR b ONEAR c", "(a NEAR/10 b) ONEAR/10 c"),
        ("a | b & c", "a OR (b AND c)"),
        ("a -film !game", "a AND (NOT film) AND (NOT game)"),
        ("NOT NOT a b", "(NOT (NOT a)) AND b"),
        ("peace-talks AT&T C++ U.S.", "peace-talks AND AT&T AND C++ AND U.S"),
        ("a w/5 b pre/3 c", "(a NEAR/5 b) ONEAR/3 c"),
        ("a near/5f b adj4 c", "(a ONEAR/5 b) ONEAR/4 c"),
        ('repeat3:"held hostage"', 'atleast3("held hostage")'),
        ("ATLEAST2 hostage", "atleast2(hostage)"),
        ("atleast2(a OR b)^2.5", "atleast2(a OR b)^2.5"),
        ("intitle:a hd=b headline:c ingress:d", "title:a AND title:b AND title:c AND lead:d"),
        ("site:bbc.co.uk domain:example.org", "source:bbc.co.uk AND source:example.org"),
        ('source:(bbc.co.uk OR "Gulf Wire")', 'source:bbc.co.uk OR source:"Gulf Wire"'),
        ("title:(a OR b^2)", "title:(a OR b^2)"),
        ("source: bbc.co.uk", "source:bbc.co.uk"),
        ("title:(a^2)", "title:(a^2)"),
        ("title:(=SAP OR ~x) lead:=SAP -=WHO", "title:(=SAP OR ~x) AND lead:=SAP AND (NOT =WHO)"),
        ("title:a^2", "title:a^2"),
        ("words:>300 a", "words:>300 AND a"),
        ("url:example.com/live?x=1 a", 'url:"example.com/live?x=1" AND a'),
        ('“peace talks”~3', '"peace talks"~3'),
        ("@groups =Apple", "@groups AND =Apple"),
        ("a # and so on (\n b", "a AND b"),
    ],
)  # fmt: skip
def test_a_query_is_said_back_with_every_parenthesis(written: str, normalised: str) -> None:
    """Precedence and foreign spellings are shown as they were understood, and read back to the same query."""
    query = compile_query(written, LISTS)
    assert query.normalised == normalised
    assert compile_query(query.normalised, LISTS).normalised == normalised


@pytest.mark.parametrize(
    ("written", "column", "said"),
    [
        ("", 1, "the query is empty"),
        ("# only a remark", 16, "the query is empty"),
        ("a NEAR/x b", 3, "NEAR/ needs a whole number of words, as in NEAR/12."),
        ("a w/ b", 3, "w/ needs a whole number of words, as in w/12."),
        ("a NEAR/501 b", 3, "NEAR/501 is wider than 500 words. Use AND"),
        ("a NEAR (b c)", 8, "NEAR joins words, phrases and OR-groups only"),
        ("(NOT a) NEAR b", 1, "NEAR joins words"),
        ("a AND", 6, "the query ends where a word is needed"),
        ("OR a", 1, "a word is needed before OR"),
        ("a (b OR (c)", 3, "( is not closed"),
        ("a b) c", 4, ") has no ( before it"),
        ('a "b c', 3, "the quotes are not closed"),
        ('"..." a', 1, "the quotes hold no word"),
        ('"a b"~x', 1, "~ after a phrase needs a whole number"),
        ("ne* talks", 1, "* needs at least three letters before it. As in negotiat*."),
        ("a ? b", 3, "? holds no letter"),
        ("titel:a", 1, "unknown field titel:. Did you mean title:?"),
        ("x 10:30", 5, ": means nothing here. Put text with such signs in quotes"),
        ("title:(a source:b)", 10, "source: stands inside title:"),
        ("source:(a NEAR b)", 9, "NEAR joins words"),
        ("source:(atleast2 x)", 9, "source: takes a value"),
        ("words:many a", 7, "words: needs a whole number, as in words:>300."),
        ("~\"a b\"", 1, "~ stands before one plain word"),
        ("=news* a", 1, "= stands before one plain word"),
        ("- a", 1, "- must stand right before a word"),
        ("a^", 2, "^ needs a weight"),
        ("a ^2", 3, "^ must stand right behind"),
        ("atleast0(a)", 1, "atleast counts from 1"),
        ("@grups a", 1, "there is no list grups. Did you mean @groups?"),
        ("@empty a", 1, "the list empty is empty"),
        ("@bad a", 1, "entry 1 of the list bad"),
        ("@ a", 1, "@ needs the name of a list"),
        ("a, b", 2, ", means nothing here"),
        ("NOT film", 1, "the query looks for no word"),
        ("lang:de", 1, "the query looks for no word"),
        ("(" * 50 + "a" + ")" * 50, 41, "more than 40 parentheses"),
        ("a " * 30_000, 1, "the query is longer than 50000 characters"),
        ("NOT " * 200 + "a", 161, "more than 40 parentheses"),
        ("a ()", 3, "the parentheses hold nothing"),
        ("title: AND a", 1, "title: needs a word right behind it. As in title:quake."),
        ("a NEAR NOT b", 8, "NEAR joins words, phrases and OR-groups only. Move the NOT outside."),
        ("atleast2(a NOT b)", 1, "atleast counts words and phrases only"),
        ("atleast (a)", 1, "atleast needs a number right behind it. As in atleast3(hostage)."),
        ("a NEAR/99999999999 b", 3, "is wider than 500 words"),
        ("atleast99999999999(a)", 1, "atleast counts from 1 to 500"),
        ("words:99999999999 a", 7, "words: needs a whole number"),
        ("NEAR/3 a", 1, "a word is needed before NEAR/"),
        ("a 🚀", 3, "🚀 means nothing here. Emoji and symbols are not looked for; write words."),
        ("‘peace talks’", 1, 'Write phrases in double quotes, as in "peace talks".'),
        ("#metoo", 7, "For a hashtag write metoo."),
        ("人質?交 a", 1, "* and ? mean nothing in this script"),
        ("raw: a", 1, "raw: is not part of the language"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_its_column(written: str, column: int, said: str) -> None:
    """A person is told what is wrong, at which sign, and what to write instead."""
    with pytest.raises(QueryError) as caught:
        compile_query(written, LISTS)
    assert said in str(caught.value)
    assert caught.value.column == column
    assert str(caught.value).startswith(f"column {column}: ")


def test_metadata_alone_may_name_a_source_or_tag() -> None:
    """A topic may be everything of one outlet; an exclusion may be anything."""
    assert compile_query("source:bbc.co.uk NOT tag:sport").leaves == ()
    assert compile_query("NOT source:example.com").normalised == "NOT source:example.com"
    assert compile_query("lang:de", is_exclusion=True).normalised == "lang:de"


@pytest.mark.parametrize(
    ("written", "lint"),
    [
        ("a NEAR/51 b", "NEAR/51 is so wide"),
        ("a OR NOT b", "OR NOT b is true of almost every article"),
        ("hostage and talks", "column 9: and is looked for as a word"),
        ("US troops", 'column 1: US also finds the word "us". Write =US'),
        ("a #metoo b", "column 3: #metoo and the rest of its line is a comment. For a hashtag write metoo."),
        ("~layoffs", "~ adds nothing: no related terms are installed."),
        ("a OR b c", "column 1: AND binds before OR, so this is read as a OR (b AND c)"),
        ("(x AND a OR b)", "column 2: AND binds before OR, so this is read as (x AND a) OR b"),
        ("a OR b OR a", "a stands twice in a OR b OR a"),
        (
            'x "hostage" "talks" NOT ("Hamas" OR "film")',
            'column 3: "hostage", "talks", "film": a word in quotes is found',
        ),
        ('"a" "b" "c" "d"', 'column 1: "a", "b", "c" and others: a word in quotes'),
        ("cat* food", "column 1: cat* finds every word that begins with cat. More letters find less."),
        (
            "organi*ation",
            "column 1: the * in organi*ation is any number of letters. For one letter write organi?ation.",
        ),
        (
            '"peace talks"~3',
            'column 1: "peace talks"~3 keeps the order of its words. For either order write peace NEAR/3',
        ),
        ("peace And talks", "column 7: And is looked for as a word"),
    ],
)
def test_what_is_hardly_meant_is_told(written: str, lint: str) -> None:
    """A query that is allowed but probably a slip is accepted with a word about it."""
    assert any(lint in told for told in compile_query(written).lints)


def test_a_plain_query_has_no_lints() -> None:
    """Warnings are rare enough to be read."""
    written = '(hostage OR captive) NEAR/10 talks NOT film "peace plan" (negotiat* OR wom?n OR "Hamas") # why'
    assert compile_query(written).lints == ()


def test_related_words_are_told_apart_from_unknown_ones() -> None:
    """With a lexicon `~word` is silent where it helps and says so where it does not."""
    lexicon = Lexicon(["layoffs\tredundancies:75"])
    assert compile_query("~layoff", {}, lexicon).lints == ()
    assert compile_query("~zebra", {}, lexicon).lints == ("~zebra adds nothing: no related terms are known for it.",)


@pytest.mark.parametrize(
    "text",
    [
        "a NEAR b",
        "a NEAR/x b",
        "x OR y",
        '"x y"',
        "a (b)",
        "negotiat*",
        "title:x",
        "=Apple",
        "-x",
        "wom?n",
        "a w/s b",
        "sourcelang:eng hostage",
    ],
)
def test_signs_make_a_query(text: str) -> None:
    """What a person types as a topic is a query as soon as it has a sign of the language."""
    assert is_query(text)


@pytest.mark.parametrize(
    "text",
    [
        "Hostage negotiations",
        "Trump: the trial",
        "AT&T",
        "Who is next?",
        "research and development",
        "AC/DC",
        "24/7",
        "Yahoo! earnings",
        "headline inflation",
        "near misses",
        "Q&A",
        "raw materials",
    ],
)
def test_names_are_no_queries(text: str) -> None:
    """Ordinary punctuation leaves a name a name."""
    assert not is_query(text)


VALID = [
    '(tanker OR vessel OR "cargo ship"~2) NEAR/12 (attack* OR seiz*^2) NOT source:example.com',
    "title:(quake OR =WHO) AND atleast2(cholera OR ebo?a) words:>300 # why",
    "@groups ONEAR/10 (~layoff | U.S.) -lang:de author:(Jane Doe OR x) tag:energy url:/sport/",
    'near20:"a b" w/5 c negotiat! allcaps(aid) hd=quake raw:Google+ a AROUND(5) b /N5/ d',
    "「人質交渉」 OR 인질* AND مفاوضات NOT (café OR Łódź)^0.5",
]
SIGNS = [
    *'ab1 ()"*?~=^@:/-!|&#.,’“「＂（\u200b\ufeffé人🚀\n',
    *("AND", "OR", "NOT", "NEAR/5 ", "title:", "atleast2", "w/", "/N5/"),
]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A valid query with some pieces taken out, doubled or put in."""
    text = draw(st.sampled_from(VALID))
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 6)))
        text = text[:start] + draw(st.sampled_from(["", text[start:end] * 2, *SIGNS])) + text[end:]
    return text


@given(
    st.one_of(
        st.text(alphabet='ab ()"*?~=^@:/-!|&#.,12NEAROTDtil\n', max_size=40),
        st.text(max_size=30),
        st.lists(st.sampled_from(SIGNS), max_size=12).map("".join),
        mutated(),
    )
)
@settings(max_examples=800, deadline=None)
def test_any_text_is_a_query_or_a_query_error(text: str) -> None:
    """Whatever is typed ends as a query that reads back the same, or as an error with a column inside and a remedy."""
    query, column, said = None, 1, ""
    try:
        query = compile_query(text, LISTS)
    except QueryError as error:
        column, said = error.column, str(error)
    assert 1 <= column <= len(text) + 1
    assert len(said) < 500
    if query:
        again = compile_query(query.normalised, LISTS, is_exclusion=True)
        columns = re.compile(r"column=\d+")
        assert again.normalised == query.normalised
        assert columns.sub("", repr(again.root)) == columns.sub("", repr(query.root))


def test_a_field_of_another_tool_makes_a_query() -> None:
    """What no field of ours is called is refused with what to write, not looked for as a name that finds nothing."""
    assert is_query("sourcelang:eng hostage")
    with pytest.raises(QueryError):
        compile_query("sourcelang:eng hostage")
