"""The archive, for programs.

Effects: database.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from monitor.digests.schedule import parse_duration
from monitor.errors import ConfigError, MonitorError, QueryError
from monitor.views.found import QUERY_CHARS_MAX, HitLine, find_page, understand
from monitor.web.api_marked import Marked, marked, read_cursor
from monitor.web.pages import DeskIn
from monitor.web.paging import LIMIT, AfterIn, LimitIn
from monitor.web.patience import over_after

router = APIRouter(tags=["search"])

SINCE_MAX = timedelta(days=36_500)


@dataclass(frozen=True, slots=True)
class HitAnswer:
    """An article that answers."""

    article: int
    story: int | None
    title: Marked
    text: Marked
    outlet: str
    url: str
    seen: datetime | None
    published: datetime | None
    score: int
    why: list[str]


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """A page of what answers."""

    query: bool
    """Whether what was asked is a query; else it is a name."""
    normalised: str
    hints: list[str]
    items: list[HitAnswer]
    next: str | None
    judged: int
    is_cut: bool
    """Whether the time was over before the page was full: go on with `next`."""


@router.get("/search")
def search(
    desk: DeskIn,
    q: Annotated[str, Query(min_length=1, max_length=QUERY_CHARS_MAX, description="A name, or a query.")],
    since: Annotated[str, Query(max_length=20, description="How far back, as in 24h or 30d.")] = "",
    feed: Annotated[str, Query(max_length=300, description="Only what this feed showed.")] = "",
    limit: LimitIn = LIMIT,
    after: AfterIn = None,
) -> SearchAnswer:
    """The articles that answer, the newest first."""
    loaded, now = desk.force().loaded, desk.clock.now()
    if not q.strip():
        raise MonitorError("nothing was asked", remedy="Give a name or a query as `q`.")
    if feed and feed not in {one.name for one in loaded.feeds}:
        raise MonitorError("there is no such feed", remedy="Name it as in feeds.toml.")
    try:
        asked = understand(q.strip(), loaded.watchlist.lists, loaded.compiled.lexicon)
    except QueryError as error:
        raise ConfigError(error.what, where=f"column {error.column}", remedy=error.remedy) from error
    age = timedelta(seconds=min(parse_duration(since), SINCE_MAX.total_seconds())) if since else None
    start = None if age is None else now - min(age, SINCE_MAX)
    before, is_over = read_cursor(after), over_after(desk.clock)
    with desk.store.read() as tx:
        found = find_page(tx, asked, since=start, feed=feed, before=before, limit=limit, is_over=is_over)
    return SearchAnswer(
        query=asked.is_query,
        normalised=asked.normalised,
        hints=list(asked.hints),
        items=list(map(_hit, found.hits)),
        next=None if found.next is None else str(found.next),
        judged=found.judged,
        is_cut=found.is_cut,
    )


def _hit(line: HitLine) -> HitAnswer:
    return HitAnswer(
        article=line.article_id,
        story=line.story_id,
        title=marked(line.title),
        text=marked(line.text),
        outlet=line.outlet,
        url=line.url,
        seen=line.seen_at,
        published=line.published_at,
        score=line.score,
        why=list(line.why),
    )
