"""A configuration as rows: which feeds are visited, which topics are due when, and the revision that says so.

Effects: database.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct, field

from monitor.config.load import Loaded
from monitor.config.watch import NOTHING_CHANGED
from monitor.digests.schedule import next_slot_at
from monitor.errors import StorageError, StorageReason
from monitor.model import FeedSpec, Topic, TopicKey
from monitor.pipeline.renames import find_left, move_renamed
from monitor.storage.revisions import RevisionHead
from monitor.storage.store import Transaction
from monitor.storage.topics import TopicPlan

FIRST_ROUND_SPREAD_S = 60
"""First visits of new feeds are spread over a minute: a thousand feeds do not start as one burst."""


class Applied(Struct, frozen=True):
    """What came and went with a configuration."""

    added: int = 0
    """Feeds that are new."""
    rested: int = 0
    """Feeds that left."""
    left: Mapping[TopicKey, int] = field(default_factory=dict)
    """How much waits under each topic that left."""


class Superseded(StorageError):
    """Another process put a newer configuration in force, which comes first; nothing of this transaction stands."""

    def __init__(self, head: RevisionHead) -> None:
        super().__init__(
            f"another worker put revision {head.id} of the configuration in force meanwhile",
            reason=StorageReason.LOCKED,
            remedy="It is followed, then this is tried again.",
        )


def find_newest(tx: Transaction, loaded: Loaded, base: int | None) -> RevisionHead | None:
    """The newest revision where it is this configuration already, by somebody else's hand; None where it is to be
    written. Nobody else puts one in force from here to the end of the transaction.

    `base` is the revision that this process has in force. Raises Superseded where another is the newest and differs:
    what was edited upon an older one must not take back what was edited elsewhere.
    """
    tx.revisions.hold()
    head = tx.revisions.head()
    if head is None or head.id == base:
        return None
    if not is_same(head, loaded):
        raise Superseded(head)
    return head


def is_same(head: RevisionHead, loaded: Loaded) -> bool:
    """Whether a configuration is the very one of a revision."""
    return {**head.texts, "monitor.toml": head.monitor_hash} == dict(loaded.hashes)


def has_same_texts(head: RevisionHead, loaded: Loaded) -> bool:
    """Whether it is but for monitor.toml, which is each worker's own."""
    return all(loaded.hashes[name] == hashed for name, hashed in head.texts.items())


def write_config(
    tx: Transaction,
    loaded: Loaded,
    now: datetime,
    *,
    before: Sequence[FeedSpec],
    change: str = "",
    renamed: Mapping[TopicKey, TopicKey],
    own_feeds: Sequence[FeedSpec] = (),
    own_plans: Sequence[TopicPlan] = (),
) -> Applied:
    """Make the tables agree with a configuration, in the caller's transaction; its revision is one of the rows.

    One process at a time does it, each to the end of its transaction. `before` are the feeds as they were configured
    until now; `own_feeds` and `own_plans` those of the daemon itself.
    """
    tx.revisions.hold()
    added, rested = tx.feeds.sync((*loaded.feeds, *own_feeds), now, spread_s=FIRST_ROUND_SPREAD_S)
    rules = {feed.url: feed.rules for feed in before}
    # Who mends a password wants to see it mended, and not when the wait of the wrong one ends.
    tx.feeds.hurry([feed.url for feed in loaded.feeds if rules.get(feed.url, feed.rules) != feed.rules], now)
    # What was left open by a topic that was away for long is no news any more.
    tx.matches.silence(tx.topics.returning([topic.key for topic in loaded.watchlist.topics], now))
    move_renamed(tx, renamed, now)
    waiting = tx.matches.waiting([topic.key for topic in loaded.watchlist.topics])
    tx.holds.try_now(now)  # a start or an edit may have brought what a channel lacked
    plans = [_plan(topic, topic.key in waiting, now) for topic in loaded.watchlist.topics]
    left = find_left(tx, [*plans, *own_plans], renamed)
    tx.topics.sync([*plans, *own_plans], now, renamed)
    tx.revisions.record(
        watchlist=loaded.bodies["watchlist.toml"],
        feeds=loaded.bodies["feeds.toml"],
        monitor_hash=loaded.hashes["monitor.toml"],
        change="" if change == NOTHING_CHANGED else change,
        at=now,
    )
    return Applied(added, rested, left)


def _plan(topic: Topic, is_waiting: bool, now: datetime) -> TopicPlan:
    waiting = now if is_waiting else None  # what matched before the schedule was changed to `now` is due at once
    due = waiting if topic.schedule.now else next_slot_at(topic.schedule, now)
    return TopicPlan(topic.key, topic.name, f"{topic.schedule.text} {topic.schedule.timezone}", due)
