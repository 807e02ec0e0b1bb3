"""The budgets of a digest: its bar and its seats by what is stored, and what a channel has not heard of yet.

Effects: database.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from monitor.digests.budget import (
    HISTORY,
    HISTORY_MIN,
    Hindsight,
    Limit,
    Owed,
    find_bar,
    look_back,
    span_began_at,
)
from monitor.digests.burst import find_breaking
from monitor.digests.schedule import day_began_at
from monitor.digests.telling import Told
from monitor.model import Budget, ChannelName, DigestKind, StoryCandidate, StoryId, Topic, TopicKey
from monitor.storage.store import Transaction

OWED_FOR = timedelta(days=8)
"""What was held back longer ago is in no footer any more: a topic told weekly has had its turn."""


def find_limits(
    tx: Transaction,
    topic: Topic,
    name: ChannelName,
    topics: Collection[Topic],
    at_most: Mapping[ChannelName, Budget],
    now: datetime,
) -> list[Limit]:
    """The budgets that a digest of the topic has to keep on the channel: the topic's own, and that of the channel."""
    limits = []
    timezone = topic.schedule.timezone
    if topic.at_most is not None:
        told = tx.bars.count_told(name, topic.key, span_began_at(topic.at_most, now, timezone))
        limits.append(Limit(topic.at_most, bar_of(tx, [topic.key], topic.at_most, now), told))
    if name in at_most:
        keys = sorted(other.key for other in topics if name in other.channels)
        told = tx.bars.count_told(name, None, span_began_at(at_most[name], now, timezone))
        limits.append(Limit(at_most[name], bar_of(tx, keys, at_most[name], now), told, name))
    return limits


def bar_of(tx: Transaction, topics: Sequence[TopicKey], budget: Budget, now: datetime) -> int | None:
    """The bar of these topics together at this moment; None where they have none yet."""
    known_since = tx.topics.known_since(topics)
    if known_since is None:
        return None
    return find_bar(tx.bars.history(topics, now - HISTORY), budget, known_since, now)


class Standing(Struct, frozen=True):
    """A budget with its bar at one moment, for whoever looks."""

    budget: Budget
    bar: int | None


def standings(
    tx: Transaction,
    topic: Topic,
    topics: Collection[Topic],
    at_most: Mapping[ChannelName, Budget],
    now: datetime,
) -> dict[str, Standing]:
    """The budgets that the topic's digests keep: its own under its key, those of its channels under their names."""
    found = {}
    if topic.at_most is not None:
        found[str(topic.key)] = Standing(topic.at_most, bar_of(tx, [topic.key], topic.at_most, now))
    for name in topic.channels:
        if name in at_most:
            keys = sorted(other.key for other in topics if name in other.channels)
            found[f"channel {name}"] = Standing(at_most[name], bar_of(tx, keys, at_most[name], now))
    return found


class LookedBack(Struct, frozen=True):
    """A budget with what it would have meant for what is stored."""

    budget: Budget
    hindsight: Hindsight


def look_back_on(
    tx: Transaction,
    topics: Sequence[Topic],
    at_most: Mapping[ChannelName, Budget],
    now: datetime,
    is_over: Callable[[], bool] = lambda: False,
) -> dict[str, LookedBack]:
    """The topics' budgets under their keys, those of channels under their names, each with what it would have meant.

    By the matches that were found as the topics were then; of those known for less than a day no story is counted. What
    has no turn before it is over is not in it.
    """
    found = {}
    asked = [(str(topic.key), topic.at_most, [topic]) for topic in topics if topic.at_most is not None]
    told_on = {name: [topic for topic in topics if name in topic.channels] for name in at_most}
    asked += [(f"channel {name}", at_most[name], some) for name, some in told_on.items() if some]
    for name, budget, some in asked:
        if is_over():
            break
        states = [state for state in (tx.topics.get(topic.key) for topic in some) if state is not None]
        since = min((state.created_at for state in states), default=now)
        if now - since < HISTORY_MIN:
            found[name] = LookedBack(budget, Hindsight(None, 0, 0, 0.0))
        else:
            history = tx.bars.history([topic.key for topic in some], now - HISTORY)
            found[name] = LookedBack(budget, look_back(history, budget, since, now, some[0].schedule.timezone))
    return found


def find_exempt(
    topic: Topic, candidates: Sequence[StoryCandidate], told: Mapping[StoryId, Told], now: datetime
) -> frozenset[StoryId]:
    """What breaks and was never told: no budget holds it, by whatever digest it is told."""
    if not topic.breaking:
        return frozenset()
    broke = {candidate.story_id for candidate in find_breaking(candidates, now=now)}
    return frozenset(key for key in broke if key not in told or not told[key].tellings)


def find_owed(
    tx: Transaction, topic: Topic, name: ChannelName, kind: DigestKind, next_at: datetime | None, now: datetime
) -> Owed:
    """What a budget kept from the channel that no footer has counted yet.

    It is said with the next digest. Where none goes out, a line says it once a day: with the last slot of the local
    day, or else with the first moment after it.
    """
    owed = tx.bars.owed(name, topic.key, now - OWED_FOR)
    timezone = topic.schedule.timezone
    is_last = kind is not DigestKind.NOW and (next_at is None or day_began_at(next_at, timezone) > now)
    is_old = any(at < day_began_at(now, timezone) for _, at, _ in owed)
    stories = frozenset(story for story, _, _ in owed)
    return Owed(stories, all(is_by_bar for _, _, is_by_bar in owed), is_last or is_old)


def owes_line(tx: Transaction, topic: Topic, at_most: Mapping[ChannelName, Budget], now: datetime) -> bool:
    """Whether a slot without a match has to be closed all the same, because it may be the one that says so."""
    names = topic.channels if topic.at_most is not None else [name for name in topic.channels if name in at_most]
    return any(tx.bars.owed(name, topic.key, now - OWED_FOR) for name in names)


def next_day_at(now: datetime, timezone: str) -> datetime:
    """When the next local day begins."""
    return day_began_at(day_began_at(now, timezone) + timedelta(hours=36), timezone)
