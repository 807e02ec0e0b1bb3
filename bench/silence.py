"""How often a silence is told falsely, and how soon a true one; the plain longest-gap rule is the baseline.

Things with a known rhythm are made up for eight weeks to learn from and some years after (seeded). Feeds among them
show a window of their newest entries, as feeds do, and the plain rule (`feeds.coverage`: three times the longest gap
of that window, two days at least) looks at the same window. Told are false alarms in a year, and the hours from the
moment it breaks, at a random one, until that is told: the median and the longest. A silence over a holiday, on which
nothing comes at all, is part of each year: one day in the week's middle, two at its end.

Effects: none.
"""

import math
import random
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

from monitor.feeds.coverage import is_stale_by_gap
from monitor.feeds.rhythm import learn
from monitor.feeds.silence import is_known, longest_usual, usual_of_times, usual_silence
from monitor.model import FeedState

START = datetime(2025, 1, 6, tzinfo=UTC)
LEARNT = timedelta(days=56)
YEARS, BREAKS = 2, 30
WINDOW = 30
"""Entries that a feed shows."""
TOPIC_ARRIVALS_MAX = 1000
HOLIDAYS = (100, 101, 150, 220, 290)
"""Days of a year after the start on which nothing comes: a Wednesday and Thursday, then single days."""
FALSE_WANTED = 1.0
"""Alarms a year that one thing may raise falsely: two holidays in a row are more than is given."""
SECONDS_WANTED = 30.0


@dataclass(frozen=True, slots=True)
class Thing:
    """Something with a rhythm: how many a day, when, and how much its days differ."""

    name: str
    per_day: float
    shape: Callable[[datetime], float]
    """The share of the rate at this hour."""
    spread: float = 0.0
    """The k of its days; 0 for none, a Poisson process."""
    is_topic: bool = False
    has_holidays: bool = True


def around_the_clock(at: datetime) -> float:
    """More by day than by night."""
    return 1 + 0.8 * math.sin((at.hour - 6) / 24 * 2 * math.pi)


def office(at: datetime) -> float:
    """Working hours on weekdays alone."""
    return 2.4 if at.weekday() < 5 and 7 <= at.hour < 17 else 0.0


THINGS = (
    Thing("agency, 300 a day", 300, around_the_clock, 8, has_holidays=False),
    Thing("newspaper, 50 a day", 50, around_the_clock, 5),
    Thing("blog, 6 a day", 6, around_the_clock, 3),
    Thing("office, 12 a weekday", 12, office, 6),
    Thing("office, 2 a weekday", 2, office),
    Thing("notices, 1 a week", 1 / 7, around_the_clock),
    Thing("topic, 15 a day", 15, around_the_clock, 4, is_topic=True),
    Thing("topic in rushes, 8 a day", 8, around_the_clock, 0.8, is_topic=True),
    Thing("topic, 1 a day", 1, around_the_clock, is_topic=True),
    Thing("topic, 1 a week", 1 / 7, around_the_clock, is_topic=True),
)


def make_up(thing: Thing, days: int, chance: random.Random) -> list[datetime]:
    """Its arrivals over so many days, in order."""
    times = []
    shape = [thing.shape(START + timedelta(hours=hour)) * thing.per_day / 24 for hour in range(168)]
    for day in range(days):
        factor = chance.gammavariate(thing.spread, 1 / thing.spread) if thing.spread else 1.0
        if thing.has_holidays and day % 365 in HOLIDAYS:
            continue
        for hour in range(24):
            count = poisson(shape[day % 7 * 24 + hour] * factor, chance)
            start = START + timedelta(days=day, hours=hour)
            times += sorted(start + timedelta(seconds=chance.uniform(0, 3600)) for _ in range(count))
    return times


def poisson(mean: float, chance: random.Random) -> int:
    """A Poisson number."""
    bar, product, count = math.exp(-mean), chance.random(), 0
    while product > bar:
        product *= chance.random()
        count += 1
    return count


class Judge:
    """From when on a silence after an arrival is told, by what was known then."""

    def __init__(self, thing: Thing, times: Sequence[datetime]) -> None:
        self._thing, self._times = thing, times
        self._packed = learn(None, [], START)
        self._learnt = 0

    def by_rhythm(self, index: int) -> datetime | None:
        """By what is usual; asked in order of the arrivals, since it learns on the way."""
        last = self._times[index]
        if not self._thing.is_topic:
            if self._learnt <= index:  # all at once: what is learnt does not depend on the visits between
                self._packed = learn(self._packed, self._times[self._learnt : index + 1], last)
            self._learnt = max(self._learnt, index + 1)
            silence = usual_silence(self._packed)
            return silence.unusual_from if silence else None
        known = self._times[max(0, index + 1 - TOPIC_ARRIVALS_MAX) : index + 1]
        found = usual_of_times(known, max(START, last - LEARNT))
        silence = longest_usual(found[0], spread=found[1]) if found is not None and is_known(found[0]) else None
        return silence.unusual_from if silence else None

    def by_gap(self, index: int) -> datetime:
        """By the longest gap of the window, the baseline."""
        window = self._times[max(0, index + 1 - WINDOW) : index + 1]
        gaps = [int((after - before).total_seconds()) for before, after in pairwise(window)]
        state = FeedState(watermark_at=window[-1], longest_gap_s=max(gaps, default=0))
        told = window[-1] + max(timedelta(days=2), timedelta(seconds=3 * state.longest_gap_s))
        assert not is_stale_by_gap(state, told)
        assert not state.longest_gap_s or is_stale_by_gap(state, told + timedelta(seconds=1))
        return told


def too_short(thing: Thing) -> timedelta:
    """No rule tells a silence that is shorter, whatever was learnt: fewer than five are expected in it at most."""
    peak = max(thing.shape(START + timedelta(hours=hour)) for hour in range(168))
    return max(timedelta(hours=6), timedelta(hours=5 / (peak * thing.per_day / 24)))


@dataclass(frozen=True, slots=True)
class Row:
    """What came out for one thing."""

    false_a_year: tuple[float, float]
    """By what is usual, by the plain rule."""
    hours: tuple[list[float], list[float]]
    """Until a break is told, likewise."""


def measure(thing: Thing, chance: random.Random) -> Row:
    """Make it up once for the false alarms, and break it often after what was learnt and half a year."""
    times = make_up(thing, LEARNT.days + 365 * YEARS, chance)
    judge, alarms, learnt, short = Judge(thing, times), [0, 0], START + LEARNT, too_short(thing)
    for index, (before, after) in enumerate(pairwise(times)):
        if before < learnt or after - before < short:
            continue
        by_rhythm = judge.by_rhythm(index)
        alarms[0] += by_rhythm is not None and by_rhythm <= after
        alarms[1] += judge.by_gap(index) < after
    breaks = sorted(START + LEARNT + timedelta(hours=chance.uniform(0, 24 * 90)) for _ in range(BREAKS))
    judge = Judge(thing, times)
    hours: tuple[list[float], list[float]] = ([], [])
    for broke in breaks:
        index = bisect_right(times, broke) - 1
        for of_rule, told in zip(hours, (judge.by_rhythm(index), judge.by_gap(index)), strict=True):
            if told is not None:
                of_rule.append(max(0.0, (told - broke) / timedelta(hours=1)))
    return Row((alarms[0] / YEARS, alarms[1] / YEARS), hours)


def run() -> int:
    """A line per thing. Exit 1 where something alarms too often or the whole takes too long."""
    began = time.perf_counter()
    chance = random.Random(7)
    print(f"{YEARS} years and {BREAKS} breaks each; in brackets the plain rule, three times the longest gap shown")
    print(f"{'thing':26}{'false alarms a year':>22}{'told after h, median':>24}{'the longest':>20}")
    worst = 0.0
    for thing in THINGS:
        row = measure(thing, chance)
        worst = max(worst, row.false_a_year[0])
        false = "{:.2f} ({:.2f})".format(*row.false_a_year)
        told = "{} ({})".format(*(_hours(some, median) for some in row.hours))
        longest = "{} ({})".format(*(_hours(some, max) for some in row.hours))
        print(f"{thing.name:26}{false:>22}{told:>24}{longest:>20}", flush=True)
    took = time.perf_counter() - began
    print(f"  at most {worst:.2f} false alarms a year (wanted: {FALSE_WANTED}), in {took:.0f} s")
    return 1 if worst > FALSE_WANTED or took > SECONDS_WANTED else 0


def _hours(some: Sequence[float], of: Callable[[Sequence[float]], float]) -> str:
    return f"{of(some):.0f}" if len(some) > BREAKS / 2 else "never"
