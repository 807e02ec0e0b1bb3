"""The watchlist as a person edits it: the file itself, its faults on their lines, its plan beside it.

Effects: reads and writes files, database.
"""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from monitor.channels.wording import clean_title
from monitor.config.edit_whole import ChangedMeanwhile, as_typed
from monitor.config.faults import ConfigFaults
from monitor.errors import MonitorError
from monitor.pipeline.plan_words import effect_lines, looked_at, rate, what_changes
from monitor.views.revisions import read_revisions
from monitor.views.watchlist import read_standing, say_author
from monitor.web.applying import NOTE_CHARS_MAX, REPLAY_S, Done, apply_revision, apply_text
from monitor.web.editing import Editing, begin, find_conflict, propose_level, propose_revision
from monitor.web.forms import AskFormIn, Form, FormIn
from monitor.web.outcome import DAYS, Outcome, faults_of, judge_text
from monitor.web.pages import DeskIn, Pages, PagesIn
from monitor.web.person import PersonIn
from monitor.web.planner import Overtaken

router = APIRouter()

RECENT = 5
"""Revisions named below the editor."""
DONE = {
    Done.APPLIED: "Written. It comes in force within seconds.",
    Done.APPROVED: "Approved as it stands. It comes in force within seconds.",
    Done.SAME: "Nothing to write: the file is in force as it stands.",
    "rolled": "Written back. It comes in force within seconds.",
    "kept": "Written back. What stood there and was never in force is kept beside it as a .bak file.",
}
OF_PLANS = {
    "days": DAYS,
    "rate": rate,
    "looked_at": looked_at,
    "what_changes": what_changes,
    "effect_lines": effect_lines,
    "clean_title": clean_title,
}
"""What the template of a plan says it with."""
Word = Annotated[str, Query(max_length=100)]


@router.get("/watchlist")
def watchlist(
    request: Request,
    desk: DeskIn,
    pages: PagesIn,
    person: PersonIn,
    topic: Word = "",
    level: Word = "",
    revision: Annotated[int | None, Query(ge=1)] = None,
    done: Word = "",
) -> HTMLResponse:
    """The file as it stands, or with a proposed change made in it; nothing is written by looking."""
    if revision is not None:
        editing = propose_revision(desk, person, revision)
    elif topic and level:
        editing = propose_level(desk, person, topic, level)
    else:
        editing = begin(desk)
    return _show(request, desk, pages, editing, done=DONE.get(done, ""))


@router.get("/watchlist/state")
def state(request: Request, desk: DeskIn, pages: PagesIn) -> HTMLResponse:
    """How the file stands, as the part of the page that says so."""
    standing = read_standing(desk.store, desk.watcher, desk.force().loaded)
    return pages.render(request, "watchlist_state.html", standing=standing, say_author=say_author)


@router.post("/watchlist/plan")
def plan(request: Request, desk: DeskIn, pages: PagesIn, person: PersonIn, form: AskFormIn) -> HTMLResponse:
    """What would come of the text, as the part of the page that says so."""
    body = as_typed(form.raw("text"), desk.force().loaded.bodies["watchlist.toml"])
    try:
        outcome = judge_text(desk, body, person.author)
    except Overtaken:
        outcome = Outcome(is_busy=True)
    return pages.render(request, "watchlist_outcome.html", outcome=outcome, **OF_PLANS)


@router.post("/watchlist/check")
def check(request: Request, desk: DeskIn, pages: PagesIn, person: PersonIn, form: AskFormIn) -> HTMLResponse:
    """The same on the whole page, for browsers without script; what was typed stays."""
    editing = _typed(desk, form)
    body = as_typed(editing.text, desk.force().loaded.bodies["watchlist.toml"])
    try:
        editing.outcome = judge_text(desk, body, person.author)
    except Overtaken:
        editing.outcome = Outcome(is_busy=True)
    return _show(request, desk, pages, editing)


@router.post("/watchlist/apply")
def apply(request: Request, desk: DeskIn, pages: PagesIn, person: PersonIn, form: FormIn) -> Response:
    """Write it. Where it is refused the page comes again, with what was typed and why."""
    editing = _typed(desk, form)
    status = 400
    try:
        if editing.revision is not None and editing.is_as_proposed(desk):
            restored = apply_revision(desk, person, editing.revision, editing.expected, force=True)
            return _go("kept" if restored.backup else "rolled")
        replay_s = REPLAY_S if form.is_set("replay") else 0
        done, _ = apply_text(desk, person, editing.text, editing.expected, note=editing.note, replay_s=replay_s)
        return _go(done)
    except ChangedMeanwhile as error:
        status, editing.conflict = 409, find_conflict(desk, editing, error.body)
    except ConfigFaults as error:
        status = 422
        editing.outcome = Outcome(faults_of(error.problems, editing.text))
        editing.failure = MonitorError("nothing was written: the text has faults", remedy="Mend the lines named below.")
    except MonitorError as error:
        editing.failure = error
    html = _show(request, desk, pages, editing)
    html.status_code = status
    return html


def _go(done: str) -> RedirectResponse:
    return RedirectResponse(f"/watchlist?done={done}", 303)


def _typed(desk: DeskIn, form: Form) -> Editing:
    editing = Editing(form.raw("text"), form.text("expected", chars_max=64))
    editing.note = form.text("note", chars_max=NOTE_CHARS_MAX)
    editing.replay = form.is_set("replay")
    if form.text("revision", chars_max=18):
        editing.revision = form.number("revision")
    return editing


def _show(request: Request, desk: DeskIn, pages: Pages, editing: Editing, *, done: str = "") -> HTMLResponse:
    standing = read_standing(desk.store, desk.watcher, desk.force().loaded)
    if editing.outcome is None and standing.problems and editing.text == standing.text:
        own = tuple(one for one in standing.problems if one.path == standing.path)
        editing.outcome = Outcome(faults_of(own, editing.text))
    return pages.render(
        request,
        "watchlist.html",
        nav="watchlist",
        standing=standing,
        editing=editing,
        outcome=editing.outcome or Outcome(is_same=True),
        recent=read_revisions(desk.store, RECENT).items,
        say_author=say_author,
        note_chars_max=NOTE_CHARS_MAX,
        done=done,
        **OF_PLANS,
    )
