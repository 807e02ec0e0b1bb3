"""`monitor fetch`: as the daemon would, by hand."""

import json
from pathlib import Path

import pytest

from monitor.cli.main import main
from tests.fakes.http import respond, serve_scripts

FEED = b"<rss version='2.0'><channel><title>News</title><item><title>One</title><guid>1</guid></item></channel></rss>"
KEYS = ["url", "final_url", "status", "bytes", "etag", "last_modified", "body_file"]


def test_each_address_is_one_object_and_its_body_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The keys others rely on, and a body that `monitor parse` takes."""
    with serve_scripts() as server:
        good = server.script("/good", respond(headers='ETag: "a"', body=FEED))
        moved = server.script("/moved", respond("301 Moved", "Location: /good"))
        bad = server.script("/bad", respond("404 Not Found"))
        code = main(["fetch", "--json", "--allow", "127.0.0.0/8", "--out", str(tmp_path), good, moved, bad])
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert code == 0
    assert [list(record)[: len(KEYS)] for record in records] == [KEYS] * 3
    assert [(record["status"], record["bytes"], record["etag"]) for record in records] == [
        (200, len(FEED), '"a"'),
        (200, len(FEED), '"a"'),
        (404, 0, None),
    ]
    assert Path(records[0]["body_file"]).read_bytes() == FEED
    assert records[1]["final_url"] == good
    assert (records[2]["reason"], records[2]["body_file"]) == ("not_found", None)
    assert main(["parse", "--json", records[0]["body_file"]]) == 0
    assert json.loads(capsys.readouterr().out)["entries"][0]["id"] == "1"


def test_what_the_daemon_would_refuse_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No address of our own network without leave, from the command line or the configuration."""
    with serve_scripts() as server:
        url = server.script("/good", respond(body=FEED))
        assert main(["fetch", "--config", str(tmp_path), url]) == 1
        assert "is not on the open internet" in capsys.readouterr().out
        assert server.asked == []
        (tmp_path / "monitor.toml").write_text('[polling]\nallow_private_hosts = ["127.0.0.0/8"]\n')
        (tmp_path / "feeds.toml").write_text("")
        (tmp_path / "watchlist.toml").write_text("")
        assert main(["fetch", "--config", str(tmp_path), "--out", str(tmp_path), url]) == 0
    assert f"200, {len(FEED)} bytes" in capsys.readouterr().out
