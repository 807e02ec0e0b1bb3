"""Feeds, for programs: the list, one of them whole, advice, and a person's word on them.

Effects: database, files and network (where one is looked for, added or taken out).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from monitor.config.edit import remove_feed
from monitor.model import FeedId
from monitor.views.feed import FeedPage
from monitor.views.feed_words import Condition
from monitor.views.feeds import FeedLine, list_feeds, read_advice
from monitor.views.finding import ADDRESS_CHARS_MAX, Looked
from monitor.web.edits import noting_edit
from monitor.web.forms import EditorIn
from monitor.web.page_feed_add import NAME_CHARS_MAX, look, write_feed
from monitor.web.page_feeds import NUMBER_MAX, hurry, read_page, release, spec_of
from monitor.web.pages import DeskIn
from monitor.web.paging import LIMIT, AfterIn, LimitIn, Paged

router = APIRouter(tags=["feeds"])

FeedNumber = Annotated[int, Path(ge=1, le=NUMBER_MAX, description="A feed's number, as the list has it.")]


@dataclass(frozen=True, slots=True)
class FeedBrief:
    """A feed in the list."""

    id: int
    feed: str
    url: str
    """Without a query or a password, which may be secret."""
    condition: Condition
    said: str
    remedy: str
    error: str | None
    status: int | None
    last_poll_at: datetime | None
    last_ok_at: datetime | None
    newest_at: datetime | None
    next_poll_at: datetime
    failing_since: datetime | None
    interval_s: int
    lost_windows: int
    lost_entries: int


@dataclass(frozen=True, slots=True)
class DelayAnswer:
    """From published to seen."""

    articles: int
    median_s: float
    p90_s: float


@dataclass(frozen=True, slots=True)
class WorthAnswer:
    """What its newest articles were among those of all feeds."""

    articles: int
    alone: int
    first: int
    reports: int
    copies: int
    behind_s: float | None


@dataclass(frozen=True, slots=True)
class CostAnswer:
    """The recorded visits of two weeks: those that brought something or failed."""

    since: datetime
    visits: int
    failed: int
    new: int
    bytes: int


@dataclass(frozen=True, slots=True)
class VisitAnswer:
    """A recorded visit."""

    at: datetime
    outcome: str
    status: int | None
    entries: int
    new: int
    error: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class BroughtAnswer:
    """An article it brought."""

    article: int
    story: int
    title: str
    url: str
    published: datetime | None
    seen: datetime
    was: str
    topics: list[str]


@dataclass(frozen=True, slots=True)
class FeedWhole:
    """A feed, whole."""

    summary: FeedBrief
    wait_s: float
    """Between two visits now."""
    reasons: list[str]
    rates: list[float]
    """Entries by hour of the week, Monday 00:00 UTC first; empty where nothing is known."""
    window_s: int
    window_entries: int
    longest_gap_s: int
    delay: DelayAnswer | None
    worth: WorthAnswer | None
    cost: CostAnswer
    visits: list[VisitAnswer]
    brought: list[BroughtAnswer]
    muted_until: datetime | None


@dataclass(frozen=True, slots=True)
class DropAnswer:
    """A feed that could go: everything it brought was there without it."""

    id: int
    feed: str
    articles: int
    copies: int
    reports: int
    told: int
    covered_by: list[str]


@dataclass(frozen=True, slots=True)
class FasterAnswer:
    """A feed whose news would come sooner by more visits."""

    id: int
    feed: str
    gain_s: float
    articles_per_week: float
    delay_s: float
    wait_s: float
    to_s: float
    visits_more_per_day: float


@dataclass(frozen=True, slots=True)
class AdviceAnswer:
    """What may be changed in the list of feeds."""

    since: datetime
    drop: list[DropAnswer]
    faster: list[FasterAnswer]


@dataclass(frozen=True, slots=True)
class FeedFound:
    """A feed that was found at an address."""

    url: str
    """The address to add it by."""
    title: str
    language: str | None
    entries: int
    newest: datetime | None
    found_by: str
    configured_as: str | None
    topics: dict[str, int]
    """How many of its present entries would answer which topic."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, to which feed."""

    feed: str


class FindAsked(BaseModel):
    """Where to look."""

    address: str = Field(min_length=1, max_length=ADDRESS_CHARS_MAX)


class AddAsked(BaseModel):
    """The feed to write down."""

    url: str = Field(min_length=1, max_length=ADDRESS_CHARS_MAX)
    name: str = Field(default="", max_length=NAME_CHARS_MAX)
    language: str = Field(default="", max_length=40)


@router.get("/feeds")
def feeds(
    desk: DeskIn,
    only: Annotated[Condition | None, Query(description="Only those that are so.")] = None,
    limit: LimitIn = LIMIT,
    after: AfterIn = None,
) -> Paged[FeedBrief]:
    """The feeds in use, what ails them first."""
    found = list_feeds(desk.store, desk.clock.now(), after, limit, only)
    return Paged(items=list(map(_brief, found.lines)), next=found.next)


@router.get("/feeds/advice")
def advice(desk: DeskIn) -> AdviceAnswer:
    """Which feeds could go without a loss, and which are worth visiting more often."""
    force = desk.force()
    found = read_advice(desk.store, force.loaded.feeds, force.ingest.bounds, desk.clock.now())
    names: Mapping[FeedId, str] = found.names
    drop = [
        DropAnswer(
            one.feed_id,
            names.get(one.feed_id, ""),
            one.articles,
            one.copies,
            one.reports,
            one.told,
            [names.get(number, "") for number in one.covered_by],
        )
        for one in found.drop
    ]
    faster = [
        FasterAnswer(
            one.feed_id,
            names.get(one.feed_id, ""),
            one.gain_s,
            one.per_week,
            one.delay_s,
            one.wait_s,
            one.to_s,
            one.visits_more,
        )
        for one in found.faster
    ]
    return AdviceAnswer(found.since, drop, faster)


@router.get("/feeds/{number}")
def feed(number: FeedNumber, desk: DeskIn) -> FeedWhole:
    """All of one feed."""
    return _whole(read_page(desk, number))


@router.post("/feeds/find")
def find(asked: FindAsked, desk: DeskIn, person: EditorIn) -> list[FeedFound]:
    """The feeds of the page at an address, each with the topics it would answer; nothing is written."""
    return list(map(_found, look(desk, asked.address)))


@router.post("/feeds")
def add(asked: AddAsked, desk: DeskIn, person: EditorIn) -> Done:
    """Write a feed into feeds.toml; it is taken up within seconds."""
    return Done(write_feed(desk, person, asked.url, asked.name, asked.language).name)


@router.post("/feeds/{number}/retry")
def retry(number: FeedNumber, desk: DeskIn, person: EditorIn) -> Done:
    """Have the daemon visit it now."""
    hurry(desk, number)
    return Done(spec_of(desk, number).name)


@router.post("/feeds/{number}/accept")
def accept(number: FeedNumber, desk: DeskIn, person: EditorIn) -> Done:
    """Say that a held feed is the right one."""
    release(desk, number)
    return Done(spec_of(desk, number).name)


@router.delete("/feeds/{number}")
def remove(number: FeedNumber, desk: DeskIn, person: EditorIn) -> Done:
    """Take it out of feeds.toml; what it brought is kept."""
    spec = spec_of(desk, number)
    remove_feed(desk.watcher.folder, spec.name, note=noting_edit(desk, person, "feeds remove"))
    return Done(spec.name)


def _brief(line: FeedLine) -> FeedBrief:
    one, state = line.feed, line.feed.feed.state
    return FeedBrief(
        id=one.feed.id,
        feed=one.feed.name,
        url=line.address,
        condition=line.health.condition,
        said=line.health.said,
        remedy=line.health.remedy,
        error=one.error or None,
        status=one.status,
        last_poll_at=one.last_poll_at,
        last_ok_at=state.last_ok_at,
        newest_at=state.watermark_at or one.last_new_at,
        next_poll_at=one.next_poll_at,
        failing_since=state.failing_since,
        interval_s=state.interval_s,
        lost_windows=one.lost_windows,
        lost_entries=one.lost_entries,
    )


def _whole(page: FeedPage) -> FeedWhole:
    state, delay, worth = page.feed.feed.state, page.delay, page.worth
    cost = page.cost
    return FeedWhole(
        summary=_brief(FeedLine(page.feed, page.health, page.address)),
        wait_s=page.visits.wait_s,
        reasons=list(page.visits.reasons),
        rates=list(page.rates),
        window_s=state.window_s,
        window_entries=state.window_entries,
        longest_gap_s=state.longest_gap_s,
        delay=DelayAnswer(delay.articles, delay.median_s, delay.p90_s) if delay is not None else None,
        worth=WorthAnswer(worth.articles, worth.alone, worth.first, worth.reports, worth.copies, worth.behind_s)
        if worth is not None
        else None,
        cost=CostAnswer(page.cost_since, cost.visits, cost.failed, cost.new, cost.bytes_read),
        visits=[
            VisitAnswer(
                one.polled_at, one.outcome, one.status, one.entries, one.new, one.error or None, one.note or None
            )
            for one in page.last_visits
        ],
        brought=[
            BroughtAnswer(
                article=one.article.id,
                story=one.article.story_id,
                title=one.article.title,
                url=one.article.url,
                published=one.article.published_at,
                seen=one.article.seen_at,
                was=one.word,
                topics=list(map(str, one.topics)),
            )
            for one in page.recent
        ],
        muted_until=max((one.until for one in page.mutes), default=None),
    )


def _found(one: Looked) -> FeedFound:
    parsed = one.found.parsed
    return FeedFound(
        url=one.found.url,
        title=parsed.title,
        language=parsed.language,
        entries=len(parsed.entries),
        newest=one.found.newest,
        found_by=one.found.found_by.value,
        configured_as=one.known_as or None,
        topics={str(key): number for key, number in one.topics.items()},
    )
