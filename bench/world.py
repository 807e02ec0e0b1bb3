"""A thousand feeds of invented news, the same every time for the same start.

A third of the entries are wire texts that several outlets carry with small edits, and about one in forty speaks of
something a topic might watch, so that grouping and matching have real work. Round 0 is the first reading, round 1
shows the same bytes, and in round 2 every tenth feed has `NEW_ENTRIES` new entries at its top.

Effects: none.
"""

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


def _list(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.split("|"))


_WHO = _list(
    """ministers|officials|the opposition|fire crews|the coastguard|doctors|teachers|the central bank|prosecutors|
    the mayor|villagers|two airlines|the water board|union leaders|a court|engineers|the army|aid workers|
    researchers|the regulator|farmers|shipowners|the ambassador|local councils|the statistics office|residents|
    investors|the police|a museum|the league"""
)
_DID = _list(
    """said they would review|agreed to postpone|rejected|announced|called for|warned of|opened|closed|voted on|
    delayed|welcomed|questioned|published|cut|doubled|restored|lost|found|defended|abandoned|inspected|extended|
    challenged|ordered|described|ended|began|tested|confirmed|denied"""
)
_WHAT = _list(
    """the spring budget|a plan for cheaper tickets|the northern bypass|new rules for lenders|a vaccine for cattle|
    repairs to the old dam|a ban on night flights|talks on fishing rights|the sale of the steel works|the census|
    a trial of longer shifts|aid for flooded districts|the search for survivors|a bridge over the narrows|
    the harvest|its forecast for growth|the price of bread|an appeal against the verdict|the school holidays|
    plans for a wind farm|the border crossing|a list of missing persons|the draft treaty|a strike at the ports|
    the power cut|a second runway|higher fees for visitors|the pension fund|the rescue of two climbers|
    an archive of letters"""
)
_TAIL = _list(
    """after weeks of rain|despite protests|for the third time this year|in a letter to parliament|
    at a closed meeting|as temperatures fell|before the election|with support from neighbouring states|
    while markets were closed|according to two people present|in spite of a warning from experts|
    under pressure from tenants|on the anniversary of the flood|without giving a date|to the surprise of many|
    as tourists stayed away"""
)
_WATCHED = _list(
    """Hostage negotiations between the two sides resumed after a break, mediators said.|
    Mediators spoke of progress in talks to free the captives held since spring.|
    A tanker was attacked with a missile off the cape, the coastguard said.|
    Armed men seized a cargo ship in the strait and held its crew.|
    The central bank raised its interest rate to slow inflation.|
    An earthquake destroyed houses in the hill villages; rescue teams are on their way."""
)
_SYLLABLES = _list("bar|kel|mor|tan|vis|or|len|dru|sha|pell|ost|min|rav|el|gar|tis|hom|que|dan|lys")


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a feed."""

    key: str
    title: str
    text: str
    at: datetime


class World:
    """The feeds of every round, dated back from `start`."""

    def __init__(self, start: datetime, feeds: int = FEEDS) -> None:
        self.start = start
        self.feeds = feeds
        chance = random.Random("wire")
        self._wire = [(_title(chance), _paragraph(chance)) for _ in range(WIRE_STORIES)]

    def body(self, number: int, round_number: int) -> bytes:
        """The bytes of a feed in a round, newest entry first."""
        newest = ENTRIES + (NEW_ENTRIES if self.is_changed(number, round_number) else 0)
        items = [self._item(number, serial) for serial in range(newest, newest - ENTRIES, -1)]
        return (_atom if number % 4 == 3 else _rss)(number, items).encode()

    def is_changed(self, number: int, round_number: int) -> bool:
        """Whether a feed shows new entries in a round."""
        return round_number >= 2 and number % CHANGED_EVERY == 0

    def _item(self, number: int, serial: int) -> Item:
        """Entry `serial` of a feed; the first reading shows 1 to `ENTRIES`, later ones are new."""
        chance = random.Random(f"{number}/{serial}")
        if chance.random() < WIRE_SHARE:
            title, text = self._wire[chance.randrange(WIRE_STORIES)]
            text = text.replace("said", "told reporters", 1) if chance.random() < 0.5 else text
        else:
            title, text = _title(chance), _paragraph(chance)
        age = timedelta(minutes=60 + 47 * (ENTRIES - serial) if serial <= ENTRIES else 2 * (1 + NEW_ENTRIES))
        return Item(f"outlet{number}-{serial}", title, text, self.start - age)


def _name(chance: random.Random) -> str:
    return "".join(chance.choices(_SYLLABLES, k=chance.choice((2, 2, 3)))).capitalize()


def _clause(chance: random.Random) -> str:
    return f"{chance.choice(_WHO)} {chance.choice(_DID)} {chance.choice(_WHAT)}"


def _title(chance: random.Random) -> str:
    clause = _clause(chance)
    return f"{clause[0].upper()}{clause[1:]} in {_name(chance)}"


def _paragraph(chance: random.Random) -> str:
    """About sixty words."""
    first, second, speaker = _name(chance), _name(chance), f"{_name(chance)} {_name(chance)}"
    watched = f"{chance.choice(_WATCHED)} " if chance.random() < WATCHED_SHARE else ""
    sentences = (
        f"{first.upper()} - In {first}, {_clause(chance)} {chance.choice(_TAIL)}, {speaker} said.",
        f"{watched}Earlier {_clause(chance)} {chance.choice(_TAIL)}.",
        f"In {second}, {chance.randrange(3, 900)} people heard that {_clause(chance)}, and {_clause(chance)}.",
        f"The {_name(chance)} office said {_clause(chance)} {chance.choice(_TAIL)}.",
    )
    return " ".join(sentences)


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
