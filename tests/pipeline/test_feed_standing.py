"""What is noticed of a feed beyond its entries: losses, silence, another's feed, moves. On both databases."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from monitor.errors import FetchError, FetchReason
from monitor.model import Entry, Feed, FeedRules, FeedSpec, Fetched, NotModified, Polled, PollOutcome, TroubleKind
from monitor.pipeline.visits import PollSummary
from monitor.storage.health import FeedHealth
from monitor.storage.store import Store
from tests.fakes.clock import START
from tests.pipeline.given import (
    HOSTAGES,
    a_context,
    a_failed_visit,
    a_topic,
    a_visit,
    an_entry,
    articles_of,
    claim_again,
    claim_feeds,
    ingest,
    watch,
)

TOPICS = [a_topic(HOSTAGES, "now")]
CONTEXT = a_context(TOPICS)
HOUR = timedelta(hours=1)
MOVED = "https://feeds.elsewhere.example/rss"


def visit(store: Store, entries: Sequence[Entry], at: datetime, *, title: str = "Outlet 0") -> PollSummary:
    """The first feed shows these entries."""
    feed = claim_again(store, at)[0]
    polled = a_visit(feed, entries, now=at, body=repr(entries).encode())
    assert polled.parsed is not None
    [summary] = ingest(store, [replace(polled, parsed=replace(polled.parsed, title=title))], CONTEXT, at)
    return summary


def health(store: Store, number: int = 0) -> FeedHealth:
    """One feed as it is remembered."""
    with store.read() as tx:
        return sorted(tx.health.all(), key=lambda feed: feed.feed.id)[number]


def hourly(first: int, last: int, start: datetime = START) -> list[Entry]:
    """An entry an hour, from one hour to another."""
    return [an_entry(n, at=start + n * HOUR) for n in range(first, last + 1)]


def watched(store: Store) -> None:
    """The topic, and one feed that was read once: entries 0 to 4."""
    watch(store, TOPICS)
    claim_feeds(store)
    visit(store, hourly(0, 4), START + 4 * HOUR)


def test_a_window_that_rolled_over_is_told_with_a_number(store: Store) -> None:
    """Five hours nobody saw, at an entry an hour; the new ones are told all the same."""
    watched(store)
    at = START + 14 * HOUR

    summary = visit(store, hourly(10, 14), at)

    assert (summary.new, summary.told_later, summary.lost_entries) == (5, 5, 5)
    found = health(store)
    assert (found.lost_windows, found.lost_entries, found.feed.state.last_lost_at) == (1, 5, at)
    with store.read() as tx:
        [trouble] = tx.health.troubles(at + HOUR)
        assert (trouble.kind, trouble.name, trouble.count, trouble.since) == (TroubleKind.LOST, "Outlet 0", 5, at)
        assert tx.health.troubles(at + 25 * HOUR) == []
    assert visit(store, hourly(12, 16), at + 2 * HOUR).lost_entries is None


def test_a_feed_that_falls_silent_is_told_although_it_answers(store: Store) -> None:
    """Two days after its last entry, for a feed of hourly ones."""
    watched(store)
    with store.read() as tx:
        assert tx.health.troubles(START + 50 * HOUR) == []
        [trouble] = tx.health.troubles(START + 53 * HOUR)
        assert (trouble.kind, trouble.since) == (TroubleKind.STALE, START + 4 * HOUR)


def test_somebody_elses_feed_is_kept_silent_until_a_person_says_otherwise(store: Store) -> None:
    """A lapsed domain with a casino on it tells nobody anything, and is told of."""
    watched(store)
    spam = [an_entry(n, at=START + n * HOUR) for n in range(30, 34)]
    at = START + 33 * HOUR

    first = visit(store, spam, at, title="Casino bonus")
    second = visit(store, [*spam[1:], an_entry(34, at=at + HOUR)], at + HOUR, title="Casino bonus")

    assert (first.new, first.told_later, first.lost_entries) == (4, 0, None)
    assert (second.new, second.told_later) == (1, 0)
    found = health(store)
    assert 'called itself "Outlet 0" and now "Casino bonus"' in found.feed.state.quarantine
    assert found.feed.state.title == "Outlet 0"
    assert [stored.standing for stored in articles_of(store)][-5:] == ["quarantined"] * 5
    with store.read() as tx:
        [trouble] = tx.health.troubles(at + HOUR)
        assert (trouble.kind, trouble.since) == (TroubleKind.HELD, at)

    with store.write() as tx:
        assert tx.feeds.accept(found.feed.url)
        assert not tx.feeds.accept(found.feed.url)
    third = visit(store, [an_entry(35, at=at + 2 * HOUR)], at + 2 * HOUR, title="Casino bonus")
    assert (third.new, third.told_later, third.quarantine) == (1, 1, "")
    assert health(store).feed.state.title == "Casino bonus"


def test_a_held_feed_that_is_itself_again_is_told_again(store: Store) -> None:
    """A hacked page for an afternoon costs an afternoon."""
    watched(store)
    visit(store, hourly(30, 33), START + 33 * HOUR, title="Casino bonus")
    back = visit(store, hourly(34, 36), START + 36 * HOUR)
    assert (back.told_later, back.quarantine) == (3, "")


# --- moves and hosts -------------------------------------------------------------------------------------------------


def moved_visit(feed: Feed, at: datetime) -> Polled:
    """Nothing new, found behind a permanent redirect."""
    return Polled(feed, PollOutcome.UNCHANGED, at, fetched=NotModified(MOVED, permanent_url=MOVED))


def move(store: Store, start: datetime) -> datetime:
    """The first feed redirects for good, three times over a day; returns when the last visit was."""
    for hours in (0, 12, 24):
        at = start + hours * HOUR
        [summary] = ingest(store, [moved_visit(claim_again(store, at)[0], at)], CONTEXT, at)
    assert summary.moved_to == MOVED
    return at


def test_a_feed_that_moved_is_visited_where_it_is_and_keeps_its_memory(store: Store) -> None:
    """The configured address stays its name; a person who corrects it keeps everything that was known."""
    watched(store)
    at = move(store, START + 5 * HOUR)
    assert health(store).feed.address == MOVED
    kept = health(store).feed.id

    with store.write() as tx:
        assert tx.feeds.sync([FeedSpec("Outlet 0", MOVED)], at, spread_s=1) == (0, 0)

    found = health(store)
    assert (found.feed.id, found.feed.url, found.feed.address, found.active) == (kept, MOVED, MOVED, True)
    assert visit(store, hourly(0, 5), at + HOUR).new == 1


def test_two_feeds_at_one_address_are_visited_once(store: Store) -> None:
    """The one that moved there rests and says so; it is visited again when the other goes."""
    watched(store)
    specs = [FeedSpec("Outlet 0", "https://outlet0.example/rss"), FeedSpec("Elsewhere", MOVED)]
    with store.write() as tx:
        tx.feeds.sync(specs, START, spread_s=1)
    at = move(store, START + 5 * HOUR)

    assert health(store).same_as == health(store, 1).feed.id
    assert [feed.name for feed in claim_again(store, at + HOUR)] == ["Elsewhere"]
    with store.write() as tx:
        tx.feeds.sync(specs[:1], at, spread_s=1)
    assert health(store).same_as is None
    assert [feed.name for feed in claim_again(store, at + HOUR)] == ["Outlet 0"]


def test_too_often_is_said_to_the_whole_host(store: Store) -> None:
    """No feed of the host is due before, whatever its own schedule; other hosts are none the worse."""
    urls = [f"https://crowd.example/{n}" for n in range(3)] + ["https://other.example/rss"]
    with store.write() as tx:
        tx.feeds.sync([FeedSpec(url, url) for url in urls], START, spread_s=1)
        feeds = tx.feeds.claim_due(START + HOUR, owner="worker", limit=9)
    asking = next(feed for feed in feeds if feed.url == urls[0])
    error = FetchError("429", reason=FetchReason.RATE_LIMITED, status=429, retry_after_s=7200)
    at = START + HOUR

    ingest(store, [Polled(asking, PollOutcome.FAILED, at, error=error)], CONTEXT, at)

    with store.write() as tx:
        tx.feeds.release("worker")
        early = tx.feeds.claim_due(at + HOUR, owner="next", limit=9)
        by_hand = tx.feeds.claim_due(at + HOUR, owner="hand", limit=9, round_started_at=at + HOUR)
        tx.feeds.release()
        late = tx.feeds.claim_due(at + 3 * HOUR, owner="next", limit=9)
    assert [feed.url for feed in early] == [urls[3]]
    assert by_hand == []
    assert {feed.url for feed in late} == set(urls)
    assert health(store).feed.state.fail_count == 0


def test_two_feeds_that_moved_to_one_address_rest_and_wake(store: Store) -> None:
    """Whichever moved first is visited; when it goes back to its own address, so is the other."""
    watch(store, TOPICS)
    claim_feeds(store, 2)
    for who in (1, 0):
        for hours in (0, 12, 24):
            at = START + hours * HOUR
            named = [feed for feed in claim_again(store, at) if feed.name == f"Outlet {who}"]
            ingest(store, [moved_visit(feed, at) for feed in named], CONTEXT, at)
    assert [feed.name for feed in claim_again(store, at + HOUR)] == ["Outlet 1"]
    assert health(store).same_as == health(store, 1).feed.id

    for _ in range(4):
        at += HOUR
        ingest(store, [a_failed_visit(feed, now=at) for feed in claim_again(store, at)], CONTEXT, at)

    assert health(store, 1).feed.address == health(store, 1).feed.url
    assert [feed.name for feed in claim_again(store, at + HOUR)] == ["Outlet 0", "Outlet 1"]


def test_a_visit_that_was_under_way_does_not_end_its_hosts_pause(store: Store) -> None:
    """Two feeds of a host asked at one time: one is told that we come too often, the other answered."""
    with store.write() as tx:
        tx.feeds.sync([FeedSpec(str(n), f"https://crowd.example/{n}") for n in range(2)], START, spread_s=1)
        one, other = tx.feeds.claim_due(START + HOUR, owner="worker", limit=9)
    at = START + HOUR
    error = FetchError("429", reason=FetchReason.RATE_LIMITED, status=429, retry_after_s=7200)
    ingest(store, [Polled(one, PollOutcome.FAILED, at, error=error)], CONTEXT, at)
    ingest(store, [Polled(other, PollOutcome.UNCHANGED, at, fetched=NotModified(other.url))], CONTEXT, at)
    with store.write() as tx:
        assert tx.feeds.claim_due(at + 1.5 * HOUR, owner="next", limit=9) == []
        assert len(tx.feeds.claim_due(at + 3 * HOUR, owner="next", limit=9)) == 2


def test_the_pause_of_a_host_is_as_long_as_it_asked(store: Store) -> None:
    """Whatever the interval of the feed that was refused."""
    with store.write() as tx:
        tx.feeds.sync([FeedSpec(str(n), f"https://crowd.example/{n}") for n in range(2)], START, spread_s=1)
        one, _ = tx.feeds.claim_due(START + HOUR, owner="worker", limit=9)
    rare = replace(CONTEXT, rules={one.url: FeedRules(interval_s=86_400)})
    error = FetchError("429", reason=FetchReason.RATE_LIMITED, status=429, retry_after_s=60)
    at = START + HOUR
    ingest(store, [Polled(one, PollOutcome.FAILED, at, error=error)], rare, at)
    with store.write() as tx:
        tx.feeds.release()
        assert [feed.name for feed in tx.feeds.claim_due(at + HOUR, owner="next", limit=9)] == ["1"]


def test_an_answer_without_a_wish_keeps_the_last_one(store: Store) -> None:
    """max-age of a 200 counts over the 304s that leave it out, until a 200 leaves it out."""
    watched(store)
    [feed] = claim_again(store, START + 5 * HOUR)
    at = START + 5 * HOUR
    fetched = Fetched(b"", feed.url, 200, min_wait_s=7000)
    ingest(store, [Polled(feed, PollOutcome.UNCHANGED, at, fetched=fetched)], CONTEXT, at)
    [feed] = claim_again(store, at)
    ingest(store, [Polled(feed, PollOutcome.UNCHANGED, at, fetched=NotModified(feed.url))], CONTEXT, at)
    assert health(store).next_poll_at >= at + timedelta(seconds=7000)


def corrected(store: Store, url: str, at: datetime) -> None:
    """A person corrects the first feed's address in feeds.toml, under its name."""
    with store.write() as tx:
        assert tx.feeds.sync([FeedSpec("Outlet 0", url)], at, spread_s=60) == (0, 0)


def test_a_corrected_address_loses_nothing_of_the_gap(store: Store) -> None:
    """The old address fails for hours; what came meanwhile is told when a person corrects it, what was known is not."""
    watched(store)
    at = START + 8 * HOUR
    for _ in range(3):
        ingest(store, [a_failed_visit(feed, now=at) for feed in claim_again(store, at)], CONTEXT, at)
    kept = health(store)

    corrected(store, "https://new.example/rss", at)

    found = health(store)
    assert (found.feed.id, found.feed.url, found.active) == (kept.feed.id, "https://new.example/rss", True)
    assert (found.feed.state.etag, found.feed.state.fail_count, found.next_poll_at) == (None, 0, at)
    summary = visit(store, hourly(2, 8), at, title="Outlet 0, new look")
    assert (summary.new, summary.told_later, summary.first, summary.lost_entries) == (4, 4, False, None)


def test_another_feed_under_the_old_name_begins_with_a_baseline(store: Store) -> None:
    """Nothing of it was known: what it shows is kept and not told, and neither held nor taken for a loss."""
    watched(store)
    at = START + 20 * HOUR
    corrected(store, "https://other.example/rss", at)

    first = visit(store, hourly(40, 44, START - 40 * HOUR), at, title="Quite another")
    assert (first.new, first.told_later, first.first) == (5, 0, True)
    assert (first.lost_entries, first.quarantine) == (None, "")
    then = visit(store, hourly(44, 46, START - 40 * HOUR), at + HOUR, title="Quite another")
    assert (then.new, then.told_later, then.first) == (2, 2, False)


def test_a_feed_that_changes_all_but_its_headlines_has_lost_nothing(store: Store) -> None:
    """New ids, links and dates at every visit, and the same five headlines."""
    watched(store)
    at = START + 30 * HOUR
    same = [
        replace(entry, id=f"x{n}", link=f"https://outlet0.example/x/{n}", published=at, summary="")
        for n, entry in enumerate(hourly(0, 2))
    ]
    assert visit(store, same, at).lost_entries is None
