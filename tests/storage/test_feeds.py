"""Feeds: who visits them, and what a visit leaves behind. On SQLite and on PostgreSQL."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from monitor.model import Feed, FeedSpec, FeedState
from monitor.storage.feed_rows import PollRecord
from monitor.storage.feeds import LEASE_S
from monitor.storage.store import Store
from tests.fakes.clock import START
from tests.storage.given import some_feeds

LATER = START + timedelta(minutes=5)


def record(feed: Feed, **changes: object) -> PollRecord:
    """A quiet visit, with what the test changes in it."""
    quiet = PollRecord(
        feed_id=feed.id,
        state=FeedState(etag='"v1"', first_polled_at=LATER),
        polled_at=LATER,
        next_poll_at=LATER + timedelta(minutes=15),
        outcome="unchanged",
    )
    return replace(quiet, **changes)  # the tests name fields of the record


def test_a_feed_is_claimed_by_one_worker_only(store: Store) -> None:
    """Two workers that ask at the same moment never visit the same feed."""
    some_feeds(store, 40)
    claimed: list[Feed] = []
    lock = threading.Lock()

    def work(owner: str) -> None:
        for _ in range(10):
            with store.write() as tx:
                feeds = tx.feeds.claim_due(LATER, owner=owner, limit=3)
            with lock:
                claimed.extend(feeds)

    workers = [threading.Thread(target=work, args=(f"worker {n}",)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len(claimed) == 40
    assert len({feed.id for feed in claimed}) == 40


def test_the_most_overdue_comes_first(store: Store) -> None:
    """With more due than there is room for, who waited longest goes first."""
    some_feeds(store, 3)
    with store.write() as tx:
        feeds = tx.feeds.claim_due(LATER, owner="me", limit=3)
        dues = {feeds[0].id: 3, feeds[1].id: 1, feeds[2].id: 2}
        tx.feeds.record([record(feed, next_poll_at=LATER + timedelta(minutes=dues[feed.id])) for feed in feeds])

    with store.write() as tx:
        again = [tx.feeds.claim_due(LATER + timedelta(hours=1), owner="me", limit=1)[0].id for _ in range(3)]

    assert [dues[feed_id] for feed_id in again] == [1, 2, 3]


def test_a_lease_that_ran_out_frees_the_feed(store: Store) -> None:
    """A worker that died keeps its feeds no longer than the lease."""
    some_feeds(store, 1)
    with store.write() as tx:
        assert tx.feeds.claim_due(LATER, owner="dead", limit=1)
        assert tx.feeds.claim_due(LATER, owner="alive", limit=1) == []

    after = LATER + timedelta(seconds=LEASE_S + 1)
    with store.write() as tx:
        [feed] = tx.feeds.claim_due(after, owner="alive", limit=1)
        assert tx.feeds.held_by({feed.id: "dead"}) == set()
        assert tx.feeds.held_by({feed.id: "alive"}) == {feed.id}


def test_a_visit_ends_the_lease_and_sets_the_next(store: Store) -> None:
    """What a visit came to, the validators and the next visit stand together."""
    some_feeds(store, 1)
    with store.write() as tx:
        [feed] = tx.feeds.claim_due(LATER, owner="me", limit=1)
        tx.feeds.record(
            [
                record(
                    feed,
                    new=2,
                    entries=5,
                    outcome="new",
                    state=FeedState(etag='"v1"', first_polled_at=LATER, last_ok_at=LATER, title="Example News"),
                )
            ]
        )

    with store.read() as tx:
        [health] = tx.health.all()
    assert health.feed.state.etag == '"v1"'
    assert health.title == "Example News"
    assert health.feed.state.last_ok_at == health.last_new_at == LATER
    with store.write() as tx:
        assert tx.feeds.claim_due(LATER + timedelta(minutes=14), owner="me", limit=1) == []
        assert len(tx.feeds.claim_due(LATER + timedelta(minutes=16), owner="me", limit=1)) == 1


def test_a_round_visits_each_feed_once_whatever_its_schedule(store: Store) -> None:
    """`monitor once` polls every feed once, but not one whose server asked us to stay away."""
    some_feeds(store, 2)
    with store.write() as tx:
        first, second = tx.feeds.claim_due(START, owner="me", limit=9, round_started_at=START)
        wait = START + timedelta(hours=3)
        tx.feeds.record([record(first, polled_at=LATER), record(second, polled_at=LATER, hold_until=wait)])
        assert tx.feeds.claim_due(LATER, owner="me", limit=9, round_started_at=START) == []

    round_two = LATER + timedelta(seconds=1)
    with store.write() as tx:
        claimed = tx.feeds.claim_due(round_two, owner="me", limit=9, round_started_at=round_two)
    assert [feed.id for feed in claimed] == [first.id]


def test_failures_are_told_from_the_second_on(store: Store) -> None:
    """One failed visit is weather; two in a row are named in digests."""
    some_feeds(store, 1)
    with store.write() as tx:
        [feed] = tx.feeds.claim_due(LATER, owner="me", limit=1)
        failed = replace(FeedState(), fail_count=1, failing_since=LATER)
        tx.feeds.record([record(feed, outcome="failed", state=failed, reason="dns", error="no such host")])
        assert tx.health.troubles(LATER) == []
        tx.feeds.record([record(feed, outcome="failed", state=replace(failed, fail_count=2), reason="dns")])
        [trouble] = tx.health.troubles(LATER)

    assert (trouble.name, trouble.reason, trouble.since) == (feed.name, "dns", LATER)


def test_a_feed_that_leaves_the_configuration_rests_with_its_memory(store: Store) -> None:
    """Taking a feed out and putting it back does not make its old articles news."""
    some_feeds(store, 2)
    with store.write() as tx:
        feeds = tx.feeds.claim_due(LATER, owner="me", limit=2)
        tx.feeds.record([record(feed) for feed in feeds])
    kept = FeedSpec(name="Feed 0", url="https://feed0.example.org/rss")
    with store.write() as tx:
        assert tx.feeds.sync([kept], LATER, spread_s=1) == (0, 1)
        assert tx.health.count_active() == 1
        assert tx.feeds.sync(
            [kept, FeedSpec(name="Renamed", url="https://feed1.example.org/rss")], LATER, spread_s=1
        ) == (0, 0)

    with store.read() as tx:
        found = {health.feed.name: health.feed for health in tx.health.all()}
    assert found["Renamed"].state.etag == '"v1"'


def test_first_visits_are_spread_the_same_way_every_time(store: Store) -> None:
    """A thousand new feeds do not start as one burst, and a restart does not shuffle them."""
    specs = [FeedSpec(name=f"F{n}", url=f"https://f{n}.example.org/") for n in range(50)]
    with store.write() as tx:
        tx.feeds.sync(specs, START, spread_s=60)
    with store.read() as tx:
        dues = [health.next_poll_at for health in tx.health.all()]

    assert len(set(dues)) > 20
    assert all(START <= due < START + timedelta(seconds=60) for due in dues)


def test_quiet_visits_leave_no_row(store: Store) -> None:
    """The log of visits grows with news and trouble, not with time."""
    some_feeds(store, 1)
    with store.write() as tx:
        [feed] = tx.feeds.claim_due(LATER, owner="me", limit=1)
        tx.feeds.record([record(feed)])
        tx.feeds.record([record(feed, outcome="new", new=1, polled_at=LATER + timedelta(hours=1))])
        visits = tx.health.visits_around(feed.id, None)
        assert [visit.outcome for visit in visits] == ["new"]
        assert tx.health.forget_visits(LATER + timedelta(days=1)) == 1
        assert tx.health.visits_around(feed.id, None) == []


def test_a_lost_window_is_counted(store: Store) -> None:
    """That entries may have been missed is written down, not forgotten with the next good visit."""
    some_feeds(store, 1)
    with store.write() as tx:
        [feed] = tx.feeds.claim_due(LATER, owner="me", limit=1)
        tx.feeds.record([record(feed, lost_entries=7)])
        tx.feeds.record([record(feed)])
        [health] = tx.health.all()
    assert health.lost_windows == 1


def test_release_gives_everything_back(store: Store) -> None:
    """A stop makes what was not ingested due again at once."""
    some_feeds(store, 3)
    with store.write() as tx:
        tx.feeds.claim_due(LATER, owner="me", limit=2)
        assert tx.feeds.release("me") == 2
        assert len(tx.feeds.claim_due(LATER, owner="you", limit=9)) == 3


def test_a_host_with_many_feeds_leaves_room_for_others(store: Store) -> None:
    """Three hundred feeds of one host do not keep the one feed of another waiting."""
    crowd = [FeedSpec(name=f"C{n}", url=f"https://crowd.example.org/{n}") for n in range(30)]
    lonely = FeedSpec(name="Lonely", url="https://lonely.example.com/rss")
    with store.write() as tx:
        tx.feeds.sync([*crowd, lonely], START, spread_s=1)
        claimed = tx.feeds.claim_due(LATER, owner="me", limit=20, per_host=8)
        assert len(claimed) == 9
        assert "Lonely" in {feed.name for feed in claimed}
        again = tx.feeds.claim_due(LATER, owner="me", limit=20, per_host=8, busy_hosts=["crowd.example.org"])
        assert again == []


def test_a_visit_set_by_a_clock_that_was_wrong_is_due(store: Store) -> None:
    """A clock a year ahead once must not silence a feed for a year."""
    some_feeds(store, 1)
    with store.write() as tx:
        [feed] = tx.feeds.claim_due(LATER, owner="me", limit=1)
        tx.feeds.record([record(feed, next_poll_at=LATER + timedelta(days=365))])
        assert len(tx.feeds.claim_due(LATER + timedelta(minutes=1), owner="me", limit=1)) == 1


def test_leases_of_a_dead_process_can_all_be_ended(store: Store) -> None:
    """Who holds the lock of the file knows that nobody else can be at work: a restart waits for no lease."""
    some_feeds(store, 2)
    with store.write() as tx:
        tx.feeds.claim_due(LATER, owner="dead", limit=2)
        assert tx.feeds.release() == 2
        assert len(tx.feeds.claim_due(LATER, owner="alive", limit=2)) == 2


@pytest.mark.parametrize("database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_a_lease_that_was_looked_at_is_taken_by_nobody_before_the_end(store: Store) -> None:
    """Who was stopped between the look and its write wakes up to write what nobody else has begun."""
    some_feeds(store, 1)
    with store.write() as tx:
        (feed,) = tx.feeds.claim_due(LATER, owner="c", limit=1)
    with store.write() as stopped:
        assert stopped.feeds.held_by({feed.id: "c"}) == {feed.id}
        with store.write() as other:
            other.connection.exec_driver_sql("SET LOCAL lock_timeout = 50")
            with pytest.raises(sa.exc.OperationalError):
                other.feeds.take_over("c", "c/other", [feed.id], LATER)
            other.connection.rollback()
