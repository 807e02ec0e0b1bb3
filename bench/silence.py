"""How often a silence is told falsely, and how soon a true one: `python -m bench.silence`.

Things with a known rhythm are made up for some weeks and a year (seeded), looked at every half hour. Told are false
alarms a year, and the hours until a silence that begins at a random time is told.
"""

import argparse
import math
import random
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

from monitor.digests.silence import find_silence

START = datetime(2025, 1, 6, tzinfo=UTC)
LOOK = timedelta(minutes=30)
LEARNT = timedelta(days=56)


@dataclass(frozen=True, slots=True)
class Thing:
    """Something with a rhythm: how many a day, when, and how much its days differ."""

    name: str
    per_day: float
    shape: Callable[[datetime], float]
    """The share of the rate at this hour."""
    spread: float = 0.0
    """The k of its days; 0 for none, a Poisson process."""


def around_the_clock(at: datetime) -> float:
    """More by day than by night."""
    return 1 + 0.8 * math.sin((at.hour - 6) / 24 * 2 * math.pi)


def office(at: datetime) -> float:
    """Working hours on weekdays alone."""
    return 3.0 if at.weekday() < 5 and 7 <= at.hour < 17 else 0.0


THINGS = (
    Thing("agency, 300 a day", 300, around_the_clock, 8),
    Thing("newspaper, 50 a day", 50, around_the_clock, 5),
    Thing("blog, 6 a day", 6, around_the_clock, 3),
    Thing("office, 12 a weekday", 12, office, 6),
    Thing("topic, 15 a day", 15, around_the_clock, 4),
    Thing("topic in rushes, 8 a day", 8, around_the_clock, 0.8),
    Thing("topic, 1 a day", 1, around_the_clock),
    Thing("topic, 1 a week", 1 / 7, around_the_clock),
)


def make_up(thing: Thing, days: int, chance: random.Random, *, off: Sequence[int] = ()) -> list[datetime]:
    """Its arrivals over so many days; none on the days `off`."""
    times = []
    for day in range(days):
        factor = chance.gammavariate(thing.spread, 1 / thing.spread) if thing.spread else 1.0
        for hour in range(24):
            at = START + timedelta(days=day, hours=hour)
            mean = thing.per_day / 24 * thing.shape(at) * factor
            count = 0 if day in off else poisson(mean, chance)
            times += sorted(at + timedelta(seconds=chance.uniform(0, 3600)) for _ in range(count))
    return times


def poisson(mean: float, chance: random.Random) -> int:
    """A Poisson number."""
    bar, product, count = math.exp(-mean), chance.random(), 0
    while product > bar:
        product *= chance.random()
        count += 1
    return count


def too_short(thing: Thing) -> timedelta:
    """With fewer than five expected at the highest rate nothing is told whatever was learnt; it saves the looking."""
    peak = max(thing.shape(START + timedelta(hours=hour)) for hour in range(168))
    return timedelta(hours=5 / (peak * thing.per_day / 24))


def false_alarms(thing: Thing, days: int, chance: random.Random, *, off: Sequence[int] = ()) -> int:
    """Silences told although nothing is broken, over `days` after what is learnt from."""
    times = make_up(thing, days + LEARNT.days, chance, off=off)
    alarms, was = 0, None
    for before, after in pairwise(times):
        # Looked at where it is longest: what is not told at the end of a gap is not told in it.
        if before < START + LEARNT or after - before < too_short(thing):
            continue
        known = times[max(0, bisect_right(times, before - LEARNT)) : bisect_right(times, before)]
        silence = find_silence(known, after, known_since=START)
        if silence is not None and silence.since != was:
            alarms, was = alarms + 1, silence.since
    return alarms


def hours_until_told(thing: Thing, chance: random.Random) -> float | None:
    """Hours from the moment it breaks until it is told; None where a month passes."""
    broke = START + LEARNT + timedelta(hours=chance.uniform(0, 168))
    times = [at for at in make_up(thing, LEARNT.days + 8, chance) if at < broke]
    now = max(broke, times[-1] + too_short(thing))
    while now < broke + timedelta(days=30):
        if find_silence(times, now, known_since=START) is not None:
            return (now - broke) / timedelta(hours=1)
        now += LOOK
    return None


def main() -> None:
    """A line per thing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=3)
    parser.add_argument("--breaks", type=int, default=15)
    args = parser.parse_args()
    chance = random.Random(7)
    print(f"{'thing':28} {'false a year':>12} {'told after h, median':>22} {'longest':>8}")
    for thing in THINGS:
        alarms = sum(false_alarms(thing, 365, chance) for _ in range(args.years)) / args.years
        hours = [hours_until_told(thing, chance) for _ in range(args.breaks)]
        found = [one for one in hours if one is not None]
        told = f"{median(found):.1f}" if len(found) > len(hours) / 2 else "never"
        longest = f"{max(found):.0f}" if len(found) == len(hours) else "never"
        print(f"{thing.name:28} {alarms:>12.2f} {told:>22} {longest:>8}")


if __name__ == "__main__":
    main()
