"""A batch in one transaction: what is kept, what may be told, what is remembered of the feed. On both databases."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from monitor.model import Gone, Level, Polled, PollOutcome, Topic, TopicKey
from monitor.storage.health import FeedHealth
from monitor.storage.store import Store
from tests.fakes.clock import START
from tests.pipeline.given import (
    HOSTAGES,
    SHIPPING,
    a_context,
    a_failed_visit,
    a_topic,
    a_visit,
    an_entry,
    an_unchanged_visit,
    articles_of,
    claim_again,
    claim_feeds,
    ingest,
    watch,
    with_baseline,
)

TOPICS = [a_topic(HOSTAGES, "now"), a_topic(SHIPPING)]
CONTEXT = a_context(TOPICS)
HOUR = timedelta(hours=1)


def health(store: Store) -> list[FeedHealth]:
    """Every feed as it is remembered, by id."""
    with store.read() as tx:
        return sorted(tx.health.all(), key=lambda feed: feed.feed.id)


def standings(store: Store) -> list[str]:
    """How each kept article stood when it came, oldest first."""
    return [stored.standing for stored in articles_of(store)]


def open_count(store: Store, topic: TopicKey = HOSTAGES) -> int:
    """Matches that may still be told."""
    with store.read() as tx:
        return tx.matches.count_open(topic)


# --- what is news ----------------------------------------------------------------------------------------------------


def test_a_first_reading_is_the_baseline(store: Store) -> None:
    """What stood in a feed before we came is kept and matched, never told."""
    watch(store, TOPICS)
    [feed] = claim_feeds(store)

    [summary] = ingest(store, [a_visit(feed, [an_entry(n) for n in range(30)])], CONTEXT)

    assert (summary.new, summary.told_later, summary.matches, summary.first) == (30, 0, 30, True)
    assert standings(store) == ["baseline"] * 30
    assert open_count(store) == 0
    with store.read() as tx:
        assert len(tx.matches.latest(HOSTAGES, START - HOUR)) == 30
        assert [state.key for state in tx.topics.due(START + HOUR)] == [SHIPPING], "only by its schedule"


@pytest.mark.parametrize(
    ("entry", "configured", "feed", "language"),
    [("pt-BR", "fr", "de", "pt-BR"), (None, "fr", "de", "fr"), (None, None, "de", "de"), (None, None, None, None)],
)
def test_an_articles_language_is_its_own_then_what_is_configured_then_its_feeds(
    store: Store, entry: str | None, configured: str | None, feed: str | None, language: str | None
) -> None:
    """Words are stemmed by what is said nearest to them; where nothing is said, nothing is stored."""
    watch(store, TOPICS)
    [claimed] = claim_feeds(store)
    visit = a_visit(replace(claimed, language=configured), [an_entry(1, language=entry)])
    assert visit.parsed is not None

    ingest(store, [replace(visit, parsed=replace(visit.parsed, language=feed))], CONTEXT)

    assert [stored.article.language for stored in articles_of(store)] == [language]


def test_a_first_reading_is_told_where_somebody_wants_that(store: Store) -> None:
    """`first_poll = "tell"` makes news of it."""
    watch(store, TOPICS)
    [feed] = claim_feeds(store)
    ingest(store, [a_visit(feed, [an_entry(1)])], a_context(TOPICS, tell_first_poll=True))
    assert standings(store) == ["new"]
    assert open_count(store) == 1


def test_new_entries_of_a_known_feed_are_news_once(store: Store) -> None:
    """Three unseen entries are news; the same bytes an hour later are not."""
    watch(store, TOPICS)
    [feed] = with_baseline(store, CONTEXT)
    entries = [an_entry(n) for n in (3, 2, 1)]

    [first] = ingest(store, [a_visit(feed, entries)], CONTEXT)
    [again] = ingest(store, [a_visit(claim_again(store, START)[0], entries)], CONTEXT, START + HOUR)

    assert (first.new, first.told_later, first.outcome) == (3, 3, PollOutcome.NEW)
    assert (again.new, again.outcome) == (0, PollOutcome.UNCHANGED)
    assert standings(store) == ["baseline", "new", "new", "new"]
    assert open_count(store) == 3


def test_a_revision_is_counted_and_is_not_news(store: Store) -> None:
    """An entry edited twice is one article; its text stays as first stored, the edits are counted."""
    [feed] = with_baseline(store, CONTEXT)
    entry = an_entry(1)
    ingest(store, [a_visit(feed, [entry])], CONTEXT)
    for edit in ("Correction: the mayor met five families.", "Correction: the mayor met six families, he says."):
        [feed] = claim_again(store, START)
        [summary] = ingest(store, [a_visit(feed, [replace(entry, summary=edit)])], CONTEXT)
        assert summary.new == 0

    stored = articles_of(store)[-1]
    assert (stored.revision, stored.article.text) == (2, entry.summary)
    assert open_count(store) == 1


def test_a_renumbered_feed_is_not_news(store: Store) -> None:
    """Every id and address changes at once, with two truly new entries: just these two are news, also next time."""
    [feed] = with_baseline(store, CONTEXT)
    ingest(store, [a_visit(feed, [an_entry(n, at=START - n * HOUR) for n in range(8)])], CONTEXT)
    moved = [
        an_entry(n, at=START - n * HOUR, id=f"moved-{n}", link=f"https://outlet0.example/en/{n}.html") for n in range(8)
    ]
    fresh = [an_entry(n, at=START + HOUR) for n in (18, 19)]

    for _ in range(2):
        [feed] = claim_again(store, START)
        ingest(store, [a_visit(feed, [*fresh, *moved])], CONTEXT, START + HOUR)

    assert len(articles_of(store)) == 1 + 8 + 2
    assert open_count(store) == 10


def test_a_dumped_archive_is_kept_silently(store: Store) -> None:
    """Forty entries older than a month are stored and matched, none may be told; one from today may."""
    [feed] = with_baseline(store, CONTEXT)
    old = [an_entry(n, at=START - timedelta(days=40, hours=n)) for n in range(40)]

    [summary] = ingest(store, [a_visit(feed, [an_entry(99), *old])], CONTEXT)

    assert (summary.new, summary.told_later) == (41, 1)
    assert standings(store).count("backlog") == 40
    assert open_count(store) == 1


def test_an_entry_shown_twice_in_one_poll_is_one_article(store: Store) -> None:
    """A feed that lists an entry in two sections has one article, known by the names of both."""
    [feed] = with_baseline(store, CONTEXT)
    twice = an_entry(1, id="elsewhere-1")
    [summary] = ingest(store, [a_visit(feed, [an_entry(1), twice])], CONTEXT)
    [feed] = claim_again(store, START)
    [later] = ingest(store, [a_visit(feed, [an_entry(1, id="elsewhere-1", link="")])], CONTEXT)
    assert (summary.entries, summary.new, later.new) == (2, 1, 0)


def test_an_entry_longer_than_a_book_is_cut(sqlite_store: Store) -> None:
    """One article cannot fill the archive."""
    [feed] = with_baseline(sqlite_store, CONTEXT)
    ingest(sqlite_store, [a_visit(feed, [an_entry(1, content="hostage " * 30_000)])], CONTEXT)
    assert len(articles_of(sqlite_store)[-1].article.text) == 100_000


# --- topics ----------------------------------------------------------------------------------------------------------


def test_matches_are_recorded_with_their_evidence(store: Store) -> None:
    """Which words, where, in which sentence is written down with the article, in the same transaction."""
    watch(store, TOPICS)
    [feed] = with_baseline(store, CONTEXT)

    ingest(store, [a_visit(feed, [an_entry(1), an_entry(2, about="tanker"), an_entry(3, about="weather")])], CONTEXT)

    with store.read() as tx:
        [hostages], [shipping] = tx.matches.open_for(HOSTAGES), tx.matches.open_for(SHIPPING)
        due = {state.key: state.next_due_at for state in tx.topics.all()}
    [evidence] = hostages.match.evidence
    assert dict(evidence.found) == {"hostage": 2}
    assert hostages.match.title_hit
    assert "hostage" in hostages.match.sentence
    assert shipping.match.article_id == articles_of(store)[2].article.id
    assert due[HOSTAGES] == START + timedelta(seconds=120), "told at once, after its settle time"
    assert due[SHIPPING] == START + HOUR, "the schedule decides"


def test_near_misses_are_recorded_with_their_reason(store: Store) -> None:
    """A name whose words stand too far apart is a no whose reason can be asked for later."""
    topic: Topic = replace(a_topic(), name="Hostage negotiations", query=None, level=Level.STRICT)
    context = a_context([topic])
    watch(store, [topic])
    [feed] = with_baseline(store, context)
    far = "The hostage was named in the morning. " + "Rain fell on the quiet town all day long. " * 12
    entry = an_entry(1, about="rain", summary=f"{far} The harbour negotiations went on.")

    ingest(store, [a_visit(feed, [entry])], context)

    with store.read() as tx:
        assert tx.matches.open_for(HOSTAGES) == []
        [near] = tx.matches.near_of(articles_of(store)[-1].article.id)
    assert near.reason


# --- what is remembered of the feed ----------------------------------------------------------------------------------


def test_validators_come_with_the_articles(store: Store) -> None:
    """ETag, hashes and watermark are written by the very transaction that stores the entries."""
    [feed] = claim_feeds(store)
    entries = [an_entry(1, at=START - HOUR), an_entry(2, at=START + 5 * HOUR)]

    ingest(store, [a_visit(feed, entries, etag='"a"', body=b"hash")], CONTEXT)

    state = health(store)[0].feed.state
    assert (state.etag, state.body_hash, state.entries_hash) == ('"a"', b"hash", b"hash")
    assert (state.first_polled_at, state.validators_at) == (START, START)
    assert state.watermark_at == START, "an entry dated in the future moves the watermark to now at most"


def test_an_unchanged_body_stores_nothing_and_keeps_the_memory(store: Store) -> None:
    """304, and equal bytes from a server without validators, leave the baseline, the watermark and the articles."""
    [feed] = with_baseline(store, CONTEXT)
    before = health(store)[0]
    ingest(store, [an_unchanged_visit(feed)], CONTEXT)
    [feed] = claim_again(store, START)
    same = replace(a_visit(feed, [], etag=None, body=b"body"), outcome=PollOutcome.UNCHANGED, parsed=None)
    [summary] = ingest(store, [same], CONTEXT, START + HOUR)

    after = health(store)[0]
    assert summary.outcome is PollOutcome.UNCHANGED
    assert after.feed.state.watermark_at == before.feed.state.watermark_at
    assert after.feed.state.first_polled_at == before.feed.state.first_polled_at
    assert (after.feed.state.last_ok_at, after.last_new_at) == (START, before.last_new_at)
    assert len(articles_of(store)) == 1


def test_a_failing_feed_backs_off_and_recovers(store: Store) -> None:
    """Each failure waits longer and is counted; a success forgets it. The validators survive the failures."""
    [feed] = with_baseline(store, CONTEXT)
    etag = feed.state.etag
    waits = []
    for _ in range(3):
        ingest(store, [a_failed_visit(claim_again(store, START)[0])], CONTEXT)
        waits.append(health(store)[0].next_poll_at - START)
    failing = health(store)[0]
    assert waits[0] < waits[1] < waits[2]
    assert (failing.feed.state.fail_count, failing.feed.state.failing_since) == (3, START)
    assert (failing.outcome, failing.reason, failing.status) == ("failed", "unavailable", 503)
    assert failing.feed.state.etag == etag

    ingest(store, [an_unchanged_visit(claim_again(store, START)[0])], CONTEXT)
    assert health(store)[0].feed.state.fail_count == 0
    assert health(store)[0].feed.state.failing_since is None
    assert health(store)[0].error == ""


@pytest.mark.parametrize("kind", ["retry_after", "gone"])
def test_a_server_that_asks_us_to_stay_away_is_held(store: Store, kind: str) -> None:
    """Not even `monitor once`, which visits everything, goes there before the time."""
    [feed] = with_baseline(store, CONTEXT)
    gone = Polled(feed, PollOutcome.GONE, START, fetched=Gone(feed.url))
    ingest(store, [gone if kind == "gone" else a_failed_visit(feed, retry_after_s=7200)], CONTEXT)

    with store.write() as tx:
        soon = tx.feeds.claim_due(START + HOUR, owner="once", limit=9, round_started_at=START + HOUR)
        late = tx.feeds.claim_due(START + 9 * 24 * HOUR, owner="once", limit=9, round_started_at=START + 9 * 24 * HOUR)
    assert soon == []
    assert [one.id for one in late] == [feed.id]


def test_a_window_that_rolled_over_is_noticed(store: Store) -> None:
    """When nothing shown now was known before, entries may have come and gone: counted, and said by `explain`."""
    [feed] = with_baseline(store, CONTEXT)
    ingest(store, [a_visit(feed, [an_entry(n) for n in range(3)])], CONTEXT)
    [feed] = claim_again(store, START)
    ingest(store, [a_visit(feed, [an_entry(n) for n in range(2, 5)])], CONTEXT)
    assert health(store)[0].lost_windows == 1


# --- what goes wrong -------------------------------------------------------------------------------------------------


def test_a_lease_lost_to_another_worker_leaves_the_feeds_state_alone(store: Store) -> None:
    """A worker that slept past its lease writes nothing: whoever took it over reads the same bytes."""
    [feed] = with_baseline(store, CONTEXT)
    entries = [an_entry(1), an_entry(2)]
    with store.write() as tx:
        [theirs] = tx.feeds.claim_due(START + 60 * 24 * HOUR, owner="other", limit=1)
    ingest(store, [a_visit(theirs, entries, etag='"newer"')], a_context(TOPICS, owner="other"))
    with store.write() as tx:
        tx.feeds.claim_due(START + 60 * 24 * HOUR, owner="other", limit=1)

    assert ingest(store, [a_visit(feed, [*entries, an_entry(3)], etag='"older"')], CONTEXT) == []

    assert len(articles_of(store)) == 1 + 2
    assert health(store)[0].feed.state.etag == '"newer"'
    with store.read() as tx:
        leased = tx.connection.execute(sa.text("SELECT lease_owner FROM feed")).scalar_one()
    assert leased == "other"


def test_a_feed_visited_twice_before_it_was_stored_is_stored_once(store: Store) -> None:
    """In one batch or in two, also at its very first reading, when nothing of it is known yet."""
    [feed] = claim_feeds(store)
    visit = a_visit(feed, [an_entry(1), an_entry(2)])
    again = a_visit(feed, [an_entry(1), an_entry(2), an_entry(3)], etag='"later"')

    assert [summary.new for summary in ingest(store, [visit, again], CONTEXT)] == [2]
    assert ingest(store, [again], CONTEXT) == []

    assert len(articles_of(store)) == 2


def test_one_feeds_poison_costs_no_other_feed(store: Store) -> None:
    """Text the database cannot hold fails the batch; run again feed by feed, only the guilty feed is marked."""
    feeds = with_baseline(store, CONTEXT, 3)
    before = feeds[1].state.etag
    visits = [a_visit(feed, [an_entry(n, outlet=n)], etag='"next"') for n, feed in enumerate(feeds)]
    # Put into the visit by hand, as only a parser with a fault of its own would: a lone surrogate is no UTF-8 anywhere.
    poison = an_entry(1, outlet=1, title="Mayor speaks of the hostage \ud800")
    visits[1] = a_visit(feeds[1], [poison], etag='"next"')

    summaries = ingest(store, visits, CONTEXT)

    assert [summary.outcome for summary in summaries] == [PollOutcome.NEW, PollOutcome.FAILED, PollOutcome.NEW]
    assert [stored.article.feed for stored in articles_of(store)[3:]] == ["Outlet 0", "Outlet 2"]
    good, bad, _ = health(store)
    assert (good.feed.state.etag, bad.feed.state.etag) == ('"next"', before)
    assert (bad.feed.state.fail_count, bad.reason) == (1, "unstorable")
    assert "could not be stored" in bad.error


@pytest.mark.parametrize("guilty", [{0}, {7}, {3, 4}, {0, 5, 9}])
def test_one_entrys_poison_costs_no_other_entry(
    store: Store, guilty: set[int], caplog: pytest.LogCaptureFixture
) -> None:
    """Of ten entries the sound ones go in, as news; the others are named in the log and counted in the feed's error."""
    feeds = with_baseline(store, CONTEXT, 2)
    entries = [an_entry(n, title=f"Hostage {n} {chr(0xD800) if n in guilty else 'free'}") for n in range(10)]

    summaries = ingest(store, [a_visit(feeds[0], entries, etag='"next"'), a_visit(feeds[1], [an_entry(50)])], CONTEXT)

    assert [(summary.outcome, summary.new) for summary in summaries] == [
        (PollOutcome.NEW, 10 - len(guilty)),
        (PollOutcome.NEW, 1),
    ]
    kept = [stored.article.title for stored in articles_of(store)[2:] if stored.article.feed == "Outlet 0"]
    assert sorted(kept) == [f"Hostage {n} free" for n in range(10) if n not in guilty]
    assert open_count(store) == 10 - len(guilty) + 1
    bad, good = health(store)
    assert (bad.outcome, bad.reason, bad.feed.state.etag, bad.feed.state.fail_count) == (
        "new",
        "unstorable",
        '"next"',
        0,
    )
    assert f"{len(guilty)} of 10 entries could not be stored" in bad.error
    assert good.error == ""
    dropped = [record for record in caplog.records if record.message == "entry.dropped"]
    assert [getattr(record, "fields", {})["title"] for record in dropped] == [f"Hostage {n}" for n in sorted(guilty)]


def test_a_feed_stored_in_part_is_read_as_known_next_time(sqlite_store: Store) -> None:
    """A first reading with a poisonous entry is the baseline; the same feed, mended, then brings just the one."""
    [feed] = claim_feeds(sqlite_store)
    poison = an_entry(2, title="Hostage \ud800")
    ingest(sqlite_store, [a_visit(feed, [an_entry(1), poison])], CONTEXT)
    [feed] = claim_again(sqlite_store, START)
    [summary] = ingest(sqlite_store, [a_visit(feed, [an_entry(1), an_entry(2)])], CONTEXT)
    assert (summary.new, summary.error) == (1, "")
    assert standings(sqlite_store) == ["baseline", "new"]
