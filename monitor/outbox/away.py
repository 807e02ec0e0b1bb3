"""What could not be delivered while it was news goes out as one note, when the channel is back.

Nothing of it is lost: each story that the channel should have been told has its line in the note, or is counted in it.

Effects: database.
"""

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.channels.base import Channel
from monitor.channels.wording import local_time
from monitor.model import ChannelName, Delivery, DeliveryId, DeliveryKind, Note, NoteKind, NoteLine
from monitor.outbox.notes import note_delivery
from monitor.storage.outbox import Gathered
from monitor.storage.store import Transaction
from monitor.storage.tellings import ToldLine
from monitor.text import plural

KEY_STEM = "away"
LINES_MAX = 50
"""Stories with a line of their own; who was away for longer reads no more than that."""


def fold_old(
    tx: Transaction, channel: Channel, delivery: Delivery, now: datetime, *, max_age: timedelta, timezone: str
) -> DeliveryId | None:
    """Gather what waits in the delivery's lane for longer than `max_age` into one note in its place.

    None where nothing was to gather, or nothing of it is worth a line. A gathered note that itself grew old is
    gathered again, with what it held.
    """
    name = ChannelName(channel.name)
    rows = tx.outbox.fold(name, delivery.lane, now - max_age, now)
    if not rows:
        return None
    note = _note(tx, name, delivery.lane, rows, now, timezone)
    if note is None:
        return None
    place = min(row.place for row in rows)
    key = f"{KEY_STEM}-{rows[0].id}-{now.timestamp():.0f}"
    payloads = [one for one in channel.render_note(note, key) if one.lane == delivery.lane]
    new = [note_delivery(name, payload, key, stories=len(note.lines) + note.more) for payload in payloads[:1]]
    [number] = tx.outbox.add(new, now, due_at=now, place=place) or [DeliveryId(0)]
    tx.outbox.fold_into([row.id for row in rows], number)
    return number


def _note(
    tx: Transaction, name: ChannelName, lane: str, rows: Sequence[Gathered], now: datetime, timezone: str
) -> Note | None:
    digests = sorted({row.digest_id for row in rows if row.kind is DeliveryKind.DIGEST})
    told = _unread(tx.tellings.told_in(name, digests), tx.outbox.sent_of(name, lane, digests))
    since = min(row.created_at for row in rows)
    lines = tuple(NoteLine(one.title, one.url, one.outlet) for one in told[:LINES_MAX])
    notes = sum(row.kind is DeliveryKind.NOTE and not row.key.startswith(f"{KEY_STEM}-") for row in rows)
    if not told and not notes:
        return None  # nothing but edits: what they counted is no news any more
    count = plural(len(told), "story", "stories") + (f" and {plural(notes, 'note')}" if notes else "")
    head = f"While this channel could not be reached, since {local_time(since, timezone)}: {count}"
    return Note(NoteKind.AWAY, head, now, timezone=timezone, lines=lines, more=max(0, len(told) - LINES_MAX))


def _unread(told: Sequence[ToldLine], sent: Sequence[str]) -> list[ToldLine]:
    """Without what stands in a part of the same digest that did go out: it is found there by its whole address."""
    return [one for one in told if not any(_stands_in(one.url, text) for text in sent)]


def _stands_in(url: str, text: str) -> bool:
    written = "|".join(re.escape(form) for form in {url, json.dumps(url)[1:-1]})
    return bool(url) and re.search(rf"(?:{written})(?![^\s\"<>|)\\])", text) is not None
