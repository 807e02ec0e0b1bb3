"""The tour: what a newcomer sees first works, and leaves nothing behind."""

import tempfile
from pathlib import Path

import httpx
import pytest

from monitor.clock import SystemClock
from monitor.demo import keep_demo, run_demo
from monitor.errors import MonitorError


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


@pytest.mark.slow
def test_a_kept_tour_is_served_until_the_end_and_can_be_gone_on_with(tmp_path: Path) -> None:
    """Its feeds answer while it waits; named again, it serves them at the same address and tells nothing anew."""
    folder, said, asked = tmp_path / "tour", list[str](), list[str]()

    def wait() -> None:
        [url] = [line for line in (folder / "feeds.toml").read_text().split("\n") if "harbour-wire" in line]
        asked.append(url.partition('"')[2].rstrip('"'))
        assert "Hostage negotiations resume" in httpx.get(asked[-1], trust_env=False).text

    assert keep_demo(folder, SystemClock(), said.append, wait) == 4
    (folder / "watchlist.toml").write_text("# mine now\n")
    assert keep_demo(folder, SystemClock(), said.append, wait) == 0

    assert len(asked) == 2
    assert asked[0] == asked[1]
    assert (folder / "watchlist.toml").read_text() == "# mine now\n"
    assert "served again" in "".join(said)


def test_a_tour_is_not_kept_among_other_files(tmp_path: Path) -> None:
    """A folder that somebody uses is left as it is."""
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(MonitorError, match="holds other files"):
        keep_demo(tmp_path, SystemClock(), print, lambda: None)

    (tmp_path / "feeds.toml").write_text('[[feeds]]\nurl = "https://news.example/feed"\n')
    with pytest.raises(MonitorError, match="is not of a tour"):
        keep_demo(tmp_path, SystemClock(), print, lambda: None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["feeds.toml", "notes.txt"]
