"""`monitor check`: what a person sees, and the exit code."""

import argparse
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.cli import check
from monitor.pipeline.indexing import Indexer
from monitor.storage.engine import open_engine
from monitor.storage.migrate import current_revision, upgrade
from tests.cli.newsroom import Newsroom
from tests.config.folder import WATCHLIST, write_folder
from tests.pipeline.given import an_entry
from tests.storage.given import an_article, store_articles

TOPICS = 'timezone = "UTC"\n[topics.t]\nname = "T"\nschedule = "daily 08:00"\n'
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


def test_the_archive_says_what_a_topic_would_find(newsroom: Newsroom) -> None:
    """With an archive at hand: about how much a day, and what no article ever held; the exit code stays good."""
    newsroom.configure(watchlist=f"{TOPICS}query = 'tanker OR zepelin'\n")
    with newsroom.store() as store:
        at = [newsroom.now - timedelta(days=3) + number * timedelta(minutes=4) for number in range(1, 1001)]
        store_articles(store, [an_article(number, at=when, title="A tanker") for number, when in enumerate(at, 1)])
        Indexer(store).catch_up(portions=10)
    said = newsroom.run("check")
    assert said.code == 0
    assert re.search("  matches about 33[34] a day, by the last days of the archive\n", said.out)
    assert "  note: column 11: zepelin was never seen in 1,000 articles.\n" in said.out
    [record] = newsroom.run("check", "--json").records
    assert record["per_day"] == pytest.approx(333.5, abs=1)
    assert len(record["lints"]) == 2


def test_a_check_makes_and_changes_no_archive(newsroom: Newsroom, tmp_path: Path) -> None:
    """Without an archive, or with one that waits for an upgrade, a check is one of the files alone."""
    newsroom.configure(database="elsewhere/none.db")
    assert newsroom.run("check").code == 0
    assert not (tmp_path / "elsewhere").exists()
    old = open_engine(f"sqlite:///{tmp_path / 'old.db'}")
    upgrade(old, "0003")
    newsroom.configure(database="old.db")
    [first, *_] = newsroom.run("check", "--json").records
    assert first["per_day"] is None
    assert current_revision(old) == "0003"
    old.close()


def test_stored_articles_are_tried(newsroom: Newsroom) -> None:
    """One that its topic must find and does not is a fault; one that the archive does not hold is a note."""
    newsroom.read_first()
    newsroom.read(an_entry(1))
    path = newsroom.folder / "watchlist.toml"
    text = path.read_text()
    kept = f'[topics.more]\nname = "Hostage"\nmust_match = [\n  "{an_entry(1).link}",\n  "https://gone.example/1",\n]\n'
    path.write_text(text + kept)
    shown = newsroom.run("check")
    assert shown.code == 0
    line = text.count("\n") + 5
    note = f'Note: {path}:{line}: topic "more": `must_match` 2 cannot be tried: "https://gone.example/1" is not in the'
    assert note in shown.out
    assert note in newsroom.run("check", "--json").err
    path.write_text(text + kept.replace('"Hostage"', '"Volcano"'))
    shown = newsroom.run("check")
    assert shown.code == 2
    assert f'{path}:{line - 1}: topic "more": `must_match` 1, stored "' in shown.out
