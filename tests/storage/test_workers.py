"""Workers: who beats, who leads, and that a tick's slot is taken once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from monitor.storage.store import Store
from monitor.storage.workers import LEAD_FOR, LOST_AFTER, Worker

NOW = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
ONE = Worker("a:1", "a", 1, "0.1.0", ("poll", "ingest"), NOW, NOW, revision=3, jobs=2, visits=40, articles=5, sent=1)


def test_a_worker_is_known_as_it_beat_last(store: Store) -> None:
    """Its row is one, whatever it beats."""
    later = replace(ONE, beat_at=NOW + timedelta(seconds=5), jobs=0)
    with store.write() as tx:
        tx.workers.beat(ONE)
        tx.workers.beat(later)
    with store.read() as tx:
        assert tx.workers.listed() == [later]


def test_who_stops_beating_is_lost_and_who_leaves_is_not(store: Store) -> None:
    """A graceful end is no loss."""
    other = replace(ONE, id="b:1", host="b", started_at=NOW + timedelta(seconds=1))
    then = NOW + LOST_AFTER + timedelta(seconds=1)
    with store.write() as tx:
        tx.workers.beat(ONE)
        tx.workers.beat(other)
        tx.workers.leave("b:1", NOW)
        lost, left = tx.workers.listed()
        assert [worker.id for worker in tx.workers.at_work(NOW)] == ["a:1"]
        assert lost.is_lost(then)
        assert not lost.is_lost(NOW)
        assert not left.is_lost(then)
        assert tx.workers.forget(then, limit=1) == 1
        assert len(tx.workers.listed()) == 1


def test_one_leads_until_it_stops_asking(store: Store) -> None:
    """The lead is a lease: it passes on when it ended, and at once when its holder leaves."""
    with store.write() as tx:
        assert tx.workers.lead("a:1", NOW)
        assert not tx.workers.lead("b:1", NOW)
        assert tx.workers.lead("a:1", NOW + LEAD_FOR / 2)
        assert not tx.workers.lead("b:1", NOW + LEAD_FOR)
        assert tx.workers.lead("b:1", NOW + 2 * LEAD_FOR)
        assert tx.workers.leader(NOW + 2 * LEAD_FOR) == "b:1"
        assert not tx.workers.lead("a:1", NOW + 2 * LEAD_FOR)
        tx.workers.leave("b:1", NOW + 2 * LEAD_FOR)
        assert tx.workers.leader(NOW + 2 * LEAD_FOR) is None
        assert tx.workers.lead("a:1", NOW + 2 * LEAD_FOR)


def test_eight_that_ask_at_once_find_one_leader_and_one_taker(store: Store) -> None:
    """The statement that takes is the one that checks."""

    def ask(number: int) -> tuple[bool, bool]:
        with store.write() as tx:
            return tx.workers.lead(f"w:{number}", NOW), tx.workers.take_slot("poll", 17, every_s=2)

    with ThreadPoolExecutor(8) as pool:
        led, took = zip(*pool.map(ask, range(8)), strict=True)
    assert sum(led) == 1
    assert sum(took) == 1


def test_a_slot_is_never_taken_after_a_later_one(store: Store) -> None:
    """Who slept finds that others went on."""
    with store.write() as tx:
        assert tx.workers.take_slot("poll", 5, every_s=2)
        assert tx.workers.take_slot("poll", 6, every_s=2)
        assert not tx.workers.take_slot("poll", 5, every_s=2)
        assert not tx.workers.take_slot("poll", 6, every_s=2)
        assert tx.workers.take_slot("digests", 5, every_s=2)


def test_slots_and_the_lead_of_a_wrong_clock_keep_nobody_waiting(store: Store) -> None:
    """The database's clock was an hour ahead and is put right, and its leader is gone: the work goes on at once."""
    wrong, slot = NOW + timedelta(hours=1), int(NOW.timestamp() / 2)
    with store.write() as tx:
        assert tx.workers.lead("a:1", wrong)
        assert tx.workers.take_slot("poll", slot + 1800, every_s=2)
        assert tx.workers.lead("b:1", NOW)
        assert tx.workers.take_slot("poll", slot, every_s=2)
        assert not tx.workers.take_slot("poll", slot, every_s=2)
