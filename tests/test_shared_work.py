"""The work that workers share: who they are, what waits, and what of it needs a person."""

from datetime import timedelta

import sqlalchemy as sa
from msgspec.structs import replace

from monitor.cli.workers_block import queue_records, worker_lines, worker_records
from monitor.model import ChannelName, Need
from monitor.outbox.operator import Peers
from monitor.pipeline.notices import look_after_needs
from monitor.shared_work import ENDED_FOR, INGEST_BEHIND, SharedWork, WorkerState, read_shared_work
from monitor.status import read_status
from monitor.storage.handed import HandOver
from monitor.storage.store import Store
from monitor.storage.tables import FEED
from monitor.storage.workers import LOST_AFTER, Worker
from tests.fakes.clock import START
from tests.storage.given import a_delivery, some_feeds

ALL = ("poll", "ingest", "deliver")
ONE = Worker("north:1:a", "north", 1, "0.1.0", ALL, START, START, visits=300, articles=7, sent=2, jobs=3)
OTHER = replace(ONE, id="south:1:b", host="south", visits=100, articles=0, sent=0, jobs=0)
LATER = START + LOST_AFTER + timedelta(seconds=1)


def beat(store: Store, *workers: Worker) -> None:
    """Workers beat as they are."""
    with store.write() as tx:
        for worker in workers:
            tx.workers.beat(worker)


def look(store: Store, seconds: float = 0) -> SharedWork:
    """All of it, so long after the start."""
    with store.read() as tx:
        return read_shared_work(tx, START + timedelta(seconds=seconds))


def kinds(needs: tuple[Need, ...]) -> list[str]:
    """What needs a person."""
    return [need.key for need in needs]


def test_each_worker_has_its_share(store: Store) -> None:
    """Of the visits of the last minute; one leads; who left is shown, and has none."""
    gone = replace(OTHER, id="west:1:c", host="west")
    beat(store, ONE, OTHER, gone, replace(OTHER, id="east:1:d", queues=("deliver",), visits=0))
    with store.write() as tx:
        assert tx.workers.lead(ONE.id, START)
        tx.workers.leave(gone.id, START + timedelta(seconds=5))
    work = look(store, 6)
    assert [(one.worker.id, one.state, one.share) for one in work.workers] == [
        ("east:1:d", WorkerState.AT_WORK, None),
        ("north:1:a", WorkerState.AT_WORK, 0.75),
        ("south:1:b", WorkerState.AT_WORK, 0.25),
        ("west:1:c", WorkerState.LEFT, None),
    ]
    assert (work.at_work, work.lost, work.visits, work.needs) == (3, 0, 400, ())
    assert [one.worker.id for one in work.workers if one.leads] == [ONE.id]
    assert {one.name: (one.workers, one.done) for one in work.queues} == {
        "poll": (2, 400),
        "ingest": (2, 7),
        "deliver": (3, 2),
    }


def test_a_queue_lags_by_the_oldest_that_nobody_began(store: Store) -> None:
    """Feeds that are due and not under way, feeds handed over, deliveries whose channel is not held."""
    ids = some_feeds(store, 4)
    beat(store, replace(ONE, beat_at=START + timedelta(minutes=7)))
    with store.write() as tx:
        tx.connection.execute(sa.update(FEED).values(next_poll_at=START + timedelta(minutes=4), lease_until=None))
        [mine, *_] = tx.feeds.claim_due(START + timedelta(minutes=5), owner="me", limit=1)
        tx.handed.hand_over("me", [HandOver(mine.id, 10, b"x")], START + timedelta(minutes=6))
        tx.outbox.add([a_delivery(1, digest_id=1, channel="desk")], START, due_at=START + timedelta(minutes=1))
        tx.outbox.add([a_delivery(2, digest_id=1, channel="shut")], START, due_at=START)
        tx.holds.hold([ChannelName("shut")], START, account="a", scope="channel", reason="no", error="No.", remedy="")
    work = look(store, 7 * 60)
    assert {one.name: (one.waiting, one.lag.total_seconds()) for one in work.queues} == {
        "poll": (len(ids) - 1, 180),
        "ingest": (1, 60),
        "deliver": (1, 360),
    }
    assert work.needs == ()
    late = 360 + INGEST_BEHIND.total_seconds() + 1
    beat(store, replace(ONE, beat_at=START + timedelta(seconds=late)))
    assert kinds(look(store, late).needs) == ["ingest-behind"]


def test_a_lost_worker_is_missed_until_another_takes_its_place(store: Store) -> None:
    """For an hour at most; those that went of their own accord are not missed with it."""
    third = replace(OTHER, id="west:1:c", host="west")
    beat(store, ONE, OTHER, third)
    on = replace(OTHER, beat_at=LATER), replace(third, beat_at=LATER)
    beat(store, *on)
    at_s = (LATER - START).total_seconds()
    [need] = look(store, at_s).needs
    assert need.key == f"worker-lost:{ONE.id}"
    assert "north" in need.head
    assert "poll, ingest, deliver" in need.head
    assert "monitor worker" in need.remedy
    with store.write() as tx:
        tx.workers.beat(replace(ONE, id="north:2:d", queues=("poll",), started_at=LATER, beat_at=LATER))
    assert kinds(look(store, at_s).needs) == [need.key], "it served more than this one does"
    with store.write() as tx:
        tx.workers.beat(replace(ONE, id="north:3:e", started_at=LATER, beat_at=LATER))
        tx.workers.leave(third.id, LATER)
    assert look(store, at_s).needs == ()
    with store.write() as tx:
        tx.workers.leave("north:2:d", LATER)
        tx.workers.leave("north:3:e", LATER)
    assert kinds(look(store, at_s).needs) == [need.key]
    hour = at_s + ENDED_FOR.total_seconds()
    beat(store, replace(OTHER, beat_at=START + timedelta(seconds=hour)))
    later = look(store, hour)
    assert later.needs == ()
    assert [one.worker.id for one in later.workers if one.state is WorkerState.LOST] == []


def test_a_worker_that_beats_again_is_not_missed(store: Store) -> None:
    """A database that was away, or a machine that slept."""
    beat(store, ONE, replace(OTHER, beat_at=LATER))
    seconds = (LATER - START).total_seconds()
    assert kinds(look(store, seconds).needs) == [f"worker-lost:{ONE.id}"]
    beat(store, replace(ONE, beat_at=LATER))
    assert look(store, seconds).needs == ()


def test_a_queue_that_nobody_serves_is_named_with_what_stands_still(store: Store) -> None:
    """After half a minute; all of them in one."""
    beat(store, replace(ONE, queues=("poll", "deliver")))
    assert look(store, 29).needs == ()
    beat(store, replace(ONE, queues=("poll", "deliver"), beat_at=START + timedelta(seconds=31)))
    [need] = look(store, 31).needs
    assert need.key == "queue-unserved:ingest"
    assert "not stored" in need.head
    assert need.remedy == "Start one: monitor worker --queues ingest"
    with store.write() as tx:
        tx.workers.leave(ONE.id, START + timedelta(seconds=40))
    assert kinds(look(store, 60).needs) == ["queue-unserved:ingest"]
    [need] = look(store, 71).needs
    assert need.key == "queue-unserved"
    assert need.head.startswith("No worker has been at work since")


def test_who_never_started_a_worker_is_not_asked_for_one(store: Store) -> None:
    """`monitor status` before the first start says that nothing ever ran."""
    work = look(store, 3600)
    assert (work.workers, work.needs) == ((), ())


def test_one_process_says_nothing_of_workers_of_an_earlier_time(store: Store) -> None:
    """Neither the status nor the daemon's look; what was open of them is over."""
    with store.write() as tx:
        tx.topics.beat("daemon", LATER)
    beat(store, ONE, replace(OTHER, beat_at=LATER))
    shared = read_status(store, (), ["console"], LATER, is_distributed=True)
    assert f"worker-lost:{ONE.id}" in kinds(shared.needs)
    look_after_needs(store, Peers(), LATER, is_distributed=True)
    with store.read() as tx:
        assert f"worker-lost:{ONE.id}" in {notice.key for notice in tx.notices.open()}
    look_after_needs(store, Peers(), LATER)
    alone = read_status(store, (), ["console"], LATER)
    assert alone.work is None
    assert not [need for need in alone.needs if need.kind.startswith(("worker", "queue", "ingest"))]
    assert not [notice for notice in alone.notices if notice.kind == "worker-lost"]
    assert (worker_records(alone.work), queue_records(alone.work)) == ([], {})


def test_the_status_block_reads_well(store: Store) -> None:
    """Who works, with which share, and what waits."""
    some_feeds(store, 2, now=START - timedelta(minutes=4))
    old = replace(OTHER, revision=0, beat_at=START + timedelta(seconds=31))
    beat(store, replace(ONE, beat_at=START + timedelta(seconds=31), revision=1), old)
    beat(store, replace(ONE, id="x:9:z", host="x", pid=9))
    with store.write() as tx:
        tx.workers.lead(ONE.id, START + timedelta(seconds=31))
    work = look(store, 34)
    lines = list(worker_lines(work))
    assert lines[0] == "Workers     2 at work, 1 lost, 400 visits in the last minute"
    assert "north:1 (poll, ingest, deliver) 0.1.0: seen 3 s ago, 3 jobs under way" in lines[1]
    assert lines[1].endswith("300 visits (75% of all), 7 articles, 2 sent a minute, leads")
    assert lines[3] == "  x:9 (poll, ingest, deliver) lost, last seen 34 s ago"
    assert lines[4:6] == ["Queues", "  poll: 2 feeds are due, the first for 4 min; served by 2 workers"]
    assert queue_records(work)["ingest"] == {
        "workers": 2, "waiting": 0, "oldest_at": None, "lag_seconds": 0, "done_last_minute": 7, "unserved_since": None,
    }  # fmt: skip
    assert worker_records(work)[0]["share"] == 0.75
