"""The way from an answer to a telling, one step after the other on a clock that the caller moves.

The same functions as in the daemon: judge and parse, ingest, close digests, deliver. What the daemon leaves to chance
or to the machine is fixed: no jitter, one owner, one thread, no network; channels only take note. So the same answers
at the same times give the same tellings, byte for byte.

Effects: database.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from monitor.applying import write_config
from monitor.config.channels import ConsoleSettings
from monitor.config.load import Loaded
from monitor.digests.novelty import table_weight
from monitor.errors import FetchError, ParseError
from monitor.feeds.guard import Guard
from monitor.feeds.recorded import Answer
from monitor.in_force import InForce
from monitor.model import Feed, Fetched, ParsedFeed, Polled, PollOutcome, TopicKey
from monitor.outbox.deliver import Sender, SendRules, Sent
from monitor.pipeline.answers import judge_answer, with_answer
from monitor.pipeline.digest import Closed, close_due
from monitor.pipeline.grouping import StoryWords
from monitor.pipeline.indexing import Indexer
from monitor.pipeline.salvage import ingest_safely
from monitor.pipeline.visits import PollSummary
from monitor.pipeline.watched import watch
from monitor.preparing import Parts, prepare, wishes_of
from monitor.storage.engine import open_engine
from monitor.storage.revision import ensure_schema
from monitor.storage.store import Store
from monitor.stories.rarity import read_table

OWNER = "rerun"
LOOK_AGAIN = timedelta(seconds=60)
"""When a topic is looked at again whose breaking news had no room; the daemon does so every two seconds."""
SOON = timedelta(seconds=1)
WEIGH_EVERY = timedelta(days=1)
INDEX_PORTIONS_MAX = 1_000


class Parser(Protocol):
    """What reads a feed's bytes: the daemon's parser process, or the function itself."""

    def parse(self, body: bytes, base_url: str, charset: str | None, now: datetime) -> ParsedFeed:
        """What the bytes hold. Raises `ParseError`."""


class VirtualClock:
    """Stands still until it is moved, and never goes back."""

    def __init__(self, start: datetime) -> None:
        self._start = self._now = start

    def now(self) -> datetime:
        """The time it was moved to."""
        return self._now

    def monotonic_s(self) -> float:
        """Seconds it was moved so far."""
        return (self._now - self._start).total_seconds()

    def move_to(self, at: datetime) -> None:
        """Be then; nothing happens where that is past."""
        self._now = max(self._now, at)


class Visit(Struct, frozen=True):
    """A feed that was claimed, and what its server answers."""

    feed: Feed
    answer: Answer
    at: datetime
    elapsed_ms: int = 0


class Rerun:
    """An archive driven step by step. The store is the caller's, who makes and closes it."""

    def __init__(
        self,
        store: Store,
        loaded: Loaded,
        clock: VirtualClock,
        parser: Parser,
        *,
        write: Callable[[str], None] = lambda _: None,
        report: Callable[[Sent], None] | None = None,
        owner: str = OWNER,
    ) -> None:
        self.store = store
        self.clock = clock
        self.owner = owner
        self._parser = parser
        load_table = cache(lambda: read_table(loaded.compiled.lexicon.shares()))
        words = StoryWords(load_table)
        self._parts = Parts(store, Guard(), write, owner, words=words, weight=table_weight(load_table))
        self.in_force: InForce = prepare(without_channels(loaded), self._parts)
        self._sender = Sender(
            store, clock, owner=owner, jitter=lambda: 0.0, report=report, peers=lambda: self.in_force.peers
        )
        self._indexer = Indexer(store)
        self._paused: dict[TopicKey, datetime] = {}
        self._weighed_at = clock.now()

    def begin(self, loaded: Loaded) -> None:
        """A start: whoever held anything is dead, and the configuration counts from now."""
        now = self.clock.now()
        with self.store.write() as tx:
            tx.feeds.release()
            tx.outbox.release(now, now)
        self.apply(loaded)

    def apply(self, loaded: Loaded) -> None:
        """Put a configuration in force."""
        prepared = prepare(without_channels(loaded), self._parts)
        with self.store.write() as tx:
            write_config(tx, loaded, self.clock.now(), before=self.in_force.loaded.feeds, renamed={})
        self.in_force = prepared

    def claim(self, url: str) -> Feed | None:
        """One feed to be visited now, by its configured address; None where it is not polled."""
        with self.store.write() as tx:
            return tx.feeds.claim(url, self.clock.now(), owner=self.owner)

    def claim_due(self, limit: int) -> list[Feed]:
        """The feeds that are due by their own rhythm."""
        with self.store.write() as tx:
            return tx.feeds.claim_due(self.clock.now(), owner=self.owner, limit=limit)

    def take_in(self, visits: Sequence[Visit]) -> list[PollSummary]:
        """Judge, parse and store what these visits brought, in one batch."""
        batch = [self._understand(visit) for visit in visits]
        now = self.clock.now()
        return ingest_safely(self.store, batch, self.in_force.ingest, now=now, jitter=lambda: 0.0)

    def tell(self) -> list[Closed]:
        """Close what is due now, and deliver all that can be delivered now."""
        closed = close_due(self.store, self.in_force.digest, self.clock.now(), paused=self._paused)
        self.deliver()
        return closed

    def deliver(self) -> None:
        """Send what is due, channel by channel, until each has no more or refuses."""
        with self.store.read() as tx:
            due = tx.outbox.channels_due(self.clock.now())
        for name in sorted(due):
            channel = self.in_force.channels.get(name)
            rules = self.in_force.rules.get(name, SendRules())
            while channel is not None:
                sent = self._sender.deliver_due(channel, rules)
                if not sent or sent[-1].is_over:
                    break

    def advance(self, until: datetime) -> None:
        """Let the time pass, telling what falls due on the way at its very moment."""
        while (at := self._next_look()) is not None and at <= until:
            self.clock.move_to(at)
            self.tell()
        self.clock.move_to(until)
        if self.clock.now() - self._weighed_at >= WEIGH_EVERY:
            self.keep_up()

    def keep_up(self) -> None:
        """What the daemon does once a day beside its work: weigh the topics' words by what came, once it is indexed."""
        self.index()
        force = self.in_force
        watched = watch(self.store, force.loaded.compiled)
        ingest = replace(force.ingest, watchlist=watched.watchlist, wishes=wishes_of(force.loaded, watched.watchlist))
        self.in_force = replace(force, watched=watched, ingest=ingest)
        self._weighed_at = self.clock.now()

    def index(self) -> None:
        """Put what came into the index of words."""
        self._indexer.catch_up(portions=INDEX_PORTIONS_MAX)

    def _next_look(self) -> datetime | None:
        now = self.clock.now()
        with self.store.read() as tx:
            states = [state for state in tx.topics.all() if state.active]
        moments = [max(state.next_due_at, self._paused.get(state.key, now)) for state in states if state.next_due_at]
        moments += [now + LOOK_AGAIN for state in states if state.touched]
        return max(min(moments), now + SOON) if moments else None

    def _understand(self, visit: Visit) -> Polled:
        polled = Polled(visit.feed, PollOutcome.FAILED, visit.at, elapsed_ms=visit.elapsed_ms)
        answer = visit.answer
        if isinstance(answer, FetchError):
            return replace(polled, error=answer)
        polled = with_answer(polled, answer)
        judged = judge_answer(polled, answer)
        if judged.outcome is not PollOutcome.NEW or not isinstance(answer, Fetched):
            return judged
        body, base_url, charset = answer.body, answer.final_url, answer.charset
        try:
            return replace(judged, parsed=self._parser.parse(body, base_url, charset, visit.at))
        except ParseError as error:
            return replace(polled, error=error)


def open_scratch(path: Path) -> Store:
    """An archive of its own to be driven and thrown away; the schema is made where it is not there."""
    database = open_engine(f"sqlite:///{path}", syncs=False)
    ensure_schema(database)
    return Store(database)


def without_channels(loaded: Loaded) -> Loaded:
    """The configuration with each channel a sheet of paper: its limits stay, and nothing leaves the machine."""
    channels = {
        name: ConsoleSettings.model_construct(
            kind="console",
            max_age_s=one.max_age_s,
            stories_max=one.stories_max,
            per_hour_max=one.per_hour_max,
            at_most=one.at_most,
        )
        for name, one in loaded.settings.channels.items()
    }
    settings = loaded.settings.model_copy(update={"channels": channels})
    return replace(loaded, settings=settings, secrets={}, app_tokens={}, ping_url=None)
