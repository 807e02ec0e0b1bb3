"""Add a feed by its address: what is found there, what it would have brought, and the line in feeds.toml.

Effects: network, files, database.
"""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from monitor.config.edit import add_feed
from monitor.config.values import is_language, url_fault
from monitor.errors import MonitorError
from monitor.model import FeedSpec
from monitor.text import plain_line, shorten
from monitor.urls import host_of, shown_url
from monitor.views.finding import ADDRESS_CHARS_MAX, ENTRIES_JUDGED, Looked, known_as, look_at
from monitor.web.desk import Desk
from monitor.web.edits import noting_edit
from monitor.web.forms import FormIn
from monitor.web.pages import DeskIn, PagesIn
from monitor.web.person import Person, PersonIn

router = APIRouter()

NAME_CHARS_MAX = 200


@router.get("/feeds/add")
def ask(request: Request, pages: PagesIn) -> HTMLResponse:
    """The form."""
    return pages.render(request, "feed_add.html", nav="feeds", typed="", looked=None, fault=None)


@router.post("/feeds/find")
def find(request: Request, form: FormIn, desk: DeskIn, pages: PagesIn) -> HTMLResponse:
    """What is found at an address; nothing is written."""
    typed = form.text("address", chars_max=ADDRESS_CHARS_MAX)
    looked, fault = [], None  # type: list[Looked], MonitorError | None
    try:
        looked = look(desk, typed)
    except MonitorError as error:
        fault = error
    return pages.render(
        request,
        "feed_add.html",
        nav="feeds",
        typed=typed,
        looked=looked,
        fault=fault,
        names={one.key: one.name for one in desk.force().loaded.watchlist.topics},
        judged_max=ENTRIES_JUDGED,
        shown_url=shown_url,
    )


@router.post("/feeds/add")
def write(form: FormIn, desk: DeskIn, person: PersonIn) -> RedirectResponse:
    """Write one down, at the end of feeds.toml."""
    write_feed(
        desk,
        person,
        form.text("url", chars_max=ADDRESS_CHARS_MAX),
        form.text("name", chars_max=2_000),
        form.text("language", chars_max=40),
    )
    return RedirectResponse("/feeds?done=added", 303)


def look(desk: Desk, typed: str) -> list[Looked]:
    """What is found at an address, held against the watchlist in force. Raises MonitorError where it is nothing."""
    force = desk.force()
    return look_at(
        typed,
        desk.guard,
        force.watched.watchlist,
        force.loaded.feeds,
        desk.clock.now(),
        body_bytes_max=force.loaded.settings.polling.body_bytes_max,
    )


def write_feed(desk: Desk, person: Person, url: str, name: str, language: str) -> FeedSpec:
    """Add a feed to feeds.toml, its comments kept. Raises MonitorError for an address that is none, or is there."""
    fault = url_fault(url)
    if fault is not None:
        raise MonitorError(f"the address {fault}", remedy="Look for the feed again.")
    known = known_as(url, desk.force().loaded.feeds)
    if known:
        raise MonitorError(f'the feed is there already, as "{known}"', where=shown_url(url))
    called = shorten(plain_line(name), NAME_CHARS_MAX) or host_of(url)
    spec = FeedSpec(name=called, url=url, language=language if is_language(language.replace("_", "-")) else None)
    add_feed(desk.watcher.folder, spec, note=noting_edit(desk, person, "feeds add"))
    return spec
