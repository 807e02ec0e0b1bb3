"""Which configuration a start puts in force, and what it changed while nothing ran.

A restart is no way around `apply = "planned"`: an edit that nobody planned waits, and the latest revision counts. Nor
does a worker that starts with older files take back what the others have in force.

Effects: database, reads files, asks the system for processes.
"""

import os
import socket
from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from monitor.applying import has_same_texts, is_same
from monitor.clock import Clock
from monitor.config.faults import ConfigFaults
from monitor.config.load import Loaded
from monitor.config.watch import WATCHLIST, Change, compare, may_count
from monitor.errors import StorageError, StorageReason
from monitor.logs import get_log
from monitor.model import TopicKey
from monitor.storage.revisions import Revision, RevisionHead, body_hash
from monitor.storage.store import Store, Transaction
from monitor.text import plural

log = get_log()

FAULTS_NOTICE = "config"
WAITS_NOTICE = "config-waits"
TRIES_MAX = 5
"""Of workers that start at one moment on an empty database with different files each pass may let one more through."""

LoadInstead = Callable[[Mapping[str, bytes]], Loaded]
"""Loads the folder with these bodies in place of the files of their names; raises `ConfigFaults`."""
OthersAtWork = Callable[[Transaction, datetime], bool]
"""Whether other processes work with what the database has in force, at that time."""


def others_beat(tx: Transaction, now: datetime) -> bool:
    """Whether another worker beats. One of this machine whose process is gone is not waited for until it is lost."""
    host = socket.gethostname()
    return any(worker.host != host or _lives(worker.pid) for worker in tx.workers.at_work(now))


def _lives(pid: int) -> bool:
    """Whether another process of this number is there; in a container that starts anew it is one's own number."""
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class Start(Struct, frozen=True):
    """What to begin with."""

    loaded: Loaded
    change: str
    """What it changes against the newest revision, in words."""
    head: RevisionHead | None
    """The newest revision when this was chosen."""
    renamed: Mapping[TopicKey, TopicKey] = field(default_factory=dict)
    passed: Mapping[str, str] = field(default_factory=dict)
    """The hashes of own files that were passed over for those of the newest revision, by file name."""
    writes: bool = True
    """Whether it is to be written: not where other workers have it in force."""


def choose_start(
    store: Store,
    loaded: Loaded,
    load_instead: LoadInstead | None,
    clock: Clock,
    others_at_work: OthersAtWork = others_beat,
) -> Start:
    """The configuration to begin with, and what it changes against the newest revision; without `load_instead` what is
    given.

    While others are at work a file that was in force once and is not any more is stale, and the newest revision's
    counts instead; one that never was is an edit. When nobody is at work the files count.

    Raises `ConfigFaults` where the watchlist must be planned first and the one before it cannot be used any more, or
    where the newest revision, which the others have in force, cannot be used here.
    """
    now = clock.now()
    with store.read() as tx:
        latest = tx.revisions.latest()
        if load_instead is None:
            return Start(loaded, "", latest)
        is_beside = latest is not None and others_at_work(tx, now)
        passed = find_stale(tx, latest, loaded.hashes) if latest is not None and is_beside else {}
        is_known = is_beside and tx.revisions.knows_monitor(loaded.hashes["monitor.toml"])
    if latest is None:
        _clear_notices(store, now)
        return Start(loaded, first_words(loaded), None)
    if passed:
        loaded = _pass_over(latest, passed, load_instead)
    if is_same(latest, loaded) or (is_known and has_same_texts(latest, loaded)):
        _clear_notices(store, now)
        return Start(loaded, "", latest, passed=passed, writes=not is_beside)
    start = _compare(store, loaded, load_instead, latest, now)
    is_followed = is_known and has_same_texts(latest, start.loaded)
    return replace(start, passed=passed, writes=not is_followed)


def _compare(store: Store, loaded: Loaded, load_instead: LoadInstead, latest: Revision, now: datetime) -> Start:
    """What is another than the newest revision: it counts, or its watchlist has to be planned first."""
    try:
        change = compare(load_instead(latest.bodies), loaded, now)
    except ConfigFaults as error:
        if loaded.settings.watchlist.apply == "checked" or is_planned(store, loaded.bodies[WATCHLIST]):
            return Start(loaded, "changed while nothing ran", latest)
        meanwhile = (
            "An edit of watchlist.toml waits for `monitor plan --apply`, and the one before it has these faults."
        )
        raise ConfigFaults(error.problems, meanwhile=meanwhile, files=error.files) from error
    if may_count(change, lambda body: is_planned(store, body)):
        _clear_notices(store, now)
        return Start(loaded, change.in_words(), latest, change.topics_renamed)
    with store.write() as tx:
        note_waiting(tx, change, now)
    started = load_instead({**loaded.bodies, WATCHLIST: latest.bodies[WATCHLIST]})
    return Start(started, compare(load_instead(latest.bodies), started, now).in_words(), latest)


def find_stale(tx: Transaction, head: RevisionHead, hashes: Mapping[str, str]) -> dict[str, str]:
    """Which of these files were in force once and are not any more, with their hashes; a yes to one of them since
    the newest revision makes it an edit.
    """
    return {
        name: hashes[name]
        for name, newest in head.texts.items()
        if hashes[name] != newest and tx.revisions.knows(hashes[name]) and not is_wanted(tx, head, hashes[name])
    }


def is_wanted(tx: Transaction, head: RevisionHead, hashed: str) -> bool:
    """Whether a person said yes to a file of this content after the newest revision came in force."""
    edit = tx.revisions.edit_of(hashed)
    return edit is not None and edit.planned and edit.at > head.at


def is_wanted_here(store: Store, hashed: str) -> bool:
    """As `is_wanted`, of the newest revision there is."""
    with store.read() as tx:
        head = tx.revisions.head()
        return head is not None and is_wanted(tx, head, hashed)


def start_with(start: Start, put: Callable[[Start], None], choose: Callable[[], Start], *, tries: int) -> None:
    """Put it in force; where others that start at the same moment came first, choose anew. Raises as those two do."""
    for left in range(tries, 0, -1):
        try:
            return put(start)
        except StorageError as error:
            if error.reason is not StorageReason.LOCKED or left == 1:
                raise
            log.info("start.again", reason=error.reason, hint=error.what)
        start = choose()


def _pass_over(latest: Revision, passed: Mapping[str, str], load_instead: LoadInstead) -> Loaded:
    log.warning(
        "config.files_older",
        files=",".join(sorted(passed)),
        revision=latest.id,
        hint="others work with that revision, so it counts; edit the files, or say yes: monitor plan --apply",
    )
    try:
        return load_instead({name: latest.bodies[name] for name in passed})
    except ConfigFaults as error:
        meanwhile = (
            f"The files here are older than revision {latest.id}, which the other workers have in force; with it these "
            "are the faults, by the lines of that revision. See: monitor watchlist diff file."
        )
        raise ConfigFaults(error.problems, meanwhile=meanwhile, files=error.files) from error


def first_words(loaded: Loaded) -> str:
    """What the very first configuration brings."""
    return f"the first: {plural(len(loaded.watchlist.topics), 'topic')}, {plural(len(loaded.feeds), 'feed')}"


def is_planned(store: Store, watchlist: bytes) -> bool:
    """Whether a person saw what a watchlist.toml of this content would change, or it is in force already."""
    hashed = body_hash(watchlist)
    with store.read() as tx:
        edit, head = tx.revisions.edit_of(hashed), tx.revisions.head()
    return (edit is not None and edit.planned) or (head is not None and head.watchlist_hash == hashed)


def _clear_notices(store: Store, now: datetime) -> None:
    """What starts has no fault and waits for nobody, whatever the run before left open."""
    with store.read() as tx:
        stale = [one.key for one in tx.notices.open() if one.key in (FAULTS_NOTICE, WAITS_NOTICE)]
    if stale:
        with store.write() as tx:
            for key in stale:
                tx.notices.clear(key, now)


def note_waiting(tx: Transaction, change: Change, now: datetime) -> None:
    """Remember that an edit waits for a person's yes."""
    words = change.in_words()
    head = f"An edit of watchlist.toml waits to be planned: {words}"
    remedy = "See what it would change: monitor plan. Let it count: monitor plan --apply."
    tx.notices.raise_(WAITS_NOTICE, head, remedy, "", now)
