"""`monitor check`: what a person sees, and the exit code."""

import argparse
import json
from pathlib import Path

import pytest

from monitor.cli import check
from tests.config.folder import WATCHLIST, write_folder

QUERY = (
    "[topics.ships]\nname = 'Ships'\nquery = 'tanker OR vessel attack*'\nexclude = 'game'\nschedule = 'daily 08:00'\n"
)


def run(folder: Path, *options: str) -> int:
    """Run the command as `main` does."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config")
    check.add_arguments(parser)
    return check.run(parser.parse_args(["--config", str(folder), *options]))


def test_a_good_configuration_is_said_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Counts first; then each topic, its query with every parenthesis, so that nobody is misunderstood in silence."""
    folder = write_folder(tmp_path / "config", watchlist=WATCHLIST + QUERY)
    assert run(folder) == 0
    lines = capsys.readouterr().out.split("\n")
    assert lines[0] == f"{folder}/ is good: 2 feeds, 2 topics, 1 channel."
    assert "  by name, balanced: Hostage negotiations" in lines
    assert "  daily 08:00 on console" in lines
    assert "  query: tanker OR (vessel AND attack*)" in lines
    assert "  never with: game" in lines


def test_what_looks_unintended_is_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A query that is allowed but hardly meant comes with a note, and a channel nobody uses is named."""
    folder = write_folder(
        tmp_path / "config",
        monitor="[channels.spare]\nkind = 'console'\n",
        watchlist="[topics.a]\nname = 'A'\nquery = 'tanker NEAR/90 attack'\n",
    )
    assert run(folder) == 0
    out = capsys.readouterr().out
    assert "  note: NEAR/90 is so wide" in out
    assert "No topic uses 1 channel: spare." in out


def test_faults_are_the_product_of_a_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every fault stands on standard output as `path:line: …`, and the exit code is 2."""
    folder = write_folder(tmp_path / "config", watchlist="[topics.a]\nnam = 'A'\n")
    assert run(folder) == 2
    out = capsys.readouterr().out
    assert f'{folder}/watchlist.toml:2: topic "a": unknown key "nam". Did you mean "name"?\n' in out
    assert out.endswith("  2 problems.\n")


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line per topic when all is good, a line per fault when not."""
    folder = write_folder(tmp_path / "config", watchlist=WATCHLIST + QUERY)
    assert run(folder, "--json") == 0
    topics = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [topic["query"] for topic in topics] == [None, "tanker OR (vessel AND attack*)"]
    assert topics[0]["place"] == f"{folder}/watchlist.toml:3"
    write_folder(folder, watchlist="[topics.a]\nname = 1\n")
    assert run(folder, "--json") == 2
    (fault,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (fault["path"], fault["line"]) == (f"{folder}/watchlist.toml", 2)
