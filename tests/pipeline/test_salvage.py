"""Which entries of a visit keep it from being stored, found in few trials."""

import pytest

from monitor.model import Feed, FeedId, Polled
from monitor.pipeline.salvage import TRIALS_MAX, without_guilty
from tests.fakes.clock import START
from tests.pipeline.given import a_visit, an_entry


class Database:
    """Refuses every visit that has a guilty entry, and counts."""

    def __init__(self, guilty: set[str]) -> None:
        self.guilty = guilty
        self.trials = 0

    def can_store(self, polled: Polled) -> bool:
        """Whether this visit would go in."""
        self.trials += 1
        return not self.guilty & set(ids_of(polled))


def ids_of(polled: Polled | None) -> list[str]:
    """The ids of the visit's entries, in order."""
    return [] if polled is None or polled.parsed is None else [entry.id for entry in polled.parsed.entries]


def visit(count: int) -> Polled:
    """A visit that brought this many entries, `0`, `1`, and so on."""
    feed = Feed(FeedId(1), "Outlet", "https://outlet.example/feed")
    return a_visit(feed, [an_entry(n, at=START, id=str(n)) for n in range(count)])


@pytest.mark.parametrize(
    ("count", "guilty"),
    [(2, [1]), (3, [0]), (30, [0, 29]), (100, list(range(40, 52))), (2_000, [3, 700, 1_999])],
)
def test_just_the_guilty_are_left_out(count: int, guilty: list[int]) -> None:
    """All others stay, in the feed's order, with the number of the lost in the error."""
    database = Database({str(n) for n in guilty})
    part, dropped = without_guilty(visit(count), ValueError("no"), database.can_store)
    assert ids_of(part) == [str(n) for n in range(count) if n not in guilty]
    assert [entry.id for entry in dropped] == [str(n) for n in guilty]
    assert part is not None
    assert str(part.error) == f"{len(guilty)} of {count} entries could not be stored (ValueError)."


def test_many_guilty_cost_a_bounded_number_of_trials() -> None:
    """A feed of which every ninth entry is guilty ends after its trials, and what goes in holds none of them."""
    database = Database({str(n) for n in range(0, 300, 9)})
    part, dropped = without_guilty(visit(300), ValueError("no"), database.can_store)
    assert database.trials <= TRIALS_MAX
    assert part is not None
    assert len(ids_of(part)) + len(dropped) == 300
    assert not database.guilty & set(ids_of(part))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_feed_that_is_guilty_as_a_whole_is_left_to_fail(count: int) -> None:
    """Where no entry would be left, there is no part to store."""
    assert without_guilty(visit(count), ValueError("no"), Database({"0", "1"}).can_store) == (None, [])


def test_where_no_entry_is_to_blame_none_is_dropped() -> None:
    """Entries that all go in by themselves are not left out for a fault that lies elsewhere."""
    assert without_guilty(visit(4), ValueError("no"), Database(set()).can_store) == (None, [])
