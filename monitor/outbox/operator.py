"""Tell the operator, on a channel that works, what needs a person on one that does not.

Effects: database.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from monitor.channels.base import Channel
from monitor.model import ChannelName, DeliveryKind, DigestId, Note, NoteKind, TopicKey
from monitor.storage.outbox import NewDelivery
from monitor.storage.store import Transaction

KEY_STEM = "operator"
"""How the key of a delivery to the operator begins: of its own failure nobody is told by another."""


@dataclass(frozen=True, slots=True)
class Peers:
    """The other channels, as configured now."""

    channels: Mapping[ChannelName, Channel] = field(default_factory=dict)
    """In the order they are written down."""
    operator: tuple[ChannelName, ...] = ()
    """Those that are told what needs a person; empty: the first other one."""
    timezone: str = "UTC"

    def of_account(self, channel: Channel) -> list[ChannelName]:
        """The channels that use the same credentials, this one among them."""
        same = [name for name, other in self.channels.items() if other.account == channel.account]
        return same if ChannelName(channel.name) in same else [ChannelName(channel.name), *same]


def tell_operator(
    tx: Transaction, peers: Peers, about: ChannelName, reason: str, head: str, remedy: str, now: datetime
) -> list[ChannelName]:
    """Put a note in line on the operator's channels; once a day for the same channel and reason.

    A channel that is held, with its whole account where that is refused, or that is the one in trouble itself is passed
    over; one of another account comes before one of the same. Returns the channels that are told; none where there is
    no other, and then the log and `monitor status` say it alone.
    """
    told = []
    for name in _choose(tx, peers, about):
        key = f"{KEY_STEM}-{about}-{reason}-{now:%Y-%m-%d}-{name}"
        if tx.outbox.has_stem(key, name, DigestId(0)):
            continue
        note = Note(NoteKind.OPERATOR, head, now, timezone=peers.timezone, remedy=remedy)
        deliveries = [
            NewDelivery(
                digest_id=DigestId(0),
                topic=TopicKey(""),
                channel=name,
                key=f"{key}-{payload.suffix}" if payload.suffix else key,
                part=1,
                stories=0,
                payload=payload.body,
                kind=DeliveryKind.NOTE,
                lane=payload.lane,
            )
            for payload in peers.channels[name].render_note(note, key)
        ]
        tx.outbox.add(deliveries, now, due_at=now)
        told.append(name)
    return told


def _choose(tx: Transaction, peers: Peers, about: ChannelName) -> list[ChannelName]:
    in_trouble = peers.channels.get(about)
    held = {hold.channel for hold in tx.holds.all()}
    fit = [name for name in peers.channels if name != about and name not in held]
    if peers.operator:
        return [name for name in fit if name in peers.operator]
    able = [name for name in fit if peers.channels[name].kind != "console"]
    # What is wrong with a channel may be wrong with its account too, before that is known.
    able.sort(key=lambda name: in_trouble is not None and peers.channels[name].account == in_trouble.account)
    return able[:1]
