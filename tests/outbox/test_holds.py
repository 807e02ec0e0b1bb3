"""A channel or an account that refuses everything: held as a whole, nothing lost, the operator told elsewhere."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from monitor.errors import ChannelError, RefusalScope, SendOutcome
from monitor.model import ChannelName, Delivery
from monitor.outbox.deliver import Peers, Sender, SendRules
from monitor.storage.holds import FIRST_HOLD
from monitor.storage.outbox import NewDelivery
from monitor.storage.store import Store
from tests.fakes.channel import RecordingChannel
from tests.fakes.clock import FakeClock
from tests.storage.given import a_delivery

RULES = SendRules()
DESK, NIGHT, MAIL = (ChannelName(name) for name in ("desk", "night", "mail"))


def refusal(scope: RefusalScope, reason: str) -> Callable[[Delivery], None]:
    """What a channel says to each message."""

    def refuse(_: Delivery) -> None:
        raise ChannelError("it says no", reason=reason, outcome=SendOutcome.REFUSED, remedy="Ask them.", scope=scope)

    return refuse


class House:
    """Two channels of one workspace and one of a mail server, with their deliveries."""

    def __init__(self, store: Store) -> None:
        self.store, self.clock = store, FakeClock()
        self.channels = {
            DESK: RecordingChannel("desk", account="slack"),
            NIGHT: RecordingChannel("night", account="slack"),
            MAIL: RecordingChannel("mail", account="smtp"),
        }
        self.operator: tuple[ChannelName, ...] = ()
        self.sender = Sender(
            store, self.clock, owner="me", jitter=lambda: 0.0, peers=lambda: Peers(self.channels, self.operator)
        )

    def add(self, *deliveries: NewDelivery) -> None:
        """Put them in line."""
        with self.store.write() as tx:
            tx.outbox.add(deliveries, self.clock.now(), due_at=self.clock.now())

    def look(self) -> dict[str, list[str]]:
        """One look at each channel that has something due: what the attempts came to."""
        with self.store.read() as tx:
            due = tx.outbox.channels_due(self.clock.now())
        return {name: [sent.state for sent in self.sender.deliver_due(self.channels[name], RULES)] for name in due}

    def holds(self) -> list[str]:
        """The channels that are held."""
        with self.store.read() as tx:
            return [hold.channel for hold in tx.holds.all()]


@pytest.fixture
def house(store: Store) -> House:
    """Deliveries for each channel, on both databases."""
    made = House(store)
    made.add(*(a_delivery(n, digest_id=n, channel=name) for n, name in enumerate(("desk", "desk", "night"), 1)))
    return made


def test_refused_credentials_hold_the_whole_workspace(house: House) -> None:
    """One call learns it for every channel of the account; the rows wait and go when the credentials are mended."""
    house.channels[DESK].on_send = house.channels[NIGHT].on_send = refusal(RefusalScope.ACCOUNT, "invalid_auth")

    assert house.look()["desk"] == ["pending"]
    assert house.holds() == ["desk", "night"]
    house.clock.forward(seconds=60)
    assert set(house.look()) <= {"mail"}, "neither is tried again"

    house.channels[DESK].on_send = house.channels[NIGHT].on_send = None
    house.clock.forward(seconds=FIRST_HOLD.total_seconds())
    assert house.look()["desk"] == ["sent", "sent"]
    assert house.holds() == []
    assert house.channels[NIGHT].arrived or house.look()["night"] == ["sent"]


def test_a_refused_channel_stops_alone_and_the_operator_hears_of_it_elsewhere(house: House) -> None:
    """`channel_not_found` on one does not stop another; the note says what to do, and comes once."""
    house.channels[DESK].on_send = refusal(RefusalScope.CHANNEL, "channel_not_found")

    seen = house.look()
    assert (seen["desk"], seen["night"]) == (["pending"], ["sent"])
    assert house.holds() == ["desk"]
    assert house.look() == {"mail": ["sent"]}, "another account before the same one, and never the channel itself"
    house.clock.forward(hours=1)
    assert house.look() == {"desk": ["pending"]}, "tried once more, and said no second time"


def test_the_operator_hears_of_a_refused_channel_on_the_same_account_where_there_is_no_other(house: House) -> None:
    """Two channels of one workspace are the usual case: an archived one must not go untold."""
    del house.channels[MAIL]
    house.channels[DESK].on_send = refusal(RefusalScope.CHANNEL, "is_archived")

    house.look()
    house.look()

    assert len(house.channels[NIGHT].arrived) == 2, "its own delivery, and the note"


def test_a_hold_grows_up_to_an_hour(house: House) -> None:
    """A dead channel costs a call an hour at most."""
    house.channels[DESK].on_send = refusal(RefusalScope.CHANNEL, "is_archived")
    waits = []
    for _ in range(4):
        house.look()
        with house.store.read() as tx:
            [hold] = tx.holds.all()
        waits.append(hold.until - house.clock.now())
        house.clock.forward(seconds=waits[-1].total_seconds())

    assert waits == [timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=1)]


def test_a_persons_retry_tries_a_held_channel_at_once(house: House) -> None:
    """Who invited the bot wants to see the digest, and not when the hold ends."""
    house.channels[DESK].on_send = refusal(RefusalScope.CHANNEL, "not_in_channel")
    house.look()
    house.channels[DESK].on_send = None
    with house.store.write() as tx:
        first = next(item for item in tx.outbox.listed() if item.delivery.channel == DESK)
        assert tx.outbox.retry(first.delivery.id, house.clock.now())

    assert house.look()["desk"] == ["sent", "sent"]


def test_the_operator_may_be_named(house: House) -> None:
    """`[operator] channels` decides who is told; one that is in trouble itself is passed over."""
    house.operator = (NIGHT, DESK)
    house.channels[MAIL].on_send = refusal(RefusalScope.ACCOUNT, "auth")
    house.add(a_delivery(9, digest_id=9, channel="mail"))

    house.look()
    house.look()

    told = [key for channel in house.channels.values() for key in channel.arrived if key.startswith("operator-")]
    assert sorted(key.rsplit("-", 1)[1] for key in told) == ["desk", "night"]


def test_a_given_up_delivery_is_told_to_the_operator_once_a_day(house: House) -> None:
    """A message that is refused for itself waits for a person, who hears of it; the channel goes on."""
    house.channels[DESK].faults = ["refused", "refused"]

    assert house.look()["desk"] == ["dead", "dead"]
    assert house.look() == {"mail": ["sent"]}


def test_what_is_too_long_goes_in_parts_in_its_place(store: Store) -> None:
    """Nothing of it is lost, and the parts come before what stood behind it."""
    house = House(store)
    house.add(a_delivery(1, part=1), a_delivery(2, part=2), a_delivery(3, digest_id=2))
    bodies: list[str] = []

    def judge(delivery: Delivery) -> None:
        if len(delivery.payload) > 1:
            raise ChannelError("too long", reason="msg_too_long", outcome=SendOutcome.REFUSED, scope=RefusalScope.SIZE)
        bodies.append(f"{delivery.part}{delivery.payload}")

    house.channels[DESK].on_send = judge

    states = [state for _ in range(3) for state in house.look().get("desk", [])]

    assert bodies == ["1{", "2}", "3{", "4}", "1{", "2}"]
    assert states.count("sent") == 6
    assert len(set(house.channels[DESK].arrived)) == 6, "each part has a key of its own"
