"""What becomes of a topic that is not in the watchlist under its key any more: it goes on under another, or it rests.

Effects: database.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from monitor.logs import get_log
from monitor.model import TopicKey
from monitor.storage.store import Transaction
from monitor.storage.topics import TopicPlan

log = get_log()


def move_renamed(tx: Transaction, renamed: Mapping[TopicKey, TopicKey], now: datetime) -> None:
    """Let what waits, what was marked and what is muted go over to the new key, and say so in the log."""
    for new, old in renamed.items():
        moved = tx.renames.move(old, new, now)
        log.info("topic.renamed", topic=new, was=old, waiting=moved.waiting, marks=moved.marks, mutes=moved.mutes)


def find_left(tx: Transaction, plans: Sequence[TopicPlan], renamed: Mapping[TopicKey, TopicKey]) -> dict[TopicKey, int]:
    """How much waits under each key that leaves now and is not surely renamed; before the table is synced."""
    stays = {*(plan.key for plan in plans), *renamed.values()}
    leaves = [state.key for state in tx.topics.all() if state.active and state.key not in stays]
    return {key: waiting for key in leaves if (waiting := tx.matches.count_open(key))}


def log_left(left: Mapping[TopicKey, int]) -> None:
    """Say what nobody will be told unless the key comes back."""
    for key, waiting in left.items():
        hint = "it is told if the topic is back under this key within a day"
        log.warning("topic.left_waiting", topic=key, waiting=waiting, hint=hint)
