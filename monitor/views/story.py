"""All of one story, as a person looks at it: who was first, which texts are their own, where it was told.

Effects: database.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from monitor.dossier import Dossier, find_dossier
from monitor.model import (
    ArticleId,
    ChannelName,
    DeliveryId,
    DigestId,
    Follow,
    Mute,
    MuteKind,
    Relation,
    Story,
    TopicKey,
)
from monitor.storage.articles import StoredArticle
from monitor.storage.headlines import likely_since
from monitor.storage.store import Store, Transaction
from monitor.storage.story_lists import Answer
from monitor.urls import publisher_of
from monitor.views.plot_story import Point
from monitor.views.stories import StoryLine, lines_of

SHOWN_MAX = 200
"""Articles shown one by one, the first of the story; the newest of a longer one are counted and not listed."""
LIKELY_MAX = 30
CANDIDATES_MAX = 5
"""Stories offered for a merge."""
QUERY_CHARS_MAX = 300
NEAR = timedelta(days=7)
"""A story that was over so long before this one began is another event."""


class Member(Struct, frozen=True):
    """An article of the story."""

    stored: StoredArticle
    publisher: str
    """Who published it: the outlet's domain, else its name."""
    came_at: datetime
    """When it was published as it says, at the latest when it was seen."""
    shape: str
    """`first`, `report`, `quiet` or `copy`."""
    behind: timedelta
    """After the first of the story."""
    topics: Mapping[TopicKey, int]
    """The topics it answers, with its score."""

    @property
    def word(self) -> str:
        """What it is, in words."""
        return WORDS[self.shape]


WORDS = {
    "first": "the first",
    "report": "own report",
    "quiet": "own report, counted and not shown",
    "copy": "copy",
}


class Race(Struct, frozen=True):
    """Who was first, and by how much."""

    first: Member
    second: Member | None
    """The first article of the next publisher; None while it is alone."""

    @property
    def ahead(self) -> timedelta | None:
        """How long nobody else had it."""
        return None if self.second is None else self.second.came_at - self.first.came_at


class StoryPage(Struct, frozen=True):
    """A story, whole."""

    dossier: Dossier
    members: tuple[Member, ...]
    """Oldest first by when they came."""
    unlisted: int
    """Kept articles that are not among them."""
    race: Race | None
    answers: tuple[Answer, ...]
    deliveries: Mapping[tuple[DigestId, ChannelName], DeliveryId]
    """The delivery of a digest on a channel; of several parts the first."""
    mutes: tuple[Mute, ...]
    follows: tuple[Follow, ...]

    @property
    def outlets(self) -> dict[ArticleId, str]:
        """Who published each article that is listed."""
        return {one.stored.article.id: one.stored.article.outlet or one.publisher for one in self.members}

    @property
    def points(self) -> list[Point]:
        """The articles as marks on a time line."""
        return [
            Point(one.publisher, one.stored.article.outlet, one.came_at, one.shape, one.stored.article.title)
            for one in self.members
        ]


def read_story(store: Store, wanted: int, now: datetime) -> StoryPage:
    """The story of this id, the one it was merged into, or that in which the article of this id stands.

    Raises MonitorError where there is none.
    """
    dossier = find_dossier(store, wanted)
    story_id, shown = dossier.outline.story.id, dossier.members[:SHOWN_MAX]
    with store.read() as tx:
        topics = tx.story_lists.topics_of_articles([one.article.id for one in shown])
        members = order_members(shown, topics)
        digests = sorted({one.digest_id for one in dossier.outline.tellings})
        return StoryPage(
            dossier=dossier,
            members=members,
            unlisted=len(dossier.members) - len(shown),
            race=find_race(members),
            answers=tuple(tx.story_lists.answers(story_id)),
            deliveries=_deliveries(tx, digests),
            mutes=tuple(
                one for one in tx.mutes.in_force(now) if one.kind is MuteKind.STORY and one.value == str(story_id)
            ),
            follows=tuple(one for one in tx.follows.all(now) if one.story_id == story_id),
        )


def order_members(
    articles: Sequence[StoredArticle], topics: Mapping[ArticleId, Mapping[TopicKey, int]]
) -> tuple[Member, ...]:
    """The articles by when they came; the first of them is the one nobody was before."""
    timed = sorted(((_came_at(one), one.article.id, one) for one in articles), key=lambda each: each[:2])
    members = []
    for place, (came_at, number, stored) in enumerate(timed):
        shape = "first" if not place else _shape(stored)
        publisher = publisher_of(stored.article.url, stored.article.outlet)
        behind = came_at - timed[0][0]
        members.append(Member(stored, publisher, came_at, shape, behind, topics.get(number, {})))
    return tuple(members)


def find_race(members: Sequence[Member]) -> Race | None:
    """Who was first among members in order; None where no article is kept."""
    if not members:
        return None
    return Race(members[0], next((one for one in members if one.publisher != members[0].publisher), None))


def find_others(store: Store, text: str, story: Story) -> list[StoryLine]:
    """Stories whose headlines hold most of these words, the likeliest first: what this one may be merged with.

    Those that a week before its first article or later brought something.
    """
    with store.read() as tx:
        first = ArticleId(tx.feed_views.first_id_since(story.created_at - NEAR))
        found = likely_since(tx, text[:QUERY_CHARS_MAX], first, limit=LIKELY_MAX)
        stories = [tx.corrections.story_of(one.id) for one in found]
        ids = [number for number in dict.fromkeys(stories) if number is not None and number != story.id]
        return lines_of(tx, ids[:CANDIDATES_MAX])


def _came_at(stored: StoredArticle) -> datetime:
    seen, said = stored.article.seen_at, stored.article.published_at
    assert seen is not None, "what is stored was seen"
    return seen if said is None else min(said, seen)


def _shape(stored: StoredArticle) -> str:
    if stored.relation is Relation.COPY:
        return "copy"
    return "quiet" if stored.quiet else "report"


def _deliveries(tx: Transaction, digests: Sequence[DigestId]) -> dict[tuple[DigestId, ChannelName], DeliveryId]:
    found: dict[tuple[DigestId, ChannelName], DeliveryId] = {}
    for one in tx.outbox.of_digests(digests):
        found.setdefault((one.delivery.digest_id, one.delivery.channel), one.delivery.id)
    return found
