"""The watchlist as it judges articles now: its words weighed by the archive, moved by what readers' marks taught.

Effects: database.
"""

from msgspec import Struct

from monitor.pipeline.marks import learn_all
from monitor.storage.search import compile_by_archive
from monitor.storage.store import Store
from monitor.topics.match import CompiledWatchlist


class Watched(Struct, frozen=True):
    """A watchlist in force. What it says of an article stays the same; a new one is made and put in its place."""

    watchlist: CompiledWatchlist
    weighed: CompiledWatchlist
    """The same before it learned."""
    marks_seen: int
    """How often readers' marks had changed when its topics learned from them."""


def watch(store: Store, compiled: CompiledWatchlist) -> Watched:
    """A watchlist by the archive and the marks as they are now."""
    return learn(store, compile_by_archive(store, compiled))


def learn(store: Store, weighed: CompiledWatchlist) -> Watched:
    """A watchlist that was weighed before, by the marks as they are now."""
    with store.read() as tx:
        return Watched(learn_all(tx, weighed), weighed, tx.marks.changes())


def has_new_marks(store: Store, watched: Watched) -> bool:
    """Whether readers' marks changed since a watchlist learned from them."""
    with store.read() as tx:
        return tx.marks.changes() != watched.marks_seen
