"""The first page: whether the world is watched and what needs a person, then how everything stands.

Effects: database.
"""

from datetime import datetime, timedelta

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from monitor.shared_work import INGEST_BEHIND, queue_words
from monitor.text import plural
from monitor.views.overview import Overview, read_overview
from monitor.views.plot_days import HEIGHT, WIDTH, bars_of
from monitor.web.pages import DeskIn, PagesIn

router = APIRouter()

TOPICS_MAX = 40
"""Topics listed; beyond them those that bring more than usual, or for which most waits."""
LISTED_MAX = 10
"""Feeds and mutes listed under each other."""
QUEUE_NAMES = {"poll": "Visiting feeds", "ingest": "Storing articles", "deliver": "Sending"}
"""The queues of shared work, as a person calls what is done there."""


@router.get("/")
def overview(request: Request, desk: DeskIn, pages: PagesIn) -> HTMLResponse:
    """How everything stands now."""
    seen = read_overview(desk.store, desk.force().loaded, desk.watcher, desk.clock.now())
    topics = list(seen.topics)
    if len(topics) > TOPICS_MAX:
        topics.sort(key=lambda one: (not one.volume.is_burst, -one.status.waiting, -one.volume.count))
    return pages.render(
        request,
        "overview.html",
        nav="overview",
        seen=seen,
        status=seen.status,
        headline=headline(seen),
        beat=beat_words(seen),
        topics=topics[:TOPICS_MAX],
        topics_more=len(topics) - TOPICS_MAX,
        plots={one.status.key: bars_of(one.volume.buckets) for one in topics[:TOPICS_MAX]},
        plot_size=(WIDTH, HEIGHT),
        listed_max=LISTED_MAX,
        ago=lambda at: ago_words(seen.status.at, at),
        span=span_words,
        queue_names=QUEUE_NAMES,
        queue_words=queue_words,
        behind_after=INGEST_BEHIND,
    )


def headline(seen: Overview) -> str:
    """The one sentence at the top."""
    if not seen.is_watched and seen.beat_age is not None:
        return "Nobody is watching"
    if not seen.needs and seen.is_watched:
        failing = len(seen.status.feeds_failing)
        return f"{plural(failing, 'feed fails', 'feeds fail')}, all else is well" if failing else "All is well"
    if not seen.needs:
        return "Nothing was watched yet"
    return f"{plural(len(seen.needs), 'thing needs', 'things need')} a person"


def beat_words(seen: Overview) -> str:
    """How long ago the daemon showed that it is at work."""
    if seen.beat_age is None:
        return "no daemon has beaten on this database yet"
    if seen.status.work is not None:
        return f"{plural(seen.status.work.at_work, 'worker')} at work, the last beat {span_words(seen.beat_age)} ago"
    return f"the daemon beat {span_words(seen.beat_age)} ago"


def ago_words(now: datetime, at: datetime) -> str:
    """`5 min ago`, or `in 5 min` for what is to come."""
    return f"{span_words(now - at)} ago" if at <= now else f"in {span_words(at - now)}"


def span_words(span: timedelta) -> str:
    """`12 s`, `4 min`, `3 h`, `2 days`: one unit, rounded down; it is looked at every half minute."""
    seconds = int(span.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 2 * 86_400:
        return f"{seconds // 3600} h"
    return f"{seconds // 86_400} days"
