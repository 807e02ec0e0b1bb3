"""A database, a Slack in memory and two workers that can be killed at any statement, commit, call or answer."""

import atexit
import json
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import cache
from http.client import HTTPResponse
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from monitor.channels.base import Grown
from monitor.channels.slack import SlackChannel
from monitor.model import (
    ChannelName,
    DeliveryId,
    DeliveryKind,
    DeliveryState,
    DigestId,
    Note,
    NoteKind,
    StoryId,
    TopicKey,
)
from monitor.outbox.deliver import Sender, SendRules
from monitor.storage.migrate import upgrade
from monitor.storage.outbox import LEASE_S, NewDelivery
from monitor.storage.store import Store
from tests.fakes.channel import Crash
from tests.fakes.clock import START, FakeClock
from tests.fakes.digests import a_digest
from tests.fakes.slack import CHANNEL, TOKEN, Fault
from tests.fakes.stores import open_store
from tests.fakes.unplugged import URL, SlackInMemory, key_of, unplugged

POST, UPDATE = "chat.postMessage", "chat.update"
SLACK_FAULTS = {
    "drop, kept": Fault("drop", stored=True),
    "drop": Fault("drop"),
    "cut short, kept": Fault("short", stored=True),
    "500, kept": Fault("status", stored=True, status=500),
    "503": Fault("status", status=503, code="service_unavailable"),
    "page, kept": Fault("html", stored=True, status=200),
    "page": Fault("html", status=502),
    "429": Fault("rate", retry_after="7"),
    "fatal, kept": Fault("code", stored=True, code="fatal_error"),
    "fatal": Fault("code", code="fatal_error"),
    "unheard of": Fault("code", code="a_code_of_next_year"),
    "not in channel": Fault("code", code="not_in_channel"),
    "bad token": Fault("code", code="token_revoked"),
}
FAULTS = ("ok", "ok", "timeout", "timeout, kept", "stall", *SLACK_FAULTS)
"""What one call to Slack meets. In a stall the process sleeps past its lease and another worker looks meanwhile."""
PERSONS_LOOKS = 12
ANY_DIGEST = {1: (1, 0), 2: (1, 12), 3: (8, 20)}


class _Desk:
    """The one database of all examples, emptied for each: what opening and preparing costs is paid once."""

    def __init__(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="monitor-machine-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        self.store = open_store(f"sqlite:///{folder / 'monitor.db'}")
        upgrade(self.store.database)
        self.running: Worker | None = None
        self._lines: list[Any] = []
        writer = self.store.database.writer
        # Nothing is unplugged here, and the syncs are most of the time.
        event.listen(writer, "connect", lambda c, _: c.execute("PRAGMA synchronous=OFF"))
        event.listen(writer, "connect", lambda c, _: self._lines.append(c))
        writer.dispose()
        for moment in ("before_cursor_execute", "after_cursor_execute", "commit"):
            event.listen(writer, moment, self._moment)

    def _moment(self, *_: object) -> None:
        if self.running is not None:
            self.running.moment()

    def cut(self) -> None:
        """Who is killed holds no transaction: its connections end with it, wherever it was."""
        for line in self._lines:
            with suppress(sqlite3.Error):
                line.rollback()
            line.close()
        self._lines.clear()
        self.store.database.writer.dispose(close=False)

    def empty(self) -> None:
        """As it was before anything was closed."""
        self.running = None
        with self.store.write() as tx:
            for table in ("delivery", "channel_hold"):
                tx.connection.execute(sa.text(f"DELETE FROM {table}"))


@cache
def _desk() -> _Desk:
    return _Desk()


@cache
def _bodies(parts: int) -> tuple[str, ...]:
    """A digest's payloads, rendered once; the key is put in by each use."""
    channel = SlackChannel("desk", CHANNEL, TOKEN, URL)
    bodies = tuple(payload.body for payload in channel.render(a_digest(*ANY_DIGEST[parts]), "THE-KEY"))
    assert len(bodies) == parts
    return bodies


class Worker:
    """A process with a sender: it can be killed at its n-th moment, and then a new one takes its place."""

    def __init__(self, owner: str, clock: FakeClock, store: Store, channel: SlackChannel) -> None:
        self.channel = channel
        self.sender = Sender(store, clock, owner=owner, jitter=lambda: 0.0)
        self.kill_in: int | None = None

    def moment(self) -> bool:
        """Something begins or has ended; False, so that it can stand where one asks whether to stop."""
        if self.kill_in is not None:
            self.kill_in -= 1
            if self.kill_in <= 0:
                self.kill_in = None
                raise Crash
        return False


class OutboxWorld:
    """Everything the state machine does and looks at."""

    def __init__(self, channel_type: type[SlackChannel]) -> None:
        self._desk = _desk()
        self._desk.empty()
        self.store = self._desk.store
        self.clock = FakeClock()
        self.slack = SlackInMemory(self.clock)
        self.slack.page_size = 10
        self.roots: list[tuple[DeliveryId, str]] = []
        self.keys: list[str] = []
        """Of every message that has to arrive, in line."""
        self.excused: set[str] = set()
        """Keys that were given up at some time: a person sends them later, out of line."""
        self._channel_type = channel_type
        self._faults: list[str] = []
        self._born = 0
        self._edits = count(1)
        self._exit = ExitStack()
        self._exit.enter_context(unplugged(self.slack, self._exchange))
        self.workers = [self._new_worker(), self._new_worker()]

    def _new_worker(self) -> Worker:
        self._born += 1
        elapsed = self.clock.monotonic_s
        channel = self._channel_type("desk", CHANNEL, TOKEN, URL, now=self.clock.now, elapsed=elapsed)
        return Worker(f"worker {self._born}", self.clock, self.store, channel)

    def restart(self, number: int) -> None:
        """A worker as after a kill: it remembers nothing."""
        self.workers[number] = self._new_worker()

    def close_a_digest(self, parts: int) -> None:
        """A digest of so many parts."""
        key = f"d{len(self.keys)}"
        bodies = [body.replace("THE-KEY", key) for body in _bodies(parts)]
        rows = [_row(body, part, DeliveryKind.DIGEST) for part, body in enumerate(bodies, 1)]
        self.roots.append((self._add(rows)[0], key))

    def follow_up(self, which: int, *, is_edit: bool) -> None:
        """A note to a digest that was closed, or an edit of its first message where the channel makes one."""
        if not self.roots:
            return
        root, key = self.roots[which % len(self.roots)]
        channel = self.workers[0].channel
        if not is_edit:
            note = Note(NoteKind.GROWN, "It has grown on.", START)
            [payload] = channel.render_note(note, f"n{len(self.keys)}", key)
            self._add([_row(payload.body, 1, DeliveryKind.NOTE, root)])
            return
        body = channel.render_edit(_bodies(1)[0].replace("THE-KEY", key), {StoryId(1): Grown(99, 9, 99)})
        if body is not None:
            self._add([_row(body, 1, DeliveryKind.EDIT, root, f"edit-{next(self._edits)}")])

    def _add(self, rows: list[NewDelivery]) -> list[DeliveryId]:
        with self.store.write() as tx:
            ids = tx.outbox.add(rows, self.clock.now(), due_at=self.clock.now())
        self.keys += [row.key for row in rows if row.kind is not DeliveryKind.EDIT]
        return ids

    def deliver(self, number: int, faults: list[str], kill_at: int | None) -> None:
        """One look of a worker, with what Slack does to its calls in turn, and perhaps a kill."""
        worker = self.workers[number]
        self._faults = list(faults)
        worker.kill_in = kill_at
        killed = False
        try:
            self._look(worker)
        except Crash:
            killed = True
        if killed:  # only now: while the exception lives its frames hold cursors, and a cursor holds a lock
            self._desk.cut()
            self.restart(number)
        worker.kill_in = None
        self._faults = []
        self._note_given_up()

    def _look(self, worker: Worker) -> None:
        before, self._desk.running = self._desk.running, worker
        try:
            worker.sender.deliver_due(worker.channel, SendRules(), is_stopping=worker.moment)
        finally:
            self._desk.running = before

    def _exchange(self, method: str, ask: Callable[[], HTTPResponse]) -> HTTPResponse:
        worker = self._desk.running
        assert worker is not None
        worker.moment()
        fault = self._faults.pop(0) if self._faults else "ok"
        if fault == "not in channel":
            self._faults.insert(0, fault)  # who was removed from a channel is not back between two calls of a look
        if fault in SLACK_FAULTS:
            self.slack.fail(method, SLACK_FAULTS[fault])
        if fault == "timeout":
            raise self._timeout()
        answer = ask()
        if fault == "timeout, kept":
            raise self._timeout()
        if fault == "stall":
            self._sleep_past_the_lease(worker)
        worker.moment()
        return answer

    def _timeout(self) -> TimeoutError:
        self.clock.forward(seconds=15)
        return TimeoutError("timed out")

    def _sleep_past_the_lease(self, worker: Worker) -> None:
        """SIGSTOP as it is felt: the other worker takes the delivery over, then this one wakes up."""
        self.clock.forward(seconds=LEASE_S + 1)
        other = next(one for one in self.workers if one is not worker)
        kept, self._faults = self._faults, []
        self._look(other)
        self._faults = kept

    def _note_given_up(self) -> None:
        with self.store.read() as tx:
            rows = tx.outbox.listed(everything=True)
        self.excused |= {one.delivery.key for one in rows if one.delivery.state is DeliveryState.DEAD}

    def check(self) -> None:
        """Nothing doubled, nothing overtaken, nothing outside its thread."""
        posts = [post for post in self.slack.posts() if key_of(post)]
        arrived = [key_of(post) for post in posts]
        doubled = [key for key, count in Counter(arrived).items() if count > 1]
        assert doubled == [], "doubled"
        in_line = [key for key in arrived if key not in self.excused]
        assert in_line == [key for key in self.keys if key in set(in_line)], "overtaken"
        if not self.excused:
            assert in_line == self.keys[: len(in_line)], "a gap"
        by_key = dict(zip(arrived, posts, strict=True))
        for key, post in by_key.items():
            root = self._root_of(key)
            if root is not None and root in by_key and root not in self.excused:
                assert post.get("thread_ts") == by_key[root]["ts"], "outside its thread"

    def _root_of(self, key: str) -> str | None:
        stem, part = key.rsplit("-", 1)
        return f"{stem}-1" if part != "1" else None

    def finish(self) -> None:
        """Slack works again; a person looks what arrived of the given up, drops that and sends the rest again."""
        for look in range(PERSONS_LOOKS):
            self.clock.forward(seconds=LEASE_S + 400)
            if self._act_as_a_person():
                break
            self.deliver(look % len(self.workers), [], None)
        self.check()
        arrived = {key_of(post) for post in self.slack.posts()}
        assert [key for key in self.keys if key not in arrived] == [], "lost"
        with self.store.read() as tx:
            left = [one for one in tx.outbox.listed() if one.delivery.kind is not DeliveryKind.EDIT]
        assert left == [], "never settled"

    def _act_as_a_person(self) -> bool:
        """Whether there is nothing left to do, for a person or for the outbox."""
        arrived = {key_of(post) for post in self.slack.posts()}
        with self.store.write() as tx:
            tx.connection.execute(sa.text("DELETE FROM channel_hold"))
            left = [one.delivery for one in tx.outbox.listed()]
            dead = [delivery for delivery in left if delivery.state is DeliveryState.DEAD]
            for delivery in dead:
                if delivery.key in arrived:
                    tx.outbox.drop(delivery.id, self.clock.now())
            for delivery in dead:
                if delivery.key not in arrived:
                    tx.outbox.retry(delivery.id, self.clock.now())
        return not left

    def close(self) -> None:
        """Plug the network in again."""
        self._exit.close()


def _row(body: str, part: int, kind: DeliveryKind, thread_of: DeliveryId | None = None, key: str = "") -> NewDelivery:
    return NewDelivery(
        digest_id=DigestId(thread_of or 0),
        topic=TopicKey("hostage-negotiations"),
        channel=ChannelName("desk"),
        key=key or key_of(json.loads(body)),
        part=part,
        stories=1,
        payload=body,
        kind=kind,
        thread_of=thread_of,
    )


__all__ = ["FAULTS", "OutboxWorld"]
