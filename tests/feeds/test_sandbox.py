"""A feed that is poison costs itself: the parser process is killed and the next feed gets another."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.errors import ParseError, ParseReason
from monitor.feeds.parse import parse_feed
from monitor.feeds.sandbox import ParserProcess
from monitor.model import PageText
from tests.feeds.pages import BODY, article_page

FOLDER = Path(__file__).parent.parent / "data" / "feeds"
ROOT = Path(__file__).parent.parent.parent
GOOD = (FOLDER / "rss.xml").read_bytes()
NOW = datetime(2026, 3, 3, tzinfo=UTC)
SLOW = (
    b"<rss><channel><item " + b" ".join(b'a%d="1"' % number for number in range(60_000)) + b"><title>x</title></item>"
)
"""60,000 attributes: the tolerant parser takes half a minute."""
LARGE = b'{"items": [' + b"{}," * 1_600_000 + b"{}]}"
"""5 MB that take more than 200 MB to read."""


@pytest.fixture
def parser() -> Iterator[ParserProcess]:
    """A parser process with short limits, closed at the end."""
    one = ParserProcess(deadline_s=20.0)
    yield one
    one.close()


def child_of(parser: ParserProcess) -> int:
    """The id of the running child, by what the system says of our children."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it ended while we looked
        if parent == os.getpid() and b"monitor.feeds.parser_child" in words and is_running(int(folder.name)):
            found.append(int(folder.name))
    assert len(found) == 1, found
    return found[0]


def mapped(process_id: int) -> str:
    """What a process has loaded of compiled libraries."""
    return Path(f"/proc/{process_id}/maps").read_text()


def is_running(process_id: int) -> bool:
    """Whether a process is there and is not a zombie."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("name", ["rss.xml", "atom.xml", "truncated.xml", "feed11.json", "koi8.xml"])
def test_a_feed_comes_through_unchanged(parser: ParserProcess, name: str) -> None:
    """What the process says is what `parse_feed` says, field by field, whichever road."""
    body = (FOLDER / name).read_bytes()
    here = parse_feed(body, base_url="https://here.example/x", charset="koi8-r", now=NOW)
    assert parser.parse(body, "https://here.example/x", "koi8-r", NOW) == here


def test_an_error_comes_through_with_its_reason(parser: ParserProcess) -> None:
    """A page is refused with the words and the remedy that `parse_feed` has for it."""
    with pytest.raises(ParseError) as caught:
        parser.parse((FOLDER / "page.xml").read_bytes())
    assert caught.value.reason is ParseReason.HTML
    assert "address of its feed" in caught.value.remedy


def test_a_feed_that_takes_too_long_is_killed_and_the_next_is_read() -> None:
    """The deadline holds for the poisoned feed, and nobody after it pays."""
    parser = ParserProcess(deadline_s=1.0)
    parser.parse(GOOD)
    poisoned = child_of(parser)
    started = time.monotonic()
    with pytest.raises(ParseError) as caught:
        parser.parse(SLOW)
    assert caught.value.reason is ParseReason.TOO_SLOW
    assert 1.0 <= time.monotonic() - started < 5.0
    assert not is_running(poisoned)
    assert parser.parse(GOOD).title == "City & Coast"
    parser.close()


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not limit the address space of a process")
def test_a_feed_that_takes_too_much_memory_is_refused_and_the_next_is_read() -> None:
    """The memory limit holds in the child alone; the feed is told apart from one that is slow or broken."""
    parser = ParserProcess(deadline_s=60.0, memory_bytes_max=170 << 20)
    with pytest.raises(ParseError) as caught:
        parser.parse(LARGE)
    assert caught.value.reason is ParseReason.TOO_BIG
    assert parser.parse(GOOD).title == "City & Coast"
    parser.close()


def test_a_parent_that_once_was_large_keeps_its_child(parser: ParserProcess) -> None:
    """A child begins with the peak of its parent; taken for its own, it would end after every feed."""
    once_large = b"x" * 260_000_000
    del once_large
    parser.parse(GOOD)
    first = child_of(parser)
    parser.parse(GOOD)
    assert child_of(parser) == first


def test_a_child_that_dies_while_idle_costs_no_feed(parser: ParserProcess) -> None:
    """Killed by the system between two feeds, it is replaced, and the next feed is read as if nothing had been."""
    parser.parse(GOOD)
    first = child_of(parser)
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    assert parser.parse(GOOD).title == "City & Coast"


def test_a_child_that_dies_over_a_feed_is_told_as_crashed() -> None:
    """A process that breaks in the middle is neither a slow feed nor an empty one."""
    parser = ParserProcess(deadline_s=30.0)
    parser.parse(GOOD)
    process_id = child_of(parser)
    killer = threading.Timer(0.3, os.kill, (process_id, signal.SIGKILL))
    killer.start()
    with pytest.raises(ParseError) as caught:
        parser.parse(SLOW)
    killer.join()
    assert caught.value.reason is ParseReason.CRASHED
    parser.close()


def test_the_child_outlives_the_signals_that_make_the_parent_drain(parser: ParserProcess) -> None:
    """SIGINT and SIGTERM are for the daemon, which still has feeds to read while it drains."""
    parser.parse(GOOD)
    process_id = child_of(parser)
    os.kill(process_id, signal.SIGTERM)
    os.kill(process_id, signal.SIGINT)
    assert parser.read_headlines(article_page(title="Ships leave").encode()).titles == ("Ships leave",)
    assert parser.parse(GOOD).title == "City & Coast"
    assert child_of(parser) == process_id


def test_an_idle_child_is_ended_and_started_again_when_needed() -> None:
    """A quiet daemon carries no parser; the next feed starts one."""
    parser = ParserProcess(idle_s=60.0)
    assert not parser.close_if_idle(time.monotonic() + 100)
    parser.parse(GOOD)
    process_id = child_of(parser)
    assert not parser.close_if_idle(time.monotonic() + 10)
    assert parser.close_if_idle(time.monotonic() + 61)
    assert not is_running(process_id)
    assert parser.parse(GOOD).title == "City & Coast"
    parser.close()


def test_many_threads_each_get_their_own_answer(parser: ParserProcess) -> None:
    """Answers are never swapped between threads that ask at once."""
    answers: dict[int, str] = {}

    def ask(number: int) -> None:
        for _ in range(5):
            answers[number] = parser.parse(GOOD.replace(b"City", b"City%d" % number)).title

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: f"City{number} & Coast" for number in range(6)}


def test_the_child_ends_with_its_parent_and_holds_no_secret() -> None:
    """A daemon that is killed leaves no process behind; a token of its environment never reaches the parsers."""
    script = (
        "import os, sys\n"
        "from monitor.feeds.sandbox import ParserProcess\n"
        "parser = ParserProcess()\n"
        "parser.parse(sys.stdin.buffer.read())\n"
        "child = parser._child._process.pid\n"
        "environment = open(f'/proc/{child}/environ', 'rb').read()\n"
        "print(child, 'feedparser' in sys.modules, b'hush' in environment, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    environment = os.environ | {"SLACK_BOT_TOKEN": "hush", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], input=GOOD, capture_output=True, env=environment)
    child, has_parser, has_token = done.stdout.decode().split()
    assert (has_parser, has_token) == ("False", "False")
    ended_by = time.monotonic() + 10
    while is_running(int(child)) and time.monotonic() < ended_by:
        os.sched_yield()
    assert not is_running(int(child))


def test_a_parser_that_nobody_closed_leaves_no_process_and_no_warning() -> None:
    """The interpreter's end ends the child, quietly, even with warnings as errors."""
    script = (
        "import sys\nfrom monitor.feeds.sandbox import ParserProcess\n"
        "parser = ParserProcess()\nparser.parse(sys.stdin.buffer.read())\nprint(parser._child._process.pid)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        input=GOOD,
        capture_output=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.stderr == b""
    assert not is_running(int(done.stdout))


def test_a_page_is_read_in_the_same_process_and_the_library_loads_with_it(parser: ParserProcess) -> None:
    """Feeds and pages take turns; a child that only reads feeds carries nothing for pages."""
    parser.parse(GOOD)
    process_id = child_of(parser)
    for _ in range(3):
        parser.parse(GOOD)
    before = mapped(process_id)
    assert parser.read_page(article_page().encode()).text.endswith(BODY)
    assert "charset_normalizer" not in before
    assert "charset_normalizer" in mapped(process_id)
    assert parser.read_page(b"<p>short</p>", longer_than=200) == PageText()
    assert parser.parse(GOOD).title == "City & Coast"
    assert child_of(parser) == process_id
