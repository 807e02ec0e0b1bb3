"""Stories: the list, one of them whole, and a person's corrections of it.

Effects: database.
"""

from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from monitor.dossier import Dossier, StoryMissing
from monitor.errors import MonitorError
from monitor.model import ArticleId, ChannelName, MuteKind, StoryId, TopicKey
from monitor.pipeline.corrections import REASON_CHARS_MAX, merge_stories, split_story
from monitor.storage.digests import SPLIT_REASON
from monitor.text import plain_line, shorten
from monitor.views.plot_story import draw_time_line
from monitor.views.spans import say_span
from monitor.views.stories import Show, list_page
from monitor.views.story import QUERY_CHARS_MAX, StoryPage, find_others, read_story
from monitor.web.desk import Desk
from monitor.web.forms import Form, FormIn
from monitor.web.pages import DeskIn, PagesIn
from monitor.web.paging import LIMIT_MAX, AfterIn
from monitor.web.person import PersonIn
from monitor.web.refusals import NotThere

router = APIRouter()

LIMIT = 30
HELD_FOR = timedelta(days=7)
"""A story that is muted or followed: as the buttons under a message do."""
NUMBER_MAX = (1 << 63) - 1
DONE = {
    "split": "What was ticked is a story of its own now, linked below. Nothing is told by this.",
    "merged": "The two are one story now. Nothing is told by this.",
    "muted": "Muted: what comes on it waits, and nothing is lost.",
    "unmuted": "No longer muted. What waited comes with the next digest.",
    "followed": "Followed: what comes on it is shown at once, in its thread.",
    "unfollowed": "No longer followed.",
}


@router.get("/stories")
def stories(
    request: Request,
    desk: DeskIn,
    pages: PagesIn,
    after: AfterIn = None,
    show: Annotated[str, Query(max_length=20)] = Show.MATCHED.value,
    topic: Annotated[str, Query(max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = LIMIT,
) -> HTMLResponse:
    """The newest stories, of one kind and one topic at wish."""
    chosen = Show(show) if show in set(Show) else Show.MATCHED
    topics = desk.force().loaded.watchlist.topics
    key = next((one.key for one in topics if one.key == topic), None)
    if chosen is Show.ALL and key is not None:
        chosen = Show.MATCHED
    found = list_page(desk.store, chosen, key, after, limit)
    query = {"show": chosen.value, **({"topic": key} if key else {})}
    return pages.render(
        request,
        "stories.html",
        nav="stories",
        found=found,
        chosen=chosen,
        kinds=_kinds(key),
        topic=key,
        topics=topics,
        names={one.key: one.name for one in topics},
        older=f"/stories?{urlencode({**query, 'after': found.next})}" if found.next else None,
        newest=f"/stories?{urlencode(query)}" if after else None,
    )


def _kinds(topic: TopicKey | None) -> list[tuple[Show, str, str]]:
    words = {Show.MATCHED: "Answer a topic", Show.TOLD: "Told", Show.UNTOLD: "Not told"}
    if topic is None:
        words[Show.ALL] = "All"
    rest = {"topic": topic} if topic else {}
    return [(one, said, f"/stories?{urlencode({'show': one.value, **rest})}") for one, said in words.items()]


@router.get("/stories/{number}")
def story(
    request: Request,
    number: int,
    desk: DeskIn,
    pages: PagesIn,
    done: Annotated[str, Query(max_length=20)] = "",
    like: Annotated[str, Query(max_length=QUERY_CHARS_MAX)] = "",
) -> HTMLResponse:
    """All of one story; with `like`, others it may be merged with."""
    now = desk.clock.now()
    page = read_page(desk, number, now)
    outline = page.dossier.outline
    zone = ZoneInfo(desk.timezone)
    offset = (page.members[0].came_at if page.members else now).astimezone(zone).utcoffset()
    others = find_others(desk.store, like, outline.story) if like.strip() else None
    return pages.render(
        request,
        "story.html",
        nav="stories",
        page=page,
        outline=outline,
        story=outline.story,
        wanted=number,
        plot=draw_time_line(page.points, offset or timedelta(0)),
        names={one.key: one.name for one in desk.force().loaded.watchlist.topics},
        told_on=sorted({one.channel for one in outline.tellings}),
        like=like,
        others=others,
        span=say_span,
        split_reason=SPLIT_REASON,
        reason_max=REASON_CHARS_MAX,
        done=DONE.get(done, ""),
    )


def read_page(desk: Desk, number: int, now: datetime) -> StoryPage:
    """The story of this number, or that in which the article of this number stands. Raises NotThere."""
    if number > NUMBER_MAX:
        raise NotThere("there is no such story", remedy="Begin at the list of stories.")
    try:
        return read_story(desk.store, number, now)
    except StoryMissing as error:
        raise NotThere(error.what, remedy="Begin at the list of stories.") from error


@router.post("/stories/{number}/split")
def split(number: int, form: FormIn, desk: DeskIn, person: PersonIn) -> RedirectResponse:
    """Give the ticked articles a story of their own."""
    articles = [ArticleId(_number(text)) for text in form.every("article")]
    if not articles:
        raise MonitorError("no article is ticked", remedy="Go back and tick those that do not belong here.")
    done = split_story(
        desk.store, StoryId(number), articles, by=person.author, reason=_reason(form), now=desk.clock.now()
    )
    return _back(done.change.story_id, "split")


@router.post("/stories/{number}/merge")
def merge(number: int, form: FormIn, desk: DeskIn, person: PersonIn) -> RedirectResponse:
    """Make one story of this and another."""
    other = StoryId(_number(form.text("other", chars_max=20)))
    done = merge_stories(
        desk.store, StoryId(number), other, by=person.author, reason=_reason(form), now=desk.clock.now()
    )
    return _back(done.change.story_id, "merged")


@router.post("/stories/{number}/mute")
def mute(number: int, form: FormIn, desk: DeskIn, person: PersonIn) -> RedirectResponse:
    """Hold the story back on all channels for a week."""
    now = desk.clock.now()
    story_id = read_page(desk, number, now).dossier.outline.story.id
    with desk.store.write() as tx:
        reason = _reason(form)
        tx.mutes.add(MuteKind.STORY, str(story_id), until=now + HELD_FOR, now=now, by=person.author, reason=reason)
    return _back(story_id, "muted")


@router.post("/stories/{number}/unmute")
def unmute(number: int, form: FormIn, desk: DeskIn, person: PersonIn) -> RedirectResponse:
    """End every mute of the story, whatever channel it is on."""
    now = desk.clock.now()
    page = read_page(desk, number, now)
    with desk.store.write() as tx:
        for one in page.mutes:
            tx.mutes.lift(one.id, by=person.author, now=now)
    return _back(page.dossier.outline.story.id, "unmuted")


@router.post("/stories/{number}/follow")
def follow(number: int, form: FormIn, desk: DeskIn, person: PersonIn) -> RedirectResponse:
    """Show a channel that was told of it everything that comes, for a week."""
    now = desk.clock.now()
    dossier = read_page(desk, number, now).dossier
    channel = _told_channel(dossier, form)
    with desk.store.write() as tx:
        tx.follows.set(channel, dossier.outline.story.id, by=person.author, now=now, until=now + HELD_FOR)
    return _back(dossier.outline.story.id, "followed")


@router.post("/stories/{number}/unfollow")
def unfollow(number: int, form: FormIn, desk: DeskIn, person: PersonIn) -> RedirectResponse:
    """Stop following it on a channel."""
    now = desk.clock.now()
    dossier = read_page(desk, number, now).dossier
    with desk.store.write() as tx:
        tx.follows.lift(ChannelName(form.text("channel", chars_max=100)), dossier.outline.story.id, now=now)
    return _back(dossier.outline.story.id, "unfollowed")


def _told_channel(dossier: Dossier, form: Form) -> ChannelName:
    name = form.text("channel", chars_max=100)
    for one in dossier.outline.tellings:
        if one.channel == name:
            return one.channel
    raise MonitorError("this channel was not told of the story", remedy="Follow it where it was told.")


def _reason(form: Form) -> str:
    return shorten(plain_line(form.text("reason", chars_max=2_000)), REASON_CHARS_MAX)


def _number(text: str) -> int:
    text = text.strip().removeprefix("#")
    if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) > NUMBER_MAX:
        raise MonitorError(f"{plain_line(text)[:40]!r} is no number", remedy="Go back and choose again.")
    return int(text)


def _back(story_id: StoryId, done: str) -> RedirectResponse:
    return RedirectResponse(f"/stories/{story_id}?done={done}", 303)
