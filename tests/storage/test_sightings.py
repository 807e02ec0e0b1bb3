"""Sightings: when a feed showed an article again and by which name, written seldom. On SQLite and on PostgreSQL."""

from datetime import datetime, timedelta

from monitor.model import ArticleId, FeedId
from monitor.storage.sightings import RENEWED_AFTER, Seen
from monitor.storage.store import Store
from monitor.stories.identity import AliasKind
from tests.fakes.clock import START

HOUR = timedelta(hours=1)
BY_ID = Seen(ArticleId(1), FeedId(7), AliasKind.GUID)


def note(store: Store, at: datetime, *seen: Seen) -> int:
    """Write these down; how many rows it took."""
    with store.write() as tx:
        return tx.sightings.note(seen, at)


def test_a_sighting_is_written_when_it_is_new_and_once_a_day(store: Store) -> None:
    """Each article, feed and name has one row, which is written again after a day and no sooner."""
    assert note(store, START, BY_ID, BY_ID) == 1
    assert note(store, START + HOUR, BY_ID) == 0
    assert note(store, START + HOUR, BY_ID, Seen(ArticleId(1), FeedId(7), AliasKind.URL)) == 1
    assert note(store, START + RENEWED_AFTER, BY_ID) == 1
    with store.read() as tx:
        found = tx.sightings.of_article(ArticleId(1))
    assert [(one.kind, one.first_at, one.last_at) for one in found] == [
        (AliasKind.GUID, START, START + RENEWED_AFTER),
        (AliasKind.URL, START + HOUR, START + HOUR),
    ]


def test_a_time_from_a_wrong_clock_is_put_right(store: Store) -> None:
    """A row of a year ahead would otherwise stand still for a year."""
    note(store, START + timedelta(days=365), BY_ID)
    assert note(store, START, BY_ID) == 1
    with store.read() as tx:
        assert tx.sightings.of_article(ArticleId(1))[0].last_at == START


def test_sightings_go_with_their_articles(store: Store) -> None:
    """Those of other articles stay."""
    other = Seen(ArticleId(2), FeedId(7), AliasKind.GUID)
    note(store, START, BY_ID, other)
    with store.write() as tx:
        tx.sightings.forget([ArticleId(1)])
        assert tx.sightings.of_article(ArticleId(1)) == []
        assert len(tx.sightings.of_article(ArticleId(2))) == 1
