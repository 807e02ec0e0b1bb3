"""Every gate that says no leaves its reason, bounded, and the sweep takes it away. On both databases."""

from datetime import time, timedelta

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from monitor.model import ArticleId, NoMatch, QuietHours, StoryId, TopicKey
from monitor.pipeline.sweep import Retention, sweep
from monitor.storage import matches
from monitor.storage.store import Store
from tests.fakes.clock import START
from tests.pipeline.given import (
    HOSTAGES,
    a_context,
    a_topic,
    a_visit,
    an_entry,
    articles_of,
    claim_again,
    digest_context,
    ingest,
    with_baseline,
)
from tests.pipeline.test_channel_rules import Newsroom, a_newsroom, a_now_topic
from tests.storage.given import an_article, store_articles

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def waits_of(room: Newsroom, number: int) -> list[tuple[str, str]]:
    """Why the story of the article that came as that one, counted from 0, waits."""
    story = articles_of(room.store)[number].story_id
    with room.store.read() as tx:
        return [(wait.gate, wait.reason) for wait in tx.waits.of_story(story)]


def notes_of(store: Store) -> list[str]:
    """What is noted of the visits that were recorded, oldest first."""
    with store.read() as tx:
        [feed] = tx.health.all()
        return [visit.note for visit in tx.health.visits_around(feed.feed.id, None, latest=10)]


# --- what waits ------------------------------------------------------------------------------------------------------


def test_quiet_hours_say_that_they_hold_a_story(store: Store) -> None:
    """Until when, for which topic; what it said stays when the story is told."""
    room = a_newsroom(store, a_topic(quiet_hours=QuietHours(time(9, 30), time(12, 30))))
    room.read(an_entry(1))
    room.close(START + HOUR)
    reason = ("quiet", 'topic "hostages": quiet hours until 2026-03-14 12:30 UTC')
    assert waits_of(room, 1) == [reason]
    assert waits_of(room, 0) == []
    room.close(START + timedelta(hours=3, minutes=30))
    assert len(room.channel.kept) == 1
    assert waits_of(room, 1) == [reason]


def test_a_full_hour_says_that_it_holds_a_story(store: Store) -> None:
    """From when there is room, for what is told at once."""
    room = a_newsroom(store, a_now_topic())
    room.per_hour_max = 1
    for minute in (0, 10):
        room.read(an_entry(minute + 1), now=START + minute * MINUTE)
        room.close(START + minute * MINUTE)
    words = 'topic "hostages": a channel had as many messages as it takes in an hour; room from 2026-03-14 10:00 UTC'
    assert waits_of(room, 2) == [("room", words)]
    assert waits_of(room, 1) == []


def test_a_channel_that_is_not_there_leaves_a_reason(store: Store) -> None:
    """The digest took the matches all the same, so the reason must stand somewhere."""
    room = a_newsroom(store, a_topic(channels=("desk", "gone")))
    room.read(an_entry(1))
    room.close(START + HOUR)
    assert room.held(articles_of(store)[1].story_id) == ["the channel was not there when the digest closed"]


def test_reasons_go_with_what_they_are_of(store: Store) -> None:
    """Waits with the story's articles, what digests held back with the retention."""
    quiet = a_topic(channels=("desk", "gone"), quiet_hours=QuietHours(time(9, 30), time(12, 30)))
    room = a_newsroom(store, quiet)
    room.read(an_entry(1))
    room.close(START + HOUR)
    room.close(START + 4 * HOUR)
    sweep(store, Retention(articles_days=1), START + 3 * DAY)
    with store.read() as tx:
        assert tx.connection.execute(sa.text("SELECT count(*) FROM held_back")).scalar_one() == 0


# --- visits ----------------------------------------------------------------------------------------------------------


def test_a_visit_says_what_was_odd_about_it(store: Store) -> None:
    """A first reading, a window that rolled over, and old entries that came all at once."""
    context = a_context([a_topic()])
    [feed] = with_baseline(store, context)
    ingest(store, [a_visit(feed, [an_entry(n) for n in range(1, 5)])], context)
    at = START + HOUR
    old = [an_entry(n, at=START - 30 * DAY) for n in range(10, 30)]
    ingest(store, [a_visit(claim_again(store, at)[0], [an_entry(4), *old], now=at)], context, at)
    first, rolled, dumped = notes_of(store)
    assert first == "the feed's first reading"
    assert rolled.startswith("its window rolled over since the visit before: about ")
    assert dumped == "the feed listed many old entries at once"


def test_a_held_feed_says_so_at_each_visit_that_brought_something(store: Store) -> None:
    """Why it is held, when that was; and the feed's own row has no error by it."""
    context = a_context([a_topic()])
    [feed] = with_baseline(store, context)
    ingest(store, [a_visit(feed, [an_entry(1)])], context)
    at = START + HOUR
    visit = a_visit(claim_again(store, at)[0], [an_entry(n, outlet=5) for n in range(30, 35)], now=at)
    assert visit.parsed is not None
    other = replace(visit.parsed, title="Casino bonuses", link="https://casino.example/")
    ingest(store, [replace(visit, parsed=other)], context, at)
    assert notes_of(store)[-1].startswith("held, none of it is told: ")
    with store.read() as tx:
        [health] = tx.health.all()
    assert (health.error, health.reason) == ("", "")


# --- near misses -----------------------------------------------------------------------------------------------------


def near(store: Store, article: int) -> list[tuple[str, int]]:
    """The near misses of an article."""
    with store.read() as tx:
        return [(miss.topic, miss.score) for miss in tx.matches.near_of(ArticleId(article))]


def test_near_misses_are_bounded_for_an_article(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that came nearest stay."""
    monkeypatch.setattr(matches, "NEAR_PER_ARTICLE_MAX", 2)
    misses = [NoMatch(TopicKey(f"t{n}"), ArticleId(1), n, "why", near=True) for n in range(5)]
    with store.write() as tx:
        tx.matches.record_near(misses, START)
    assert near(store, 1) == [("t3", 3), ("t4", 4)]


def test_near_misses_are_bounded_for_a_topic_and_day(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next day has room again; other topics have their own."""
    monkeypatch.setattr(matches, "NEAR_PER_TOPIC_MAX", 2)
    store_articles(store, [an_article(n, at=START + (n // 5) * DAY) for n in range(1, 8)])

    def miss(article: int, topic: str = HOSTAGES) -> NoMatch:
        return NoMatch(TopicKey(topic), ArticleId(article), article, "why", near=True)

    for article in (1, 2, 3):
        with store.write() as tx:
            tx.matches.record_near([miss(article), miss(article, "other")][: 1 + (article == 3)], START)
    for article in (5, 6, 7):
        with store.write() as tx:
            tx.matches.record_near([miss(article)], START + DAY)
    assert [len(near(store, article)) for article in range(1, 8)] == [1, 1, 1, 0, 1, 1, 0]
    assert near(store, 3) == [("other", 3)]


def test_near_misses_go_after_a_month(store: Store) -> None:
    """The article stays: what today's watchlist says of it can be asked."""
    store_articles(store, [an_article(1)])
    with store.write() as tx:
        tx.matches.record_near([NoMatch(HOSTAGES, ArticleId(1), 1, "why", near=True)], START)
    sweep(store, Retention(), START + 29 * DAY)
    assert len(near(store, 1)) == 1
    sweep(store, Retention(), START + 31 * DAY)
    assert near(store, 1) == []
    with store.read() as tx:
        assert tx.articles.count() == 1


def test_a_wait_that_says_the_same_is_not_written_again(store: Store) -> None:
    """A look comes every few seconds. One that says something else stands in place of the first."""
    room = a_newsroom(store, a_topic(schedule="now", settle_s=0))
    room.read(an_entry(1))
    context = digest_context(room.topics, *room.channels)
    with store.write() as tx:
        for reason in ("one", "one", "another"):
            tx.waits.note(HOSTAGES, context.channels, reason, "room")
    story = StoryId(articles_of(store)[1].story_id)
    with store.read() as tx:
        assert [wait.reason for wait in tx.waits.of_story(story)] == ['topic "hostages": another']
