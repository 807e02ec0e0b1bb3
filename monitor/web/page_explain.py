"""Explain: the whole way of one article, why and why not; for one that is missing, what its feeds did that day.

Effects: database, reads and writes watchlist.toml.
"""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from monitor.config.edit_examples import SIDES
from monitor.missing import Missing
from monitor.model import ArticleId
from monitor.trail import Several, Trail
from monitor.urls import is_web_url
from monitor.views.article import as_points, find_way, message_links, read_article, wanted_words
from monitor.views.keeping import keep_article
from monitor.views.missing_lines import missing_lines
from monitor.views.moments import Moments
from monitor.views.told_lines import told_lines
from monitor.views.trail_lines import polled_lines, stored_lines, story_lines
from monitor.web.desk import Desk
from monitor.web.edits import noting_edit
from monitor.web.forms import FormIn
from monitor.web.pages import DeskIn, PagesIn
from monitor.web.person import PersonIn

router = APIRouter()

WANTED_CHARS_MAX = 2_000
"""An address is hardly ever longer, a headline never."""
DONE = {
    "kept": "It is kept as an example: from now on an edit that would change this answer is refused.",
    "known": "It stands among the examples already.",
}


@router.get("/explain")
def explain(
    request: Request,
    desk: DeskIn,
    pages: PagesIn,
    of: Annotated[str, Query(max_length=WANTED_CHARS_MAX)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    """A form for an address, a number or a headline; with one, what is known of it."""
    wanted = " ".join(of.split())
    values: dict[str, object] = {"nav": "explain", "wanted": wanted_words(wanted), "done": DONE.get(done, "")}
    if not wanted:
        return pages.render(request, "explain.html", **values)
    force = desk.force()
    found = find_way(desk.store, force, wanted)
    moments = moments_of(desk)
    if isinstance(found, Several):
        return pages.render(request, "explain.html", **values, several=found)
    if isinstance(found, Missing):
        head, *lines = missing_lines(found, moments)
        answer = pages.render(request, "explain.html", **values, missing_head=head, missing=as_points(lines))
        answer.status_code = 404
        return answer
    return pages.render(request, "explain.html", **values, **_values(desk, found, moments))


@router.post("/explain/keep")
def keep(desk: DeskIn, person: PersonIn, form: FormIn) -> RedirectResponse:
    """Keep an article as an example of a topic."""
    number = form.number("article")
    topic, side = form.text("topic", chars_max=100), form.text("side", chars_max=20)
    loaded = desk.force().loaded
    kept = keep_article(
        desk.store,
        loaded,
        ArticleId(number),
        topic,
        side,
        lambda note: noting_edit(desk, person, note),
        desk.clock.now(),
    )
    return RedirectResponse(f"/explain?of={number}&done={'kept' if kept.is_new else 'known'}", 303)


def _values(desk: Desk, found: Trail, moments: Moments) -> dict[str, object]:
    force = desk.force()
    page = read_article(found, force.topics, moments)
    address = found.stored.article.url
    return {
        "page": page,
        "article": found.stored.article,
        "stored": found.stored,
        "href": address if is_web_url(address) else "",
        "steps": [
            ("Polled", as_points(polled_lines(found, moments))),
            ("Stored", as_points(stored_lines(found, moments))),
            ("Story", as_points(story_lines(found, moments))),
        ],
        "told": as_points(told_lines(found, moments, message_links(force.loaded)), are_named=True),
        "deliveries": found.deliveries[:20],
        "topics": force.loaded.watchlist.topics,
        "sides": SIDES,
    }


def moments_of(desk: Desk) -> Moments:
    """Times as the page shows them."""
    return Moments(ZoneInfo(desk.timezone), desk.clock.now())
