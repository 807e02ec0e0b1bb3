"""The outbox and the real Slack channel together, over a clock that is moved: what one refusal means for the rest."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from monitor.channels.slack import SlackChannel
from monitor.model import ChannelName, DigestId, TopicKey
from monitor.outbox.deliver import Peers, Sender, SendRules
from monitor.storage.outbox import NewDelivery
from monitor.storage.store import Store
from tests.fakes.clock import FakeClock
from tests.fakes.digests import a_digest
from tests.fakes.slack import CHANNEL, TOKEN, Fault
from tests.fakes.unplugged import URL, SlackInMemory, unplugged

POST, OTHER = "chat.postMessage", "C0OTHER"


@dataclass
class Desk:
    """Two channels of one workspace, and a sender for both."""

    store: Store
    clock: FakeClock = field(default_factory=FakeClock)
    token: str = TOKEN

    def __post_init__(self) -> None:
        self.slack = SlackInMemory(self.clock)
        self.slack.messages[OTHER] = []
        self.slack.members.add(OTHER)
        self.renew(TOKEN)
        self.made = 0

    def renew(self, token: str) -> None:
        """A process as after a restart, with this token."""
        self.channels = {
            ChannelName(name): SlackChannel(name, channel, token, URL, now=self.clock.now)
            for name, channel in (("desk", CHANNEL), ("other", OTHER))
        }
        peers = Peers(dict(self.channels), ())
        self.sender = Sender(self.store, self.clock, owner="me", jitter=lambda: 0.0, peers=lambda: peers)

    def add(self, name: str, parts: tuple[int, int] = (1, 0)) -> None:
        """A digest for a channel."""
        self.made += 1
        payloads = self.channels[ChannelName(name)].render(a_digest(*parts), f"d{self.made}")
        rows = [
            NewDelivery(
                digest_id=DigestId(self.made),
                topic=TopicKey("talks"),
                channel=ChannelName(name),
                key=f"d{self.made}-{one.part}",
                part=one.part,
                stories=1,
                payload=one.body,
            )
            for one in payloads
        ]
        with self.store.write() as tx:
            tx.outbox.add(rows, self.clock.now(), due_at=self.clock.now())

    def look(self, *names: str, later_s: float = 0) -> None:
        """One look at these channels, or at both."""
        self.clock.forward(seconds=later_s)
        for name in names or ("desk", "other"):
            self.sender.deliver_due(self.channels[ChannelName(name)], SendRules())

    def calls(self, channel: str = CHANNEL) -> int:
        """How often a post to the channel was tried."""
        return sum(one["channel"] == channel for one in self.slack.calls_of(POST))


@contextmanager
def a_desk(store: Store) -> Iterator[Desk]:
    """The two, with the network replaced."""
    desk = Desk(store)
    with unplugged(desk.slack, lambda _, ask: ask()):
        yield desk


def test_a_channel_told_to_wait_is_not_called_and_the_other_is_served(sqlite_store: Store) -> None:
    """429 with Retry-After: 3: no call to that channel for three seconds, then all in order."""
    with a_desk(sqlite_store) as desk:
        for name in ("desk", "desk", "other", "other"):
            desk.add(name)
        desk.slack.fail(POST, Fault("rate", retry_after="3"))
        desk.look()
        desk.look(later_s=2)
        assert (desk.calls(), len(desk.slack.posts(OTHER))) == (1, 2)
        desk.look(later_s=2)
        assert len(desk.slack.posts()) == 2


def test_a_refused_token_costs_two_calls_at_most_and_a_new_one_loses_nothing(sqlite_store: Store) -> None:
    """The whole workspace is held, its rows stay, and with a new token all goes out, once."""
    with a_desk(sqlite_store) as desk:
        for name in ("desk", "desk", "other"):
            desk.add(name)
        desk.slack.token = "xoxb-the-new-one"
        for _ in range(5):
            desk.look(later_s=1)
        assert len(desk.slack.calls_of(POST)) <= 2
        desk.renew("xoxb-the-new-one")
        for _ in range(30):
            desk.look(later_s=300)
        assert (len(desk.slack.posts()), len(desk.slack.posts(OTHER))) == (2, 1)


def test_a_channel_that_is_not_there_stops_no_other(sqlite_store: Store) -> None:
    """`channel_not_found` on one: the other gets everything."""
    with a_desk(sqlite_store) as desk:
        desk.add("desk")
        desk.add("other")
        desk.slack.fail(POST, Fault("code", code="channel_not_found"))
        desk.look()
        assert desk.slack.posts() == []
        told = [one["metadata"]["event_payload"]["key"] for one in desk.slack.posts(OTHER)]
        assert [key.startswith("operator-") for key in told] == [False, True], "its digest, and what is wrong next door"


def test_no_part_goes_out_when_the_first_is_refused(sqlite_store: Store) -> None:
    """A thread without its root would be read by nobody."""
    with a_desk(sqlite_store) as desk:
        desk.add("desk", (8, 20))
        desk.slack.fail(POST, Fault("code", code="invalid_arguments"))
        for _ in range(5):
            desk.look(later_s=600)
        assert (desk.calls(), desk.slack.posts()) == (1, [])


def test_what_slack_finds_too_long_is_divided_until_it_is_taken(sqlite_store: Store) -> None:
    """Every story arrives, once and in order, and what came later is not held up."""
    digest = a_digest(8, 20)
    urls = [story.lead.url for story in (*digest.stories, *digest.overflow)]
    with a_desk(sqlite_store) as desk:
        desk.slack.blocks_chars_max = 3_000
        desk.add("desk", (8, 20))
        desk.add("desk")
        for _ in range(40):
            desk.look("desk", later_s=5)

        said = [json.dumps(post["blocks"]) for post in desk.slack.posts()[:-1]]
        assert len(said) > 4
        linked = [url for url in re.findall(r'"url": "([^"]+)"', "".join(said)) if url in urls]
        assert list(dict.fromkeys(linked)) == urls
        assert all(sum(f'"{url}"' in one for one in said) == 1 for url in urls)
        with sqlite_store.read() as tx:
            assert set(tx.outbox.count_by_state()) == {"sent"}


def test_a_code_nobody_knows_is_tried_a_bounded_number_of_times(sqlite_store: Store) -> None:
    """Asked for, sent again, more and more seldom, then given up: what stands behind it must not wait for it."""
    with a_desk(sqlite_store) as desk:
        desk.add("desk")
        desk.slack.fail(POST, *[Fault("code", code="a_code_of_next_year")] * 1_000)
        for _ in range(300):
            desk.look("desk", later_s=300)
        tried = desk.calls()
        desk.look("desk", later_s=300)
        assert tried <= 6
        assert desk.calls() - tried <= 1


def test_the_token_is_not_in_the_database(sqlite_store: Store) -> None:
    """Whatever failed, no row, page or journal of the database holds it."""
    with a_desk(sqlite_store) as desk:
        desk.add("desk")
        for fault in (Fault("drop"), Fault("html"), Fault("code", code="invalid_auth")):
            desk.slack.fail(POST, fault)
            desk.look("desk", later_s=400)
    path = sqlite_store.database.path
    assert path is not None
    for file in path.parent.glob(f"{path.name}*"):
        assert TOKEN.encode() not in file.read_bytes()
