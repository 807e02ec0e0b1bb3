"""A week of many feeds on virtual time: no network, no database, the daemon's own choice of when to visit.

`SAMPLE` feeds are played visit by visit through `feeds.policy` and `feeds.rhythm`, and what they came to is scaled up
to the size that was asked for; another two hundred change a figure by some hundredths. The population is made
up, but plausible: by the windows of captured feeds the middle one has six entries a day, and one in twenty has a
hundred and more. What a visit, an article and a telling cost is in `scale_costs`.

Effects: none.
"""

import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from bench import scale_costs as costs
from monitor.feeds.policy import PollBounds, next_poll_at
from monitor.feeds.rhythm import learn, span_of
from monitor.model import Entry, Feed, FeedId, FeedState, NotModified, ParsedFeed, Polled, PollOutcome

SAMPLE = 200
POPULATION = ((0.30, 0.1, 2.0), (0.45, 2.0, 15.0), (0.20, 15.0, 50.0), (0.05, 50.0, 300.0))
"""Shares of quiet, daily, hourly and busy feeds, and between how many entries a day each has."""
ANSWERS_304 = 0.6
"""Of feeds whose server knows conditional requests: publishers count 56 to 73 of 100 visits."""
WINDOW = 25
TOLD_SHARE = 0.02
"""Of new articles: what a desk with some dozen topics tells."""
CHANNELS_EACH = 2
LEARNED = timedelta(days=21)
HOUR_S = 3_600.0
START = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass(slots=True)
class Hours:
    """What was counted in each hour, of the sample."""

    visits: list[int]
    changed: list[int]
    articles: list[int]
    waits: list[float] = field(default_factory=list)


def entry_times(chance: random.Random, days: int) -> list[float]:
    """Seconds since 1970 of the entries of one feed, from three weeks before the start to the end.

    Two thirds of its entries come in twelve hours of its own day, and a third fewer at its weekend.
    """
    share = chance.random()
    low = high = 1.0
    for part, low, high in POPULATION:  # noqa: B007  # the last of them is used below
        if share < part:
            break
        share -= part
    a_day = low * (high / low) ** chance.random()
    morning = chance.choice((4, 5, 6, 7, 13, 14, 22, 0))
    times: list[float] = []
    for hour in range(-24 * LEARNED.days, 24 * days):
        at = START + timedelta(hours=hour)
        rate = a_day / 24 * (4 / 3 if (at.hour - morning) % 24 < 12 else 2 / 3)
        rate *= 0.75 if at.weekday() >= 5 else 1.1
        moment = chance.expovariate(rate)
        while moment < 1:
            times.append(at.timestamp() + moment * HOUR_S)
            moment += chance.expovariate(rate)
    return times


def play(number: int, days: int, hours: Hours) -> None:
    """All visits to one feed in these days."""
    chance = random.Random(f"feed {number}")
    times = [datetime.fromtimestamp(at, UTC) for at in entry_times(chance, days)]
    url, end = f"https://outlet{number}.example/feed", START + timedelta(days=days)
    seen = bisect_right(times, START)
    feed = Feed(FeedId(number), "simulated", url)
    state = FeedState(
        rhythm=learn(None, times[:seen], START), window_s=int(span_of(times[max(0, seen - WINDOW) : seen]))
    )
    now, before = START + timedelta(seconds=chance.random() * 3_600), START
    while now < end:
        published = bisect_right(times, now)
        new, shown = times[seen:published], times[max(0, published - WINDOW) : published]
        hour = int((now - START).total_seconds() // HOUR_S)
        hours.visits[hour] += 1
        parsed = None
        if new:
            hours.changed[hour] += 1
            hours.articles[hour] += len(new)
            hours.waits += [(now - at).total_seconds() for at in new]
            rhythm = learn(state.rhythm, new, now, watched_since=before)
            state = replace(state, rhythm=rhythm, window_s=int(span_of(shown)))
            parsed = ParsedFeed("simulated", url, tuple(Entry("", "t", url, published=at) for at in shown))
        outcome = PollOutcome.NEW if new else PollOutcome.UNCHANGED
        polled = Polled(replace(feed, state=state), outcome, now, NotModified(url), parsed)
        choice = next_poll_at(polled.feed, polled, now, PollBounds(), chance.random())
        state = replace(state, interval_s=choice.interval_s)
        now, before, seen = choice.at, now, published


@dataclass(frozen=True, slots=True)
class Load:
    """What a second of an hour asks for, at the size that was asked for."""

    visits: float
    changed: float
    articles: float

    @property
    def jobs(self) -> float:
        """Of the queue, a second: batches, and what the ticks hand out."""
        full = self.visits / costs.BATCH_FEEDS
        return max(full, min(self.visits, costs.LOOKS_A_SECOND)) + 4.0

    @property
    def tellings(self) -> float:
        """Messages a second."""
        return self.articles * TOLD_SHARE * CHANNELS_EACH

    @property
    def database_cores(self) -> float:
        """Of PostgreSQL: half of a job and a quarter of an article are its."""
        ms = self.visits * costs.VISIT_DATABASE_MS.value + self.jobs * costs.JOB_MS.value / 2
        return (ms + self.articles * costs.ARTICLE_MS.value / 4) / 1000

    @property
    def place_cores(self) -> float:
        """Of the one place where articles are stored."""
        return self.articles * costs.ARTICLE_PLACE_MS.value / 1000

    @property
    def worker_cores(self) -> float:
        """Of all workers."""
        ms = self.visits * costs.VISIT_MS.value + self.jobs * costs.JOB_MS.value / 2
        ms += self.articles * costs.ARTICLE_MS.value * 3 / 4 + self.tellings * costs.TELLING_MS.value
        return ms / 1000

    @property
    def workers(self) -> int:
        """Processes, none above `PROCESS_MAX` of a core."""
        return max(1, -int(-self.worker_cores // costs.PROCESS_MAX))

    def limits(self) -> dict[str, tuple[float, float]]:
        """What is used of each, and how much there is."""
        return {
            "the one place that stores articles": (self.place_cores, costs.PLACE_MAX),
            "one process": (self.worker_cores, costs.PROCESS_MAX),
            "connections to PostgreSQL": (self.workers * costs.CONNECTIONS.value, costs.CONNECTIONS_MAX),
            "processors of PostgreSQL": (self.database_cores, costs.DATABASE_CORES_MAX),
            "jobs of the queue": (self.jobs, costs.JOBS_MAX),
        }


def simulate(feeds: int, days: int) -> str:
    """The week as a text."""
    hours = Hours([0] * 24 * days, [0] * 24 * days, [0] * 24 * days)
    for number in range(SAMPLE):
        play(number, days, hours)
    factor = feeds / SAMPLE / HOUR_S
    loads = [
        Load(visits * factor, changed * factor, articles * factor)
        for visits, changed, articles in zip(hours.visits, hours.changed, hours.articles, strict=True)
    ]
    mean = Load(
        *(sum(getattr(load, name) for load in loads) / len(loads) for name in ("visits", "changed", "articles"))
    )
    busiest = max(loads, key=lambda load: load.worker_cores)
    return "\n".join(
        [
            f"{feeds:,} feeds, {days} days on virtual time; {SAMPLE} feeds were played and scaled up",
            *_by_hour(loads),
            *_table(mean, busiest, feeds, days, hours),
            *_breaks(busiest, feeds),
        ]
    )


def _by_hour(loads: Sequence[Load]) -> list[str]:
    of_day = [loads[hour::24] for hour in range(24)]
    visits = [sum(load.visits for load in some) / len(some) for some in of_day]
    articles = [sum(load.articles for load in some) / len(some) for some in of_day]
    return [
        "visits/s by hour of the day (UTC):   " + " ".join(f"{one:.4g}" for one in visits),
        "articles/s by hour of the day (UTC): " + " ".join(f"{one:.3g}" for one in articles),
    ]


def _table(mean: Load, busiest: Load, feeds: int, days: int, hours: Hours) -> list[str]:
    waits = sorted(hours.waits)
    bytes_s = mean.visits * ANSWERS_304 * costs.UNCHANGED_BYTES.value
    bytes_s += (mean.visits * (1 - ANSWERS_304) + mean.changed * ANSWERS_304) * costs.CHANGED_BYTES.value
    rows = [
        ("visits/s", mean.visits, busiest.visits),
        ("new articles/s", mean.articles, busiest.articles),
        ("tellings/s", mean.tellings, busiest.tellings),
        ("queue jobs/s", mean.jobs, busiest.jobs),
        ("rows written/s", *(load.visits + load.articles * costs.ARTICLE_ROWS.value for load in (mean, busiest))),
        ("cores, workers", mean.worker_cores, busiest.worker_cores),
        ("cores, PostgreSQL", mean.database_cores, busiest.database_cores),
        ("cores, the one place", mean.place_cores, busiest.place_cores),
        ("workers", mean.workers, busiest.workers),
        ("connections", *(load.workers * costs.CONNECTIONS.value for load in (mean, busiest))),
    ]
    grown = mean.articles * 86_400 * costs.ARTICLE_BYTES.value / 1e9
    return [
        f"{'':24}{'mean':>10}{'busiest hour':>14}",
        *(f"{name:24}{one:>10.4g}{other:>14.4g}" for name, one, other in rows),
        f"a visit a feed every {feeds / mean.visits / 60:.0f} minutes; an entry is seen after "
        f"{waits[len(waits) // 2] / 60:.0f} minutes, 95 of 100 within {waits[int(0.95 * len(waits))] / 60:.0f}",
        f"the archive grows by {grown:.2g} GB a day; the wire carries {bytes_s / 1e6:.2g} MB/s",
    ]


def _breaks(busiest: Load, feeds: int) -> list[str]:
    """What is used of each limit, and at which size it is met."""
    found = []
    for name, (used, limit) in busiest.limits().items():
        found.append((_full_at(busiest, name) * feeds, name, used, limit))
    lines = []
    for at, name, used, limit in sorted(found):
        state = "BROKEN" if used > limit else "holds "
        lines.append(f"  {state} {name}: {used:.3g} of {limit:.3g}, full at about {float(f'{at:.2g}'):,.0f} feeds")
    return ["limits in the busiest hour, the first to break first:", *lines]


def _full_at(load: Load, name: str) -> float:
    """How many times this load meets the limit; what it takes never goes down as the load grows."""
    low, high = 1e-6, 1e6
    for _ in range(60):
        middle = (low * high) ** 0.5
        used, limit = Load(load.visits * middle, load.changed * middle, load.articles * middle).limits()[name]
        low, high = (low, middle) if used > limit else (middle, high)
    return low
