"""Every topic in a line: what it brings, what was told, when the next digest is due.

Effects: database.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from monitor.model import Mute, MuteKind, Topic, TopicKey
from monitor.storage.store import Transaction

WEEK = timedelta(days=7)


class TopicLine(Struct, frozen=True):
    """A topic as a list has it."""

    topic: Topic
    is_query: bool
    matched_day: int
    """Articles that answered it in the last 24 hours."""
    matched_week: int
    told_week: int
    """Stories told in the last seven days, on any channel."""
    waiting: int
    next_due_at: datetime | None
    last_closed_at: datetime | None
    mute: Mute | None
    """That of the whole topic which ends last."""


def read_topics(tx: Transaction, topics: Sequence[Topic], now: datetime) -> list[TopicLine]:
    """These topics, in their order."""
    keys = [topic.key for topic in topics]
    day = tx.topic_views.counts(keys, tx.topic_views.first_since(now - timedelta(days=1)))
    week = tx.topic_views.counts(keys, tx.topic_views.first_since(now - WEEK))
    told = tx.topic_views.told_counts(keys, now - WEEK)
    waiting = tx.matches.waiting(keys)
    states = {state.key: state for state in tx.topics.all()}
    mutes = _by_topic(tx.mutes.in_force(now))
    lines = []
    for topic in topics:
        state = states.get(topic.key)
        lines.append(
            TopicLine(
                topic=topic,
                is_query=topic.query is not None,
                matched_day=day.get(topic.key, 0),
                matched_week=week.get(topic.key, 0),
                told_week=told.get(topic.key, 0),
                waiting=tx.matches.count_open(topic.key) if topic.key in waiting else 0,
                next_due_at=state.next_due_at if state is not None else None,
                last_closed_at=state.last_closed_at if state is not None else None,
                mute=mutes.get(topic.key),
            )
        )
    return lines


def _by_topic(mutes: Sequence[Mute]) -> dict[TopicKey, Mute]:
    """The mutes of whole topics; of several of one topic the one that ends last."""
    mine = sorted((one for one in mutes if one.kind is MuteKind.TOPIC), key=lambda one: one.until)
    return {TopicKey(one.value): one for one in mine}
