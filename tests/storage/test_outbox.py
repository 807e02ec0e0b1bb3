"""The outbox: claimed once, settled by its owner, parts in order. On SQLite and on PostgreSQL."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from monitor.model import ChannelName, Delivery, DeliveryState
from monitor.storage.outbox import LEASE_S
from monitor.storage.store import Store
from tests.fakes.clock import START
from tests.storage.given import TOPIC, a_delivery

DESK = ChannelName("desk")


def claim(store: Store, owner: str = "me", *, seconds: float = 0, channel: ChannelName = DESK) -> list[Delivery]:
    """Claim one delivery, some time after the start."""
    with store.write() as tx:
        return tx.outbox.claim(START + timedelta(seconds=seconds), owner=owner, channel=channel)


def add(store: Store, *deliveries: object) -> list[int]:
    """Put deliveries in line, due at once."""
    with store.write() as tx:
        return list(tx.outbox.add(list(deliveries), START, due_at=START))  # type: ignore[arg-type]  # built by given


def test_a_delivery_goes_to_one_worker(store: Store) -> None:
    """Two daemons on one database send once."""
    add(store, *(a_delivery(n, digest_id=n, lane=f"reader{n}@example.org") for n in range(30)))
    claimed: list[Delivery] = []
    lock = threading.Lock()

    def work(owner: str) -> None:
        for _ in range(12):
            mine = claim(store, owner)
            with lock:
                claimed.extend(mine)

    workers = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(delivery.id for delivery in claimed) == sorted({delivery.id for delivery in claimed})
    assert len(claimed) == 30


def test_the_attempt_is_counted_before_the_first_byte(store: Store) -> None:
    """Whatever happens after the claim, the row says that something may have gone out."""
    add(store, a_delivery())
    [delivery] = claim(store)

    assert (delivery.attempt, delivery.state, delivery.perhaps_sent) == (1, DeliveryState.LEASED, False)
    assert delivery.first_attempt_at == START


def test_nothing_overtakes_what_waits_in_its_lane(store: Store) -> None:
    """A digest that is to be tried again later is not told after the next one; another reader does not wait."""
    add(store, *(a_delivery(n, digest_id=n, lane=lane) for n, lane in enumerate(("anna", "anna", "ben"), 1)))
    [first] = claim(store)
    with store.write() as tx:
        at = START + timedelta(minutes=5)
        tx.outbox.settle_later(first, "me", at, reason="busy", error="450", perhaps_sent=False)

    assert [delivery.lane for delivery in claim(store)] == ["ben"]
    assert claim(store) == []
    [again] = claim(store, seconds=301)
    assert again.id == first.id


def test_a_lease_that_ran_out_means_perhaps_sent(store: Store) -> None:
    """A worker that died while sending leaves a delivery that must be asked for, not resent blindly."""
    add(store, a_delivery())
    claim(store, "dead")
    assert claim(store, "alive", seconds=LEASE_S - 1) == []

    [delivery] = claim(store, "alive", seconds=LEASE_S + 1)

    assert delivery.perhaps_sent
    assert delivery.attempt == 2
    assert delivery.first_attempt_at == START


def test_a_worker_that_slept_past_its_lease_settles_nothing(store: Store) -> None:
    """The late one's outcome does not overwrite the outcome of who took over."""
    add(store, a_delivery())
    [late] = claim(store, "late")
    [taken] = claim(store, "other", seconds=LEASE_S + 1)
    with store.write() as tx:
        assert not tx.outbox.settle_sent(late, "late", "ts-1", START)
        assert not tx.outbox.settle_dead(late, "late", START, reason="x", error="x")
        assert tx.outbox.settle_sent(taken, "other", "ts-2", START)
    with store.read() as tx:
        [stored] = tx.outbox.listed(everything=True)
    assert stored.delivery.receipt == "ts-2"


def test_parts_go_in_order_under_the_first(store: Store) -> None:
    """Part 2 waits until part 1 is there, and knows its receipt."""
    add(store, a_delivery(part=1), a_delivery(part=2))
    [first] = claim(store)
    assert first.part == 1
    assert claim(store) == []
    with store.write() as tx:
        tx.outbox.settle_sent(first, "me", "ts-1", START)

    [second] = claim(store)

    assert (second.part, second.parent_receipt) == (2, "ts-1")


def test_a_dead_first_part_takes_the_others_along(store: Store) -> None:
    """No thread without its root: the parts behind a failed one wait for the same person."""
    first_id, _ = add(store, a_delivery(part=1), a_delivery(part=2))
    [first] = claim(store)
    with store.write() as tx:
        tx.outbox.settle_dead(first, "me", START, reason="channel_not_found", error="no such channel")
        assert tx.outbox.count_by_state() == {"dead": 2}
        assert tx.outbox.retry(first.id, START)
        assert tx.outbox.count_by_state() == {"pending": 2}
        assert tx.outbox.drop(first.id, START)
        assert tx.outbox.count_by_state() == {}
    assert first.id == first_id
    assert claim(store) == []


def test_later_waits_until_its_time(store: Store) -> None:
    """A retry does not come early, and remembers that it may have been sent."""
    add(store, a_delivery())
    [delivery] = claim(store)
    at = START + timedelta(seconds=30)
    with store.write() as tx:
        tx.outbox.settle_later(delivery, "me", at, reason="timeout", error="no answer", perhaps_sent=True)

    assert claim(store, seconds=29) == []
    [again] = claim(store, seconds=31)
    assert again.perhaps_sent
    assert (again.reason, again.error) == ("timeout", "no answer")


def test_the_same_key_cannot_be_added_twice(store: Store) -> None:
    """A second writer of the same digest fails whole instead of doubling a message."""
    add(store, a_delivery())
    with pytest.raises(IntegrityError):
        add(store, a_delivery())
    with store.read() as tx:
        assert len(tx.outbox.listed()) == 1


def test_one_channel_does_not_hold_another(store: Store) -> None:
    """What waits on one channel is no reason for another to wait."""
    add(store, a_delivery(channel="desk"), a_delivery(channel="archive"))
    claim(store)
    assert len(claim(store, channel=ChannelName("archive"))) == 1
    with store.read() as tx:
        assert tx.outbox.channels_due(START) == []


def test_old_payloads_go_and_the_proof_stays(store: Store) -> None:
    """Retention empties texts; that something was sent, when and with which receipt, remains."""
    add(store, a_delivery())
    [delivery] = claim(store)
    with store.write() as tx:
        tx.outbox.settle_sent(delivery, "me", "ts-1", START)
        assert tx.outbox.forget(START + timedelta(days=1), among=[delivery.id]) == 1
        [stored] = tx.outbox.listed(everything=True)
    assert (stored.delivery.payload, stored.delivery.receipt) == ("", "ts-1")


def test_a_retry_means_that_it_is_not_there(store: Store) -> None:
    """A person's retry forgets what was perhaps sent, and when, so that no channel holds it again."""
    add(store, a_delivery())
    [delivery] = claim(store)
    with store.write() as tx:
        tx.outbox.settle_later(delivery, "me", START, reason="timeout", error="no answer", perhaps_sent=True)
        assert tx.outbox.retry(delivery.id, START)

    [again] = claim(store, seconds=5)

    assert not again.perhaps_sent
    assert again.first_attempt_at == START + timedelta(seconds=5)


def test_a_swept_delivery_is_not_sent_empty(store: Store) -> None:
    """What has lost its text is named, and never goes in line again."""
    add(store, a_delivery())
    [delivery] = claim(store)
    with store.write() as tx:
        tx.outbox.settle_dead(delivery, "me", START, reason="x", error="x")
        assert tx.outbox.swept([delivery.id]) == []
        tx.outbox.forget(START + timedelta(days=1), among=[delivery.id])
        assert tx.outbox.swept([delivery.id]) == [delivery.id]
        assert not tx.outbox.retry(delivery.id, START)
    assert claim(store) == []


def test_what_is_asked_every_second_reads_no_channels_past(sqlite_store: Store) -> None:
    """What was ever sent to a channel grows for years; looking for the next message does not take longer for it."""
    asked: list[tuple[str, object]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: object, _x: object, _many: object) -> None:
        asked.append((statement, parameters))

    with sqlite_store.write() as tx:
        sa.event.listen(tx.connection, "before_cursor_execute", note)
        tx.outbox.channels_due(START)
        tx.outbox.claim(START, owner="me", channel=DESK)
        tx.tellings.at_once(DESK, START)
        tx.tellings.broke(TOPIC, START)
        sa.event.remove(tx.connection, "before_cursor_execute", note)
        plans = [
            str(row[3])
            for statement, parameters in asked
            for row in tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[arg-type]  # as the driver got them
        ]

    tables = ("delivery", "earlier", "digest", "sent_log")
    whole = [step for step in plans if step.startswith(tuple(f"SCAN {name}" for name in tables))]
    assert whole == []
    assert [step for step in plans if step.endswith("(channel=?)") and "channel_hold" not in step] == []
