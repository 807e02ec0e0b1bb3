"""What a button under a message does: mute, follow, mark, snooze, and take each of them back.

A button's value comes back from outside, so it is worth no more than a wish: what it names is looked up, and must have
been told in the very channel in which it was pressed. Pressed twice it does nothing more, and says the same.

Effects: database.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from monitor.channels.asked import Answer, AnswerButton, AnswerLine, say
from monitor.channels.wording import clean_title, local_time
from monitor.errors import MonitorError
from monitor.model import ChannelName, Mute, MuteKind, StoryId, Topic, TopicKey, Verdict
from monitor.pipeline.marks import lift_mark, mark_article
from monitor.storage.store import Store, Transaction
from monitor.storage.told_stories import ToldStory, find_told
from monitor.topics.meaning import Lexicon

STORY_FOR = timedelta(days=7)
TOPIC_FOR = timedelta(hours=24)
UNDONE_MAX = 10
"""Mutes that one button takes back: as many as one click makes."""
_OURS = "Use the buttons of a message in the channel that it was posted to."


class Place(Struct, frozen=True):
    """Where somebody asks, and what of the configuration in force they may speak of there."""

    channels: tuple[ChannelName, ...]
    """The configured channels that are this place; never empty."""
    topics: Mapping[TopicKey, Topic]
    """Those that are told there."""
    timezone: str
    lexicon: Lexicon


def click(store: Store, place: Place, value: str, by: str, now: datetime) -> Answer:
    """Do what a button's value asks for, and say what came of it. Raises MonitorError, in words, where it cannot be."""
    verb, _, rest = value.partition(":")
    done = _VERBS.get(verb)
    if done is None:
        raise MonitorError("this button is of another version of the monitor", remedy="Use one of a newer message.")
    return done(store, place, rest, by, now)


def hold_topic(store: Store, place: Place, topic: Topic, span: timedelta, by: str, now: datetime) -> Answer:
    """Hold a topic back on the channels of this place."""
    names = [name for name in topic.channels if name in place.channels]
    with store.write() as tx:
        mutes = [_mute(tx, MuteKind.TOPIC, topic.key, name, span, by, now) for name in names]
    until = local_time(max(mute.until for mute in mutes), place.timezone)
    first = f"“{topic.name}” is held back in this channel until {until}."
    return say(first, "What comes meanwhile waits; nothing is lost.", buttons=(_undo_mutes(mutes),))


def _mute_story(store: Store, place: Place, rest: str, by: str, now: datetime) -> Answer:
    with store.write() as tx:
        told = _told(tx, place, rest)
        mutes = [_mute(tx, MuteKind.STORY, str(told.story_id), name, STORY_FOR, by, now) for name in told.channels]
    until = local_time(max(mute.until for mute in mutes), place.timezone)
    return _about(told, f"Muted in this channel until {until}:", _undo_mutes(mutes))


def _follow_story(store: Store, place: Place, rest: str, by: str, now: datetime) -> Answer:
    with store.write() as tx:
        told = _told(tx, place, rest)
        ends = [tx.follows.set(name, told.story_id, by=by, now=now, until=now + STORY_FOR) for name in told.channels]
    until = local_time(max(follow.until for follow in ends), place.timezone)
    said = f"Followed in this channel until {until}: what comes on it is shown at once, in its thread."
    return _about(told, said, AnswerButton("Undo", f"undo:follow:{told.story_id}"))


def _mark(verdict: Verdict, said: str) -> Callable[[Store, Place, str, str, datetime], Answer]:
    def mark(store: Store, place: Place, rest: str, by: str, now: datetime) -> Answer:
        with store.read() as tx:
            told = _told(tx, place, rest)
        name = place.topics[told.topic].name if told.topic in place.topics else told.topic
        mark_article(store, place.lexicon, str(told.article_id), told.topic, verdict, by=by, now=now)
        undo = AnswerButton("Undo", f"undo:mark:{told.topic}:{told.article_id}")
        return _about(told, f"Noted: {said} for “{name}”, which learns from it.", undo)

    return mark


def _snooze_topic(store: Store, place: Place, rest: str, by: str, now: datetime) -> Answer:
    topic = place.topics.get(TopicKey(rest))
    if topic is None:
        raise MonitorError("this channel is not told of that topic (any more)", remedy=_OURS)
    return hold_topic(store, place, topic, TOPIC_FOR, by, now)


def _undo(store: Store, place: Place, rest: str, by: str, now: datetime) -> Answer:
    what, _, named = rest.partition(":")
    if what == "mute":
        return _undo_mute(store, place, named, by, now)
    if what == "follow":
        return _undo_follow(store, place, named, now)
    if what == "mark":
        return _undo_mark(store, place, named)
    raise MonitorError("there is nothing like that to take back", remedy=_OURS)


def _undo_mute(store: Store, place: Place, named: str, by: str, now: datetime) -> Answer:
    numbers = [_number(part) for part in named.split(",")[:UNDONE_MAX]]
    with store.write() as tx:
        mutes = [tx.mutes.get(number) for number in numbers]
        if not all(mute is not None and mute.channel in place.channels for mute in mutes):
            raise MonitorError("nothing like that is muted in this channel", remedy=_OURS)
        for number in numbers:
            tx.mutes.lift(number, by=by, now=now)
    return say("No longer muted. What waited comes with the next digest.")


def _undo_follow(store: Store, place: Place, named: str, now: datetime) -> Answer:
    number = StoryId(_number(named))
    with store.write() as tx:
        was = [tx.follows.lift(name, number, now=now) for name in place.channels]
    return say("No longer followed." if any(was) else "It was not followed in this channel.")


def _undo_mark(store: Store, place: Place, named: str) -> Answer:
    topic, _, article = named.rpartition(":")
    number = _number(article)
    if topic not in place.topics:
        raise MonitorError("this channel is not told of that topic (any more)", remedy=_OURS)
    mark = lift_mark(store, str(number), TopicKey(topic))
    return say(f"No longer marked as {mark.verdict.value.replace('_', ' ')}.")


def _told(tx: Transaction, place: Place, rest: str) -> ToldStory:
    found = find_told(tx, place.channels, _number(rest))
    if found is None:
        raise MonitorError("this channel was not told of that story", remedy=_OURS)
    return found


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _mute(
    tx: Transaction, kind: MuteKind, value: str, name: ChannelName, span: timedelta, by: str, now: datetime
) -> Mute:
    return tx.mutes.add(kind, value, until=now + span, now=now, by=by, channel=name)


def _undo_mutes(mutes: list[Mute]) -> AnswerButton:
    return AnswerButton("Undo", "undo:mute:" + ",".join(str(mute.id) for mute in mutes[:UNDONE_MAX]))


def _about(told: ToldStory, said: str, undo: AnswerButton) -> Answer:
    lines = (AnswerLine(said), AnswerLine(clean_title(told.title) if told.title else f"story {told.story_id}"))
    return Answer(lines, (undo,))


_VERBS: Mapping[str, Callable[[Store, Place, str, str, datetime], Answer]] = {
    "mute": _mute_story,
    "nr": _mark(Verdict.NOT_RELEVANT, "not relevant"),
    "useful": _mark(Verdict.USEFUL, "useful"),
    "follow": _follow_story,
    "snooze": _snooze_topic,
    "undo": _undo,
}
