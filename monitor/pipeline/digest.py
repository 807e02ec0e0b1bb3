"""A due topic's window in one transaction: compose, render, put in the outbox, write the sent log.

A digest is rendered once, when it closes: a retry sends the same bytes, whatever was configured since. The slot, the
matches it takes, the sent log and the deliveries stand together or not at all.

Effects: database.
"""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from monitor.channels.base import Channel
from monitor.digests.burst import find_breaking
from monitor.digests.compose import Composed, compose_digest
from monitor.digests.follow_ups import FOLDED_FOR, FOLDED_MAX, find_folded
from monitor.digests.novelty import Weight, plain_weight
from monitor.digests.schedule import DueSlot, day_began_at, due_slot, held_until, next_slot_at
from monitor.digests.things import key_of_article, things_of
from monitor.errors import StorageError
from monitor.logs import get_log
from monitor.model import (
    ArticleId,
    ChannelName,
    Dedup,
    Digest,
    DigestId,
    DigestKind,
    StoryCandidate,
    StoryId,
    Topic,
    TopicKey,
)
from monitor.storage.matches import OPEN_MAX, StoredMatch
from monitor.storage.outbox import NewDelivery
from monitor.storage.store import Store, Transaction
from monitor.storage.topics import TopicState

log = get_log()

BROKEN_PAUSE = timedelta(minutes=1)
"""What broke in a digest would most likely break again at the next look, two seconds later, at the same cost."""


@dataclass(frozen=True, slots=True)
class DigestContext:
    """The configuration in force for closing digests."""

    topics: Mapping[TopicKey, Topic]
    channels: Mapping[ChannelName, Channel]
    stories_max: Mapping[ChannelName, int]
    weight: Weight = plain_weight
    """How much a word tells, for how new an update is."""


@dataclass(frozen=True, slots=True)
class Closed:
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


def close_due(
    store: Store,
    context: DigestContext,
    now: datetime,
    *,
    settled: bool = False,
    paused: MutableMapping[TopicKey, datetime] | None = None,
) -> list[Closed]:
    """Close every digest that is due, one transaction each; what one of them breaks does not stop the others.

    A topic whose digest broke is noted in `paused` with the moment until which it is passed over. With `settled` a
    topic told at once does not wait for its settle time: for `monitor once`, which has no later.
    """
    with store.read() as tx:
        due = {state.key for state in tx.topics.due(now)}
        if settled:
            due |= {
                state.key for state in tx.topics.all() if state.next_due_at is not None and _is_now(context, state.key)
            }
        touched = tx.topics.touched()
    pauses: MutableMapping[TopicKey, datetime] = {} if paused is None else paused
    tasks: list[tuple[TopicKey, Callable[[Store, Topic, DigestContext, datetime], list[Closed]]]]
    tasks = [(key, partial(_close_slot, settled=settled)) for key in sorted(due)]
    tasks += [(key, _close_breaking) for key in touched]
    closed: list[Closed] = []
    for key, close in tasks:
        topic = context.topics.get(key)
        if topic is None or pauses.get(key, now) > now:
            continue
        try:
            closed += close(store, topic, context, now)
            pauses.pop(key, None)
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001  # the edge of a unit of work: nothing of it stands, it is tried again
            pauses[key] = now + BROKEN_PAUSE
            log.error("digest.broke", topic=key, error=error, hint="please report this; it is tried again in a minute")
    return closed


def _is_now(context: DigestContext, key: TopicKey) -> bool:
    topic = context.topics.get(key)
    return topic is not None and topic.schedule.now


def _close_slot(store: Store, topic: Topic, context: DigestContext, now: datetime, *, settled: bool) -> list[Closed]:
    done = close_digest(store, topic, context, now, settled=settled)
    if done is None:
        return []
    if done.deliveries:
        _log_closed(done)
    return [done]


def _log_closed(done: Closed) -> None:
    log.info(
        "digest.closed",
        topic=done.topic,
        slot=done.slot,
        kind=done.kind,
        stories=done.stories,
        deliveries=done.deliveries,
    )


def close_digest(
    store: Store, topic: Topic, context: DigestContext, now: datetime, *, settled: bool = False
) -> Closed | None:
    """Close the topic's due slot in one transaction; None when it is not due, is held by quiet hours, or is empty."""
    with store.write() as tx:
        tx.corrections.share()  # before any row is held: who corrects stories waits for nothing but this
        state = tx.topics.hold(topic.key)
        if state is None or state.next_due_at is None:
            return None
        moment = max(now, state.next_due_at) if settled and topic.schedule.now else now
        slot = due_slot(topic.schedule, state.next_due_at, moment, topic.quiet_hours)
        if slot is None:
            return None
        quiet_until = held_until(topic.quiet_hours, topic.schedule.timezone, now)
        if quiet_until is not None:
            tx.topics.set_next(topic.key, quiet_until)
            return None
        opened = tx.matches.open_for(topic.key)
        done = _write(tx, topic, context, _Slot(slot.label, slot.kind, slot.next_due_at), opened, state, now)
        is_left = bool(opened) and (done is None or (len(opened) == OPEN_MAX and done.taken > 0))
        again_at = None if done is None else done.again_at
        tx.topics.set_next(topic.key, _next_due(topic, slot, now, again_at, is_left=is_left), closed_at=now)
        return done


def _next_due(
    topic: Topic, slot: DueSlot, now: datetime, again_at: datetime | None, *, is_left: bool
) -> datetime | None:
    if topic.schedule.now:
        # What this digest could not take is due at once: a moment later, since the slot of a moment closes only once.
        soon = now + timedelta(microseconds=1)
        return soon if is_left else again_at and max(again_at, soon)
    return slot.next_due_at or next_slot_at(topic.schedule, now)


def _close_breaking(store: Store, topic: Topic, context: DigestContext, now: datetime) -> list[Closed]:
    """Tell at once what many publishers have independently; one digest per story, its slot is the story."""
    closed = []
    with store.write() as tx:
        tx.corrections.share()  # before any row is held: who corrects stories waits for nothing but this
        state = tx.topics.hold(topic.key)
        if state is None:
            return []
        if held_until(topic.quiet_hours, topic.schedule.timezone, now) is not None:
            return []  # not calmed: it is looked at again when the quiet is over
        tx.topics.calm(topic.key)
        if not topic.breaking or topic.schedule.now:
            return []
        opened = tx.matches.open_for(topic.key)
        story_ids = sorted({stored.story_id for stored in opened})
        for story in find_breaking(tx.stories.as_candidates(story_ids, topic.key), now=now):
            mine = [stored for stored in opened if stored.story_id == story.story_id]
            slot = _Slot(f"breaking:{story.story_id}", DigestKind.BREAKING, state.next_due_at)
            done = _write(tx, topic, context, slot, mine, state, now)
            if done is not None:
                closed.append(done)
    for done in closed:
        log.info(
            "digest.closed", topic=topic.key, slot=done.slot, kind=done.kind, stories=1, deliveries=done.deliveries
        )
    return closed


@dataclass(frozen=True, slots=True)
class _Slot:
    label: str
    kind: DigestKind
    next_at: datetime | None


def _write(
    tx: Transaction,
    topic: Topic,
    context: DigestContext,
    slot: _Slot,
    opened: Sequence[StoredMatch],
    state: TopicState,
    now: datetime,
) -> Closed | None:
    if not opened and topic.on_empty != "heartbeat":
        return None
    window_start = state.last_closed_at or (opened[0].matched_at if opened else now - timedelta(hours=1))
    digest_id = tx.digests.close(topic.key, slot.label, slot.kind, window_start=window_start, window_end=now, now=now)
    if digest_id is None:
        return None
    story_ids = sorted({stored.story_id for stored in opened})
    candidates = _candidates(tx, topic, story_ids, opened)
    asking = {ArticleId(stored.match.article_id): stored.matched_at for stored in opened}
    window = _Window(story_ids, asking, window_start, now, slot, digest_id)
    shares = [_close_for(tx, topic, context, name, window, candidates) for name in topic.channels]
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
    )


def _candidates(
    tx: Transaction, topic: Topic, story_ids: Sequence[StoryId], opened: Sequence[StoredMatch]
) -> list[StoryCandidate]:
    """The things of these stories that an open match asks for; the others were decided before."""
    if topic.dedup in (Dedup.BALANCED, Dedup.LOOSE):
        return tx.stories.as_candidates(story_ids, topic.key)
    # Each is told by itself, so of a story with thousands none may be missing.
    asking = {ArticleId(stored.match.article_id) for stored in opened}
    stories = tx.stories.as_candidates(story_ids, topic.key, asking)
    things = [thing for story in stories for thing in things_of(story, topic.dedup)]
    return [thing for thing in things if any(member.article.id in asking for member in thing.members)]


@dataclass(frozen=True, slots=True)
class _Window:
    story_ids: Sequence[StoryId]
    opened: Mapping[ArticleId, datetime]
    start: datetime
    end: datetime
    slot: _Slot
    digest_id: DigestId


@dataclass(frozen=True, slots=True)
class _Share:
    """What a digest comes to on one channel."""

    stories: int = 0
    deliveries: int = 0
    waiting: frozenset[ArticleId] = frozenset()
    again_at: datetime | None = None


def _close_for(
    tx: Transaction,
    topic: Topic,
    context: DigestContext,
    name: ChannelName,
    window: _Window,
    candidates: Sequence[StoryCandidate],
) -> _Share:
    """Tell one channel, and write down what it is told, shown and not told."""
    channel = context.channels.get(name)
    if channel is None:
        return _Share()
    composed = _compose(tx, topic, context, name, window, candidates)
    tx.digests.log_held(name, window.digest_id, composed.held_back)
    digest = composed.digest
    if digest is None:
        return _Share(waiting=composed.waiting, again_at=composed.again_at)
    tx.digests.log_told(name, window.digest_id, topic.key, composed.told, window.end)
    lines = [line.article.id for line in digest.follow_ups]
    tx.digests.log_shown(name, window.digest_id, topic.key, lines, window.end)
    digest = _with_appendix(tx, topic, name, digest, composed.waiting)
    deliveries = _render(channel, digest, window.digest_id, topic)
    tx.outbox.add(deliveries, window.end, due_at=window.end)
    return _Share(digest.story_count, len(deliveries), composed.waiting, composed.again_at)


def _compose(
    tx: Transaction,
    topic: Topic,
    context: DigestContext,
    name: ChannelName,
    window: _Window,
    candidates: Sequence[StoryCandidate],
) -> Composed:
    keys = [candidate.story_id for candidate in candidates]
    is_breaking = window.slot.kind is DigestKind.BREAKING
    return compose_digest(
        topic=topic,
        kind=window.slot.kind,
        slot=window.slot.label,
        window_start=window.start,
        window_end=window.end,
        candidates=candidates,
        told=tx.digests.told(name, keys, dedup=topic.dedup, stories=window.story_ids),
        breaking=frozenset(keys) if is_breaking else frozenset[StoryId](),
        troubles=tx.health.troubles(window.end),
        feed_count=tx.health.count_active(),
        next_at=window.slot.next_at,
        stories_max=context.stories_max.get(name, 10),
        opened=window.opened,
        shown=tx.digests.shown(name, window.story_ids),
        weight=context.weight,
    )


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


def _render(channel: Channel, digest: Digest, digest_id: DigestId, topic: Topic) -> list[NewDelivery]:
    stem = f"digest-{digest_id}-{channel.name}"
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
        )
        for payload in channel.render(digest, stem)
    ]


def preview(store: Store, topic: Topic, now: datetime, *, since: datetime, stories_max: int = 10) -> Digest | None:
    """The digest that would be sent for matches since then, as if nothing had been told; nothing is written."""
    with store.read() as tx:
        matches = tx.matches.latest(topic.key, since)
        story_ids = sorted({stored.story_id for stored in matches})
        candidates = [_as_if_fresh(thing) for thing in _candidates(tx, topic, story_ids, matches)]
        return compose_digest(
            topic=topic,
            kind=DigestKind.NOW if topic.schedule.now else DigestKind.SCHEDULED,
            slot="preview",
            window_start=since,
            window_end=now,
            candidates=candidates,
            told={},
            troubles=tx.health.troubles(now),
            feed_count=tx.health.count_active(),
            next_at=None if topic.schedule.now else next_slot_at(topic.schedule, now),
            stories_max=stories_max,
        ).digest


def _as_if_fresh(candidate: StoryCandidate) -> StoryCandidate:
    """A baseline counts in a preview: a person asks what is there, not what is new."""
    return replace(candidate, members=tuple(replace(member, silent=False) for member in candidate.members))
