"""Feeds: the list with what ails them first, one of them whole, and a person's word on them.

Effects: database, files (a feed that is taken out).
"""

from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from monitor.config.edit import remove_feed
from monitor.errors import MonitorError
from monitor.model import FeedId, FeedSpec, MuteKind
from monitor.pipeline.corrections import REASON_CHARS_MAX
from monitor.text import plain_line, shorten
from monitor.views.feed import FeedPage, read_feed
from monitor.views.feed_words import Condition
from monitor.views.feeds import list_feeds, read_advice
from monitor.views.plot_rhythm import draw_rhythm
from monitor.views.spans import say_bytes, say_span
from monitor.web.desk import Desk
from monitor.web.edits import noting_edit
from monitor.web.forms import FormIn
from monitor.web.pages import DeskIn, PagesIn
from monitor.web.paging import LIMIT_MAX, AfterIn
from monitor.web.person import PersonIn
from monitor.web.refusals import NotThere

router = APIRouter()

LIMIT = 60
NUMBER_MAX = (1 << 63) - 1
MUTED_FOR = timedelta(hours=24)
DONE = {
    "retry": "It is visited within seconds.",
    "accept": "It is taken for what it says it is now. What it shows next is told again.",
    "muted": "Muted for a day: what it brings waits, and nothing is lost.",
    "unmuted": "No longer muted. What waited comes with the next digest.",
    "added": "It stands in feeds.toml now, and is taken up within seconds. What it shows already is kept, not told.",
    "removed": "It was taken out of feeds.toml. What it brought is kept.",
}


@router.get("/feeds")
def feeds(
    request: Request,
    desk: DeskIn,
    pages: PagesIn,
    after: AfterIn = None,
    only: Annotated[str, Query(max_length=30)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = LIMIT,
) -> HTMLResponse:
    """Every feed with what ails it first, and what may be changed in their list."""
    force, now = desk.force(), desk.clock.now()
    chosen = Condition(only) if only in set(Condition) else None
    found = list_feeds(desk.store, now, after, limit, chosen)
    advice = read_advice(desk.store, force.loaded.feeds, force.ingest.bounds, now) if after is None else None
    query = {"only": chosen.value} if chosen is not None else {}
    return pages.render(
        request,
        "feeds.html",
        nav="feeds",
        found=found,
        total=sum(found.counts.values()),
        chosen=chosen,
        advice=advice,
        span=say_span,
        more=f"/feeds?{urlencode({**query, 'after': found.next})}" if found.next else None,
        done=DONE.get(done, ""),
    )


@router.get("/feeds/{number}")
def feed(
    request: Request,
    number: int,
    desk: DeskIn,
    pages: PagesIn,
    done: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    """All of one feed."""
    page, now = read_page(desk, number), desk.clock.now()
    offset = now.astimezone(ZoneInfo(desk.timezone)).utcoffset() or timedelta(0)
    return pages.render(
        request,
        "feed.html",
        nav="feeds",
        page=page,
        feed=page.feed,
        state=page.feed.feed.state,
        rhythm=draw_rhythm(page.rates, round(offset / timedelta(hours=1))),
        names={one.key: one.name for one in desk.force().loaded.watchlist.topics},
        span=say_span,
        size=say_bytes,
        reason_max=REASON_CHARS_MAX,
        done=DONE.get(done, ""),
    )


def read_page(desk: Desk, number: int) -> FeedPage:
    """The feed of this number. Raises NotThere."""
    force = desk.force()
    found = None
    if 0 < number <= NUMBER_MAX:
        found = read_feed(desk.store, FeedId(number), force.loaded.feeds, force.ingest.bounds, desk.clock.now())
    if found is None:
        raise NotThere(f"there is no feed {number}", remedy="Begin at the list of feeds.")
    return found


@router.post("/feeds/{number}/retry")
def retry(number: int, form: FormIn, desk: DeskIn) -> RedirectResponse:
    """Have the daemon visit it now."""
    hurry(desk, number)
    return RedirectResponse(f"/feeds/{number}?done=retry", 303)


@router.post("/feeds/{number}/accept")
def accept(number: int, form: FormIn, desk: DeskIn) -> RedirectResponse:
    """Say that a held feed is the right one."""
    release(desk, number)
    return RedirectResponse(f"/feeds/{number}?done=accept", 303)


@router.post("/feeds/{number}/mute")
def mute(number: int, form: FormIn, desk: DeskIn, person: PersonIn) -> RedirectResponse:
    """Hold back for a day what it brings."""
    name, now = read_page(desk, number).feed.feed.name, desk.clock.now()
    reason = shorten(plain_line(form.text("reason", chars_max=2_000)), REASON_CHARS_MAX)
    with desk.store.write() as tx:
        tx.mutes.add(MuteKind.FEED, name, until=now + MUTED_FOR, now=now, by=person.author, reason=reason)
    return RedirectResponse(f"/feeds/{number}?done=muted", 303)


@router.post("/feeds/{number}/unmute")
def unmute(number: int, form: FormIn, desk: DeskIn, person: PersonIn) -> RedirectResponse:
    """End every mute of it."""
    page, now = read_page(desk, number), desk.clock.now()
    with desk.store.write() as tx:
        for one in page.mutes:
            tx.mutes.lift(one.id, by=person.author, now=now)
    return RedirectResponse(f"/feeds/{number}?done=unmuted", 303)


@router.post("/feeds/{number}/remove")
def remove(number: int, form: FormIn, desk: DeskIn, person: PersonIn) -> RedirectResponse:
    """Take it out of feeds.toml, the comments around it kept."""
    spec = spec_of(desk, number)
    if not form.is_set("sure"):
        raise MonitorError("the box beside the button is not ticked", remedy="Go back, and tick it where you are sure.")
    remove_feed(desk.watcher.folder, spec.name, note=noting_edit(desk, person, "feeds remove"))
    return RedirectResponse("/feeds?done=removed", 303)


def spec_of(desk: Desk, number: int) -> FeedSpec:
    """The feed as it is configured. Raises NotThere for one that is not (any more)."""
    spec = read_page(desk, number).spec
    if spec is None:
        raise NotThere("this feed is not configured any more", remedy="Begin at the list of feeds.")
    return spec


def hurry(desk: Desk, number: int) -> None:
    """Make it due now. Raises MonitorError where its server said that we come too often."""
    spec = spec_of(desk, number)
    with desk.store.write() as tx:
        hurried = tx.feeds.hurry([spec.url], desk.clock.now())
    if not hurried:
        raise MonitorError(
            f'the server of "{spec.name}" said that we come too often', remedy="It is visited when that time is over."
        )


def release(desk: Desk, number: int) -> None:
    """End its quarantine. Raises MonitorError where it is in none."""
    spec = spec_of(desk, number)
    with desk.store.write() as tx:
        accepted = tx.feeds.accept(spec.url)
    if not accepted:
        raise MonitorError(f'"{spec.name}" is not held', remedy="There is nothing to accept.")
