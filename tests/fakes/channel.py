"""A channel that remembers what it took, and fails as it is told to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.channels.base import Examined, Grown, Payload, Receipt
from monitor.errors import ChannelError, RefusalScope, SendOutcome
from monitor.model import Delivery, Digest, Note, StoryId


class Crash(BaseException):
    """Stands for a kill: nothing catches it."""


@dataclass
class RecordingChannel:
    """Takes payloads like a chat service: it can be asked what it has, unless `can_find` says otherwise.

    `faults` is consumed one per send: `ok`, `refused`, `too_long`, `retry`, `lost` (nothing arrived, nobody knows),
    `taken` (it arrived, nobody knows), `crash_before`, `crash_after`.
    """

    name: str = "desk"
    can_find: bool = True
    kind: str = "recording"
    account: str = "recording"
    spacing_s: float = 0.0
    faults: list[str] = field(default_factory=list)
    arrived: list[str] = field(default_factory=list)
    asked: int = 0
    on_send: Callable[[Delivery], None] | None = None

    def render(self, digest: Digest, key: str, root: str = "") -> Sequence[Payload]:
        """One part that names its stories."""
        return [Payload(1, "", f"{key}: " + ", ".join(str(story.story_id) for story in digest.stories))]

    def render_note(self, note: Note, key: str, root: str = "") -> Sequence[Payload]:
        """One part that says what it is about."""
        return [Payload(1, "", f"{key}: {note.kind}: {note.head}")]

    def render_edit(self, body: str, stories: Mapping[StoryId, Grown]) -> str | None:
        """The body with the counts behind it."""
        return f"{body} {', '.join(f'{story}={grown.publisher_count}' for story, grown in sorted(stories.items()))}"

    def split(self, delivery: Delivery) -> Sequence[str]:
        """The two halves of a body."""
        half = len(delivery.payload) // 2
        return (delivery.payload[:half], delivery.payload[half:]) if half else ()

    def examine(self) -> Sequence[Examined]:
        """All is well."""
        return [Examined("connection", True, "it answers.")]

    def send(self, delivery: Delivery) -> Receipt:
        """Take it, or fail as told."""
        if self.on_send is not None:
            self.on_send(delivery)
        fault = self.faults.pop(0) if self.faults else "ok"
        if fault == "refused":
            raise ChannelError("it is not welcome", reason="refused", outcome=SendOutcome.REFUSED, remedy="Ask them.")
        if fault == "too_long":
            raise ChannelError(
                "it is too long", reason="too_long", outcome=SendOutcome.REFUSED, scope=RefusalScope.SIZE
            )
        if fault == "retry":
            raise ChannelError("later", reason="busy", outcome=SendOutcome.RETRYABLE, retry_after_s=7)
        if fault == "crash_before":
            raise Crash
        if fault != "lost":
            self.arrived.append(delivery.key)
        if fault in ("lost", "taken"):
            raise ChannelError("no answer", reason="timeout", outcome=SendOutcome.UNKNOWN)
        if fault == "crash_after":
            raise Crash
        return Receipt(f"receipt of {delivery.key}")

    def find(self, delivery: Delivery) -> Receipt | None:
        """Whether it arrived."""
        self.asked += 1
        return Receipt(f"receipt of {delivery.key}") if delivery.key in self.arrived else None
