"""A unit that is refused on one worker is known to the one that tells of it."""

from datetime import timedelta

import sqlalchemy as sa

from monitor.pipeline.sweep import OVER, Retention, read_over
from monitor.refusals import AGAIN_AFTER, OWN_FOR, SHARED_FOR, SharedRefusals
from monitor.storage.store import Store
from tests.fakes.clock import FakeClock


class Worker:
    """One of several, with what it was refused."""

    def __init__(self, store: Store, clock: FakeClock, owner: str) -> None:
        self._store, self._clock = store, clock
        self.said: dict[str, str] = {}
        self.shared = SharedRefusals(store, clock, owner, ["digests", "deliver"], lambda: self.said)

    def end(self, key: str, said: str = "") -> None:
        """A unit ended, and the worker beats."""
        self.said.pop(key, None)
        if said:
            self.said[key] = said
        self.shared.note(key, not said)
        self.beat()

    def beat(self) -> None:
        """Beat."""
        with self._store.write() as tx:
            self.shared.write(tx, self._clock.now())


def test_what_is_refused_on_one_is_told_by_another(store: Store) -> None:
    """Until it ends well on any of them, or nobody says it any more."""
    clock = FakeClock()
    one, leader = Worker(store, clock, "a:1"), Worker(store, clock, "b:1")
    one.end("digests", "The database is full.")
    one.end("deliver:desk", "No.")
    assert leader.shared.refusals == {"digests": "The database is full.", "deliver:desk": "No."}
    leader.end("digests")
    one.beat()
    assert leader.shared.refusals == one.shared.refusals == {"deliver:desk": "No."}
    clock.forward(seconds=SHARED_FOR.total_seconds() + 1)
    assert leader.shared.refusals == {}


def test_what_each_does_for_itself_is_its_own(store: Store) -> None:
    """Another that does it well says nothing of this one; one that is gone is forgotten within minutes."""
    clock = FakeClock()
    one, other = Worker(store, clock, "a:1"), Worker(store, clock, "b:1")
    one.end("config", "No file.")
    other.end("config")
    assert other.shared.refusals == {"config": "No file."}
    clock.forward(seconds=OWN_FOR.total_seconds() + 1)
    assert other.shared.refusals == {}


def test_nothing_is_written_where_nothing_changed(store: Store) -> None:
    """Units end twice a second; who fails all the time writes once a minute."""
    clock, written = FakeClock(), list[str]()
    worker = Worker(store, clock, "a:1")
    worker.end("digests", "No.")
    engine = store.database.writer
    sa.event.listen(engine, "before_cursor_execute", lambda _c, _k, statement, *_: written.append(statement))
    for _ in range(3):
        worker.end("digests", "No.")
        worker.end("deliver:desk")
        worker.beat()
    assert [one for one in written if one.startswith(("INSERT", "UPDATE"))] == []
    clock.forward(seconds=AGAIN_AFTER.total_seconds())
    worker.end("digests", "No.")
    assert len([one for one in written if one.startswith("INSERT")]) == 1


def test_what_a_sweep_left_too_large_is_known_to_all(store: Store) -> None:
    """As long as the size is the one that it was judged by."""
    now = FakeClock().now()
    small = Retention(articles_days=30, polls_days=30, bytes_max=1_000)
    assert read_over(store, small) == 0
    with store.write() as tx:
        tx.topics.beat(OVER, now - timedelta(hours=1), "500 1000")
    assert read_over(store, small) == 500
    assert read_over(store, Retention(articles_days=30, polls_days=30, bytes_max=2_000)) == 0
