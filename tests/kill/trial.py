"""One trial: a frozen backlog, a sender killed at moment n, others after it until all is settled, and a count.

Effects: child processes, a server on loopback, files in a temporary folder.
"""

import json
import shutil
import sqlite3
import subprocess
import sys
import threading
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, redirect_stderr
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from monitor.channels.slack import SlackChannel
from monitor.model import ChannelName, DeliveryKind, DigestId, Note, NoteKind, NoteLine, TopicKey
from monitor.storage.engine import open_engine
from monitor.storage.migrate import upgrade
from monitor.storage.outbox import NewDelivery
from monitor.storage.store import Store
from tests.acceptance.program import ROOT
from tests.fakes.clock import START
from tests.fakes.digests import a_digest
from tests.fakes.slack import CHANNEL, TOKEN, FakeSlack, Fault, serve_slack

POST = "chat.postMessage"
SLOW_S = 0.15
"""How long a slow Slack has a post before it keeps it: the killed sender is long gone by then."""
ROUNDS_MAX = 15
"""Processes one trial may take; two faults and a kill take five."""
LONG_PAST = "2001-01-01 00:00:00.000000"

_SLOW = threading.Event()  # never set: waiting for it is how the fake is slow


def _hang(slack: FakeSlack) -> None:
    slack.fail(POST, Fault("hang", stored=True), Fault("hang"))


def _slow(slack: FakeSlack) -> None:
    def wait() -> None:
        _SLOW.wait(SLOW_S)

    slack.on_called = wait


MODES: dict[str, Callable[[FakeSlack], None]] = {
    "ok": lambda slack: None,
    "accept, then drop": lambda slack: slack.fail(POST, *[Fault("drop", stored=True)] * 4),
    "accept, then hang": _hang,
    "500 twice": lambda slack: slack.fail(POST, Fault("status", stored=True), Fault("status")),
    "429": lambda slack: slack.fail(POST, *[Fault("rate", retry_after="1")] * 2),
    "slow accept": _slow,
}
"""How Slack fails, per mode, in the order of the calls; `hang` once with the post kept and once without."""


@dataclass
class Came:
    """What one trial came to."""

    at: str = ""
    """Where it was killed, in words; empty where the sender ended by itself."""
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    astray: list[str] = field(default_factory=list)
    """Keys that stand out of order, or outside the thread they belong to."""


class Driver:
    """The process that forks senders."""

    def __init__(self, child: "subprocess.Popen[str]") -> None:
        self._child = child

    def run(self, task: dict[str, object]) -> dict[str, Any]:
        """Work on one task; its last words and its exit code (`ended`: 0, or -9 for a kill)."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(json.dumps(task) + "\n")
        self._child.stdin.flush()
        said: dict[str, Any] = {}
        while "ended" not in said:
            line = self._child.stdout.readline()
            assert line, "the driver fell over"
            if line.startswith("{"):  # the product's own log lines go elsewhere, but a library may print
                said |= json.loads(line)
        assert "broke" not in said, said["broke"]
        return said


@contextmanager
def running_driver() -> Iterator[Driver]:
    """A driver until the block ends."""
    command = [sys.executable, "-m", "tests.kill.driver"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
    ) as child:
        yield Driver(child)
        assert child.stdin is not None
        child.stdin.close()


def make_backlog(path: Path) -> list[str]:
    """A database with one digest in a root and a reply, and a note in its thread; the keys, in order."""
    channel = SlackChannel("desk", CHANNEL, TOKEN)
    database = open_engine(f"sqlite:///{path}")
    upgrade(database)
    store = Store(database)
    parts = channel.render(a_digest(3, 12), "d/1")
    note = Note(NoteKind.GROWN, "It has grown on.", START, lines=(NoteLine("More reports", "https://w.example/9"),))
    with store.write() as tx:
        root, *_ = tx.outbox.add([_row(one.body, one.part, 1) for one in parts], START, due_at=START)
        [body] = [one.body for one in channel.render_note(note, "n/1")]
        tx.outbox.add([_row(body, 1, 1, DeliveryKind.NOTE, root)], START, due_at=START)
    store.close()
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return [key_of(json.loads(payload)) for (payload,) in raw.execute("SELECT payload FROM delivery ORDER BY id")]


def _row(
    body: str, part: int, digest: int, kind: DeliveryKind = DeliveryKind.DIGEST, thread_of: int | None = None
) -> NewDelivery:
    return NewDelivery(
        digest_id=DigestId(digest),
        topic=TopicKey("hostage-negotiations"),
        channel=ChannelName("desk"),
        key=key_of(json.loads(body)),
        part=part,
        stories=1,
        payload=body,
        kind=kind,
        thread_of=thread_of,  # type: ignore[arg-type]  # an id as the outbox gave it
    )


def key_of(message: dict[str, Any]) -> str:
    """By what a message is found again, as one word."""
    payload = message["metadata"]["event_payload"]
    return f"{payload['key']}-{payload['part']}"


def try_kill(driver: Driver, template: Path, keys: list[str], mode: str, kill_at: int, *, blind: bool = False) -> Came:
    """Kill a sender at moment `kill_at` of what it does to the backlog, then let others finish it."""
    path = template.with_name("trial.db")
    for old in template.parent.glob("trial.db*"):
        old.unlink()
    shutil.copy(template, path)
    came = Came()
    # A sender that dies leaves its server with nobody to answer, which that would tell of at length.
    with redirect_stderr(StringIO()), serve_slack() as slack:
        MODES[mode](slack)
        passed = 0
        for _ in range(ROUNDS_MAX):
            left = max(0, kill_at - passed) if not came.at else 0
            said = driver.run({"database": f"sqlite:///{path}", "url": slack.url, "kill_at": left, "blind": blind})
            if said["ended"] == -9:
                came.at = said["killed"]
            passed += said.get("passed", 0)
            _wait_idle(slack)
            if _is_settled(path):
                break
            _let_time_pass(path)
        else:
            came.lost.append("never settled")
        _count(slack, keys, came)
    return came


def _count(slack: FakeSlack, keys: list[str], came: Came) -> None:
    posts = slack.posts()
    arrived = [key_of(post) for post in posts]
    counts = Counter(arrived)
    came.lost += [key for key in keys if not counts[key]]
    came.doubled += [key for key in keys if counts[key] > 1]
    came.astray += [key for key, wanted in zip(dict.fromkeys(arrived), keys, strict=False) if key != wanted]
    roots = {post["ts"] for post in posts if key_of(post) == keys[0]}
    came.astray += [key_of(post) for post in posts if key_of(post) != keys[0] and post.get("thread_ts") not in roots]


def _wait_idle(slack: FakeSlack) -> None:
    """Until Slack is done with all it was sent: the lease is longer than that, and a trial does not wait for leases."""
    slack.release.set()
    # Connections are taken in turn: when this one is answered, those of a dead sender have their threads.
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{slack.url}auth.test", data=b"{}").read()
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(10)
    slack.release.clear()


def _is_settled(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as raw:
        left = raw.execute("SELECT 1 FROM delivery WHERE state IN ('pending', 'leased') LIMIT 1").fetchone()
        return left is None


def _let_time_pass(path: Path) -> None:
    """What hours would do: leases have run out, retries are due, nothing is held."""
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("UPDATE delivery SET lease_until = ? WHERE state = 'leased'", (LONG_PAST,))
        raw.execute("UPDATE delivery SET next_attempt_at = ? WHERE state = 'pending'", (LONG_PAST,))
        raw.execute("UPDATE channel_hold SET until = ?", (LONG_PAST,))
        raw.commit()
