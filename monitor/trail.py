"""The whole way of one article, as the pipeline recorded it: polled, stored, grouped, matched, told; why and why not.

Effects: database.
"""

from collections.abc import Callable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from monitor.feeds.fulltext import complete
from monitor.missing import Missing, find_missing, looks_like_address
from monitor.model import ArticleId, ChannelName, Match, NoMatch, Story, TopicMark
from monitor.pipeline.background import learn_background
from monitor.pipeline.by_address import find_ids
from monitor.storage.articles import StoredArticle
from monitor.storage.corrections import StoryChange
from monitor.storage.digests import HeldRecord, SentRecord, StoredDigest
from monitor.storage.headlines import Likely, likely, with_headline
from monitor.storage.health import FeedHealth, PollVisit
from monitor.storage.holds import Hold
from monitor.storage.matches import StoredMatch, StoredNearMiss
from monitor.storage.outbox import StoredDelivery
from monitor.storage.pages import StoredPage
from monitor.storage.second_looks import StoredLook
from monitor.storage.sightings import Sighting
from monitor.storage.store import Store, Transaction
from monitor.storage.topics import TopicState
from monitor.storage.waits import Wait
from monitor.stories.identity import AliasKind
from monitor.topics.match import CompiledWatchlist, judge_article
from monitor.topics.nearness import Meanings, Nearness, unpack_vector

LIKELY_MAX = 10
"""Articles listed where a headline may mean several."""
ELSEWHERE_MAX = 20
"""Other showings of an article that are told: a wire text stands in hundreds of feeds."""


class Trail(Struct, frozen=True):
    """Everything known of one article."""

    stored: StoredArticle
    feed: FeedHealth | None
    page: StoredPage | None
    """The page its link leads to, where that was wanted."""
    visits: tuple[PollVisit, ...]
    """The visit to its feed that brought it, then the latest recorded ones, oldest first."""
    names: tuple[AliasKind, ...]
    """By what its feed knows it."""
    sightings: tuple[Sighting, ...]
    """When its feed showed it again, by each name it was known by then."""
    elsewhere: tuple[StoredArticle, ...]
    """The same page by other feeds, and other copies of its text, oldest first; without their texts."""
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
    leads: Mapping[ArticleId, str]
    """The titles of the articles that led those tellings."""
    held: tuple[HeldRecord, ...]
    waits: tuple[Wait, ...]
    """Why its story last waited before a digest could decide."""
    holds: Mapping[ChannelName, Hold]
    """The channels that take nothing now."""
    deliveries: tuple[StoredDelivery, ...]
    topics: tuple[TopicState, ...]
    marks: tuple[TopicMark, ...]
    """What readers said of it."""
    changes: tuple[StoryChange, ...] = ()
    """What a person changed in its story, or took it out of; oldest first."""
    look: StoredLook | None = None
    """The second looks at its page, where it led what was told at once."""


class Several(Struct, frozen=True):
    """A headline that is none of ours, or that of several: those that may be meant, the likeliest first."""

    wanted: str
    likely: tuple[Likely, ...]


def find_trail(
    store: Store, wanted: str, watchlist: CompiledWatchlist, load: Callable[[], Meanings] | None = None
) -> Trail | Several | Missing:
    """The trail of the article with this id, address or headline. Several under one address: the one first seen.

    With `load` its verdicts take its meaning into account, where a model has read it.
    """
    with store.read() as tx:
        is_headline = not wanted.isdecimal() and not looks_like_address(wanted)
        ids = with_headline(tx, wanted) if is_headline else find_ids(tx, wanted)
        found = tx.articles.by_ids(ids)
        if found and (not is_headline or _is_one_story(found)):
            return _read(tx, found[min(found)], watchlist, load)
        if found:
            exact = sorted(found.values(), key=lambda stored: stored.article.id, reverse=True)[:LIKELY_MAX]
            return Several(wanted, tuple(map(_as_likely, exact)))
        if is_headline:
            guesses = tuple(likely(tx, wanted, limit=LIKELY_MAX))
            if guesses:
                return Several(wanted, guesses)
        return find_missing(tx, wanted, swept=bool(ids) and not wanted.isdecimal())


def _is_one_story(found: Mapping[ArticleId, StoredArticle]) -> bool:
    return len({stored.story_id for stored in found.values()}) == 1


def _as_likely(stored: StoredArticle) -> Likely:
    article = stored.article
    return Likely(article.id, article.title, article.url, article.outlet, article.seen_at, 1.0)


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
    leads = sorted({telling.article_id for telling in tellings})
    original = tx.articles.by_ids([stored.copy_of]).get(stored.copy_of) if stored.copy_of is not None else None
    return Trail(
        stored=stored,
        feed=health[0] if health else None,
        page=page,
        visits=tuple(tx.health.visits_around(article.feed_id, article.seen_at)),
        names=tuple(tx.articles.names_of(stored)),
        sightings=tuple(tx.sightings.of_article(article.id)),
        elsewhere=_elsewhere(tx, stored),
        story=tx.stories.get(stored.story_id),
        original=original,
        matches=tuple(matches),
        near=tuple(tx.matches.near_of(article.id)),
        verdicts=tuple(judge_article(watchlist, completed, _nearness(tx, article.id, load))),
        digests=tuple(tx.digests.by_ids(digest_ids).values()),
        tellings=tuple(tellings),
        leads=tx.articles.titles(leads),
        held=tuple(tx.digests.held_of(stored.story_id)),
        waits=tuple(tx.waits.of_story(stored.story_id)),
        holds={hold.channel: hold for hold in tx.holds.all()},
        deliveries=tuple(tx.outbox.of_digests(sorted({telling.digest_id for telling in tellings} | set(digest_ids)))),
        topics=tuple(tx.topics.all()),
        marks=tuple(tx.marks.of_article(article.id)),
        changes=tuple(tx.corrections.of_stories([stored.story_id, *tx.corrections.merged_into(stored.story_id)])),
        look=tx.second_looks.of_article(article.id),
    )


def _elsewhere(tx: Transaction, stored: StoredArticle) -> tuple[StoredArticle, ...]:
    same_page = set(find_ids(tx, stored.article.url)) if stored.article.url else set[ArticleId]()
    members = tx.story_views.members([stored.story_id]).get(stored.story_id, [])
    known = {one.article.id: one for one in members if one.text_id == stored.text_id or one.article.id in same_page}
    known |= tx.articles.by_ids(same_page - known.keys())
    known.pop(stored.article.id, None)
    return tuple(known[number] for number in sorted(known)[:ELSEWHERE_MAX])


def _nearness(tx: Transaction, article_id: ArticleId, load: Callable[[], Meanings] | None) -> Nearness | None:
    if load is None or not tx.vectors.has(article_id):
        return None
    meanings = load()
    packed = tx.vectors.of_article(meanings.model, article_id)
    if packed is None:
        return None
    learn_background(tx, meanings)
    return meanings.nearness(unpack_vector(packed))
