"""The configurations that were in force, for programs.

Effects: reads and writes files, database.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from monitor.config.edit_whole import hash_of, read_body
from monitor.errors import MonitorError
from monitor.storage.revisions import RevisionHead
from monitor.views.revisions import Listed, read_comparison, read_revisions
from monitor.web.api_watchlist import HASH
from monitor.web.applying import apply_revision
from monitor.web.forms import EditorIn
from monitor.web.pages import DeskIn
from monitor.web.paging import LIMIT, AfterIn, LimitIn, Paged
from monitor.web.refusals import NotThere

router = APIRouter(tags=["revisions"])

NUMBER_MAX = 2**53
Number = Annotated[int, Path(ge=1, le=NUMBER_MAX)]


@dataclass(frozen=True, slots=True)
class RevisionBrief:
    """A configuration that was in force. A hash is SHA-256 in hex of a whole file."""

    id: int
    at: datetime
    author: str
    note: str | None
    change: str
    """What it changed, in words."""
    latest: bool
    watchlist_hash: str
    feeds_hash: str
    monitor_hash: str


@dataclass(frozen=True, slots=True)
class RevisionAnswer:
    """One of them, with its watchlist."""

    revision: RevisionBrief
    watchlist: str
    against: int | None
    """The revision before it, which the difference is seen from."""
    difference: list[str]
    """The lines of watchlist.toml that differ, each behind its sign `+`, `-` or space; at most 2,000."""


class RollbackAsked(BaseModel):
    """Which file is to be as it was."""

    file: Literal["watchlist.toml", "feeds.toml"] = "watchlist.toml"
    expected_hash: Annotated[str, Field(pattern=HASH)] | None = None
    """What the file must still be; null where that does not matter."""
    force: bool = False
    """Also over an edit that was never in force; it is kept beside the file."""


@dataclass(frozen=True, slots=True)
class RollbackAnswer:
    """What came of it."""

    changed: bool
    """False where the file was as wanted already."""
    hash: str
    kept: str | None
    """The name of the file in which the edit that was never in force is kept."""


@router.get("/revisions")
def revisions(desk: DeskIn, limit: LimitIn = LIMIT, after: AfterIn = None) -> Paged[RevisionBrief]:
    """Every configuration that was in force, the newest first."""
    if after is not None and not (after.isascii() and after.isdecimal() and int(after) <= NUMBER_MAX):
        raise MonitorError("`after` is no cursor of ours", remedy="Give `next` of the page before.")
    page = read_revisions(desk.store, limit, int(after) if after is not None else None)
    return Paged(items=[_brief(one) for one in page.items], next=str(page.older) if page.older is not None else None)


@router.get("/revisions/{number}")
def revision(number: Number, desk: DeskIn) -> RevisionAnswer:
    """One configuration, its watchlist and what differs from the one before."""
    found = read_comparison(desk.store, number)
    if found is None:
        raise _not_there(number)
    of_watchlist = (one.lines for one in found.files if one.name == "watchlist.toml")
    lines = next(of_watchlist, [])
    return RevisionAnswer(
        _brief(found.listed),
        found.watchlist,
        found.other.id if found.other is not None else None,
        [f"{one.kind}{one.text}" for one in lines],
    )


@router.post("/revisions/{number}/rollback")
def roll_back(number: Number, asked: RollbackAsked, desk: DeskIn, person: EditorIn) -> RollbackAnswer:
    """Write a file as it was. 409 where it is not the expected one, 422 where it would not load today."""
    with desk.store.read() as tx:
        if tx.revisions.get(number) is None:
            raise _not_there(number)
    done = apply_revision(desk, person, number, asked.expected_hash, name=asked.file, force=asked.force)
    body = read_body(desk.watcher.folder / asked.file) or b""
    return RollbackAnswer(done.is_changed, hash_of(body), done.backup.name if done.backup is not None else None)


def _not_there(number: int) -> NotThere:
    return NotThere(f"there is no revision {number}", remedy="It may be too old to be kept: GET /api/v1/revisions")


def _brief(one: Listed) -> RevisionBrief:
    head: RevisionHead = one.head
    return RevisionBrief(
        head.id, head.at, head.author, head.note or None, one.change, one.is_latest,
        head.watchlist_hash, head.feeds_hash, head.monitor_hash,
    )  # fmt: skip
