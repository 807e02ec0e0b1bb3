"""How much a topic brings beside what is usual at this hour, so that a rush differs from an ordinary day.

Usual is the median of the same hours on the fourteen days before, or of the windows before where one is longer than a
day. It is a burst when there are at least five articles, three times what is usual, and more than the day and the week
before.

Effects: none.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median_low

from monitor.model import Volume

DAYS = 14
"""How far back is looked: two of each weekday."""
LOOK_BACK = timedelta(days=DAYS + 8)
"""As far as anything here looks: eight weekly windows would be two months, and tell nobody more."""
BUCKETS = 8
KNOWN_MIN = 3
"""With fewer windows to compare, what is usual is not known."""
BURST_MIN, BURST_TIMES = 5, 3
WINDOW_MIN = timedelta(minutes=10)
"""A window of seconds has no volume that says anything."""


def volume_of(times: Sequence[datetime], start: datetime, end: datetime, *, known_since: datetime) -> Volume | None:
    """The volume of the window from `start` to `end`; None for one too short to say anything.

    `times` are those at which articles answered the topic, in order; nothing is known from before `known_since`.
    """
    length = end - start
    if length < WINDOW_MIN:
        return None

    def count(until: datetime) -> int:
        return bisect_left(times, until) - bisect_left(times, until - length)

    step = timedelta(days=max(1, -(-length // timedelta(days=1))))
    shifts = [step * number for number in range(1, DAYS // step.days + 1)]
    known = [shift for shift in shifts if end - shift - length >= known_since]
    needed = min(KNOWN_MIN, len(shifts))
    usual = median_low(count(end - shift) for shift in known) if known and len(known) >= needed else None
    now = count(end)
    before = [count(end - timedelta(days=days)) for days in (1, 7)]
    buckets = tuple(count(end - length * back) for back in range(BUCKETS - 1, -1, -1))
    return Volume(now, usual, buckets, _is_burst(now, usual, before))


def volume_of_days(counts: Sequence[int], *, days_known: int) -> Volume:
    """The volume of the last 24 hours beside the days before; all of them are its buckets, oldest first.

    `counts` are those of the last `DAYS` + 1 spans of 24 hours, the newest first; nothing is known from before
    `days_known` of them.
    """
    now, known = counts[0], counts[1 : max(1, days_known)]
    usual = median_low(known) if len(known) >= KNOWN_MIN else None
    return Volume(now, usual, tuple(reversed(counts)), _is_burst(now, usual, (counts[1], counts[7])))


def _is_burst(now: int, usual: int | None, before: Sequence[int]) -> bool:
    return usual is not None and now >= max(BURST_MIN, BURST_TIMES * usual) and all(now > count for count in before)
