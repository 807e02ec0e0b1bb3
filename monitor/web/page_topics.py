"""The topics, and one of them: its stories told and not told, its volume and scores, and what each level would find.

Effects: database.
"""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse

from monitor.digests.budget import budget_words
from monitor.model import ArticleId, Level
from monitor.views.changes import word_of
from monitor.views.levels import read_levels
from monitor.views.topic import draw_days, draw_hours, draw_scores, read_card, read_scores, read_volumes
from monitor.views.topic_list import read_topics
from monitor.views.topic_stories import ShowOfTopic, read_stories
from monitor.web.pages import DeskIn, PagesIn
from monitor.web.patience import over_after
from monitor.web.topics_in import KeyIn, find_topic

router = APIRouter()

LISTED = 100
"""Topics of one page."""
STORIES = 12
DONE = {
    "useful": "Marked as useful. The topic learns from it within seconds.",
    "not_relevant": "Marked as not relevant. The topic learns from it within seconds.",
    "none": "The mark is taken back.",
    "muted": "Muted. What it holds back waits; nothing is lost.",
    "lifted": "No longer muted. What waited comes with the next digest.",
    "added": "Written to the watchlist. It is in force within seconds.",
}
"""What a change says when it is done, by the word in the address."""
Word = Annotated[str, Query(max_length=100)]
Before = Annotated[int | None, Query(ge=1, lt=2**62)]


@router.get("/topics")
def topics(request: Request, desk: DeskIn, pages: PagesIn, after: Word = "", done: Word = "") -> HTMLResponse:
    """All topics, in the watchlist's order."""
    every = desk.force().loaded.watchlist.topics
    start = next((number + 1 for number, topic in enumerate(every) if topic.key == after), 0)
    shown = every[start : start + LISTED]
    with desk.store.read() as tx:
        lines = read_topics(tx, shown, desk.clock.now())
    more = shown[-1].key if start + LISTED < len(every) else ""
    return pages.render(
        request, "topics.html", nav="topics", lines=lines, total=len(every), more=more, done=DONE.get(done, "")
    )


@router.get("/topics/{key}")
def topic(
    request: Request,
    desk: DeskIn,
    pages: PagesIn,
    key: KeyIn,
    show: Word = "",
    before: Before = None,
    done: Word = "",
) -> HTMLResponse:
    """All of one topic."""
    force, now = desk.force(), desk.clock.now()
    compiled = find_topic(force, key)
    wanted = ShowOfTopic(show) if show in set(ShowOfTopic) else ShowOfTopic.ALL
    loaded = force.loaded
    with desk.store.read() as tx:
        card = read_card(tx, compiled, loaded.compiled.lexicon, loaded.watchlist.topics, loaded.at_most, now)
        volumes = read_volumes(tx, compiled.topic, now)
        scores = read_scores(tx, compiled, now)
        stories = read_stories(
            tx, compiled.topic, now, show=wanted, before=None if before is None else ArticleId(before), limit=STORIES
        )
    zone = compiled.topic.schedule.timezone
    return pages.render(
        request,
        "topic.html",
        nav="topics",
        topic=compiled.topic,
        compiled=compiled,
        card=card,
        days=draw_days(volumes, zone),
        hours=draw_hours(volumes, zone),
        is_whole=volumes.is_whole,
        scores=draw_scores(scores, compiled.topic.level, card.bars),
        stories=stories,
        show=wanted,
        before=before,
        levels=tuple(Level),
        chosen=compiled.topic.level,
        has_levels=bool(scores.levels),
        budget_words=budget_words,
        word_of=word_of,
        done=DONE.get(done, ""),
    )


@router.get("/topics/{key}/level")
def level(
    request: Request, desk: DeskIn, pages: PagesIn, key: KeyIn, level: Word = "", part: Word = ""
) -> HTMLResponse:
    """What each level would find; with `part`, that part of the page alone, for the script."""
    force, now = desk.force(), desk.clock.now()
    compiled = find_topic(force, key)
    chosen = Level(level) if level in set(Level) else compiled.topic.level
    is_over = over_after(desk.clock)
    with desk.store.read() as tx:
        scores = read_scores(tx, compiled, now)
        looked = read_levels(tx, compiled, force.watched.watchlist.lexicon, now, is_over) if compiled.names else None
    return pages.render(
        request,
        "topic_level_part.html" if part else "topic_level.html",
        nav="topics",
        topic=compiled.topic,
        chosen=chosen,
        looked=looked,
        levels=tuple(Level),
        has_levels=bool(scores.levels),
        scores=draw_scores(scores, chosen, {}),
    )
