"""The one place where real things are built and joined: database, fetcher, parser, channels, pipeline.

Nothing else names a concrete channel. The parts are handed what they need as arguments, and the configuration in
force is one value that is swapped whole, between batches.

Effects: database, network, files, threads, one child process.
"""

import os
import random
import shutil
import socket
import sys
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache, partial
from types import MappingProxyType

from msgspec.structs import replace

from monitor.applying import Applied, find_newest, write_config
from monitor.canary import Canary
from monitor.clock import Clock, SharedClock, awake_s
from monitor.config.load import Loaded
from monitor.destinations import mail_recipients
from monitor.digests.novelty import table_weight
from monitor.errors import StorageError, StorageReason
from monitor.feeds.guard import Guard
from monitor.feeds.recorder import RawLimits, Recorder
from monitor.feeds.recordings import raw_path
from monitor.feeds.sandbox import ParserProcess
from monitor.fetchers import build_fetcher, build_page_fetcher, limits_of
from monitor.in_force import InForce
from monitor.logs import get_log
from monitor.model import TopicKey
from monitor.numbers import Numbers
from monitor.outbox.deliver import Sender, Sent
from monitor.outbox.retry import ASK_AFTER_S
from monitor.pipeline.grouping import StoryWords
from monitor.pipeline.meanings import MeaningReader
from monitor.pipeline.pages import PageReader
from monitor.pipeline.poll import Poller
from monitor.pipeline.renames import log_left
from monitor.pipeline.room import FREE_BYTES_MIN
from monitor.pipeline.sweep import Retention
from monitor.pipeline.visitor import Visitor
from monitor.pipeline.visits import PollSummary
from monitor.pipeline.watched import Watched, has_new_marks, learn, watch
from monitor.preparing import Parts, prepare, wishes_of
from monitor.starting import TRIES_MAX, LoadInstead, OthersAtWork, Start, choose_start, others_beat, start_with
from monitor.storage.engine import Database, ProcessLock, lock_path, open_engine
from monitor.storage.revision import ensure_schema
from monitor.storage.revisions import RevisionHead
from monitor.storage.store import Store
from monitor.stories.rarity import read_table
from monitor.topics.vectors import load_installed

log = get_log()

SENDER_THREADS_MAX = 256
"""Channels that may be spoken to at one time; a thread is made where none is idle. One that hangs keeps its own."""
BATCH_THREADS = 1
"""Batches that write at one time: four threads, which take the interpreter from the loop, made visits dearer."""


class App:
    """Everything built and joined. Make it with `build_app`, end it with `close`."""

    revision: int | None = None
    """The revision that is in force here."""
    passed: Mapping[str, str] = MappingProxyType({})
    """The hashes of own files that the start passed over for those of the newest revision, by file name."""

    def __init__(
        self,
        loaded: Loaded,
        store: Store,
        lock: ProcessLock | None,
        clock: Clock,
        *,
        write: Callable[[str], None],
        report_poll: Callable[[PollSummary], None] | None,
        report_sent: Callable[[Sent], None] | None,
    ) -> None:
        polling = loaded.settings.polling
        self.clock = clock
        self.store = store
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._lock = lock
        self._report_poll = report_poll
        self._report_sent = report_sent
        self.on_match: Callable[[], object] = lambda: None
        """Called on the loop when a visit brought matches, so that nothing waits for the next tick."""
        self.on_visit: Callable[[PollSummary], None] = lambda _visit: None
        """Told of each visit that was stored."""
        self.on_sent: Callable[[Sent], None] = lambda _sent: None
        """Told of each attempt to send."""
        self._is_starting = True
        self.canary: Canary | None = None
        """Set by the daemon alone."""
        self.guard = Guard(polling.allow_private_hosts)
        self.numbers = Numbers(store, clock)
        lexicon = loaded.compiled.lexicon
        load_table = cache(lambda: read_table(lexicon.shares()))
        words, weight = StoryWords(load_table), table_weight(load_table)
        self._parts = Parts(store, self.guard, write, self.owner, words, weight, self.numbers.note_match)
        self.in_force = prepare(loaded, self._parts)
        self.database_pool = ThreadPoolExecutor(1, "database")
        self.batch_pool = ThreadPoolExecutor(BATCH_THREADS, "batch")
        self.beat_pool = ThreadPoolExecutor(3, "beat")  # who beats and looks what is due waits for no batch
        self.parser_pool = ThreadPoolExecutor(1, "parser")
        self.sender_pool = ThreadPoolExecutor(SENDER_THREADS_MAX, "sender")
        self.parser = ParserProcess()
        self.fetcher = build_fetcher(loaded, self.guard)
        self.page_fetcher = build_page_fetcher(loaded, self.guard)
        self.pages = self._build_pages()
        self.meaning_pool = ThreadPoolExecutor(1, "meaning")
        self.meanings = MeaningReader(
            store, partial(load_installed, loaded.semantic_folder), clock, context=lambda: self.in_force.ingest
        )
        self.recorder = Recorder(raw_path(loaded.settings.database.url), lambda: self.raw_limits)
        self.sender = Sender(
            store,
            clock,
            owner=self.owner,
            jitter=lambda: random.uniform(-1, 1),
            report=self._note_sent,
            peers=lambda: self.in_force.peers,
        )
        self.visitor = self._build_visitor()
        self.poller = self._build_poller()

    def _build_visitor(self) -> Visitor:
        return Visitor(
            self.fetcher,
            self.parser,
            self.clock,
            context=lambda: self.in_force.ingest,
            concurrency=self.in_force.loaded.settings.polling.concurrency,
            limit_of=limits_of(lambda: self.in_force.loaded, self.guard),
            parser_pool=self.parser_pool,
            record=self.recorder.note,
        )

    def _build_poller(self) -> Poller:
        return Poller(
            self.store,
            self.visitor,
            self.clock,
            context=lambda: self.in_force.ingest,
            owner=self.owner,
            database_pool=self.database_pool,
            report=self.note_visit,
        )

    def _note_sent(self, sent: Sent) -> None:
        self.numbers.note_sent(sent)
        self.on_sent(sent)
        if self._report_sent is not None:
            self._report_sent(sent)

    def note_visit(self, visit: PollSummary) -> None:
        """Count a visit that was stored, and say so to whoever asked for it."""
        self.numbers.note_visit(visit)
        self.on_visit(visit)
        if self._report_poll is not None:
            self._report_poll(visit)
        if visit.matches:
            self.on_match()

    def _build_pages(self) -> PageReader:
        return PageReader(
            self.store,
            self.page_fetcher,
            self.parser,
            self.clock,
            context=lambda: self.in_force.ingest,
            owner=self.owner,
            database_pool=self.database_pool,
            parser_pool=self.parser_pool,
        )

    @property
    def retention(self) -> Retention:
        """How long things are kept, as configured now."""
        kept = self.in_force.loaded.settings.retention
        reached = mail_recipients(self.in_force.loaded)
        return Retention(kept.articles_days, kept.polls_days, kept.size_max_bytes, reached)

    @property
    def raw_limits(self) -> RawLimits:
        """How much of the servers' answers is recorded, as configured now."""
        kept = self.in_force.loaded.settings.retention
        return RawLimits(kept.raw_days, kept.raw_bytes_max)

    def apply(self, loaded: Loaded, change: str = "", renamed: Mapping[TopicKey, TopicKey] | None = None) -> None:
        """Put a configuration in force: rows first, then the swap. Called in the database's thread.

        Its revision is one of the rows, with the change in words. `renamed` has the old keys of topics by their new
        ones: what waits goes over. Where another worker wrote the same as the newest revision, nothing is written a
        second time. Raises Superseded where it wrote another, which must be followed first.
        """
        prepared = self._prepare(loaded)
        now = self.clock.now()
        with self.store.write() as tx:
            if self._is_starting and self._lock is not None:
                tx.feeds.release()  # the process lock is ours, so whoever held these is dead
                tx.pages.release(now)
                tx.second_looks.release(now)
                tx.outbox.release(now, now + timedelta(seconds=ASK_AFTER_S))
            newest = find_newest(tx, loaded, self.revision) if self._lock is None else None
            canary = self.canary
            applied = (
                Applied()
                if newest is not None
                else write_config(
                    tx,
                    loaded,
                    now,
                    before=self.in_force.loaded.feeds,
                    change=change,
                    renamed=renamed or {},
                    own_feeds=(canary.spec,) if canary is not None else (),
                    own_plans=(canary.plan,) if canary is not None else (),
                )
            )
            newest = newest or tx.revisions.head()
        self._swap(prepared, newest)
        log_left(applied.left)
        log.info(
            "config.applied",
            feeds=len(loaded.feeds),
            added=applied.added,
            rested=applied.rested,
            topics=len(prepared.topics),
            channels=",".join(prepared.channels),
        )

    def begin(self, start: Start) -> None:
        """Put the first configuration in force. Raises as `apply` does."""
        self.revision, self.passed = None if start.head is None else start.head.id, start.passed
        if start.writes or start.head is None:
            self.apply(start.loaded, start.change, start.renamed)
        else:
            self.follow(start.loaded, start.head)

    def follow(self, loaded: Loaded, head: RevisionHead) -> None:
        """Put what another worker wrote as the newest revision in force here too: no row is written, and a start gives
        no lease back. Called in the database's thread.
        """
        self._swap(self._prepare(loaded), head)
        log.info("config.followed", revision=head.id, author=head.author, change=head.change)

    def _prepare(self, loaded: Loaded) -> InForce:
        return self.in_force if self.in_force.loaded is loaded else prepare(loaded, self._parts)

    def _swap(self, prepared: InForce, head: RevisionHead | None) -> None:
        self.in_force = prepared if self.canary is None else self.canary.join(prepared)
        self.revision = None if head is None else head.id
        self._is_starting = False
        topics = [topic.key for topic in prepared.loaded.watchlist.topics]
        self.numbers.metrics.keep(topics, [*prepared.channels])

    def keep_canary(self, is_wanted: bool) -> None:
        """Let the canary fly, or no more. Called in the database's thread."""
        if is_wanted == (self.canary is not None):
            return
        before = self.canary
        self.canary = Canary(self.store, self.guard, self.clock) if is_wanted else None
        try:
            if not is_wanted:
                self.in_force = prepare(self.in_force.loaded, self._parts)
            self.apply(self.in_force.loaded)
        except BaseException:
            if self.canary is not None:
                self.canary.close()
            self.canary = before  # the next look tries again: half of a canary would be missed for ever
            raise
        if before is not None:
            before.close()

    def learn(self) -> bool:
        """Let the topics learn anew where readers' marks changed; True where they did. In the database's thread."""
        watched = self.in_force.watched
        if not has_new_marks(self.store, watched):
            return False
        self._watch(learn(self.store, watched.weighed))
        log.info("marks.learned", topics=sum(bool(topic.learned) for topic in self.in_force.watched.watchlist.topics))
        return True

    def weigh_words(self) -> None:
        """Weigh the words of the watchlist in force by the archive as it is now. Called in the database's thread."""
        self._watch(watch(self.store, self.in_force.loaded.compiled))

    def _watch(self, watched: Watched) -> None:
        force, watchlist = self.in_force, watched.watchlist
        ingest = replace(force.ingest, watchlist=watchlist, wishes=wishes_of(force.loaded, watchlist))
        self.in_force = replace(force, watched=watched, ingest=ingest)

    @property
    def asks_meaning(self) -> bool:
        """Whether articles are read by a sentence model."""
        return self.in_force.watched.watchlist.lexicon.asks_meaning

    def free_bytes(self) -> int:
        """Free bytes of the disk that holds the database; without bound where it is elsewhere."""
        path = self.store.database.path
        return shutil.disk_usage(path.parent).free if path is not None else sys.maxsize

    def check_room(self) -> None:
        """Raise StorageError when the disk that holds the database is nearly full."""
        path = self.store.database.path
        if path is not None and self.free_bytes() < FREE_BYTES_MIN:
            raise StorageError(
                f"less than {FREE_BYTES_MIN // 1_000_000} MB are free: polling rests",
                reason=StorageReason.FULL,
                where=str(path.parent),
                remedy="Make room; the daemon goes on by itself.",
            )

    async def close_network(self) -> None:
        """Let the connections to feeds and pages go."""
        await self.fetcher.close()
        await self.page_fetcher.close()

    def close(self) -> None:
        """Let everything else go, the process lock last; safe to call twice.

        Where a channel hangs with a message in hand the lock stays until the process ends.
        """
        # A sender whose channel hangs is not waited for: its delivery's lease ends, and it is asked for or sent again.
        self.sender_pool.shutdown(wait=False, cancel_futures=True)
        for pool in (self.parser_pool, self.meaning_pool, self.batch_pool, self.beat_pool, self.database_pool):
            pool.shutdown(wait=True, cancel_futures=True)
        self.recorder.close()
        self.parser.close()
        if self.canary is not None:
            self.canary.close()
        self.store.close()
        if self._lock is not None and not self.sender.is_sending:
            self._lock.release()  # while one still sends the lock goes with the process: it says that nobody is at it


def build_app(
    loaded: Loaded,
    clock: Clock,
    *,
    write: Callable[[str], None] | None = None,
    report_poll: Callable[[PollSummary], None] | None = None,
    report_sent: Callable[[Sent], None] | None = None,
    load_instead: LoadInstead | None = None,
    others_at_work: OthersAtWork = others_beat,
) -> App:
    """Everything, built and joined, the configuration in force. Raises StorageError when another process has it.

    The process lock is taken before the database is touched, so that a second daemon changes nothing. `load_instead`
    loads what was in force before, where the configuration may have to wait; without it what is given counts. Files
    that are older than the newest revision are passed over for it while `others_at_work`.
    """
    database = open_engine(loaded.database_url)
    if isinstance(clock, SharedClock):
        set_clock(database, clock)
    lock = ProcessLock(lock_path(database.path)) if database.path is not None else None
    if lock is not None:
        lock.take()
    try:
        ensure_schema(database)
        store = Store(database)

        choose = partial(choose_start, store, loaded, load_instead, clock, others_at_work)
        start = choose()
        app = App(
            start.loaded,
            store,
            lock,
            clock,
            write=write or partial(print, end="", flush=True),
            report_poll=report_poll,
            report_sent=report_sent,
        )
        start_with(start, app.begin, choose, tries=1 if lock is not None else TRIES_MAX)
    except BaseException:
        database.close()
        if lock is not None:
            lock.release()
        raise
    return app


def set_clock(database: Database, clock: SharedClock) -> None:
    """Have it tell the database's time, where that has one. Raises StorageError."""
    with Store(database).read() as tx:
        asked_s = awake_s()
        now = tx.workers.now()
        if now is not None:
            clock.set(now, (asked_s + awake_s()) / 2)
