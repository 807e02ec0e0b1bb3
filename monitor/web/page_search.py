"""The archive, asked in the watchlist's own language; and what was looked for, made a topic.

Effects: database, reads and writes files.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from monitor.config.values import near_miss
from monitor.digests.schedule import parse_duration
from monitor.errors import ConfigError, MonitorError, QueryError
from monitor.model import ArticleId
from monitor.text import shorten
from monitor.views.found import QUERY_CHARS_MAX, Asked, FoundPage, find_page, foresee, free_key, understand
from monitor.web.desk import Desk
from monitor.web.forms import Form, FormIn
from monitor.web.new_topic import SCHEDULE, Wish, add_wished, checked_wish
from monitor.web.pages import DeskIn, Pages, PagesIn
from monitor.web.patience import over_after
from monitor.web.person import PersonIn

router = APIRouter()

HITS = 20
SPANS = {"": "all that is kept", "24h": "a day", "7d": "a week", "30d": "30 days"}
EXAMPLES = ("hostage talks", 'tanker AND (seized OR "missile attack")', "flood* NEAR/8 (homes OR dam) NOT film")
"""Shown to who has not asked anything yet."""
Text = Annotated[str, Query(max_length=QUERY_CHARS_MAX)]
Word = Annotated[str, Query(max_length=20)]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why what was typed cannot be meant."""

    what: str
    remedy: str
    column: int | None
    """From 1; None where it is no single place."""


@router.get("/search")
def search(
    request: Request,
    desk: DeskIn,
    pages: PagesIn,
    q: Text = "",
    since: Word = "",
    feed: Annotated[str, Query(max_length=300)] = "",
    before: Annotated[int | None, Query(ge=1, lt=2**62)] = None,
) -> HTMLResponse:
    """What answers, the newest first."""
    asked, fault = read(desk, q)
    names = sorted({one.name for one in desk.force().loaded.feeds}, key=str.casefold)
    if feed and feed not in names:
        fault = Fault(
            f"there is no feed “{shorten(feed, 100)}”", f"{near_miss(feed, names)}Leave it empty for all.", None
        )
    found: FoundPage | None = None
    if asked is not None and fault is None:
        now, is_over = desk.clock.now(), over_after(desk.clock)
        start = now - timedelta(seconds=parse_duration(since)) if since in SPANS and since else None
        below = None if before is None else ArticleId(before)
        with desk.store.read() as tx:
            found = find_page(tx, asked, since=start, feed=feed, before=below, limit=HITS, is_over=is_over)
    return pages.render(
        request,
        "search.html",
        nav="search",
        q=q,
        since=since if since in SPANS else "",
        feed=feed,
        before=before,
        asked=asked,
        fault=fault,
        found=found,
        spans=SPANS,
        feeds=names,
        examples=EXAMPLES,
    )


@router.get("/search/topic")
def propose(request: Request, desk: DeskIn, pages: PagesIn, q: Text = "") -> HTMLResponse:
    """What a topic of these words would bring, and the form that adds it."""
    asked, fault = read(desk, q)
    if asked is None:
        what = fault.what if fault is not None else "nothing was asked"
        raise MonitorError(what, remedy=fault.remedy if fault is not None else "Begin at the search.")
    loaded = desk.force().loaded
    name = "" if asked.is_query else asked.text
    keys = [str(topic.key) for topic in loaded.watchlist.topics]
    key = free_key(name, keys) if name else ""
    wish = Wish(key, name, (), SCHEDULE, asked.text if asked.is_query else None)
    return _form(request, desk, pages, asked, wish)


@router.post("/search/topic")
def add(request: Request, desk: DeskIn, pages: PagesIn, person: PersonIn, form: FormIn) -> Response:
    """Write it to the watchlist; the daemon then takes it as any edit. What cannot be is said beside the form."""
    asked, fault = read(desk, form.text("q", chars_max=QUERY_CHARS_MAX))
    if asked is None:
        what = fault.what if fault is not None else "nothing was asked"
        raise MonitorError(what, remedy=fault.remedy if fault is not None else "Begin at the search.")
    wish = _wish(form, asked)
    try:
        add_wished(desk, person, checked_wish(desk, wish))
    except MonitorError as error:
        page = _form(request, desk, pages, asked, wish, error)
        page.status_code = 400
        return page
    return RedirectResponse("/topics?done=added", 303)


def read(desk: Desk, text: str) -> tuple[Asked | None, Fault | None]:
    """What was typed, understood; or why it cannot be. Neither where nothing was typed."""
    if not text.strip():
        return None, None
    loaded = desk.force().loaded
    try:
        return understand(text.strip(), loaded.watchlist.lists, loaded.compiled.lexicon), None
    except QueryError as error:
        return None, Fault(error.what, error.remedy, error.column)
    except ConfigError as error:
        return None, Fault(error.what, error.remedy, None)


def _wish(form: Form, asked: Asked) -> Wish:
    return Wish(
        key=form.text("key", chars_max=100),
        name=form.text("name", chars_max=300),
        channels=tuple(dict.fromkeys(form.every("channel"))),
        schedule=form.text("schedule", chars_max=100),
        query=asked.text if asked.is_query else None,
    )


def _form(
    request: Request, desk: Desk, pages: Pages, asked: Asked, wish: Wish, error: MonitorError | None = None
) -> HTMLResponse:
    is_over = over_after(desk.clock)
    with desk.store.read() as tx:
        foreseen = foresee(tx, asked.compiled, desk.clock.now(), is_over)
    loaded = desk.force().loaded
    channels = sorted(loaded.settings.channels)
    usual = loaded.watchlist.topics[0].channels if loaded.watchlist.topics else channels[:1]
    return pages.render(
        request,
        "search_topic.html",
        nav="search",
        asked=asked,
        wish=wish,
        channels=channels,
        chosen=wish.channels or tuple(usual),
        foreseen=foreseen,
        error=error,
        problems=[str(one) for one in getattr(error, "problems", ())],
    )
