"""Find the few entries of a visit that keep the whole feed from being stored.

Effects: none.
"""

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import replace

from monitor.errors import ParseError, ParseReason
from monitor.model import Entry, Polled

TRIALS_MAX = 100
"""Trials to find the guilty: enough for four of 2,000 entries, and for a dozen of 100."""


def without_guilty(
    polled: Polled, error: Exception, can_store: Callable[[Polled], bool]
) -> tuple[Polled | None, list[Entry]]:
    """The visit without the entries that cannot be stored, its error counting them, and the entries left out.

    `can_store` tries a visit with some of the entries and leaves nothing behind. Halves that fail are halved again;
    what is still undecided after `TRIALS_MAX` trials is left out as well. None and nothing where no entry would be
    left, or where no entry is to blame.
    """
    entries = polled.parsed.entries if polled.parsed is not None else ()
    kept: set[int] = set()
    waiting = deque(_halves(range(len(entries))))
    # The largest first, so that what the bound leaves undecided is small.
    for _ in range(TRIALS_MAX):
        if not waiting:
            break
        some = waiting.popleft()
        if can_store(_with_entries(polled, some)):
            kept.update(some)
        else:
            waiting += _halves(some)
    dropped = [entry for index, entry in enumerate(entries) if index not in kept]
    if not kept or not dropped:
        return None, []
    what = f"{len(dropped)} of {len(entries)} entries could not be stored ({type(error).__name__})"
    return replace(_with_entries(polled, kept), error=ParseError(what, reason=ParseReason.UNSTORABLE)), dropped


def _halves(some: range) -> list[range]:
    """Both halves; of a single entry, nothing that could be tried."""
    middle = len(some) // 2
    return [some[:middle], some[middle:]] if middle else []


def _with_entries(polled: Polled, kept: Collection[int]) -> Polled:
    assert polled.parsed is not None
    entries = tuple(polled.parsed.entries[index] for index in sorted(kept))
    return replace(polled, parsed=replace(polled.parsed, entries=entries))
