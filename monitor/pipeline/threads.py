"""What is told in the thread of an earlier message: how a breaking story grows, what is followed, counts renewed.

Effects: database.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from monitor.channels.base import Channel, Grown
from monitor.channels.wording import clean_title
from monitor.digests.burst import BREAKING_STEPS
from monitor.model import (
    ArticleId,
    ChannelName,
    DeliveryKind,
    Digest,
    DigestId,
    DigestStory,
    Mark,
    Note,
    NoteKind,
    NoteLine,
    Relation,
    StoryCandidate,
    StoryId,
    StoryMember,
    Topic,
    TopicKey,
)
from monitor.outbox.notes import note_delivery
from monitor.storage.outbox import NewDelivery
from monitor.storage.store import Transaction
from monitor.storage.tellings import BREAKING_REASON, Root
from monitor.text import plural

LINES_MAX = 10
"""New reports on a followed story in one note; the rest is counted."""


def edit_roots(tx: Transaction, channel: Channel, digest: Digest, digest_id: DigestId) -> list[NewDelivery]:
    """Edits that bring the counts of told stories up to date in the messages that told them first."""
    edits = []
    for story in (*digest.stories, *digest.overflow):
        if Mark.UPDATE in story.marks:
            root = tx.tellings.root_of(ChannelName(channel.name), story.story_id)
            if root is not None:
                edits += renew_counts(tx, channel, root, story.story_id, _counts(story), f"edit-{digest_id}")
    return edits


def renew_counts(
    tx: Transaction, channel: Channel, root: Root, story_id: StoryId, grown: Grown, stem: str
) -> list[NewDelivery]:
    """Edits of the parts of a message in which the story stands; none where the channel cannot edit."""
    edits = []
    for sent in tx.outbox.bodies_of(root.digest_id, ChannelName(channel.name)):
        body = channel.render_edit(sent.body, {story_id: grown})
        if body is not None:
            edits.append(
                NewDelivery(
                    digest_id=root.digest_id,
                    topic=sent.topic,
                    channel=ChannelName(channel.name),
                    key=f"{stem}-{sent.delivery_id}",
                    part=1,
                    stories=1,
                    payload=body,
                    kind=DeliveryKind.EDIT,
                    lane=sent.lane,
                    thread_of=sent.delivery_id,
                )
            )
    return edits


def tell_growth(
    tx: Transaction,
    topic: Topic,
    channels: Mapping[ChannelName, Channel],
    stories: Mapping[ChannelName, Sequence[StoryCandidate]],
    now: datetime,
) -> int:
    """Say in the thread of a breaking story that it has twice, and four times, as many publishers as when it broke.

    `stories` are those that may be told, by channel. Each step is said once. Returns how many notes were put in line.
    """
    said = 0
    for name in topic.channels:
        channel = channels.get(name)
        for story in stories.get(name, ()):
            root = tx.tellings.root_of(name, story.story_id) if channel is not None else None
            if channel is None or root is None or not root.reason.startswith(BREAKING_REASON):
                continue
            reached = [step for step in BREAKING_STEPS if story.independent_count >= step * root.independent_count]
            keys = [f"grown-{root.digest_id}-{story.story_id}-{step}-{name}" for step in BREAKING_STEPS]
            stem = f"grown-{root.digest_id}-{story.story_id}-{max(reached, default=0)}-{name}"
            if not reached or any(tx.outbox.has_stem(key, name, root.digest_id) for key in keys[keys.index(stem) :]):
                continue
            independent = plural(story.independent_count, "independent text", "independent texts")
            publishers = plural(story.publisher_count, "publisher", "publishers")
            head = f"Growing: “{clean_title(root.title)}” now has {publishers}, {independent}"
            note = Note(
                NoteKind.GROWN, head, now, topic.schedule.timezone, topic.key, topic.name, told_title=root.title
            )
            grown = Grown(story.publisher_count, story.independent_count, story.article_count)
            edits = renew_counts(tx, channel, root, story.story_id, grown, f"edit-{stem}")
            tx.outbox.add([*notes_in_thread(channel, note, stem, root), *edits], now, due_at=now)
            said += 1
    return said


def tell_followed(
    tx: Transaction,
    topic: Topic,
    channels: Mapping[ChannelName, Channel],
    stories: Mapping[ChannelName, Sequence[StoryCandidate]],
    now: datetime,
) -> int:
    """Show the channels what came on the stories that they follow, in the thread; returns how many notes there are.

    `stories` are those that may be told, by channel. A line is no telling: what stood in one stands in no
    later digest again.
    """
    said = 0
    for name in topic.channels:
        channel = channels.get(name)
        followed = {follow.story_id: follow for follow in tx.follows.of(name, now)} if channel is not None else {}
        mine = [story for story in stories.get(name, ()) if story.story_id in followed]
        shown = tx.digests.shown(name, [story.story_id for story in mine]) if mine else frozenset[ArticleId]()
        for story in mine:
            root = tx.tellings.root_of(name, story.story_id)
            if channel is None or root is None:
                continue
            since = max(root.told_at, followed[story.story_id].at)
            fresh = [member for member in story.members if _is_news(member, since) and member.article.id not in shown]
            if not fresh:
                continue
            ids = [member.article.id for member in fresh]
            lines = tuple(NoteLine(one.article.title, one.article.url, one.article.outlet) for one in fresh[:LINES_MAX])
            head = f"More on “{clean_title(root.title)}”: {plural(len(fresh), 'report')}"
            more = max(0, len(fresh) - LINES_MAX)
            note = Note(
                NoteKind.FOLLOWED,
                head,
                now,
                topic.schedule.timezone,
                topic.key,
                topic.name,
                lines,
                more,
                told_title=root.title,
            )
            tx.digests.log_shown(name, root.digest_id, topic.key, ids, now)
            key = f"followed-{root.digest_id}-{max(ids)}-{name}"
            if not tx.outbox.has_stem(key, name, root.digest_id):
                tx.outbox.add(notes_in_thread(channel, note, key, root), now, due_at=now)
                said += 1
    return said


def notes_in_thread(channel: Channel, note: Note, key: str, root: Root) -> list[NewDelivery]:
    """A note as deliveries in the thread of an earlier message."""
    stem = f"digest-{root.digest_id}-{channel.name}"
    return [
        note_delivery(
            ChannelName(channel.name),
            payload,
            key,
            stories=1,
            digest_id=root.digest_id,
            topic=TopicKey(note.topic),
            thread_of=root.deliveries.get(payload.lane),
        )
        for payload in channel.render_note(note, key, stem)
    ]


def _is_news(member: StoryMember, since: datetime) -> bool:
    seen = member.article.seen_at
    return seen is not None and seen > since and not member.silent and member.relation is not Relation.COPY


def _counts(story: DigestStory) -> Grown:
    return Grown(story.publisher_count, story.independent_count, story.article_count)
