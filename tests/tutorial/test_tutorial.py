"""The ten minutes of docs/watchlist.md are true: each command prints what the page says."""

from pathlib import Path

import pytest

from tests.tutorial.lesson import Block, Lesson, mask, read_page, write_page
from tests.tutorial.page import PAGE


@pytest.mark.slow
def test_every_output_of_the_page_is_what_comes(tmp_path: Path) -> None:
    """Times, numbers of articles and ports aside. Where it is not: python -m tests.tutorial, and read what it wrote."""
    parts = read_page(PAGE.read_text(encoding="utf-8"))

    came = Lesson(tmp_path).go_through(parts)

    for said, new in zip(parts, came, strict=True):
        if isinstance(said, Block) and isinstance(new, Block):
            assert mask(new.text) == mask(said.text)


def test_a_page_is_read_and_written_whole() -> None:
    """Only outputs are replaced."""
    text = PAGE.read_text(encoding="utf-8")
    assert write_page(read_page(text)) == text
