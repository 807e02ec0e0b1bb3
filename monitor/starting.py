"""Which configuration a start puts in force, and what it changed while nothing ran.

A restart is no way around `apply = "planned"`: an edit that nobody planned waits, and the latest revision counts.

Effects: database, reads files.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from monitor.config.faults import ConfigFaults
from monitor.config.load import Loaded
from monitor.config.watch import WATCHLIST, Change, compare, may_count
from monitor.model import TopicKey
from monitor.storage.revisions import RevisionHead, body_hash
from monitor.storage.store import Store, Transaction
from monitor.text import plural

FAULTS_NOTICE = "config"
WAITS_NOTICE = "config-waits"

LoadInstead = Callable[[Mapping[str, bytes]], Loaded]
"""Loads the folder with these bodies in place of the files of their names; raises `ConfigFaults`."""


def choose_start(
    store: Store, loaded: Loaded, load_instead: LoadInstead, now: datetime
) -> tuple[Loaded, str, Mapping[TopicKey, TopicKey]]:
    """The configuration to begin with, and what it changes against the latest revision, in words; renamed topics too.

    Raises `ConfigFaults` where the watchlist must be planned first and the one before it cannot be used any more.
    """
    with store.read() as tx:
        latest = tx.revisions.latest()
    if latest is None or is_same(latest, loaded):
        _clear_notices(store, now)
        return loaded, "" if latest is not None else first_words(loaded), {}
    try:
        change = compare(load_instead(latest.bodies), loaded, now)
    except ConfigFaults as error:
        if loaded.settings.watchlist.apply == "checked" or is_planned(store, loaded.bodies[WATCHLIST]):
            return loaded, "changed while nothing ran", {}
        meanwhile = (
            "An edit of watchlist.toml waits for `monitor plan --apply`, and the one before it has these faults."
        )
        raise ConfigFaults(error.problems, meanwhile=meanwhile, files=error.files) from error
    if may_count(change, lambda body: is_planned(store, body)):
        _clear_notices(store, now)
        return loaded, change.in_words(), change.topics_renamed
    with store.write() as tx:
        note_waiting(tx, change, now)
    stands_in = {WATCHLIST: latest.bodies[WATCHLIST]}
    started = load_instead(stands_in)
    return started, compare(load_instead(latest.bodies), started, now).in_words(), {}


def first_words(loaded: Loaded) -> str:
    """What the very first configuration brings."""
    return f"the first: {plural(len(loaded.watchlist.topics), 'topic')}, {plural(len(loaded.feeds), 'feed')}"


def is_same(head: RevisionHead, loaded: Loaded) -> bool:
    """Whether a configuration is the very one of a revision."""
    return {
        WATCHLIST: head.watchlist_hash,
        "feeds.toml": head.feeds_hash,
        "monitor.toml": head.monitor_hash,
    } == dict(loaded.hashes)


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
