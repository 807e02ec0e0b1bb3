"""The next digest of a topic as each medium would show it: unsent, and nothing is written down.

Effects: database.
"""

import json
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse

from monitor.channels.email_message import render_html
from monitor.channels.plain import render_text
from monitor.channels.slack_blocks import render_messages
from monitor.model import Digest, Topic
from monitor.pipeline.digest import preview
from monitor.views.slack_look import SlackLook, look_of
from monitor.web.desk import Desk
from monitor.web.headers import MAIL_HEADERS, PREVIEW_HEADERS
from monitor.web.pages import DeskIn, PagesIn
from monitor.web.topics_in import KeyIn, find_topic

router = APIRouter()

SPANS = {"6h": timedelta(hours=6), "24h": timedelta(hours=24), "3d": timedelta(days=3), "7d": timedelta(days=7)}
SPAN = "24h"
MEDIA = ("slack", "mail", "text")
STORIES_MAX = 10
"""Told in full, as the channels do by default."""
NOTHING = "<!doctype html><html lang=en><title>Nothing to tell</title><p>Nothing answers the topic in this time.</p>"
Word = Annotated[str, Query(max_length=20)]


@router.get("/topics/{key}/preview")
def preview_page(
    request: Request, desk: DeskIn, pages: PagesIn, key: KeyIn, since: Word = SPAN, medium: Word = MEDIA[0]
) -> HTMLResponse:
    """The digest as Slack, a mail or a terminal shows it."""
    topic = find_topic(desk.force(), key).topic
    span = since if since in SPANS else SPAN
    chosen = medium if medium in MEDIA else MEDIA[0]
    digest = _compose(desk, topic, span)
    messages: list[SlackLook] = []
    source = ""
    if digest is not None and chosen == "slack":
        rendered = render_messages(digest, "preview")
        messages = [look_of(one) for one in rendered]
        source = json.dumps(rendered, ensure_ascii=False, indent=2)
    page = pages.render(
        request,
        "topic_preview.html",
        nav="topics",
        topic=topic,
        digest=digest,
        spans=tuple(SPANS),
        span=span,
        media=MEDIA,
        medium=chosen,
        messages=messages,
        source=source,
        text=render_text(digest) if digest is not None and chosen != "slack" else "",
    )
    page.headers.update(PREVIEW_HEADERS)
    return page


@router.get("/topics/{key}/preview.html")
def preview_mail(desk: DeskIn, key: KeyIn, since: Word = SPAN) -> HTMLResponse:
    """The HTML part of the mail alone, for a frame that may run and load nothing."""
    topic = find_topic(desk.force(), key).topic
    digest = _compose(desk, topic, since if since in SPANS else SPAN)
    return HTMLResponse(NOTHING if digest is None else render_html(digest), headers=MAIL_HEADERS)


def _compose(desk: Desk, topic: Topic, span: str) -> Digest | None:
    now = desk.clock.now()
    return preview(desk.store, topic, now, since=now - SPANS[span], stories_max=STORIES_MAX)
