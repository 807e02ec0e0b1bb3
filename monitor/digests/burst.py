"""Is a story breaking: do many publishers, independently of each other, have it at once?

A publisher counts when it has a text of its own. Twenty outlets that print one agency's text are one text, and say
nothing about how big the news is; four newsrooms that each wrote their own do.

Effects: none.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from monitor.model import Relation, StoryCandidate, StoryMember
from monitor.stories.publisher import publisher_key

PUBLISHERS_MIN = 4  # newsrooms; two or three share beats and agencies, four within half an hour is rarely chance
BREAKING_STEPS = (2, 4)  # times as many as when it broke: what a reader would ask for again, and no ticker
WITHIN_S = 1_800  # half an hour in seconds: polls up to that far apart still show the same moment
STALE_S = 6 * 3_600  # an article published longer before it was seen tells of the past: a feed added, an outage over


def origins_of(texts: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Who wrote these texts, each once: of (agency credited, publisher) the agency where there is one.

    An agency's own site is the agency: what `reuters.com` publishes and what is credited to `reuters` are one origin.
    """
    listed = list(texts)
    agencies = {origin for origin, _ in listed if origin}
    found = set()
    for origin, publisher in listed:
        name = publisher.partition(".")[0]
        found.add(origin or (name if name in agencies else publisher))
    return frozenset(found)


def breaking_origins(candidate: StoryCandidate, *, now: datetime, within_s: int = WITHIN_S) -> tuple[str, ...]:
    """Whose own texts on a story were seen in the `within_s` seconds before `now`: publishers and agencies, sorted.

    Copies, and what a feed held when it was first read, do not count; an agency's text counts once, whoever prints it.
    """
    since = now - timedelta(seconds=within_s)
    fresh = [member.article for member in candidate.members if _is_fresh(member, since)]
    return tuple(sorted(origins_of((article.origin, publisher_key(article)) for article in fresh)))


def find_breaking(
    candidates: Sequence[StoryCandidate],
    *,
    now: datetime,
    publishers_min: int = PUBLISHERS_MIN,
    within_s: int = WITHIN_S,
) -> list[StoryCandidate]:
    """The stories that answer the topic and that enough independent publishers have at once, most publishers first.

    Ties go by story id, so the order does not depend on the order of the candidates. Whether a story was already told
    is not asked here: `compose_digest` decides that.
    """
    found = []
    for candidate in candidates:
        if not any(member.match is not None and not member.silent for member in candidate.members):
            continue
        count = len(breaking_origins(candidate, now=now, within_s=within_s))
        if count >= publishers_min:
            found.append((-count, candidate.story_id, candidate))
    return [candidate for _, _, candidate in sorted(found, key=lambda entry: entry[:2])]


def _is_fresh(member: StoryMember, since: datetime) -> bool:
    article = member.article
    if member.relation is Relation.COPY or member.silent or article.seen_at is None or article.seen_at <= since:
        return False
    return article.published_at is None or article.seen_at - article.published_at <= timedelta(seconds=STALE_S)
