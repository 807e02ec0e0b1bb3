"""A watchlist under somebody's hands: what was typed or proposed, upon which file, and what stands against it.

Effects: reads files, database.
"""

from dataclasses import dataclass

from monitor.config.draft import WATCHLIST
from monitor.config.edit_values import with_values
from monitor.config.edit_whole import hash_of
from monitor.config.files import BOM, parse_config_file
from monitor.config.values import shown
from monitor.errors import MonitorError
from monitor.model import Level
from monitor.views.difference import DiffLine, read_difference
from monitor.views.watchlist import say_author, text_of
from monitor.web.desk import Desk
from monitor.web.outcome import Outcome, look_at_text
from monitor.web.pages import say_moment
from monitor.web.person import Person
from monitor.web.refusals import NotThere


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody else wrote the file while it was edited here."""

    theirs: str
    """What stands there now."""
    theirs_changed: list[DiffLine]
    """Against what both began with; against what is typed where that is not known any more."""
    yours_changed: list[DiffLine] | None
    """None where it is not known any more what both began with."""


@dataclass(slots=True)
class Editing:
    """What is in the text area, and around it."""

    text: str
    expected: str
    """The hash of the file that it was made of."""
    note: str = ""
    replay: bool = False
    revision: int | None = None
    """The revision that it is proposed to go back to."""
    proposal: str = ""
    """What is proposed, in a sentence; empty where the file is shown as it stands."""
    outcome: Outcome | None = None
    failure: MonitorError | None = None
    conflict: Conflict | None = None

    def is_as_proposed(self, desk: Desk) -> bool:
        """Whether the text is that of its revision, to the byte."""
        with desk.store.read() as tx:
            found = tx.revisions.get(self.revision) if self.revision is not None else None
        return found is not None and text_of(found.bodies[WATCHLIST]) == self.text


def begin(desk: Desk) -> Editing:
    """The file as it stands."""
    body = _body(desk)
    return Editing(text_of(body), hash_of(body))


def propose_revision(desk: Desk, person: Person, number: int) -> Editing:
    """The watchlist as it was in a revision, to be written back. Raises NotThere."""
    with desk.store.read() as tx:
        found = tx.revisions.get(number)
    if found is None:
        raise NotThere(f"there is no revision {number}", remedy="It may be too old to be kept. See the history.")
    editing = begin(desk)
    body = found.bodies[WATCHLIST]
    editing.text, editing.revision = text_of(body), number
    editing.proposal = (
        f"This is the watchlist as it was in revision {number}, "
        f"{say_moment(found.at, desk.timezone).striptags()}, by {say_author(found.author)}."
    )
    editing.note = f"rollback to {number}"
    editing.outcome = look_at_text(desk, body, person.author)
    return editing


def propose_level(desk: Desk, person: Person, topic: str, level: str) -> Editing:
    """The file with another level for one topic. Raises MonitorError where there is no such level or topic."""
    if level not in {one.value for one in Level}:
        raise MonitorError(f"there is no level {shown(level)}", remedy="It is strict, balanced or broad.")
    return propose(desk, person, topic, {"level": level}, f"The level of {topic} is {level} here.")


def propose(desk: Desk, person: Person, topic: str, values: dict[str, object], said: str) -> Editing:
    """The file with other values for keys of a topic. Raises ConfigError where it cannot be made."""
    body = _body(desk)
    path = desk.watcher.folder / WATCHLIST
    file = parse_config_file(body, path, str(path))
    text = with_values(file, topic, values)
    editing = Editing(text.replace("\r\n", "\n"), hash_of(body))
    editing.proposal = said
    editing.note = f"{topic}: {', '.join(values)}"
    mark = BOM if body.startswith(BOM) else b""
    editing.outcome = look_at_text(desk, mark + text.encode(), person.author)
    return editing


def find_conflict(desk: Desk, editing: Editing, theirs: bytes) -> Conflict:
    """What each side changed; the editing goes on upon what stands there now."""
    with desk.store.read() as tx:
        base = tx.revisions.with_watchlist(editing.expected)
    editing.expected = hash_of(theirs)
    there = text_of(theirs)
    if base is None:
        return Conflict(there, read_difference(there, editing.text)[0], None)
    began = text_of(base.bodies[WATCHLIST])
    return Conflict(there, read_difference(began, there)[0], read_difference(began, editing.text)[0])


def _body(desk: Desk) -> bytes:
    return desk.watcher.body(WATCHLIST)
