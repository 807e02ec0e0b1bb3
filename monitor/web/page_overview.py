"""The first page: what needs a person, then how everything stands.

Effects: database.
"""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from monitor.status import read_status
from monitor.web.pages import DeskIn, PagesIn

router = APIRouter()


@router.get("/")
def overview(request: Request, desk: DeskIn, pages: PagesIn) -> HTMLResponse:
    """How everything stands now."""
    loaded = desk.force().loaded
    status = read_status(
        desk.store, loaded.watchlist.topics, loaded.settings.channels, desk.clock.now(), loaded.at_most
    )
    faults = desk.watcher.faults
    problems = [str(problem) for problem in faults.problems] if faults is not None else []
    return pages.render(
        request, "overview.html", nav="overview", status=status, since=desk.watcher.in_force_since, faults=problems
    )
