"""What people hold back, and what they follow.

Effects: none.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from monitor.model.ids import ChannelName, StoryId


class MuteKind(StrEnum):
    """What a mute holds back."""

    STORY = "story"
    TOPIC = "topic"
    FEED = "feed"
    TERM = "term"


class Mute(Struct, frozen=True):
    """Something held back until a time. What it holds waits: nothing is lost by it, and lifting it restores all."""

    id: int
    kind: MuteKind
    value: str
    """A story's id, a topic's key, a feed's name, or a word or phrase."""
    until: datetime
    at: datetime
    by: str
    """Who said so: `slack:U012AB3CD`, `cli:anna`."""
    channel: ChannelName | None = None
    """The channel it holds for; None for all."""
    reason: str = ""
    lifted_at: datetime | None = None
    lifted_by: str = ""

    def holds(self, now: datetime) -> bool:
        """Whether it is in force."""
        return self.lifted_at is None and now < self.until


class Follow(Struct, frozen=True):
    """A story whose every further report is shown to a channel at once, in the story's thread."""

    channel: ChannelName
    story_id: StoryId
    by: str
    at: datetime
    until: datetime
