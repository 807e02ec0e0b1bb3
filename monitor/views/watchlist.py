"""How watchlist.toml stands: its text, whether it is in force, and what comes of a text that is proposed.

Effects: reads files, database.
"""

from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path

from msgspec import Struct

from monitor.config.draft import WATCHLIST, Draft, read_draft
from monitor.config.edit_whole import hash_of
from monitor.config.faults import Problem
from monitor.config.files import BOM
from monitor.config.load import Loaded
from monitor.config.watch import Watcher
from monitor.pipeline.example_articles import stored_article
from monitor.storage.revisions import BY_FILE, RevisionHead
from monitor.storage.store import Store

FAULTS_SHOWN = 100


class State(StrEnum):
    """Where the file stands on its way."""

    IN_FORCE = "in force"
    FAULTY = "faulty"
    """It has faults, and what was in force before stays."""
    HELD = "held"
    """It is good, and another file has a fault, so nothing is taken."""
    WAITS = "waits"
    """It is good, and waits for a person's yes."""
    COMING = "coming"
    """It is good, and is taken within seconds."""


class Standing(Struct, frozen=True):
    """The file at one moment."""

    path: str
    """As messages name it."""
    body: bytes
    state: State
    since: datetime
    """Since when what is in force is."""
    head: RevisionHead | None
    """The latest revision: what is in force, once a daemon has run."""
    problems: tuple[Problem, ...] = ()
    """Of this file, where it is faulty; of others where they hold it up."""
    waits_for: str = ""
    """What it would change, in words, where it waits."""

    @property
    def name(self) -> str:
        """The file with its folder, as a heading names it."""
        return "/".join(Path(self.path).parts[-2:])

    @property
    def hash(self) -> str:
        """How its content is known."""
        return hash_of(self.body)

    @property
    def text(self) -> str:
        """As a page shows it: line ends are newlines, and what is not UTF-8 is replaced."""
        return text_of(self.body)


def text_of(body: bytes) -> str:
    """A body as a text of lines."""
    return body.removeprefix(BOM).decode("utf-8", "replace").replace("\r\n", "\n")


def read_standing(store: Store, watcher: Watcher, loaded: Loaded) -> Standing:
    """How watchlist.toml stands now, against what is in force."""
    path = loaded.folder / WATCHLIST
    body = watcher.body(WATCHLIST)
    with store.read() as tx:
        head = tx.revisions.head()
    state, problems, waits_for = State.IN_FORCE, tuple[Problem, ...](), ""
    if body != loaded.bodies.get(WATCHLIST):
        draft = draft_of(store, loaded, body)
        faults = watcher.faults
        if draft.problems:
            state, problems = State.FAULTY, draft.problems
        elif faults is not None and any(one.path != str(path) for one in faults.problems):
            state, problems = State.HELD, tuple(one for one in faults.problems if one.path != str(path))
        elif watcher.waiting is not None:
            state, waits_for = State.WAITS, watcher.waiting.in_words()
        else:
            state = State.COMING
    since = head.at if head is not None else watcher.in_force_since
    return Standing(str(path), body, state, since, head, problems, waits_for)


def draft_of(store: Store, loaded: Loaded, body: bytes) -> Draft:
    """What would come of a watchlist.toml, examples of stored articles tried too."""
    return read_draft(body, loaded, partial(stored_article, store))


def say_author(author: str) -> str:
    """Who wrote an edit, as people say it: `anna, on the page`."""
    kind, _, name = author.partition(":")
    if author == BY_FILE:
        return "somebody, in the file itself"
    where = {"web": "on the page", "cli": "by a command", "slack": "in Slack"}.get(kind, "")
    return f"{name or kind}, {where}" if where else author
