"""What people ask in Slack, answered by the configuration in force: clicks, and `/watch`.

An edit is told first, with what it would mean over the stored articles; only a yes writes it, through the checks of
`config.edit`, and the daemon then takes it like an edit by hand.

Effects: database, reads and writes files.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from monitor.channels.asked import Answer, AnswerButton, AnswerLine, Asked, AskedKind, say
from monitor.channels.watch_words import HELP, WatchWords, read_words, say_unknown
from monitor.channels.wording import local_time
from monitor.clock import Clock
from monitor.config.channels import SlackSettings
from monitor.config.edit import NoteEdit
from monitor.config.edit_topics import add_topic, remove_topic, restore_topic
from monitor.config.values import NAME_CHARS_MAX as KEY_CHARS_MAX
from monitor.config.values import near_miss
from monitor.digests.schedule import parse_duration, parse_schedule
from monitor.errors import MonitorError
from monitor.in_force import InForce
from monitor.logs import get_log
from monitor.model import ChannelName, MuteKind, Topic, TopicKey, Verdict, Watchlist
from monitor.pending import Pending
from monitor.pipeline.behind import refuse_behind
from monitor.pipeline.clicks import TOPIC_FOR, Place, click, hold_topic
from monitor.pipeline.foresight import foresee, foresight_lines
from monitor.pipeline.told_now import tell_now
from monitor.storage.revisions import body_hash
from monitor.storage.store import Store
from monitor.storage.told_stories import count_told
from monitor.text import plain_line, plural, shorten
from monitor.topics.feedback import MARKS_MAX
from monitor.topics.match import CompiledWatchlist, compile_watchlist
from monitor.topics.query import is_query

log = get_log()

NAME_CHARS_MAX = 200
TERMS_MAX = 30
SPAN_DAYS_MAX = 366
TOPICS_SHOWN = 20
LISTED_DAYS = 7
NEW_SCHEDULE = "every 1h"
"""What a topic gets that is added from a channel; a person changes it in the file."""


class SlackDesk:
    """Answers what is asked in the channels of one Slack app. Used by one thread at a time."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        in_force: Callable[[], InForce],
        names: Callable[[], Sequence[ChannelName]],
    ) -> None:
        self._store = store
        self._clock = clock
        self._in_force = in_force
        self._names = names
        """The configured channels of this app."""
        self._pending = Pending()

    def __call__(self, asked: Asked) -> Answer:
        """Do it, and say what came of it. Raises MonitorError where it cannot be."""
        now = self._clock.now()
        place = self._place(asked)
        if asked.kind is AskedKind.COMMAND:
            return self._command(asked, place, now)
        verb, _, word = asked.text.partition(":")
        if verb == "confirm":
            return self._pending.do(word, asked, now)
        if verb == "cancel":
            was_open = self._pending.drop(word, asked, now)
            return say("Nothing was changed." if was_open else "It was confirmed before.")
        if asked.text.startswith("undo:edit:"):
            return self._pending.do(asked.text.removeprefix("undo:edit:"), asked, now)
        return click(self._store, place, asked.text, asked.by, now)

    def _place(self, asked: Asked) -> Place:
        force = self._in_force()
        settings = force.loaded.settings.channels
        names = []
        for name in self._names():
            one = settings.get(name)
            if isinstance(one, SlackSettings) and one.channel == asked.place:
                names.append(name)
        if not names:
            raise MonitorError(
                "the monitor has no part in this channel",
                remedy=f'Name it in monitor.toml, with channel = "{asked.place}", or ask in one that it posts to.',
            )
        topics = {key: topic for key, topic in force.topics.items() if set(topic.channels) & set(names)}
        timezone = next((topic.schedule.timezone for topic in force.topics.values()), "UTC")
        return Place(tuple(names), topics, timezone, force.loaded.compiled.lexicon)

    # --- /watch ------------------------------------------------------------------------------------------------------

    def _command(self, asked: Asked, place: Place, now: datetime) -> Answer:
        said = read_words(asked.text)
        if said.verb == "list":
            return self._list(place, now)
        if said.verb == "add":
            return self._propose_add(asked, said, place, now)
        if said.verb == "test":
            return self._test(said, place, now)
        if said.verb == "mute":
            span = timedelta(seconds=parse_duration(said.span)) if said.span else TOPIC_FOR
            if not timedelta() < span <= timedelta(days=SPAN_DAYS_MAX):
                raise MonitorError(f"{said.span} is no time to mute for", remedy="Write 1h to 366d.")
            return hold_topic(self._store, place, _find(place, said.name), span, asked.by, now)
        if said.verb == "remove":
            return self._propose_remove(asked, _find(place, said.name), place, now)
        if said.verb == "digest":
            return self._tell_now([_find(place, said.name)] if said.name else list(place.topics.values()), now)
        return HELP if said.verb == "help" else say_unknown(said.verb)

    def _list(self, place: Place, now: datetime) -> Answer:
        if not place.topics:
            return say("This channel watches nothing yet. Begin with: /watch add Hostage talks")
        lines: list[AnswerLine] = []
        buttons: list[AnswerButton] = []
        with self._store.read() as tx:
            told = count_told(tx, place.channels, now - timedelta(days=LISTED_DAYS))
            mutes = [one for one in tx.mutes.in_force(now) if one.kind is MuteKind.TOPIC]
            due = {state.key: state.next_due_at for state in tx.topics.all()}
            for topic in list(place.topics.values())[:TOPICS_SHOWN]:
                parts = [topic.schedule.text, f"{told.get(topic.key, 0):,} told in {LISTED_DAYS} days"]
                marks = tx.marks.newest(topic.key, MARKS_MAX)
                if marks:
                    useful = sum(mark.verdict is Verdict.USEFUL for mark in marks)
                    parts.append(f"{useful} of {plural(len(marks), 'mark')} useful ({100 * useful // len(marks)} %)")
                next_at = due.get(topic.key)
                if next_at is not None and not topic.schedule.now:
                    parts.append(f"next {local_time(next_at, place.timezone)}")
                held = [one for one in mutes if one.value == topic.key and one.channel in (None, *place.channels)]
                if held:
                    parts.append(f"muted until {local_time(max(one.until for one in held), place.timezone)}")
                    own = [str(one.id) for one in held if one.channel is not None]
                    if own:
                        label = shorten(f"Unmute {topic.name}", 70)
                        buttons.append(AnswerButton(label, f"undo:mute:{','.join(own[:8])}"))
                lines.append(AnswerLine(topic.name, after=" · ".join(parts), is_bold=True))
        if len(place.topics) > TOPICS_SHOWN:
            lines.append(AnswerLine(f"… and {len(place.topics) - TOPICS_SHOWN} more"))
        return Answer(tuple(lines), tuple(buttons))

    def _test(self, said: WatchWords, place: Place, now: datetime) -> Answer:
        force = self._in_force()
        topic = None if said.terms else _known(place, said.name)
        if topic is None:
            topic = _new_topic("test", _checked_name(said.name), said.terms, place)
            topic = replace(topic, query=said.name) if is_query(said.name) and not said.terms else topic
        lines = foresight_lines(foresee(self._store, _compile(topic, force), now))
        return Answer((AnswerLine(shorten(topic.name, NAME_CHARS_MAX), is_bold=True), *lines))

    def _propose_add(self, asked: Asked, said: WatchWords, place: Place, now: datetime) -> Answer:
        force = self._in_force()
        name = _checked_name(said.name)
        terms = [_checked_name(term) for term in said.terms]
        if len(terms) > TERMS_MAX:
            raise MonitorError(f"more than {TERMS_MAX} other names", remedy="Name the ones that matter.")
        for topic in force.topics.values():
            if topic.name.casefold() == name.casefold():
                raise MonitorError(f"there is a topic “{topic.name}” already", remedy="See: /watch list")
        key = _free_key(name, force)
        topic = _new_topic(key, name, terms, place)
        lines = foresight_lines(foresee(self._store, _compile(topic, force), now))
        user = re.sub(r"[^\w-]", "", asked.by.partition(":")[2])
        note = f"Added from Slack by {user}, {now:%Y-%m-%d %H:%M} UTC"

        def write() -> Answer:
            add_topic(
                self._folder,
                key,
                name,
                also=terms,
                channels=[place.channels[0]],
                schedule=NEW_SCHEDULE,
                note=note,
                lexicon=place.lexicon,
                noting=self._noting(asked, "/watch add"),
            )
            log.info("watchlist.edited", change="added", topic=key, by=asked.by)
            undo = self._pending.keep(asked, take_back, self._clock.now(), is_for_all=True)
            first = f"“{name}” is watched now, told here {NEW_SCHEDULE}."
            more = f"It is [topics.{key}] in watchlist.toml, and in force within seconds."
            return say(first, more, buttons=(AnswerButton("Undo", f"undo:edit:{undo}"),))

        def take_back() -> Answer:
            remove_topic(self._folder, key, place.lexicon, noting=self._noting(asked, "/watch add, taken back"))
            log.info("watchlist.edited", change="removed", topic=key, by=asked.by)
            return say(f"“{name}” is watched no more.")

        others = f", or {', '.join(terms)}" if terms else ""
        head = AnswerLine(f"Watch “{name}”{others}?", is_bold=True)
        return Answer((head, *lines), self._ask(asked, write, now, "Add it"))

    def _propose_remove(self, asked: Asked, topic: Topic, place: Place, now: datetime) -> Answer:
        others = [name for name in topic.channels if name not in place.channels]
        if others:
            raise MonitorError(
                f"“{topic.name}” is told on {', '.join(others)} too", remedy=f"Edit [topics.{topic.key}] by hand."
            )
        with self._store.read() as tx:
            told = count_told(tx, place.channels, now - timedelta(days=LISTED_DAYS)).get(topic.key, 0)

        def write() -> Answer:
            noting = self._noting(asked, "/watch remove")
            removed = remove_topic(self._folder, topic.key, place.lexicon, noting=noting)
            log.info("watchlist.edited", change="removed", topic=topic.key, by=asked.by)

            def take_back() -> Answer:
                noting = self._noting(asked, "/watch remove, taken back")
                restore_topic(self._folder, removed, place.lexicon, noting=noting)
                log.info("watchlist.edited", change="restored", topic=topic.key, by=asked.by)
                return say(f"“{topic.name}” is watched again.")

            undo = self._pending.keep(asked, take_back, self._clock.now(), is_for_all=True)
            undo_button = AnswerButton("Undo", f"undo:edit:{undo}")
            return say(f"“{topic.name}” is watched no more. What was told stays known.", buttons=(undo_button,))

        return Answer(
            (
                AnswerLine(f"Watch “{topic.name}” no more?", is_bold=True),
                AnswerLine(f"It told {plural(told, 'story', 'stories')} here in the last {LISTED_DAYS} days."),
            ),
            self._ask(asked, write, now, "Remove it"),
        )

    def _tell_now(self, topics: Sequence[Topic], now: datetime) -> Answer:
        lines = []
        for topic in topics[:TOPICS_SHOWN]:
            done = tell_now(self._store, topic, now)
            if not done.waiting:
                said = "nothing waits to be told"
            elif done.quiet_until is not None:
                said = f"its quiet hours hold it until {local_time(done.quiet_until, topic.schedule.timezone)}"
            else:
                said = f"{plural(done.waiting, 'match', 'matches')} looked at now: what is new comes within seconds"
            lines.append(AnswerLine(topic.name, after=said, is_bold=True))
        return Answer(tuple(lines)) if lines else say("This channel watches nothing yet.")

    def _ask(self, asked: Asked, write: Callable[[], Answer], now: datetime, label: str) -> tuple[AnswerButton, ...]:
        word = self._pending.keep(asked, write, now)
        return AnswerButton(label, f"confirm:{word}", is_main=True), AnswerButton("Cancel", f"cancel:{word}")

    def _noting(self, asked: Asked, note: str) -> NoteEdit:
        """Who edits, for the log; what it would mean was shown before the yes, so it is planned."""

        def keep(body: bytes) -> None:
            with self._store.write() as tx:
                refuse_behind(tx, self._in_force().loaded)
                hashed, now = body_hash(body), self._clock.now()
                tx.revisions.note_edit(hashed, asked.by, now, note=note, planned=True)

        return keep

    @property
    def _folder(self) -> Path:
        return self._in_force().loaded.folder


def _known(place: Place, wanted: str) -> Topic | None:
    folded = plain_line(wanted).casefold()
    topics = place.topics.values()
    return next((topic for topic in topics if folded in (topic.key.casefold(), topic.name.casefold())), None)


def _find(place: Place, wanted: str) -> Topic:
    topic = _known(place, wanted)
    if topic is not None:
        return topic
    names = [topic.name for topic in place.topics.values()]
    listed = ", ".join(names[:TOPICS_SHOWN]) or "nothing"
    what = f"this channel watches no “{shorten(plain_line(wanted), 60)}”" if wanted else "no topic was named"
    raise MonitorError(what, remedy=f"{near_miss(wanted[:NAME_CHARS_MAX], names)}It watches: {listed}.")


def _checked_name(text: str) -> str:
    name = plain_line(text)
    if not name:
        raise MonitorError("no topic was named", remedy="As in: /watch add Hostage talks | captives, prisoner swap")
    if len(name) > NAME_CHARS_MAX:
        raise MonitorError(
            f"a name has at most {NAME_CHARS_MAX} characters, and this one has {len(name):,}",
            remedy="Put other names behind a bar: /watch add Hostage talks | captives, prisoner swap",
        )
    return name


def _new_topic(key: str, name: str, terms: Sequence[str], place: Place) -> Topic:
    schedule = parse_schedule(NEW_SCHEDULE, place.timezone)
    return Topic(TopicKey(key), name, schedule, (place.channels[0],), also=tuple(terms))


def _compile(topic: Topic, force: InForce) -> CompiledWatchlist:
    """The topic alone, as it would be in force. Raises MonitorError where nothing can be looked for."""
    return compile_watchlist(Watchlist((topic,), force.loaded.watchlist.lists), force.loaded.compiled.lexicon)


def _free_key(name: str, force: InForce) -> str:
    """A key that reads like the name and that no topic has, of those that were ever watched in force now."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: KEY_CHARS_MAX - 4].strip("-") or "topic"
    keys = {str(key) for key in force.topics}
    return next(key for key in (stem, *(f"{stem}-{n}" for n in range(2, len(keys) + 3))) if key not in keys)
