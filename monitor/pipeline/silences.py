"""Feeds and topics that are silent for longer than is usual at these hours of the week: what is quiet is not told.

A feed is judged by the rhythm it is polled by, so nothing is asked of the database for it; a topic by the matches of
its last weeks, read once for each silence. Hours in which no feed brought anything are not held against a topic: the
daemon rested then, or its network did, and that is told by other needs.

Effects: database.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from monitor.feeds.coverage import is_stale, silence_of
from monitor.feeds.rhythm import Usual
from monitor.feeds.silence import (
    SILENT_AT_LEAST,
    Silence,
    is_known,
    longest_usual,
    usual_of_times,
    usual_silence,
)
from monitor.model import Need, TopicKey
from monitor.outbox.notices import KINDS
from monitor.storage.arrivals import ARRIVALS_MAX, LastMatch
from monitor.storage.store import Store, Transaction

LOOK_EVERY = timedelta(minutes=15)
HISTORY_MAX = timedelta(days=56)
"""Eight weeks: what was before may be another season."""
LEARNT_AT_ONCE = 10
"""Topics whose matches are read in one look; the others wait for the next ones."""
RHYTHMS_AT_ONCE = 50
"""Feeds whose rhythm is worked out in one look, a millisecond each; it is remembered while they are silent."""
LIVELY_MAX = timedelta(days=14)
"""How far back is asked in which hours anything came in."""
SILENCE_KINDS = frozenset({"feed-silent", "topic-silent"})


class _Known(Struct, frozen=True):
    """What is usual of a topic, learnt when it fell silent."""

    last_at: datetime
    usual: Usual | None
    """None where too little is known to tell."""
    spread: float = 0.0
    silence: Silence | None = None
    """The longest that is usual while articles come in each hour."""


class Silences:
    """Looks every fifteen minutes, and says the same in between. Not safe for threads."""

    def __init__(self) -> None:
        self._looked_at: datetime | None = None
        self._needs: list[Need] = []
        self._topics: dict[TopicKey, _Known] = {}
        self._hours: set[int] = set()
        self._is_complete = False

    def find(self, store: Store, now: datetime) -> list[Need]:
        """A need for each feed and topic whose silence is unusual.

        After a start there is more to learn than one look does: then the next call goes on with it.
        """
        if self._looked_at is None or abs(now - self._looked_at) >= LOOK_EVERY:
            with store.read() as tx:
                self._is_complete = True
                self._needs = [*self._of_feeds(tx, now), *self._of_topics(tx, now)]
            self._looked_at = now if self._is_complete else None
        return self._needs

    def _of_feeds(self, tx: Transaction, now: datetime) -> Iterator[Need]:
        learnt = usual_silence.cache_info().misses
        for feed in tx.arrivals.quiet_feeds(now - SILENT_AT_LEAST):
            silence = silence_of(feed.state)
            if silence is not None and is_stale(feed.state, now):
                begun = f'Feed "{feed.name}" answers, and shows nothing new since {_at(silence.since)}'
                yield Need(f"feed-silent:{feed.url}", f"{begun}: {silence.in_words}.", KINDS["feed-silent"].remedy)
            if usual_silence.cache_info().misses - learnt >= RHYTHMS_AT_ONCE:
                self._is_complete = False
                return

    def _of_topics(self, tx: Transaction, now: datetime) -> Iterator[Need]:
        read_at = tx.arrivals.last_visit()
        if read_at is None:
            return
        until = min(now, read_at)
        quiet = [last for last in tx.arrivals.last_matches() if until - last.at >= SILENT_AT_LEAST]
        self._learn(tx, quiet)
        known = [(last, self._topics[last.topic]) for last in quiet if last.topic in self._topics]
        over = [(last, one) for last, one in known if one.usual is not None and _is_over(one.silence, until)]
        lively = self._lively(tx, now) if over else None
        for last, one in over:
            if one.usual is None or lively is None:
                continue
            silence = longest_usual(one.usual, spread=one.spread, counts=lively)
            if silence is not None and _is_over(silence, until):
                head = f'Nothing has matched the topic "{last.name}" since {_at(last.at)}: {silence.in_words}.'
                yield Need(f"topic-silent:{last.topic}", head, KINDS["topic-silent"].remedy)

    def _learn(self, tx: Transaction, quiet: Sequence[LastMatch]) -> None:
        """What was usual when each fell silent: read once, and forgotten with the silence."""
        known = {last.topic: self._topics.get(last.topic) for last in quiet}
        at = {last.topic: last.at for last in quiet}
        self._topics = {key: one for key, one in known.items() if one is not None and one.last_at == at[key]}
        missing = [last for last in quiet if last.topic not in self._topics]
        new, self._is_complete = missing[:LEARNT_AT_ONCE], self._is_complete and len(missing) <= LEARNT_AT_ONCE
        times = tx.arrivals.match_times([last.topic for last in new]) if new else {}
        for last in new:
            since = max(last.created_at, last.at - HISTORY_MAX)
            mine = times.get(last.topic, [])
            if mine and mine[0] > since and len(mine) >= ARRIVALS_MAX:
                since = mine[0]
            found = usual_of_times(mine, since)
            if found is not None and is_known(found[0]):
                silence = longest_usual(found[0], spread=found[1])
                self._topics[last.topic] = _Known(last.at, found[0], found[1], silence)
            else:
                self._topics[last.topic] = _Known(last.at, None)

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


def _is_over(silence: Silence | None, until: datetime) -> bool:
    return silence is not None and until >= silence.unusual_from


def _at(moment: datetime) -> str:
    return f"{moment:%d %b %H:%M} UTC"
