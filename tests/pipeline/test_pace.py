"""Portions grow while they are quick and shrink when they are slow; room on the disk is told before it ends."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta

from monitor.pipeline.pace import SIZE_FIRST, SIZE_MAX, SIZE_MIN, TARGET_S, Pace
from monitor.pipeline.room import FREE_BYTES_LOW, FREE_BYTES_MIN, RoomWatch
from tests.fakes.clock import START

GB = 10**9


class Watch:
    """A clock that goes on by what a row costs."""

    def __init__(self, row_s: float) -> None:
        self.now_s = 0.0
        self.row_s = row_s
        self.rests: list[float] = []

    def work(self, pace: Pace) -> None:
        """One portion."""
        with pace.timed(nullcontext()):
            self.now_s += pace.size * self.row_s
        pace.rest()


def a_pace(watch: Watch) -> Pace:
    """One that is measured by this watch."""
    return Pace(lambda: watch.now_s, watch.rests.append)


def test_portions_grow_until_they_take_their_time() -> None:
    """They double at most, up to a bound; quick rows are removed by thousands."""
    watch = Watch(row_s=0.0001)
    pace = a_pace(watch)
    sizes = []
    for _ in range(8):
        sizes.append(pace.size)
        watch.work(pace)
    assert sizes[:5] == [SIZE_FIRST, 20, 40, 80, 160]
    assert set(sizes[5:]) <= {249, 250}
    assert pace.longest_s <= TARGET_S * 1.01
    watch.row_s = 0.000001
    for _ in range(8):
        watch.work(pace)
    assert pace.size == SIZE_MAX


def test_portions_shrink_at_once_where_the_disk_became_slow() -> None:
    """One portion is too long, the next one fits; what waits gets as long a turn as was taken, within bounds."""
    watch = Watch(row_s=0.0005)
    pace = a_pace(watch)
    for _ in range(5):
        watch.work(pace)
    assert pace.size in (49, 50)
    watch.row_s = 0.005
    watch.work(pace)
    assert pace.size in (4, 5)
    watch.row_s = 1.0
    watch.work(pace)
    assert pace.size == SIZE_MIN
    assert max(watch.rests) == 0.1
    pace.begin()
    assert pace.size == SIZE_FIRST


def test_what_a_portion_took_has_the_commit_in_it_and_the_wait_for_the_writer_not() -> None:
    """Whoever waits for the writer waits until the disk has what was written."""
    watch = Watch(row_s=0.0)

    @contextmanager
    def turn() -> Iterator[str]:
        watch.now_s += 1.0
        yield "the writer"
        watch.now_s += 0.25

    pace = a_pace(watch)
    with pace.timed(turn()) as held:
        assert held == "the writer"
        watch.now_s += 0.5
    assert pace.longest_s == 0.75


def test_room_is_asked_for_below_the_first_mark_and_polling_rests_below_the_second() -> None:
    """Two needs, never both; each is over when there is room."""
    room = RoomWatch()
    assert room.look(START, 50 * GB, "/data") == []
    [low] = room.look(START, FREE_BYTES_LOW - 1, "/data")
    [out] = room.look(START, FREE_BYTES_MIN - 1, "/data")
    assert (low.key, out.key) == ("disk-low", "disk")
    assert "Polling rests" in out.head
    assert room.look(START, 50 * GB, "/data") == []


def test_the_days_that_are_left_are_told_from_the_growth_of_the_last_days() -> None:
    """A large disk that fills is told a week ahead; one that does not fill is not, nor after an hour alone."""
    room = RoomWatch()
    free = 20 * GB
    for hour in range(72):
        found = room.look(START + timedelta(hours=hour), free, "/data")
        free -= GB // 8
    assert free > 10 * GB
    [need] = found
    assert need.key == "disk-low"
    assert "full in about 4 days" in need.head
    steady = RoomWatch()
    for hour in range(72):
        assert steady.look(START + timedelta(hours=hour), 20 * GB, "/data") == []
    young = RoomWatch()
    assert young.look(START, 20 * GB, "/data") == []
    assert young.look(START + timedelta(hours=1), 15 * GB, "/data") == []
