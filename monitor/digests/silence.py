"""Whether a silence is longer than is usual at these hours of the week: so "quiet" and "broken" differ.

What comes is taken for a Poisson process whose rate repeats weekly (Sia, Cho, Cho, "Efficient Monitoring Algorithm for
Fast News Alerts", IEEE TKDE 2007, who found it so for feeds), and whose rate of a whole day varies by a gamma
distribution: the negative binomial, which Noufaily and others ("An improved algorithm for outbreak detection in
multiple surveillance systems", Statistics in Medicine 2013) use for weekly counts for the same reason. A day with `m`
expected is empty with the probability (1 + m/k)^-k; `k` is estimated from the days before by moments, so what comes in
rushes is given longer. A silence over several days has the product of their probabilities.

A thing with many arrivals has many gaps in a year, and the longest of them is long by chance. So the level is divided
by the gaps that a year has: a false alarm once in `YEARS_BETWEEN` years for each thing, where the model is right.

Effects: none.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

HISTORY_MIN = timedelta(days=14)
"""Two of each hour of the week."""
HISTORY_MAX = timedelta(days=56)
"""Eight weeks: what was before may be another season."""
PER_DAY_MIN = 0.5
"""What comes less often tells nothing by its silence."""
YEARS_BETWEEN = 20.0
SPREAD_MIN, SPREAD_MAX = 0.5, 20.0
"""Bounds of `k`: a history of some weeks never shows a holiday, so no process is trusted to be quite Poisson."""
EVENT_S = 300
"""What comes within five minutes is one arrival: a page that was published anew at once is no rhythm."""
TRUST = 4.0
"""Arrivals of doubt with which an hour of the week is held against what its hour and its day say."""
_HOUR = timedelta(hours=1)
_WEEK_H = 168
_EPOCH_H = 72
"""1970 began on a Thursday; slot 0 is the first hour of a Monday in UTC."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence that is beyond what is usual."""

    since: datetime
    """The last arrival."""
    usual: float
    """How many usually come in as long at these hours."""
    probability: float
    """Of a silence at least as long, by chance, at these hours."""


def find_silence(times: Sequence[datetime], now: datetime, *, known_since: datetime) -> Silence | None:
    """The silence that lasts until `now`, where it is beyond what is usual; else, or where too little is known, None.

    `times` are the arrivals in order; nothing is known from before `known_since`.
    """
    arrivals = _thinned([at for at in times if at <= now])
    if not arrivals:
        return None
    last = arrivals[-1]
    start = max(known_since, last - HISTORY_MAX)
    arrivals = [at for at in arrivals if at >= start]
    days = (last - start) / timedelta(days=1)
    if last - start < HISTORY_MIN or len(arrivals) < PER_DAY_MIN * days:
        return None
    rates = _rates(arrivals, start, last)
    expected = _expected_by_day(rates, last, now)
    usual = sum(expected.values())
    gaps_a_year = len(arrivals) / days * 365
    level = 1 / (YEARS_BETWEEN * gaps_a_year)
    if math.exp(-usual) > level:  # no spread makes a silence less likely than this
        return None
    spread = _spread(arrivals, rates, start, last)
    chance = math.prod((1 + mean / spread) ** -spread for mean in expected.values())
    return Silence(last, usual, chance) if chance < level else None


def _thinned(times: Sequence[datetime]) -> list[datetime]:
    kept: list[datetime] = []
    for at in times:
        if not kept or (at - kept[-1]).total_seconds() >= EVENT_S:
            kept.append(at)
    return kept


def _slot(hour: int) -> int:
    return (hour + _EPOCH_H) % _WEEK_H


def _hour_of(at: datetime) -> int:
    return int(at.timestamp() // 3600)


def _rates(arrivals: Sequence[datetime], start: datetime, end: datetime) -> list[float]:
    """Arrivals per hour for each hour of the week: what was seen there, held against its hour of the day and day."""
    seen = [0.0] * _WEEK_H
    for at in arrivals:
        seen[_slot(_hour_of(at))] += 1
    watched = [0.0] * _WEEK_H
    for hour in range(_hour_of(start), _hour_of(end) + 1):
        watched[_slot(hour)] += 1
    plain = (sum(seen) + 1) / (sum(watched) + 1)
    hours = [_held(sum(seen[h::24]), sum(watched[h::24]), plain) for h in range(24)]
    days = [_held(sum(seen[d * 24 : d * 24 + 24]), sum(watched[d * 24 : d * 24 + 24]), plain) for d in range(7)]
    rates = []
    for slot in range(_WEEK_H):
        # With its neighbours: what comes at eight comes at a quarter to nine in another week.
        near = ((slot - 1) % _WEEK_H, slot, (slot + 1) % _WEEK_H)
        count = (seen[near[0]] + 2 * seen[near[1]] + seen[near[2]]) / 4
        rates.append(_held(count, watched[slot], hours[slot % 24] * days[slot // 24] / plain))
    return rates


def _held(count: float, hours: float, expected: float) -> float:
    return (count + TRUST) / (hours + TRUST / expected)


def _expected_by_day(rates: Sequence[float], start: datetime, end: datetime) -> dict[int, float]:
    """How many are expected between the two, by day since 1970."""
    by_day: dict[int, float] = {}
    for hour in range(_hour_of(start), _hour_of(end) + 1):
        begin = max(start.timestamp(), hour * 3600.0)
        share = max(0.0, min(end.timestamp(), (hour + 1) * 3600.0) - begin) / 3600
        by_day[hour // 24] = by_day.get(hour // 24, 0.0) + rates[_slot(hour)] * share
    return by_day


def _spread(arrivals: Sequence[datetime], rates: Sequence[float], start: datetime, end: datetime) -> float:
    """`k` by moments, over whole days: how far the days' counts scatter beyond what a Poisson process would."""
    first, last = _hour_of(start) // 24 + 1, _hour_of(end) // 24 - 1
    counts = Counter(_hour_of(at) // 24 for at in arrivals)
    of_weekday = [sum(rates[_slot(day * 24 + hour)] for hour in range(24)) for day in range(7)]
    squares = excess = 0.0
    for day in range(first, last + 1):
        mean = of_weekday[day % 7]
        squares += mean * mean
        excess += (counts[day] - mean) ** 2 - mean
    return SPREAD_MAX if excess <= 0 else min(max(squares / excess, SPREAD_MIN), SPREAD_MAX)


def in_words(silence: Silence, now: datetime) -> str:
    """`0 articles in 14 h, usually 9`."""
    hours = (now - silence.since) / _HOUR
    lasted = f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} days"
    return f"0 articles in {lasted}, usually {silence.usual:.0f}"
