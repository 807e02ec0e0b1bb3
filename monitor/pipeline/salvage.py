"""Store what can be stored of a batch that breaks: feed by feed, and of a feed all but the entries that break it.

Effects: database.
"""

from collections import deque
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from msgspec.structs import replace

from monitor.errors import ParseError, ParseReason, StorageError
from monitor.logs import bind, get_log
from monitor.model import Entry, Polled, PollOutcome
from monitor.pipeline.ingest import IngestContext, counting, ingest_batch, write_batch
from monitor.pipeline.visits import PollSummary
from monitor.storage.store import Store
from monitor.text import plain_line, shorten

log = get_log()

DROPPED_LOGGED_MAX = 20
"""Lines written about the entries of one visit that cannot be stored; the feed's error says how many they are."""
TRIALS_MAX = 100
"""Trials to find the guilty: enough for four of 2,000 entries, and for a dozen of 100."""


class _TrialOverError(Exception):
    """Raised at the end of a trial that went well, so that nothing of it stands."""


def ingest_safely(
    store: Store, batch: Sequence[Polled], context: IngestContext, *, now: datetime, jitter: Callable[[], float]
) -> list[PollSummary]:
    """`ingest_batch`, and feed by feed if that fails: what cannot be stored is dropped and recorded, the rest goes in.

    A feed that goes in without some of its entries is recorded as read, with an error that counts them; one that goes
    in without any is recorded as failed.
    Raises StorageError when the database takes nothing: then nothing of the batch stands and it will be read again.
    """
    try:
        return ingest_batch(store, batch, context, now=now, jitter=jitter)
    except StorageError:
        raise
    except Exception as error:  # noqa: BLE001  # the edge of a unit of work: logged, and run again in smaller units
        log.error("batch.failed", error=error, feeds=len(batch), hint="each feed is tried alone")
    summaries: list[PollSummary] = []
    for polled in batch:
        with bind(feed=polled.feed.name):
            summaries += _ingest_alone(store, polled, context, now=now, jitter=jitter)
    return summaries


def _ingest_alone(
    store: Store, polled: Polled, context: IngestContext, *, now: datetime, jitter: Callable[[], float]
) -> list[PollSummary]:
    result = _attempt(store, polled, context, now, jitter)
    if isinstance(result, Exception):
        part, dropped = without_guilty(polled, result, lambda some: _can_store(store, some, context, now))
        for entry in dropped[:DROPPED_LOGGED_MAX]:
            log.error("entry.dropped", title=shorten(plain_line(entry.title), 80), hint="please report this feed")
        if part is not None:
            result = _attempt(store, part, context, now, jitter)
    if isinstance(result, Exception):
        refused = ParseError(f"could not be stored ({type(result).__name__})", reason=ParseReason.UNSTORABLE)
        broken = replace(polled, outcome=PollOutcome.FAILED, parsed=None, fetched=None, error=refused)
        return ingest_batch(store, [broken], context, now=now, jitter=jitter)
    return result


def _attempt(
    store: Store, polled: Polled, context: IngestContext, now: datetime, jitter: Callable[[], float]
) -> list[PollSummary] | Exception:
    try:
        return ingest_batch(store, [polled], context, now=now, jitter=jitter)
    except StorageError:
        raise
    except Exception as error:  # noqa: BLE001  # as above: this feed is stored in part, or recorded as failed
        log.error("feed.failed", error=error, hint="please report this feed")
        return error


def _can_store(store: Store, polled: Polled, context: IngestContext, now: datetime) -> bool:
    """Whether the visit would go in. Nothing of the trial stands."""
    try:
        with counting(context), store.write() as tx:
            write_batch(tx, [polled], context, now, lambda: 0.0)
            raise _TrialOverError
    except _TrialOverError:
        return True
    except StorageError:
        raise
    except Exception:  # noqa: BLE001  # the answer to the question; the first such error was logged
        return False


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
