"""What a channel promises the outbox: render (pure), send, and find what was perhaps sent.

Effects: none.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from monitor.model import Delivery, Digest, Note, StoryId


class Payload(Struct, frozen=True):
    """One part of a rendered digest: what will be sent, frozen as text when the digest closes."""

    part: int
    """Counts from 1; part n is sent only after part n-1."""
    suffix: str
    """Tells the parts and recipients of one digest apart in the delivery's key; empty for the only one."""
    body: str
    """JSON or text that `send` alone understands. Never holds a secret."""
    lane: str = ""
    """Payloads of one lane go out in order: the recipient for mail, else empty."""


class Receipt(Struct, frozen=True):
    """Proof that a channel took a delivery: Slack's `ts`, a Message-ID, a status."""

    reference: str


class Grown(Struct, frozen=True):
    """A told story's counts as they are now."""

    publisher_count: int
    independent_count: int
    article_count: int


class Examined(Struct, frozen=True):
    """How one part of a channel is, for `monitor doctor`."""

    part: str
    """`token`, `scopes`, `membership`, `connection`, `login`, …"""
    is_well: bool
    said: str
    """One sentence, with the remedy where it is not well."""


class Channel(Protocol):
    """A configured destination. All methods are synchronous; `send` and `find` run off the loop, in a sender thread."""

    @property
    def name(self) -> str:
        """The name of its table in the configuration."""

    @property
    def kind(self) -> str:
        """`console`, `slack`, `email`, `webhook` or `apprise`."""

    @property
    def account(self) -> str:
        """Whose credentials it uses: channels of one account are held together. Never holds a secret."""

    @property
    def spacing_s(self) -> float:
        """Seconds between two messages that the other side asks for; 0 for none."""

    @property
    def can_find(self) -> bool:
        """Whether `find` can really ask; where it cannot, `on_unknown` decides what happens to a perhaps-sent one."""

    def render(self, digest: Digest, key: str, root: str = "") -> Sequence[Payload]:
        """The parts of a digest, in order. Pure: the same digest and key give the same bytes. Never empty.

        `key` is the delivery key's stem, so that a part can carry what it will be found by. `root` is the stem of an
        earlier digest in whose thread this one stands, where there is one.
        """

    def render_note(self, note: Note, key: str, root: str = "") -> Sequence[Payload]:
        """A note, in one part per lane. Pure, never empty; `key` and `root` as for `render`."""

    def render_edit(self, body: str, stories: Mapping[StoryId, Grown]) -> str | None:
        """The body of a message that is out with the stories' counts as they are now, as an edit of it.

        None where nothing would change, or where messages cannot be edited.
        """

    def split(self, delivery: Delivery) -> Sequence[str]:
        """The bodies of smaller parts that say the same in order, when the other side finds this one too long.

        Empty when it cannot be divided any more.
        """

    def send(self, delivery: Delivery) -> Receipt:
        """Send one part and say what proves it. Bounded in time by less than the outbox's lease.

        Raises `ChannelError` with the outcome: refused, retryable (certainly not sent) or unknown.
        """

    def find(self, delivery: Delivery) -> Receipt | None:
        """Ask whether a perhaps-sent part arrived: its receipt, or None when it certainly did not.

        Raises `ChannelError` when the channel cannot be asked now.
        """

    def examine(self) -> Sequence[Examined]:
        """Try what can be tried without sending anything; never raises. For `monitor doctor`."""
