"""What a page of a feed says of it, in words and in figures."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from monitor.errors import MonitorError
from monitor.feeds.guard import Guard
from monitor.feeds.hints import say_skip_times
from monitor.feeds.policy import PollBounds
from monitor.feeds.rhythm import learn
from monitor.model import FeedRules, FeedSpec, FeedState, Watchlist
from monitor.storage.store import Store
from monitor.topics.match import compile_watchlist
from monitor.views.feed import read_feed
from monitor.views.feed_words import Condition, Visited, health_of, visits_of
from monitor.views.feeds import list_feeds, read_advice
from monitor.views.finding import known_as, look_at
from monitor.views.plot_rhythm import draw_rhythm
from monitor.views.spans import say_bytes, say_span
from tests.fakes.clock import START
from tests.fakes.http import Scripted, respond, serve_scripts
from tests.pipeline.given import (
    a_context,
    a_topic,
    a_visit,
    an_entry,
    claim_again,
    ingest,
    watch,
    with_baseline,
)

BOUNDS = PollBounds(300, 3600)


def a_feed(**changes: object) -> Visited:
    """One that was read a minute ago and is well."""
    state = FeedState(first_polled_at=START - timedelta(days=60), last_ok_at=START, watermark_at=START)
    visited = Visited(state, "new", "", "", START, START, 0, 0, "")
    return replace(visited, **changes)  # the tests name real fields


@pytest.mark.parametrize(
    ("feed", "condition", "words"),
    [
        (a_feed(), Condition.WELL, "as it should be"),
        (a_feed(outcome="failed", reason="forbidden", error="403"), Condition.FAILING, "403"),
        (a_feed(outcome="gone"), Condition.GONE, "410"),
        (a_feed(state=replace(a_feed().state, quarantine="it was Ships")), Condition.HELD, "it was Ships"),
        (a_feed(same_as="Gulf Wire"), Condition.DOUBLE, "Gulf Wire"),
        (a_feed(last_poll_at=None), Condition.UNREAD, "first visit"),
        (a_feed(state=replace(a_feed().state, last_lost_at=START, last_lost=7)), Condition.LOST, "7 entries"),
    ],
)
def test_how_a_feed_is_is_said_in_a_word_with_the_reason(feed: Visited, condition: Condition, words: str) -> None:
    """The worst that is so; what a person can do stands beside it."""
    found = health_of(feed, START)
    assert found.condition is condition
    assert words in found.said
    assert found.remedy or condition in (Condition.WELL, Condition.UNREAD)


def test_a_silent_feed_is_told_apart_from_a_quiet_one() -> None:
    """By the longest silence its window shows, while its rhythm is not known."""
    state = replace(a_feed().state, watermark_at=START - timedelta(days=9), longest_gap_s=86_400)
    assert health_of(a_feed(state=state), START).condition is Condition.SILENT
    assert health_of(a_feed(state=replace(state, longest_gap_s=5 * 86_400)), START).condition is Condition.WELL


def test_why_a_feed_is_visited_as_it_is_names_everything_that_had_a_say() -> None:
    """Its rhythm, the bounds, what feed and server ask for, hours off, a person's own word."""
    state = FeedState(ttl_s=7200, max_age_s=60, skip_times="0,1,2,23;sat,sun")
    slow = visits_of(state, FeedRules(), BOUNDS, START)
    assert slow.wait_s == slow.least_s == 7200
    said = " ".join(slow.reasons)
    for words in (
        "rhythm",
        "within 5 min and 1 h",
        "asks for 2 h",
        "within 1 min",
        "makes it longer",
        "Saturday, Sunday",
    ):
        assert words in said
    own = visits_of(FeedState(ttl_s=60), FeedRules(interval_s=900, obeys_skip_times=False), BOUNDS, START)
    assert (own.wait_s, own.least_s) == (900, 300)
    assert "feeds.toml says every 15 min" in own.reasons
    assert "changes nothing" in " ".join(own.reasons)


def test_hours_off_and_lengths_are_said_shortly() -> None:
    """For people."""
    assert say_skip_times("") == ""
    assert say_skip_times("0,1,2,7;") == "from 00 to 03, 07 to 08 UTC"
    assert say_skip_times("23;sun") == "from 23 to 00 UTC and on Sunday"
    spans = [5, 60, 3599, 3600, 3900, 86_400, 90_000, 40 * 86_400, -120]
    assert list(map(say_span, spans)) == [
        "5 s",
        "1 min",
        "59 min",
        "1 h",
        "1 h 5 min",
        "1 d",
        "1 d 1 h",
        "40 d",
        "−2 min",
    ]
    assert say_span(timedelta(minutes=7)) == "7 min"
    assert [say_bytes(size) for size in (0, 999, 1500, 12_000, 3_400_000, 5_000_000_000)] == [
        *("0 B", "999 B", "1.5 kB", "12 kB", "3.4 MB", "5.0 GB"),
    ]


def test_a_week_is_drawn_in_the_readers_hours() -> None:
    """What comes on Monday at 23 in UTC is of Tuesday two hours east."""
    rates = [0.0] * 168
    rates[23] = 4.0
    plot = draw_rhythm(rates, 2)
    assert plot is not None
    assert plot.busiest == "Tuesday from 01:00"
    assert plot.busiest_rate == 4
    assert plot.per_day == pytest.approx(4 / 7)
    [top] = [cell for cell in plot.cells if cell.level == 4]
    assert top == plot.cells[25]
    assert max(cell.x + plot.width for cell in plot.cells) <= 100
    assert draw_rhythm([], 0) is None
    learned = learn(None, [datetime(2026, 3, 2, 8, tzinfo=UTC), datetime(2026, 3, 3, 8, tzinfo=UTC)], START)
    assert learned


def test_who_was_first_and_who_only_copies_is_read_from_the_archive(store: Store) -> None:
    """On both databases: worth, delay, cost, and that a feed of copies could go."""
    topics = [a_topic()]
    watch(store, topics)
    context = a_context(topics)
    begun = START - timedelta(days=20)
    with_baseline(store, context, 2, now=begun)
    for step in range(12):
        now = begun + timedelta(days=1 + step)
        feeds = claim_again(store, now)
        first = an_entry(step, outlet=0, at=now - timedelta(minutes=30))
        echo = replace(first, id=f"echo-{step}", link=f"https://outlet1.example/echo/{step}", published=now)
        ingest(store, [a_visit(feeds[0], [first], now=now, body=b"%d" % step)], context, now)
        feeds = claim_again(store, now)
        later = now + timedelta(minutes=5)
        ingest(store, [a_visit(feeds[1], [echo], now=later, body=b"e%d" % step)], context, later)
    now = begun + timedelta(days=14)
    specs = [FeedSpec(feed.name, feed.url) for feed in feeds]

    leader, echoing = (read_feed(store, feed.id, specs, BOUNDS, now) for feed in feeds[:2])
    assert leader is not None
    assert leader.worth is not None
    assert leader.delay is not None
    assert (leader.worth.first, leader.worth.copies, leader.delay.median_s) == (12, 0, 1800)
    assert echoing is not None
    assert echoing.worth is not None
    assert (echoing.worth.copies + echoing.worth.reports, echoing.worth.first) == (12, 0)
    assert echoing.worth.behind_s == 1800
    assert echoing.cost.visits >= 12
    assert read_feed(store, feeds[0].id.__class__(99), specs, BOUNDS, now) is None

    advice = read_advice(store, specs, BOUNDS, now)
    assert [advice.names[one.feed_id] for one in advice.drop] == ["Outlet 1"]
    assert advice.drop[0].articles == 12
    assert [advice.names[one.feed_id] for one in advice.faster] == ["Outlet 0"]
    assert len(list_feeds(store, now, None, 10).lines) == 2


@pytest.fixture
def server() -> Iterator[Scripted]:
    """A scripted server on loopback."""
    with serve_scripts() as served:
        yield served


def test_a_feed_is_looked_at_before_it_is_added(server: Scripted) -> None:
    """What it shows now is held against the watchlist; what is there already is known by its name."""
    items = "".join(
        f"<item><title>{title}</title><link>https://x.example/{n}</link><guid>{n}</guid></item>"
        for n, title in enumerate(("Hostage talks resume", "Hostages freed", "Weather"))
    )
    body = f"<rss version='2.0'><channel><title>Harbour</title>{items}</channel></rss>".encode()
    url = server.script("/feed", respond(body=body))
    compiled = compile_watchlist(Watchlist((a_topic(),)))
    specs = [FeedSpec("Ours", url)]
    [looked] = look_at(url, Guard(["127.0.0.1/32"]), compiled, specs, START, body_bytes_max=100_000)
    assert looked.known_as == "Ours"
    assert looked.judged == 3
    assert dict(looked.topics) == {"hostages": 2}
    assert known_as(url + "?other", specs) == ""
    with pytest.raises(MonitorError):
        look_at("http://127.0.0.1:1/feed", Guard(), compiled, [], START, body_bytes_max=100_000)
    with pytest.raises(MonitorError, match="no address"):
        look_at("", Guard(), compiled, [], START, body_bytes_max=100_000)
