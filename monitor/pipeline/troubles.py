"""Which feeds' troubles a digest says: told at once, only what the channel does not know of this local day.

Effects: database.
"""

import zlib

from msgspec.structs import replace

from monitor.digests.schedule import day_began_at
from monitor.model import ChannelName, Digest, DigestKind, FeedTrouble, Topic
from monitor.storage.store import Transaction

COMPONENT = "troubles:"
"""How the notes of what a channel was told begin, among those of when parts of the daemon did their work."""
AT_ONCE = (DigestKind.NOW, DigestKind.BREAKING)


def with_new_troubles(tx: Transaction, topic: Topic, name: ChannelName, digest: Digest) -> Digest:
    """The digest with what it has to say of feeds, and what the channel knows then written down.

    A digest of a slot says all of them. One told at once says all the first time on a local day of its topic, and
    then only what is new since the channel was last told of any: an alert that repeats them is read past.
    """
    # By number: a channel's name may be longer than the name of a part.
    component, now = f"{COMPONENT}{zlib.crc32(name.encode()):08x}", digest.window_end
    before = tx.topics.heartbeats().get(component)
    if before is None and not digest.troubles:
        return digest
    known = {*before.detail.split()} if before is not None else set()
    is_told_today = before is not None and before.at >= day_began_at(now, topic.schedule.timezone)
    said = digest.troubles
    if digest.kind in AT_ONCE and is_told_today:
        said = tuple(trouble for trouble in said if _key(trouble) not in known)
    # What is over is forgotten, so that it is said again when it comes back.
    current = {_key(trouble) for trouble in digest.troubles}
    if said or current != known:
        tx.topics.beat(component, now if said or before is None else before.at, " ".join(sorted(current)))
    return replace(digest, troubles=said)


def _key(trouble: FeedTrouble) -> str:
    return f"{zlib.crc32(f'{trouble.kind.value} {trouble.name}'.encode()):08x}"
