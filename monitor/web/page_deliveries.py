"""Deliveries: what was sent to the byte, what waits and what failed; tried again or given up.

Effects: database.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from monitor.views.deliveries import (
    DeliveryPage,
    drop_delivery,
    ended_words,
    read_deliveries,
    read_delivery,
    retry_delivery,
    what_words,
)
from monitor.web.desk import Desk
from monitor.web.forms import FormIn
from monitor.web.headers import MAIL_HEADERS, PAGE_HEADERS, PREVIEW_HEADERS
from monitor.web.pages import DeskIn, PagesIn
from monitor.web.person import Person, PersonIn
from monitor.web.refusals import NotThere, Refused

router = APIRouter()

LISTED = 50
FILE_HEADERS = PAGE_HEADERS | {"Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'"}
"""Of the bytes themselves: they are saved, and opened by nothing of ours."""
DONE = {"retried": "It is in line again and goes out in a moment.", "dropped": "It was given up."}
SHOWN_STATES = {
    "": "all",
    "waiting": "waiting",
    "failed": "given up",
    "sent": "sent",
    "ended": "ended without being sent",
}
NumberIn = Annotated[int, Path(ge=1, le=10**17)]
WordIn = Annotated[str, Query(max_length=100)]


@router.get("/deliveries")
def deliveries(
    request: Request, desk: DeskIn, pages: PagesIn, channel: WordIn = "", state: WordIn = "", after: WordIn = ""
) -> HTMLResponse:
    """The newest, the newest first."""
    loaded = desk.force().loaded
    found = read_deliveries(desk.store, loaded, channel=channel, state=state, after=after, limit=LISTED)
    return pages.render(
        request,
        "deliveries.html",
        nav="deliveries",
        found=found,
        channel=channel,
        state=state,
        is_first=not after,
        states=SHOWN_STATES,
        what=what_words,
        names=_names(desk),
    )


@router.get("/deliveries/{number}")
def delivery(request: Request, desk: DeskIn, pages: PagesIn, number: NumberIn, done: WordIn = "") -> HTMLResponse:
    """One of them, with what it carries."""
    page = _find(desk, number)
    answer = pages.render(
        request,
        "delivery.html",
        nav="deliveries",
        page=page,
        one=page.one,
        sent=page.sent,
        done=DONE.get(done, ""),
        states=SHOWN_STATES,
        what=what_words,
        ended=ended_words(page.one),
        names=_names(desk),
    )
    if page.sent.html:
        answer.headers.update(PREVIEW_HEADERS)
    return answer


@router.get("/deliveries/{number}/html")
def mail_html(desk: DeskIn, number: NumberIn) -> HTMLResponse:
    """The HTML part of a mail, for a frame in which nothing of it runs."""
    page = _find(desk, number)
    if not page.sent.html:
        raise NotThere(f"delivery {number} has no HTML part", remedy="Look at the delivery itself.")
    return HTMLResponse(page.sent.html, headers=MAIL_HEADERS)


@router.get("/deliveries/{number}/payload")
def payload(desk: DeskIn, person: PersonIn, number: NumberIn) -> Response:
    """What goes over the line, to the byte. For who may edit: a mail holds its reader's link to leave by."""
    return payload_file(_find(desk, number), person)


@router.post("/deliveries/{number}/retry")
def retry(desk: DeskIn, person: PersonIn, number: NumberIn, _: FormIn) -> RedirectResponse:
    """Send it again, without asking the channel for it first."""
    retry_delivery(desk.store, number, person.author, now=desk.clock.now())
    return RedirectResponse(f"/deliveries/{number}?done=retried", 303)


@router.post("/deliveries/{number}/drop")
def drop(desk: DeskIn, person: PersonIn, number: NumberIn, _: FormIn) -> RedirectResponse:
    """Give it up for good, and the parts behind it."""
    drop_delivery(desk.store, number, person.author, now=desk.clock.now())
    return RedirectResponse(f"/deliveries/{number}?done=dropped", 303)


def payload_file(page: DeliveryPage, person: Person) -> Response:
    """The bytes as a file to be saved; NotThere where the retention removed them, Refused for who may only read."""
    number, sent = page.one.id, page.sent
    if not person.may_edit:
        raise Refused("the bytes are for who may edit", remedy="What they say stands on the delivery's own page.")
    if sent.form == "gone":
        raise NotThere(f"the text of delivery {number} is gone with the retention", remedy="Its row stays as proof.")
    headers = FILE_HEADERS | {"Content-Disposition": f'attachment; filename="delivery-{number}.{sent.file_ending}"'}
    return Response(sent.body, headers=headers, media_type=sent.media_type)


def _find(desk: Desk, number: int) -> DeliveryPage:
    page = read_delivery(desk.store, desk.force().loaded, number)
    if page is None:
        raise NotThere(f"there is no delivery {number}", remedy="See the list of deliveries.")
    return page


def _names(desk: Desk) -> dict[str, str]:
    return {str(key): topic.name for key, topic in desk.force().topics.items()}
