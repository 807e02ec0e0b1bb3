"""`monitor match`: articles in, matches and reasons out."""

import argparse
import io
import json
import sys
from pathlib import Path

import pytest

from monitor.cli import match
from monitor.errors import ConfigError, MonitorError
from tests.config.folder import write_folder
from tests.topics.articles import LONG_TALKS

ARTICLES = [
    {"id": "a1", "title": "From the border", "text": LONG_TALKS, "story": "s7", "score": "theirs"},
    {"id": "a2", "title": "The bank cut its rates", "text": "", "source": "Gulf Wire"},
]


@pytest.fixture
def articles(tmp_path: Path) -> str:
    """A file of two articles."""
    path = tmp_path / "articles.jsonl"
    path.write_text("".join(json.dumps(known) + "\n" for known in ARTICLES))
    return str(path)


def run(*options: str) -> int:
    """Run the command as `main` does."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", default="config")
    match.add_arguments(parser)
    return match.run(parser.parse_args(options))


def records(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """The lines that were written."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_match_is_one_line_with_its_evidence(articles: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The next command, or a person's own script, gets the article's own id and everything that made it match."""
    assert run("--topic", "Hostage negotiations", "--json", articles) == 0
    (record,) = records(capsys)
    assert list(record) == ["article", "topic", "topic_name", "score", "level", "evidence", "sentence", "story"]
    assert (record["article"], record["topic"], record["level"]) == ("a1", "Hostage negotiations", "balanced")
    assert record["evidence"] == [
        {"concept": "hostage", "found": {"hostages": 2, "hostage": 2}, "via": "stem"},
        {"concept": "hostage", "found": {"captive": 1, "captives": 1}, "via": "synonym"},
        {"concept": "negotiations", "found": {"negotiations": 1}, "via": "exact"},
        {"concept": "negotiations", "found": {"talks": 2}, "via": "synonym"},
    ]
    assert isinstance(record["score"], int)


def test_all_tells_the_rest_with_reasons(articles: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every article and topic has its line, and what does not match says why."""
    assert run("--topic", "Hostage negotiations", "--topic", "rates NEAR/2 bank", "--all", "--json", articles) == 0
    told = [(record["article"], record["topic"], record["match"], record.get("reason")) for record in records(capsys)]
    assert told == [
        ("a1", "Hostage negotiations", True, None),
        ("a1", "rates NEAR/2 bank", False, "rates is not there"),
        (
            "a2",
            "Hostage negotiations",
            False,
            'nothing of "Hostage" and "negotiations" is there, nor related words twice',
        ),
        ("a2", "rates NEAR/2 bank", True, None),
    ]


def test_a_reader_sees_words(articles: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --json the answer is for people: title, topic, the words found, a sentence, and a count."""
    assert run("--topic", "Hostage negotiations", articles) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "From the border"
    assert lines[1].startswith("  Hostage negotiations: match, ")
    assert lines[2] == "    hostage, by its stem: hostage 2 times, hostages 2 times"
    assert lines[3] == "    hostage, by related words: captive, captives"
    assert lines[6].startswith("    “")
    assert lines[-1] == "1 of 2 articles match."


def test_standard_input_and_nothing_found(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`-` reads a pipe; no match is a fine answer."""
    line = b'{"title": "Rates rise"}\n'
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(line)))
    assert run("--topic", "hostage", "--json", "-") == 0
    assert capsys.readouterr().out == ""


def test_a_watchlist_file_stands_alone(articles: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A draft watchlist is tried without a configuration, with its lists."""
    draft = tmp_path / "draft.toml"
    draft.write_text(
        "[lists]\nbanks = ['bank', 'central bank']\n"
        "[topics.rates]\nname = 'Rates'\nquery = '@banks NEAR/3 rates'\nschedule = 'daily 08:00'\n"
    )
    assert run("--watchlist", str(draft), "--json", articles) == 0
    assert [(record["article"], record["topic"], record["topic_name"]) for record in records(capsys)] == [
        ("a2", "rates", "Rates")
    ]
    assert run("--watchlist", str(draft), "--topic", "@banks rates", "--json", articles) == 0
    assert [record["topic"] for record in records(capsys)] == ["@banks rates"]


def test_the_configuration_is_used_where_nothing_is_named(
    articles: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the daemon would match is what the command matches."""
    folder = write_folder(tmp_path / "config")
    assert run("--config", str(folder), "--json", articles) == 0
    assert [record["article"] for record in records(capsys)] == ["a1"]


def test_a_faulty_query_is_wrong_use(articles: str) -> None:
    """The error names the topic and the column, and `main` exits 2."""
    with pytest.raises(ConfigError, match='topic "a NEAR/x b": query, column 3: NEAR/ needs a whole number'):
        run("--topic", "a NEAR/x b", articles)


def test_a_faulty_line_is_named(tmp_path: Path) -> None:
    """A line that is no article ends the reading with its file and number."""
    path = tmp_path / "bad.jsonl"
    path.write_text('{"title": "x"}\nnot json\n')
    with pytest.raises(MonitorError, match=r"bad\.jsonl:2"):
        run("--topic", "x", str(path))
