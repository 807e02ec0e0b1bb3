"""The watchlist, for programs: its text, what another text would change, and the edit itself.

Effects: reads and writes files, database.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from monitor.config.edit_whole import as_typed
from monitor.pipeline.plan_words import topic_record, total_record
from monitor.views.watchlist import read_standing
from monitor.web.applying import NOTE_CHARS_MAX, apply_text
from monitor.web.desk import Desk
from monitor.web.forms import AskerIn, EditorIn
from monitor.web.outcome import Fault, faults_of, judge_text
from monitor.web.pages import DeskIn

router = APIRouter(tags=["watchlist"])

TEXT_CHARS_MAX = 2_000_000
HASH = "^[0-9a-f]{64}$"
REPLAY_HOURS_MAX = 720

TextField = Annotated[str, Field(max_length=TEXT_CHARS_MAX, description="The whole of watchlist.toml.")]


@dataclass(frozen=True, slots=True)
class FaultAnswer:
    """One fault of the text."""

    line: int | None
    message: str
    quoted: str
    """The line itself."""


@dataclass(frozen=True, slots=True)
class WatchlistAnswer:
    """watchlist.toml as it stands."""

    text: str
    """Its line ends are newlines here, whatever the file has; an edit keeps those of the file."""
    hash: str
    """SHA-256 of the file's bytes: what an edit is made of."""
    state: str
    """`in force`, `coming` within seconds, `waits` for a yes, `faulty`, or `held` by a fault of another file."""
    in_force_since: datetime
    """Of what is in force, this text or the one before it."""
    revision: int | None
    """The latest in the log."""
    faults: list[FaultAnswer]
    held_by: list[str]
    """Faults of other files, while they hold it up."""
    waiting: str | None
    """What it would change, where it waits for a yes."""


class WatchlistEdit(BaseModel):
    """A whole text to be written in place of the file."""

    text: TextField
    expected_hash: Annotated[str, Field(pattern=HASH, description="`hash` of the text that was edited.")]
    note: Annotated[str, Field(max_length=NOTE_CHARS_MAX)] = ""
    replay_hours: Annotated[int, Field(ge=0, le=REPLAY_HOURS_MAX)] = 0
    """How far back new and edited topics look for what they tell at once."""


@dataclass(frozen=True, slots=True)
class EditAnswer:
    """What came of an edit."""

    outcome: str
    """`applied`, `approved` where the text stood there already and waited, or `same` where it was in force."""
    hash: str


class PlanAsked(BaseModel):
    """A text to be planned."""

    text: TextField


@dataclass(frozen=True, slots=True)
class PlanAnswer:
    """What a text would change; nothing is written."""

    faults: list[FaultAnswer]
    """Where there are any there is no plan. An example that fails is one."""
    notes: list[str]
    """Examples that could not be tried."""
    is_same: bool
    """Whether it is what is in force, to the byte."""
    is_cut: bool
    """Whether fewer than 30 days were looked at, so that this answers within two seconds."""
    topics: list[dict[str, Any]]
    """The records of `monitor plan --json`."""
    total: dict[str, Any] | None


@router.get("/watchlist")
def watchlist(desk: DeskIn) -> WatchlistAnswer:
    """The file as it stands, and whether it is in force."""
    return _read(desk)


@router.put("/watchlist")
def put_watchlist(asked: WatchlistEdit, desk: DeskIn, person: EditorIn) -> EditAnswer:
    """Write it, byte for byte. 409 where the file is no longer the expected one, 422 with `problems` where the text
    has faults; then nothing is written.
    """
    done, hashed = apply_text(
        desk,
        person,
        asked.text.replace("\r\n", "\n"),
        asked.expected_hash,
        note=asked.note,
        replay_s=asked.replay_hours * 3600,
    )
    return EditAnswer(done.value, hashed)


@router.post("/watchlist/plan")
def plan_watchlist(asked: PlanAsked, desk: DeskIn, person: AskerIn) -> PlanAnswer:
    """What a text would change, by the stored articles; who may only read may ask too. 409 where the same asker asks
    again before it is answered.
    """
    body = as_typed(asked.text.replace("\r\n", "\n"), desk.force().loaded.bodies["watchlist.toml"])
    outcome = judge_text(desk, body, f"{person.author} by the API")
    plan = outcome.plan
    return PlanAnswer(
        faults=[_fault(one) for one in outcome.faults],
        notes=list(outcome.notes),
        is_same=outcome.is_same,
        is_cut=plan is not None and plan.is_cut,
        topics=[topic_record(one, plan) for one in plan.topics] if plan is not None else [],
        total=total_record(plan) if plan is not None else None,
    )


def _read(desk: Desk) -> WatchlistAnswer:
    standing = read_standing(desk.store, desk.watcher, desk.force().loaded)
    own = tuple(one for one in standing.problems if one.path == standing.path)
    return WatchlistAnswer(
        text=standing.text,
        hash=standing.hash,
        state=standing.state.value,
        in_force_since=standing.since,
        revision=standing.head.id if standing.head is not None else None,
        faults=[_fault(one) for one in faults_of(own, standing.text)],
        held_by=[str(one) for one in standing.problems if one.path != standing.path],
        waiting=standing.waits_for or None,
    )


def _fault(one: Fault) -> FaultAnswer:
    return FaultAnswer(one.line or None, one.message, one.quoted)
