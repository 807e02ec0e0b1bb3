"""Two hundred invented outlets over weeks, the same every time: what each of them shows at any moment.

Each publishes by a rhythm of the day. Some news is watched: it has a word of its own, by which it is found again in
what is told, and several outlets carry it as copies, each with its opening words, within hours. Now and then an outlet
gives all its entries new ids, is out of reach for hours, or moves to another address for good.

Effects: none.
"""

import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

from bench.world import words
from monitor.errors import FetchError, FetchReason
from monitor.feeds.recorded import Answer
from monitor.model import Feed, Fetched, NotModified

SHOWN = 15
"""Entries that a feed shows."""
PER_DAY = (3, 5, 8)
"""Entries a day, by outlet."""
WATCHED_PER_DAY = 6
CARRIED_BY = 5
"""Outlets that carry one watched text."""
BURST_EVERY = 10
"""Each so many watched texts one is carried by many more, within half an hour."""
SUBJECTS = ("Quillhaven", "Ostrander")
"""What the topics watch; no other text of this world has these words."""
_HOURS = tuple(3.0 if 7 <= hour < 20 else 0.5 for hour in range(24))
_LETTERS = "bcdfghklmnprstvz"
_VOWELS = "aeiou"


@dataclass(frozen=True, slots=True)
class Event:
    """A watched piece of news."""

    code: str
    """Its own word."""
    subject: int
    title: str
    text: str
    at: datetime
    """When the first outlet has it."""
    outlets: tuple[int, ...]


@dataclass(slots=True)
class _Entry:
    key: str
    title: str
    text: str
    at: datetime


@dataclass(slots=True)
class _Outlet:
    number: int
    ordinary: Iterator[_Entry]
    next_one: _Entry
    carried: list[_Entry] = field(default_factory=list)
    """Watched entries to come, the soonest last."""
    shown: deque[_Entry] = field(default_factory=lambda: deque(maxlen=SHOWN))
    version: int = 0
    generation: int = 0
    """How often it gave all its entries new ids."""


class SoakWorld:
    """All outlets; time only goes on. Its memory does not grow."""

    def __init__(self, start: datetime, feeds: int) -> None:
        self.start = start
        self.feeds = feeds
        self.answers = 0
        self._chance = random.Random("soak")
        self._events = self._watch()
        self._next_event = next(self._events)
        self._outlets = [self._begin(number) for number in range(feeds)]

    def url(self, number: int) -> str:
        """Where an outlet's feed is configured."""
        return f"https://outlet{number}.example/rss"

    def move_to(self, now: datetime) -> list[Event]:
        """Let everything be published that is due; the watched news that begins meanwhile."""
        begun: list[Event] = []
        while self._next_event.at <= now:
            event = self._next_event
            self._next_event = next(self._events)
            self._carry(event)
            begun.append(event)
        for outlet in self._outlets:
            _publish(outlet, now)
        return begun

    def answer(self, feed: Feed, now: datetime) -> Answer:
        """What the outlet's server says when this feed is fetched now."""
        self.answers += 1
        number = int(feed.url.partition("outlet")[2].partition(".")[0])
        outlet, address = self._outlets[number], feed.address
        day, hour = divmod(int((now - self.start).total_seconds()) // 3600, 24)
        if (number * 7 + day) % 53 == 0 and 9 <= hour < 14:
            raise_at = f"outlet{number}.example"
            return FetchError("no connection", reason=FetchReason.CONNECT, where=raise_at)
        generation = (day + number) // 41 if number % 10 == 3 else 0
        if generation != outlet.generation:
            outlet.generation, outlet.version = generation, outlet.version + 1
        moved = f"https://new.outlet{number}.example/rss" if number % 25 == 4 and day >= 5 else None
        etag = f'"{outlet.version}"'
        permanent = moved if moved != address else None
        final = moved or address
        if feed.state.etag == etag:
            return NotModified(final, etag, permanent_url=permanent)
        return Fetched(_rss(outlet), final, 200, etag, content_type="text/xml", permanent_url=permanent)

    def _begin(self, number: int) -> _Outlet:
        ordinary = _ordinary(number, self.start - timedelta(days=3))
        outlet = _Outlet(number, ordinary, next(ordinary))
        _publish(outlet, self.start)
        return outlet

    def _watch(self) -> Iterator[Event]:
        at, count = self.start + timedelta(hours=3), 0
        while True:
            at += timedelta(minutes=self._chance.expovariate(WATCHED_PER_DAY / 1440))
            count += 1
            subject = count % len(SUBJECTS)
            code = _code(count)
            carried = min(
                self.feeds, 3 * CARRIED_BY if count % BURST_EVERY == 0 else self._chance.randint(1, CARRIED_BY)
            )
            title = f"{code} {words(self._chance, 9).lower()}"
            text = f"{words(self._chance, 40)} {SUBJECTS[subject]} {words(self._chance, 40).lower()}, of {code}."
            yield Event(code, subject, title, text, at, tuple(self._chance.sample(range(self.feeds), carried)))

    def _carry(self, event: Event) -> None:
        late = timedelta(minutes=20) if len(event.outlets) > CARRIED_BY else timedelta(hours=5)
        for place, number in enumerate(event.outlets):
            at = event.at + late * place / len(event.outlets)
            opening = "" if not place else f"{words(self._chance, 1)} (Agency) - "
            entry = _Entry(f"{event.code}-{number}", event.title, f"{opening}{event.text}", at)
            outlet = self._outlets[number]
            outlet.carried = sorted([*outlet.carried, entry], key=lambda one: one.at, reverse=True)


def _publish(outlet: _Outlet, now: datetime) -> None:
    while outlet.next_one.at <= now:
        outlet.shown.append(outlet.next_one)
        outlet.next_one = next(outlet.ordinary)
        outlet.version += 1
    while outlet.carried and outlet.carried[-1].at <= now:
        outlet.shown.append(outlet.carried.pop())
        outlet.version += 1


def _ordinary(number: int, start: datetime) -> Iterator[_Entry]:
    """An outlet's ordinary news, one after the other without an end, more by day than by night."""
    chance = random.Random(f"outlet {number}")
    rate = PER_DAY[number % len(PER_DAY)] / sum(_HOURS)
    at, serial = start, 0
    while True:
        at += timedelta(hours=chance.expovariate(rate * max(_HOURS)))
        if chance.random() * max(_HOURS) > _HOURS[at.hour]:
            continue
        serial += 1
        yield _Entry(f"{serial}", words(chance, 9), f"{words(chance, 40)}. {words(chance, 25)}.", at)


def _code(number: int) -> str:
    """A word for a number, with no digit in it."""
    letters = []
    for place in range(4):
        number, rest = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[rest] + _VOWELS[(rest + place) % len(_VOWELS)])
    return "".join(letters).capitalize() + "x"


def _rss(outlet: _Outlet) -> bytes:
    site = f"https://outlet{outlet.number}.example"
    parts = [f'<rss version="2.0"><channel><title>Outlet {outlet.number}</title><link>{site}/</link>']
    parts += [
        f"<item><title>{escape(one.title)}</title><link>{site}/{one.key}</link>"
        f'<guid isPermaLink="false">{outlet.generation}:{one.key}</guid><pubDate>{format_datetime(one.at)}</pubDate>'
        f"<description>{escape(one.text)}</description></item>"
        for one in reversed(outlet.shown)
    ]
    return "".join([*parts, "</channel></rss>"]).encode()
