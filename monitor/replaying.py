"""A recorded day, run again: the same answers at the same times through the same steps, under one configuration.

The archive it is run over is a fresh one, in a folder that is thrown away; it is warmed up by the recorded days before,
so that what was known then is known. Nothing is fetched and nothing leaves the machine. Visits that brought no other
bytes than the one before them tell nothing, and are passed over. Bytes are read by the parser process, under the same
limits as in the daemon but for its time, which a busy machine would make a matter of chance.

Not run again: readers' marks, mutes, corrections, pages of articles, and what a sentence model reads.

Effects: files in a temporary folder, database, one child process.
"""

import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from msgspec import Struct

from monitor.config.faults import ConfigFaults
from monitor.config.load import Loaded
from monitor.errors import FetchError, MonitorError
from monitor.feeds.recorded import Recorded, feed_key
from monitor.feeds.recordings import Torn, recorded_days, visits_of
from monitor.feeds.sandbox import ParserProcess
from monitor.model import Fetched, Gone, Telling
from monitor.model.canary import CANARY_TOPIC
from monitor.rerun import Parser, Rerun, VirtualClock, Visit, open_scratch
from monitor.starting import LoadInstead
from monitor.storage.day_tellings import read_tellings
from monitor.storage.revisions import RevisionHead
from monitor.storage.store import Store

PARSE_S = 120.0
"""How long one feed may take: far beyond what any takes, so that a busy machine changes no answer."""
DAYS_LISTED = 10

Tell = Callable[[str], None]
"""Called with how far it has come, in words."""


class InForceFrom(Struct, frozen=True):
    """A configuration, and from when on it counts."""

    at: datetime
    loaded: Loaded
    revision: RevisionHead | None = None


class Span(Struct, frozen=True):
    """The day that is run again, and the recorded days that warm it up, the day itself last."""

    day: date
    days: tuple[date, ...]

    @property
    def since(self) -> datetime:
        """When the day begins, in UTC."""
        return datetime.combine(self.day, time(), UTC)

    @property
    def until(self) -> datetime:
        """When it is over."""
        return self.since + timedelta(days=1)

    @property
    def start(self) -> datetime:
        """When the warm-up begins."""
        return datetime.combine(self.days[0], time(), UTC)


class Side(Struct):
    """What came of one run."""

    tellings: list[Telling]
    visits: int = 0
    """Recorded visits of the day and its warm-up."""
    taken: int = 0
    """Those that brought other bytes than the one before, or failed."""
    strangers: int = 0
    """Visits to feeds that this configuration does not have."""
    unrecorded: tuple[str, ...] = ()
    """Its feeds of which nothing was recorded, by name."""
    torn: int = 0
    """Segments that ended in the middle of a record."""
    last_at: datetime | None = None
    """When the last answer of the day had come."""


def choose_span(folder: Path, day: date, warm_up: timedelta) -> Span:
    """The recorded days from so long before the day. Raises MonitorError where the day was not recorded."""
    known = recorded_days(folder)
    if day not in known:
        listed = ", ".join(one.isoformat() for one in known[-DAYS_LISTED:])
        remedy = f"There are: {listed}." if known else "Set raw_days under [retention] in monitor.toml, and wait a day."
        raise MonitorError(f"nothing was recorded on {day}", where=str(folder), remedy=remedy)
    return Span(day, tuple(one for one in known if day - warm_up <= one <= day))


def configs_of(store: Store, span: Span, load_instead: LoadInstead) -> list[InForceFrom]:
    """What was in force in the span, by the archive's revisions; monitor.toml is as it is now, for it is not kept.

    Where the archive knows none that is old enough, its first one counts from the beginning. Raises MonitorError where
    it knows none at all, or this version refuses one.
    """
    with store.read() as tx:
        heads = [head for head in reversed(tx.revisions.listed()) if head.at < span.until]
        older = [head for head in heads if head.at <= span.start]
        chosen = [*older[-1:], *(head for head in heads if head.at > span.start)]
        revisions = [tx.revisions.get(head.id) for head in chosen]
    found: list[InForceFrom] = []
    seen: tuple[str, str] | None = None
    for revision in revisions:
        if revision is None or (revision.watchlist_hash, revision.feeds_hash) == seen:
            continue
        seen = (revision.watchlist_hash, revision.feeds_hash)
        try:
            loaded = load_instead(revision.bodies)
        except ConfigFaults as error:
            raise MonitorError(
                f"revision {revision.id}, in force then, cannot be used now: {error.problems[0].message}",
                where=error.problems[0].path,
                remedy="Name a folder with what was in force then: --before DIR.",
            ) from error
        found.append(InForceFrom(revision.at if found else span.start, loaded, revision))
    if not found:
        raise MonitorError(
            "the archive remembers no configuration of that day",
            remedy="Name a folder with what was in force then: --before DIR.",
        )
    return found


def told_really(store: Store, span: Span) -> list[Telling]:
    """What the archive says was told that day."""
    with store.read() as tx:
        tellings = read_tellings(tx.connection, span.since, span.until)
    return [telling for telling in tellings if telling.topic != CANARY_TOPIC]


def run_side(
    folder: Path, span: Span, configs: Sequence[InForceFrom], tell: Tell, parser: Parser | None = None
) -> Side:
    """Run the span once; the same recording and configurations give the same tellings, byte for byte.

    Without a `parser` the daemon's own parser process reads the bytes.
    """
    with ExitStack() as stack:
        if parser is None:
            parser = own = ParserProcess(deadline_s=PARSE_S)
            stack.callback(own.close)
        temporary = stack.enter_context(tempfile.TemporaryDirectory(prefix="monitor-replay-"))
        store = open_scratch(Path(temporary) / "replay.db")
        stack.callback(store.close)
        return _Run(store, configs, parser, span, tell).run(folder)


class _Run:
    """One run over a fresh archive."""

    def __init__(self, store: Store, configs: Sequence[InForceFrom], parser: Parser, span: Span, tell: Tell) -> None:
        first = configs[0].loaded
        self._span = span
        self._tell = tell
        self._clock = VirtualClock(span.start)
        self._rerun = Rerun(store, first, self._clock, parser)
        self._rerun.begin(first)
        self._rest = deque(configs[1:])
        self._urls: dict[str, str] = {}
        self._bodies: dict[str, str] = {}
        self._recorded: set[str] = set()
        self._torn = Torn()
        self._side = Side([])
        self._know_feeds()

    def run(self, folder: Path) -> Side:
        """Every record in its turn, then what falls due until midnight."""
        for day in self._span.days:
            self._tell(f"{day}")
            for record in visits_of(folder, day, self._torn):
                self._take(record)
        self._go_on(self._span.until - timedelta(microseconds=1))
        side, rerun = self._side, self._rerun
        with rerun.store.read() as tx:
            side.tellings = read_tellings(tx.connection, self._span.since, self._span.until)
        feeds = rerun.in_force.loaded.feeds
        side.unrecorded = tuple(feed.name for feed in feeds if feed_key(feed.url) not in self._recorded)
        side.torn = self._torn.segments
        return side

    def _take(self, record: Recorded) -> None:
        side, answer = self._side, record.answer
        side.visits += 1
        side.last_at = record.came_at
        self._recorded.add(record.key)
        url = self._urls.get(record.key)
        is_news = isinstance(answer, Fetched) and self._bodies.get(record.key) != record.body_hash
        if url is None:
            side.strangers += 1
        elif is_news or isinstance(answer, FetchError | Gone):
            self._go_on(record.came_at)
            feed = self._rerun.claim(url)
            if feed is not None:
                side.taken += 1
                self._bodies[record.key] = record.body_hash if is_news else self._bodies.get(record.key, "")
                self._rerun.take_in([Visit(feed, answer, record.at, record.elapsed_ms)])
                self._rerun.tell()

    def _go_on(self, until: datetime) -> None:
        """Let the time pass, each configuration coming in force at its moment."""
        while self._rest and self._rest[0].at <= until:
            change = self._rest.popleft()
            self._rerun.advance(change.at)
            self._rerun.apply(change.loaded)
            self._know_feeds()
        self._rerun.advance(until)

    def _know_feeds(self) -> None:
        self._urls = {feed_key(feed.url): feed.url for feed in self._rerun.in_force.loaded.feeds}


def listed(configs: Sequence[InForceFrom]) -> Iterator[str]:
    """Each configuration of a side in words."""
    for one in configs:
        head = one.revision
        yield f"{one.loaded.folder}" if head is None else f"revision {head.id} by {head.author}"
