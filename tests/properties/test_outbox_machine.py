"""The outbox and the real Slack channel as a state machine over a virtual clock, killed at any step.

Nothing is lost, nothing doubled, nothing overtakes: whatever Slack does, whoever dies when, with two workers on one
database. The message itself is the proof: what is counted is what stands at the fake Slack.
"""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from monitor.channels.base import Receipt
from monitor.channels.slack import SlackChannel
from monitor.model import Delivery
from monitor.storage.outbox import LEASE_S
from tests.properties.outbox_world import FAULTS, OutboxWorld

SOME = settings(
    max_examples=300 if os.environ.get("MONITOR_PROVE") else 12,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
WORKERS = st.integers(0, 1)
KILLS = st.one_of(st.none(), st.integers(1, 40))


class OutboxMachine(RuleBasedStateMachine):
    """Digests close, notes and edits follow, workers come and go, Slack fails in every way it can."""

    channel_type: type[SlackChannel] = SlackChannel

    @initialize()
    def begin(self) -> None:
        """An empty outbox, a Slack and two workers."""
        self.world = OutboxWorld(self.channel_type)

    @rule(parts=st.sampled_from([1, 1, 2, 3]))
    def close_a_digest(self, parts: int) -> None:
        """A digest more in line."""
        self.world.close_a_digest(parts)

    @rule(which=st.integers(0, 9), is_edit=st.booleans())
    def follow_up(self, which: int, is_edit: bool) -> None:
        """A note in the thread of an earlier digest, or an edit of its root."""
        self.world.follow_up(which, is_edit=is_edit)

    @rule(count=st.integers(1, 12))
    def others_talk(self, count: int) -> None:
        """What other people write pushes ours to later pages."""
        self.world.slack.chat(count)

    @rule(worker=WORKERS, faults=st.lists(st.sampled_from(FAULTS), max_size=4), kill_at=KILLS)
    def deliver(self, worker: int, faults: list[str], kill_at: int | None) -> None:
        """Send what is due; a kill on the way leaves a new worker behind."""
        self.world.deliver(worker, faults, kill_at)

    @rule(worker=WORKERS, fault=st.sampled_from(FAULTS), seconds=st.sampled_from([0, 40, LEASE_S + 1]))
    def deliver_later(self, worker: int, fault: str, seconds: int) -> None:
        """The same after a while, with one thing going wrong."""
        self.world.clock.forward(seconds=seconds)
        self.world.deliver(worker, [fault], None)

    @rule(seconds=st.sampled_from([1, 10, 40, LEASE_S + 1]))
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.world.clock.forward(seconds=seconds)

    @rule(worker=WORKERS)
    def restart(self, worker: int) -> None:
        """A kill between two looks."""
        self.world.restart(worker)

    @invariant()
    def nothing_is_doubled_or_astray(self) -> None:
        """No message ever arrives twice, overtakes another, or stands outside its thread."""
        if hasattr(self, "world"):
            self.world.check()

    def teardown(self) -> None:
        """In the end, with a Slack that works and a person who looks, everything has arrived."""
        if hasattr(self, "world"):
            try:
                self.world.finish()
            finally:
                self.world.close()


class BlindSlack(SlackChannel):
    """A channel whose answer to "do you have it?" is always no: what an outbox without asking would be."""

    def find(self, delivery: Delivery) -> Receipt | None:
        """Never finds anything."""
        return None


class BlindMachine(OutboxMachine):
    """The same with asking taken out."""

    channel_type = BlindSlack


def test_nothing_lost_nothing_doubled() -> None:
    """Whatever fails, whenever it is killed: each message arrives once, in order and in its place."""
    run_state_machine_as_test(OutboxMachine, settings=SOME)


def test_the_machine_notices_when_asking_is_taken_out() -> None:
    """The test of the test: without reconciling, a doubled message is found."""
    # The same examples each time: by chance a few hundred may pass it by.
    without_shrinking = settings(
        SOME, max_examples=400, phases=[Phase.generate], report_multiple_bugs=False, derandomize=True
    )
    with pytest.raises(AssertionError, match="doubled"):
        run_state_machine_as_test(BlindMachine, settings=without_shrinking)
