"""`monitor group`: the pipe's form and the words for people."""

import argparse
import json
from pathlib import Path

import pytest

from monitor.cli import group
from monitor.errors import MonitorError
from tests.stories.test_group import TEXT, TITLE

LINES: list[dict[str, object]] = [
    {"id": "a1", "title": TITLE, "text": TEXT, "feed": "Paper A", "published": "2026-03-14T08:00:00Z", "desk": 7},
    {"id": "b9", "title": f"UPDATE 1 - {TITLE}", "text": TEXT, "feed": "Paper B", "published": "2026-03-14T08:30:00Z"},
    {"title": "Mayor opens a new market hall", "text": "", "feed": "Paper A"},
    {"id": 4, "title": "Ferry", "text": TEXT, "source": "Paper C", "feed": "All", "story": "mine"},
]


def run(arguments: list[str]) -> int:
    """The command with these arguments."""
    parser = argparse.ArgumentParser()
    group.add_arguments(parser)
    return group.run(parser.parse_args(arguments))


@pytest.fixture
def articles(tmp_path: Path) -> str:
    """A file of article lines."""
    path = tmp_path / "articles.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in LINES) + "\n")
    return str(path)


def test_json_lines_name_the_story_by_its_first_article(articles: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Ids are the lines' own, a line without one goes by its number, and unknown keys are carried along."""
    assert run(["--json", articles]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    told = [(record["article"], record["story"], record["relation"], record["of"]) for record in records]
    assert told == [("a1", "a1", "new", None), ("b9", "a1", "copy", "a1"), (3, 3, "new", None), (4, "a1", "copy", "a1")]
    assert records[0]["desk"] == 7
    assert set(records[1]) == {"article", "story", "relation", "of", "evidence"}
    assert records[1]["evidence"].startswith("100% alike in telling words, 100% of the text the same, one headline as")


def test_text_says_why_and_counts(articles: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A person reads each article with its story and reason, and the sum at the end."""
    assert run([articles]) == 0
    out = capsys.readouterr().out
    assert "copy    UPDATE 1" in out
    assert "story a1, of a1: 100% alike in telling words" in out
    assert out.splitlines()[-1] == "articles: 4, stories: 2, copies: 2, reports: 0"


def test_a_line_that_is_no_article_is_named(tmp_path: Path) -> None:
    """A broken line ends the command with its place."""
    path = tmp_path / "broken.jsonl"
    path.write_text('{"id": 1, "title": "x"}\nnot json\n')
    with pytest.raises(MonitorError, match=r"broken\.jsonl:2"):
        run(["--json", str(path)])


def test_hostile_titles_stay_on_their_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Control characters of a title or an id never reach the terminal."""
    path = tmp_path / "hostile.jsonl"
    path.write_text(json.dumps({"id": "\x1b[2J\n", "title": "A\x1b[31m\nB", "text": None, "published": "soon"}))
    assert run([str(path)]) == 0
    assert "\x1b" not in capsys.readouterr().out
