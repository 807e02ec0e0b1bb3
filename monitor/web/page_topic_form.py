"""One topic as a small form, which proposes an edit of watchlist.toml; the editor's own road writes it.

Effects: reads files, database.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from monitor.config.draft import WATCHLIST
from monitor.config.edit_topics import topic_of
from monitor.config.edit_whole import as_typed
from monitor.config.files import ConfigFile, parse_config_file
from monitor.errors import MonitorError
from monitor.text import shorten
from monitor.views.difference import DiffLine, read_difference
from monitor.web.applying import NOTE_CHARS_MAX
from monitor.web.desk import Desk
from monitor.web.editing import Editing, begin, propose
from monitor.web.forms import AskFormIn
from monitor.web.outcome import Fault
from monitor.web.page_watchlist import OF_PLANS
from monitor.web.pages import DeskIn, Pages, PagesIn
from monitor.web.person import Person, PersonIn
from monitor.web.refusals import NotThere
from monitor.web.topic_form import GROUPS, Filled, changed_values, faults_by_field, read_filled, typed
from monitor.web.topics_in import KeyIn

router = APIRouter()


@dataclass(slots=True)
class Sheet:
    """The form of one topic, and what comes of it."""

    key: str
    filled: Filled
    expected: str
    """The hash of the file that it is shown from."""
    editing: Editing | None = None
    """None where nothing differs from the file."""
    lines: list[DiffLine] = field(default_factory=list)
    """What differs in the file."""
    faults: Mapping[str, list[str]] = field(default_factory=dict)
    others: Sequence[Fault] = ()
    """Faults that are not of one of the fields."""
    failure: MonitorError | None = None
    is_sent: bool = False
    is_overtaken: bool = False
    """Whether the file is another one than the form was made of."""


@router.get("/watchlist/topics/{key}")
def topic_form(request: Request, desk: DeskIn, pages: PagesIn, key: KeyIn) -> HTMLResponse:
    """The topic as it stands in the file."""
    now = begin(desk)
    known = topic_of(_file(desk, now.text, key), key)
    return _show(request, desk, pages, Sheet(key, read_filled(known), now.expected))


@router.post("/watchlist/topics/{key}")
def propose_form(
    request: Request, desk: DeskIn, pages: PagesIn, person: PersonIn, form: AskFormIn, key: KeyIn
) -> HTMLResponse:
    """What the form would change in the file, and what would come of that; nothing is written."""
    now = begin(desk)
    file = _file(desk, now.text, key)
    sheet = Sheet(key, typed(form), now.expected, is_sent=True)
    sheet.is_overtaken = form.text("expected", chars_max=64) != now.expected
    values = changed_values(topic_of(file, key), sheet.filled)
    if values:
        try:
            _propose(desk, person, sheet, values, now.text)
        except MonitorError as error:
            sheet.failure = error
    return _show(request, desk, pages, sheet)


def _propose(desk: Desk, person: Person, sheet: Sheet, values: dict[str, object], before: str) -> None:
    editing = propose(desk, person, sheet.key, values, "")
    sheet.editing = editing
    sheet.lines, _ = read_difference(before, editing.text)
    if editing.outcome is not None:
        file = _file(desk, editing.text, sheet.key)
        sheet.faults, sheet.others = faults_by_field(file, sheet.key, editing.outcome.faults)


def _file(desk: Desk, text: str, key: str) -> ConfigFile:
    """The text as a file that has the topic. Raises ConfigFaults for what is no TOML, NotThere without the topic."""
    path = desk.watcher.folder / WATCHLIST
    file = parse_config_file(as_typed(text, b""), path, str(path))
    try:
        topic_of(file, key)
    except MonitorError as error:
        raise NotThere(
            f"there is no topic {shorten(key, 100)} in the watchlist", remedy=error.remedy or "See the list of topics."
        ) from error
    return file


def _show(request: Request, desk: Desk, pages: Pages, sheet: Sheet) -> HTMLResponse:
    force = desk.force()
    channels = list(force.loaded.settings.channels)
    return pages.render(
        request,
        "topic_form.html",
        nav="watchlist",
        sheet=sheet,
        groups=GROUPS,
        channels=[*channels, *(one for one in sheet.filled["channels"] if one not in channels)],
        topic_name=next(iter(sheet.filled["name"]), sheet.key),
        is_watched=any(one.key == sheet.key for one in force.loaded.watchlist.topics),
        note_chars_max=NOTE_CHARS_MAX,
        **OF_PLANS,
    )
