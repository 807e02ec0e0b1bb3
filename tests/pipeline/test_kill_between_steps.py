"""Killed between any two statements of any step: no article lost, none doubled, each story told once per channel."""

import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from monitor.model import ChannelName, Entry, Feed, Polled
from monitor.outbox.deliver import Sender, SendRules
from monitor.pipeline.digest import close_due
from monitor.storage.feeds import LEASE_S as VISIT_S
from monitor.storage.outbox import LEASE_S as SEND_S
from monitor.storage.store import Store
from tests.fakes.channel import Crash, RecordingChannel
from tests.fakes.clock import FakeClock
from tests.fakes.stores import open_store
from tests.pipeline.given import (
    a_context,
    a_topic,
    a_visit,
    a_wire_copy,
    an_entry,
    articles_of,
    digest_context,
    ingest,
    told_stories,
    watch,
    with_baseline,
)

TOPIC = a_topic(channels=(ChannelName("desk"), ChannelName("mail")))
CONTEXT = a_context([TOPIC])
STATEMENTS_MAX = 400
"""More statements than any step has; a run that never completes is a fault of the test."""

STRIDE = 1 if os.environ.get("MONITOR_PROVE") else 6
"""`make prove` kills at every statement; in between one in six does, beginning at another one each time."""


class Kill:
    """Ends the process, as far as the database can tell, at the k-th statement or commit it is asked for."""

    def __init__(self) -> None:
        self.left: int | None = None

    def count(self, *_: object) -> None:
        """One more statement is about to run, one more transaction to commit, or one more message to go out."""
        if self.left is None:
            return
        self.left -= 1
        if self.left < 0:
            raise Crash

    @contextmanager
    def at(self, statement: int) -> Iterator[None]:
        """Everything inside runs up to that statement."""
        self.left = statement
        try:
            yield
        finally:
            self.left = None

    def watch(self, engine: Engine) -> None:
        """Count what goes through this engine."""
        event.listen(engine, "before_cursor_execute", self.count)
        event.listen(engine, "commit", self.count)


@dataclass
class World:
    """A database, two feeds with their publishers' entries, two channels, a clock: what outlives a kill."""

    path: Path
    clock: FakeClock
    channels: tuple[RecordingChannel, RecordingChannel]
    shown: dict[str, list[Entry]]
    kill: Kill

    def open(self) -> Store:
        """The store as a new process finds it."""
        store = open_store(f"sqlite:///{self.path}")
        for engine in (store.database.writer, store.database.reader):
            # Nothing is unplugged here, and the syncs are most of the time.
            event.listen(engine, "connect", lambda c, _: c.execute("PRAGMA synchronous=OFF"))
        self.kill.watch(store.database.writer)
        return store

    def poll(self, store: Store, owner: str) -> None:
        """Visit every feed that is due, as its server answers: 304 where the validators are the latest ones."""
        with store.write() as tx:
            feeds = tx.feeds.claim_due(self.clock.now(), owner=owner, limit=9, round_started_at=self.clock.now())
        batch = [self._visit(feed) for feed in sorted(feeds, key=lambda feed: feed.id) if feed.state.etag != '"new"']
        if batch:
            ingest(store, batch, a_context([TOPIC], owner=owner), self.clock.now())

    def _visit(self, feed: Feed) -> Polled:
        return a_visit(feed, self.shown[feed.url], now=self.clock.now(), etag='"new"', body=b"new")

    def close(self, store: Store) -> None:
        """Close what is due."""
        close_due(store, digest_context([TOPIC], *self.channels), self.clock.now())

    def deliver(self, store: Store, owner: str) -> None:
        """Claim, send and settle on each channel."""
        sender = Sender(store, self.clock, owner=owner, jitter=lambda: 0.0)
        for channel in self.channels:
            sender.deliver_due(channel, SendRules())


def begin(template: Path, folder: Path) -> World:
    """Two feeds that were read before; now each shows a wire text they share and an event of its own."""
    path = folder / "monitor.db"
    for old in folder.glob("monitor.db*"):
        old.unlink()
    shutil.copy(template, path)
    kill = Kill()
    channels = (RecordingChannel("desk", on_send=kill.count), RecordingChannel("mail", on_send=kill.count))
    world = World(path, FakeClock(), channels, {}, kill)
    store = world.open()
    watch(store, [TOPIC], world.clock.now())
    feeds = with_baseline(store, CONTEXT, 2)
    with store.write() as tx:
        tx.feeds.release("worker")
    world.shown = {feed.url: [a_wire_copy(n), an_entry(n, outlet=n)] for n, feed in enumerate(feeds)}
    store.close()
    return world


def steps_of(world: World, store: Store, owner: str) -> dict[str, Callable[[], None]]:
    """The steps in the order of the day; sending and settling are one with the claim, told apart by the kill."""

    def an_hour_later() -> None:
        world.clock.forward(hours=1)
        world.close(store)

    return {
        "ingest": lambda: world.poll(store, owner),
        "close": an_hour_later,
        "deliver": lambda: world.deliver(store, owner),
    }


@pytest.mark.parametrize("step", ["ingest", "close", "deliver"])
def test_a_kill_at_any_statement_loses_and_doubles_nothing(sqlite_template: Path, tmp_path: Path, step: str) -> None:
    """At every statement and every commit in turn, or at each sixth of them; then a new process finishes the day."""
    killed = 0
    for statement in range(random.randrange(STRIDE), STATEMENTS_MAX, STRIDE):
        world = begin(sqlite_template, tmp_path)
        first = world.open()
        steps = steps_of(world, first, "killed")
        for name in list(steps)[: list(steps).index(step)]:
            steps[name]()
        try:
            with world.kill.at(statement):
                steps[step]()
            completed = True
        except Crash:
            completed = False
        first.close()
        look_after_the_kill(world)
        finish(world)
        look_at_the_end(world)
        if completed:
            break
        killed += 1
    assert completed, "the step never ran to its end"
    assert killed >= {"ingest": 20, "close": 15, "deliver": 8}[step] // STRIDE, "the kills did not reach into the step"


def look_after_the_kill(world: World) -> None:
    """What a kill leaves behind: a feed's validators never without the articles they came with."""
    store = world.open()
    with store.read() as tx:
        ahead = {feed.feed.id for feed in tx.health.all() if feed.feed.state.etag == '"new"'}
    stored = Counter(article.article.feed_id for article in articles_of(store))
    store.close()
    assert all(stored[feed_id] == 3 for feed_id in ahead)


def finish(world: World) -> None:
    """A new process, after the leases of the dead one have run out."""
    store = world.open()
    world.clock.forward(seconds=max(VISIT_S, SEND_S) + 1)
    world.poll(store, "next")
    world.clock.forward(hours=1)
    world.close(store)
    world.deliver(store, "next")
    store.close()


def look_at_the_end(world: World) -> None:
    """Each article once, each story told once on each channel, each message arrived once."""
    store = world.open()
    articles = articles_of(store)[2:]
    names = [(stored.article.feed_id, stored.article.url) for stored in articles]
    stories = sorted({stored.story_id for stored in articles})
    told = {channel.name: told_stories(store, channel.name) for channel in world.channels}
    with store.read() as tx:
        states = [item.delivery.state.value for item in tx.outbox.listed(everything=True)]
    store.close()
    assert len(set(names)) == len(names) == 4
    assert len(stories) == 3
    assert told == {"desk": stories, "mail": stories}
    assert states == ["sent"] * len(states)
    for channel in world.channels:
        assert len(channel.arrived) == len(set(channel.arrived)) == len(states) // 2
