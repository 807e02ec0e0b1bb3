"""Feeds and topics that are silent for longer than is usual at these hours of the week: what is quiet is not told.

A feed is judged by the rhythm it is polled by, so nothing is asked of the database for it; a topic by the matches of
its last weeks, read once for each silence. Hours in which no feed brought anything are not held against a topic: the
daemon rested then, or its network did, and that is told by other needs.

Effects: database.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitor.feeds.coverage import is_stale, silence_of
from monitor.feeds.rhythm import Usual
from monitor.feeds.silence import (
    SILENT_AT_LEAST,
    Silence,
    is_known,
    longest_usual,
    usual_of_times,
)
from monitor.model import Need, TopicKey
from monitor.outbox.notices import KINDS
from monitor.storage.arrivals import ARRIVALS_MAX, LastMatch
from monitor.storage.health import FeedHealth
from monitor.storage.store import Store, Transaction

LOOK_EVERY = timedelta(minutes=15)
HISTORY_MAX = timedelta(days=56)
"""Eight weeks: what was before may be another season."""
LEARNT_AT_ONCE = 10
"""Topics whose matches are read in one look; the others wait for the next ones."""
LIVELY_MAX = timedelta(days=14)
"""How far back is asked in which hours anything came in."""
SILENCE_KINDS = frozenset({"feed-silent", "topic-silent"})


@dataclass(frozen=True, slots=True)
class _Known:
    """What is usual of a topic, learnt when it fell silent."""

    last_at: datetime
    usual: Usual | None
    """None where too little is known to tell."""
    spread: float = 0.0


class Silences:
    """Looks every fifteen minutes, and says the same in between. Not safe for threads."""

    def __init__(self) -> None:
        self._looked_at: datetime | None = None
        self._needs: list[Need] = []
        self._topics: dict[TopicKey, _Known] = {}
        self._hours: set[int] = set()

    def find(self, store: Store, now: datetime) -> list[Need]:
        """A need for each feed and topic whose silence is unusual."""
        if self._looked_at is None or abs(now - self._looked_at) >= LOOK_EVERY:
            with store.read() as tx:
                health = [feed for feed in tx.health.all() if feed.active and feed.same_as is None]
                self._needs = [*_of_feeds(health, now), *self._of_topics(tx, health, now)]
            self._looked_at = now
        return self._needs

    def _of_topics(self, tx: Transaction, health: Sequence[FeedHealth], now: datetime) -> Iterator[Need]:
        read_at = max((feed.feed.state.last_ok_at for feed in health if feed.feed.state.last_ok_at), default=None)
        if read_at is None:
            return
        until = min(now, read_at)
        quiet = [last for last in tx.arrivals.last_matches() if until - last.at >= SILENT_AT_LEAST]
        self._learn(tx, quiet)
        over = [last for last in quiet if _is_over(self._longest(last), until)]
        if not over:
            return
        lively = self._lively(tx, now)
        for last in over:
            silence = self._longest(last, lively)
            if silence is not None and _is_over(silence, until):
                head = f'Nothing has matched the topic "{last.name}" since {_at(last.at)}: {silence.in_words}.'
                yield Need(f"topic-silent:{last.topic}", head, KINDS["topic-silent"].remedy)

    def _learn(self, tx: Transaction, quiet: Sequence[LastMatch]) -> None:
        """What was usual when each fell silent: read once, and forgotten with the silence."""
        known = {last.topic: self._topics.get(last.topic) for last in quiet}
        at = {last.topic: last.at for last in quiet}
        self._topics = {key: one for key, one in known.items() if one is not None and one.last_at == at[key]}
        new = [last for last in quiet if last.topic not in self._topics][:LEARNT_AT_ONCE]
        times = tx.arrivals.match_times([last.topic for last in new]) if new else {}
        for last in new:
            since = max(last.created_at, last.at - HISTORY_MAX)
            mine = times.get(last.topic, [])
            if mine and mine[0] > since and len(mine) >= ARRIVALS_MAX:
                since = mine[0]
            found = usual_of_times(mine, since)
            is_told = found is not None and is_known(found[0])
            self._topics[last.topic] = _Known(last.at, *found) if found and is_told else _Known(last.at, None)

    def _longest(self, last: LastMatch, lively: Callable[[int], bool] | None = None) -> Silence | None:
        known = self._topics.get(last.topic)
        if known is None or known.usual is None:
            return None
        if lively is None:
            return longest_usual(known.usual, spread=known.spread)
        return longest_usual(known.usual, spread=known.spread, counts=lively)

    def _lively(self, tx: Transaction, now: datetime) -> Callable[[int], bool]:
        """Whether any feed brought something in an hour since 1970; what is older than two weeks is not asked."""
        start = now - LIVELY_MAX
        first = int(start.timestamp() // 3600)
        self._hours = {hour for hour in self._hours if hour >= first}
        if self._hours:
            start = max(start, datetime.fromtimestamp(max(self._hours) * 3600, UTC))
        self._hours |= tx.arrivals.hours_with_articles(start, now)
        hours = frozenset(self._hours)
        return lambda hour: hour < first or hour in hours


def _of_feeds(health: Sequence[FeedHealth], now: datetime) -> Iterator[Need]:
    for one in health:
        feed = one.feed
        if one.last_new_at is None or now - one.last_new_at < SILENT_AT_LEAST or feed.state.quarantine:
            continue
        silence = silence_of(feed.state)
        if silence is not None and is_stale(feed.state, now):
            head = f'Feed "{feed.name}" answers, and shows nothing new since {_at(silence.since)}: {silence.in_words}.'
            yield Need(f"feed-silent:{feed.url}", head, KINDS["feed-silent"].remedy)


def _is_over(silence: Silence | None, until: datetime) -> bool:
    return silence is not None and until >= silence.unusual_from


def _at(moment: datetime) -> str:
    return f"{moment:%d %b %H:%M} UTC"
