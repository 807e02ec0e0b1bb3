"""Markup into words: what comes out, and that no markup takes long."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.feeds.entries import MARKUP_CHARS_MAX
from monitor.text import clean_text, plain_line, strip_any, strip_html, strip_simple
from tests.costs import at_most

COUNTS_MAX = 100
"""Far above what the longest markup takes in one pass (a tenth), far below what going over it again and again takes."""


@pytest.mark.parametrize("piece", ["<p ", "<p", "<p <", "<b <p ", "< ", "</ ", "<" + " " * 50, " " * 50])
def test_markup_without_ends_is_read_in_one_pass(piece: str) -> None:
    """Tags that never end, or a `<` before nothing but space, cost no feed its turn."""
    markup = "<" + (piece * MARKUP_CHARS_MAX)[:MARKUP_CHARS_MAX]
    with at_most(COUNTS_MAX):
        strip_html(markup)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("One<p>two", "One\ntwo"),
        ("One<P class='a>b'>two</P>three", "One\ntwo\nthree"),
        ("One<br/>two<br />three", "One\ntwo\nthree"),
        ("One<p title='a<b'>two", "One\ntwo"),
        ("One <b>bold</b> word", "One bold word"),
        ("One<p>two <p", "One\ntwo"),
        ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
    ],
)
def test_blocks_stand_on_lines_of_their_own(markup: str, text: str) -> None:
    """A block begins a line, other tags vanish, and a tag that never ends takes nothing before it along."""
    assert clean_text(markup) == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Joy &#55357;&#56832;", "Joy 😀"),
        ("Joy &#xD83D;&#xde00;!", "Joy 😀!"),
        ("<p>&#8217;&#55357;&#xDE00;</p>", "’😀"),
        ("half &#55357; way", "half \ufffd way"),
    ],
)
def test_an_emoji_written_as_two_halves_is_one_character(markup: str, text: str) -> None:
    """JavaScript and Java write it so; half of one is shown as such, and never stops a text."""
    assert clean_text(markup) == text


SIMPLE = st.sampled_from(
    ["<p>", "</p>", "<br/>", "<b>", "</b>", "</i>", "<a href='a&b=c>d'>", "</a>", '<img alt="" src="x" />', "</em >"]
)
TEXTS = st.sampled_from(["a", "b ", "\n", "  ", "é", "e\u0301", "\u00a0", "&amp;", "&#8217;", "&nbsp;", "x&y", "&lt;"])
ODD_TEXTS = st.sampled_from(
    [
        "<a",
        "<b",
        "<i ",
        ' href="y">',
        "&",
        "am",
        "p;",
        "lt;",
        "#39;",
        "&#128;",
        "&#0;",
        "&copy",
        "&#x41;",
        "<",
        ">",
        '"',
        "'",
        "/",
        "=",
        "\r",
        "\x00",
    ]
)
UNSEEN = st.sampled_from(["\ufeff", "\ud83d", "\u200d", "\x0b", "\x1f", "\x85"])
ODD_TAGS = st.sampled_from(
    ["<p\xa0a='>'>", '<b\x0bc=">">', "<b a=b>", "<P>", "<pre>", "<p-x>", "<!--", "-->", "<table>", "<td>", "<script>"]
)
MARKUP = st.lists(st.one_of(SIMPLE, TEXTS, SIMPLE, TEXTS, ODD_TEXTS, UNSEEN, ODD_TAGS), max_size=12).map("".join)


@settings(max_examples=300, deadline=None)
@given(MARKUP)
def test_simple_markup_reads_as_the_html_parser_reads_it(markup: str) -> None:
    """The quick road says the same as the HTML parser, or nothing."""
    quick = strip_simple(markup)
    assert quick is None or quick == strip_any(markup) or "<" not in markup


@pytest.mark.parametrize("markup", ['x<a<p> href="y">z', "x<a<br>>z", '<p>a<b<hr> class="q">c</b>', "x<i<br/>/>y"])
def test_a_tag_within_a_tag_costs_no_text(markup: str) -> None:
    """Taking out the inner one must not make a tag of the text around it."""
    assert strip_simple(markup) is None
    assert clean_text(markup) == clean_text(strip_any(markup)) != ""


def test_the_markup_of_most_teasers_is_simple() -> None:
    """Paragraphs, links and pictures with references take the quick road; the test above would pass without one."""
    markup = (
        '<p><img src="https://a.example/1.jpg?a=1&amp;b=2" alt=""/>It&#8217;s <b>on</b>.</p><p><a href="/">More</a></p>'
    )
    assert strip_simple(markup) == "\nIt’s on.\n\nMore\n"


@settings(max_examples=200, deadline=None)
@given(MARKUP)
def test_a_line_is_clean_however_it_came(text: str) -> None:
    """Text that shows as it is takes a shorter way to the same words: cleaned once, a line stays as it is."""
    line = plain_line(text)
    assert plain_line(line) == line
    assert plain_line(f"\x00{text}") == line  # what is unseen takes the long way
