"""Topics, for programs: the list, one of them in numbers, its stories, and what each level would find.

Effects: database.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from monitor.errors import MonitorError
from monitor.model import Level
from monitor.storage.topics import TopicState
from monitor.targets import TargetStanding, read_targets
from monitor.views.changes import word_of
from monitor.views.levels import AtLevel, Headline, read_levels
from monitor.views.topic import Stretch, read_card, read_scores, read_volumes
from monitor.views.topic_list import TopicLine, read_topics
from monitor.views.topic_stories import ShowOfTopic, StoryLine, read_stories
from monitor.web.api_marked import Marked, marked, read_cursor
from monitor.web.pages import DeskIn
from monitor.web.paging import LIMIT, AfterIn, LimitIn, Paged
from monitor.web.patience import over_after
from monitor.web.topics_in import KeyIn, find_topic

router = APIRouter(tags=["topics"])


@dataclass(frozen=True, slots=True)
class TargetAnswer:
    """How soon a topic is told, beside its target; of seven days."""

    target_s: int
    told: int
    """Tellings that can be judged; of many, the newest."""
    met: int
    share: float | None
    """`met` of `told`; null where nothing was told."""
    missed: bool
    """Whether less than nine of ten were in time in the last 24 hours."""
    worst_s: int
    lost_by: str | None
    """What most often lost the time of those that were late: `match`, `digest` or `channel`."""
    before_s: int | None
    """The median time from a feed's date until the article was seen."""
    before_by: str | None
    """`feed` or `interval`, where `before_s` is longer than the target."""


@dataclass(frozen=True, slots=True)
class TopicBrief:
    """A topic in a list."""

    key: str
    name: str
    level: Level | None
    """Null for a query."""
    query: str | None
    schedule: str
    channels: list[str]
    articles_day: int
    articles_week: int
    told_week: int
    """Stories told in the last seven days, on any channel."""
    waiting: int
    next_due_at: datetime | None
    last_closed_at: datetime | None
    muted_until: datetime | None
    target: TargetAnswer | None


@dataclass(frozen=True, slots=True)
class BudgetAnswer:
    """A budget that the topic's digests keep."""

    of: str
    """The topic's key, or `channel NAME`."""
    at_most: str
    bar: int | None


@dataclass(frozen=True, slots=True)
class LearnedAnswer:
    """A word that marks taught."""

    word: str
    points: int
    useful: int
    not_relevant: int


@dataclass(frozen=True, slots=True)
class TopicWhole:
    """A topic in numbers."""

    key: str
    name: str
    also: list[str]
    level: Level | None
    query: str | None
    """Normalised, fully parenthesised."""
    exclude: str | None
    schedule: str
    channels: list[str]
    articles_day: int
    told_week: int
    waiting: int
    in_force_since: datetime | None
    next_due_at: datetime | None
    last_closed_at: datetime | None
    budgets: list[BudgetAnswer]
    useful: int
    not_relevant: int
    learned: list[LearnedAnswer]
    target: TargetAnswer | None


@dataclass(frozen=True, slots=True)
class StretchAnswer:
    """A day or an hour."""

    start: datetime
    articles: int
    usual: int | None
    is_burst: bool


@dataclass(frozen=True, slots=True)
class VolumeAnswer:
    """How much answered a topic."""

    days: list[StretchAnswer]
    hours: list[StretchAnswer]
    whole: bool
    """False where only the newest matches of the time were counted."""


@dataclass(frozen=True, slots=True)
class ScoresAnswer:
    """The scores of the last 30 days: how many articles have which."""

    matched: dict[int, int]
    near: dict[int, int]
    thresholds: dict[Level, int]
    """From which score a name matches at each level, however its words are spread; empty where no score decides."""


@dataclass(frozen=True, slots=True)
class ToldAnswer:
    """A telling."""

    channel: str
    at: datetime
    update: bool
    delivered: bool
    reason: str


@dataclass(frozen=True, slots=True)
class TopicStory:
    """A story as the topic has it."""

    story: int
    article: int
    title: Marked
    text: Marked
    outlet: str
    url: str
    at: datetime
    score: int
    why: list[str]
    fate: str
    """`told`, `waits`, `muted`, `held` or `silent`."""
    fate_words: str
    fate_at: datetime | None
    told: list[ToldAnswer]
    mark: str
    """`useful`, `not_relevant` or `none`."""


@dataclass(frozen=True, slots=True)
class HeadlineAnswer:
    """A story by one of its articles."""

    story: int
    article: int
    title: str
    url: str
    outlet: str
    seen: datetime | None


@dataclass(frozen=True, slots=True)
class LevelAnswer:
    """What one level would find."""

    level: Level
    stories: int
    coming: int
    going: int
    comes: list[HeadlineAnswer]
    """The newest of those that would come."""
    goes: list[HeadlineAnswer]


@dataclass(frozen=True, slots=True)
class LevelsAnswer:
    """The levels beside each other."""

    now: Level
    levels: list[LevelAnswer]
    judged: int
    since: datetime
    is_cut: bool
    """Whether less than 30 days were looked at, because there was too much."""


@router.get("/topics")
def topics(desk: DeskIn, limit: LimitIn = LIMIT, after: AfterIn = None) -> Paged[TopicBrief]:
    """The topics in force, in the watchlist's order."""
    every = desk.force().loaded.watchlist.topics
    start = next((number + 1 for number, one in enumerate(every) if one.key == after), 0 if after is None else None)
    if start is None:
        raise MonitorError("`after` is not of a page before", remedy="The watchlist may have changed: begin again.")
    shown = every[start : start + limit]
    with desk.store.read() as tx:
        lines = read_topics(tx, shown, desk.clock.now())
        targets = {one.topic: target_answer(one) for one in read_targets(tx, shown, desk.clock.now())}
    items = [_brief(line, targets.get(line.topic.key)) for line in lines]
    return Paged(items=items, next=str(shown[-1].key) if start + limit < len(every) else None)


@router.get("/topics/{key}")
def topic(desk: DeskIn, key: KeyIn) -> TopicWhole:
    """One topic in numbers."""
    force, now = desk.force(), desk.clock.now()
    compiled, loaded = find_topic(force, key), force.loaded
    with desk.store.read() as tx:
        card = read_card(tx, compiled, loaded.compiled.lexicon, loaded.watchlist.topics, loaded.at_most, now)
    one = compiled.topic
    state: TopicState | None = card.state
    return TopicWhole(
        key=one.key,
        name=one.name,
        also=list(one.also),
        level=None if one.query is not None else one.level,
        query=compiled.query.normalised if compiled.query else None,
        exclude=compiled.exclude.normalised if compiled.exclude else None,
        schedule=one.schedule.text,
        channels=list(one.channels),
        articles_day=card.matched_day,
        told_week=card.told_week,
        waiting=card.waiting,
        in_force_since=state.created_at if state else None,
        next_due_at=state.next_due_at if state else None,
        last_closed_at=state.last_closed_at if state else None,
        budgets=[BudgetAnswer(name, str(each.budget), each.bar) for name, each in card.bars.items()],
        useful=card.useful,
        not_relevant=card.not_relevant,
        learned=[LearnedAnswer(word.word, word.points, word.useful, word.not_relevant) for word in card.learned],
        target=target_answer(card.target) if card.target is not None else None,
    )


@router.get("/topics/{key}/volume")
def volume(desk: DeskIn, key: KeyIn) -> VolumeAnswer:
    """Articles by day over 30 days, and by hour over seven, beside what is usual; times begin in the topic's zone."""
    compiled = find_topic(desk.force(), key)
    with desk.store.read() as tx:
        found = read_volumes(tx, compiled.topic, desk.clock.now())
    return VolumeAnswer(list(map(_stretch, found.days)), list(map(_stretch, found.hours)), found.is_whole)


@router.get("/topics/{key}/scores")
def scores(desk: DeskIn, key: KeyIn) -> ScoresAnswer:
    """How many articles of the last 30 days have which score, with the levels' thresholds."""
    compiled = find_topic(desk.force(), key)
    with desk.store.read() as tx:
        found = read_scores(tx, compiled, desk.clock.now())
    return ScoresAnswer(dict(found.matched), dict(found.near), dict(found.levels))


@router.get("/topics/{key}/stories")
def stories(
    desk: DeskIn,
    key: KeyIn,
    show: Annotated[ShowOfTopic, Query(description="All, those told, or those not told.")] = ShowOfTopic.ALL,
    limit: LimitIn = LIMIT,
    after: AfterIn = None,
) -> Paged[TopicStory]:
    """Its stories, the newest first, each with what became of it and why. A page may be shorter than asked for."""
    compiled = find_topic(desk.force(), key)
    before = read_cursor(after)
    with desk.store.read() as tx:
        page = read_stories(tx, compiled.topic, desk.clock.now(), show=show, before=before, limit=limit)
    return Paged(items=list(map(_story, page.lines)), next=None if page.next is None else str(page.next))


@router.get("/topics/{key}/levels")
def levels(desk: DeskIn, key: KeyIn) -> LevelsAnswer:
    """What the topic would find at each level over the last 30 days, as far as half a second allows."""
    force = desk.force()
    compiled = find_topic(force, key)
    if not compiled.names:
        raise MonitorError("a query has no level: it decides by itself", remedy="Ask for its scores instead.")
    is_over = over_after(desk.clock)
    with desk.store.read() as tx:
        found = read_levels(tx, compiled, force.watched.watchlist.lexicon, desk.clock.now(), is_over)
    return LevelsAnswer(found.now, list(map(_level, found.levels)), found.judged, found.since, found.is_cut)


def target_answer(one: TargetStanding) -> TargetAnswer:
    """How a target is kept, for programs."""
    return TargetAnswer(
        target_s=int(one.target.total_seconds()),
        told=one.told,
        met=one.met,
        share=one.share,
        missed=one.is_missed,
        worst_s=int(one.worst.total_seconds()),
        lost_by=one.lost_by,
        before_s=int(one.before.total_seconds()) if one.before is not None else None,
        before_by=one.before_by,
    )


def _brief(line: TopicLine, target: TargetAnswer | None) -> TopicBrief:
    topic = line.topic
    return TopicBrief(
        key=topic.key,
        name=topic.name,
        level=None if line.is_query else topic.level,
        query=topic.query,
        schedule=topic.schedule.text,
        channels=list(topic.channels),
        articles_day=line.matched_day,
        articles_week=line.matched_week,
        told_week=line.told_week,
        waiting=line.waiting,
        next_due_at=line.next_due_at,
        last_closed_at=line.last_closed_at,
        muted_until=line.mute.until if line.mute is not None else None,
        target=target,
    )


def _stretch(one: Stretch) -> StretchAnswer:
    return StretchAnswer(one.start, one.count, one.usual, one.is_burst)


def _story(line: StoryLine) -> TopicStory:
    return TopicStory(
        story=line.story_id,
        article=line.article_id,
        title=marked(line.title),
        text=marked(line.text),
        outlet=line.outlet,
        url=line.url,
        at=line.at,
        score=line.score,
        why=list(line.why),
        fate=line.fate.kind.value,
        fate_words=line.fate.words,
        fate_at=line.fate.at,
        told=[ToldAnswer(one.channel, one.at, one.is_update, one.is_delivered, one.reason) for one in line.told],
        mark=word_of(line.mark),
    )


def _headline(one: Headline) -> HeadlineAnswer:
    return HeadlineAnswer(one.story_id, one.article_id, one.title, one.url, one.outlet, one.at)


def _level(one: AtLevel) -> LevelAnswer:
    return LevelAnswer(
        one.level, one.stories, one.coming, one.going, list(map(_headline, one.comes)), list(map(_headline, one.goes))
    )
