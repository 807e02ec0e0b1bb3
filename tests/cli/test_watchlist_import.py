"""`monitor watchlist import`: lists of other tools become topics, all or none, and what cannot be said is told."""

import argparse
import io
import tomllib
from pathlib import Path

import pytest

from monitor.cli import watchlist_import
from monitor.config.faults import ConfigFaults
from monitor.config.load import load
from monitor.errors import MonitorError
from monitor.storage.revisions import body_hash
from tests.cli.newsroom import Newsroom
from tests.config.folder import WATCHLIST, write_folder

ALERTS = """\
"peace talks" london OR paris -film

hostage negotiations
talks NOT film
-only
"""


def run(folder: Path, *options: str) -> int:
    """Run the action as `monitor watchlist` does."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", default=str(folder))
    watchlist_import.add_parser(parser.add_subparsers())
    return watchlist_import.run(parser.parse_args(["import", *options]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A config folder with one topic."""
    return write_folder(tmp_path / "config")


def test_alerts_become_topics(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At the end of the file, each with its line as a comment; the rest of the file stays byte for byte."""
    source = tmp_path / "alerts.txt"
    source.write_text(ALERTS)
    options = (str(source), "--from", "google-alerts", "--channels", "console", "--schedule", "daily 08:00")
    assert run(folder, *options) == 0
    text = (folder / "watchlist.toml").read_text()
    assert text.startswith(WATCHLIST)
    assert '\n# from google-alerts, alerts.txt:1: "peace talks" london OR paris -film\n[topics.peace-talks-' in text
    assert "query = '\"peace talks\" AND (london OR paris) AND (NOT film)'\n" in text
    topics = load(folder, {}).watchlist.topics
    assert [topic.key for topic in topics] == [
        "hostage-negotiations",
        "peace-talks-london-or-paris-film",
        "hostage-negotiations-2",
    ]
    assert (topics[1].schedule.text, topics[1].channels) == ("daily 08:00", ("console",))
    shown = capsys.readouterr()
    assert f"{source}:4: left out: talks NOT film: NOT is an ordinary word for Google. Write -word" in shown.err
    assert f"{source}:5: left out: -only: the query looks for no word. Add a word" in shown.err
    assert shown.out.endswith("2 left out.\nSee what they find in the stored articles: monitor plan\n")

    assert run(folder, *options) == 0
    assert (folder / "watchlist.toml").read_text() == text
    shown = capsys.readouterr()
    assert f"{source}:3: hostage negotiations: there already, as topic hostage-negotiations-2" in shown.out
    assert "0 topics added to" in shown.out


def test_titles_of_exported_feeds_are_queries(folder: Path, tmp_path: Path) -> None:
    """As a reader exports the feeds of alerts."""
    source = tmp_path / "feeds.opml"
    source.write_text(
        '<opml version="1.0"><body>\n<outline type="rss" title="Google Alert - &quot;peace talks&quot; OR truce" '
        'xmlUrl="https://www.google.com/alerts/feeds/1/2"/>\n</body></opml>'
    )
    assert run(folder, str(source), "--from", "google-alerts") == 0
    assert load(folder, {}).watchlist.topics[1].query == '("peace talks" OR truce)'.strip("()")


def test_a_dry_run_prints_toml_and_writes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it prints can be put into the file as it is; the rest goes where it is not in the way."""
    standard_input = io.TextIOWrapper(io.BytesIO('\ufeff# c\r\nÖl "Preise" | x\r\n"gulf \'oil\'"\r\n'.encode()))
    monkeypatch.setattr("sys.stdin", standard_input)
    before = (folder / "watchlist.toml").read_bytes()
    assert run(folder, "-", "--from", "words", "--dry-run") == 0
    assert (folder / "watchlist.toml").read_bytes() == before
    shown = capsys.readouterr()
    topics = tomllib.loads(shown.out)["topics"]
    assert topics["gulf-oil"] == {"name": "gulf 'oil'", "query": "\"gulf 'oil'\""}
    assert topics["ol-preise-x"]["query"] == 'Öl "Preise" | x'
    assert "2 topics would be added to" in shown.err


def test_all_forms_are_taken(folder: Path, tmp_path: Path) -> None:
    """Each by its own reader; lines may end as on any system."""
    for tool, text in (
        ("trendradar", "harbour\r\n+docks\r\n!game\r\n"),
        ("miniflux", "EntryTitle=(?i)tanker|vessel\r\n[block]\r\nEntryTitle=(?i)advert\r\n"),
        ("words", "Oil prices\r"),
    ):
        source = tmp_path / "list.txt"
        source.write_bytes(text.encode())
        assert run(folder, str(source), "--from", tool) == 0
    topics = load(folder, {}).watchlist.topics[1:]
    assert [(topic.name, topic.query, topic.exclude) for topic in topics] == [
        ("harbour / docks", "title:harbour AND title:docks", "title:game"),
        ("tanker / vessel", "title:(tanker OR vessel)", "title:advert"),
        ("Oil prices", None, None),
    ]


def test_nothing_is_written_when_nothing_can_be_said(folder: Path, tmp_path: Path) -> None:
    """Exit 1, for a script that imports."""
    source = tmp_path / "rules.txt"
    source.write_text("EntryTitle=a.*b\n")
    assert run(folder, str(source), "--from", "miniflux") == 1
    assert (folder / "watchlist.toml").read_text() == WATCHLIST


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--channels", "consol"), 'Did you mean "console"?'),
        (("--schedule", "hourly"), "hourly"),
    ],
)
def test_channels_and_schedule_are_checked_first(
    folder: Path, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    """With a near miss, before anything is written."""
    source = tmp_path / "list.txt"
    source.write_text("oil\n")
    with pytest.raises(MonitorError) as error:
        run(folder, str(source), "--from", "words", *options)
    assert said in str(error.value)
    assert (folder / "watchlist.toml").read_text() == WATCHLIST


def test_a_faulty_watchlist_is_not_added_to(folder: Path, tmp_path: Path) -> None:
    """Its faults are told as by `monitor check`."""
    (folder / "watchlist.toml").write_text("[topics.a]\nnam = 'x'\n")
    (tmp_path / "list.txt").write_text("oil\n")
    with pytest.raises(ConfigFaults):
        run(folder, str(tmp_path / "list.txt"), "--from", "words")


def test_what_is_no_list_is_said(folder: Path, tmp_path: Path) -> None:
    """Bytes in another encoding, with their line."""
    (tmp_path / "list.txt").write_bytes(b"oil\ncaf\xe9\n")
    with pytest.raises(MonitorError, match=r"list\.txt:2: this is not UTF-8"):
        run(folder, str(tmp_path / "list.txt"), "--from", "words")


def test_who_imported_is_noted(newsroom: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the file is written, so that the revision it becomes knows its author."""
    monkeypatch.setenv("LOGNAME", "ada")
    (tmp_path / "list.txt").write_text("oil\n")
    assert run(newsroom.folder, str(tmp_path / "list.txt"), "--from", "words") == 0
    body = (newsroom.folder / "watchlist.toml").read_bytes()
    with newsroom.store() as store, store.read() as tx:
        edit = tx.revisions.edit_of(body_hash(body))
    assert edit is not None
    assert (edit.author, edit.note) == ("cli:ada", "1 topic imported from words")
