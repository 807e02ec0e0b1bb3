"""What readers ask of the listener: the Atom feed of a topic, and to be left off a mail's list.

Effects: database.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitor.channels.atom import atom_feed
from monitor.clock import Clock
from monitor.logs import get_log
from monitor.model import ChannelName, Topic, TopicKey
from monitor.storage.recipients import READER, Recipient
from monitor.storage.store import Store

log = get_log()

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""When a feed changed last in which nothing was told yet: its bytes stay the same until something is."""
BELOW_FOR = timedelta(days=7)
"""For how long a feed says what a budget held back."""


@dataclass(frozen=True, slots=True)
class FeedAnswer:
    """A feed's document with what tells whether it changed."""

    text: str
    etag: str


@dataclass(frozen=True, slots=True)
class Leaver:
    """Somebody who holds a link to leave by."""

    address: str
    topics: tuple[str, ...]
    """Names of what the address is told of on this channel."""
    has_left: bool


class Readers:
    """The answers; `topics` gives those in force now."""

    def __init__(self, store: Store, clock: Clock, topics: Callable[[], Mapping[TopicKey, Topic]]) -> None:
        self._store = store
        self._clock = clock
        self._topics = topics

    def feed(self, key: str, address: str = "") -> FeedAnswer | None:
        """The Atom feed of a topic, read at that address; None where there is no such topic."""
        topic = self._topics().get(TopicKey(key))
        if topic is None:
            return None
        with self._store.read() as tx:
            told = tx.told.latest(topic.key)
            below = tx.bars.count_held(topic.key, self._clock.now() - BELOW_FOR)
        text = atom_feed(topic.key, topic.name, told, EPOCH, address, below)
        return FeedAnswer(text, f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"')

    def look(self, token: str) -> Leaver | None:
        """Whose link it is; changes nothing."""
        with self._store.read() as tx:
            found = tx.recipients.by_token(token)
        return None if found is None else self._to_leaver(found, has_left=found.stopped_by == READER)

    def leave(self, token: str) -> Leaver | None:
        """Stop what goes to the address on this channel; again and again to the same end."""
        with self._store.write() as tx:
            found = tx.recipients.stop(token, self._clock.now())
        if found is None:
            return None
        if found.stopped_by != READER:
            log.info("recipient.left", channel=found.channel)
        return self._to_leaver(found, has_left=True)

    def _to_leaver(self, found: Recipient, *, has_left: bool) -> Leaver:
        channel = ChannelName(found.channel)
        names = tuple(topic.name for topic in self._topics().values() if channel in topic.channels)
        return Leaver(found.address, names, has_left)
