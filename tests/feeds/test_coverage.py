"""Windows that rolled over, feeds that fell silent, addresses that serve somebody else's feed."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from monitor.feeds.coverage import count_lost, is_stale, troubles_of, why_quarantined, window_of
from monitor.model import Entry, Feed, FeedId, FeedState, ParsedFeed, TroubleKind
from tests.fakes.clock import START

KNOWN = FeedState(
    first_polled_at=START - timedelta(days=3),
    watermark_at=START - timedelta(hours=10),
    title="Gulf Wire: World news",
    site="gulf.example",
    window_entries=5,
)


def showing(*hours_ago: float, title: str = "Gulf Wire", link: str = "https://www.gulf.example/") -> ParsedFeed:
    """A feed with entries of these ages."""
    entries = [Entry(str(age), "t", f"https://x.example/{age}", START - timedelta(hours=age)) for age in hours_ago]
    return ParsedFeed(title, link, tuple(entries))


def test_a_window_is_measured_by_its_dates() -> None:
    """In whatever order they stand."""
    window = window_of(showing(1, 4, 2))
    assert (window.span_s, window.entries, window.longest_gap_s) == (3 * 3600, 3, 2 * 3600)
    assert window_of(ParsedFeed("t", "", (Entry("1", "t", ""),))) == replace(
        window, span_s=0, entries=1, longest_gap_s=0
    )


@pytest.mark.parametrize(
    ("state", "shown", "known", "lost"),
    [
        (KNOWN, (0, 1, 2, 3), 1, None),
        (FeedState(), (0, 1, 2, 3), 0, None),
        (KNOWN, (), 0, None),
        (KNOWN, (0, 1, 2, 3), 0, 6),  # seven hours lie between, one of them is the usual gap
        (KNOWN, (0, 0, 0), 0, 1),
        (KNOWN, (3, 12), 0, 1),
        (replace(KNOWN, watermark_at=None), (0, 1), 0, 1),
        (KNOWN, (0,), 0, 1),
        (replace(KNOWN, window_entries=1), (0,), 0, None),
        (replace(KNOWN, window_entries=0), (0, 1), 0, None),  # it was empty, and lost nothing
        (KNOWN, (0, 0.001, 0.002), 0, 1),  # all with the time the feed was built
        (KNOWN, tuple(n / 50 for n in range(3)), 0, 497),
        (replace(KNOWN, watermark_at=START - timedelta(days=99)), tuple(n / 50 for n in range(3)), 0, 1000),
    ],
)
def test_what_came_and_went_unseen_is_estimated(
    state: FeedState, shown: tuple[float, ...], known: int, lost: int | None
) -> None:
    """By the stretch nobody saw, at the rate of what is shown."""
    assert count_lost(state, showing(*shown), known) == lost


@pytest.mark.parametrize(
    ("gap_hours", "silent_hours", "stale"), [(1, 40, False), (1, 49, True), (24 * 7, 24 * 20, False), (0, 9999, False)]
)
def test_a_feed_is_stale_when_it_is_silent_for_longer_than_it_ever_is(
    gap_hours: int, silent_hours: int, stale: bool
) -> None:
    """A monthly may be silent for weeks, an hourly feed not over two days; one without dates is not judged."""
    state = FeedState(watermark_at=START - timedelta(hours=silent_hours), longest_gap_s=gap_hours * 3600)
    assert is_stale(state, START) is stale


@pytest.mark.parametrize(
    ("title", "link", "known", "held"),
    [
        ("Gulf Wire", "https://www.gulf.example/", 0, False),
        ("Best casino bonus", "https://www.gulf.example/", 0, True),
        ("News feed of the casino", "", 0, True),
        ("Gulf Wire", "https://casino.example/", 0, True),
        ("Best casino bonus", "https://casino.example/", 1, False),  # an entry of old still stands there
        ("", "", 0, False),
    ],
)
def test_somebody_elses_feed_is_held(title: str, link: str, known: int, held: bool) -> None:
    """Another name or another home, and nothing that was there before."""
    assert bool(why_quarantined(KNOWN, showing(0, 1, title=title, link=link), known)) is held
    assert not why_quarantined(FeedState(), showing(0, 1, title=title, link=link), 0)


def test_quarantine_ends_when_the_feed_is_itself_again() -> None:
    """By its name and home; entries seen in quarantine are no proof."""
    held = replace(KNOWN, quarantine="it called itself something else")
    assert why_quarantined(held, showing(0, title="Best casino bonus"), 3) == held.quarantine
    assert why_quarantined(held, showing(0), 0) == ""


def test_what_a_feed_may_keep_from_us_is_told_each_in_its_way() -> None:
    """One failure is none yet, a loss is told for a day, a silent feed only where nothing worse is said."""
    day = timedelta(days=1)

    def kinds(outcome: str = "unchanged", reason: str = "", **changes: object) -> list[TroubleKind]:
        state = replace(KNOWN, longest_gap_s=3600, **changes)  # fields of the state
        feed = Feed(FeedId(1), "Gulf Wire", "https://gulf.example/rss", state=state)
        return [trouble.kind for trouble in troubles_of(feed, outcome, reason, START)]

    assert kinds() == []
    assert kinds("failed", fail_count=1, failing_since=START) == []
    assert kinds("failed", fail_count=2, failing_since=START) == [TroubleKind.FAILS]
    assert kinds("failed", reason="forbidden", fail_count=1, failing_since=START) == [TroubleKind.FAILS]
    assert kinds("failed", last_ok_at=START - 2 * day) == []
    assert kinds("failed", reason="rate_limited", last_ok_at=START - 2 * day) == [TroubleKind.FAILS]
    assert kinds("failed", reason="rate_limited", last_ok_at=START) == []
    assert kinds("gone", fail_count=1, failing_since=START) == [TroubleKind.FAILS]
    assert kinds(last_lost_at=START - 0.9 * day, last_lost=6) == [TroubleKind.LOST]
    assert kinds(last_lost_at=START - 1.1 * day, last_lost=6) == []
    assert kinds(quarantine="another", watermark_at=START - 9 * day) == [TroubleKind.HELD]
    assert kinds(watermark_at=START - 9 * day) == [TroubleKind.STALE]
    assert kinds("failed", watermark_at=START - 9 * day, fail_count=3, failing_since=START) == [TroubleKind.FAILS]
