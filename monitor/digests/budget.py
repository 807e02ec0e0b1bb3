"""How much a reader wants to be told: the bar that a story has to reach, and the seats of the day.

The bar is the score at which the budget would have been kept over the last two weeks, so it moves with what the topic
brings. The seats are counted beside it: in one local hour, day or week no more is told than the budget says, whatever
comes. Breaking news is told beside the budget. An update has reached the bar with its story, and takes a seat.

Effects: none.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from monitor.digests.schedule import day_began_at
from monitor.errors import ConfigError
from monitor.model import Budget, BudgetSpan, ChannelName, StoryId, TopicKey

HISTORY = timedelta(days=14)
"""Two weeks have every weekday twice."""
HISTORY_MIN = timedelta(days=1)
STORIES_MIN = 10
"""Fewer scores say nothing of what is usual."""
COUNT_MAX = 1_000
GATE = "bar"
"""How it is written down what a budget held back."""
BAR_REASON = "below the bar of "
"""How the reason begins of what did not reach the bar; else the seats were taken."""
_SPANS_S = {BudgetSpan.HOUR: 3_600, BudgetSpan.DAY: 86_400, BudgetSpan.WEEK: 604_800}
_NOW = {BudgetSpan.HOUR: "this hour", BudgetSpan.DAY: "today", BudgetSpan.WEEK: "this week"}
_ARTICLES = {BudgetSpan.HOUR: "an hour", BudgetSpan.DAY: "a day", BudgetSpan.WEEK: "a week"}


class Scored(Struct, frozen=True):
    """A story of the history: the best score of its articles, and when the first of them matched."""

    story_id: StoryId
    score: int
    first_at: datetime


class Limit(Struct, frozen=True):
    """A budget as it stands at one moment."""

    budget: Budget
    bar: int | None
    """The score a story has to reach; None where too little is known."""
    told: int
    """Tellings in the present span, breaking ones not counted."""
    channel: ChannelName | None = None
    """The channel, where the budget is the channel's own; else it is the topic's."""


class Owed(Struct, frozen=True):
    """What a channel was not told and has not heard of."""

    stories: frozenset[StoryId] = frozenset()
    """Held back since the channel's last digest of the topic."""
    is_by_bar: bool = True
    """Whether the bar alone held them back."""
    is_line_due: bool = False
    """Whether it is said now, even where nothing is told."""


NOTHING_OWED = Owed()


class Asking(Struct, frozen=True):
    """A story that would be told."""

    story_id: StoryId
    score: int
    """The best of its articles."""
    is_update: bool = False


def parse_budget(text: str) -> Budget:
    """`8 per day`, `3 per hour`, `10 per week`; `ConfigError` that says what to write for anything else."""
    found = re.fullmatch(r"([0-9]+) per ([a-z]+)", " ".join(text.casefold().split()))
    if found is None or found[2] not in {span.value for span in BudgetSpan}:
        raise ConfigError(
            f'at_most "{text}" is not a count and a span',
            remedy='Write how many per hour, day or week, as in "8 per day".',
        )
    if not 1 <= int(found[1][:9]) <= COUNT_MAX:
        raise ConfigError(
            f'at_most "{text}" is out of range',
            remedy=f"Write from 1 to {COUNT_MAX:,}. To be told nothing for a while: monitor mute topic KEY --for 24h",
        )
    return Budget(int(found[1]), BudgetSpan(found[2]))


def budget_words(budget: Budget) -> str:
    """`8 a day`."""
    return f"{budget.count:,} {_ARTICLES[budget.span]}"


def present_words(budget: Budget) -> str:
    """`today`: the span that counts now."""
    return _NOW[budget.span]


def span_began_at(budget: Budget, now: datetime, timezone: str) -> datetime:
    """When the local hour, day or week of `now` began, in UTC."""
    local = now.astimezone(ZoneInfo(timezone))
    if budget.span is BudgetSpan.HOUR:
        # The offset is the moment's own, so that the hour a clock shows twice is two hours.
        return (now - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)).astimezone(
            UTC
        )
    today = day_began_at(now, timezone)
    if budget.span is BudgetSpan.DAY or not local.weekday():
        return today
    # Noon of Monday is in Monday, however long the days between were.
    return day_began_at(today + timedelta(hours=12) - timedelta(days=local.weekday()), timezone)


def find_bar(history: Sequence[Scored], budget: Budget, known_since: datetime, now: datetime) -> int | None:
    """The score that as many stories reached, on average of the history, as the budget has seats.

    None where the topic is known for less than a day or brought too few stories, and where all of them fitted. Stories
    of one score are reached or not together; then the seats decide. A larger budget never has a higher bar.
    """
    since = max(known_since, now - HISTORY)
    if now - since < HISTORY_MIN:
        return None
    scores = sorted((one.score for one in history if since <= one.first_at <= now), reverse=True)
    fitting = int(budget.count * (now - since) // timedelta(seconds=_SPANS_S[budget.span]))
    if len(scores) < STORIES_MIN or not 0 < fitting < len(scores):
        return None
    return scores[fitting - 1]


class Hindsight(Struct, frozen=True):
    """What a budget would have meant for the stories of a time, breaking ones not counted."""

    bar: int | None
    """As it stands at the end; None where too little is known."""
    stories: int
    told: int
    days: float


def look_back(
    history: Sequence[Scored], budget: Budget, known_since: datetime, now: datetime, timezone: str
) -> Hindsight:
    """How many stories of the last two weeks the budget would have let through under the bar of now."""
    since = max(known_since, now - HISTORY)
    bar = find_bar(history, budget, known_since, now)
    some = [one for one in history if since <= one.first_at <= now]
    reached = Counter(span_began_at(budget, one.first_at, timezone) for one in some if bar is None or one.score >= bar)
    told = sum(min(count, budget.count) for count in reached.values())
    return Hindsight(bar, len(some), told, (now - since) / timedelta(days=1))


def hold_over(asking: Sequence[Asking], limits: Sequence[Limit], topic: TopicKey) -> dict[StoryId, str]:
    """Which stories a budget holds back, and why, in words; `asking` come in the order of the digest.

    Those with the best scores go first, and among equal ones those that stand higher. No limit is passed over: neither
    the topic's nor the channel's. A larger budget never holds back more.
    """
    held: dict[StoryId, str] = {}
    seats = [max(0, limit.budget.count - limit.told) for limit in limits]
    for one in sorted(asking, key=lambda one: -one.score):
        reason = _first_reason(one, limits, seats)
        if reason:
            held[one.story_id] = f"{reason}; see monitor stories list --below {topic}"
        else:
            seats = [left - 1 for left in seats]
    return held


def _first_reason(one: Asking, limits: Sequence[Limit], seats: Sequence[int]) -> str:
    for limit, left in zip(limits, seats, strict=True):
        if limit.bar is not None and one.score < limit.bar and not one.is_update:
            return f"{BAR_REASON}{limit.bar} with its best score of {one.score}: {_at_most(limit)}"
        if left <= 0:
            return f"no seat left {_NOW[limit.budget.span]} for its best score of {one.score}: {_at_most(limit)}"
    return ""


def _at_most(limit: Limit) -> str:
    where = f" on {limit.channel}" if limit.channel is not None else ""
    return f"at most {budget_words(limit.budget)}{where}"
