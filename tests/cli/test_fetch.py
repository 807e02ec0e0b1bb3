"""`monitor fetch`: as the daemon would, by hand."""

import json
import tempfile
from pathlib import Path

import pytest

from monitor.cli.main import main
from tests.fakes.http import respond, serve_scripts

FEED = b"<rss version='2.0'><channel><title>News</title><item><title>One</title><guid>1</guid></item></channel></rss>"
KEYS = ["url", "final_url", "status", "bytes", "etag", "last_modified", "body_file"]
WHY = ["reason", "error"]


def test_each_address_is_one_object_and_its_body_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The keys others rely on, and a body that `monitor parse` takes."""
    with serve_scripts() as server:
        good = server.script("/good", respond(headers='ETag: "a"', body=FEED))
        moved = server.script("/moved", respond("301 Moved", "Location: /good"))
        bad = server.script("/bad", respond("404 Not Found"))
        gone = server.script("/gone", respond("410 Gone"))
        empty = server.script("/empty", respond())
        urls = [good, moved, bad, gone, empty]
        code = main(["fetch", "--json", "--allow", "127.0.0.0/8", "--out", str(tmp_path), *urls])
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert code == 0
    assert [list(record) for record in records] == [KEYS, KEYS, [*KEYS, *WHY], [*KEYS, *WHY], KEYS]
    assert [record["url"] for record in records] == urls
    assert [(record["status"], record["bytes"], record["etag"]) for record in records] == [
        (200, len(FEED), '"a"'),
        (200, len(FEED), '"a"'),
        (404, 0, None),
        (410, 0, None),
        (200, 0, None),
    ]
    assert Path(records[0]["body_file"]).read_bytes() == FEED
    assert records[1]["final_url"] == good
    assert records[0]["body_file"] != records[1]["body_file"]
    assert (records[2]["reason"], records[2]["body_file"]) == ("not_found", None)
    assert (records[3]["reason"], records[3]["final_url"]) == ("gone", None)
    assert records[4]["body_file"] is None
    assert main(["parse", "--json", records[0]["body_file"]]) == 0
    assert json.loads(capsys.readouterr().out)["entries"][0]["id"] == "1"


def test_what_the_daemon_would_refuse_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No address of our own network without leave, from the command line or the configuration."""
    with serve_scripts() as server:
        url = server.script("/good", respond(body=FEED))
        assert main(["fetch", "--config", str(tmp_path), url]) == 1
        assert "is not on the open internet" in capsys.readouterr().err
        assert server.asked == []
        (tmp_path / "monitor.toml").write_text('[polling]\nallow_private_hosts = ["127.0.0.0/8"]\n')
        (tmp_path / "feeds.toml").write_text("")
        (tmp_path / "watchlist.toml").write_text("")
        assert main(["fetch", "--config", str(tmp_path), "--out", str(tmp_path), url]) == 0
    assert f"200, {len(FEED)} bytes" in capsys.readouterr().out


def test_bodies_go_to_a_folder_of_their_own_and_write_over_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --out to a fresh temporary folder; a second run leaves the bodies of the first."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with serve_scripts() as server:
        url = server.script("/good", respond(body=FEED), respond(body=FEED + b" "))
        for folder in ([], ["--out", str(tmp_path / "kept")], ["--out", str(tmp_path / "kept")]):
            assert main(["fetch", "--json", "--allow", "127.0.0.0/8", *folder, url]) == 0
    files = [Path(json.loads(line)["body_file"]) for line in capsys.readouterr().out.splitlines()]
    assert [file.read_bytes() for file in files] == [FEED, FEED + b" ", FEED + b" "]
    assert files[0].parent.parent == tmp_path
    assert files[1].parent == files[2].parent == tmp_path / "kept"


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With its name, and exit 1."""
    (tmp_path / "taken").write_text("a file")
    with serve_scripts() as server:
        url = server.script("/good", respond(body=FEED))
        assert main(["fetch", "--allow", "127.0.0.0/8", "--out", str(tmp_path / "taken"), url]) == 1
    assert f"{tmp_path / 'taken'}: the body cannot be written" in capsys.readouterr().err


def test_a_network_that_is_none_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A slip of the finger must not look like a refusal by the guard."""
    with serve_scripts() as server:
        assert main(["fetch", "--config", str(tmp_path), "--allow", "127.0.0.0/99", server.url()]) == 2
        assert server.asked == []
    assert "--allow 127.0.0.0/99" in capsys.readouterr().err
