"""The way in with a token, and out again.

Effects: database, through the gate; the log.
"""

import hmac
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from monitor.errors import MonitorError
from monitor.logs import get_log
from monitor.web.access import CLOSED, ELSEWHERE, TOO_OFTEN, WRONG, make_cookie
from monitor.web.asked import read_asked
from monitor.web.forms import read_fields
from monitor.web.gate import Gate
from monitor.web.pages import Pages, PagesIn
from monitor.web.person import STRANGER, PersonIn
from monitor.web.refusals import Refused
from monitor.web.sessions import COOKIE, LASTS

log = get_log()

router = APIRouter()

SIGN_IN_BYTES_MAX = 8_192
"""A token and where to go then."""
NEXT_CHARS_MAX = 2_000


@router.get("/sign-in")
def show_sign_in(
    request: Request, pages: PagesIn, person: PersonIn, onward: Annotated[str, Query(alias="next")] = "/"
) -> Response:
    """The page that asks for a token; who is known is sent on."""
    if person != STRANGER:
        return RedirectResponse(local_path(onward), 303)
    return _page(request, pages, onward)


@router.post("/sign-in")
async def sign_in(request: Request, pages: PagesIn) -> Response:
    """Begin a session where the token is known. Wrong ones are counted; too many have to wait."""
    gate: Gate = request.app.state.gate
    asked = read_asked(request.scope)
    fields = await read_fields(request, SIGN_IN_BYTES_MAX)
    token, onward = (next(iter(fields.get(name, ())), "").strip() for name in ("token", "next"))
    address = gate.address(asked)
    wait_s = gate.attempts.wait_s(address, in_all=True)
    if wait_s:
        page = _page(request, pages, onward, TOO_OFTEN, 429)
        page.headers["Retry-After"] = str(wait_s)
        return page
    key = gate.keyring().find(token)
    if key is None:
        gate.attempts.note_failure(address)
        log.warning("web.sign_in_refused", address=address)
        return _page(request, pages, onward, WRONG, 401)
    cookie = await run_in_threadpool(gate.begin, key, asked)
    log.info("web.signed_in", name=key.name, address=address)
    answer = RedirectResponse(local_path(onward), 303)
    lasts_s = round(LASTS.total_seconds())
    answer.headers.append("set-cookie", make_cookie(COOKIE, cookie, asked, lasts_s=lasts_s))
    return answer


@router.post("/sign-out")
async def sign_out(request: Request, person: PersonIn) -> Response:
    """End the session of this browser; whoever may only read may do so too."""
    gate: Gate = request.app.state.gate
    asked = read_asked(request.scope)
    fields = await read_fields(request, SIGN_IN_BYTES_MAX)
    mark = next(iter(fields.get("csrf", ())), "")
    if not person.csrf or not hmac.compare_digest(mark.encode(), person.csrf.encode()):
        raise Refused(ELSEWHERE.what, remedy=ELSEWHERE.remedy)
    await run_in_threadpool(gate.sessions.end, asked.cookie(COOKIE))
    answer = RedirectResponse("/sign-in", 303)
    answer.headers.append("set-cookie", make_cookie(COOKIE, "", asked, lasts_s=0))
    return answer


def local_path(onward: str) -> str:
    """Where to go after signing in: a page of ours, whatever the link said."""
    is_ours = onward.startswith("/") and not onward.startswith(("//", "/sign-")) and "\\" not in onward
    return onward if is_ours and onward.isprintable() and len(onward) <= NEXT_CHARS_MAX else "/"


def _page(
    request: Request, pages: Pages, onward: str, error: MonitorError | None = None, status: int = 200
) -> Response:
    gate: Gate = request.app.state.gate
    web = gate.web
    if not web.is_guarded:
        page = pages.render(request, "closed.html", error=CLOSED, nav="")
        page.status_code = 403
        return page
    page = pages.render(
        request, "sign_in.html", nav="", onward=local_path(onward), error=error, has_tokens=bool(web.tokens)
    )
    page.status_code = status
    return page
