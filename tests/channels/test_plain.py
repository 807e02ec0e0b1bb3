"""How a digest's text is cut into lines, judged by the standard library's own wrapping."""

import textwrap
import unicodedata
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from monitor.channels.plain import render_note_text
from monitor.model import Note, NoteKind, NoteLine

AT = datetime(2026, 3, 14, 12, tzinfo=UTC)
LATIN = "".join(
    chr(code)
    for code in (*range(0x21, 0x7F), *range(0xA1, 0x250), *range(0x2010, 0x2028))
    if unicodedata.category(chr(code)) not in ("Cf", "Cc")
)
WORDS = st.lists(st.text(st.sampled_from(LATIN), min_size=1, max_size=9), min_size=1, max_size=30).map(" ".join)


@given(WORDS, st.integers(16, 60))
def test_lines_are_as_long_as_they_may_be(words: str, width: int) -> None:
    """The first word that does not fit begins the next line, as deep as the first."""
    words = unicodedata.normalize("NFC", words)
    note = Note(NoteKind.GROWN, words, AT, lines=(NoteLine(words),))
    head = textwrap.wrap(words, width, break_on_hyphens=False)
    line = textwrap.wrap(
        words, width, initial_indent="  - ", subsequent_indent="    ", break_on_hyphens=False, break_long_words=False
    )
    assert render_note_text(note, width=width).splitlines() == [*head, *line]


def test_what_is_taken_for_narrow_has_one_column() -> None:
    """No character of these is wide, a mark or unseen."""
    assert not [char for char in LATIN if unicodedata.category(char) in ("Mn", "Me")]
    assert not [char for char in LATIN if unicodedata.east_asian_width(char) in "WF"]
