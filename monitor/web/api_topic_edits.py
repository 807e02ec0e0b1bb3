"""What a program changes of topics: marks, mutes, and a new topic.

Effects: database, reads and writes files.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from monitor.errors import ConfigError, MonitorError, QueryError
from monitor.model import ArticleId, ChannelName, Mute, MuteKind
from monitor.views.changes import FOR_HOURS_MAX, NO_MARK, REASON_CHARS_MAX, lift, mark, mute, word_of
from monitor.views.found import QUERY_CHARS_MAX, understand
from monitor.web.forms import EditorIn
from monitor.web.new_topic import SCHEDULE, Wish, add_wished, checked_wish
from monitor.web.pages import DeskIn
from monitor.web.paging import LIMIT, AfterIn, LimitIn, Paged
from monitor.web.refusals import NotThere
from monitor.web.topics_in import KeyIn, find_topic

router = APIRouter(tags=["topics"])

NUMBER_MAX = 2**62


class MarkWish(BaseModel):
    """What is said of an article."""

    verdict: Literal["useful", "not_relevant", "none"]
    """`none` takes the mark back."""
    note: str = Field("", max_length=REASON_CHARS_MAX)


class MuteWish(BaseModel):
    """What is to be held back."""

    kind: Literal["topic", "story", "feed", "term"]
    value: str = Field(min_length=1, max_length=300)
    """A topic's key, a story's number, a feed's name, or a word or phrase."""
    hours: int = Field(ge=1, le=FOR_HOURS_MAX)
    channel: str | None = Field(None, max_length=100)
    """On this channel alone; null for all."""
    reason: str = Field("", max_length=REASON_CHARS_MAX)


class TopicWish(BaseModel):
    """A topic to be added to the watchlist."""

    name: str = Field(min_length=1, max_length=200)
    query: str | None = Field(None, max_length=QUERY_CHARS_MAX)
    """Null: it is matched by its name."""
    key: str = Field("", max_length=100)
    """Empty: one is made of the name."""
    channels: list[Annotated[str, Field(max_length=100)]] = Field(min_length=1, max_length=100)
    schedule: str = Field(SCHEDULE, max_length=100)


@dataclass(frozen=True, slots=True)
class MarkDone:
    """The mark as it stands now."""

    topic: str
    article: int
    verdict: str
    before: str
    """What it was before: `none` where there was none."""


@dataclass(frozen=True, slots=True)
class MuteAnswer:
    """A mute."""

    id: int
    kind: str
    value: str
    channel: str | None
    until: datetime
    at: datetime
    by: str
    reason: str | None
    lifted_at: datetime | None


@dataclass(frozen=True, slots=True)
class TopicAdded:
    """What was written."""

    key: str


ArticleNumber = Annotated[int, Path(ge=1, le=NUMBER_MAX)]


@router.put("/topics/{key}/marks/{article}")
def mark_article(desk: DeskIn, person: EditorIn, key: KeyIn, article: ArticleNumber, wish: MarkWish) -> MarkDone:
    """Mark an article as useful or not relevant for the topic, or take the mark back."""
    force = desk.force()
    topic = find_topic(force, key).topic
    with desk.store.read() as tx:
        before = tx.marks.get(topic.key, ArticleId(article))
        if wish.verdict != NO_MARK and not tx.articles.by_ids([ArticleId(article)]):
            raise NotThere(f"there is no article {article}", remedy="It may be past the retention. See /api/v1/search.")
    lexicon, now = force.loaded.compiled.lexicon, desk.clock.now()
    mark(desk.store, lexicon, topic.key, article, wish.verdict, by=person.author, note=wish.note, now=now)
    return MarkDone(topic.key, article, wish.verdict, word_of(before.verdict if before is not None else None))


@router.get("/mutes")
def mutes(desk: DeskIn, limit: LimitIn = LIMIT, after: AfterIn = None) -> Paged[MuteAnswer]:
    """What is held back now, what was held first at the top."""
    if after is not None and not (after.isascii() and after.isdecimal()):
        raise MonitorError("`after` is no cursor of ours", remedy="Give `next` of the page before.")
    begin = int(after) if after is not None else 0
    with desk.store.read() as tx:
        found = [one for one in tx.mutes.in_force(desk.clock.now()) if one.id > begin]
    shown = found[:limit]
    return Paged(items=[_mute(one) for one in shown], next=str(shown[-1].id) if len(found) > limit else None)


@router.post("/mutes")
def add_mute(desk: DeskIn, person: EditorIn, wish: MuteWish) -> MuteAnswer:
    """Hold back a topic, story, feed or term until a time; what is held already lasts until the later one."""
    loaded = desk.force().loaded
    if wish.kind == MuteKind.TOPIC.value:
        find_topic(desk.force(), wish.value)
    if wish.kind == MuteKind.FEED.value and wish.value not in {feed.name for feed in loaded.feeds}:
        raise MonitorError("there is no such feed", remedy="Name it as in feeds.toml.")
    if wish.channel is not None and wish.channel not in loaded.settings.channels:
        raise MonitorError("there is no such channel", remedy="Name it as in monitor.toml.")
    done = mute(
        desk.store,
        MuteKind(wish.kind),
        wish.value,
        span=timedelta(hours=wish.hours),
        reason=wish.reason,
        channel=ChannelName(wish.channel) if wish.channel is not None else None,
        by=person.author,
        now=desk.clock.now(),
    )
    return _mute(done)


@router.delete("/mutes/{number}")
def lift_mute(desk: DeskIn, person: EditorIn, number: ArticleNumber) -> MuteAnswer:
    """End a mute before its time; one that is over stays as it is."""
    with desk.store.read() as tx:
        if tx.mutes.get(number) is None:
            raise NotThere(f"there is no mute {number}", remedy="See /api/v1/mutes.")
    return _mute(lift(desk.store, number, by=person.author, now=desk.clock.now()))


@router.post("/topics")
def add_topic(desk: DeskIn, person: EditorIn, wish: TopicWish) -> TopicAdded:
    """Write a topic at the end of watchlist.toml; it is in force within seconds. See first what it would bring:
    `/search`.
    """
    loaded = desk.force().loaded
    if wish.query is not None:
        try:
            understand(wish.query, loaded.watchlist.lists, loaded.compiled.lexicon)
        except QueryError as error:
            raise ConfigError(error.what, where=f"column {error.column}", remedy=error.remedy) from error
    asked = checked_wish(
        desk, Wish(wish.key, wish.name, tuple(dict.fromkeys(wish.channels)), wish.schedule, wish.query)
    )
    add_wished(desk, person, asked)
    return TopicAdded(asked.key)


def _mute(one: Mute) -> MuteAnswer:
    return MuteAnswer(
        one.id, one.kind.value, one.value, one.channel, one.until, one.at, one.by, one.reason or None, one.lifted_at
    )
