"""The line that says how far something is: there while it lasts, gone after it, and never where nobody looks."""

import io
import threading

import pytest

from monitor.cli.progress import bar_line, shown_progress


def test_the_line_shows_while_it_lasts_and_is_gone_after() -> None:
    """It is looked at again and again, and the terminal is left as it was."""
    out, is_looked_at = io.StringIO(), threading.Event()

    def look() -> str:
        is_looked_at.set()
        return bar_line("copied", 0.5)

    with shown_progress(look, out, is_shown=True, after_s=0.0):
        assert is_looked_at.wait(10)
    assert "copied [###############...............] 50 %" in out.getvalue()
    assert out.getvalue().endswith("\r\x1b[K")


@pytest.mark.parametrize("is_shown", [True, False])
def test_what_is_done_soon_or_goes_nowhere_shows_nothing(*, is_shown: bool) -> None:
    """Two seconds pass before anything is said."""
    out = io.StringIO()
    with shown_progress(lambda: "never", out, is_shown=is_shown):
        pass
    assert out.getvalue() == ""


@pytest.mark.parametrize(("share", "shown"), [(-1.0, " 0 %"), (0.0, " 0 %"), (1.0, " 100 %"), (7.0, " 100 %")])
def test_a_bar_is_never_longer_than_itself(share: float, shown: str) -> None:
    """A file may grow while it is copied."""
    assert bar_line("copied", share).endswith(shown)
    assert len(bar_line("", share).partition("]")[0]) == len(bar_line("", 0.0).partition("]")[0])
