"""Pages as HTML, from the templates beside this module. Everything from a feed is escaped; no script stands in a page.

Effects: reads its templates.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from monitor.web.desk import Desk
from monitor.web.headers import PAGE_HEADERS
from monitor.web.person import Person
from monitor.web.statics import Statics

NAV = (
    ("overview", "/", "Overview"),
    ("topics", "/topics", "Topics"),
    ("stories", "/stories", "Stories"),
    ("feeds", "/feeds", "Feeds"),
    ("search", "/search", "Search"),
    ("watchlist", "/watchlist", "Watchlist"),
    ("explain", "/explain", "Explain"),
    ("deliveries", "/deliveries", "Deliveries"),
)
"""What stands at the top of each page: key, address, words."""
MOMENT = "%d %b %H:%M"
"""How a time is shown, unless a page asks for another shape."""
LONG_AGO = timedelta(days=180)
"""What lies further off is shown with its year and without the hour, as in a digest."""


def read_templates() -> Environment:
    """The templates: what a feed wrote is escaped, and a name that is not there is an error."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class Pages:
    """Renders pages."""

    def __init__(self, statics: Statics) -> None:
        self._templates = read_templates()
        self._templates.globals.update(static=statics.address, nav_items=NAV)
        self._templates.filters.update(moment=_moment, count=say_count)

    def render(self, request: Request, template: str, **values: object) -> HTMLResponse:
        """A page for whoever asks; `nav` names its place in the bar. `person`, `zone` and `now` are always there."""
        desk: Desk = request.app.state.desk
        person: Person = request.scope["person"]
        page = self._templates.get_template(template).render(
            {"person": person, "zone": desk.timezone, "now": desk.clock.now(), "path": request.url.path, **values}
        )
        return HTMLResponse(page, headers=PAGE_HEADERS)


@pass_context
def _moment(page: Context, at: datetime | None, zone: str, shape: str = MOMENT, never: str = "never") -> Markup:
    now = page.get("now")
    if shape == MOMENT and at is not None and now is not None and abs(now - at) > LONG_AGO:
        shape = "%d %b %Y"
    return say_moment(at, zone, shape, never)


def say_moment(at: datetime | None, zone: str, shape: str = MOMENT, never: str = "never") -> Markup:
    """A time as a person there reads it, for machines beside it."""
    if at is None:
        return escape(never)
    local = at.astimezone(ZoneInfo(zone))
    full = f"{local:%A %d %B %Y %H:%M:%S} {local.tzname()}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(at.isoformat(), full, local.strftime(shape))


def say_count(number: int) -> str:
    """A number with its thousands apart."""
    return f"{number:,}".replace(",", "\u202f")


def desk_of(request: Request) -> Desk:
    """What a page is answered from."""
    desk: Desk = request.app.state.desk
    return desk


def pages_of(request: Request) -> Pages:
    """What renders it."""
    pages: Pages = request.app.state.pages
    return pages


DeskIn = Annotated[Desk, Depends(desk_of)]
PagesIn = Annotated[Pages, Depends(pages_of)]
