"""What an edit of the watchlist would change, as a plan tells it.

Effects: none.
"""

from datetime import datetime

from msgspec import Struct

from monitor.model import ArticleId, ChannelName, StoryId, Topic, TopicKey
from monitor.storage.outlook import DAYS_MIN
from monitor.topics.compare import Change


class PlannedStory(Struct, frozen=True):
    """A story that a topic would gain or lose, by the first of its articles that answers."""

    story_id: StoryId
    article_id: ArticleId
    title: str
    url: str
    outlet: str
    at: datetime
    is_silent: bool
    """Whether nobody is told of it: all of it that answers was kept in silence, as a feed's first reading is."""


class Load(Struct, frozen=True):
    """What a topic comes to over the time that was replayed."""

    stories: int = 0
    """Of them all, silent ones too."""
    told: int = 0
    """Those that would have been told."""
    messages: int = 0
    """By its schedule, on each of its channels."""


class TopicChange(Struct, frozen=True):
    """What an edit does to one topic."""

    key: TopicKey
    name: str
    change: Change
    was: TopicKey | None
    """Its key before, where it was renamed."""
    keys: tuple[str, ...]
    """The keys of the file that differ."""
    old: Topic | None
    new: Topic | None
    before: Load
    after: Load
    added: int
    """Stories it gains, in all."""
    dropped: int
    added_stories: tuple[PlannedStory, ...]
    """The newest of them, the newest first."""
    dropped_stories: tuple[PlannedStory, ...]
    is_sure: bool = False
    """Of a renamed one, whether it is surely the same, so that what waits goes with it."""

    @property
    def changes_nothing(self) -> bool:
        """Whether the same stories come in as many messages on the same channels."""
        same_channels = bool(self.old and self.new) and _channels(self.old) == _channels(self.new)
        return not self.added and not self.dropped and self.before == self.after and same_channels


class Plan(Struct, frozen=True):
    """What an edit of the watchlist would change."""

    topics: tuple[TopicChange, ...]
    """Those it touches, in the order of the new watchlist, what goes last."""
    unchanged: int
    """Topics it does not touch."""
    is_first: bool
    """Whether there was nothing before to compare with: every topic is new."""
    since: datetime
    until: datetime
    days: float
    """The time replayed; never more than the archive has."""
    articles: int
    """In that time."""
    judged: int
    """Of those, how many might have answered and were judged."""
    is_cut: bool = False
    """Whether a bound was met, so that fewer days were looked at than were asked for."""

    @property
    def says_rates(self) -> bool:
        """Whether the archive is old enough to say anything of a day."""
        return self.days >= DAYS_MIN

    def per_day(self, count: int) -> float | None:
        """So many, for each day; None where the archive is too young to say."""
        return count / self.days if self.says_rates else None

    @property
    def added(self) -> int:
        """Stories gained, of all topics: one that two topics gain counts twice."""
        return sum(one.added for one in self.topics)

    @property
    def dropped(self) -> int:
        """Stories lost, counted alike."""
        return sum(one.dropped for one in self.topics)

    @property
    def messages(self) -> tuple[int, int]:
        """Messages before and after, of the topics touched, each counted once however many channels it goes to."""
        return sum(one.before.messages for one in self.topics), sum(one.after.messages for one in self.topics)

    @property
    def channels(self) -> dict[ChannelName, tuple[int, int]]:
        """Messages before and after of each channel that an edit makes busier, quieter, or takes a topic to or from."""
        found: dict[ChannelName, tuple[int, int]] = {}
        moved: set[ChannelName] = set()
        for one in self.topics:
            before, after = _channels(one.old), _channels(one.new)
            moved |= before ^ after
            for name in before | after:
                was, will = found.get(name, (0, 0))
                was += one.before.messages if name in before else 0
                found[name] = was, will + (one.after.messages if name in after else 0)
        return {name: found[name] for name in sorted(found) if name in moved or found[name][0] != found[name][1]}


def _channels(topic: Topic | None) -> set[ChannelName]:
    return set(topic.channels) if topic else set()
