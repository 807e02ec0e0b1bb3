"""Rows to begin with, in the words of the tests."""

from datetime import datetime

from msgspec.structs import replace

from monitor.model import (
    Article,
    ArticleId,
    ChannelName,
    DigestId,
    FeedId,
    FeedSpec,
    Level,
    Match,
    Relation,
    StoryId,
    TopicKey,
)
from monitor.storage.articles import StoredArticle
from monitor.storage.matches import StoredMatch
from monitor.storage.outbox import NewDelivery
from monitor.storage.store import Store
from monitor.storage.stories import StoryGrowth
from tests.fakes.clock import START

TOPIC = TopicKey("hostage-negotiations")


def some_feeds(store: Store, count: int = 3, *, now: datetime = START) -> list[FeedId]:
    """Feeds that are due at once."""
    specs = [FeedSpec(name=f"Feed {n}", url=f"https://feed{n}.example.org/rss") for n in range(count)]
    with store.write() as tx:
        tx.feeds.sync(specs, now, spread_s=1)
    with store.read() as tx:
        return [health.feed.id for health in tx.health.all()]


def an_article(article_id: int, *, feed_id: int = 1, at: datetime = START, title: str = "Talks resume") -> Article:
    """An article of a feed."""
    return Article(
        id=ArticleId(article_id),
        title=title,
        text="Mediators say talks to free the captives resume on Monday.",
        url=f"https://feed{feed_id}.example.org/{article_id}",
        feed_id=FeedId(feed_id),
        feed=f"Feed {feed_id}",
        seen_at=at,
        published_at=at,
    )


def store_articles(
    store: Store, articles: list[Article], *, story_id: int | None = None, standing: str = "new"
) -> list[StoryId]:
    """Keep articles, each opening a story of its own, or all in one."""
    stories = [StoryId(story_id if story_id is not None else article.id) for article in articles]
    with store.write() as tx:
        tx.articles.add(
            [
                StoredArticle(article, standing, content_key=article.id, story_id=story, relation=Relation.NEW)
                for article, story in zip(articles, stories, strict=True)
            ]
        )
        tx.stories.grow([StoryGrowth(story, START, 1, is_new=True) for story in sorted(set(stories))])
    return stories


def a_match(article_id: int, *, story_id: int | None = None, silent: bool = False, at: datetime = START) -> StoredMatch:
    """An article that answers the topic."""
    match = Match(TOPIC, ArticleId(article_id), score=61, level=Level.BALANCED, evidence=())
    return StoredMatch(match, StoryId(story_id if story_id is not None else article_id), at, silent)


def a_delivery(
    number: int = 1, *, digest_id: int = 1, channel: str = "desk", part: int = 1, **changes: object
) -> NewDelivery:
    """A delivery as a closing digest makes it."""
    delivery = NewDelivery(
        digest_id=DigestId(digest_id),
        topic=TOPIC,
        channel=ChannelName(channel),
        key=f"digest-{digest_id}-{channel}-{part}-{number}",
        part=part,
        stories=2,
        payload="{}",
    )
    return replace(delivery, **changes)  # the tests name real fields
