"""Stories, for programs: the list, one of them whole, and a person's corrections.

Effects: database.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from monitor.errors import MonitorError
from monitor.model import ArticleId, ChannelName, MuteKind, StoryId, TopicKey
from monitor.pipeline.corrections import REASON_CHARS_MAX, Corrected, merge_stories, split_story
from monitor.storage.corrections import StoryChange
from monitor.storage.digests import SentRecord
from monitor.text import plain_line
from monitor.views.stories import Show, StoryLine, list_page
from monitor.views.story import Member, StoryPage
from monitor.web.desk import Desk
from monitor.web.forms import EditorIn
from monitor.web.page_stories import HELD_FOR, NUMBER_MAX, read_page
from monitor.web.pages import DeskIn
from monitor.web.paging import LIMIT, AfterIn, LimitIn, Paged
from monitor.web.refusals import NotThere

router = APIRouter(tags=["stories"])

StoryNumber = Annotated[int, Path(ge=1, le=NUMBER_MAX, description="Of a story, a merged one too, or of an article.")]


@dataclass(frozen=True, slots=True)
class StoryBrief:
    """A story in a list."""

    story: int
    title: str | None
    url: str | None
    created_at: datetime
    last_article_at: datetime
    articles: int
    publishers: int
    """Of its first hundred articles."""
    independent_texts: int
    topics: dict[str, int]
    """How many of its articles answer which topic."""
    told_on: list[str]
    """The channels that were told."""


@dataclass(frozen=True, slots=True)
class TellingAnswer:
    """What a channel was told."""

    channel: str
    key: int
    """The story, or the text or article of it that was told by itself."""
    telling: int
    topic: str
    at: datetime
    digest: int
    delivery: int | None
    led_by: int
    reason: str
    delivered: bool


@dataclass(frozen=True, slots=True)
class MemberAnswer:
    """An article of a story."""

    article: int
    title: str
    url: str
    outlet: str
    publisher: str
    origin: str | None
    published: datetime | None
    seen: datetime | None
    behind_s: float
    """Seconds after the first of the story."""
    relation: str
    of: int | None
    text: int | None
    quiet: bool
    evidence: str | None
    topics: dict[str, int]
    """The topics it answers, with its score."""


@dataclass(frozen=True, slots=True)
class ChangeAnswer:
    """A correction by hand."""

    kind: str
    story: int
    other: int
    articles: list[int]
    at: datetime
    by: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class StoryWhole:
    """A story, whole."""

    story: int
    title: str | None
    url: str | None
    created_at: datetime
    last_article_at: datetime
    articles: int
    publishers: int
    independent_texts: int
    topics: dict[str, int]
    first: str | None
    """The outlet that had it first."""
    ahead_s: float | None
    """For how many seconds no other publisher had it; null while it is alone."""
    told: list[TellingAnswer]
    members: list[MemberAnswer]
    """Its first 200 articles that are kept, oldest first."""
    merged: list[int]
    changes: list[ChangeAnswer]
    muted_until: datetime | None
    followed_on: list[str]


@dataclass(frozen=True, slots=True)
class CorrectedAnswer:
    """What came of a correction."""

    change: ChangeAnswer
    along: list[int]
    """Copies that were not named and went with their text."""
    articles: int
    """What the story that stayed has now."""


class SplitAsked(BaseModel):
    """The articles that become a story of their own."""

    articles: list[Annotated[int, Field(ge=1, le=NUMBER_MAX)]] = Field(min_length=1, max_length=5_000)
    reason: str = Field(default="", max_length=REASON_CHARS_MAX)


class MergeAsked(BaseModel):
    """The other story."""

    other: int = Field(ge=1, le=NUMBER_MAX)
    reason: str = Field(default="", max_length=REASON_CHARS_MAX)


class MuteAsked(BaseModel):
    """How long the story is held back, on one channel or on all."""

    hours: int = Field(default=HELD_FOR // timedelta(hours=1), ge=1, le=24 * 366)
    channel: str | None = Field(default=None, max_length=100)
    reason: str = Field(default="", max_length=REASON_CHARS_MAX)


class FollowAsked(BaseModel):
    """The channel that is shown everything that comes."""

    channel: str = Field(max_length=100)
    hours: int = Field(default=HELD_FOR // timedelta(hours=1), ge=1, le=24 * 31)


@dataclass(frozen=True, slots=True)
class HeldUntil:
    """Until when."""

    story: int
    until: datetime


@router.get("/stories")
def stories(
    desk: DeskIn,
    show: Show = Show.MATCHED,
    topic: Annotated[str | None, Query(max_length=200, description="A topic's key.")] = None,
    limit: LimitIn = LIMIT,
    after: AfterIn = None,
) -> Paged[StoryBrief]:
    """The newest stories: those that answer a topic, those told, not told, or all."""
    topics = desk.force().loaded.watchlist.topics
    key = next((one.key for one in topics if one.key == topic), None)
    if topic is not None and key is None:
        raise NotThere(f"there is no topic {topic!r}", remedy="See /api/v1/topics.")
    found = list_page(desk.store, show, key, after, limit)
    return Paged(items=list(map(_brief, found.lines)), next=found.next)


@router.get("/stories/{number}")
def story(number: StoryNumber, desk: DeskIn) -> StoryWhole:
    """All of one story: its articles in time, why they are one, where it was told, what a person changed."""
    return _whole(read_page(desk, number, desk.clock.now()))


@router.post("/stories/{number}/split")
def split(number: StoryNumber, asked: SplitAsked, desk: DeskIn, person: EditorIn) -> CorrectedAnswer:
    """Give articles a story of their own. Nothing is told by it."""
    _check_there(desk, number)
    articles = [ArticleId(one) for one in asked.articles]
    now = desk.clock.now()
    return _corrected(
        split_story(desk.store, StoryId(number), articles, by=person.author, reason=asked.reason, now=now)
    )


@router.post("/stories/{number}/merge")
def merge(number: StoryNumber, asked: MergeAsked, desk: DeskIn, person: EditorIn) -> CorrectedAnswer:
    """Make one story of two; the older one's number stays, and nothing is told by it."""
    _check_there(desk, number)
    one, other, now = StoryId(number), StoryId(asked.other), desk.clock.now()
    return _corrected(merge_stories(desk.store, one, other, by=person.author, reason=asked.reason, now=now))


@router.post("/stories/{number}/mute")
def mute(number: StoryNumber, asked: MuteAsked, desk: DeskIn, person: EditorIn) -> HeldUntil:
    """Hold the story back; what comes on it waits."""
    now = desk.clock.now()
    story_id = read_page(desk, number, now).dossier.outline.story.id
    channel = None if asked.channel is None else ChannelName(asked.channel)
    if channel is not None and channel not in desk.force().channels:
        raise NotThere(f"there is no channel {asked.channel!r}", remedy="Name one of monitor.toml.")
    until = now + timedelta(hours=asked.hours)
    with desk.store.write() as tx:
        kind, value = MuteKind.STORY, str(story_id)
        made = tx.mutes.add(
            kind, value, until=until, now=now, by=person.author, channel=channel, reason=plain_line(asked.reason)
        )
    return HeldUntil(story_id, made.until)


@router.post("/stories/{number}/follow")
def follow(number: StoryNumber, asked: FollowAsked, desk: DeskIn, person: EditorIn) -> HeldUntil:
    """Show a channel that was told of the story everything that comes on it, at once."""
    now = desk.clock.now()
    outline = read_page(desk, number, now).dossier.outline
    channel = next((one.channel for one in outline.tellings if one.channel == asked.channel), None)
    if channel is None:
        raise MonitorError("this channel was not told of the story", remedy="Follow it where it was told.")
    until = now + timedelta(hours=asked.hours)
    with desk.store.write() as tx:
        made = tx.follows.set(channel, outline.story.id, by=person.author, now=now, until=until)
    return HeldUntil(outline.story.id, made.until)


def _check_there(desk: Desk, number: int) -> None:
    """Raises NotThere for a story that never was; one that was merged stands in another."""
    with desk.store.read() as tx:
        if tx.corrections.resolve(StoryId(number)) is None:
            raise NotThere(f"there is no story {number}", remedy="See /api/v1/stories.")


def _brief(line: StoryLine) -> StoryBrief:
    outline, one = line.outline, line.outline.story
    return StoryBrief(
        story=one.id,
        title=outline.title or None,
        url=outline.url or None,
        created_at=one.created_at,
        last_article_at=one.last_article_at,
        articles=one.article_count,
        publishers=outline.publishers,
        independent_texts=outline.independent,
        topics=_plain(outline.topics),
        told_on=list(line.told_on),
    )


def _whole(page: StoryPage) -> StoryWhole:
    outline, one, race = page.dossier.outline, page.dossier.outline.story, page.race
    return StoryWhole(
        story=one.id,
        title=outline.title or None,
        url=outline.url or None,
        created_at=one.created_at,
        last_article_at=one.last_article_at,
        articles=one.article_count,
        publishers=outline.publishers,
        independent_texts=outline.independent,
        topics=_plain(outline.topics),
        first=race.first.stored.article.outlet if race is not None else None,
        ahead_s=race.ahead.total_seconds() if race is not None and race.ahead is not None else None,
        told=[_telling(telling, page) for telling in outline.tellings],
        members=list(map(_member, page.members)),
        merged=list(page.dossier.merged),
        changes=list(map(_change, page.dossier.changes)),
        muted_until=max((mute.until for mute in page.mutes), default=None),
        followed_on=[follow.channel for follow in page.follows],
    )


def _telling(one: SentRecord, page: StoryPage) -> TellingAnswer:
    place = (one.digest_id, one.channel)
    return TellingAnswer(
        channel=one.channel,
        key=one.story_id,
        telling=one.telling,
        topic=one.topic,
        at=one.told_at,
        digest=one.digest_id,
        delivery=page.deliveries.get(place),
        led_by=one.article_id,
        reason=one.reason,
        delivered=place in page.dossier.delivered,
    )


def _member(one: Member) -> MemberAnswer:
    article = one.stored.article
    return MemberAnswer(
        article=article.id,
        title=article.title,
        url=article.url,
        outlet=article.outlet,
        publisher=one.publisher,
        origin=article.origin or None,
        published=article.published_at,
        seen=article.seen_at,
        behind_s=one.behind.total_seconds(),
        relation=one.stored.relation.value,
        of=one.stored.copy_of,
        text=one.stored.text_id,
        quiet=one.stored.quiet,
        evidence=one.stored.evidence or None,
        topics=_plain(one.topics),
    )


def _plain(topics: Mapping[TopicKey, int]) -> dict[str, int]:
    return {str(key): number for key, number in topics.items()}


def _change(one: StoryChange) -> ChangeAnswer:
    return ChangeAnswer(
        one.kind, one.story_id, one.other_id, list(one.articles), one.at, one.by or None, one.reason or None
    )


def _corrected(done: Corrected) -> CorrectedAnswer:
    return CorrectedAnswer(_change(done.change), list(done.along), done.articles)
