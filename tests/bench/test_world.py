"""The bench measures what it says: the same feeds every time, news only where there is some, all work counted."""

import gzip
import re
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.ours import write_config
from bench.server import publishers, url_of
from bench.world import ENTRIES, NEW_ENTRIES, World
from monitor.config.load import load
from monitor.feeds.parse import parse_feed

START = datetime(2026, 3, 14, 9, 15, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "bench" / "requirements-reader.lock"


def keys(body: bytes) -> list[str]:
    """The ids of a feed's entries, newest first."""
    return [entry.id for entry in parse_feed(body, base_url="https://outlet.example/", now=START).entries]


def test_two_worlds_are_one() -> None:
    """Two runs are comparable only if they serve the same bytes."""
    assert World(START, 8).body(3, 2) == World(START, 8).body(3, 2)


@pytest.mark.parametrize("number", [0, 3, 10, 11])
def test_rounds_bring_what_they_say(number: int) -> None:
    """Round 1 shows the same bytes; in round 2 every tenth feed has its new entries on top, and no other moves."""
    world = World(START, 20)
    first, second, third = (world.body(number, shown) for shown in range(3))
    assert second == first
    assert len(keys(first)) == ENTRIES
    if number % 10:
        assert third == first
    else:
        assert keys(third)[NEW_ENTRIES:] == keys(first)[:-NEW_ENTRIES]
        assert not set(keys(third)[:NEW_ENTRIES]) & set(keys(first))


def ask(url: str, etag: str = "") -> tuple[int, str, bytes]:
    """Status, tag and body of a GET."""
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip", "If-None-Match": etag})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers["ETag"], gzip.decompress(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["ETag"], b""


def test_the_server_serves_the_round_that_is_shown() -> None:
    """A side that runs second meets the same cold round as the first, and a feed that stays is answered with 304."""
    world = World(START, 11)
    with publishers(START, 11) as shown:
        changing, staying = shown.urls[10], shown.urls[9]
        status, tag, body = ask(changing)
        assert (status, body) == (200, world.body(10, 0))
        assert ask(changing, tag)[0] == 304
        staying_tag = ask(staying)[1]
        shown.show(2)
        assert ask(changing, tag) == (200, ask(changing)[1], world.body(10, 2))
        assert ask(staying, staying_tag)[0] == 304
        shown.show(0)
        assert ask(changing)[2] == world.body(10, 0)
        assert shown.urls[10].split("/")[2] != shown.urls[9].split("/")[2]


def test_our_side_is_a_configuration_that_loads(tmp_path: Path) -> None:
    """The command is measured on files a user could write, with every feed and all four topics in them."""
    write_config(tmp_path, [url_of(number, 8000) for number in range(1000)])
    loaded = load(tmp_path / "config", {})
    assert len(loaded.feeds) == len({feed.url for feed in loaded.feeds}) == 1000
    assert len(loaded.watchlist.topics) == 4


ORPHAN = """
import subprocess, sys
spin = "import time\\nwhile time.process_time() < 0.4: pass"
subprocess.Popen([sys.executable, "-c", spin], start_new_session=True, stdout=subprocess.DEVNULL)
print("gone")
"""
MEASURE = """
import sys
from bench.measure import measure
usage = measure([sys.executable, "-W", "ignore", sys.argv[1]], timeout_s=30)
print(usage.code, usage.output.strip(), usage.cpu_s)
"""


def test_a_helper_that_outlives_its_parent_is_counted(tmp_path: Path) -> None:
    """Work moved into a process that nobody waits for is still work."""
    script = tmp_path / "orphan.py"
    script.write_text(ORPHAN)
    # In a process of its own: measuring adopts orphans, and a test run has others.
    said = subprocess.run([sys.executable, "-c", MEASURE, script], cwd=ROOT, capture_output=True, text=True, check=True)
    code, output, cpu_s = said.stdout.split()
    assert (code, output) == ("0", "gone")
    assert float(cpu_s) > 0.4


def test_the_baseline_is_pinned_and_hashed() -> None:
    """The baseline is the same library everywhere, and the file names no index."""
    text = LOCK.read_text()
    assert "://" not in text
    assert "reader==3.26 " in text
    for block in re.split(r"\n(?=\S)", text.strip()):
        assert re.match(r"[a-z0-9-]+==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", block)
