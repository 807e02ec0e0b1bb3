"""Telling our own network's outage from the feeds'."""

from monitor.errors import FetchError, FetchReason, ParseError, ParseReason
from monitor.pipeline.reach import HOSTS_DOWN, Reach

GONE_DARK = FetchError("no such name", reason=FetchReason.DNS)


def test_several_hosts_that_nobody_reaches_are_our_own_network() -> None:
    """One dead host asked again and again is not; one answer of whatever kind ends it."""
    reach = Reach()
    changes = [reach.note("same.example", GONE_DARK) for _ in range(20)]
    assert not any(changes)
    changes = [reach.note(f"host{n}.example", GONE_DARK) for n in range(HOSTS_DOWN + 3)]
    assert reach.is_down
    assert changes.count(True) == 1
    assert not reach.note("refused.example", FetchError("no", reason=FetchReason.REFUSED_ADDRESS))
    assert reach.is_down, "what was not asked says nothing"
    assert reach.note("page.example", ParseError("a page", reason=ParseReason.HTML))
    assert not reach.is_down


def test_a_status_is_an_answer() -> None:
    """A server that fails was reached."""
    reach = Reach()
    for n in range(HOSTS_DOWN):
        reach.note(f"host{n}.example", GONE_DARK)
    assert reach.note("broken.example", FetchError("500", reason=FetchReason.STATUS, status=500))
    assert not reach.is_down
