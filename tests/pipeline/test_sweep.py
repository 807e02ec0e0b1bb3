"""Retention: texts go, what was seen and told stays known."""

from datetime import timedelta

import sqlalchemy as sa

from monitor.model import ChannelName, DigestKind, StoryId
from monitor.outbox.deliver import Sender, SendRules
from monitor.pipeline.digest import close_due
from monitor.pipeline.pace import Pace
from monitor.pipeline.sweep import Retention, Swept, sweep
from monitor.storage.store import Store
from tests.fakes.channel import RecordingChannel
from tests.fakes.clock import START, FakeClock
from tests.pipeline.given import (
    HOSTAGES,
    a_context,
    a_failed_visit,
    a_topic,
    a_visit,
    an_entry,
    articles_of,
    claim_again,
    digest_context,
    ingest,
    told_stories,
    watch,
    with_baseline,
)
from tests.storage.given import an_article, store_articles

DAY = timedelta(days=1)


def test_what_is_past_the_retention_goes_and_stays_known(store: Store) -> None:
    """Articles, matches, visits and payloads go; the entry is never news again and its story never told again."""
    topic = a_topic()
    context = a_context([topic])
    watch(store, [topic])
    [feed] = with_baseline(store, context)
    ingest(store, [a_visit(feed, [an_entry(1)])], context)
    ingest(store, [a_failed_visit(claim_again(store, START)[0])], context)
    clock = FakeClock(START + timedelta(hours=1))
    close_due(store, digest_context([topic], RecordingChannel()), clock.now())
    Sender(store, clock, owner="me", jitter=lambda: 0.0).deliver_due(RecordingChannel(), SendRules())
    told = told_stories(store)

    swept = sweep(store, Retention(articles_days=30, polls_days=14), START + 31 * DAY)

    assert swept == Swept(articles=2, visits=3, payloads=1)
    assert articles_of(store) == []
    with store.read() as tx:
        assert tx.matches.latest(HOSTAGES, START - DAY) == []
        [delivery] = tx.outbox.listed(everything=True)
        assert tx.digests.told(ChannelName("desk"), [StoryId(told[0])]) != {}
    assert (delivery.delivery.payload, delivery.delivery.receipt is not None) == ("", True)
    now = START + 31 * DAY
    [summary] = ingest(store, [a_visit(claim_again(store, now)[0], [an_entry(1)])], context, now)
    assert summary.new == 0


def test_what_is_young_or_still_to_be_sent_stays(store: Store) -> None:
    """A sweep takes nothing within the retention, and no payload that waits, however old it is."""
    topic = a_topic()
    context = a_context([topic])
    watch(store, [topic])
    [feed] = with_baseline(store, context)
    ingest(store, [a_visit(feed, [an_entry(1)])], context)
    [closed] = close_due(store, digest_context([topic], RecordingChannel()), START + timedelta(hours=1))
    assert closed.kind is DigestKind.SCHEDULED

    assert sweep(store, Retention(30, 14), START + 2 * DAY) == Swept(0, 0, 0)
    assert sweep(store, Retention(30, 14), START + 90 * DAY).payloads == 0

    with store.read() as tx:
        [delivery] = tx.outbox.listed()
    assert delivery.delivery.payload != ""


def test_a_long_archive_is_swept_in_portions(sqlite_store: Store) -> None:
    """More than one transaction's worth goes in one sweep."""
    store_articles(sqlite_store, [an_article(n) for n in range(1, 208)])
    pace = Pace(rest=lambda _s: None)
    assert sweep(sqlite_store, Retention(), START + 91 * DAY, pace).articles == 207
    assert articles_of(sqlite_store) == []


def prints_of(store: Store) -> list[int]:
    """The articles that can be compared, each with as many keys as it has."""
    question = "SELECT p.article_id FROM story_print p JOIN print_key k ON k.article_id = p.article_id GROUP BY 1"
    with store.read() as tx:
        return sorted(tx.connection.execute(sa.text(question)).scalars())


def test_what_is_compared_goes_after_a_month(store: Store) -> None:
    """Prints and their keys go long before the articles; nothing of them is left behind."""
    context = a_context([a_topic()])
    [feed] = with_baseline(store, context)
    ingest(store, [a_visit(feed, [an_entry(1)])], context)
    later = START + 25 * DAY
    [feed] = claim_again(store, later)
    ingest(store, [a_visit(feed, [an_entry(2, at=later)], now=later)], context, later)
    newest = articles_of(store)[-1].article.id
    sweep(store, Retention(), START + 31 * DAY)
    assert prints_of(store) == [newest]
    assert len(articles_of(store)) == 3
    with store.read() as tx:
        assert tx.connection.execute(sa.text("SELECT DISTINCT article_id FROM print_key")).scalars().all() == [newest]


def test_a_clock_that_stood_back_loses_no_prints(store: Store) -> None:
    """What came before an hour of a wrong clock is compared as long as it would have been; only that hour looks old."""
    context = a_context([a_topic()])
    [feed] = with_baseline(store, context)
    ingest(store, [a_visit(feed, [an_entry(1)])], context)
    back = START - 400 * DAY
    [feed] = claim_again(store, START)
    ingest(store, [a_visit(feed, [an_entry(2)], now=back)], context, back)
    first, second, _ = [stored.article.id for stored in articles_of(store)]
    sweep(store, Retention(articles_days=1000), START + DAY)
    assert prints_of(store) == [first, second]
