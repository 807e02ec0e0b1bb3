"""Markup into words: what comes out, and that no markup takes long."""

import time

import pytest

from monitor.feeds.entries import MARKUP_CHARS_MAX
from monitor.text import clean_text, strip_html

CPU_S_MAX = 3.0
"""Far above what the longest markup takes in one pass (0.2 s), far below what going over it again and again takes."""


@pytest.mark.parametrize("piece", ["<p ", "<p", "<p <", "<b <p ", "< ", "</ ", "<" + " " * 50, " " * 50])
def test_markup_without_ends_is_read_in_one_pass(piece: str) -> None:
    """Tags that never end, or a `<` before nothing but space, cost no feed its turn."""
    markup = "<" + (piece * MARKUP_CHARS_MAX)[:MARKUP_CHARS_MAX]
    before = time.process_time()
    strip_html(markup)
    assert time.process_time() - before < CPU_S_MAX


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
