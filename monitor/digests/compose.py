"""Decide which stories a digest tells, in what order, new or as an update.

A story is told to a channel once. It comes back, marked as an update, only when it has grown enough since its last
telling. What the channel was told before is an argument: nothing here reads the sent log. The same input gives the
same digest, in whatever order the candidates come.

Effects: none.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain, zip_longest

from msgspec import Struct
from msgspec.structs import replace

from monitor.digests.budget import BAR_REASON, GATE, NOTHING_OWED, Asking, Limit, Owed, hold_over
from monitor.digests.follow_ups import Following, HeldThing, follow, pick_headlines
from monitor.digests.mutes import held_words
from monitor.digests.novelty import Weight, plain_weight
from monitor.digests.snippet import cut_snippet, hits_in
from monitor.digests.telling import Choice, Held, Told, choose_telling, seen_at
from monitor.model import (
    Article,
    ArticleId,
    Below,
    Dedup,
    Digest,
    DigestKind,
    DigestStory,
    Evidence,
    FeedTrouble,
    Field,
    Mark,
    Mute,
    Relation,
    StoryCandidate,
    StoryId,
    Topic,
    Via,
)
from monitor.stories.publisher import publisher_key

__all__ = ["Composed", "HeldBack", "Telling", "Told", "compose_digest"]

STORIES_MAX = 10  # a digest that is read to its end; the rest stands below in one line each
WHY_MAX = 6  # terms: one line under a story
OTHERS_MAX = 2  # other outlets by name, the rest as "+N"
LATE_AFTER = timedelta(hours=48)  # a reader takes news in a digest for today's or yesterday's
_VIA_RANK = {Via.EXACT: 0, Via.STEM: 1, Via.SYNONYM: 2, Via.NEAR: 3, Via.MEANING: 4}


class Telling(Struct, frozen=True):
    """A line for the sent log: unique by channel, story and telling."""

    story_id: StoryId
    telling: int
    """0 for the first, then 1, 2, 3 for the updates."""
    article_id: ArticleId
    """The article that leads it."""
    reason: str
    article_count: int
    publisher_count: int
    independent_count: int


class HeldBack(Struct, frozen=True):
    """A story that is not told now, and why, in words."""

    story_id: StoryId
    reason: str
    gate: str = ""
    """What held it back, where that is counted."""


class Composed(Struct, frozen=True):
    """What a slot comes to: the digest, if there is one to send, and what goes into the sent log and `explain`."""

    digest: Digest | None
    told: tuple[Telling, ...]
    """One for each story of the digest, shown or overflowing, in its order."""
    held_back: tuple[HeldBack, ...]
    """One for each candidate that is not in the digest, by story id; none for what only goes on waiting."""
    waiting: frozenset[ArticleId] = frozenset()
    """Open articles that are looked at again at the next slot: no digest may take their matches."""
    again_at: datetime | None = None
    """When something of what waits changes by itself."""
    is_owed: bool = False
    """Whether a budget kept something from the channel that it has not heard of yet."""


def compose_digest(
    *,
    topic: Topic,
    kind: DigestKind,
    slot: str,
    window_start: datetime,
    window_end: datetime,
    candidates: Sequence[StoryCandidate],
    told: Mapping[StoryId, Told],
    breaking: frozenset[StoryId] = frozenset(),
    troubles: Sequence[FeedTrouble] = (),
    feed_count: int = 0,
    next_at: datetime | None = None,
    stories_max: int = STORIES_MAX,
    opened: Mapping[ArticleId, datetime] | None = None,
    shown: frozenset[ArticleId] = frozenset(),
    weight: Weight = plain_weight,
    muted: Mapping[StoryId, Mute] | None = None,
    is_heartbeat: bool = False,
    limits: Sequence[Limit] = (),
    owed: Owed = NOTHING_OWED,
) -> Composed:
    """The digest of one topic for one slot and one channel, and for every candidate whether it is told and why.

    A story is told first when an article of it that is news to us (not silent) answers the topic and the channel has
    no telling of it; a told one comes back as an update by the gates of `choose_telling`. Candidates are one per
    story. Order: breaking, independent publishers, a hit in the title, newest, story id. Every story that is told
    stands in `stories` or, past `stories_max`, in `overflow`. Without any story there is no digest, except that a
    scheduled or catch-up slot with `is_heartbeat` gives an empty heartbeat. `window_end` is taken for now. What is
    `muted` waits until its mute ends.

    `opened` are the articles that no digest has taken, with when they matched, and `shown` those that the channel saw
    in lines: see `follow` for what becomes of reports of told stories. Breaking news holds no lines.
    No more is told than the `limits` allow, breaking stories beside it; the digest counts what they hold back and what
    is `owed` from before, and where nothing is told that alone makes a digest when its time has come.
    """
    assert len({candidate.story_id for candidate in candidates}) == len(candidates), "one candidate per story"
    decided, things = _decide(candidates, told, breaking, window_end, shown, weight, muted or {})
    told_now, things = _keep_budget(decided, things, told, breaking, limits, topic)
    waited = frozenset(number for number, matched_at in (opened or {}).items() if matched_at < window_start)
    stories = tuple(_to_story(candidate, choice, topic, breaking, window_end, waited) for candidate, choice in told_now)
    goes_out = bool(stories) or (is_heartbeat and kind in (DigestKind.SCHEDULED, DigestKind.CATCH_UP))
    below = _below(things, owed, limits, {story.story_id for story in stories})
    goes_out = goes_out or (below is not None and owed.is_line_due)
    lined = goes_out and kind is not DigestKind.BREAKING
    following = follow(things, opened or {}, dedup=topic.dedup, goes_out=lined, now=window_end)
    held_back = _held_back(things, following, opened or {}, window_start)
    if not goes_out:
        return Composed(None, (), held_back, following.waiting, following.again_at, below is not None)
    digest = replace(
        _digest_of(topic, kind, slot, window_start, window_end, stories, stories_max),
        feed_count=feed_count,
        troubles=tuple(sorted(troubles, key=lambda trouble: (trouble.since, trouble.name, trouble.kind))),
        next_at=next_at,
        follow_ups=following.lines,
        follow_ups_more=following.more,
        below=below,
    )
    tellings = tuple(_to_telling(one, choice, told.get(one.story_id)) for one, choice in told_now)
    return Composed(digest, tellings, held_back, following.waiting, following.again_at)


def _digest_of(
    topic: Topic,
    kind: DigestKind,
    slot: str,
    start: datetime,
    end: datetime,
    stories: tuple[DigestStory, ...],
    stories_max: int,
) -> Digest:
    shown, overflow = stories[:stories_max], stories[stories_max:]
    kind = kind if stories else DigestKind.HEARTBEAT
    return Digest(topic.key, topic.name, slot, kind, topic.schedule.timezone, start, end, shown, overflow)


def _decide(
    candidates: Sequence[StoryCandidate],
    told: Mapping[StoryId, Told],
    breaking: frozenset[StoryId],
    now: datetime,
    shown: frozenset[ArticleId],
    weight: Weight,
    muted: Mapping[StoryId, Mute],
) -> tuple[list[tuple[StoryCandidate, Choice]], list[HeldThing]]:
    """What is told, in the digest's order, and what is held, by story id."""
    told_now: list[tuple[StoryCandidate, Choice]] = []
    things: list[HeldThing] = []
    for candidate in sorted(candidates, key=lambda one: one.story_id):
        before = told.get(candidate.story_id)
        if candidate.story_id in muted:
            things.append(HeldThing(candidate, _hold_muted(candidate, muted[candidate.story_id]), before))
            continue
        is_breaking = candidate.story_id in breaking
        choice = choose_telling(candidate, before, is_breaking, now, shown=shown, weight=weight)
        if isinstance(choice, Held):
            things.append(HeldThing(candidate, choice, before))
        else:
            told_now.append((candidate, choice))
    told_now.sort(key=lambda pair: _rank(pair[0], pair[1], breaking, now))
    return told_now, things


def _keep_budget(
    told_now: Sequence[tuple[StoryCandidate, Choice]],
    things: Sequence[HeldThing],
    told: Mapping[StoryId, Told],
    breaking: frozenset[StoryId],
    limits: Sequence[Limit],
    topic: Topic,
) -> tuple[list[tuple[StoryCandidate, Choice]], list[HeldThing]]:
    """What the budgets leave of the stories to tell, in the same order; and with what they hold, all that is held.

    An update without a seat is news of something told: it stands in a line, as other reports do, and fell below only
    where no line can hold it.
    """
    asking = [
        Asking(candidate.story_id, _best_score(candidate), choice.is_update)
        for candidate, choice in told_now
        if candidate.story_id not in breaking
    ]
    reasons = hold_over(asking, limits, topic.key) if limits else {}
    kept, held_now = [], list(things)
    for candidate, choice in told_now:
        reason = reasons.get(candidate.story_id)
        if reason is None:
            kept.append((candidate, choice))
        else:
            is_line = topic.dedup is Dedup.BALANCED and not all(member.quiet for member in choice.fresh)
            held = Held(reason, fresh=choice.fresh) if is_line else Held(reason, gate=GATE)
            held_now.append(HeldThing(candidate, held, told.get(candidate.story_id)))
    return kept, sorted(held_now, key=lambda one: one.thing.story_id)


def _best_score(candidate: StoryCandidate) -> int:
    return max(member.match.score for member in candidate.members if member.match is not None and not member.silent)


def _below(things: Sequence[HeldThing], owed: Owed, limits: Sequence[Limit], told_now: set[StoryId]) -> Below | None:
    """What the footer says."""
    first = {one.thing.story_id: one.held.reason for one in things if one.held.gate}
    stories = (owed.stories | first.keys()) - told_now
    if not stories or not limits:
        return None
    bars = [limit for limit in limits if limit.bar is not None]
    is_by_bar = owed.is_by_bar and all(reason.startswith(BAR_REASON) for reason in first.values())
    if bars and is_by_bar:
        highest = max(bars, key=lambda limit: limit.bar or 0)
        return Below(len(stories), highest.bar, highest.budget)
    return Below(len(stories), None, limits[0].budget)


def _hold_muted(candidate: StoryCandidate, mute: Mute) -> Held:
    fresh = tuple(member for member in candidate.members if member.match is not None and not member.silent)
    return Held(held_words(mute), mute.until, fresh)


def _held_back(
    things: Sequence[HeldThing], following: Following, opened: Mapping[ArticleId, datetime], since: datetime
) -> tuple[HeldBack, ...]:
    """Why things are held; without those that had nothing new since the last slot and only go on waiting."""
    found = []
    for one in things:
        asking = [member.article.id for member in one.thing.members if member.article.id in opened]
        if asking and all(i in following.waiting and opened[i] < since for i in asking):
            continue
        note = following.notes.get(one.thing.story_id)
        reason = one.held.reason + (f"; {note}" if note else "")
        found.append(HeldBack(one.thing.story_id, reason, one.held.gate))
    return tuple(found)


def _rank(
    candidate: StoryCandidate, choice: Choice, breaking: frozenset[StoryId], now: datetime
) -> tuple[bool, int, bool, float, StoryId]:
    newest = max(seen_at(member, now) for member in candidate.members)
    return (
        candidate.story_id not in breaking,
        -candidate.independent_count,
        not choice.match.title_hit,
        -newest.timestamp(),
        candidate.story_id,
    )


def _to_telling(candidate: StoryCandidate, choice: Choice, told: Told | None) -> Telling:
    return Telling(
        story_id=candidate.story_id,
        telling=told.number if told is not None else 0,
        article_id=choice.lead.article.id,
        reason=choice.reason,
        article_count=candidate.article_count,
        publisher_count=candidate.publisher_count,
        independent_count=candidate.independent_count,
    )


def _to_story(
    candidate: StoryCandidate,
    choice: Choice,
    topic: Topic,
    breaking: frozenset[StoryId],
    now: datetime,
    waited: frozenset[ArticleId],
) -> DigestStory:
    lead, evidence = choice.lead.article, choice.match.evidence
    text, field = (choice.lead.page_text, Field.PAGE) if choice.lead.page_text else (lead.text, Field.TEXT)
    snippet, highlights = cut_snippet(text, hits_in(evidence, field, len(text)))
    others = _others_of(candidate, lead, now)
    return DigestStory(
        story_id=candidate.story_id,
        lead=lead,
        marks=_marks_of(candidate, choice, breaking, waited),
        publisher_count=candidate.publisher_count,
        independent_count=candidate.independent_count,
        article_count=candidate.article_count,
        snippet=snippet,
        highlights=highlights,
        title_highlights=tuple((hit.start, hit.end) for hit in hits_in(evidence, Field.TITLE, len(lead.title))),
        why=_why_of(evidence),
        others=others,
        others_more=max(0, candidate.publisher_count - 1 - len(others)),
        score=choice.match.score,
        headlines=pick_headlines(candidate, lead, topic.headlines, now),
    )


def _marks_of(
    candidate: StoryCandidate, choice: Choice, breaking: frozenset[StoryId], waited: frozenset[ArticleId]
) -> tuple[Mark, ...]:
    lead = choice.lead.article
    # Late by its feed; or by us: it waited over an earlier digest, which only a mute makes of what was never told.
    is_late = (
        lead.published_at is not None and lead.seen_at is not None and lead.seen_at - lead.published_at > LATE_AFTER
    ) or (lead.id in waited and not choice.is_update)
    marks = [Mark.BREAKING] if candidate.story_id in breaking else []
    marks += [Mark.UPDATE] if choice.is_update else []
    marks += [Mark.LATE] if is_late else []
    return tuple(marks)


def _why_of(evidence: Iterable[Evidence]) -> tuple[str, ...]:
    """The words that matched: first one for each concept, then their other words.

    Concepts found in the title come first, then those found as they were written, then the most frequent.
    """
    ranked = sorted(
        evidence,
        key=lambda one: (
            not any(span.field is Field.TITLE for span in one.spans),
            _VIA_RANK[one.via],
            -sum(one.found.values()),
            one.concept,
        ),
    )
    words = chain.from_iterable(zip_longest(*map(_words_of, ranked)))
    return tuple(dict.fromkeys(word for word in words if word is not None))[:WHY_MAX]


def _words_of(one: Evidence) -> list[str]:
    return sorted(one.found, key=lambda word: (-one.found[word], word)) or [one.concept]


def _others_of(candidate: StoryCandidate, lead: Article, now: datetime) -> tuple[tuple[str, str], ...]:
    """Up to two other outlets with their address: those with a text of their own first, then by weight, then age."""
    ranked = sorted(
        candidate.members,
        key=lambda one: (one.relation is Relation.COPY, -one.article.weight, seen_at(one, now), one.article.id),
    )
    named = {publisher_key(lead): ("", "")}
    for member in ranked:
        if len(named) > OTHERS_MAX:
            break
        if member.article is lead:
            continue
        key, url = publisher_key(member.article), member.article.url
        address = url if url.startswith(("http://", "https://")) else ""
        named.setdefault(key, (member.article.outlet or key, address))
    return tuple(list(named.values())[1 : 1 + OTHERS_MAX])
