"""One topic in numbers: its volume by day and hour beside what is usual, its scores, its marks and mutes.

Effects: database.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from monitor.digests.schedule import day_began_at
from monitor.digests.volume import LOOK_BACK, volume_of
from monitor.model import Budget, ChannelName, LearnedWord, Level, Mute, MuteKind, Topic, TopicMark, Verdict
from monitor.pipeline.bars import Standing, standings
from monitor.pipeline.marks import learned_of
from monitor.storage.store import Transaction
from monitor.storage.topic_views import COUNTED_MAX
from monitor.storage.topics import TopicState
from monitor.targets import TargetStanding, read_targets
from monitor.topics.concepts import least_score
from monitor.topics.feedback import MARKS_MAX
from monitor.topics.match import CompiledTopic
from monitor.topics.meaning import Lexicon
from monitor.views.plot_bars import BarPlot, BarPoint, plot_bars
from monitor.views.plot_histogram import Histogram, Threshold, plot_histogram

DAYS = 30
HOURS = 7 * 24
_HOUR = timedelta(hours=1)


class Stretch(Struct, frozen=True):
    """A day or an hour of a topic."""

    start: datetime
    count: int
    usual: int | None
    """None where too little is known."""
    is_burst: bool


class Volumes(Struct, frozen=True):
    """How much answered a topic over time."""

    days: tuple[Stretch, ...]
    hours: tuple[Stretch, ...]
    is_whole: bool
    """Whether all matches of the time were counted; where not, the newest were."""


class Scores(Struct, frozen=True):
    """How many articles of the last days have which score."""

    matched: Mapping[int, int]
    near: Mapping[int, int]
    levels: Mapping[Level, int]
    """From which score on a name matches at each level, however its words are spread; empty for a query, and for a
    name of one word, which matches where the word is there."""


class TopicCard(Struct, frozen=True):
    """What stands at the head of a topic's page."""

    state: TopicState | None
    waiting: int
    told_week: int
    matched_day: int
    mutes: tuple[Mute, ...]
    """Of the topic, and of feeds and terms: they hold back stories of every topic."""
    marks: tuple[TopicMark, ...]
    useful: int
    not_relevant: int
    learned: tuple[LearnedWord, ...]
    bars: Mapping[str, Standing]
    target: TargetStanding | None
    """How soon it is told beside its target; None where it has none."""


def read_card(
    tx: Transaction,
    compiled: CompiledTopic,
    lexicon: Lexicon,
    topics: Sequence[Topic],
    at_most: Mapping[ChannelName, Budget],
    now: datetime,
) -> TopicCard:
    """The topic as it stands now."""
    topic = compiled.topic
    marks = tx.marks.newest(topic.key, MARKS_MAX)
    useful = sum(mark.verdict is Verdict.USEFUL for mark in marks)
    mutes = [one for one in tx.mutes.in_force(now) if one.kind is not MuteKind.TOPIC or one.value == topic.key]
    first = tx.topic_views.first_since(now - timedelta(days=1))
    return TopicCard(
        state=tx.topics.get(topic.key),
        waiting=tx.matches.count_open(topic.key),
        told_week=tx.topic_views.told_counts([topic.key], now - timedelta(days=7)).get(topic.key, 0),
        matched_day=tx.topic_views.counts([topic.key], first).get(topic.key, 0),
        mutes=tuple(mutes),
        marks=tuple(marks),
        useful=useful,
        not_relevant=len(marks) - useful,
        learned=learned_of(tx, compiled, lexicon) if marks else (),
        bars=standings(tx, topic, topics, at_most, now),
        target=next(iter(read_targets(tx, [topic], now)), None),
    )


def read_volumes(tx: Transaction, topic: Topic, now: datetime) -> Volumes:
    """The last 30 days, each to the same time of day where it is today; and the last seven days by hour."""
    first = tx.topic_views.first_since(now - timedelta(days=DAYS) - LOOK_BACK)
    times = tx.topic_views.times(topic.key, first)
    state = tx.topics.get(topic.key)
    known_since = state.created_at if state is not None else now
    zone = topic.schedule.timezone
    days = []
    end = now
    for _ in range(DAYS):
        # A moment before midnight is in the day before.
        start = day_began_at(end - timedelta(microseconds=1), zone)
        days.append(_stretch(times, start, end, known_since))
        end = start
    last = now.replace(minute=0, second=0, microsecond=0)
    starts = [last - _HOUR * back for back in range(HOURS - 1, -1, -1)]
    hours = [_stretch(times, start, min(start + _HOUR, now), known_since) for start in starts]
    return Volumes(tuple(reversed(days)), tuple(hours), len(times) < COUNTED_MAX)


def _stretch(times: Sequence[datetime], start: datetime, end: datetime, known_since: datetime) -> Stretch:
    volume = volume_of(times, start, end, known_since=known_since)
    if volume is None:  # of a few minutes nothing usual can be said
        return Stretch(start, sum(1 for at in times if start <= at < end), None, is_burst=False)
    return Stretch(start, volume.count, volume.usual, volume.is_burst)


def read_scores(tx: Transaction, compiled: CompiledTopic, now: datetime) -> Scores:
    """The scores of the last 30 days, of what matched and of what nearly did, up to a bound of the newest."""
    topic = compiled.topic
    first = tx.topic_views.first_since(now - timedelta(days=DAYS))
    return Scores(
        tx.topic_views.scores(topic.key, first), tx.topic_views.near_scores(topic.key, first), thresholds_of(compiled)
    )


def thresholds_of(compiled: CompiledTopic) -> dict[Level, int]:
    """From which score on the topic's name matches at each level; empty where no score decides."""
    words = len(compiled.names[0].concepts) if compiled.names else 0
    if words < 2 or not compiled.names[0].is_scored:  # of one word the level is asked otherwise
        return {}
    return {level: least_score(level, words) for level in (Level.BROAD, Level.BALANCED, Level.STRICT)}


def draw_days(volumes: Volumes, zone: str) -> BarPlot:
    """The last 30 days."""
    local = ZoneInfo(zone)
    points = []
    for number, day in enumerate(volumes.days):
        start = day.start.astimezone(local)
        tick = f"{start.day} {start:%b}" if (len(volumes.days) - 1 - number) % 7 == 0 else ""
        is_last = number == len(volumes.days) - 1
        points.append(
            BarPoint(f"{start:%a %d %b}", day.count, day.usual, day.is_burst, tick, "so far today" if is_last else "")
        )
    return plot_bars("Articles a day, last 30 days", points, when="Day")


def draw_hours(volumes: Volumes, zone: str) -> BarPlot:
    """The last seven days, hour by hour."""
    local = ZoneInfo(zone)
    points = []
    for hour in volumes.hours:
        start = hour.start.astimezone(local)
        tick = f"{start:%a %d}" if start.hour == 0 else ""
        points.append(BarPoint(f"{start:%a %d %b %H:%M}", hour.count, hour.usual, hour.is_burst, tick))
    return plot_bars("Articles an hour, last 7 days", points, when="Hour")


def draw_scores(scores: Scores, chosen: Level, bars: Mapping[str, Standing]) -> Histogram:
    """The scores, with the levels' thresholds and the budgets' bars."""
    marks = [Threshold(level.value, level.value, at, is_chosen=level is chosen) for level, at in scores.levels.items()]
    marks += [
        Threshold("bar", "bar" if len(bars) == 1 else f"bar of {name}", one.bar, is_chosen=True)
        for name, one in bars.items()
        if one.bar is not None
    ]
    return plot_histogram("Scores of the last 30 days", scores.matched, scores.near, marks)
