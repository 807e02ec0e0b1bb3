"""What a person does on a topic's page: mark an article, mute, lift; each can be taken back.

Effects: database.
"""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import RedirectResponse

from monitor.errors import MonitorError
from monitor.model import ChannelName, MuteKind, TopicKey
from monitor.views.changes import FOR_HOURS_MAX, REASON_CHARS_MAX, lift, mark, mute
from monitor.web.forms import Form, FormIn
from monitor.web.pages import DeskIn
from monitor.web.person import PersonIn
from monitor.web.topics_in import KeyIn, find_topic

router = APIRouter()

_VIEW = frozenset("abcdefghijklmnopqrstuvwxyz0123456789=&_")


@router.post("/topics/{key}/mark")
def mark_one(desk: DeskIn, person: PersonIn, form: FormIn, key: KeyIn) -> RedirectResponse:
    """Mark an article useful or not relevant for the topic, or take the mark back."""
    force = desk.force()
    topic = find_topic(force, key).topic
    article, verdict = form.number("article"), form.text("verdict", chars_max=20)
    mark(
        desk.store, force.loaded.compiled.lexicon, topic.key, article, verdict,
        by=person.author, note=form.text("note", chars_max=REASON_CHARS_MAX), now=desk.clock.now(),
    )  # fmt: skip
    return _back(form, topic.key, verdict, f"a{article}")


@router.post("/topics/{key}/mute")
def mute_one(desk: DeskIn, person: PersonIn, form: FormIn, key: KeyIn) -> RedirectResponse:
    """Hold back the topic, one of its stories, or a term, until a time."""
    force = desk.force()
    topic = find_topic(force, key).topic
    kind = form.text("kind", chars_max=20)
    if kind not in {one.value for one in MuteKind}:
        raise MonitorError("nothing like that can be muted", remedy="Go back and choose again.")
    hours = form.number("hours")
    if not 1 <= hours <= FOR_HOURS_MAX:
        raise MonitorError(f"{hours} hours is no time to mute for", remedy="Choose from one hour to a year.")
    channel = form.text("channel", chars_max=100)
    if channel and channel not in force.loaded.settings.channels:
        raise MonitorError("there is no such channel", remedy="Go back, load the page again and repeat it.")
    mute(
        desk.store,
        MuteKind(kind),
        topic.key if kind == MuteKind.TOPIC.value else form.text("value", chars_max=200),
        span=timedelta(hours=hours),
        reason=form.text("reason", chars_max=REASON_CHARS_MAX),
        channel=ChannelName(channel) if channel else None,
        by=person.author,
        now=desk.clock.now(),
    )
    return _back(form, topic.key, "muted", "mutes")


@router.post("/topics/{key}/mutes/{number}/lift")
def lift_one(
    desk: DeskIn, person: PersonIn, form: FormIn, key: KeyIn, number: Annotated[int, Path(ge=1, lt=2**63)]
) -> RedirectResponse:
    """End a mute before its time."""
    topic = find_topic(desk.force(), key).topic
    lift(desk.store, number, by=person.author, now=desk.clock.now())
    return _back(form, topic.key, "lifted", "mutes")


def _back(form: Form, key: TopicKey, done: str, place: str) -> RedirectResponse:
    """To the page as it was looked at."""
    view = form.text("view", chars_max=100)
    view = view if set(view) <= _VIEW else ""
    return RedirectResponse(f"/topics/{key}?done={done}{f'&{view}' if view else ''}#{place}", 303)
