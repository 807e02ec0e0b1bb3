"""Telling our own network's outage from the feeds'."""

from monitor.errors import FetchError, FetchReason, ParseError, ParseReason
from monitor.pipeline.reach import HOSTS_DOWN, Reach

GONE_DARK = FetchError("no such name", reason=FetchReason.DNS)


def test_several_hosts_that_nobody_reaches_are_our_own_network() -> None:
    """One dead host asked again and again is not; one answer of whatever kind ends it."""
    reach = Reach()
    changes = [reach.note("same.example", GONE_DARK, n, n) for n in range(20)]
    assert not any(changes)
    changes = [reach.note(f"host{n}.example", GONE_DARK, n, n) for n in range(HOSTS_DOWN + 3)]
    assert reach.is_down
    assert changes.count(True) == 1
    assert not reach.note("refused.example", FetchError("no", reason=FetchReason.REFUSED_ADDRESS), 20, 20)
    assert reach.is_down, "what was not asked says nothing"
    assert reach.note("page.example", ParseError("a page", reason=ParseReason.HTML), 20, 20)
    assert not reach.is_down


def test_a_status_is_an_answer() -> None:
    """A server that fails was reached."""
    reach = Reach()
    for n in range(HOSTS_DOWN):
        reach.note(f"host{n}.example", GONE_DARK, n, n)
    assert reach.note("broken.example", FetchError("500", reason=FetchReason.STATUS, status=500), 9, 9)
    assert not reach.is_down


def test_who_never_answers_at_the_end_of_a_round_is_no_outage() -> None:
    """Their visits began when others were still answered."""
    reach = Reach()
    reach.note("alive.example", None, 0.0, 2.0)
    assert not any(reach.note(f"dead{n}.example", GONE_DARK, 1.0, 31.0) for n in range(2 * HOSTS_DOWN))
    assert not reach.is_down
