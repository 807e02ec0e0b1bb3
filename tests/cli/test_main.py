"""The command line as a whole: help, exit codes, errors in words, readers that leave early."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.cli.main import load_command, main
from monitor.cli.summaries import COMMANDS
from tests.cli.newsroom import Newsroom

FEED = Path(__file__).parent.parent / "data" / "feeds" / "rss.xml"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` says what it does, where the configuration is looked for, and how it is used."""
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert f"example:\n  {load_command(name).EXAMPLE}" in shown
    assert "--config DIR" in shown
    assert load_command(name).EXAMPLE.startswith(f"monitor {name}")


def test_plain_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """A newcomer finds all of them, and what to try first."""
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert [name for name in COMMANDS if not re.search(rf"\n    {name}\s", shown)] == []
    assert "monitor demo" in shown


@pytest.mark.parametrize("words", [[], ["unknown"], ["status", "--nonsense"], ["outbox", "retry", "x"], ["feeds"]])
def test_wrong_use_is_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """With the usage on standard error and nothing on the other."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    printed = capsys.readouterr()
    assert (ended.value.code, printed.out) == (2, "")
    assert "usage: monitor" in printed.err


@pytest.mark.parametrize("words", [("status",), ("once",), ("run",), ("feeds", "list"), ("db", "upgrade")])
def test_a_faulty_configuration_is_2_and_starts_nothing(newsroom: Newsroom, words: tuple[str, ...]) -> None:
    """Every fault with its line; no database is made."""
    newsroom.configure(
        watchlist='timezone = "UTC"\n[topics.a]\nname = 3\n[topics.b]\nname = "B"\nshedule = "now"\n',
        database="none/new.db",
    )
    refused = newsroom.run(*words)
    assert (refused.code, refused.out) == (2, "")
    assert "watchlist.toml:3: " in refused.err
    assert "watchlist.toml:6: " in refused.err
    assert 'Did you mean "schedule"?' in refused.err
    assert not (newsroom.path / "none").exists()


def test_a_missing_configuration_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The folder is named."""
    assert main(["status", "--config", str(tmp_path / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().err


def test_an_expected_error_is_a_sentence_and_1(newsroom: Newsroom) -> None:
    """No traceback: what happened and what to do."""
    (newsroom.path / "monitor.db").write_bytes(b"this is no database, whatever its name says" * 100)
    refused = newsroom.run("status")
    assert refused.code == 1
    assert refused.err.startswith("monitor status: ")
    assert "Traceback" not in refused.err


def test_half_a_surrogate_pair_goes_through(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What JSON can spell and UTF-8 cannot is left out of text and written as it was read in lines, no traceback."""
    path = tmp_path / "in.jsonl"
    path.write_text('{"title": "hostage \\ud83d"}\n')
    for options, told in ([], "hostage\n"), (["--json"], "hostage \\ud83d"):
        assert main(["match", *options, "--topic", "hostage", str(path)]) == 0
        assert told in capsys.readouterr().out


def test_a_reader_that_leaves_early_is_no_error() -> None:
    """As `head` does: the command ends quietly, exit 0, without a traceback at the interpreter's end."""
    command = [sys.executable, "-m", "monitor", "parse", "--json", *[str(FEED)] * 200]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    complaint = process.stderr.read()
    process.stderr.close()
    assert (process.wait(30), complaint) == (0, b"")
