"""Sixty virtual days of two hundred feeds in minutes: nothing told twice, nothing missed, nothing that grows.

The real steps from an answer to a telling run on a clock that is moved (`monitor.rerun`). On the way the process is
closed and started anew, abandoned in the middle of its work, given other configurations, and its channel is out for
hours. Names of entries, prints and near misses are kept for days instead of their months, so that these weeks stand
for years: what the sweep does not take away shows as growth. Each virtual day memory, the size of the file, the CPU
time per new article and the rows of every table are noted.

Limits, over the last two thirds of the days: the slope of each, told as growth over that span, stays below
`TOLERANCES`. What was told stays for ever by intention and is left out of the tables that must not grow.

    python -m bench soak --days 60 --feeds 200

Effects: files in a temporary folder.
"""

import argparse
import gc
import os
import re
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean

from bench.soak_world import SUBJECTS, Event, SoakWorld
from monitor.config.load import load
from monitor.feeds.parse import parse_feed
from monitor.logs import setup_logging
from monitor.model import ParsedFeed
from monitor.pipeline import sweep as sweeping
from monitor.rerun import Rerun, VirtualClock, Visit, open_scratch
from monitor.storage.store import Store
from monitor.topics.lexicon import load_lexicon

START = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
TICK = timedelta(minutes=10)
POLLING = '[polling]\ninterval_min = "20m"\ninterval_max = "2h"\n'
CLAIM_MAX = 250
RETENTION = sweeping.Retention(articles_days=8, polls_days=2)
SHORTENED = {"ALIAS_DAYS": 10, "PRINT_DAYS": 8, "NEAR_DAYS": 6, "KNOWN_DAYS": 10}
"""Days for which the sweep keeps what it keeps for months."""
RESTART_EVERY, KILL_EVERY, RELOAD_EVERY, OUTAGE_EVERY = (timedelta(hours=hours) for hours in (50, 31, 70, 90))
OUTAGE = timedelta(hours=3)
LATE = timedelta(hours=12)
"""Watched news that begins later than this before the end may not be told yet."""
TOLERANCES = {"memory MB": 0.10, "file MB": 0.10, "ms/article": 0.20}
"""Growth allowed over the last two thirds of the days, as a share of the mean there."""
KEPT_BY_INTENTION = frozenset({"sent_log", "config_revision", "counter", "topic", "notice"})
"""Tables that may grow: what was told, and under which configurations, is remembered for ever or until a bound."""
FILLED_AFTER = 12
"""Days after which the sweep takes away as much as comes in."""
JUDGED_MIN = 6
"""Days that a slope needs."""
ROWS_GROWTH, ROWS_FLOOR = 0.20, 200
"""Growth allowed of any other table, and how many rows more are no growth."""
CHANNELS = ("console", "desk")


@dataclass(frozen=True, slots=True)
class Day:
    """What was measured at the end of a virtual day."""

    number: int
    memory_mb: float
    file_mb: float
    ms_per_article: float
    articles: int
    visits: int
    tables: dict[str, int]


@dataclass
class TimedParser:
    """The parser in this process, and the CPU it took."""

    seconds: float = 0.0

    def parse(self, body: bytes, base_url: str, charset: str | None, now: datetime) -> ParsedFeed:
        """As the daemon's parser process answers."""
        began = time.process_time()
        try:
            return parse_feed(body, base_url=base_url, charset=charset, now=now)
        finally:
            self.seconds += time.process_time() - began


@dataclass
class Reader:
    """Whoever reads the channels: what arrived, and whether they take anything now."""

    is_out: bool = False
    arrived: Counter[str] = field(default_factory=Counter)

    def write(self, text: str) -> None:
        """Take a message, or refuse it as a broken pipe does."""
        if self.is_out:
            raise OSError("nobody reads")
        self.arrived.update(set(_CODE.findall(text)))


_CODE = re.compile(r"\b([A-Z]\w{7}x)\b")


class Soak:
    """One run over a folder of its own."""

    def __init__(self, folder: Path, days: int, feeds: int, tell: Callable[[Day], None], tick: timedelta) -> None:
        self._tell = tell
        self._tick = tick
        self.days = days
        self.world = SoakWorld(START, feeds)
        self.clock = VirtualClock(START)
        self.reader = Reader()
        self.events: list[Event] = []
        self.measured: list[Day] = []
        self.restarts = self.kills = self.reloads = self.outages = 0
        self._folder = folder
        self._lexicon = load_lexicon()
        self._parser = TimedParser()
        self._ingest_s = 0.0
        self._articles = self._visits = 0
        self._variant = 0
        self._write_config()
        self._store: Store | None = None
        self._start()

    def run(self) -> None:
        """All days, one after the other."""
        end = START + timedelta(days=self.days)
        while self.clock.now() < end:
            self._step(self.clock.now() + self._tick)
        self.machine.store.close()

    def _step(self, until: datetime) -> None:
        now = self.clock.now()
        self.reader.is_out = (
            now < self._next_multiple(now, OUTAGE_EVERY) - OUTAGE_EVERY + OUTAGE and now > START + OUTAGE_EVERY
        )
        self.outages += now > START and self._falls_on(now, OUTAGE_EVERY)
        self.events += self.world.move_to(now)
        self._visit(is_killed=self._falls_on(now, KILL_EVERY))
        if self._falls_on(now, RELOAD_EVERY):
            self._reload()
        if self._falls_on(now, RESTART_EVERY):
            self.restarts += 1
            self._start()
        self.machine.tell()
        self.machine.advance(until)
        if self._falls_on(until, timedelta(hours=1)):
            self.machine.index()
            sweeping.sweep(self.machine.store, RETENTION, until)
        if self._falls_on(until, timedelta(days=1)):
            self.measured.append(self._measure())
            self._tell(self.measured[-1])

    def _visit(self, *, is_killed: bool) -> None:
        feeds = self.machine.claim_due(CLAIM_MAX)
        if is_killed and self.clock.now() > START:
            self.kills += 1  # what was claimed is never stored: the next start reads it again
            self._start()
            return
        now = self.clock.now()
        visits = [Visit(feed, self.world.answer(feed, now), now) for feed in feeds]
        before_s, parse_s = time.process_time(), self._parser.seconds
        summaries = self.machine.take_in(visits)
        self._ingest_s += time.process_time() - before_s - (self._parser.seconds - parse_s)
        self._articles += sum(summary.new for summary in summaries)
        self._visits += len(summaries)

    def _start(self) -> None:
        """A process that begins: whatever the one before had in hand is forgotten."""
        if self._store is not None:
            self._store.close()
        self._store = open_scratch(self._folder / "soak.db")
        loaded = load(self._folder, {}, self._lexicon)
        self.machine = Rerun(self._store, loaded, self.clock, self._parser, write=self.reader.write)
        self.machine.begin(loaded)

    def _reload(self) -> None:
        self.reloads += 1
        self._variant += 1
        self._write_config()
        self.machine.apply(load(self._folder, {}, self._lexicon))

    def _write_config(self) -> None:
        (self._folder / "monitor.toml").write_text(
            f'{POLLING}[channels.{CHANNELS[1]}]\nkind = "console"\n', encoding="utf-8"
        )
        urls = [self.world.url(number) for number in range(self.world.feeds)]
        feeds = "".join(
            f'[[feeds]]\nname = "Outlet {n}"\nurl = "{url}"\nlanguage = "en"\n' for n, url in enumerate(urls)
        )
        (self._folder / "feeds.toml").write_text(feeds, encoding="utf-8")
        (self._folder / "watchlist.toml").write_text(_watchlist(self._variant), encoding="utf-8")

    def _measure(self) -> Day:
        gc.collect()
        with Path("/proc/self/statm").open(encoding="ascii") as counts:
            memory = int(counts.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        path = self._folder / "soak.db"
        day = Day(
            number=len(self.measured) + 1,
            memory_mb=memory / 1e6,
            file_mb=path.stat().st_size / 1e6,
            ms_per_article=1000 * self._ingest_s / max(1, self._articles),
            articles=self._articles,
            visits=self._visits,
            tables=rows_of(path),
        )
        self._ingest_s, self._articles, self._visits = 0.0, 0, 0
        return day

    def _falls_on(self, now: datetime, every: timedelta) -> bool:
        return now > START and (now - START) % every < self._tick

    @staticmethod
    def _next_multiple(now: datetime, every: timedelta) -> datetime:
        return START + ((now - START) // every + 1) * every


def _watchlist(variant: int) -> str:
    """The topics; every second reload brings one more that nothing answers, and other words of another."""
    more = (
        '[topics.more]\nname = "Grain harvest"\nchannels = ["console"]\nschedule = "every 6h"\n' if variant % 2 else ""
    )
    return (
        'timezone = "Europe/Berlin"\n'
        f'[topics.accord]\nname = "Accord"\nquery = \'"{SUBJECTS[0]}"\'\nchannels = ["console", "desk"]\n'
        'schedule = "every 1h"\nbreaking = true\n'
        f'[topics.ferry]\nname = "Ferry"\nquery = \'"{SUBJECTS[1]}"\'\nchannels = ["desk"]\nschedule = "now"\n'
        'settle = "2m"\n'
        '[topics.weather]\nname = "Storm and flood warnings"\n'
        f'also = ["storm surge"{", " + chr(34) + "river flood" + chr(34) if variant % 3 else ""}]\n'
        'channels = ["console"]\nschedule = "daily 08:00"\n'
        f"{more}"
    )


_REAL_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"


def rows_of(path: Path) -> dict[str, int]:
    """How many rows each table has; an index's own tables by the rows that hold it."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        names = [row[0] for row in connection.execute(_REAL_TABLES)]
        return {
            name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in sorted(names)
        }  # names of the file itself


def tellings_of(path: Path) -> Counter[tuple[str, str, int]]:
    """How often each story was told for the first time on each channel, by the sent log."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT channel, topic, story_id FROM sent_log WHERE telling = 1").fetchall()
    return Counter((channel, topic, story) for channel, topic, story in rows)


def faults_of(soak: Soak) -> list[str]:
    """What must not have happened."""
    end = START + timedelta(days=soak.days)
    expected = {event.code: 2 if event.subject == 0 else 1 for event in soak.events if event.at < end - LATE}
    arrived = soak.reader.arrived
    faults = [f"{code} was told {arrived[code]} times, not {n}" for code, n in expected.items() if arrived[code] != n]
    return faults + [f"{name} grows: {words}" for name, words in growths(soak.measured)]


def growths(days: Sequence[Day]) -> Iterator[tuple[str, str]]:
    """What grows over the last two thirds beyond its tolerance."""
    late = settled(days)
    if len(late) < JUDGED_MIN:
        return
    for name, series in series_of(late).items():
        share = growth(series)
        if share > TOLERANCES[name]:
            yield name, f"{share:+.0%} over {len(late)} days"
    for table in sorted(late[-1].tables):
        series = [float(day.tables.get(table, 0)) for day in late]
        share = growth(series)
        if table not in KEPT_BY_INTENTION and share > ROWS_GROWTH and share * mean(series) > ROWS_FLOOR:
            yield f"table {table}", f"{share:+.0%} over {len(late)} days, now {series[-1]:.0f} rows"


def settled(days: Sequence[Day]) -> Sequence[Day]:
    """The last two thirds, and none of the days in which the archive still fills."""
    return days[max(len(days) // 3, FILLED_AFTER) :]


def series_of(days: Sequence[Day]) -> dict[str, list[float]]:
    """What must be flat, by name."""
    return {
        "memory MB": [day.memory_mb for day in days],
        "file MB": [day.file_mb for day in days],
        "ms/article": [day.ms_per_article for day in days],
    }


def growth(series: Sequence[float]) -> float:
    """How much the straight line through a series rises from its first to its last point, as a share of the mean."""
    count, middle = len(series), mean(series)
    if count < 2 or not middle:
        return 0.0
    centre = (count - 1) / 2
    slope = sum((x - centre) * (y - middle) for x, y in enumerate(series)) / sum(
        (x - centre) ** 2 for x in range(count)
    )
    return slope * (count - 1) / middle


@contextmanager
def shortened() -> Iterator[None]:
    """The sweep keeps for days what it keeps for months."""
    before = {name: getattr(sweeping, name) for name in SHORTENED}
    for name, days in SHORTENED.items():
        setattr(sweeping, name, days)
    try:
        yield
    finally:
        for name, days in before.items():
            setattr(sweeping, name, days)


def soak_for(days: int, feeds: int, tell: Callable[[Day], None] = lambda _: None, *, tick: timedelta = TICK) -> Soak:
    """A whole run, its files gone afterwards."""
    with shortened(), tempfile.TemporaryDirectory(prefix="soak-") as folder:
        soak = Soak(Path(folder), days, feeds, tell, tick)
        soak.run()
        return soak


def run(arguments: Sequence[str] = ()) -> int:
    """Run, print the table, judge."""
    parser = argparse.ArgumentParser(prog="python -m bench soak")
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--feeds", type=int, default=200)
    args = parser.parse_args(arguments)
    setup_logging("ERROR")
    began = time.monotonic()
    soak = soak_for(args.days, args.feeds, say_day)
    say(soak, time.monotonic() - began)
    faults = faults_of(soak)
    for fault in faults:
        print(f"FAULT: {fault}")
    return 1 if faults else 0


def say_day(day: Day) -> None:
    """A line of the table, as soon as the day is over."""
    if day.number == 1:
        print(f"  {'day':>4} {'memory MB':>10} {'file MB':>8} {'ms/article':>11} ", end="")
        print(f"{'articles':>9} {'visits':>7} {'rows':>9}")
    print(f"  {day.number:>4} {day.memory_mb:>10.1f} {day.file_mb:>8.2f} {day.ms_per_article:>11.2f} ", end="")
    print(f"{day.articles:>9,} {day.visits:>7,} {sum(day.tables.values()):>9,}", flush=True)


def say(soak: Soak, seconds: float) -> None:
    """The curves as a table, and the ratio of the last third to the first."""
    days = soak.measured
    print(f"soak: {soak.days} days, {soak.world.feeds} feeds, {sum(day.visits for day in days):,} visits, ", end="")
    print(f"{sum(day.articles for day in days):,} articles, {len(soak.events)} watched, in {seconds:.0f} s")
    print(
        f"  {soak.restarts} restarts, {soak.kills} kills, {soak.reloads} reloads, {soak.outages} outages of the channel"
    )
    third = max(1, len(days) // 3)
    for name, series in series_of(days).items():
        ratio = mean(series[-third:]) / mean(series[:third])
        late = series_of(settled(days))[name] if len(days) > FILLED_AFTER else series
        print(f"  {name}: last third / first third {ratio:.2f}; once filled {growth(late):+.1%}")
    first, last = days[len(days) // 3].tables, days[-1].tables
    print("  rows, at one third and at the end:")
    for table in sorted(last, key=lambda name: -last[name])[:14]:
        print(f"    {table:<24} {first.get(table, 0):>9,} {last[table]:>9,}")


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
