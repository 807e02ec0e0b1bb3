"""A thousand feeds of invented news, the same every time for the same start.

A third of the entries are wire texts that several outlets carry with small edits, and about one in forty speaks of
something a topic might watch, so that grouping and matching have real work. Round 0 is the first reading, round 1
shows the same bytes, and in round 2 every tenth feed has `NEW_ENTRIES` new entries at its top.

Effects: none.
"""

import itertools
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

FEEDS = 1000
ENTRIES = 25
NEW_ENTRIES = 3
CHANGED_EVERY = 10
WIRE_STORIES = 1500
WIRE_SHARE = 0.33
WATCHED_SHARE = 0.025
ROUNDS = ("cold", "unchanged", "10 % changed")


def _split(text: str) -> list[str]:
    return text.split()


_FUNCTION_WORDS = _split(
    "the of to in and a that for on is was said with as by at from it has were had an be not but his their are this "
    "which have after who will more its they about one also been up would over two or when out first into than"
)
_WATCHED = (
    "Hostage negotiations between the two sides resumed after a break, mediators said.",
    "Mediators spoke of progress in talks to free the captives held since spring.",
    "A tanker was attacked with a missile off the cape, the coastguard said.",
    "Armed men seized a cargo ship in the strait and held its crew.",
    "The central bank raised its interest rate to slow inflation.",
    "An earthquake destroyed houses in the hill villages; rescue teams are on their way.",
)
_SYLLABLES = _split("bar kel mor tan vis or len dru sha pell ost min rav el gar tis hom que dan lys")
_ENDINGS = ("", "s", "ed", "ing", "er", "tion", "al", "ly")
_VOCABULARY = 12_000
_NAMES = 4_000
# Shares of running text as in news: function words nearly half, names a twelfth, the rest by Zipf's law. What matters
# is that three words in a row rarely recur by chance, as they do not in real feeds.
_FUNCTION_SHARE = 0.45
_NAME_SHARE = 0.08


def _words() -> tuple[list[str], list[float]]:
    """Every word of this world, and how often it is used, summed up as `random.choices` wants it."""
    chance = random.Random("words")
    coined = sorted({_coin(chance) + chance.choice(_ENDINGS) for _ in range(_VOCABULARY)})
    names = sorted({_coin(chance).capitalize() for _ in range(_NAMES)})
    chance.shuffle(coined)
    chance.shuffle(names)
    weights: list[float] = []
    for words, share in (
        (_FUNCTION_WORDS, _FUNCTION_SHARE),
        (names, _NAME_SHARE),
        (coined, 1 - _FUNCTION_SHARE - _NAME_SHARE),
    ):
        zipf = [1 / (rank + 5) for rank in range(len(words))]
        weights += [share * weight / sum(zipf) for weight in zipf]
    return [*_FUNCTION_WORDS, *names, *coined], list(itertools.accumulate(weights))


def _coin(chance: random.Random) -> str:
    return "".join(chance.choices(_SYLLABLES, k=chance.choice((2, 2, 3))))


_WORDS, _CUMULATIVE = _words()


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a feed."""

    key: str
    title: str
    text: str
    at: datetime


class World:
    """The feeds of every round, dated back from `start`."""

    def __init__(self, start: datetime, feeds: int = FEEDS, entries: int = ENTRIES) -> None:
        self.start = start
        self.feeds = feeds
        self._entries = entries
        chance = random.Random("wire")
        self._wire = [(_title(chance), _paragraph(chance)) for _ in range(WIRE_STORIES)]

    def body(self, number: int, round_number: int) -> bytes:
        """The bytes of a feed in a round, newest entry first."""
        newest = self._entries + (NEW_ENTRIES if self.is_changed(number, round_number) else 0)
        items = [self._item(number, serial) for serial in range(newest, newest - self._entries, -1)]
        return (_atom if number % 4 == 3 else _rss)(number, items).encode()

    def is_changed(self, number: int, round_number: int) -> bool:
        """Whether a feed shows new entries in a round."""
        return round_number >= 2 and number % CHANGED_EVERY == 0

    def _item(self, number: int, serial: int) -> Item:
        """Entry `serial` of a feed; the first reading shows 1 to `entries`, later ones are new."""
        chance = random.Random(f"{number}/{serial}")
        if chance.random() < WIRE_SHARE:
            # The stride has no factor in common with the number of wire stories: a feed never carries one twice.
            title, text = self._wire[(number * 37 + serial * 53) % WIRE_STORIES]
            text = text.replace("said", "told reporters", 1) if chance.random() < 0.5 else text
        else:
            title, text = _title(chance), _paragraph(chance)
        age = timedelta(
            minutes=60 + 47 * (self._entries - serial) if serial <= self._entries else 2 * (1 + NEW_ENTRIES)
        )
        return Item(f"outlet{number}-{serial}", title, text, self.start - age)


def items(start: datetime, count: int, every_s: int) -> Iterable[Item]:
    """So many entries of one feed without an end, one every so many seconds up to `start`, the oldest first."""
    for number in range(count):
        chance = random.Random(f"item {number}")
        at = start - timedelta(seconds=every_s * (count - number))
        yield Item(f"item-{number}", _title(chance), _paragraph(chance), at)


def words(chance: random.Random, length: int) -> str:
    """A row of words of this world that begins with a capital."""
    return _run(chance, length)


def _run(chance: random.Random, length: int) -> str:
    text = " ".join(chance.choices(_WORDS, cum_weights=_CUMULATIVE, k=length))
    return text[0].upper() + text[1:]


def _title(chance: random.Random) -> str:
    return _run(chance, 9)


def _paragraph(chance: random.Random) -> str:
    """About sixty words."""
    watched = f"{chance.choice(_WATCHED)} " if chance.random() < WATCHED_SHARE else ""
    place = _run(chance, 1)
    return f"{place} - {_run(chance, 22)}. {watched}{_run(chance, 18)}, {_run(chance, 3)} said. {_run(chance, 16)}."


def _markup(item: Item, site: str) -> str:
    """The text as publishers wrap it: paragraphs, a link, a picture."""
    head, _, rest = item.text.partition(". ")
    return (
        f'<p><img src="{site}/img/{item.key}.jpg" alt="" width="480" height="320"/>{head}.</p>'
        f'<p>{rest} <a href="{site}/{item.key}?ref=feed">Read on</a></p>'
    )


def _rss(number: int, items: Iterable[Item]) -> str:
    site = f"https://outlet{number}.example"
    parts = [
        f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel><title>Outlet {number}</title>'
        f"<link>{site}/</link><description>News from outlet {number}</description><language>en</language>\n"
    ]
    parts += [
        f"<item><title>{escape(item.title)}</title><link>{site}/{item.key}</link>"
        f'<guid isPermaLink="false">{item.key}</guid><pubDate>{format_datetime(item.at)}</pubDate>'
        f"<description>{escape(_markup(item, site))}</description></item>\n"
        for item in items
    ]
    return "".join([*parts, "</channel></rss>\n"])


def _atom(number: int, items: Iterable[Item]) -> str:
    site = f"https://outlet{number}.example"
    parts = [
        f'<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">'
        f'<title>Outlet {number}</title><link href="{site}/"/><id>{site}/</id><updated>2026-01-01T00:00:00Z</updated>\n'
    ]
    parts += [
        f'<entry><title>{escape(item.title)}</title><link href="{site}/{item.key}"/><id>{item.key}</id>'
        f"<published>{item.at.isoformat()}</published><updated>{item.at.isoformat()}</updated>"
        f'<content type="html">{escape(_markup(item, site))}</content></entry>\n'
        for item in items
    ]
    return "".join([*parts, "</feed>\n"])
