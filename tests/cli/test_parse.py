"""`monitor parse`: one line per file, the words of the daemon, and articles for the next command."""

import argparse
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from monitor.cli import parse

FOLDER = Path(__file__).parent.parent / "data" / "feeds"
RSS = str(FOLDER / "rss.xml")
PAGE = str(FOLDER / "page.xml")


def run(*arguments: str) -> int:
    """The command with its own arguments, as `main` would run it."""
    parser = argparse.ArgumentParser()
    parse.add_arguments(parser)
    return parse.run(parser.parse_args(arguments))


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What was printed, as objects."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_each_file_is_one_line_and_a_bad_one_costs_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    """Feeds, a page and a missing file give a line each, in order; one success is enough for exit 0."""
    code = run("--json", "--base-url", "https://city.example/rss", RSS, PAGE, "/nowhere/x.xml")
    feed, page, missing = lines(capsys)
    assert code == 0
    assert list(feed) == ["file", "title", "entries", "error"]
    assert (feed["file"], feed["title"], feed["error"]) == (RSS, "City & Coast", None)
    assert feed["entries"][0] == {
        "id": "city-1#2",
        "title": 'Mayor: "No new tolls" & more',
        "link": "https://city.example/tolls",
        "published": "2026-03-02T15:00:00Z",
        "updated": None,
        "author": "Al Reeve",
        "summary": "Drivers cheer.",
        "content": "Drivers cheer.\nThe council votes in May.",
    }
    assert feed["entries"][1]["link"] == "https://city.example/relative"
    assert feed["entries"][1]["published"] is None
    assert page["entries"] == []
    assert "web page" in page["error"]
    assert "No such file" in missing["error"]


def test_exit_is_1_when_no_file_is_a_feed(capsys: pytest.CaptureFixture[str]) -> None:
    """A script sees that nothing was read, a person sees why."""
    assert run(PAGE) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "page.xml: a web page, not a feed" in printed.err


def test_articles_carry_what_the_next_command_needs(capsys: pytest.CaptureFixture[str]) -> None:
    """Ids are never empty, text is the longest there is, the outlet and language are named."""
    assert run("--articles", RSS, str(FOLDER / "rss090.xml")) == 0
    first, *_, last = lines(capsys)
    assert first == {
        "id": "city-1",
        "title": 'Mayor: "No new tolls" & more',
        "text": "Drivers cheer.\nThe council votes in May.",
        "url": "https://city.example/tolls",
        "feed": "City & Coast",
        "source": "The Coast",
        "language": "en-us",
        "published": "2026-03-02T15:00:00Z",
    }
    assert last["id"] == "https://old.example/2"


def test_a_person_sees_titles_times_and_links(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --json the entries are text, also from standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((FOLDER / "atom.xml").read_bytes())))
    assert run("-") == 0
    shown = capsys.readouterr().out
    assert "standard input: Valley Observer, 2 entries" in shown
    assert "2026-03-02T08:00:00Z  Why x <b> y matters" in shown
    assert "https://valley.example/2" in shown
