"""What was told, as those who ask afterwards see it.

Effects: none.
"""

from datetime import datetime

from msgspec import Struct

from monitor.model.ids import ChannelName, StoryId, TopicKey


class ToldStory(Struct, frozen=True):
    """A story as a topic told it, on whatever channels."""

    story_id: StoryId
    title: str
    """Of the article that led its latest telling."""
    url: str
    outlet: str
    text: str
    told_at: datetime
    """When it was told first."""
    updated_at: datetime
    """When it was told last."""
    publisher_count: int
    independent_count: int
    article_count: int


class Telling(Struct, frozen=True):
    """A story reaching a channel as news, as it is compared with that of another run."""

    topic: TopicKey
    channel: ChannelName
    told_at: datetime
    reason: str
    headline: str
    """Of the article that led it; empty where that is past the retention."""
    url: str
    members: frozenset[str]
    """Its story's articles by their addresses, or titles where they have none."""
