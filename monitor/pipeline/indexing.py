"""Bring the index of words up to date, a bounded number of articles at a time, apart from ingest.

An article counts the moment it is stored, indexed or not: this only makes searches fast.

Effects: database.
"""

from monitor.clock import Clock
from monitor.model import ArticleId
from monitor.pipeline.merging import merge_words
from monitor.pipeline.pace import Pace
from monitor.storage.store import Store
from monitor.storage.word_index import BEHIND, entry_of, read_whole

PORTION = 250
"""Articles put in with one transaction: about a tenth of a second, most of it spent before the transaction begins."""


class Indexer:
    """Knows up to where the index is complete, so that a look at a complete one costs nothing."""

    def __init__(self, store: Store, *, after: ArticleId | None = None) -> None:
        self._store = store
        self._after = after
        self._pace = Pace(rest=lambda _s: None)  # between two writes whoever waits has the turn all the same

    def catch_up(self, *, portions: int = 1) -> bool:
        """Put in what is missing, at most so many portions; whether nothing is missing now."""
        for _ in range(portions):
            with self._store.read() as tx:
                is_begun = tx.words.languages() is not None
                missing = tx.words.missing(after=self._after, limit=PORTION) if is_begun else []
                wholes = read_whole(tx.connection, missing)
                newest = tx.words.newest()
            entries = [entry_of(whole) for whole in wholes]
            if entries or not is_begun:
                with self._store.write() as tx:
                    tx.words.begin() if not is_begun else tx.words.add(entries)
                merge_words(self._store, self._pace)
            if not is_begun:
                self._after = None
            elif len(missing) < PORTION:
                self._after = ArticleId(max(0, newest - BEHIND))
                return True
        return False


def catch_up_for(store: Store, clock: Clock, seconds: float) -> bool:
    """Put in what is missing for at most about so many seconds; whether nothing is missing now."""
    with store.read() as tx:
        newest = tx.words.newest()
    indexer = Indexer(store, after=ArticleId(max(0, newest - BEHIND)))  # the daemon looks at all of it, once
    until = clock.monotonic_s() + seconds
    is_complete = False
    while not is_complete and clock.monotonic_s() < until:
        is_complete = indexer.catch_up()
    return is_complete
