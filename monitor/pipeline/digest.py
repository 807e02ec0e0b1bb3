"""A due topic's window in one transaction: compose, render, put in the outbox, write the sent log.

A digest is rendered once, when it closes: a retry sends the same bytes, whatever was configured since. The slot, the
matches it takes, the sent log and the deliveries stand together or not at all.

Effects: database.
"""

from collections.abc import Callable, MutableMapping
from datetime import datetime, timedelta
from functools import partial

from msgspec.structs import replace

from monitor.digests.burst import find_breaking
from monitor.digests.compose import compose_digest
from monitor.digests.mutes import apply_mutes
from monitor.digests.schedule import DueSlot, due_slot, held_until, next_slot_at
from monitor.errors import StorageError
from monitor.logs import get_log
from monitor.model import ChannelName, Digest, DigestKind, StoryCandidate, Topic, TopicKey
from monitor.pipeline.closing import Closed, DigestContext, Slot, find_things, note_no_room, room_for, write_digest
from monitor.pipeline.opened import open_matches
from monitor.pipeline.threads import tell_followed, tell_growth
from monitor.storage.matches import OPEN_MAX
from monitor.storage.store import Store, Transaction

__all__ = ["Closed", "DigestContext", "close_digest", "close_due", "preview"]

log = get_log()

GROWING_FOR = timedelta(days=3)
"""How long a story that broke is watched for growing on; after that it has gone quiet or is told by its updates."""
THREADS_MAX = 200
"""Stories whose threads one look goes through, the oldest first."""
BROKEN_PAUSE = timedelta(minutes=1)
"""What broke in a digest would most likely break again at the next look, two seconds later, at the same cost."""


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
            tx.waits.note(topic.key, topic.channels, f"quiet hours until {quiet_until:%Y-%m-%d %H:%M} UTC", "quiet")
            tx.topics.set_next(topic.key, quiet_until)
            return None
        if topic.schedule.now and (room := room_for(tx, topic, context, now)) > now:
            note_no_room(tx, topic, room)
            tx.topics.set_next(topic.key, room)
            return None
        opened = open_matches(tx, topic, now)
        done = write_digest(tx, topic, context, Slot(slot.label, slot.kind, slot.next_due_at), opened, state, now)
        is_left = bool(opened) and (done is None or (len(opened) == OPEN_MAX and done.taken > 0))
        again_at = None if done is None else done.again_at
        tx.topics.set_next(topic.key, _next_due(topic, slot, now, again_at, is_left=is_left), closed_at=now)
        return None if done is None else replace(done, lateness_s=max(0.0, (now - slot.at).total_seconds()))


def _next_due(
    topic: Topic, slot: DueSlot, now: datetime, again_at: datetime | None, *, is_left: bool
) -> datetime | None:
    if topic.schedule.now:
        # What this digest could not take is due at once: a moment later, since the slot of a moment closes only once.
        soon = now + timedelta(microseconds=1)
        return soon if is_left else again_at and max(again_at, soon)
    return slot.next_due_at or next_slot_at(topic.schedule, now)


def _close_breaking(store: Store, topic: Topic, context: DigestContext, now: datetime) -> list[Closed]:
    """Tell at once what many publishers have independently; one digest per story, its slot is the story.

    Then what grew of that, and what came on the stories that somebody follows, in the threads.
    """
    closed: list[Closed] = []
    with store.write() as tx:
        tx.corrections.share()  # before any row is held: who corrects stories waits for nothing but this
        state = tx.topics.hold(topic.key)
        if state is None:
            return []
        is_quiet = held_until(topic.quiet_hours, topic.schedule.timezone, now) is not None
        if is_quiet and not topic.breaking_overrides_quiet:
            return []  # not calmed: it is looked at again when the quiet is over
        opened = open_matches(tx, topic, now) if topic.breaking and not topic.schedule.now else []
        story_ids = sorted({stored.story_id for stored in opened})
        broke = _unmuted(tx, topic, find_breaking(tx.stories.as_candidates(story_ids, topic.key), now=now), now)
        has_room = True
        for story in broke:
            has_room = room_for(tx, topic, context, now) <= now
            if not has_room:
                note_no_room(tx, topic, room_for(tx, topic, context, now))
                break  # not calmed: it is looked at again, and told when the hour has room
            mine = [stored for stored in opened if stored.story_id == story.story_id]
            slot = Slot(f"breaking:{story.story_id}", DigestKind.BREAKING, state.next_due_at)
            done = write_digest(tx, topic, context, slot, mine, state, now)
            if done is not None:
                closed.append(done)
        if has_room and not is_quiet:
            tx.topics.calm(topic.key)
            _tell_in_threads(tx, topic, context, now)
    for done in closed:
        _log_closed(done)
    return closed


def _unmuted(tx: Transaction, topic: Topic, stories: list[StoryCandidate], now: datetime) -> list[StoryCandidate]:
    """Those that are not muted on every channel of the topic: their slot is theirs alone, so it stays open."""
    left = _unmuted_on(tx, topic, stories, now)
    told = {story.story_id for one in left.values() for story in one}
    return [story for story in stories if story.story_id in told]


def _unmuted_on(
    tx: Transaction, topic: Topic, stories: list[StoryCandidate], now: datetime
) -> dict[ChannelName, list[StoryCandidate]]:
    """What may be told on each channel; the articles that a mute silences there are silent in it."""
    mutes = tx.mutes.in_force(now) if stories else []
    by_channel = {
        name: apply_mutes(stories, mutes, topic=topic.key, channel=name, story_of={}) for name in topic.channels
    }
    return {
        name: [story for story in one.candidates if story.story_id not in one.muted] for name, one in by_channel.items()
    }


def _tell_in_threads(tx: Transaction, topic: Topic, context: DigestContext, now: datetime) -> None:
    followed = {follow.story_id for follow in tx.follows.all(now) if follow.channel in topic.channels}
    broke = tx.tellings.broke(topic.key, now - GROWING_FOR)
    if not followed and not broke:
        return
    stories = tx.stories.as_candidates(sorted(followed | broke)[:THREADS_MAX], topic.key)
    mine = _unmuted_on(tx, topic, [story for story in stories if any(one.match for one in story.members)], now)
    growing = {name: [one for one in some if one.story_id in broke] for name, some in mine.items()}
    grown = tell_growth(tx, topic, context.channels, growing, now)
    told = tell_followed(tx, topic, context.channels, mine, now)
    if grown or told:
        log.info("thread.told", topic=topic.key, grown=grown, followed=told)


def preview(store: Store, topic: Topic, now: datetime, *, since: datetime, stories_max: int = 10) -> Digest | None:
    """The digest that would be sent for matches since then, as if nothing had been told; nothing is written."""
    with store.read() as tx:
        matches = tx.matches.latest(topic.key, since)
        story_ids = sorted({stored.story_id for stored in matches})
        candidates = [_as_if_fresh(thing) for thing in find_things(tx, topic, story_ids, matches).candidates]
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
