"""Whether a silence is longer than is usual at these hours of the week: so "quiet" and "broken" differ.

What is usual is the rhythm that `feeds.rhythm` learns of a feed, and of a topic from its matches: a Poisson process
whose rate repeats weekly (Sia, Cho, Cho, "Efficient Monitoring Algorithm for Fast News Alerts", IEEE TKDE 2007, who
found it so for feeds). Its days differ beyond that, so a day with `m` expected is taken for empty with the probability
(1 + m/k)^-k: the negative binomial, which Noufaily and others ("An improved algorithm for outbreak detection in
multiple surveillance systems", Statistics in Medicine 2013) use for weekly counts for the same reason.

A silence is unusual when its days, counted from the last arrival and multiplied, are less probable than `LEVEL`. The
level is one in ten thousand, since a year asks some 365 questions that do not depend on each other: where the model is
right that is a false alarm in 27 years for each thing, or three a month among a thousand. The model is not right on
holidays, which eight weeks never show, so the day that says most is left out: Christmas, a strike, a server's Sunday
is no alarm, and a night or a weekend expects next to nothing anyway. What brings a hundred a day has somebody at work
on holidays too, and is given no such day.

Effects: none.
"""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from msgspec import Struct

from monitor.feeds.rhythm import Usual, learn, usual_of

HISTORY_MIN = timedelta(days=14)
"""Two of each hour of the week; below that nobody knows what is usual."""
PER_DAY_MIN = 0.5
"""What comes less often tells nothing by its silence: one match a week never alarms."""
EVERY_DAY = 100.0
"""So many a day come on holidays too."""
LEVEL = 1e-4
SILENT_AT_LEAST = timedelta(hours=6)
"""A night's lull or a server's maintenance, also of what comes every minute by day."""
SPREAD = 4.0
"""The `k` of the days of a feed: they differ by half of what is usual."""
SPREAD_MIN, SPREAD_MAX = 0.5, 8.0
"""Bounds of an estimated one: some weeks never show the worst day, so no process is trusted to be quite Poisson."""
LOOKED_AHEAD = timedelta(days=45)
"""A silence that is usual for so long is never told."""
_DAY_S = 86_400
_HOUR_S = 3600
_KEPT = 4096
"""Rhythms whose answer is kept, of 353 bytes each: a silence asks the same again and again."""


class Silence(Struct, frozen=True):
    """From when on a silence is beyond what is usual."""

    since: datetime
    """The last arrival."""
    unusual_from: datetime
    usual: float
    """How many usually come between the two."""

    @property
    def in_words(self) -> str:
        """`9 are usual in 14 hours`: the same however long the silence lasts."""
        hours = (self.unusual_from - self.since) / timedelta(hours=1)
        lasted = f"{hours:.0f} hours" if hours < 72 else f"{hours / 24:.0f} days"
        return f"{max(self.usual, 1):.0f} are usual in {lasted}"


@lru_cache(maxsize=_KEPT)
def usual_silence(rhythm: bytes | None) -> Silence | None:
    """What a feed of this rhythm may be silent for, counted from when it last brought something.

    None where too little is known, or comes too rarely, to tell.
    """
    usual = usual_of(rhythm)
    return longest_usual(usual) if usual is not None and is_known(usual) else None


def is_known(usual: Usual) -> bool:
    """Whether it was watched for long enough, and comes often enough, for its silence to tell something."""
    return usual.at - usual.since >= HISTORY_MIN.total_seconds() and usual.per_day >= PER_DAY_MIN


def longest_usual(
    usual: Usual, *, spread: float = SPREAD, counts: Callable[[int], bool] = lambda hour: True
) -> Silence | None:
    """The longest silence after `usual.at` that is still usual; None where that has no end in sight.

    Only the hours since 1970 that `counts` says yes to are reckoned with: in others nothing could have come.
    """
    needed, leaves_out = -math.log(LEVEL), usual.per_day < EVERY_DAY
    start, end = float(usual.at), usual.at + LOOKED_AHEAD.total_seconds()
    said = most = said_today = expected_today = expected = 0.0
    day = 0
    while start < end:
        hour = int(start // _HOUR_S)
        stop = min((hour + 1) * _HOUR_S, usual.at + (day + 1) * _DAY_S)
        if counts(hour):
            coming = usual.rate_at(hour) * (stop - start) / _HOUR_S
            expected += coming
            expected_today += coming
            said_today = spread * math.log1p(expected_today / spread)
        start = stop
        left_out = max(most, said_today) if leaves_out else 0.0
        if said + said_today - left_out >= needed and start - usual.at >= SILENT_AT_LEAST.total_seconds():
            return Silence(_moment(usual.at), _moment(start), expected)
        if start >= usual.at + (day + 1) * _DAY_S:
            said, most, said_today, expected_today, day = said + said_today, max(most, said_today), 0.0, 0.0, day + 1
    return None


def usual_of_times(times: Sequence[datetime], known_since: datetime) -> tuple[Usual, float] | None:
    """What is usual of arrivals that are known since then, in order, and the spread of its days; None for none."""
    known = [at for at in times if at >= known_since]
    if not known:
        return None
    usual = usual_of(learn(learn(None, [], known_since), known, known[-1], watched_since=known_since))
    return (usual, _spread(known, usual)) if usual is not None else None


def _spread(times: Sequence[datetime], usual: Usual) -> float:
    """`k` by moments, over whole days: how far the days' counts scatter beyond what a Poisson process would."""
    first, last = int(usual.since // _DAY_S) + 1, int(usual.at // _DAY_S) - 1
    counts: dict[int, int] = {}
    for before, at in pairwise([None, *times]):
        # What comes within a minute is one arrival, nearly as the rhythm has it.
        if at is not None and (before is None or (at - before).total_seconds() >= 60):
            day = int(at.timestamp() // _DAY_S)
            counts[day] = counts.get(day, 0) + 1
    squares = excess = 0.0
    for day in range(first, last + 1):
        mean = sum(usual.rate_at(day * 24 + hour) for hour in range(24))
        squares += mean * mean
        excess += (counts.get(day, 0) - mean) ** 2 - mean
    return SPREAD_MAX if excess <= 0 else min(max(squares / excess, SPREAD_MIN), SPREAD_MAX)


def _moment(stamp: float) -> datetime:
    return datetime.fromtimestamp(stamp, UTC)
