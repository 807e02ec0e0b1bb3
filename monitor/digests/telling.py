"""Decide whether a channel is told of a story now: for the first time, as an update, or not, and why.

Effects: none.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from monitor.digests.novelty import Weight, novelty_of, numbers_in, numbers_said, plain_weight, words_said
from monitor.model import ArticleId, Match, Relation, StoryCandidate, StoryMember
from monitor.stories.publisher import publisher_key

UPDATE_AFTER = timedelta(hours=6)  # shorter, and one evening's reports become a row of updates
UPDATES_MAX = 3  # four tellings in all; who wants more follows the story elsewhere
UPDATE_PUBLISHERS = 3  # that have brought articles since the last telling, copies too
NOVELTY_MIN = 0.55  # of what an update says; the same report in other words has mostly less than half
KNOWN_MAX = 200  # articles whose words count as known, the newest: bounds the work however hot a story is


class Told(Struct, frozen=True):
    """What one channel was told of a story: its latest telling, and the counts that stood in it."""

    last_at: datetime
    tellings: int
    """How often it was told so far; 0 where its number in the sent log is taken and it was not told all the same."""
    article_count: int = 0
    publisher_count: int = 0
    independent_count: int = 0
    next_telling: int | None = None
    """The number of the next telling in the sent log, where that is another one."""
    title: str = ""
    """What it was last told under; empty where that article is past the retention."""
    shown_at: datetime | None = None
    """When it was last shown, where that was before `last_at`: a person split it meanwhile, which shows nothing."""

    @property
    def number(self) -> int:
        """Under which number its next telling is written down."""
        return self.tellings if self.next_telling is None else self.next_telling


class Choice(Struct, frozen=True):
    """A story is told: with which article, and why."""

    lead: StoryMember
    match: Match
    reason: str
    is_update: bool = False
    fresh: tuple[StoryMember, ...] = ()
    """Of an update, the texts that nobody was shown yet."""


class Held(Struct, frozen=True):
    """A story is not told now, and why, in words."""

    reason: str
    again_at: datetime | None = None
    """When it is told if nothing else comes: only that it was told so lately speaks against it."""
    fresh: tuple[StoryMember, ...] = ()
    """Texts of their own that answer the topic, seen since it was told: nobody was shown them yet."""
    gate: str = ""
    """What held it back, where that is counted."""


def choose_telling(
    candidate: StoryCandidate,
    told: Told | None,
    is_breaking: bool,
    now: datetime,
    *,
    shown: frozenset[ArticleId] = frozenset(),
    weight: Weight = plain_weight,
) -> Choice | Held:
    """The article a story is told with and the reason; or, when it is not told, the reason in words.

    Not told before: one article that answers the topic and was not silent is enough, be it a copy; only copies of a
    silent article that answers it too stay silent with it. Told before: see `_choose_update` for the gates. `shown`
    are articles that stood in a line under it, and `weight` says how much a word tells.
    """
    answering = [member for member in candidate.members if member.match is not None]
    loud = [member for member in answering if not member.silent]
    if not answering:
        return Held("no article of it answers the topic")
    if not loud:
        return Held("only articles that stood in their feed when it was first read, or came as a backlog")
    if told is not None and told.tellings:
        return _choose_update(candidate, loud, told, now, shown, weight)
    if len(loud) < len(answering) and all(member.relation is Relation.COPY for member in loud):
        # A copy may be the first article of its story that answers the topic, and then it is news. But a copy of what
        # answered the topic before we began to tell is as old as that.
        return Held("only copies of an article that stood in its feed when it was first read, or came as a backlog")
    count = candidate.independent_count
    reason = f"breaking: {count} independent publisher{'' if count == 1 else 's'}" if is_breaking else "first telling"
    return _choose(_lead_of(loud, now), reason)


def _choose_update(
    candidate: StoryCandidate,
    loud: Sequence[StoryMember],
    told: Told,
    now: datetime,
    shown: frozenset[ArticleId],
    weight: Weight,
) -> Choice | Held:
    """A told story comes back when all of these hold; else the first that does not is the reason it is held.

    A text of its own that answers the topic was seen since the last telling, and stood in no line; there were at most
    three updates; at least 55 % of what that text says stands in no article seen up to the last telling; it has a
    number in its headline that none of those has in its headline or first 100 words, or three publishers have brought
    articles since, copies too; and six hours have passed.
    """
    since = f"{told.last_at:%Y-%m-%d %H:%M} UTC"
    fresh = [member for member in loud if seen_at(member, now) > told.last_at]
    own_texts = [member for member in fresh if member.relation is not Relation.COPY]
    if not fresh and told.shown_at is not None:
        return _held_at_split(loud, told.shown_at, now, shown)
    if not fresh:
        return Held(f"told at {since}, nothing new that answers the topic since")
    if not own_texts:
        return Held(f"told at {since}, only copies since")
    unseen = tuple(member for member in own_texts if member.article.id not in shown)
    if not unseen:
        return Held(f"told at {since}, nothing since that did not stand in a line under it")
    if told.tellings > UPDATES_MAX:
        return Held(f"told {told.tellings} times, the most a story is told", fresh=unseen)
    choice = _find_update(candidate, unseen, told.last_at, now, weight)
    if isinstance(choice, str):
        return Held(f"told at {since}, {choice}", fresh=unseen)
    again_at = told.last_at + UPDATE_AFTER
    if now < again_at:
        hours = UPDATE_AFTER // timedelta(hours=1)
        return Held(f"told at {since}, less than {hours} hours ago; else {choice.reason}", again_at, unseen)
    return replace(choice, fresh=unseen)


def _held_at_split(loud: Sequence[StoryMember], shown_at: datetime, now: datetime, shown: frozenset[ArticleId]) -> Held:
    """What waited for a line when a person split the story waits on; it is no update of either part."""
    waiting = tuple(
        member
        for member in loud
        if seen_at(member, now) > shown_at and member.relation is not Relation.COPY and member.article.id not in shown
    )
    return Held("split from what was told, nothing new that answers the topic since", fresh=waiting)


def _find_update(
    candidate: StoryCandidate, unseen: Sequence[StoryMember], last_at: datetime, now: datetime, weight: Weight
) -> Choice | str:
    """The best of the texts that pass the gates of what they say; or, in words, what none of them does."""
    known = [member.article for member in candidate.members if seen_at(member, now) <= last_at]
    words = {word for article in known[-KNOWN_MAX:] for word in words_said(article)}
    rated = [(novelty_of(member.article, words, weight), member) for member in unseen]
    new = [(share, member) for share, member in rated if share >= NOVELTY_MIN]
    if not new:
        best = max(share for share, _ in rated)
        return f"only {best:.0%} of what was said since is new, less than {NOVELTY_MIN:.0%}"
    known_numbers = frozenset[str]().union(*map(numbers_said, known))
    numbered = [(share, one) for share, one in new if numbers_in(one.article.title) - known_numbers]
    if numbered:
        share, lead = _first_of(numbered, now)
        number = sorted(numbers_in(lead.article.title) - known_numbers)[0]
        reason = f"update: a headline has a new number, {number}; {share:.0%} of it is new"
        return _choose(lead, reason, is_update=True)
    count = len(
        {publisher_key(one.article) for one in candidate.members if not one.silent and seen_at(one, now) > last_at}
    )
    if count >= UPDATE_PUBLISHERS:
        share, lead = _first_of(new, now)
        return _choose(lead, f"update: {count} publishers since it was told; {share:.0%} of it is new", is_update=True)
    return f"{count} of {UPDATE_PUBLISHERS} publishers and no new number in a headline since"


def _first_of(rated: Sequence[tuple[float, StoryMember]], now: datetime) -> tuple[float, StoryMember]:
    lead = _lead_of([member for _, member in rated], now)
    return next((share, member) for share, member in rated if member is lead)


def _lead_of(members: Sequence[StoryMember], now: datetime) -> StoryMember:
    """The lead is the earliest seen article of the feed that weighs most; every one of `members` answers the topic."""
    return min(members, key=lambda one: (-one.article.weight, seen_at(one, now), one.article.id))


def _choose(lead: StoryMember, reason: str, *, is_update: bool = False) -> Choice:
    assert lead.match is not None, "a lead answers the topic"
    return Choice(lead=lead, match=lead.match, reason=reason, is_update=is_update)


def seen_at(member: StoryMember, now: datetime) -> datetime:
    """When we saw an article; one that came from a file, and never was seen, counts as seen now."""
    return member.article.seen_at or now
