"""How soon topics are told, beside the target that a person set for them, and which step lost the time.

The clock of a telling: for what is told at once (`schedule = "now"`, breaking news) it runs from the moment its first
article was stored, of breaking news its last, until the channel took the first message; for all else from the slot.
Quiet hours do not count, nor what a person dropped. What waits longer than its target already counts as missed.

Effects: database.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median_low

from msgspec import Struct

from monitor.digests.schedule import held_until, slot_at
from monitor.model import DigestKind, FeedId, Need, Topic, TopicKey
from monitor.outbox.notices import KINDS
from monitor.storage.store import Store, Transaction
from monitor.storage.target_views import WAYS_MAX, Way
from monitor.text import plural

SHOWN_FOR = timedelta(days=7)
"""The share that is shown is of so long."""
TOLD_FOR = timedelta(days=1)
"""The share that is told to the operator is of so long: a bad hour is over with the next day."""
SHARE_MIN = 0.9
"""Below this share of a day the operator is told."""
TARGETS_MAX = 200
"""Topics with a target that are looked at, the first of the file."""
TELLINGS_MAX = 600
"""Tellings that one look reads, of all these topics: a tenth of a second (measured). Each has its part, 20 to 500."""
LATE_KIND = "topic-late"
LOOK_EVERY = timedelta(minutes=5)
SOON = timedelta(minutes=2)
"""What a visit takes, over a feed's interval, before the feed itself is said to be late."""
_AT_ONCE = (DigestKind.NOW, DigestKind.BREAKING)


class Step(StrEnum):
    """Where the time of a telling went."""

    FEED = "feed"
    """The feed showed it long after its date. Before the clock runs."""
    INTERVAL = "interval"
    """Nobody looked at the feed. Before the clock runs."""
    MATCH = "match"
    """It matched later than it was stored: its page was read first, or its meaning."""
    DIGEST = "digest"
    """It waited for its digest: to settle, for room on the channel, or because the daemon was away."""
    CHANNEL = "channel"
    """The channel did not take it."""


_WORDS = {
    Step.MATCH: ("reading pages", "Look at the pages' sites: monitor explain ADDRESS of one of its articles."),
    Step.DIGEST: (
        "waiting for the digest",
        "Shorten `settle`, raise `per_hour_max` of its channels, or see why the daemon was away: monitor status.",
    ),
    Step.CHANNEL: ("the channel", "See what its channels answer: monitor outbox list, monitor doctor."),
    Step.FEED: ("its feeds show articles late", ""),
    Step.INTERVAL: ("its feeds are visited seldom", ""),
}


class Judged(Struct, frozen=True):
    """One telling beside its target."""

    told_at: datetime
    """When its digest closed."""
    took: timedelta
    """How long it took, or has taken so far."""
    is_met: bool
    step: Step
    """What took longest of it."""
    before: timedelta | None
    """From the feed's date until it was stored; None where that says nothing."""
    feed_id: FeedId


class TargetStanding(Struct, frozen=True):
    """How a topic keeps its target."""

    topic: TopicKey
    name: str
    target: timedelta
    told: int
    """Tellings of the last seven days that can be judged; of many, the newest."""
    met: int
    day_told: int
    day_met: int
    worst: timedelta
    """The longest that a telling of those seven days took."""
    lost_by: Step | None
    """What most often lost the time of those that were late, the last day's first; None where none was."""
    before: timedelta | None
    """The median time from a feed's date until we saw the article."""
    before_by: Step | None
    """Whether feeds were late or seldom visited, where `before` is longer than the target."""

    @property
    def share(self) -> float | None:
        """The share within the target, of seven days; None where nothing was told."""
        return self.met / self.told if self.told else None

    @property
    def in_words(self) -> str:
        """`target 15 min: 11 of 12 in 7 days`."""
        kept = f"{self.met:,} of {self.told:,} in 7 days" if self.told else "nothing told in 7 days"
        return f"target {words_of(self.target)}: {kept}"

    @property
    def lost_in_words(self) -> str:
        """Where most of the time went that the late ones lost; empty where none was late."""
        said = f"most time lost by {_WORDS[self.lost_by][0]}" if self.lost_by is not None else ""
        if self.before is not None and self.before_by is not None:
            seen = f"articles were seen {words_of(self.before)} after their dates: {_WORDS[self.before_by][0]}"
            return f"{said}; {seen}" if said else seen
        return said

    @property
    def is_missed(self) -> bool:
        """Whether the operator should know."""
        return self.day_told > 0 and self.day_met / self.day_told < SHARE_MIN


def judge(topic: Topic, way: Way, now: datetime) -> Judged | None:
    """A telling beside the topic's target; None where it has none, is under way in time, or was dropped."""
    if topic.target_s is None or way.is_dropped:
        return None
    target, start = timedelta(seconds=topic.target_s), _start_of(topic, way)
    if start is None:
        return None
    end = way.taken_at or now
    took = max(timedelta(0), end - start)
    if way.taken_at is None and took <= target:
        return None
    spent = {Step.DIGEST: way.closed_at - start, Step.CHANNEL: end - way.closed_at}
    if way.kind in _AT_ONCE:
        matched_at = max(start, way.matched_at)
        spent = {
            Step.MATCH: matched_at - start,
            Step.DIGEST: way.closed_at - matched_at,
            Step.CHANNEL: spent[Step.CHANNEL],
        }
    before = None
    if way.published_at is not None and way.published_at <= way.seen_at:
        before = way.seen_at - way.published_at
    step = max(spent, key=lambda one: spent[one])
    return Judged(way.closed_at, took, took <= target, step, before, way.feed_id)


def _start_of(topic: Topic, way: Way) -> datetime | None:
    if way.kind not in _AT_ONCE:
        return slot_at(way.slot)
    if way.kind is DigestKind.BREAKING and topic.breaking_overrides_quiet:
        return way.seen_at
    return held_until(topic.quiet_hours, topic.schedule.timezone, way.seen_at) or way.seen_at


def sum_up(topic: Topic, ways: Iterable[Way], intervals: Mapping[FeedId, timedelta], now: datetime) -> TargetStanding:
    """How a topic with a target keeps it, by its tellings of the last seven days."""
    assert topic.target_s is not None, "it is asked of topics with a target alone"
    judged = [one for one in (judge(topic, way, now) for way in ways) if one is not None]
    day = [one for one in judged if one.told_at > now - TOLD_FOR]
    late = [one for one in day if not one.is_met] or [one for one in judged if not one.is_met]
    known = [one for one in judged if one.before is not None]
    before = median_low(one.before for one in known if one.before is not None) if known else None
    target = timedelta(seconds=topic.target_s)
    return TargetStanding(
        topic=topic.key,
        name=topic.name,
        target=target,
        told=len(judged),
        met=sum(one.is_met for one in judged),
        day_told=len(day),
        day_met=sum(one.is_met for one in day),
        worst=max((one.took for one in judged), default=timedelta(0)),
        lost_by=Counter(one.step for one in late).most_common(1)[0][0] if late else None,
        before=before,
        before_by=_why_before(known, intervals) if before is not None and before > target else None,
    )


def _why_before(known: Sequence[Judged], intervals: Mapping[FeedId, timedelta]) -> Step:
    by = Counter(
        Step.FEED if one.before > intervals.get(one.feed_id, timedelta(0)) + SOON else Step.INTERVAL
        for one in known
        if one.before is not None
    )
    return by.most_common(1)[0][0]


def read_targets(tx: Transaction, topics: Iterable[Topic], now: datetime) -> list[TargetStanding]:
    """How each topic that has a target keeps it, in the file's order."""
    asked = [topic for topic in topics if topic.target_s is not None][:TARGETS_MAX]
    if not asked:
        return []
    views, since = tx.target_views, now - SHOWN_FOR
    intervals, part = views.intervals(), min(WAYS_MAX, max(20, TELLINGS_MAX // len(asked)))
    return [sum_up(topic, views.told_since(topic.key, since, limit=part), intervals, now) for topic in asked]


def find_late(store: Store, topics: Iterable[Topic], now: datetime) -> list[Need]:
    """The topics that a person should know to be told later than they want."""
    with store.read() as tx:
        standings = read_targets(tx, topics, now)
    return [need_of(one) for one in standings if one.is_missed]


class TargetWatch:
    """Remembers what was found for five minutes; belongs to one thread."""

    def __init__(self) -> None:
        self._looked_at: datetime | None = None
        self._needs: list[Need] = []

    def find(self, store: Store, topics: Iterable[Topic], now: datetime) -> list[Need]:
        """The topics that a person should know to be told later than they want."""
        if self._looked_at is None or abs(now - self._looked_at) >= LOOK_EVERY:
            self._needs, self._looked_at = find_late(store, topics, now), now
        return self._needs


def need_of(one: TargetStanding) -> Need:
    """What the operator is told: how much was late, and by which step."""
    late = one.day_told - one.day_met
    lost, remedy = _WORDS[one.lost_by] if one.lost_by is not None else ("", KINDS[LATE_KIND].remedy)
    head = (
        f'Topic "{one.name}" is told later than its target of {words_of(one.target)}: '
        f"{late} of {plural(one.day_told, 'telling')} in 24 hours, most time lost by {lost}."
    )
    if one.before is not None and one.before_by is not None:
        head += f" Its articles were seen {words_of(one.before)} after their dates already: {_WORDS[one.before_by][0]}."
    return Need(f"{LATE_KIND}:{one.topic}", head, remedy)


def words_of(span: timedelta) -> str:
    """A span as a person says it: `40 s`, `15 min`, `3 h`."""
    seconds = int(span.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
