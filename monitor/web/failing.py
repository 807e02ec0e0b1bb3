"""Every failure as an answer that says what happened, where and what to do: a page for people, JSON for programs.

Effects: logs what is our own fault.
"""

from collections.abc import Callable

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from monitor.config.edit_whole import ChangedMeanwhile
from monitor.config.faults import ConfigFaults
from monitor.errors import MonitorError, StorageError
from monitor.logs import get_log
from monitor.web.headers import API_HEADERS
from monitor.web.hosts import OUTSIDE
from monitor.web.planner import Overtaken
from monitor.web.refusals import NotThere, Refused

log = get_log()

STATUSES: tuple[tuple[type[MonitorError], int], ...] = (
    (NotThere, 404),
    (Refused, 403),
    (ConfigFaults, 422),
    (ChangedMeanwhile, 409),
    (Overtaken, 409),
    (StorageError, 503),
    (MonitorError, 400),
)
"""The first that fits."""
WORDS = {
    400: MonitorError("the request cannot be read", remedy="Send what /api/v1/openapi.json describes."),
    404: MonitorError("there is no such page", remedy="Begin at the overview."),
    405: MonitorError("that cannot be done here", remedy="Begin at the overview."),
    422: MonitorError("the address is not one of ours", remedy="Begin at the overview."),
    500: MonitorError("the monitor made a mistake; its log has the details", remedy="The watching goes on meanwhile."),
}


def handle_failures(site: FastAPI) -> None:
    """Answer the failures of pages."""

    def answer(request: Request, status: int, error: MonitorError) -> Response:
        pages = request.app.state.pages
        html: Response = pages.render(request, "error.html", status=status, error=error, nav="")
        html.status_code = status
        return html

    _handle(site, answer)


def handle_api_failures(api: FastAPI) -> None:
    """Answer the failures of the API: `{what, where, remedy}`, and `problems` for a configuration."""

    def answer(_: Request, status: int, error: MonitorError) -> Response:
        body: dict[str, object] = {"what": error.what, "where": error.where, "remedy": error.remedy}
        if isinstance(error, ConfigFaults):
            body["problems"] = [str(problem) for problem in error.problems]
        return JSONResponse(body, status_code=status, headers=API_HEADERS)

    def unfit(request: Request, error: Exception) -> Response:
        """Which part of the request is not as described; what it holds is not repeated."""
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        remedy = f"{first['msg']}. See /api/v1/openapi.json."
        return answer(request, 422, MonitorError("the request is not as described", where=where, remedy=remedy))

    _handle(api, answer)
    api.add_exception_handler(RequestValidationError, unfit)


def _handle(app: FastAPI, answer: Callable[[Request, int, MonitorError], Response]) -> None:
    def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, MonitorError)
        return answer(request, next(status for kind, status in STATUSES if isinstance(error, kind)), error)

    def http(request: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 422)
        said = answer(request, status, WORDS.get(status, WORDS[404]))
        said.headers.update(getattr(error, "headers", None) or {})
        return said

    def broken(request: Request, error: Exception) -> Response:
        path = request.url.path  # whoever has a link to leave may use it, and a log is read by many
        shown = f"{OUTSIDE}…" if path.startswith(OUTSIDE) else path
        log.error("web.broke", path=shown, error=error, hint="report it with this line")
        return answer(request, 500, WORDS[500])

    app.add_exception_handler(MonitorError, ours)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, http)
    app.add_exception_handler(Exception, broken)
