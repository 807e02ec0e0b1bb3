"""What a digest says beside its stories: lines on what was told before, other headlines, and what was folded.

A report of a told story is seen, and is no telling: it stands as a line in a digest of its topic that goes out anyway.
Until one does it waits, at most two days; no message goes out for lines alone.

Effects: none.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct, field

from monitor.digests.telling import Held, Told, seen_at
from monitor.digests.things import key_of_article
from monitor.model import (
    Article,
    ArticleId,
    Dedup,
    Folded,
    FollowUp,
    Headline,
    Relation,
    StoryCandidate,
    StoryId,
    StoryMember,
)
from monitor.stories.normal import headline_form

LINES_MAX = 10  # beside the stories; the rest is counted
WAITING_MAX = 500  # reports of one topic that wait: more are counted, so that what is new always has its turn
WAIT = timedelta(hours=48)  # older news on what was told is no news
FOLDED_FOR = timedelta(hours=24)
FOLDED_MAX = 20  # lines in the daily appendix; the rest is counted


class HeldThing(Struct, frozen=True):
    """A thing that is not told now."""

    thing: StoryCandidate
    held: Held
    told: Told | None


class Following(Struct, frozen=True):
    """What becomes of the reports of told things."""

    lines: tuple[FollowUp, ...] = ()
    """Shown now: at most ten, those of one thing side by side."""
    more: int = 0
    """Reports for which there was no line."""
    waiting: frozenset[ArticleId] = frozenset()
    """Reports that are looked at again at the next slot."""
    again_at: datetime | None = None
    """When something that waits changes by itself: an update is due, or a report has waited long enough."""
    notes: Mapping[StoryId, str] = field(default_factory=dict)
    """By thing, what became of its reports, in words."""


def follow(
    things: Sequence[HeldThing],
    opened: Mapping[ArticleId, datetime],
    *,
    dedup: Dedup,
    goes_out: bool,
    now: datetime,
) -> Following:
    """What becomes of the `opened` reports (with when they matched) of things that are held.

    What is held only because it was told so lately waits until that is over, and then tells. Other shown reports
    stand as lines where the digest `goes_out`, and wait for one where it does not; quiet ones are counted, and so is
    everything where `dedup` is not `balanced`.
    """
    lines: list[tuple[int, HeldThing, StoryMember]] = []
    waiting: list[tuple[bool, datetime, ArticleId]] = []
    times: list[datetime] = []
    notes: dict[StoryId, str] = {}
    for one in things:
        fresh = [member for member in one.held.fresh if member.article.id in opened]
        if one.held.again_at is not None:
            waiting += [(True, opened[member.article.id], member.article.id) for member in fresh]
            times += [one.held.again_at] if fresh else []
            continue
        loud = [member for member in fresh if not member.quiet] if dedup is Dedup.BALANCED else []
        if not loud:
            continue
        if goes_out:
            lines += [(place, one, member) for place, member in enumerate(_by_age(loud, now))]
            notes[one.thing.story_id] = "counted beside the lines of this digest"
            continue
        patient = [member for member in loud if opened[member.article.id] + WAIT > now]
        waiting += [(False, opened[member.article.id], member.article.id) for member in patient]
        times += [opened[member.article.id] + WAIT for member in patient]
        hours = WAIT // timedelta(hours=1)
        notes[one.thing.story_id] = (
            "waits to stand in a line of a digest" if patient else f"no digest went out for {hours} hours to stand in"
        )
    # Each told thing has its first line before any has its second.
    lines.sort(key=lambda line: (line[0], line[1].thing.story_id))
    shown = sorted(lines[:LINES_MAX], key=lambda line: (line[1].thing.story_id, line[0]))
    notes |= {one.thing.story_id: "stands in a line of this digest" for _, one, _ in shown}
    waiting.sort(reverse=True)
    return Following(
        lines=tuple(_to_line(one, member) for _, one, member in shown),
        more=max(0, len(lines) - LINES_MAX),
        waiting=frozenset(article_id for _, _, article_id in waiting[:WAITING_MAX]),
        again_at=min(times, default=None),
        notes=notes,
    )


def _by_age(members: Iterable[StoryMember], now: datetime) -> list[StoryMember]:
    return sorted(members, key=lambda one: (seen_at(one, now), one.article.id))


def _to_line(one: HeldThing, member: StoryMember) -> FollowUp:
    return FollowUp(one.thing.story_id, _told_title(one.thing, one.told), member.article)


def _told_title(thing: StoryCandidate, told: Told | None) -> str:
    return (told.title if told is not None else "") or thing.members[0].article.title


def pick_headlines(thing: StoryCandidate, lead: Article, count: int, now: datetime) -> tuple[Headline, ...]:
    """At most `count` other headlines of the thing's own texts, the most different first, none of them twice.

    The next one is always that of which the least stands in the headlines above it; ties go to the one seen first.
    """
    if count < 1:
        return ()
    form = headline_form(lead.title)
    known, forms = set(form.split()), {form}
    rest = [one.article for one in _by_age(thing.members, now) if one.relation is not Relation.COPY]
    picked: list[Headline] = []
    while len(picked) < count:
        rest = [article for article in rest if headline_form(article.title) not in forms]
        if not rest:
            break
        best = min(rest, key=lambda article: _share_known(headline_form(article.title), known))
        form = headline_form(best.title)
        known |= set(form.split())
        forms.add(form)
        picked.append(Headline(best.title, best.outlet, best.url))
    return tuple(picked)


def _share_known(form: str, known: Collection[str]) -> float:
    words = set(form.split())
    return sum(word in known for word in words) / len(words) if words else 1.0


class Untold(Struct, frozen=True):
    """An article that answered the topic and led no telling of the channel, nor stood in a line."""

    article: Article
    relation: Relation
    text_id: ArticleId
    story_id: StoryId
    text_title: str
    """The title of the first article of its text; empty where that is gone."""


def find_folded(
    untold: Sequence[Untold], told: Mapping[StoryId, Told], dedup: Dedup, left_out: Collection[ArticleId]
) -> tuple[Folded, ...]:
    """Those that were folded, in the same order: copies, and reports of what was told; without those `left_out`."""
    found = []
    for one in untold:
        telling = told.get(StoryId(key_of_article(dedup, one.article.id, one.text_id, one.story_id)))
        told_at = telling.last_at if telling is not None and telling.tellings else None
        is_copy = one.relation is Relation.COPY
        if one.article.id in left_out or not (is_copy or told_at):
            continue
        title = one.text_title if is_copy else (telling.title if telling is not None else "")
        found.append(Folded(one.article, is_copy, title, told_at))
    return tuple(found)
