"""`monitor match`: articles in, matches and reasons out."""

import argparse
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from monitor.cli import match
from monitor.cli.main import main
from monitor.errors import ConfigError, MonitorError
from tests.cli.newsroom import Newsroom
from tests.config.folder import write_folder
from tests.pipeline.given import an_entry
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


def records(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The lines that were written."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_match_is_one_line_with_its_evidence(articles: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The next command, or a person's own script, gets the article's own id and everything that made it match."""
    assert run("--topic", "Hostage negotiations", "--json", articles) == 0
    (record,) = records(capsys)
    assert list(record) == ["article", "topic", "topic_name", "score", "level", "evidence", "sentence", "story"]
    assert (record["article"], record["topic"], record["level"]) == ("a1", "Hostage negotiations", "balanced")
    assert [{key: piece[key] for key in ("concept", "found", "via")} for piece in record["evidence"]] == [
        {"concept": "hostage", "found": {"hostages": 2, "hostage": 2}, "via": "stem"},
        {"concept": "hostage", "found": {"captive": 1, "captives": 1}, "via": "synonym"},
        {"concept": "negotiations", "found": {"negotiations": 1}, "via": "exact"},
        {"concept": "negotiations", "found": {"talks": 2}, "via": "synonym"},
    ]
    assert list(record["evidence"][0]) == ["concept", "found", "via", "points", "spans"]
    assert sum(piece["points"] for piece in record["evidence"]) == record["score"]
    assert all(piece["points"] > 0 for piece in record["evidence"])


def test_spans_are_the_very_characters_that_were_found(articles: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever shows the article can mark the words in it without looking for them again."""
    assert run("--topic", "Hostage negotiations", "--topic", "title:border", "--json", articles) == 0
    fields = {"title": "From the border", "text": LONG_TALKS}
    for record in records(capsys):
        for piece in record["evidence"]:
            marked = [fields[field][start:end].lower() for field, start, end in piece["spans"]]
            assert {word: marked.count(word) for word in marked} == piece["found"]


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
    assert re.fullmatch(r"    hostage, by its stem: hostage 2 times, hostages 2 times \(\d+ points\)", lines[2])
    assert re.fullmatch(r"    hostage, by related words: captive, captives \(\d+ points?\)", lines[3])
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


def talked_of(newsroom: Newsroom) -> None:
    """Hostage news that speaks of an embassy, other news of it, and much that is neither."""
    newsroom.read_first(an_entry(0, about="hostage", summary="The embassy was taken."))
    for number in range(1, 7):
        told = f"The embassy {('spoke', 'wrote', 'warned')[number % 3]} of a hostage, day {number}."
        newsroom.read(an_entry(number, title=f"Hostage news {number}", summary=told))
    for number in range(7, 10):
        newsroom.read(an_entry(number, title=f"Flood {number}", summary=f"Embassy {number} is under water. Embassy!"))
    for number in range(10, 40):
        newsroom.read(an_entry(number, about="harvest"))


def test_terms_are_suggested_out_of_the_archive(newsroom: Newsroom) -> None:
    """What the hostage news has in common, with how many articles more each would bring, and how to use it."""
    talked_of(newsroom)
    told = newsroom.run("match", "--suggest", "hostage")
    assert told.code == 0
    assert '"hostage" finds 7 articles of the last 30d.' in told.out
    assert re.search(r"embassy +\+3 articles in 30d", told.out)
    assert 'also = ["embassy"]. In a query: OR embassy' in told.out
    queried = newsroom.run("match", "--suggest", "hostage*", "--json")
    assert {"term": "embassy", "from": "archive", "articles": 7, "more": 3, "exact": True} in queried.records


def test_nothing_to_suggest_is_a_no(newsroom: Newsroom) -> None:
    """Of nothing found nothing can be said; a faulty query is wrong use; without either an article is missed."""
    talked_of(newsroom)
    nothing = newsroom.run("match", "--suggest", "zzz")
    assert (nothing.code, nothing.out) == (1, "")
    assert "finds 0 articles" in nothing.err
    assert newsroom.run("match", "--suggest", "hostage AND").code == 2
    assert newsroom.run("match").code == 2


def test_nothing_in_an_article_moves_the_cursor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A stage is given strangers' text: no escape sequence, bell or reversal of it reaches a terminal."""
    path = tmp_path / "in.jsonl"
    path.write_text('{"title": "hostage\\u001b[31m\\u0007 \\u202egnp", "text": "A hostage\\u001b[2J came home."}\n')
    for options in ([], ["--all"]):
        assert main(["match", *options, "--topic", "hostage", str(path)]) == 0
        out = capsys.readouterr().out
        assert out.startswith("hostage[31m gnp\n")
        assert not set(out) & set("\x1b\x07\u202e")
