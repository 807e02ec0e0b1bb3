"""The outbox as a state machine over a virtual clock: killed at any step, it loses nothing and doubles nothing."""

import atexit
import shutil
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import event

from monitor.channels.base import Receipt
from monitor.model import Delivery
from monitor.outbox.deliver import Sender, SendRules
from monitor.storage.engine import open_engine
from monitor.storage.migrate import upgrade
from monitor.storage.outbox import LEASE_S
from monitor.storage.store import Store
from tests.fakes.channel import Crash, RecordingChannel
from tests.fakes.clock import FakeClock
from tests.storage.given import a_delivery

FAULTS = ("ok", "retry", "lost", "taken", "crash_before", "crash_after")
SOME = settings(
    max_examples=120, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


@cache
def _template() -> Path:
    """A SQLite file with the whole schema, made once and copied per example."""
    folder = Path(tempfile.mkdtemp(prefix="monitor-machine-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    database = open_engine(f"sqlite:///{folder / 'monitor.db'}")
    upgrade(database)
    database.close()
    return folder / "monitor.db"


class OutboxMachine(RuleBasedStateMachine):
    """Digests close, senders come and go, the channel fails in every way it can."""

    channel_type: type[RecordingChannel] = RecordingChannel

    @initialize()
    def begin(self) -> None:
        """An empty outbox, a channel and a first worker."""
        self.folder = Path(tempfile.mkdtemp(prefix="monitor-machine-"))
        shutil.copy(_template(), self.folder / "monitor.db")
        self.store = Store(open_engine(f"sqlite:///{self.folder / 'monitor.db'}"))
        # Nothing is unplugged here, and the syncs are most of the time.
        event.listen(self.store.database.writer, "connect", lambda c, _: c.execute("PRAGMA synchronous=OFF"))
        self.clock = FakeClock()
        self.channel = self.channel_type()
        self.made = 0
        self.workers = 0
        self.sender = self.new_sender()

    def new_sender(self) -> Sender:
        """A worker as after a restart: it remembers nothing."""
        self.workers += 1
        return Sender(self.store, self.clock, owner=f"worker {self.workers}", jitter=lambda: 0.0)

    @rule()
    def close_a_digest(self) -> None:
        """One more delivery in line."""
        self.made += 1
        with self.store.write() as tx:
            tx.outbox.add([a_delivery(self.made, digest_id=self.made)], self.clock.now(), due_at=self.clock.now())

    @rule(faults=st.lists(st.sampled_from(FAULTS), max_size=3))
    def deliver(self, faults: list[str]) -> None:
        """Send what is due; a kill on the way leaves a new worker behind."""
        self.channel.faults = faults
        try:
            self.sender.deliver_due(self.channel, SendRules())
        except Crash:
            self.sender = self.new_sender()
        self.channel.faults = []

    @rule(seconds=st.sampled_from([1, 10, 40, LEASE_S + 1]))
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.clock.forward(seconds=seconds)

    @rule()
    def restart(self) -> None:
        """A kill between two looks."""
        self.sender = self.new_sender()

    @invariant()
    def nothing_is_doubled(self) -> None:
        """No delivery ever arrives twice."""
        if hasattr(self, "channel"):
            doubled = [key for key, count in Counter(self.channel.arrived).items() if count > 1]
            assert doubled == []

    def teardown(self) -> None:
        """In the end, with a channel that works, everything arrives."""
        if not hasattr(self, "store"):
            return
        self.channel.faults = []
        for _ in range(4):
            self.clock.forward(seconds=LEASE_S + 60)
            self.sender.deliver_due(self.channel, SendRules())
        arrived = len(self.channel.arrived)
        self.store.close()
        shutil.rmtree(self.folder)
        assert arrived == self.made


class BlindChannel(RecordingChannel):
    """A channel whose answer to "do you have it?" is always no: what an outbox without asking would be."""

    def find(self, delivery: Delivery) -> Receipt | None:
        """Never finds anything."""
        return None


class BlindMachine(OutboxMachine):
    """The same with asking taken out."""

    channel_type = BlindChannel


def test_nothing_lost_nothing_doubled() -> None:
    """Whatever fails, whenever it is killed: each delivery arrives once."""
    run_state_machine_as_test(OutboxMachine, settings=SOME)


def test_the_machine_notices_when_asking_is_taken_out() -> None:
    """The test of the test: without reconciling, a doubled delivery is found."""
    without_shrinking = settings(SOME, max_examples=200, phases=[Phase.generate], report_multiple_bugs=False)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(BlindMachine, settings=without_shrinking)
