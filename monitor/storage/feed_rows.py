"""A feed's row to the model and back, and what a visit writes down.

Effects: none.
"""

from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from msgspec import Struct
from sqlalchemy.engine import Row

from monitor.model import Feed, FeedId, FeedState

_STATE_COLUMNS = FeedState.__struct_fields__
"""Every field of the state is a column of the same name."""
_state_of = attrgetter(*_STATE_COLUMNS)
_UNKNOWN = object()


class PollRecord(Struct, frozen=True):
    """What a visit writes down: the feed's new state, and a row of its own where the visit was worth one."""

    feed_id: FeedId
    state: FeedState
    polled_at: datetime
    next_poll_at: datetime
    outcome: str
    before: FeedState | None = None
    """The state as it was: what did not change is not written. None writes all of it."""
    hold_until: datetime | None = None
    """Until when the server itself asked us to stay away; None otherwise."""
    hold_host_until: datetime | None = None
    """Until when it asked every feed of its host to."""
    moved_from: str | None = None
    """Where it was fetched until now; None unless the state's address is a new one."""
    status: int | None = None
    entries: int = 0
    new: int = 0
    bytes_read: int = 0
    elapsed_ms: int = 0
    reason: str = ""
    error: str = ""
    note: str = ""
    """What was odd about a visit that did not fail, in words: why what it brought is not told, and what it lost."""
    lost_entries: int | None = None
    """How many entries may have come and gone since the last visit; None where none did."""


def to_feed(row: Row[Any]) -> Feed:
    """The feed of a row."""
    return Feed(
        id=FeedId(row.id),
        name=row.name,
        url=row.url,
        language=row.language,
        weight=row.weight,
        state=FeedState(*_state_of(row)),
    )


class ClaimedFeed(NamedTuple):
    """A feed that others are to visit: what has to be known to share it out."""

    id: FeedId
    host: str
    """Of the address at which it is fetched now."""
    has_failed: bool
    """At its last visit."""


def state_values(record: PollRecord) -> dict[str, Any]:
    """The columns a visit sets, by name, as far as they changed; the row's id under `b_id`."""
    state, before = record.state, record.before
    changed = {
        name: value
        for name in _STATE_COLUMNS
        if (value := getattr(state, name)) is not (known := getattr(before, name, _UNKNOWN)) and value != known
    }
    return {
        "b_id": record.feed_id,
        **changed,
        "last_poll_at": record.polled_at,
        "next_poll_at": record.next_poll_at,
        "outcome": record.outcome,
        "reason": record.reason,
        "error": record.error,
        "status": record.status,
        "lease_owner": None,
        "lease_until": None,
        # Never taken back: another feed of the host may have been told meanwhile to stay away.
        **({"hold_until": record.hold_until, "held_at": record.polled_at} if record.hold_until is not None else {}),
    }


def poll_row(record: PollRecord) -> dict[str, Any]:
    """The row of the visit itself."""
    return {
        "feed_id": record.feed_id,
        "polled_at": record.polled_at,
        "outcome": record.outcome,
        "status": record.status,
        "entries": record.entries,
        "new": record.new,
        "bytes_read": record.bytes_read,
        "elapsed_ms": record.elapsed_ms,
        "reason": record.reason,
        "error": record.error or record.note,
    }
