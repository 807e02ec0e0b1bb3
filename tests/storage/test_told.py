"""What a topic told, the latest stories first, over all channels."""

from datetime import datetime, timedelta

from monitor.model import ToldStory, TopicKey
from monitor.storage.digests import SPLIT_REASON
from monitor.storage.store import Store
from monitor.storage.tables import SENT_LOG
from monitor.storage.told import TOLD_MAX
from tests.fakes.clock import START
from tests.storage.given import TOPIC, an_article, some_feeds, store_articles


def tell(
    store: Store,
    story_id: int,
    at: datetime,
    *,
    channel: str = "desk",
    telling: int = 0,
    article: int | None = None,
    topic: str = TOPIC,
    publishers: int = 1,
    reason: str = "new",
) -> None:
    """A line of the sent log."""
    row = {
        "channel": channel,
        "story_id": story_id,
        "telling": telling,
        "article_id": story_id if article is None else article,
        "digest_id": 1,
        "topic": topic,
        "told_at": at,
        "reason": reason,
        "article_count": publishers + 1,
        "publisher_count": publishers,
        "independent_count": 1,
    }
    with store.write() as tx:
        tx.connection.execute(SENT_LOG.insert(), [row])


def latest(store: Store, topic: str = TOPIC) -> list[ToldStory]:
    """What the feed would hold."""
    with store.read() as tx:
        return tx.told.latest(TopicKey(topic))


def test_a_story_is_there_once_with_its_latest_telling(store: Store) -> None:
    """Told to two channels and told on: one entry, first and last time, the latest title, the most publishers."""
    some_feeds(store)
    store_articles(store, [an_article(1, title="Talks resume"), an_article(2, title="Talks end")], story_id=1)
    store_articles(store, [an_article(3, title="Ferry leaves")])
    tell(store, 1, START)
    tell(store, 1, START + timedelta(minutes=1), channel="morning")
    tell(store, 3, START + timedelta(hours=1))
    tell(store, 1, START + timedelta(hours=2), telling=1, article=2, publishers=5)

    first, second = latest(store)

    assert (first.story_id, first.title, second.story_id) == (1, "Talks end", 3)
    assert (first.told_at, first.updated_at) == (START, START + timedelta(hours=2))
    assert (first.publisher_count, first.article_count, first.outlet) == (5, 6, "Feed 0")
    assert first.url == "https://feed1.example.org/2"


def test_what_was_no_message_is_not_told(store: Store) -> None:
    """Another topic's tellings, a split's copies and swept articles are not in it."""
    some_feeds(store)
    store_articles(store, [an_article(1), an_article(2)])
    tell(store, 1, START, topic="ferries")
    tell(store, 2, START, reason=f"{SPLIT_REASON} 1")
    tell(store, 99, START)
    assert latest(store) == []
    assert [one.story_id for one in latest(store, "ferries")] == [1]


def test_only_so_many_are_there(store: Store) -> None:
    """The newest."""
    some_feeds(store)
    store_articles(store, [an_article(number) for number in range(1, TOLD_MAX + 6)])
    for number in range(1, TOLD_MAX + 6):
        tell(store, number, START + timedelta(minutes=number))
    found = latest(store)
    assert len(found) == TOLD_MAX
    assert found[0].story_id == TOLD_MAX + 5
