"""An article's way in words, in the order it went: polled, stored, grouped, matched, told.

Effects: none.
"""

from collections.abc import Callable, Iterator

from monitor.model import Delivery, Match, NoMatch, PageRoad, PageState, Relation
from monitor.storage.health import PollVisit
from monitor.storage.pages import StoredPage
from monitor.stories.identity import NAMES, AliasKind
from monitor.text import plural
from monitor.topics.explain import explain
from monitor.trail import Trail
from monitor.views.corrected import change_words
from monitor.views.look_words import look_words
from monitor.views.moments import Moments
from monitor.views.told_lines import fate_words, told_lines

STANDINGS = {
    "new": "new: it may be told",
    "baseline": "part of the feed's first reading: kept, not told",
    "backlog": "part of a backlog the feed dumped: kept, not told",
    "quarantined": "the feed seemed to be another one: kept, not told",
    "renumbered": "came while the feed renumbered its entries: kept, not told",
}
ROADS = {
    PageRoad.JSON_LD: "JSON-LD",
    PageRoad.PARAGRAPHS: "its paragraphs",
    PageRoad.DESCRIPTION: "the page's description",
}
KINDS = {
    AliasKind.GUID: "id",
    AliasKind.URL: "address",
    AliasKind.HEADLINE_DATE: "headline and date",
    AliasKind.HEADLINE_TEXT: "headline and text",
    AliasKind.HEADLINE: "headline, with all else changed",
}
FAR_SHOWN_MAX = 20
"""Topics that say no from afar, by name; with hundreds of topics the rest is counted."""


def trail_lines(trail: Trail, moments: Moments, link: Callable[[Delivery], str | None]) -> Iterator[str]:
    """The whole way. `link` gives where a delivered message can be opened."""
    article = trail.stored.article
    published = moments.say(article.published_at) if article.published_at else "without a date"
    yield f"{article.title}"
    yield f"  {article.url or 'no address'}"
    yield f"  {article.outlet}, article {article.id}, published {published}"
    yield f"  times are those of {moments.zone.key}"
    yield ""
    yield "Polled"
    yield from polled_lines(trail, moments)
    yield "Stored"
    yield from stored_lines(trail, moments)
    yield "Story"
    yield from story_lines(trail, moments)
    yield "Topics"
    yield from topic_lines(trail, moments)
    for mark in trail.marks:
        by = f" by {mark.by}" if mark.by else ""
        note = f": {mark.note}" if mark.note else ""
        yield f"  {mark.topic}: marked {mark.verdict.value} {moments.say(mark.at)}{by}{note}"
    yield "Told"
    yield from told_lines(trail, moments, link)
    if trail.look is not None:
        yield f"  {moments.within(look_words(trail.look, moments))}"


def polled_lines(trail: Trail, moments: Moments) -> Iterator[str]:
    """Which feeds showed it, and when."""
    article = trail.stored.article
    name = trail.feed.feed.name if trail.feed else article.feed or "a feed that is gone"
    yield f"  by feed {name}, first seen {moments.say(article.seen_at)}"
    for visit in trail.visits:
        is_first = visit.new and article.seen_at is not None and visit.polled_at <= article.seen_at
        brought = ", which brought it" if is_first and visit is _last_before(trail) else ""
        yield f"  visit {moments.say(visit.polled_at)}: {visit_words(visit)}{brought}"
    for seen in trail.sightings:
        span = f"from {moments.say(seen.first_at)}"
        if seen.last_at != seen.first_at:
            span += f" to {moments.say(seen.last_at)} (noted once a day)"
        yield f"  seen again by feed {seen.feed or name} under the same {KINDS[seen.kind]}, {span}; no news"
    for other in trail.elsewhere:
        how = "as a copy" if other.relation is Relation.COPY else "too"
        when = moments.say(other.article.seen_at)
        yield f"  shown {how} by feed {other.article.feed or 'that is gone'}, first {when} (article {other.article.id})"


def _last_before(trail: Trail) -> PollVisit | None:
    """The visit that brought it: the last one recorded before it was stored."""
    seen_at = trail.stored.article.seen_at
    before = [visit for visit in trail.visits if seen_at is not None and visit.polled_at <= seen_at]
    return before[-1] if before else None


def visit_words(visit: PollVisit) -> str:
    """What a recorded visit came to."""
    if visit.error:
        return f"{visit.outcome}: {visit.error}"
    note = f" ({visit.note})" if visit.note else ""
    return f"{visit.outcome}, {plural(visit.entries, 'entry', 'entries')}, {visit.new} new{note}"


def stored_lines(trail: Trail, moments: Moments) -> Iterator[str]:
    """How it was kept, and what of its page."""
    stored = trail.stored
    yield f"  {STANDINGS.get(stored.standing, stored.standing)}"
    known = [KINDS[kind] for kind in trail.names if kind in NAMES]
    if known:
        listed = ", ".join(known)
        yield f"  its feed had shown nothing under any of its names before; it is known since by: {listed}"
    if stored.revision:
        yield f"  the feed changed it {stored.revision} times since; that is never news"
    if trail.page is not None:
        yield f"  full text: {_page_words(trail.page, moments)}"


def _page_words(page: StoredPage, moments: Moments) -> str:
    if page.state is PageState.GOT:
        road = f" by {ROADS[page.road]}" if page.road is not None else ""
        return f"{len(page.text):,} characters{road}"
    if page.state is PageState.LEASED:
        return "its page is being read"
    if page.state is PageState.DUE:
        return f"its page is read {'again ' if page.attempts else ''}from {moments.say(page.next_at)}" + (
            f", since {page.reason}" if page.reason else ""
        )
    return f"none. {page.reason}"


def story_lines(trail: Trail, moments: Moments) -> Iterator[str]:
    """In which story it stands, and why."""
    count = trail.story.article_count if trail.story else 1
    yield from _relation_lines(trail, count)
    for change in trail.changes:
        yield f"  by hand: {moments.within(change_words(change, moments))}"


def _relation_lines(trail: Trail, count: int) -> Iterator[str]:
    stored = trail.stored
    if stored.relation is Relation.NEW:
        if int(stored.story_id) != int(stored.article.id):
            yield f"  opened a story of its own; it stands in story {stored.story_id} ({count} articles) now"
        else:
            yield f"  opened story {stored.story_id}, which has {plural(count, 'article')} now"
        nearest = f"the nearest it was compared with: {stored.evidence}" if stored.evidence else "nothing was near it"
        yield f"  {nearest}"
        return
    original = (
        f'"{trail.original.article.title}" ({trail.original.article.outlet})' if trail.original else "an older article"
    )
    quiet = ", counted and not shown" if stored.quiet else ""
    yield f"  {stored.relation.value} in story {stored.story_id} ({count} articles){quiet}, of {original}"
    if stored.evidence:
        yield f"  because: {stored.evidence}"


def topic_lines(trail: Trail, moments: Moments) -> Iterator[str]:
    """What each topic said of it."""
    recorded = {match.match.topic: match for match in trail.matches}
    near = {miss.topic: miss for miss in trail.near}
    if not recorded and not trail.verdicts:
        yield "  no topic is watched"
    for topic, match in recorded.items():
        yield f"  {topic}: matched when it came, score {match.match.score}. {explain(match.match)}"
        yield f"    {fate_words(match, trail, moments)}"
    far: list[NoMatch] = []
    for verdict in trail.verdicts:
        if verdict.topic in recorded:
            if isinstance(verdict, NoMatch):
                yield f"    {verdict.topic}: by today's watchlist it would not match: {verdict.reason}"
        elif isinstance(verdict, Match):
            yield f"  {verdict.topic}: would match by today's watchlist, but not when it came. {explain(verdict)}"
            if verdict.topic in near:
                yield f"    when it came: {near[verdict.topic].reason}"
        elif verdict.topic in near:
            miss = near[verdict.topic]
            yield f"  {verdict.topic}: nearly. {miss.reason}"
            yield f"    written down {moments.say(miss.at)}, score {miss.score}"
            if verdict.reason != miss.reason:
                yield f"    by today's watchlist: {verdict.reason}"
        else:
            far.append(verdict)
    gone = near.keys() - {verdict.topic for verdict in trail.verdicts}
    for topic in sorted(gone):
        yield f"  {topic}: nearly, and it is not in the watchlist any more. {near[topic].reason}"
    far.sort(key=lambda verdict: not verdict.near)
    for verdict in far[:FAR_SHOWN_MAX]:
        yield f"  {verdict.topic}: no. {verdict.reason}"
    if len(far) > FAR_SHOWN_MAX:
        yield f"  and {plural(len(far) - FAR_SHOWN_MAX, 'topic')} more: no (--json has their reasons)"
