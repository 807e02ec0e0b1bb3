"""Digests on standard output: what `make run` shows until another channel is configured.

Effects: writes through the function it is given.
"""

from collections.abc import Callable, Mapping, Sequence

from monitor.channels.base import Examined, Grown, Payload, Receipt
from monitor.channels.plain import render_note_text, render_text
from monitor.errors import ChannelError, SendOutcome
from monitor.model import Delivery, Digest, Note, StoryId

__all__ = ["ConsoleChannel", "render_text"]


class ConsoleChannel:
    """Writes each digest once, as text. What was written cannot be asked for later."""

    kind = "console"
    can_find = False
    account = "console"
    spacing_s = 0.0

    def __init__(self, name: str, write: Callable[[str], None], *, ansi: bool = False) -> None:
        self.name = name
        self._write = write
        self._ansi = ansi

    def render(self, digest: Digest, key: str, root: str = "") -> Sequence[Payload]:
        """One part: the digest as text, a blank line after it."""
        del key, root  # nothing on a terminal can be found again
        return [Payload(part=1, suffix="", body=render_text(digest, ansi=self._ansi) + "\n")]

    def render_note(self, note: Note, key: str, root: str = "") -> Sequence[Payload]:
        """One part: the note as text, a blank line after it."""
        del key, root
        return [Payload(part=1, suffix="", body=render_note_text(note) + "\n")]

    def render_edit(self, body: str, stories: Mapping[StoryId, Grown]) -> str | None:
        """What was written stays as it is."""
        del body, stories
        return None

    def split(self, delivery: Delivery) -> Sequence[str]:
        """Nothing is too long for a terminal."""
        del delivery
        return ()

    def examine(self) -> Sequence[Examined]:
        """Nothing is tried: it is the output of whoever runs the daemon."""
        return [Examined("output", True, "the standard output of whoever sends: monitor run, or a worker")]

    def send(self, delivery: Delivery) -> Receipt:
        """Write the text in one call. A pipe that nobody reads any more is retryable: a restart brings a reader."""
        try:
            self._write(delivery.payload)
        except (OSError, ValueError) as error:  # ValueError: the stream is closed, or cannot encode a character
            raise ChannelError(
                f"standard output takes nothing ({type(error).__name__})",
                reason="closed",
                outcome=SendOutcome.RETRYABLE,
                where=f'delivery {delivery.id} to "{self.name}"',
                remedy="Start the daemon with its output connected, in UTF-8.",
            ) from error
        return Receipt("written")

    def find(self, delivery: Delivery) -> Receipt | None:
        """A terminal cannot be asked; the outbox does not call this while `can_find` is false."""
        raise ChannelError(
            "the console cannot be asked what it showed",
            reason="cannot_find",
            outcome=SendOutcome.UNKNOWN,
            where=f'delivery {delivery.id} to "{self.name}"',
        )
