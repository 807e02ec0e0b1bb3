"""The whole way of one article, as the pipeline recorded it: polled, stored, grouped, matched, told; why and why not.

Effects: database.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from monitor.feeds.fulltext import complete
from monitor.model import ArticleId, Entry, Match, NoMatch, Story, TopicMark
from monitor.pipeline.meanings import learn_background
from monitor.storage.articles import StoredArticle
from monitor.storage.corrections import StoryChange
from monitor.storage.digests import HeldRecord, SentRecord, StoredDigest
from monitor.storage.health import FeedHealth, PollVisit
from monitor.storage.matches import StoredMatch, StoredNearMiss
from monitor.storage.outbox import StoredDelivery
from monitor.storage.pages import StoredPage
from monitor.storage.second_looks import StoredLook
from monitor.storage.store import Store, Transaction
from monitor.storage.topics import TopicState
from monitor.stories.identity import AliasKind, entry_keys
from monitor.topics.match import CompiledWatchlist, judge_article
from monitor.topics.nearness import Meanings, Nearness, unpack_vector
from monitor.urls import host_of


@dataclass(frozen=True, slots=True)
class Trail:
    """Everything known of one article."""

    stored: StoredArticle
    feed: FeedHealth | None
    page: StoredPage | None
    """The page its link leads to, where that was wanted."""
    visits: tuple[PollVisit, ...]
    """The visit to its feed that brought it, then the latest recorded ones, oldest first."""
    story: Story | None
    original: StoredArticle | None
    """The article it is a copy or a report of."""
    matches: tuple[StoredMatch, ...]
    near: tuple[StoredNearMiss, ...]
    verdicts: tuple[Match | NoMatch, ...]
    """What today's watchlist says of it, topic by topic."""
    digests: tuple[StoredDigest, ...]
    """The digests that took its matches."""
    tellings: tuple[SentRecord, ...]
    """Every telling of its story, on every channel."""
    held: tuple[HeldRecord, ...]
    deliveries: tuple[StoredDelivery, ...]
    topics: tuple[TopicState, ...]
    marks: tuple[TopicMark, ...]
    """What readers said of it."""
    changes: tuple[StoryChange, ...] = ()
    """What a person changed in its story, or took it out of; oldest first."""
    look: StoredLook | None = None
    """The second looks at its page, where it led what was told at once."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """What can be said of an address that is not in the archive: the feeds of its host, and when they were read."""

    wanted: str
    host: str
    feeds: tuple[FeedHealth, ...]
    swept: bool
    """An article stood under this address, but its text is past the retention."""


def find_trail(
    store: Store, wanted: str, watchlist: CompiledWatchlist, load: Callable[[], Meanings] | None = None
) -> Trail | Unknown:
    """The trail of the article with this id or address. Several under one address: the one first seen.

    With `load` its verdicts take its meaning into account, where a model has read it.
    """
    with store.read() as tx:
        ids = find_ids(tx, wanted)
        found = tx.articles.by_ids(ids)
        if found:
            return _read(tx, found[min(found)], watchlist, load)
        host = host_of(wanted)
        feeds = tuple(feed for feed in tx.health.all() if host and _same_site(host_of(feed.feed.url), host))
        return Unknown(wanted, host, feeds, swept=bool(ids) and not wanted.isdigit())


def find_ids(tx: Transaction, wanted: str) -> list[ArticleId]:
    """The articles that an id or an address names, swept ones among them, oldest first."""
    if wanted.isdigit():
        return [ArticleId(int(wanted))]
    key = entry_keys(Entry(id="", title="", link=wanted)).get(AliasKind.URL)
    return tx.articles.with_url_key(key) if key is not None else []


def _same_site(one: str, other: str) -> bool:
    return one == other or one.endswith("." + other) or other.endswith("." + one)


def _read(
    tx: Transaction, stored: StoredArticle, watchlist: CompiledWatchlist, load: Callable[[], Meanings] | None
) -> Trail:
    article = stored.article
    health = [feed for feed in tx.health.all() if feed.feed.id == article.feed_id]
    matches = tx.matches.of_article(article.id)
    page = tx.pages.of_article(article.id)
    completed = replace(article, text=complete(article.text, page.text)) if page is not None and page.text else article
    digest_ids = sorted({match.digest_id for match in matches if match.digest_id is not None})
    tellings = tx.digests.tellings_of(stored.story_id)
    original = tx.articles.by_ids([stored.copy_of]).get(stored.copy_of) if stored.copy_of is not None else None
    return Trail(
        stored=stored,
        feed=health[0] if health else None,
        page=page,
        visits=tuple(tx.health.visits_around(article.feed_id, article.seen_at)),
        story=tx.stories.get(stored.story_id),
        original=original,
        matches=tuple(matches),
        near=tuple(tx.matches.near_of(article.id)),
        verdicts=tuple(judge_article(watchlist, completed, _nearness(tx, article.id, load))),
        digests=tuple(tx.digests.by_ids(digest_ids).values()),
        tellings=tuple(tellings),
        held=tuple(tx.digests.held_of(stored.story_id)),
        deliveries=tuple(tx.outbox.of_digests(sorted({telling.digest_id for telling in tellings} | set(digest_ids)))),
        topics=tuple(tx.topics.all()),
        marks=tuple(tx.marks.of_article(article.id)),
        changes=tuple(tx.corrections.of_stories([stored.story_id, *tx.corrections.merged_into(stored.story_id)])),
        look=tx.second_looks.of_article(article.id),
    )


def _nearness(tx: Transaction, article_id: ArticleId, load: Callable[[], Meanings] | None) -> Nearness | None:
    if load is None or not tx.vectors.has(article_id):
        return None
    meanings = load()
    packed = tx.vectors.of_article(meanings.model, article_id)
    if packed is None:
        return None
    learn_background(tx, meanings)
    return meanings.nearness(unpack_vector(packed))
