"""Decide whether a channel is told of a story now: for the first time, as an update, or not, and why.

Effects: none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.model import Match, Relation, StoryCandidate, StoryMember
from monitor.stories import guards
from monitor.stories.normal import split_words

UPDATE_AFTER = timedelta(hours=6)  # shorter, and one evening's reports become a row of updates
UPDATES_MAX = 3  # four tellings in all; who wants more follows the story elsewhere
UPDATE_PUBLISHERS = 3  # more independent publishers than at the last telling
LEAD_WORDS = 100  # the words of a text in which a number counts as already known


@dataclass(frozen=True, slots=True)
class Told:
    """What one channel was told of a story: its latest telling, and the counts that stood in it."""

    last_at: datetime
    tellings: int
    """How often it was told so far, at least 1."""
    article_count: int = 0
    publisher_count: int = 0
    independent_count: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """A story is told: with which article, and why."""

    lead: StoryMember
    match: Match
    reason: str
    is_update: bool = False


def choose_telling(candidate: StoryCandidate, told: Told | None, is_breaking: bool, now: datetime) -> Choice | str:
    """The article a story is told with and the reason; or, when it is not told, only the reason, in words.

    Not told before: one article that answers the topic and was not silent is enough, be it a copy; only copies of a
    silent article that answers it too stay silent with it. Told before: see `_choose_update` for the gates.
    """
    answering = [member for member in candidate.members if member.match is not None]
    loud = [member for member in answering if not member.silent]
    if not answering:
        return "no article of it answers the topic"
    if not loud:
        return "only articles that stood in their feed when it was first read, or came as a backlog"
    if told is not None:
        return _choose_update(candidate, loud, told, now)
    if len(loud) < len(answering) and all(member.relation is Relation.COPY for member in loud):
        # A copy may be the first article of its story that answers the topic, and then it is news. But a copy of what
        # answered the topic before we began to tell is as old as that.
        return "only copies of an article that stood in its feed when it was first read, or came as a backlog"
    count = candidate.independent_count
    reason = f"breaking: {count} independent publisher{'' if count == 1 else 's'}" if is_breaking else "first telling"
    return _lead_of(loud, reason, now)


def _choose_update(candidate: StoryCandidate, loud: Sequence[StoryMember], told: Told, now: datetime) -> Choice | str:
    """A told story comes back when all of these hold; else the first that does not is the reason it is held.

    A text of its own that answers the topic was seen since the last telling; there were at most three updates; six
    hours have passed; and the story has at least three independent publishers more than were told, or such a new text
    has a number in its headline that no article seen up to the last telling has in its headline or first 100 words.
    """
    since = f"{told.last_at:%Y-%m-%d %H:%M} UTC"
    fresh = [member for member in loud if seen_at(member, now) > told.last_at]
    own_texts = [member for member in fresh if member.relation is not Relation.COPY]
    if not fresh:
        return f"told at {since}, nothing new that answers the topic since"
    if not own_texts:
        return f"told at {since}, only copies since"
    if told.tellings > UPDATES_MAX:
        return f"told {told.tellings} times, the most a story is told"
    if now - told.last_at < UPDATE_AFTER:
        return f"told at {since}, less than {UPDATE_AFTER // timedelta(hours=1)} hours ago"
    growth = candidate.independent_count - told.independent_count
    if growth >= UPDATE_PUBLISHERS:
        return _lead_of(own_texts, f"update: {growth} more independent publishers since {since}", now, is_update=True)
    known = _numbers_known(candidate, told.last_at, now)
    numbered = [member for member in own_texts if numbers_in(member.article.title) - known]
    if numbered:
        number = sorted(numbers_in(numbered[0].article.title) - known)[0]
        return _lead_of(numbered, f"update: a headline has a new number, {number}", now, is_update=True)
    return (
        f"told at {since}, {max(0, growth)} of {UPDATE_PUBLISHERS} more independent publishers and no new number since"
    )


def numbers_in(text: str) -> frozenset[str]:
    """The numbers of a text, `5,000` as `5000` and `twelve` as `12`; one is left out, since it is mostly no count."""
    return guards.numbers_in(split_words(text))


def _numbers_known(candidate: StoryCandidate, last_at: datetime, now: datetime) -> frozenset[str]:
    known: set[str] = set()
    for member in candidate.members:
        if seen_at(member, now) <= last_at:
            # Only the first part is split: a text may be long and its end is never read.
            lead = " ".join(member.article.text[: LEAD_WORDS * 20].split()[:LEAD_WORDS])
            known |= numbers_in(member.article.title) | numbers_in(lead)
    return frozenset(known)


def _lead_of(members: Sequence[StoryMember], reason: str, now: datetime, *, is_update: bool = False) -> Choice:
    """The lead is the earliest seen article of the feed that weighs most; every one of `members` answers the topic."""
    lead = min(members, key=lambda one: (-one.article.weight, seen_at(one, now), one.article.id))
    assert lead.match is not None, "a lead answers the topic"
    return Choice(lead=lead, match=lead.match, reason=reason, is_update=is_update)


def seen_at(member: StoryMember, now: datetime) -> datetime:
    """When we saw an article; one that came from a file, and never was seen, counts as seen now."""
    return member.article.seen_at or now
