"""The tour: what a newcomer sees first works, and leaves nothing behind."""

import tempfile
from pathlib import Path

import pytest

from monitor.clock import SystemClock
from monitor.demo import run_demo


@pytest.mark.slow
def test_the_tour_tells_both_topics_once_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two digests with their stories, copies folded into one, and no file or folder afterwards."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    said: list[str] = []

    stories = run_demo(SystemClock(), said.append)

    text = " ".join("".join(said).split())  # a line breaks where the outlet told first has a long name
    assert stories == 4
    assert "Hostage negotiations: 2 stories, 4 articles" in text
    assert "Attacks on Gulf shipping: 2 stories" in text
    assert "3 publishers, 1 independent text" in text, "the copies of a wire text are one story"
    assert text.count("Hostage negotiations resume") == 1
    assert list(tmp_path.iterdir()) == []
