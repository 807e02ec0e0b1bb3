"""The test of the tests: a wire that is dead carries nothing, a wrong clock is wrong, stories are apart."""

import socket
import subprocess
import sys
from collections import Counter

import pytest

from tests.acceptance.program import ROOT
from tests.distributed.proxy import a_wire
from tests.distributed.town import write


def test_a_dead_wire_carries_nothing_and_forgets_nothing() -> None:
    """What was on its way arrives when the wire comes back; a cut ends the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener, a_wire(listener.getsockname()) as wire:
        near = socket.create_connection(("127.0.0.1", wire.port), timeout=5)
        far, _ = listener.accept()
        far.settimeout(0.2)
        near.sendall(b"before")
        assert far.recv(100) == b"before"
        wire.die()
        near.sendall(b"meanwhile")
        with pytest.raises(TimeoutError):
            far.recv(100)
        wire.heal()
        far.settimeout(5)
        assert far.recv(100) == b"meanwhile"
        assert wire.cut() == 2
        assert far.recv(100) == b""
        near.close()
        far.close()


def test_a_wrong_clock_is_wrong_in_all_that_it_says() -> None:
    """The program's own now, the time of day, and what it stamps on a file; a duration is as it was."""
    program = (
        "import time, pathlib, tempfile\n"
        "from monitor.clock import SystemClock\n"
        "from tests.distributed.skewed import skew\n"
        "true, began = time.time(), time.monotonic(); skew(-300)\n"
        "file = pathlib.Path(tempfile.mkdtemp()) / 'beat'; file.touch()\n"
        "told = (SystemClock().now().timestamp(), time.time(), file.stat().st_mtime)\n"
        "print(all(-300 <= one - true < -290 for one in told), time.monotonic() - began < 10)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]


def test_no_two_stories_share_a_word_but_the_one_that_matches() -> None:
    """Else two of them could be taken for one, and one would not be told."""
    words: Counter[str] = Counter()
    for number in range(200):
        entry = write(number, "outlet.example")
        words.update({word.strip(".").lower() for word in f"{entry.title} {entry.text}".split()})
    assert [word for word, count in words.items() if count > 3] == ["hydrofoil"]
