"""Tell the operator, on a channel that works, what needs a person, and when it is over.

Effects: database.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from msgspec import Struct, field

from monitor.channels.base import Channel
from monitor.model import ChannelName, Need, Note
from monitor.model.ids import NO_DIGEST
from monitor.needs import OF_CHANNELS, find_channel_needs
from monitor.outbox.notes import note_delivery
from monitor.outbox.notices import choose_tellings, find_changes, note_of
from monitor.storage.notices import OPEN_MAX
from monitor.storage.outbox import NewDelivery
from monitor.storage.store import Transaction

KEY_STEM = "operator"
"""How the key of a delivery to the operator begins."""


class Peers(Struct, frozen=True):
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


def settle_needs(tx: Transaction, needs: Sequence[Need], kinds: Collection[str], now: datetime) -> None:
    """Remember what needs a person, and that whatever else of these kinds was open is over."""
    changed, over = find_changes(needs, tx.notices.all(), kinds, open_max=OPEN_MAX)
    if over:
        tx.notices.clear_all([notice.key for notice in over], now)
    if changed:
        tx.notices.raise_all(changed, now)


def tell_of_channels(tx: Transaction, peers: Peers, now: datetime) -> None:
    """Look at what a failed attempt may have brought and tell it in the same transaction."""
    settle_needs(tx, find_channel_needs(tx), OF_CHANNELS, now)
    tell_due(tx, peers, now, kinds=OF_CHANNELS)


def tell_due(tx: Transaction, peers: Peers, now: datetime, *, kinds: Collection[str] | None = None) -> int:
    """Put in line for the operator what is to be told now, each once; returns how many messages.

    A channel that is held, with its whole account where that is refused, or that is the one in trouble itself is passed
    over; one of another account comes before one of the same. Where there is no other, it waits until there is, and
    the log and `monitor status` say it alone.
    """
    told = 0
    for telling in choose_tellings(tx.notices.all(), now, kinds=kinds):
        about = telling.kind.about(telling.notices[0].key)
        note = note_of(telling, now, peers.timezone)
        if tell_note(tx, peers, note, telling.key, now, about=about):
            tx.notices.tell([one.key for one in telling.notices], now)
            told += 1
    return told


def tell_note(
    tx: Transaction, peers: Peers, note: Note, key: str, now: datetime, *, about: ChannelName | None = None
) -> int:
    """Put a note in line for the operator, once for each key; returns on how many channels, 0 where none takes it now.

    `about` is the channel in trouble that it speaks of, which is passed over.
    """
    names = _choose(tx, peers, about)
    for name in names:
        tx.outbox.add(_deliveries(tx, peers, name, note, f"{KEY_STEM}-{key}-{name}"), now, due_at=now)
    return len(names)


def has_operator(tx: Transaction, peers: Peers) -> bool:
    """Whether a channel would take a note for the operator now."""
    return bool(_choose(tx, peers, None))


def _deliveries(tx: Transaction, peers: Peers, name: ChannelName, note: Note, key: str) -> list[NewDelivery]:
    if tx.outbox.has_stem(key, name, NO_DIGEST):
        return []
    return [note_delivery(name, payload, key) for payload in peers.channels[name].render_note(note, key)]


def _choose(tx: Transaction, peers: Peers, about: ChannelName | None) -> list[ChannelName]:
    in_trouble = peers.channels.get(about) if about is not None else None
    held = {hold.channel for hold in tx.holds.all()}
    fit = [name for name in peers.channels if name != about and name not in held]
    if peers.operator:
        return [name for name in fit if name in peers.operator]
    able = [name for name in fit if peers.channels[name].kind != "console"]
    # What is wrong with a channel may be wrong with its account too, before that is known.
    able.sort(key=lambda name: in_trouble is not None and peers.channels[name].account == in_trouble.account)
    return able[:1]
