"""Retention: texts go, what was seen and told stays known.

What is past its time is found by reading alone; it is removed in transactions of a fortieth of a second, between
which others go first, so that nobody waits for it. Beyond the configured size the oldest articles go earlier.

Effects: database.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from msgspec import Struct

from monitor.logs import get_log
from monitor.model import ArticleId, ChannelName
from monitor.pipeline.merging import merge_words, put_words_together
from monitor.pipeline.notices import KEPT_FOR as NOTICES_FOR
from monitor.pipeline.pace import Pace
from monitor.storage import sweeping
from monitor.storage.store import Store, Transaction
from monitor.storage.sweeping import NAMES_MAX, Past

log = get_log()

_Key = TypeVar("_Key")

DAYS_MIN = 8
"""A day more than the week in which copies of an article are looked for: nothing younger goes, whatever the size."""
ALIAS_DAYS = 400
"""Names of entries are kept this long after a feed last showed them: what comes back within a year is not news."""
KNOWN_DAYS = 400
"""What was told is known this long, and longer while any article of it is kept: nothing is told twice within it."""
PRINT_DAYS = 30
"""Texts are compared for a week; that two links lead to one page is noticed for as long as this."""
NEAR_DAYS = 30
"""Why an article nearly answered a topic is kept this long; what today's watchlist says of it can always be asked."""

EDIT_DAYS = 90
"""An edit that was noted and never came in force is forgotten after that."""
SESSION_IDLE_HOURS = 24
"""A browser's session that was not used for this long; it has ended long before."""
WORKER_HOURS = 24
"""A worker that has not beaten for a day will not come back: a new start is another one."""
OVER = "sweep:over"
"""The name of the note of how much the archive has beyond its size."""
PAGE_HOURS = 24
"""A page whose turn did not come within a day is given up: its news is old, and the queue has an end."""
SIZE_AIM = 0.95
"""Beyond the size so much of it is left, so that the work is done once in some days and not each hour."""
NAMES_EVERY = timedelta(days=1)
INDEX_EVERY = timedelta(days=7)
"""How often the index of words is put together anew, where articles went: what was removed still takes its room."""
FEEDS_AT_ONCE = 200
"""Feeds whose names are looked through at one time: one by one, a hundred thousand took minutes of every hour."""
FOUND_MAX = 5_000
"""Keys that are looked for at once."""
SLICES_MAX = 20_000
"""Slices of one such work: with their rests less than an hour."""


class Retention(Struct, frozen=True):
    """How long things are kept, in days."""

    articles_days: int = 90
    polls_days: int = 14
    bytes_max: int | None = None
    """The archive's size; None for as much as comes."""
    recipients: frozenset[tuple[ChannelName, str]] | None = None
    """Whom channels write to, by channel and address; None where that is not known."""

    @property
    def known_days(self) -> int:
        """How long what was told is known: at least as long as any article."""
        return max(KNOWN_DAYS, self.articles_days + 1)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep removed."""

    articles: int
    visits: int
    payloads: int
    over_bytes: int = 0
    """How much the archive has beyond its size, where articles are too young to go."""
    longest_s: float = field(default=0.0, compare=False)
    """For how long the writer was held at most."""


def sweep(store: Store, retention: Retention, now: datetime, pace: Pace | None = None) -> Swept:
    """Remove what is older than the retention says; identity and the sent log outlive the articles.

    Ends between two transactions when `pace` says that it is to stop; the next sweep goes on from there.
    """
    return _Sweep(store, retention, now, pace or Pace()).run()


def read_over(store: Store, retention: Retention) -> int:
    """How much the archive had beyond its size after the last sweep; 0 where another size is configured by now."""
    with store.read() as tx:
        note = tx.topics.heartbeats().get(OVER)
    over, _, judged_by = note.detail.partition(" ") if note is not None else ("", "", "")
    return int(over) if over and judged_by == str(retention.bytes_max) else 0


class _Sweep:
    """One sweep."""

    def __init__(self, store: Store, retention: Retention, now: datetime, pace: Pace) -> None:
        self._store = store
        self._retention = retention
        self._now = now
        self._pace = pace

    def run(self) -> Swept:
        """Texts first: they take the most room."""
        before, beats = self._ago(days=self._retention.articles_days), self._beats()
        old, over = self._forget_articles(before), 0
        for_size = 0
        if self._retention.bytes_max is not None:
            for_size, over = self._forget_beyond(self._retention.bytes_max)
        polls_before = self._ago(days=self._retention.polls_days)
        visits = self._in_portions(lambda tx, size: tx.health.forget_visits(polls_before, limit=size))
        payloads = self._in_read_portions(
            lambda tx: tx.outbox.past(before, limit=FOUND_MAX),
            lambda tx, ids: tx.outbox.forget(before, among=ids),
        )
        self._forget_rest(before)
        self._forget_long(self._ago(days=self._retention.known_days))
        if "sweep:names" not in beats or beats["sweep:names"] <= self._now - NAMES_EVERY:
            self._forget_names(self._ago(days=ALIAS_DAYS))
        if for_size or (old and ("sweep:index" not in beats or beats["sweep:index"] <= self._now - INDEX_EVERY)):
            self._put_together()
        self._give_back()
        self._note_over(over)
        done = Swept(old + for_size, visits, payloads, over, self._pace.longest_s)
        if done.articles or done.visits or done.payloads:
            longest = round(done.longest_s, 3)
            log.info(
                "archive.swept", articles=done.articles, visits=visits, payloads=payloads, for_size=for_size,
                longest_s=longest,
            )  # fmt: skip
        return done

    def _note_over(self, over: int) -> None:
        """For whoever tells the operator, which need not be this process; with the size it was judged by."""
        detail = f"{over} {self._retention.bytes_max}" if over else ""
        with self._store.read() as tx:
            before = tx.topics.heartbeats().get(OVER)
        if (before.detail if before is not None else "") != detail:
            with self._store.write() as tx:
                tx.topics.beat(OVER, self._now, detail)

    def _ago(self, *, days: int) -> datetime:
        return self._now - timedelta(days=days)

    def _beats(self) -> dict[str, datetime]:
        with self._store.read() as tx:
            return {name: beat.at for name, beat in tx.topics.heartbeats().items()}

    def _forget_articles(self, before: datetime, at_most: int | None = None) -> int:
        """Those first seen before then, but for what a topic still waits to tell; `at_most` so many, the oldest."""
        pace, total = self._pace, 0
        pace.begin()
        while not pace.is_stopping() and (at_most is None or total < at_most):
            size = pace.size if at_most is None else min(pace.size, at_most - total)
            with self._store.read() as tx:
                ids = tx.articles.past(before, limit=size)
                ready = tx.words.prepare_forget(ids)
            if not ids:
                break
            with pace.timed(self._store.write()) as tx:
                still = tx.articles.past(before, limit=size, among=ids)
                forget_articles(tx, still, ready)
            total += len(still)
            merge_words(self._store, pace)
            if len(ids) < size:
                break
            pace.rest()
        return total

    def _forget_beyond(self, bytes_max: int) -> tuple[int, int]:
        """How many articles went because the archive is too large, and by how much it still is."""
        with self._store.read() as tx:
            live, count = tx.sweeps.live_bytes(), tx.articles.count()
        if live is None or live <= bytes_max or not count:
            return 0, 0
        # By what an article takes with all that belongs to it: what a row leaves is free only after a while.
        many = -(-int(live - bytes_max * SIZE_AIM) * count // live)
        gone = self._forget_articles(self._ago(days=DAYS_MIN), at_most=many)
        short = many - gone
        over = live - bytes_max - gone * live // count
        return gone, over if short and over > 0 and not self._pace.is_stopping() else 0

    def _forget_rest(self, before: datetime) -> None:
        """What is about as old as articles, and what is forgotten sooner."""
        prints_before, near_before = self._ago(days=PRINT_DAYS), self._ago(days=NEAR_DAYS)
        self._in_read_portions(
            lambda tx: tx.prints.past(prints_before, limit=FOUND_MAX), lambda tx, ids: tx.prints.forget(ids)
        )
        self._in_portions(lambda tx, size: tx.mutes.forget(before, limit=size))
        self._in_portions(lambda tx, size: tx.follows.forget(before, limit=size))
        self._in_read_portions(
            lambda tx: tx.waits.past_held(before, limit=FOUND_MAX), lambda tx, ids: tx.waits.forget_held(ids)
        )
        self._in_portions(lambda tx, size: tx.matches.forget_near(near_before, limit=size))
        idle_before = self._now - timedelta(hours=SESSION_IDLE_HOURS)
        self._in_portions(lambda tx, size: tx.web_sessions.forget(self._now, idle_before, limit=size))
        self._in_portions(lambda tx, size: tx.notices.forget(self._now - NOTICES_FOR, limit=size))
        beaten_before = self._now - timedelta(hours=WORKER_HOURS)
        self._in_portions(lambda tx, size: tx.workers.forget(beaten_before, limit=size))
        if not self._pace.is_stopping():
            with self._store.write() as tx:
                tx.revisions.forget(self._ago(days=EDIT_DAYS))
                tx.pages.expire(self._now - timedelta(hours=PAGE_HOURS))

    def _forget_long(self, before: datetime) -> None:
        """What outlives the articles, and has its bound too."""
        if self._retention.recipients is not None and not self._pace.is_stopping():
            with self._store.write() as tx:
                tx.sweeps.note_recipients(self._retention.recipients, self._now)
        for past in (
            sweeping.past_tellings(before),
            sweeping.past_deliveries(before),
            sweeping.past_digests(before),
            sweeping.lost_holds(),
            sweeping.past_changes(before),
            sweeping.past_stories(before),
            sweeping.past_topics(before),
            sweeping.past_feeds(before),
            sweeping.past_recipients(before),
            sweeping.past_beats(before),
        ):
            self._forget(past)

    def _forget(self, past: Past) -> None:
        self._in_read_portions(
            lambda tx: tx.sweeps.find(past, limit=FOUND_MAX), lambda tx, keys: tx.sweeps.forget(past, keys)
        )

    def _forget_names(self, before: datetime) -> None:
        """A run of feeds at a time: the table has no other order, and an index of days would cost at each article."""
        pace = self._pace
        with self._store.read() as tx:
            feeds = tx.sweeps.feeds()
        pace.begin()
        for start in range(0, len(feeds), FEEDS_AT_ONCE):
            some = feeds[start : start + FEEDS_AT_ONCE]
            while not pace.is_stopping() and self._forget_some(some[0], some[-1], before):
                pass
        self._beat("sweep:names")

    def _forget_some(self, first: int, last: int, before: datetime) -> bool:
        """Whether there may be more."""
        pace = self._pace
        with self._store.read() as tx:
            keys = found = tx.sweeps.old_names(first, last, before)
        while keys and not pace.is_stopping():
            some, keys = keys[: pace.size], keys[pace.size :]
            with pace.timed(self._store.write()) as tx:
                tx.sweeps.forget_names(some, before)
            pace.rest()
        return len(found) >= NAMES_MAX

    def _put_together(self) -> None:
        if put_words_together(self._store, self._pace, SLICES_MAX):
            self._beat("sweep:index")

    def _beat(self, component: str) -> None:
        if not self._pace.is_stopping():
            with self._store.write() as tx:
                tx.topics.beat(component, self._now)

    def _give_back(self) -> None:
        pace = self._pace
        pace.begin()
        for _ in range(SLICES_MAX):
            if pace.is_stopping():
                return
            with pace.timed(self._store.database.turn()):
                has_more = self._store.database.give_back_space(pace.size)
            if not has_more:
                return
            pace.rest()

    def _in_portions(self, forget: Callable[[Transaction, int], int]) -> int:
        """Forget a portion per transaction until there is none left; returns how many rows went. For what an index
        finds at once: nobody may write while it is looked for.
        """
        pace, total = self._pace, 0
        pace.begin()
        while not pace.is_stopping():
            size = pace.size
            with pace.timed(self._store.write()) as tx:
                gone = forget(tx, size)
            total += gone
            if gone < size:
                break
            pace.rest()
        return total

    def _in_read_portions(
        self, find: Callable[[Transaction], Sequence[_Key]], forget: Callable[[Transaction, Sequence[_Key]], object]
    ) -> int:
        """The same for what may need a look at the whole table: found by reading, up to `FOUND_MAX` at a time."""
        pace, total, has_more = self._pace, 0, True
        pace.begin()
        while has_more and not pace.is_stopping():
            with self._store.read() as tx:
                found = find(tx)
            has_more = len(found) >= FOUND_MAX
            while found and not pace.is_stopping():
                some, found = found[: pace.size], found[pace.size :]
                with pace.timed(self._store.write()) as tx:
                    forget(tx, some)
                total += len(some)
                pace.rest()
        return total


def forget_articles(
    tx: Transaction, ids: list[ArticleId], ready: Mapping[ArticleId, tuple[bool, str]] | None = None
) -> None:
    """Remove articles with all that goes with them; `ready` is what `prepare_forget` said of them, or of more."""
    mine = set(ids)
    tx.words.forget(ids, {number: said for number, said in (ready or {}).items() if number in mine})
    tx.articles.forget(ids)
    tx.sightings.forget(ids)
    tx.matches.forget(ids)
    tx.digests.forget(ids)
    tx.waits.forget(ids)
    tx.pages.forget(ids)
    tx.vectors.forget(ids)
    tx.second_looks.forget(ids)
    tx.prints.forget(ids)
