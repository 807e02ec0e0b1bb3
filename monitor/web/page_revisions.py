"""The configurations that were in force: a list of them, what each changed, and feeds.toml as it stands.

Effects: reads and writes files, database.
"""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from monitor.views.feeds_file import read_feeds_file
from monitor.views.revisions import read_comparison, read_revisions
from monitor.views.watchlist import say_author
from monitor.web.applying import apply_revision
from monitor.web.forms import FormIn
from monitor.web.pages import DeskIn, PagesIn
from monitor.web.person import PersonIn
from monitor.web.refusals import NotThere

router = APIRouter()

SHOWN = 30
FEEDS = "feeds.toml"
Number = Annotated[int | None, Query(ge=1)]


@router.get("/watchlist/revisions")
def revisions(request: Request, desk: DeskIn, pages: PagesIn, after: Number = None) -> HTMLResponse:
    """Every configuration that was in force, the newest first; `after` is the last one of the page before."""
    page = read_revisions(desk.store, SHOWN, after)
    return pages.render(
        request, "revisions.html", nav="watchlist", page=page, is_first=after is None, say_author=say_author
    )


@router.get("/watchlist/revisions/{number}")
def revision(
    request: Request, desk: DeskIn, pages: PagesIn, number: int, against: Number = None, done: str = ""
) -> HTMLResponse:
    """One of them, and the lines that differ from the one before it, or from another."""
    found = read_comparison(desk.store, number, against)
    if found is None:
        raise NotThere("there is no such revision", remedy="It may be too old to be kept. See the history.")
    words = "Written back. It comes in force within seconds." if done else ""
    return pages.render(
        request, "revision.html", nav="watchlist", found=found, say_author=say_author, done=words
    )  # fmt: skip


@router.post("/watchlist/revisions/{number}/feeds")
def feeds_back(desk: DeskIn, person: PersonIn, form: FormIn, number: int) -> RedirectResponse:
    """Write feeds.toml as it was; an edit of it that was never in force is kept beside it."""
    apply_revision(desk, person, number, None, name=FEEDS, force=True)
    return RedirectResponse(f"/watchlist/revisions/{number}?done=yes", 303)


@router.get("/watchlist/feeds")
def feeds(request: Request, desk: DeskIn, pages: PagesIn, after: Annotated[int, Query(ge=0)] = 0) -> HTMLResponse:
    """feeds.toml as it stands, its faults on their lines, passwords hidden; some of it at a time."""
    shown = read_feeds_file(desk.watcher, after)
    return pages.render(request, "watchlist_feeds.html", nav="watchlist", shown=shown)
