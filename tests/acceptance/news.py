"""Feeds of our own writing, and articles no two of which are alike."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

_TEXT = (
    "harbour council bridge river market school engine garden winter signal copper ladder window village station "
    "orchard lantern quarry meadow ferry archive kitchen tunnel barrel canvas pepper marble needle saddle timber "
    "velvet walnut anchor beacon candle drawer easel fabric gravel hammer island jacket kettle lemon mirror nickel "
    "oyster parcel quilt ribbon sandal teapot umbrella violin wagon yarn zinc almond basket carpet dolphin elbow"
)
_WORDS = _TEXT.split()


@dataclass(frozen=True, slots=True)
class Written:
    """One entry as its outlet wrote it."""

    title: str
    text: str
    link: str
    age_min: int = 5

    def as_rss(self) -> str:
        """The entry's element."""
        at = format_datetime(datetime.now(UTC) - timedelta(minutes=self.age_min))
        return (
            f"<item><title>{escape(self.title)}</title><link>{escape(self.link)}</link>"
            f"<guid>{escape(self.link)}</guid><pubDate>{at}</pubDate>"
            f"<description>{escape(self.text)}</description></item>"
        )


def write_rss(title: str, entries: Sequence[Written]) -> bytes:
    """A feed of these entries, in this order."""
    body = "".join(entry.as_rss() for entry in entries)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
        f"<title>{escape(title)}</title><link>https://{title.lower().replace(' ', '-')}.example/</link>"
        f"<description>Our own</description>{body}</channel></rss>"
    ).encode()


def invent(number: int, about: str = "", *, outlet: str = "wire.example") -> Written:
    """Article `number` of an outlet, always the same; it speaks of `about` and is like no other."""
    chance = random.Random(f"{outlet} {number}")
    words = chance.sample(_WORDS, 24)
    token = token_of(number)
    title = " ".join([*words[:4], about, token]).strip().capitalize()
    sentences = [" ".join(words[start : start + 5]).capitalize() + "." for start in range(4, 24, 5)]
    return Written(title, f"{' '.join(sentences)} {about} {token}.", f"https://{outlet}/{number}")


def token_of(number: int) -> str:
    """The word that only article `number` has, whatever the case it is written in."""
    return f"token{number:04d}x"
