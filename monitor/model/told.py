"""What was told, as those who ask afterwards see it.

Effects: none.
"""

from dataclasses import dataclass
from datetime import datetime

from monitor.model.ids import StoryId


@dataclass(frozen=True, slots=True)
class ToldStory:
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
