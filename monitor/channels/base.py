"""What a channel promises the outbox: render (pure), send, and find what was perhaps sent.

Effects: none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from monitor.model import Delivery, Digest


@dataclass(frozen=True, slots=True)
class Payload:
    """One part of a rendered digest: what will be sent, frozen as text when the digest closes."""

    part: int
    """Counts from 1; part n is sent only after part n-1."""
    suffix: str
    """Tells the parts and recipients of one digest apart in the delivery's key; empty for the only one."""
    body: str
    """JSON or text that `send` alone understands. Never holds a secret."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that a channel took a delivery: Slack's `ts`, a Message-ID, a status."""

    reference: str


class Channel(Protocol):
    """A configured destination. All methods are synchronous; `send` and `find` run off the loop, in a sender thread."""

    @property
    def name(self) -> str:
        """The name of its table in the configuration."""

    @property
    def kind(self) -> str:
        """`console`, `slack`, `email` or `webhook`."""

    @property
    def can_find(self) -> bool:
        """Whether `find` can really ask; where it cannot, `on_unknown` decides what happens to a perhaps-sent one."""

    def render(self, digest: Digest, key: str) -> Sequence[Payload]:
        """The parts of a digest, in order. Pure: the same digest and key give the same bytes. Never empty.

        `key` is the delivery key's stem, so that a part can carry what it will be found by.
        """

    def send(self, delivery: Delivery) -> Receipt:
        """Send one part and say what proves it. Bounded in time by less than the outbox's lease.

        Raises `ChannelError` with the outcome: refused, retryable (certainly not sent) or unknown.
        """

    def find(self, delivery: Delivery) -> Receipt | None:
        """Ask whether a perhaps-sent part arrived: its receipt, or None when it certainly did not.

        Raises `ChannelError` when the channel cannot be asked now.
        """
