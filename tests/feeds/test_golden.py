"""Feeds of our own writing, shaped like the real ones that trip parsers, and what they say."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.errors import ParseError, ParseReason
from monitor.feeds.parse import parse_feed
from monitor.model import Entry, ParsedFeed

FOLDER = Path(__file__).parent.parent / "data" / "feeds"
NOW = datetime(2026, 3, 3, tzinfo=UTC)
LONG = (
    "A long first sentence without a title says what happened at the harbour, "
    "and it goes on for more than a hundred characters."
)


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """A time of 2026."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def entry(entry_id: str, title: str, link: str = "", **rest: object) -> Entry:
    """An entry with what a feed says of it."""
    return Entry(id=entry_id, title=title, link=link, **rest)  # type: ignore[arg-type]  # a table, checked by equality


def feed(
    road: str, title: str, link: str, *entries: Entry, language: str | None = None, ttl_s: int | None = None
) -> ParsedFeed:
    """A feed as it should be read."""
    return ParsedFeed(title, link, entries, language, ttl_s, road)


SMILES = (
    entry("s-1", "Cup won 🏆 at last", "https://smile.example/1", summary="Joy 😀 in the streets"),
    entry("s-2", "Boats 🔥 race", "https://smile.example/2", summary="Sails \ufffd⛵ and ⛵"),
    entry(
        "s-3",
        "Half \ufffd and none \ufffd\ufffd\ufffd left",
        "https://smile.example/3?a=1&b=2",
        summary="Fish & chips & peas",
    ),
)
EXPECTED = {
    "surrogate_references.xml": feed("fast", "Smile 😀", "https://smile.example/", *SMILES),
    "surrogate_references_broken.xml": feed(
        "tolerant",
        "Smile 😀",
        "https://smile.example/",
        *SMILES,
        entry("", "Still here", "https://smile.example/4"),
    ),
    "rdf.xml": feed(
        "fast",
        "Harbour Gazette",
        "https://harbour.example/",
        entry(
            "https://harbour.example/a",
            "Ferry returns to service",
            "https://harbour.example/a",
            published=at(3, 1, 6, 30),
            updated=at(3, 1, 6, 30),
            author="Ida Quay",
            summary="The morning ferry sails again.",
            tags=("Ferries",),
        ),
        language="en",
        ttl_s=1800,
    ),
    "rss090.xml": feed(
        "tolerant",
        "Old Wire",
        "https://old.example/",
        entry("", "First", "https://old.example/1"),
        entry("", "Second", "https://old.example/2"),
    ),
    "atom03.xml": feed(
        "fast",
        "Der <Bote>",
        "https://bote.example/",
        entry(
            "tag:bote.example,2026:1",
            "Brücke gesperrt",
            "https://bote.example/bruecke",
            published=at(3, 1, 7),
            updated=at(3, 1, 8),
            author="Jo Steg",
            summary="Bis Mai.",
            content="Bis Mai.",
        ),
        language="de",
    ),
    "atom.xml": feed(
        "fast",
        "Valley Observer",
        "https://valley.example/",
        entry(
            "urn:valley:1",
            "Why x <b> y matters",
            "https://valley.example/1",
            published=at(3, 2, 8),
            updated=at(3, 2, 10),
            author="Una Dale",
            summary="Less < more",
            content="First.\nSecond & last.",
            source="Hill Post",
            source_url="https://hill.example/",
            tags=("Mathematics",),
        ),
        entry(
            "urn:valley:2",
            "Dawn over the valley",
            "https://valley.example/2",
            published=at(3, 2, 9),
            updated=at(3, 2, 9),
            summary="Fog lifts",
        ),
        language="en-GB",
    ),
    "relative.xml": feed(
        "tolerant",
        "Based",
        "https://base.example/",
        entry(
            "https://base.example/news/2026/b1",
            "Deep",
            "https://base.example/news/2026/one.html",
            published=at(3, 2, 9),
            updated=at(3, 2, 9),
        ),
        entry(
            "https://base.example/news/b2",
            "Shallow",
            "https://base.example/news/two.html",
            published=at(3, 2, 9),
            updated=at(3, 2, 9),
        ),
    ),
    "rss.xml": feed(
        "fast",
        "City & Coast",
        "https://city.example/",
        entry(
            "city-1",
            'Mayor: "No new tolls" & more',
            "https://city.example/tolls",
            published=at(3, 2, 15),
            author="Al Reeve",
            summary="Drivers cheer.",
            content="Drivers cheer.\nThe council votes in May.",
            source="The Coast",
            source_url="https://coast.example/rss",
            tags=("Traffic",),
            guid="city-1#2",
        ),
        entry("city-2", LONG[:100] + "…", "https://here.example/relative", summary=LONG),
        entry("https://city.example/only-guid", "Only a guid", "https://city.example/only-guid"),
        entry("city-4", "Sound", "https://cdn.example/4.mp3"),
        language="en-us",
        ttl_s=900,
    ),
    "duplicate_guids.xml": feed(
        "fast",
        "Twins",
        "https://twins.example/",
        entry("same|https://twins.example/1", "One", "https://twins.example/1", guid="same"),
        entry("same|https://twins.example/2", "Two", "https://twins.example/2", guid="same"),
        entry("https://twins.example/live#1", "Page part 1", "https://twins.example/live"),
        entry("https://twins.example/live#2", "Page part 2", "https://twins.example/live"),
        entry("constant|https://twins.example/|Alpha", "Alpha", "https://twins.example/", guid="constant"),
        entry("constant|https://twins.example/|Beta", "Beta", "https://twins.example/", guid="constant"),
    ),
    "windows1252_as_utf8.xml": feed(
        "fast", "Café “Ouest”", "https://ouest.example/", entry("", "L’été à Orléans – déjà", "https://ouest.example/1")
    ),
    "utf8_as_latin1.xml": feed(
        "fast", "Süd", "https://sued.example/", entry("", "Größe zählt", "https://sued.example/1")
    ),
    "koi8.xml": feed("fast", "Вести", "https://vesti.example/", entry("", "Мост открыт", "https://vesti.example/1")),
    "utf16.xml": feed(
        "fast", "Wide", "https://wide.example/", entry("", "Sixteen bits — fine", "https://wide.example/1")
    ),
    "bom_and_space.xml": feed(
        "fast", "Late start", "https://late.example/", entry("", "After a blank line", "https://late.example/1")
    ),
    "truncated.xml": feed(
        "tolerant",
        "Cut",
        "https://cut.example/",
        entry("https://cut.example/1", "Whole", "https://cut.example/1"),
        entry("https://cut.example/2", "Also whole", "https://cut.example/2"),
    ),
    "bare_ampersand.xml": feed(
        "tolerant", "R&D", "https://rd.example/", entry("", "Fish & chips today", "https://rd.example/?a=1&b=2")
    ),
    "entity_bomb.xml": feed(
        "tolerant", "Bomb", "https://bomb.example/", entry("", "Before", "https://bomb.example/1", summary="&g;&g;&g;")
    ),
    "external_entity.xml": feed(
        "tolerant", "Thief", "https://thief.example/", entry("", "Secrets: &x;", "https://thief.example/1")
    ),
    "feed11.json": feed(
        "json",
        "Island Notes",
        "https://island.example/",
        entry(
            "n1",
            "Phare <3 rallumé",
            "https://island.example/1",
            published=at(3, 1, 7),
            updated=at(3, 1, 8),
            author="Lou, Max",
            summary="Enfin",
            content="Enfin.\nLa nuit.",
            tags=("mer",),
        ),
        entry("7", "a < b, and no title", "https://else.example/7", content="a < b, and no title"),
        entry("", "Untitled"),
        language="fr",
    ),
    "feed10.json": feed(
        "json",
        "Old Notes",
        "https://old-notes.example/",
        entry("https://old-notes.example/1", "Hello", "https://old-notes.example/1", author="Ann", content="Hello"),
    ),
}
REFUSED = {"page.xml": ParseReason.HTML, "sitemap.xml": ParseReason.NOT_A_FEED}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_feed_is_read_as_its_author_meant_it(name: str) -> None:
    """Every field of every entry, for each shape of feed that has tripped a parser."""
    assert (
        parse_feed((FOLDER / name).read_bytes(), base_url="https://here.example/feeds/x.xml", now=NOW) == EXPECTED[name]
    )


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_no_feed_is_refused_with_its_reason(name: str) -> None:
    """A page or another kind of XML is not taken for a feed without entries."""
    with pytest.raises(ParseError) as caught:
        parse_feed((FOLDER / name).read_bytes())
    assert caught.value.reason is REFUSED[name]


def test_no_fixture_is_left_out() -> None:
    """A feed in the folder that no table names would protect nothing."""
    assert {path.name for path in FOLDER.iterdir()} == set(EXPECTED) | set(REFUSED)
