"""All that is known of a story: its articles and how each came into it, who was told, what a person changed.

Effects: database.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from monitor.digests.things import count_article, counts_of
from monitor.errors import MonitorError
from monitor.model import ArticleId, ChannelName, DeliveryState, DigestId, Story, StoryId, TopicKey
from monitor.storage.articles import StoredArticle
from monitor.storage.corrections import StoryChange
from monitor.storage.digests import HeldRecord, SentRecord
from monitor.storage.store import Store, Transaction


class StoryMissing(MonitorError):
    """There is no story or article of this number."""


class Outline(Struct, frozen=True):
    """A story in a line or two."""

    story: Story
    title: str
    """Of its first article that is kept; empty where none is."""
    url: str
    publishers: int
    independent: int
    """Independent texts: those of different origin, the agency where one is credited, else the publisher."""
    topics: dict[TopicKey, int]
    """How many of its articles answer which topic."""
    tellings: tuple[SentRecord, ...]


class Dossier(Struct, frozen=True):
    """A story, whole."""

    outline: Outline
    members: tuple[StoredArticle, ...]
    """Its articles that are kept, oldest first, without their texts."""
    held: tuple[HeldRecord, ...]
    delivered: frozenset[tuple[DigestId, ChannelName]]
    """The digests of which a part arrived, by channel."""
    changes: tuple[StoryChange, ...]
    """What a person changed in it, or in a story that stands in it now; oldest first."""
    merged: tuple[StoryId, ...]
    """The stories that stand in it."""


def list_stories(store: Store, *, since: datetime | None, topic: TopicKey | None, limit: int) -> list[Outline]:
    """The newest stories, by their last article."""
    with store.read() as tx:
        stories = tx.story_views.newest(since=since, topic=topic, limit=limit)
        ids = [story.id for story in stories]
        members, topics = tx.story_views.members(ids), tx.story_views.topics_of(ids)
        return [outline_of(tx, story, members.get(story.id, []), topics.get(story.id, {})) for story in stories]


def find_dossier(store: Store, wanted: int) -> Dossier:
    """The story of this id, or the one it was merged into; or that in which the article of this id stands.

    Raises StoryMissing where there is neither.
    """
    with store.read() as tx:
        story_id = tx.corrections.resolve(StoryId(wanted)) or tx.corrections.story_of(ArticleId(wanted))
        story = tx.stories.get(story_id) if story_id is not None else None
        if story is None:
            raise StoryMissing(f"there is no story or article {wanted}", remedy="See: monitor stories list")
        members = tx.story_views.members([story.id]).get(story.id, [])
        merged = tuple(tx.corrections.merged_into(story.id))
        outline = outline_of(tx, story, members, tx.story_views.topics_of([story.id]).get(story.id, {}))
        deliveries = tx.outbox.of_digests(sorted({telling.digest_id for telling in outline.tellings}))
        return Dossier(
            outline=outline,
            members=tuple(members),
            held=tuple(tx.story_views.held(_keys(story.id, members))),
            delivered=frozenset(
                (item.delivery.digest_id, item.delivery.channel)
                for item in deliveries
                if item.delivery.state is DeliveryState.SENT
            ),
            changes=tuple(tx.corrections.of_stories([story.id, *merged])),
            merged=merged,
        )


def outline_of(
    tx: Transaction,
    story: Story,
    members: Sequence[StoredArticle],
    topics: dict[TopicKey, int],
    *,
    with_tellings: bool = True,
) -> Outline:
    """A story in a line or two, by its articles and how many of them answer which topic; at wish without tellings."""
    first = members[0].article if members else None
    counts = counts_of(count_article(one.article, one.relation, one.text_id) for one in members)
    return Outline(
        story=story,
        title=first.title if first is not None else "",
        url=first.url if first is not None else "",
        publishers=counts.publishers,
        independent=counts.independent,
        topics=topics,
        tellings=tuple(tx.story_views.tellings(_keys(story.id, members))) if with_tellings else (),
    )


def _keys(story_id: StoryId, members: Sequence[StoredArticle]) -> set[int]:
    """What a telling of the story may be written down under: the story, one of its texts, one of its articles."""
    keys: set[int] = {int(story_id)}
    for member in members:
        keys.add(int(member.article.id))
        if member.text_id is not None:
            keys.add(int(member.text_id))
    return keys
