"""After each write to the index of words: some slices of its merging, each in a turn of its own.

Effects: database.
"""

from monitor.pipeline.pace import Pace
from monitor.storage.store import Store

SLICES = 8
"""At most after one write: over twice the pages that a portion of articles costs on all levels, so that the number of
segments stays small; mostly there is none to do."""


def merge_words(store: Store, pace: Pace) -> None:
    """What the last write left to merge, as far as so many slices go; the next write's slices go on with the rest."""
    for _ in range(SLICES):
        if pace.is_stopping():
            return
        with pace.timed(store.write(), is_sized=False) as tx:
            has_more = tx.words.merge()
        if not has_more:
            return
        pace.rest()


def put_words_together(store: Store, pace: Pace, slices_max: int) -> bool:
    """The whole index, slice by slice: only so is the room free that removed articles took in it. Whether it is done;
    what is not goes on the next time.
    """
    for number in range(slices_max):
        if pace.is_stopping():
            return False
        with pace.timed(store.write(), is_sized=False) as tx:
            has_more = tx.words.merge(of_all=number == 0)
        if not has_more:
            break
        pace.rest()
    return True
