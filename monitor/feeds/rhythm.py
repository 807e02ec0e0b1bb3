"""What the times of a feed's entries tell of its next ones, and how long to wait for them.

We keep a rate, its shape over the hours of the week (168 slots, UTC) and how lively the feed was just now. A feed shows
20 to 100 entries when it is first read, so the shape is shrunk: an hour of the week towards its hour of the day times
its day, these towards the plain rate, and the rate of an unknown feed towards one entry an hour. The past fades with a
half-life of four weeks. All of it fits into 353 bytes and only changes when something new came.

The wait looks ahead: it ends when the entries expected since this visit will have waited `AWAITED_ENTRY_S`
entry-seconds in sum. At a steady rate that is a wait of sqrt(2 * AWAITED_ENTRY_S / rate).

What was used of what is published:

- Sia, Cho, Cho, "Efficient Monitoring Algorithm for Fast News Alerts" (IEEE TKDE 2007; abstract and beginning read in
  copies): postings are a Poisson process whose rate repeats daily or weekly; the delay summed over entries is what
  counts; between feeds visits go by the square root of the rate, not by the rate. Our sum of entry-seconds gives just
  that, without a budget shared between feeds. Their search for the best visits of a whole day was not taken: looking
  ahead from one visit to the next needs no plan and follows change.
- Cho, Garcia-Molina, "Effective Page Refresh Policies for Web Crawlers" (ACM TODS 2003; abstract read): the change
  model. Their freshness asks whether a copy is current at all, and gives up on what changes too fast; a news entry is
  wanted however late, so not taken.
- Urbansky, Reichert, Muthmann, Schuster, Schill, "An Optimized Web Feed Aggregation Approach for Generic Feed Types"
  (ICWSM 2011; beginning read): delay and number of polls as the two measures, and losing entries as the third. Their
  moving average of gaps is blind to the hour; not taken. Eckstein, Gal, Reiner (INFORMS JoC 2008; abstract read) solve
  for n probes of one source by dynamic programming: not taken, for its cost.
- Miniflux (`entry_frequency`) and CommaFeed (average gap / 2) as their code has them: both poll by the rate; the bench
  `freshness` compares with the former.

Effects: none.
"""

import math
import struct
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

SLOTS = 168
"""Hours of a week; slot 0 is the first hour of a Monday in UTC."""
DAYS, DAY_H = 7, 24
HALF_LIFE_H = 672.0
"""Four weeks: every hour of the week was seen a few times, and a feed that moved its hours is followed in as long."""
RECENT_HALF_LIFE_H = 3.0
"""How long a lively or a quiet spell is remembered: a story that develops, a night, a holiday."""
RECENT_H = 12
"""Hours looked back at for what was expected lately: four half-lives."""
RECENT_TRUST = 1.0
"""So many entries' worth of doubt before lately outweighs usually."""
PRIOR_ENTRIES = 1.0
PRIOR_H = 1.0
"""An unknown feed is taken for one entry an hour: with that it waits eleven minutes, and ever longer if quiet."""
HOUR_TRUST = 2.0
DAY_TRUST = 4.0
SLOT_TRUST = 4.0
"""Entries of doubt: with as many, a slot believes half what it saw and half what it was expected to be."""
BATCH_MAX = 3
"""Entries of one minute that count: an archive published anew at once is no rhythm."""
AWAITED_ENTRY_S = 60.0
"""Entry-seconds. A feed with an entry an hour is visited every eleven minutes, one with five every five minutes, one
with one in thirty hours every hour: the default bounds meet the rates of news feeds where they should."""
WINDOW_SHARE = 0.25
"""Four visits while an entry is shown, so that three may fail before one is missed."""
LOST_WINDOW_SHARE = 0.125
LOST_REMEMBERED = timedelta(days=7)
"""After entries went by unseen a feed is visited twice as often for a week, in which each of its hours comes once."""

_VERSION = 1
_PACKED = struct.Struct(f"<BIIff{SLOTS}e")
_HOUR_S = 3600.0
_EPOCH_SLOT = 72
"""1970 began on a Thursday."""
_FAR_AHEAD = 2.0**40
"""A moment after everything that was written down."""
_WEIGHT_MAX = 10_000.0
"""Entries in one hour of the week, faded; above it numbers tell nothing more, and half floats end at 65,504."""


class _Rhythm(Struct, frozen=True):
    """What is remembered, unpacked. Times are seconds since 1970."""

    since: int
    """From when on every entry is thought to be known."""
    at: int
    """The moment to which the weights are faded."""
    recent: float
    recent_at: float
    weights: tuple[float, ...]


def learn(
    packed: bytes | None,
    new_times: Sequence[datetime | None],
    now: datetime,
    *,
    watched_since: datetime | None = None,
) -> bytes:
    """What we know of a feed after a visit at `now` that brought entries of these times, not known before.

    At the first visit (`packed` is None or damaged) these are all entries shown. Later an entry came after the visit
    before, `watched_since`, and by now, whatever it says of itself; None stands for a missing time. The answer has
    always the same length, and is `packed` itself where nothing is new.
    """
    moment = now.timestamp()
    known = _unpack(packed, moment)
    if known is None:
        known, times = _begin(new_times, moment)
    else:
        earliest = max(known.since, min(watched_since.timestamp() if watched_since else known.since, moment))
        times = [_came_at(at, earliest, moment) for at in new_times]
        if packed and not times:
            return packed
    return _pack(_add(known, times, moment))


class Usual(Struct, frozen=True):
    """What was known to be usual when something new last came. Times are seconds since 1970."""

    since: int
    """From when on every entry is thought to be known."""
    at: int
    """When something new last came."""
    per_day: float
    rates: tuple[float, ...]
    """Entries per hour in each hour of the week."""

    def rate_at(self, hour: int) -> float:
        """The rate in this hour since 1970."""
        return self.rates[(hour + _EPOCH_SLOT) % SLOTS]


def usual_of(packed: bytes | None) -> Usual | None:
    """The rhythm as it stood when something new last came; None where nothing is known."""
    known = _unpack(packed, _FAR_AHEAD)
    if known is None:
        return None
    rates = _Rates(known, known.at)
    by_slot = tuple(map(rates.at, range(SLOTS)))
    return Usual(known.since, known.at, sum(by_slot) / 7, by_slot)


def span_of(times: Sequence[datetime]) -> float:
    """The span of the entries a feed shows, in seconds; 0 where it cannot be told.

    A few old entries that a feed keeps for ever do not widen it: the newer three quarters are held against the whole.
    """
    if len(times) < 2:
        return 0.0
    ordered = sorted(times)
    whole_s = (ordered[-1] - ordered[0]).total_seconds()
    newer_s = (ordered[-1] - ordered[len(ordered) // 4]).total_seconds()
    return min(whole_s, newer_s * 4 / 3) if newer_s > 0 else whole_s


def interval_for(
    packed: bytes | None,
    now: datetime,
    interval_min_s: float,
    interval_max_s: float,
    *,
    window_s: float = 0.0,
    last_lost_at: datetime | None = None,
) -> tuple[float, str]:
    """How long to wait from `now`, in seconds, and what decided.

    Always within the bounds, the lower one last; below that never above a quarter of the window, an eighth in the week
    after entries were lost; a window of 0 is not known. An entry more at `now` never makes the wait longer.
    """
    moment = now.timestamp()
    known = _unpack(packed, moment) or _Rhythm(int(moment), int(moment), 0.0, moment, (0.0,) * SLOTS)
    wait_s, reason = _wait_s(known, moment, interval_max_s), "the feed's rhythm"
    lost = last_lost_at is not None and abs(now - last_lost_at) <= LOST_REMEMBERED
    longest_s = window_s * (LOST_WINDOW_SHARE if lost else WINDOW_SHARE)
    if 0 < longest_s < wait_s:
        wait_s, reason = longest_s, "entries were lost lately" if lost else "it shows its entries only briefly"
    return min(max(wait_s, interval_min_s), interval_max_s), reason


def _begin(times: Sequence[datetime | None], moment: float) -> tuple[_Rhythm, list[float]]:
    """A feed's first window: its dates are all we have, and some of them are lies."""
    known = [at for at in times if at is not None]
    stamps = sorted(min(at.timestamp(), moment) for at in known)
    if len(set(stamps)) < 2:  # one entry, or all with the time the feed was built: they tell no rhythm
        return _Rhythm(int(moment), int(moment), 0.0, moment, (0.0,) * SLOTS), []
    since = max(0.0, stamps[-1] - span_of(known), moment - 4 * HALF_LIFE_H * _HOUR_S)
    # The oldest entry only says where the window begins.
    return _Rhythm(int(since), int(moment), 0.0, moment, (0.0,) * SLOTS), [at for at in stamps if at > since]


def _came_at(said: datetime | None, earliest: float, moment: float) -> float:
    """When an entry came: what it says, where that is possible; back-dated ones came some time between two visits."""
    stamp = moment if said is None else said.timestamp()
    return min(stamp, moment) if stamp >= earliest else (earliest + moment) / 2


def _add(known: _Rhythm, times: Sequence[float], moment: float) -> _Rhythm:
    fade = 0.5 ** ((moment - known.at) / _HOUR_S / HALF_LIFE_H)
    weights = [weight * fade for weight in known.weights]
    recent = known.recent * 0.5 ** ((moment - known.recent_at) / _HOUR_S / RECENT_HALF_LIFE_H)
    for _, batch in groupby(sorted(times), key=lambda at: int(at // 60)):
        stamps = list(batch)
        count = min(len(stamps), BATCH_MAX)
        age_h = (moment - stamps[-1]) / _HOUR_S
        slot = _slot(stamps[-1])
        weights[slot] = min(weights[slot] + count * 0.5 ** (age_h / HALF_LIFE_H), _WEIGHT_MAX)
        recent = min(recent + count * 0.5 ** (age_h / RECENT_HALF_LIFE_H), _WEIGHT_MAX)
    return replace(known, at=int(moment), recent=recent, recent_at=moment, weights=tuple(weights))


def _slot(stamp: float) -> int:
    return (int(stamp // _HOUR_S) + _EPOCH_SLOT) % SLOTS


class _Rates:
    """Expected entries per hour, for each hour of the week."""

    __slots__ = ("_days", "_exposure", "_fade", "_hours", "_plain", "_weights")

    def __init__(self, known: _Rhythm, moment: float) -> None:
        watched_h = max(0.0, (moment - known.since) / _HOUR_S)
        self._weights = weights = known.weights
        self._fade = fade = 0.5 ** ((moment - known.at) / _HOUR_S / HALF_LIFE_H)
        exposure_h = (1 - 0.5 ** (watched_h / HALF_LIFE_H)) * HALF_LIFE_H / math.log(2)
        self._plain: float = (sum(weights) * fade + PRIOR_ENTRIES) / (exposure_h + PRIOR_H)
        if watched_h >= SLOTS:  # every hour was watched as long as any other: nothing has to be added up
            even_h = exposure_h / SLOTS
            self._exposure = [even_h] * SLOTS
            hours_by_hour, hours_by_day = [DAYS * even_h] * DAY_H, [DAY_H * even_h] * DAYS
        else:
            self._exposure = _hours_seen(known.since, moment)
            hours_by_hour, hours_by_day = _by_hour(self._exposure), _by_day(self._exposure)
        smoothed = zip(_with_neighbours(_by_hour(weights)), _with_neighbours(hours_by_hour), strict=True)
        self._hours: list[float] = [
            (seen * fade + HOUR_TRUST) / (hours + HOUR_TRUST / self._plain) for seen, hours in smoothed
        ]
        days = zip(_by_day(weights), hours_by_day, strict=True)
        self._days: list[float] = [
            (seen * fade + DAY_TRUST) / (hours + DAY_TRUST / self._plain) for seen, hours in days
        ]

    def at(self, slot: int) -> float:
        """The rate in this hour of the week: what was seen there, held against its hour of the day and its day."""
        weights, exposure = self._weights, self._exposure
        before, after = (slot - 1) % SLOTS, (slot + 1) % SLOTS
        expected = self._hours[slot % DAY_H] * self._days[slot // DAY_H] / self._plain
        entries = (weights[before] + 2 * weights[slot] + weights[after]) / 2 * self._fade
        hours = (exposure[before] + 2 * exposure[slot] + exposure[after]) / 2
        rate: float = (entries + SLOT_TRUST) / (hours + SLOT_TRUST / expected)
        return rate


def _by_hour(slots: Sequence[float]) -> list[float]:
    """Sums over the days, for each hour of the day."""
    return list(map(sum, zip(*(slots[at : at + DAY_H] for at in range(0, SLOTS, DAY_H)), strict=True)))


def _by_day(slots: Sequence[float]) -> list[float]:
    """Sums over its hours, for each day of the week."""
    return [sum(slots[at : at + DAY_H]) for at in range(0, SLOTS, DAY_H)]


def _with_neighbours(hours: Sequence[float]) -> list[float]:
    """Each hour of the day with half of the one before and the one after it."""
    around = zip((*hours[-1:], *hours[:-1]), hours, (*hours[1:], *hours[:1]), strict=True)
    return [0.5 * before + here + 0.5 * after for before, here, after in around]


def _hours_seen(since: float, moment: float) -> list[float]:
    """Hours watched per slot where that is less than a week."""
    seen = [0.0] * SLOTS
    start = since
    while start < moment:
        end = min(moment, (start // _HOUR_S + 1) * _HOUR_S)
        seen[_slot(start)] += (end - start) / _HOUR_S
        start = end
    return seen


def _liveliness(known: _Rhythm, rates: _Rates, moment: float) -> float:
    """How many times the usual rate the last hours had; 1 where they were as expected or nothing is known."""
    expected = 0.0
    start = moment
    for _ in range(RECENT_H):
        begin = max(known.since, (math.ceil(start / _HOUR_S) - 1) * _HOUR_S)
        if begin >= start:
            break
        middle_age_h = (moment - (begin + start) / 2) / _HOUR_S
        share = 0.5 ** (middle_age_h / RECENT_HALF_LIFE_H)
        expected += rates.at(_slot(begin)) * (start - begin) / _HOUR_S * share
        start = begin
    recent = known.recent * 0.5 ** ((moment - known.recent_at) / _HOUR_S / RECENT_HALF_LIFE_H)
    return float((recent + RECENT_TRUST) / (expected + RECENT_TRUST))


def _wait_s(known: _Rhythm, moment: float, longest_s: float) -> float:
    """Until the entries expected from now on will have waited so long in sum, hour by hour; at most `longest_s`.

    With n entries waiting and rate r, after t more seconds they have waited n*t + r*t*t/2.
    """
    rates = _Rates(known, moment)
    lively = _liveliness(known, rates, moment)
    left, waiting, start, end = AWAITED_ENTRY_S, 0.0, moment, moment + longest_s
    while start < end:
        stop = min(end, (start // _HOUR_S + 1) * _HOUR_S)
        spell = 1 + (lively - 1) * 0.5 ** ((start - moment) / _HOUR_S / RECENT_HALF_LIFE_H)
        rate = rates.at(_slot(start)) * spell / _HOUR_S
        length = stop - start
        awaited = waiting * length + rate * length * length / 2
        if awaited >= left:
            length = 2 * left / (waiting + math.sqrt(waiting * waiting + 2 * rate * left))
            return start - moment + length
        left -= awaited
        waiting += rate * length
        start = stop
    return longest_s


def _pack(known: _Rhythm) -> bytes:
    late = known.recent_at - known.at
    return _PACKED.pack(
        _VERSION, known.since, known.at, known.recent, late, *(min(w, _WEIGHT_MAX) for w in known.weights)
    )


def _unpack(packed: bytes | None, moment: float) -> _Rhythm | None:
    """None where there is nothing, or nothing that we wrote; a clock that was set back makes no future."""
    if not packed or len(packed) != _PACKED.size or packed[0] != _VERSION:
        return None
    values = _PACKED.unpack(packed)
    since, at, recent, late = values[1:5]
    numbers = values[3:]
    if not (min(numbers) >= 0 and max(numbers) <= _WEIGHT_MAX) or math.isnan(sum(numbers)):
        return None
    at = min(at, int(moment))
    return _Rhythm(min(since, at), at, recent, min(at + late, moment), values[5:])
