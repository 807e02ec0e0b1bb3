"""Recipients: a token each, leaving and being refused, and that nothing waits for who gets nothing any more."""

from datetime import timedelta

from monitor.model import ChannelName, DeliveryState
from monitor.storage.recipients import READER, REFUSED_MAX, SERVER
from monitor.storage.store import Store
from tests.fakes.clock import START
from tests.storage.given import a_delivery

MORNING, EVENING = ChannelName("morning"), ChannelName("evening")
ANNA, BEN = "anna@example.org", "ben@example.org"


def test_a_token_is_made_once(store: Store) -> None:
    """Links in old mails stay good; each channel and address has its own, and it says nothing by itself."""
    with store.write() as tx:
        first = tx.recipients.tokens(MORNING, [ANNA, BEN])
        other = tx.recipients.tokens(EVENING, [ANNA])
    with store.write() as tx:
        assert tx.recipients.tokens(MORNING, [BEN, ANNA]) == first
        assert tx.recipients.tokens(MORNING, []) == {}
    tokens = {*first.values(), *other.values()}
    assert len(tokens) == 3
    for token in tokens:
        assert len(token) == 43
        assert "anna" not in token


def test_who_leaves_gets_nothing_more_on_that_channel(store: Store) -> None:
    """What waits is given up and counts as no failure; others and other channels go on; twice is once."""
    with store.write() as tx:
        token = tx.recipients.tokens(MORNING, [ANNA, BEN])[ANNA]
        tx.outbox.add(
            [
                a_delivery(1, digest_id=1, channel=MORNING, lane=ANNA),
                a_delivery(2, digest_id=1, channel=MORNING, lane=BEN),
                a_delivery(3, digest_id=1, channel=EVENING, lane=ANNA),
            ],
            START,
            due_at=START,
        )
    for hours in (1, 2):
        with store.write() as tx:
            left = tx.recipients.stop(token, START + timedelta(hours=hours))
        assert left is not None
        assert (left.channel, left.address) == (MORNING, ANNA)
    with store.read() as tx:
        assert tx.recipients.stopped(MORNING) == {ANNA}
        assert tx.recipients.stopped(EVENING) == frozenset()
        [stopped] = tx.recipients.listed(only_stopped=True)
        assert (stopped.stopped_at, stopped.stopped_by) == (START + timedelta(hours=1), READER)
        states = {one.delivery.lane + one.delivery.channel: one.delivery for one in tx.outbox.listed(everything=True)}
        assert states[ANNA + MORNING].state is DeliveryState.DEAD
        assert states[BEN + MORNING].state is DeliveryState.PENDING
        assert states[ANNA + EVENING].state is DeliveryState.PENDING
        assert tx.outbox.count_by_state() == {"pending": 2}
        assert len(tx.recipients.listed()) == 2


def test_a_token_of_nobody_stops_nobody(store: Store) -> None:
    """Unknown, empty and endless tokens are nobody's."""
    with store.write() as tx:
        tx.recipients.tokens(MORNING, [ANNA])
        for token in ("", "x", "x" * 10_000, "%", "' OR 1=1 --"):
            assert tx.recipients.by_token(token) is None
            assert tx.recipients.stop(token, START) is None
        assert tx.recipients.stopped(MORNING) == frozenset()


def test_three_refusals_in_a_row_stop_an_address(store: Store) -> None:
    """A mail that was taken in between counts them anew; what waits then fails in sight."""
    with store.write() as tx:
        for _ in range(REFUSED_MAX - 1):
            assert not tx.recipients.refuse(MORNING, ANNA, "550 nobody here", START)
        tx.recipients.accept(MORNING, ANNA)
        for _ in range(REFUSED_MAX - 1):
            assert not tx.recipients.refuse(MORNING, ANNA, "550 nobody here", START)
        tx.outbox.add([a_delivery(1, channel=MORNING, lane=ANNA)], START, due_at=START)
        assert tx.recipients.refuse(MORNING, ANNA, "550 nobody here", START)
        assert not tx.recipients.refuse(MORNING, ANNA, "550 again", START)
        [stopped] = tx.recipients.listed(only_stopped=True)
        assert (stopped.stopped_by, stopped.error) == (SERVER, "550 nobody here")
        assert tx.outbox.count_by_state() == {"dead": 1}


def test_who_was_stopped_can_come_back(store: Store) -> None:
    """On one channel or on all; the token stays, and refusals are counted anew."""
    with store.write() as tx:
        tokens = [tx.recipients.tokens(channel, [ANNA])[ANNA] for channel in (MORNING, EVENING)]
        for token in tokens:
            tx.recipients.stop(token, START)
        assert tx.recipients.resume(ANNA, MORNING) == [MORNING]
        assert tx.recipients.resume(ANNA) == [EVENING]
        assert tx.recipients.resume(ANNA) == []
        assert tx.recipients.stopped(MORNING) == tx.recipients.stopped(EVENING) == frozenset()
        assert tx.recipients.tokens(MORNING, [ANNA])[ANNA] == tokens[0]
        assert not tx.recipients.refuse(MORNING, ANNA, "550", START)


def test_who_left_stays_away_whatever_the_server_says(store: Store) -> None:
    """A reader's word is above the server's: a refusal after it changes nothing."""
    with store.write() as tx:
        token = tx.recipients.tokens(MORNING, [ANNA])[ANNA]
        tx.recipients.stop(token, START)
        for _ in range(5):
            assert not tx.recipients.refuse(MORNING, ANNA, "550", START)
        tx.recipients.accept(MORNING, ANNA)
        [one] = tx.recipients.listed()
        assert (one.stopped_by, one.refused) == (READER, 0)
