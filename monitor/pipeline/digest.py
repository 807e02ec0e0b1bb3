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
from monitor.digests.schedule import DueSlot, due_slot, held_until, next_slot_at
from monitor.errors import StorageError
from monitor.logs import get_log
from monitor.model import (
    ArticleId,
    ChannelName,
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
        is_left = len(opened) == OPEN_MAX or (bool(opened) and done is None)
        tx.topics.set_next(topic.key, _next_due(topic, slot, now, is_left=is_left), closed_at=now)
        return done


def _next_due(topic: Topic, slot: DueSlot, now: datetime, *, is_left: bool) -> datetime | None:
    if topic.schedule.now:
        # What this digest could not take is due at once: a moment later, since the slot of a moment closes only once.
        return now + timedelta(microseconds=1) if is_left else None
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
    candidates = tx.stories.as_candidates(story_ids, topic.key)
    window = _Window(window_start, now, slot, digest_id)
    counts = [_close_for(tx, topic, context, name, window, candidates) for name in topic.channels]
    tx.matches.take(topic.key, [ArticleId(stored.match.article_id) for stored in opened], digest_id)
    return Closed(
        topic=topic.key,
        slot=slot.label,
        kind=slot.kind,
        digest_id=digest_id,
        stories=max((stories for stories, _ in counts), default=0),
        deliveries=sum(deliveries for _, deliveries in counts),
    )


@dataclass(frozen=True, slots=True)
class _Window:
    start: datetime
    end: datetime
    slot: _Slot
    digest_id: DigestId


def _close_for(
    tx: Transaction,
    topic: Topic,
    context: DigestContext,
    name: ChannelName,
    window: _Window,
    candidates: Sequence[StoryCandidate],
) -> tuple[int, int]:
    """One channel's share of a digest; returns how many stories and deliveries."""
    channel = context.channels.get(name)
    if channel is None:
        return 0, 0
    composed = _compose(tx, topic, context, name, window, candidates)
    tx.digests.log_held(name, window.digest_id, composed.held_back)
    digest = composed.digest
    if digest is None:
        return 0, 0
    tx.digests.log_told(name, window.digest_id, topic.key, composed.told, window.end)
    deliveries = _render(channel, digest, window.digest_id, topic)
    tx.outbox.add(deliveries, window.end, due_at=window.end)
    return digest.story_count, len(deliveries)


def _compose(
    tx: Transaction,
    topic: Topic,
    context: DigestContext,
    name: ChannelName,
    window: _Window,
    candidates: Sequence[StoryCandidate],
) -> Composed:
    story_ids = [candidate.story_id for candidate in candidates]
    is_breaking = window.slot.kind is DigestKind.BREAKING
    return compose_digest(
        topic=topic,
        kind=window.slot.kind,
        slot=window.slot.label,
        window_start=window.start,
        window_end=window.end,
        candidates=candidates,
        told=tx.digests.told(name, story_ids),
        breaking=frozenset(story_ids) if is_breaking else frozenset[StoryId](),
        troubles=tx.health.troubles(window.end),
        feed_count=tx.health.count_active(),
        next_at=window.slot.next_at,
        stories_max=context.stories_max.get(name, 10),
    )


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
        )
        for payload in channel.render(digest, stem)
    ]


def preview(store: Store, topic: Topic, now: datetime, *, since: datetime, stories_max: int = 10) -> Digest | None:
    """The digest that would be sent for matches since then, as if nothing had been told; nothing is written."""
    with store.read() as tx:
        matches = tx.matches.latest(topic.key, since)
        story_ids = sorted({stored.story_id for stored in matches})
        candidates = [_as_if_fresh(c) for c in tx.stories.as_candidates(story_ids, topic.key)]
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
