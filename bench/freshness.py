"""How long entries wait until a visit shows them, at equal numbers of visits: our rhythm beside two other rules.

`python -m bench.freshness [FOLDER]` replays the entry times of the captured feeds in `feeds/` of `$MONITOR_CORPUS` (or
FOLDER) on virtual time, and, told apart, made streams whose hours are known. Each feed's older half of entries is what
its first visit shows; the newer half, of the last two weeks at most, is replayed until the capture. A rule sees at a
visit what the feed would show then: its newest entries, as many as its window holds. Ours is the daemon's own code. The
other rules are tuned to the number of visits ours made, each feed counted per day, since replays differ in length.

Four numbers of `monitor.feeds.rhythm` were tried in a few values each on the captured feeds, all of them and those of
even number; only `AWAITED_ENTRY_S` was moved. Feeds of odd number are shown apart, but they are no untouched test.

The promise is held by the default and the loose bounds. With the tight ones most visits go to silent feeds at the
ceiling, whatever the rule; they are shown only. `frequency` has Miniflux's own bounds, 5 minutes to a day; under a
ceiling of an hour it leaves silent feeds to themselves where ours may not, so the promise is about `frequency, bounds`.
`stories/tech-feeds.jsonl` is not replayed: its articles have the time of a daily reading, not their own.

Effects: reads files, writes to standard output.
"""

import math
import os
import random
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from monitor.errors import ParseError
from monitor.feeds.parse import parse_feed
from monitor.feeds.policy import PollBounds, next_poll_at
from monitor.feeds.rhythm import learn
from monitor.model import Entry, Feed, FeedId, FeedState, NotModified, ParsedFeed, Polled, PollOutcome

DAY_S = 86_400.0
REPLAYED_S = 14 * DAY_S
"""Older entries of a window are the few that were kept, and their gaps tell nothing of when they came."""
ROUNDS = 4
"""Each feed is replayed so often, begun a little later each time: short windows hold few entries."""
BOUNDS = {"tight": PollBounds(120, 1800), "default": PollBounds(), "loose": PollBounds(300, 86_400)}
PROMISED = ("default", "loose")
PROMISE = 0.5
"""Of the median delay of a fixed interval."""


@dataclass(frozen=True, slots=True)
class Stream:
    """The entry times of one feed, ascending seconds since 1970, and the stretch that is replayed."""

    name: str
    times: tuple[float, ...]
    window: int
    """How many entries it shows."""
    start: float
    end: float


@dataclass(slots=True)
class Waits:
    """What a rule came to."""

    visits_a_day: float = 0.0
    """Summed over feeds."""
    delays: list[float] = field(default_factory=list)
    lost: int = 0


Rule = Callable[[float, Sequence[float], Sequence[float]], float]
"""Seconds to wait after a visit at this time that showed these times, of which those are new."""


def replay(stream: Stream, rule: Rule, offset_s: float = 0.0) -> tuple[int, list[float], int]:
    """Visits within the stretch, the delay of each entry that was seen, and how many never were.

    The first visit only says where we begin: neither it nor what it shows is counted. After the end visits go on
    until the last entry was shown, uncounted.
    """
    times, end = stream.times, stream.end
    now, seen, visits, lost = stream.start + offset_s, 0, 0, 0
    first = True
    delays: list[float] = []
    while True:
        published = bisect_right(times, now)
        oldest = max(0, published - stream.window)
        new = times[max(seen, oldest) : published]
        if not first:
            lost += max(0, oldest - seen)
            delays += [now - at for at in new]
        seen, first = published, False
        if now > end and seen == len(times):
            return visits, delays, lost
        now += max(1.0, rule(now, times[oldest:published], new))
        visits += now <= end


def ours(bounds: PollBounds, seed: str) -> Rule:
    """The daemon's own choice, with its jitter."""
    chance = random.Random(seed)
    url = "https://outlet.example/feed"
    state = FeedState()
    last: datetime | None = None

    def rule(now_s: float, shown: Sequence[float], new: Sequence[float]) -> float:
        nonlocal state, last
        now = datetime.fromtimestamp(now_s, UTC)
        dates = [datetime.fromtimestamp(at, UTC) for at in shown]
        fresh = dates[len(dates) - len(new) :]
        rhythm = learn(state.rhythm, fresh, now, watched_since=last)
        lost = last is not None and len(new) == len(shown) > 0
        state = replace(state, rhythm=rhythm, last_lost_at=now if lost else state.last_lost_at)
        feed = Feed(FeedId(1), "bench", url, state=state)
        entries = tuple(Entry("", "t", url, published=at) for at in dates)
        polled = Polled(feed, PollOutcome.NEW, now, NotModified(url), ParsedFeed("t", url, entries))
        choice = next_poll_at(feed, polled, now, bounds, chance.random())
        state, last = replace(state, interval_s=choice.interval_s), now
        return (choice.at - now).total_seconds()

    return rule


def fixed(interval_s: float) -> Rule:
    """Every so many seconds."""
    return lambda now, shown, new: interval_s


def entry_frequency(factor: float, shortest_s: float, longest_s: float) -> Rule:
    """Miniflux: a week by its virtual count of entries times a factor, of what was stored in the last seven days."""
    stored: list[float] = []

    def rule(now: float, shown: Sequence[float], new: Sequence[float]) -> float:
        stored.extend(new)
        week = stored[bisect_left(stored, now - 7 * DAY_S) :]
        span_s = week[-1] - week[0] if len(week) > 1 else 0.0
        if span_s <= 0:
            return longest_s
        count = math.ceil(7 * DAY_S / (span_s / (len(week) - 1)))
        return min(max(7 * DAY_S / (count * factor), shortest_s), longest_s)

    return rule


def play(streams: Sequence[Stream], rule_of: Callable[[str], Rule]) -> Waits:
    """All feeds under one rule, `ROUNDS` times; visits are per day, so that a long replay weighs no more."""
    total = Waits()
    for stream in streams:
        days = (stream.end - stream.start) / DAY_S
        for number in range(ROUNDS):
            seed = f"{stream.name} {number}"
            offset_s = random.Random(seed).random() * min(3600.0, days * DAY_S / 4)
            visits, delays, lost = replay(stream, rule_of(seed), offset_s)
            total.visits_a_day += visits / (days - offset_s / DAY_S) / ROUNDS
            total.delays += delays
            total.lost += lost
    total.delays.sort()
    return total


def tuned(streams: Sequence[Stream], wanted: float, rule_of: Callable[[float], Rule], low: float, high: float) -> Waits:
    """The rule whose number makes `wanted` visits a day or, being steps, hardly more; more is given where in doubt."""
    best = play(streams, lambda seed: rule_of(high))
    for _ in range(14):
        middle = math.sqrt(low * high)
        found = play(streams, lambda seed, number=middle: rule_of(number))  # type: ignore[misc]
        if found.visits_a_day >= wanted:
            best, high = found, middle
        else:
            low = middle
    return best


def compare(streams: Sequence[Stream], bounds: PollBounds) -> dict[str, Waits]:
    """Ours, and the others at as many visits."""
    own = play(streams, lambda seed: ours(bounds, seed))
    wanted = own.visits_a_day
    shortest, longest = bounds.interval_min_s, bounds.interval_max_s
    return {
        "fixed": tuned(streams, wanted, lambda number: fixed(DAY_S / number), 1.0, 2000.0),
        "frequency": tuned(streams, wanted, lambda factor: entry_frequency(factor, 300, DAY_S), 0.01, 1e4),
        "frequency, bounds": tuned(
            streams, wanted, lambda factor: entry_frequency(factor, shortest, longest), 0.01, 1e4
        ),
        "ours": own,
    }


def captured(root: Path) -> list[Stream]:
    """The feeds of the corpus, in order of their names; those without two different times are passed over."""
    all_times = []
    for path in sorted(root.glob("*.xml")):
        try:
            parsed = parse_feed(path.read_bytes(), base_url="https://outlet.example/")
        except ParseError:
            continue
        dates = [entry.published for entry in parsed.entries if entry.published is not None]
        if len(set(dates)) > 1:
            all_times.append((path.stem, tuple(sorted(at.timestamp() for at in dates))))
    capture = max((times[-1] for _, times in all_times), default=0.0)
    streams = []
    for name, times in all_times:
        start = max(times[(len(times) - 1) // 2], capture - REPLAYED_S)
        streams.append(Stream(name, times, len(times), start, capture))
    return streams


def made(count: int = 20, days: int = 35) -> list[Stream]:
    """Feeds by a known law: Poisson, by hour of the local week, with batches.

    One to a hundred entries a day; a quarter works round the clock, half on working days from 6 to 19 with a peak in
    the morning, a quarter in the evenings and at weekends; in eight time zones; windows of 10 to 60 entries. One
    arrival in eight is a batch of up to five. Two weeks lie before the start.
    """
    start = datetime(2026, 1, 5, tzinfo=UTC)
    streams = []
    for number in range(count):
        chance = random.Random(f"made {number}")
        a_day, zone, kind = 100 ** chance.random(), 3 * chance.randrange(8), number % 4
        law = [_share(kind, slot // 24, slot % 24) for slot in range(168)]
        scale = a_day * 7 / sum(law)
        times: list[float] = []
        for hour in range(days * 24):
            rate = scale * law[(hour + zone) % 168]
            at = chance.expovariate(rate)
            while at < 1:
                moment = (start + timedelta(hours=hour + at)).timestamp()
                times += [moment] * (chance.randint(2, 5) if chance.random() < 1 / 8 else 1)
                at += chance.expovariate(rate)
        begin = (start + timedelta(days=14)).timestamp()
        end = (start + timedelta(days=days)).timestamp()
        streams.append(Stream(f"made {number}", tuple(times), chance.randint(10, 60), begin, end))
    return streams


def _share(kind: int, day: int, hour: int) -> float:
    """The relative rate of an hour of the local week."""
    if kind == 0:
        return 0.4 if hour < 6 else 1.0
    if kind == 3:
        return 1.0 if 17 <= hour < 23 or (day > 4 and hour > 9) else 0.05
    if day > 4 or not 6 <= hour < 19:
        return 0.05
    return 2.0 if hour < 10 else 1.0


def quantile(ordered: Sequence[float], part: float) -> float:
    """The value below which this part lies; 0 of nothing."""
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


def show(title: str, streams: Sequence[Stream]) -> bool:
    """Print one table per bounds; whether ours kept the promise where it was given."""
    kept = True
    for name, bounds in BOUNDS.items():
        found = compare(streams, bounds)
        limits = f"{bounds.interval_min_s // 60}-{bounds.interval_max_s // 60} min"
        print(f"{title}, {name} bounds ({limits}), {len(streams)} feeds; delays in minutes")
        print(f"  {'rule':18} {'visits/feed/day':>15} {'entries':>8} {'median':>7} {'mean':>7} {'p95':>7} {'lost':>5}")
        for rule, waits in found.items():
            delays = waits.delays
            numbers = (quantile(delays, 0.5), sum(delays) / max(1, len(delays)), quantile(delays, 0.95))
            minutes = " ".join(f"{number / 60:7.1f}" for number in numbers)
            visits = waits.visits_a_day / max(1, len(streams))
            print(f"  {rule:18} {visits:15.1f} {len(delays) // ROUNDS:8} {minutes} {waits.lost // ROUNDS:5}")
        medians = {rule: quantile(waits.delays, 0.5) for rule, waits in found.items()}
        good = medians["ours"] <= PROMISE * medians["fixed"] and medians["ours"] < medians["frequency, bounds"]
        print(f"  ours / fixed {medians['ours'] / medians['fixed']:.2f}: {'kept' if good else 'BROKEN'}", flush=True)
        kept = kept and (good or name not in PROMISED)
    return kept


def run(folder: str = "") -> int:
    """Replay both sets and print the tables; exit code 1 for a broken promise, 2 without the corpus."""
    root = folder or os.environ.get("MONITOR_CORPUS", "")
    streams = captured(Path(root) / "feeds") if root else []
    if not streams:
        print("bench.freshness needs the corpus: set MONITOR_CORPUS to its folder.", file=sys.stderr)
        return 2
    kept = [show("all captured feeds", streams), show("made streams", made())]
    show("captured feeds of odd number", streams[1::2])
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:2]))
