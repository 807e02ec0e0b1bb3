"""Who left or is refused for good gets no mail, whatever it is, and the operator hears of it once."""

from monitor.errors import ChannelError, RefusalScope, SendOutcome
from monitor.model import ChannelName, Delivery
from monitor.outbox.deliver import Peers, Sender, SendRules
from monitor.storage.recipients import REFUSED_MAX, SERVER
from monitor.storage.store import Store
from tests.fakes.channel import RecordingChannel
from tests.fakes.clock import FakeClock
from tests.storage.given import a_delivery

MAIL, DESK = ChannelName("mail"), ChannelName("desk")
ANNA, BEN = "anna@example.org", "ben@example.org"


def refuse_anna(delivery: Delivery) -> None:
    """A mail server that knows Ben alone."""
    if delivery.lane == ANNA:
        raise ChannelError(
            "the server answers 550 nobody here",
            reason="recipient_refused",
            outcome=SendOutcome.REFUSED,
            remedy="Check `to`.",
            scope=RefusalScope.RECIPIENT,
        )


def send(store: Store, rounds: int) -> tuple[RecordingChannel, RecordingChannel]:
    """So many digests to Anna and Ben, each tried when it was closed; the mail channel and the operator's."""
    clock, mail, desk = FakeClock(), RecordingChannel("mail", account="smtp"), RecordingChannel("desk")
    mail.on_send = refuse_anna
    channels = {MAIL: mail, DESK: desk}
    sender = Sender(store, clock, owner="me", jitter=lambda: 0.0, peers=lambda: Peers(channels))
    for number in range(1, rounds + 1):
        both = [
            a_delivery(number * 2 + at, digest_id=number, channel="mail", lane=lane)
            for at, lane in enumerate((ANNA, BEN))
        ]
        with store.write() as tx:
            tx.outbox.add(both, clock.now(), due_at=clock.now())
        for channel in (mail, desk):
            sender.deliver_due(channel, SendRules())
    return mail, desk


def test_an_address_refused_three_times_gets_no_more_and_the_operator_is_told_once(store: Store) -> None:
    """Ben gets everything; Anna's are refused three times and then not made; one note says it, on another channel."""
    mail, desk = send(store, REFUSED_MAX + 2)
    assert len(mail.arrived) == REFUSED_MAX + 2
    [told] = desk.arrived
    assert told.startswith("operator-recipient-is-")
    with store.read() as tx:
        [stopped] = tx.recipients.listed(only_stopped=True)
        assert (stopped.address, stopped.stopped_by) == (ANNA, SERVER)
        assert tx.outbox.count_by_state() == {"sent": REFUSED_MAX + 3, "dead": REFUSED_MAX}


def test_fewer_refusals_tell_nobody(store: Store) -> None:
    """A mailbox that is full for a day is no matter for a person; the failed mails are seen in the outbox."""
    mail, desk = send(store, REFUSED_MAX - 1)
    assert len(mail.arrived) == REFUSED_MAX - 1
    assert desk.arrived == []
    with store.read() as tx:
        assert tx.recipients.listed(only_stopped=True) == []


def test_nothing_is_put_in_line_for_who_left(store: Store) -> None:
    """Neither digest nor note: what one adds for them has no id."""
    clock = FakeClock()
    with store.write() as tx:
        tx.recipients.stop(tx.recipients.tokens(MAIL, [ANNA])[ANNA], clock.now())
        lanes = [(MAIL, ANNA), (MAIL, BEN), (DESK, ANNA), (MAIL, "")]
        made = tx.outbox.add(
            [a_delivery(n, digest_id=n, channel=channel, lane=lane) for n, (channel, lane) in enumerate(lanes, 1)],
            clock.now(),
            due_at=clock.now(),
        )
        listed = [(one.delivery.channel, one.delivery.lane) for one in tx.outbox.listed()]
    assert len(made) == 3
    assert listed == lanes[1:]
