"""Who asks is found out before anything is answered, and who may not ask is turned away.

Effects: database, through the gate.
"""

import secrets
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.errors import MonitorError, StorageError
from monitor.web.asked import Asked, read_asked
from monitor.web.gate import Gate, is_open, read_given
from monitor.web.headers import API_HEADERS
from monitor.web.pages import Pages
from monitor.web.person import STRANGER, Person

VISIT = "monitor_visit"
"""A cookie that says nothing of anybody: what the forms of a browser that has no session carry back belongs to it."""
CLOSED = MonitorError(
    "this page is closed to other machines until a token is set",
    remedy="Set one under [web.tokens] in monitor.toml, or open the page on the machine itself.",
)
UNKNOWN = MonitorError("a token is needed here", remedy="Send it as: Authorization: Bearer TOKEN.")
SIGNED_OUT = MonitorError("you are not signed in any more", remedy="Sign in, then go back and do it again.")
WRONG = MonitorError("the token is not known", remedy="Ask whoever runs the monitor for one that is in force.")
TOO_OFTEN = MonitorError("too many wrong tokens came from this address", remedy="Wait a minute, then try again.")
ELSEWHERE = MonitorError("a page elsewhere asked for a change", remedy="Open our own page and do it there.")
NO_ARCHIVE = MonitorError("the database does not answer", remedy="Try again in a moment.")


class Refusal(Exception):  # an answer, not an error of ours
    """Why a request is not answered, with the status that says so."""

    def __init__(self, status: int, error: MonitorError, wait_s: int = 0) -> None:
        self.status, self.error, self.wait_s = status, error, wait_s
        super().__init__(error.what)


class Access:
    """Puts `person` into the scope, or turns the request away."""

    def __init__(self, app: ASGIApp, *, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on, or answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = read_asked(scope)
        visit, is_new = _read_visit(asked)
        scope["person"] = STRANGER
        try:
            scope["person"] = await self._identify(asked, visit)
            _check_source(asked, scope["person"])
        except Refusal as refusal:
            await self._turn_away(refusal, asked, Request(scope, receive))(scope, receive, send)
            return

        async def send_with_visit(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"set-cookie", make_cookie(VISIT, visit, asked).encode())]
            await send(message)

        needs_visit = is_new and asked.wants_page and scope["person"].csrf and not scope["person"].has_session
        await self._app(scope, receive, send_with_visit if needs_visit else send)

    async def _identify(self, asked: Asked, visit: str) -> Person:
        """Who asks; a stranger where that is for everybody. Raises Refusal."""
        gate = self._gate
        if gate.is_free(asked):
            return gate.local(visit)
        given = read_given(asked)
        address = gate.address(asked)
        wait_s = gate.attempts.wait_s(address, in_all=False) if given else 0
        found = gate.program(given) if given and not wait_s else None
        found = found or gate.proxied(asked, visit)
        try:
            found = found or await run_in_threadpool(gate.signed_in, asked)
        except StorageError as error:
            raise Refusal(503, NO_ARCHIVE) from error
        if found is not None or is_open(asked.path):
            return found or STRANGER
        if not gate.web.is_guarded:
            raise Refusal(403, CLOSED)
        if wait_s:
            raise Refusal(429, TOO_OFTEN, wait_s)
        if given is not None:
            gate.attempts.note_failure(address)
            raise Refusal(401, WRONG)
        raise Refusal(401, UNKNOWN if not asked.wants_page else SIGNED_OUT)

    def _turn_away(self, refusal: Refusal, asked: Asked, request: Request) -> Response:
        error = refusal.error
        headers = {"Retry-After": str(refusal.wait_s)} if refusal.wait_s else {}
        if refusal.status == 401:
            headers["WWW-Authenticate"] = f'{"Basic" if asked.is_for_programs else "Bearer"} realm="news-monitor"'
        if asked.path.startswith("/api/"):
            body = {"what": error.what, "where": error.where, "remedy": error.remedy}
            return JSONResponse(body, refusal.status, headers | API_HEADERS)
        if asked.is_for_programs:
            return PlainTextResponse(f"{error}\n", refusal.status, headers | API_HEADERS)
        if refusal.error is SIGNED_OUT and asked.is_safe:
            return RedirectResponse(f"/sign-in?next={quote(_whole_path(request), safe='')}", 303)
        pages: Pages = request.app.state.pages
        template = "closed.html" if error is CLOSED else "error.html"
        page = pages.render(request, template, status=refusal.status, error=error, nav="")
        page.status_code = refusal.status
        page.headers.update(headers)
        return page


def _check_source(asked: Asked, person: Person) -> None:
    """A change asked for by a page elsewhere is none, whoever's browser it came through. Mail programs may leave."""
    is_change = not asked.is_safe and not asked.path.startswith("/unsubscribe/")
    if is_change and not person.is_program and asked.is_of_another_page:
        raise Refusal(403, ELSEWHERE)


def make_cookie(name: str, value: str, asked: Asked, *, lasts_s: int | None = None) -> str:
    """A cookie that no script reads and no page elsewhere sends along; by https alone where it came by https."""
    age = "" if lasts_s is None else f"; Max-Age={lasts_s}"
    return f"{name}={value}; Path=/; HttpOnly; SameSite=Strict{age}{'; Secure' if asked.is_https else ''}"


def _read_visit(asked: Asked) -> tuple[str, bool]:
    """The browser's cookie, and whether it was just made."""
    visit = asked.cookie(VISIT)
    return (visit, False) if 20 <= len(visit) <= 100 else (secrets.token_urlsafe(24), True)


def _whole_path(request: Request) -> str:
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
