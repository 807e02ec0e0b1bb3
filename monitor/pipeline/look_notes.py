"""What a second look changes: its row, and a note in the thread of everybody who was told, in one transaction.

Effects: database.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from monitor.channels.base import Channel
from monitor.channels.wording import clean_title, name_of
from monitor.digests.compose import Telling
from monitor.digests.mutes import mute_of
from monitor.digests.schedule import held_until
from monitor.digests.second_look import Finding, LookChoice, PageSeen, decide_look
from monitor.model import (
    Article,
    ChannelName,
    DigestKind,
    Note,
    NoteKind,
    NoteLine,
    Topic,
    TopicKey,
)
from monitor.outbox.notes import note_delivery
from monitor.storage.outbox import NewDelivery
from monitor.storage.second_looks import LookTask, ToldAt
from monitor.storage.store import Store, Transaction
from monitor.text import shorten

TITLE_CHARS_MAX = 140
"""Of a headline in a note's head: two of them fit a notification; the line under it has the whole."""
MUTED_AGAIN = timedelta(hours=6)
"""What everybody who was told has muted is looked at again when the mute ends, or so soon, for one may be lifted."""
_ALERTS = frozenset({DigestKind.NOW, DigestKind.BREAKING})


class LookSummary(Struct, frozen=True):
    """What a look came to."""

    url: str
    finding: Finding
    reason: str
    notes: int
    """Deliveries that went into the outbox."""


def plan_looks(tx: Transaction, kind: DigestKind, told: Sequence[Telling], now: datetime) -> None:
    """Have the articles that lead what is told at once looked at again; those of ordinary digests are not."""
    if kind in _ALERTS:
        tx.second_looks.add([telling.article_id for telling in told], now)


def settle_look(
    store: Store,
    task: LookTask,
    seen: PageSeen,
    channels: Mapping[ChannelName, Channel],
    topics: Mapping[TopicKey, Topic],
    *,
    owner: str,
    now: datetime,
) -> LookSummary | None:
    """Store what a look came to, with a note to everybody who was told where there is something to say.

    None, and nothing stored, where the lease is another's by now, or where quiet hours or mutes hold every note: then
    the look is made again later. A channel that has it muted gets no note while another is told. A note is one per
    change, and one per channel and recipient.
    """
    choice = decide_look(task.looked, seen, now)
    with store.write() as tx:
        places: list[ToldAt] = []
        if choice.finding in (Finding.WITHDRAWN, Finding.RETITLED):
            told = tx.second_looks.told_of(task.article.id)
            places, muted_until = _unmuted(tx, task.article, told, now)
            held = muted_until if told and not places else _quiet_until(places, topics, now)
            if held is not None:
                tx.second_looks.put_off(task, held, owner=owner)
                return None
        if not tx.second_looks.settle(task, choice, owner=owner, now=now):
            return None
        deliveries = _write_notes(task, choice, places, channels, topics, now)
        tx.outbox.add(deliveries, now, due_at=now)
    return LookSummary(task.article.url, choice.finding, choice.reason, len(deliveries))


def _unmuted(
    tx: Transaction, article: Article, places: Sequence[ToldAt], now: datetime
) -> tuple[list[ToldAt], datetime | None]:
    """Those that have it not muted, and when to look again for the others."""
    mutes = tx.mutes.in_force(now)
    if not mutes:
        return list(places), None
    stored = tx.articles.by_ids([article.id]).get(article.id)
    story = None if stored is None else stored.story_id
    by_place = {
        place: mute_of(mutes, topic=place.topic, channel=place.channel, story=story, article=article)
        for place in places
    }
    ends = [mute.until for mute in by_place.values() if mute is not None]
    left = [place for place, mute in by_place.items() if mute is None]
    return left, min([*ends, now + MUTED_AGAIN]) if ends else None


def _quiet_until(places: Sequence[ToldAt], topics: Mapping[TopicKey, Topic], now: datetime) -> datetime | None:
    named = [topics[key] for key in sorted({place.topic for place in places}) if key in topics]
    ends = [held_until(topic.quiet_hours, topic.schedule.timezone, now) for topic in named]
    return max((end for end in ends if end is not None), default=None)


def _write_notes(
    task: LookTask,
    choice: LookChoice,
    places: Sequence[ToldAt],
    channels: Mapping[ChannelName, Channel],
    topics: Mapping[TopicKey, Topic],
    now: datetime,
) -> list[NewDelivery]:
    deliveries: list[NewDelivery] = []
    for name in dict.fromkeys(place.channel for place in places):
        channel = channels.get(name)
        by_lane = {place.lane: place for place in places if place.channel == name}
        if channel is None:
            continue  # it left the configuration since it was told
        first = next(iter(by_lane.values()))
        note = look_note(task, choice, first.topic, topics.get(first.topic), now)
        key = f"look-{task.article.id}-{task.looked.looks}-{name}"
        for payload in channel.render_note(note, key, root=f"digest-{first.digest_id}-{name}"):
            place = by_lane.get(payload.lane)
            if place is None:
                continue  # a recipient who came after the telling
            own, digest, topic = f"{key}-{payload.part}", place.digest_id, place.topic
            deliveries.append(note_delivery(name, payload, own, digest_id=digest, topic=topic, thread_of=place.root))
    return deliveries


def look_note(task: LookTask, choice: LookChoice, key: TopicKey, topic: Topic | None, now: datetime) -> Note:
    """What those who were told of the article are told of its page."""
    article = task.article
    told = _short(task.looked.noted_title or article.title)
    if choice.finding is Finding.WITHDRAWN:
        outlet = name_of(article.outlet)
        head = f"Withdrawn: the page of “{told}”{f' ({outlet})' if outlet else ''} is gone."
        remedy = "Its site answers that there is no such page. Look for another source before you rely on it."
    else:
        head = f"Headline changed: “{told}” is now “{_short(choice.noted_title)}”"
        remedy = ""
    return Note(
        kind=NoteKind.WITHDRAWN if choice.finding is Finding.WITHDRAWN else NoteKind.RETITLED,
        head=head,
        at=now,
        timezone=topic.schedule.timezone if topic is not None else "UTC",
        topic=key,
        topic_name=topic.name if topic is not None else key,
        lines=(_line(article, choice),),
        remedy=remedy,
    )


def _line(article: Article, choice: LookChoice) -> NoteLine:
    title = choice.noted_title if choice.finding is Finding.RETITLED else article.title
    return NoteLine(title, article.url, article.outlet)


def _short(title: str) -> str:
    return shorten(clean_title(title), TITLE_CHARS_MAX)
