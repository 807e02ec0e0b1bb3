"""One digest, written whole: composed for each channel, rendered, put in the outbox, told to the sent log.

A digest is rendered once, when it closes: a retry sends the same bytes, whatever was configured since.

Effects: database.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct, field
from msgspec.structs import replace

from monitor.channels.base import Channel
from monitor.digests.budget import NOTHING_OWED
from monitor.digests.compose import Composed, HeldBack, compose_digest
from monitor.digests.follow_ups import FOLDED_FOR, FOLDED_MAX, find_folded
from monitor.digests.mutes import apply_mutes
from monitor.digests.novelty import Weight, plain_weight
from monitor.digests.schedule import day_began_at
from monitor.digests.storm import HOUR, room_at
from monitor.digests.things import key_of_article, things_of
from monitor.digests.volume import LOOK_BACK, volume_of
from monitor.model import (
    ArticleId,
    Budget,
    ChannelName,
    Dedup,
    Digest,
    DigestId,
    DigestKind,
    Mark,
    Mute,
    StoryCandidate,
    StoryId,
    Topic,
    TopicKey,
)
from monitor.pipeline.bars import find_exempt, find_limits, find_owed, next_day_at, owes_line
from monitor.pipeline.look_notes import plan_looks
from monitor.pipeline.threads import edit_roots
from monitor.pipeline.troubles import with_new_troubles
from monitor.storage.matches import StoredMatch
from monitor.storage.outbox import NewDelivery
from monitor.storage.store import Transaction
from monitor.storage.tellings import Root
from monitor.storage.topics import TopicState

PER_HOUR_MAX = 20
"""Messages told at once in an hour on a channel for which nothing else is configured."""
AT_ONCE = (DigestKind.NOW, DigestKind.BREAKING)


class DigestContext(Struct, frozen=True):
    """The configuration in force for closing digests."""

    topics: Mapping[TopicKey, Topic]
    channels: Mapping[ChannelName, Channel]
    stories_max: Mapping[ChannelName, int]
    weight: Weight = plain_weight
    """How much a word tells, for how new an update is."""
    per_hour_max: Mapping[ChannelName, int] = field(default_factory=dict)
    """Messages told at once in an hour, by channel."""
    at_most: Mapping[ChannelName, Budget] = field(default_factory=dict)
    """How much may be told on a channel, over all its topics; those without a budget are not in it."""


class Closed(Struct, frozen=True):
    """What closing a digest came to."""

    topic: TopicKey
    slot: str
    kind: DigestKind
    digest_id: DigestId | None
    stories: int
    """Stories told, over all channels the most."""
    deliveries: int
    taken: int = 0
    """Matches that are decided, told or not; the others wait."""
    again_at: datetime | None = None
    """When something of what waits changes by itself."""
    told: Mapping[ChannelName, int] = field(default_factory=dict)
    """Stories told to each channel that is told any."""
    lateness_s: float = 0.0
    """How long it was due."""


class Slot(Struct, frozen=True):
    """What is being closed."""

    label: str
    kind: DigestKind
    next_at: datetime | None


class Things(Struct, frozen=True):
    """What may be told, with the story of what is no story itself."""

    candidates: tuple[StoryCandidate, ...]
    story_of: Mapping[StoryId, StoryId]


class _Window(Struct, frozen=True):
    story_ids: Sequence[StoryId]
    opened: Mapping[ArticleId, datetime]
    start: datetime
    end: datetime
    slot: Slot
    digest_id: DigestId
    mutes: Sequence[Mute]
    known_since: datetime
    """Since when the topic is watched."""


class _Share(Struct, frozen=True):
    """What a digest comes to on one channel."""

    stories: int = 0
    deliveries: int = 0
    waiting: frozenset[ArticleId] = frozenset()
    again_at: datetime | None = None


def write_digest(
    tx: Transaction,
    topic: Topic,
    context: DigestContext,
    slot: Slot,
    opened: Sequence[StoredMatch],
    state: TopicState,
    now: datetime,
) -> Closed | None:
    """Close the slot with what is open, for every channel of the topic; None where nothing is to close, or it was."""
    if not opened and topic.on_empty == "skip" and not owes_line(tx, topic, context.at_most, now):
        return None
    window_start = state.last_closed_at or (opened[0].matched_at if opened else now - timedelta(hours=1))
    digest_id = tx.digests.close(topic.key, slot.label, slot.kind, window_start=window_start, window_end=now, now=now)
    if digest_id is None:
        return None
    story_ids = sorted({stored.story_id for stored in opened})
    things = find_things(tx, topic, story_ids, opened)
    asking = {ArticleId(stored.match.article_id): stored.matched_at for stored in opened}
    mutes = tx.mutes.in_force(now)
    window = _Window(story_ids, asking, window_start, now, slot, digest_id, mutes, state.created_at)
    shares = [_close_for(tx, topic, context, name, window, things) for name in topic.channels]
    # What waits on one channel waits on all: each remembers what it was told and shown.
    waiting = frozenset[ArticleId]().union(*(share.waiting for share in shares))
    taken = [article_id for article_id in asking if article_id not in waiting]
    tx.matches.take(topic.key, taken, digest_id)
    return Closed(
        topic=topic.key,
        slot=slot.label,
        kind=slot.kind,
        digest_id=digest_id,
        stories=max((share.stories for share in shares), default=0),
        deliveries=sum(share.deliveries for share in shares),
        taken=len(taken),
        again_at=min((share.again_at for share in shares if share.again_at is not None), default=None),
        told={name: share.stories for name, share in zip(topic.channels, shares, strict=True) if share.stories},
    )


def find_things(tx: Transaction, topic: Topic, story_ids: Sequence[StoryId], opened: Sequence[StoredMatch]) -> Things:
    """The things of these stories that an open match asks for; the others were decided before."""
    if topic.dedup in (Dedup.BALANCED, Dedup.LOOSE):
        return Things(tuple(tx.stories.as_candidates(story_ids, topic.key)), {})
    # Each is told by itself, so of a story with thousands none may be missing.
    asking = {ArticleId(stored.match.article_id) for stored in opened}
    stories = tx.stories.as_candidates(story_ids, topic.key, asking)
    things = [(thing, story.story_id) for story in stories for thing in things_of(story, topic.dedup)]
    asked = [pair for pair in things if any(member.article.id in asking for member in pair[0].members)]
    return Things(tuple(thing for thing, _ in asked), {thing.story_id: story for thing, story in asked})


def room_for(tx: Transaction, topic: Topic, context: DigestContext, at: datetime) -> datetime:
    """When a message told at once may go to every channel of the topic at the earliest, from `at` on."""
    rooms = []
    for name in topic.channels:
        if name in context.channels:
            times = tx.tellings.at_once(name, at - HOUR)
            rooms.append(room_at(times, at, context.per_hour_max.get(name, PER_HOUR_MAX)))
    return max(rooms, default=at)


def note_no_room(tx: Transaction, topic: Topic, until: datetime) -> None:
    """Write down why what is open of the topic waits: a channel had all its messages of the hour."""
    reason = f"a channel had as many messages as it takes in an hour; room from {until:%Y-%m-%d %H:%M} UTC"
    tx.waits.note(topic.key, topic.channels, reason, "room")


def _close_for(
    tx: Transaction, topic: Topic, context: DigestContext, name: ChannelName, window: _Window, things: Things
) -> _Share:
    """Tell one channel, and write down what it is told, shown and not told."""
    channel = context.channels.get(name)
    if channel is None:
        reason = "the channel was not there when the digest closed"
        tx.digests.log_held(name, window.digest_id, [HeldBack(one.story_id, reason) for one in things.candidates])
        return _Share()
    composed = _compose(tx, topic, context, name, window, things)
    tx.digests.log_held(name, window.digest_id, composed.held_back)
    digest = composed.digest
    if digest is None:
        return _Share(waiting=composed.waiting, again_at=_line_at(composed, topic, window))
    root = _root_of(tx, name, digest)
    edits = edit_roots(tx, channel, digest, window.digest_id)
    tx.digests.log_told(name, window.digest_id, topic.key, composed.told, window.end)
    plan_looks(tx, digest.kind, composed.told, window.end)
    lines = [line.article.id for line in digest.follow_ups]
    tx.digests.log_shown(name, window.digest_id, topic.key, lines, window.end)
    digest = _with_more(tx, topic, context, name, window, digest)
    digest = _with_appendix(tx, topic, name, digest, composed.waiting)
    digest = with_new_troubles(tx, topic, name, digest)
    if root is not None:
        digest = replace(digest, stories=tuple(replace(story, told_title=root.title) for story in digest.stories))
    deliveries = tx.outbox.add(_render(channel, digest, window.digest_id, topic, root), window.end, due_at=window.end)
    tx.outbox.add(edits, window.end, due_at=window.end)
    return _Share(digest.story_count, len(deliveries), composed.waiting, composed.again_at)


def _line_at(composed: Composed, topic: Topic, window: _Window) -> datetime | None:
    """When what waits is looked at again: a line of what fell below is due with the next local day at the latest."""
    times = [composed.again_at] if composed.again_at is not None else []
    if composed.is_owed:
        times.append(next_day_at(window.end, topic.schedule.timezone))
    return min(times, default=None)


def _compose(
    tx: Transaction, topic: Topic, context: DigestContext, name: ChannelName, window: _Window, things: Things
) -> Composed:
    unmuted = apply_mutes(things.candidates, window.mutes, topic=topic.key, channel=name, story_of=things.story_of)
    keys = [candidate.story_id for candidate in unmuted.candidates]
    is_breaking = window.slot.kind is DigestKind.BREAKING
    told = tx.digests.told(name, keys, dedup=topic.dedup, stories=window.story_ids)
    limits = [] if is_breaking else find_limits(tx, topic, name, context.topics.values(), context.at_most, window.end)
    exempt = find_exempt(topic, unmuted.candidates, told, window.end) if limits else frozenset[StoryId]()
    owed = find_owed(tx, topic, name, window.slot.kind, window.slot.next_at, window.end) if limits else NOTHING_OWED
    return compose_digest(
        topic=topic,
        kind=window.slot.kind,
        slot=window.slot.label,
        window_start=window.start,
        window_end=window.end,
        candidates=unmuted.candidates,
        told=told,
        breaking=frozenset(keys) if is_breaking else exempt,
        troubles=tx.health.troubles(window.end),
        feed_count=tx.health.count_active(),
        next_at=window.slot.next_at,
        stories_max=context.stories_max.get(name, 10),
        opened=window.opened,
        shown=tx.digests.shown(name, window.story_ids),
        weight=context.weight,
        muted=unmuted.muted,
        is_heartbeat=unmuted.topic is None and _beats(tx, topic, name, window.end),
        limits=limits,
        owed=owed,
    )


def _beats(tx: Transaction, topic: Topic, name: ChannelName, now: datetime) -> bool:
    """Whether an empty slot is said."""
    if topic.on_empty == "daily_heartbeat":
        return not tx.digests.has_delivered(name, topic.key, day_began_at(now, topic.schedule.timezone))
    return topic.on_empty == "heartbeat"


def _with_more(
    tx: Transaction, topic: Topic, context: DigestContext, name: ChannelName, window: _Window, digest: Digest
) -> Digest:
    """The digest with its volume, the channel's other topics of each story, and why it comes late."""
    stories = (*digest.stories, *digest.overflow)
    topics = tx.tellings.topics_of([story.lead.id for story in stories])
    named = {key: other.name for key, other in context.topics.items() if key != topic.key and name in other.channels}
    full = [
        replace(story, also_topics=tuple(named[key] for key in topics.get(story.lead.id, ()) if key in named))
        for story in stories
    ]
    shown = len(digest.stories)
    digest = replace(digest, stories=tuple(full[:shown]), overflow=tuple(full[shown:]))
    if window.slot.kind in AT_ONCE:
        return replace(digest, gathered_since=_gathered_since(tx, topic, context, name, window))
    times = tx.tellings.match_times(topic.key, window.end - LOOK_BACK)
    return replace(digest, volume=volume_of(times, window.start, window.end, known_since=window.known_since))


def _gathered_since(
    tx: Transaction, topic: Topic, context: DigestContext, name: ChannelName, window: _Window
) -> datetime | None:
    """Since when the channel had no room for what this digest tells, where it had none."""
    first = min(window.opened.values(), default=window.end)
    due_at = first + timedelta(seconds=topic.settle_s if window.slot.kind is DigestKind.NOW else 0)
    times = tx.tellings.at_once(name, due_at - HOUR)
    had_room = room_at(times, due_at, context.per_hour_max.get(name, PER_HOUR_MAX)) == due_at
    return None if had_room or due_at >= window.end else first


def _with_appendix(
    tx: Transaction, topic: Topic, name: ChannelName, digest: Digest, waiting: frozenset[ArticleId]
) -> Digest:
    """The first digest of a local day with what was folded of late, where the topic wants that."""
    now = digest.window_end
    if not topic.appendix or digest.kind is DigestKind.BREAKING:
        return digest
    if tx.digests.has_delivered(name, topic.key, day_began_at(now, topic.schedule.timezone)):
        return digest
    untold = tx.digests.untold(name, topic.key, now - FOLDED_FOR)
    keys = sorted({StoryId(key_of_article(topic.dedup, u.article.id, u.text_id, u.story_id)) for u in untold})
    told = tx.digests.told(name, keys, dedup=topic.dedup, stories=sorted({u.story_id for u in untold}))
    folded = find_folded(untold, told, topic.dedup, waiting)
    return replace(digest, folded=folded[:FOLDED_MAX], folded_more=max(0, len(folded) - FOLDED_MAX))


def _root_of(tx: Transaction, name: ChannelName, digest: Digest) -> Root | None:
    """The message in whose thread this one stands: an update of one story, told at once, follows its first telling."""
    if digest.kind not in AT_ONCE or digest.story_count != 1:
        return None
    [story] = (*digest.stories, *digest.overflow)
    return tx.tellings.root_of(name, story.story_id) if Mark.UPDATE in story.marks else None


def stem_of(digest_id: DigestId, channel: str) -> str:
    """How the keys of a digest's deliveries to a channel begin."""
    return f"digest-{digest_id}-{channel}"


def _render(
    channel: Channel, digest: Digest, digest_id: DigestId, topic: Topic, root: Root | None
) -> list[NewDelivery]:
    stem = stem_of(digest_id, channel.name)
    return [
        NewDelivery(
            digest_id=digest_id,
            topic=topic.key,
            channel=ChannelName(channel.name),
            key=f"{stem}-{payload.part}" + (f"-{payload.suffix}" if payload.suffix else ""),
            part=payload.part,
            stories=digest.story_count,
            payload=payload.body,
            lane=payload.lane,
            thread_of=root.deliveries.get(payload.lane) if root is not None else None,
        )
        for payload in channel.render(digest, stem, stem_of(root.digest_id, channel.name) if root is not None else "")
    ]
