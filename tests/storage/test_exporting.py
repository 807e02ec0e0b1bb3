"""Matches as they are exported: whole, in order, a portion at a time. On SQLite and on PostgreSQL."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from msgspec.structs import replace

from monitor.digests.compose import Telling
from monitor.model import ArticleId, ChannelName, DigestKind, Level, Match, StoryId, TopicKey, TopicMark, Verdict
from monitor.storage import exporting
from monitor.storage.exporting import ExportedMatch, export_matches
from monitor.storage.matches import StoredMatch
from monitor.storage.store import Store
from tests.fakes.clock import START
from tests.storage.given import an_article, some_feeds, store_articles

A, B = TopicKey("a"), TopicKey("b")
DAY = timedelta(days=1)


def answer(store: Store, pairs: list[tuple[int, TopicKey]]) -> None:
    """These articles answer these topics, each on the day of its number."""
    with store.write() as tx:
        tx.matches.record(
            [
                StoredMatch(Match(topic, ArticleId(n), 60 + n, Level.BALANCED, ()), StoryId(n), START + n * DAY, False)
                for n, topic in pairs
            ]
        )


def keys(found: Iterator[ExportedMatch]) -> list[tuple[int, str]]:
    """Which matches came, in order."""
    return [(one.match.article_id, one.match.topic) for one in found]


@pytest.mark.parametrize("portion", [1, 2, 3, 500])
def test_every_match_comes_once_whatever_the_portion(
    store: Store, monkeypatch: pytest.MonkeyPatch, portion: int
) -> None:
    """In the order the articles came, then by topic; an article's matches are never cut in two."""
    monkeypatch.setattr(exporting, "PORTION", portion)
    store_articles(store, [an_article(n) for n in range(1, 5)])
    pairs = [(1, A), (1, B), (2, B), (3, A), (3, B), (4, A)]
    answer(store, list(reversed(pairs)))
    assert keys(export_matches(store)) == pairs
    assert keys(export_matches(store, topics=[A])) == [(1, A), (3, A), (4, A)]
    assert keys(export_matches(store, since=START + 3 * DAY)) == [(3, A), (3, B), (4, A)]


def test_what_is_read_is_bounded_by_the_portion(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next portion is read when the one before was taken, and between two no transaction is open."""
    monkeypatch.setattr(exporting, "PORTION", 2)
    store_articles(store, [an_article(n) for n in range(1, 8)])
    answer(store, [(n, A) for n in range(1, 5)])
    found = export_matches(store)
    assert next(found).match.article_id == 1
    answer(store, [(n, A) for n in range(5, 8)])
    assert [article for article, _ in keys(found)] == [2, 3, 4, 5, 6, 7]


def test_where_it_was_told_and_how_it_was_marked_come_with_it(store: Store) -> None:
    """Tellings of its story on every channel, oldest first, the updates as such; what a split copied is no telling."""
    feeds = some_feeds(store, 1)
    store_articles(store, [replace(an_article(n), feed_id=feeds[0], source="") for n in (1, 2)], story_id=1)
    store_articles(store, [an_article(3)])
    answer(store, [(1, A), (2, A), (3, A)])
    first = Telling(StoryId(1), 0, ArticleId(1), "first telling", 1, 1, 1)
    update = Telling(StoryId(1), 1, ArticleId(2), "update: a new number", 2, 2, 1)
    copied = Telling(StoryId(3), 0, ArticleId(3), "split from story 1", 1, 1, 1)
    with store.write() as tx:
        ids = []
        for hour in (1, 2):
            at = START + timedelta(hours=hour)
            ids.append(tx.digests.close(A, str(hour), DigestKind.SCHEDULED, window_start=START, window_end=at, now=at))
        assert ids[0] is not None
        assert ids[1] is not None
        tx.digests.log_told(ChannelName("desk"), ids[0], A, [first], START + timedelta(hours=1))
        tx.digests.log_told(ChannelName("desk"), ids[1], A, [update, copied], START + timedelta(hours=2))
        tx.marks.put(TopicMark(A, ArticleId(2), Verdict.USEFUL, START, "anna"))
    one, two, three = export_matches(store)
    assert [(told.channel, told.is_update) for told in one.told] == [("desk", False), ("desk", True)]
    assert two.told == one.told
    assert three.told == ()
    assert [(mark.verdict, mark.by) for mark in two.marks] == [(Verdict.USEFUL, "anna")]
    assert one.marks == ()
    assert (one.feed, one.outlet, one.story_id) == ("Feed 0", "Feed 0", 1)
