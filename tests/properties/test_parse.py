"""Whatever the bytes, `parse_feed` gives a feed within its bounds or a `ParseError`."""

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import astuple, replace

from monitor.errors import ParseError
from monitor.feeds.dates import possible, read_date
from monitor.feeds.decode import decode_body, repair_references
from monitor.feeds.entries import ENTRIES_MAX, TAGS_MAX, TEXT_CHARS_MAX, RawEntry, RawFeed, finish_feed, resolve
from monitor.feeds.parse import parse_feed
from monitor.feeds.wire import pack_answer, unpack_answer
from monitor.model import ParsedFeed

FEEDS = [path.read_bytes() for path in sorted((Path(__file__).parent.parent / "data" / "feeds").iterdir())]
PIECES = st.sampled_from(
    [
        b"<item>",
        b"</item>",
        b"<entry>",
        b"&#x0;",
        b"&#xD800;",
        b"&#55357;&#56832;",
        b"&#99999999;",
        b"]]>",
        b"<![CDATA[",
        b"\x00",
        b"\xff",
        b"<!--",
        b"&a;",
        b'<a xml:base="http://[">',
        b"<link>http://[::1</link>",
        b"<pubDate>99 Xyz 9999 99:99</pubDate>",
        b"{",
        b"\x1b$B",
        b"\\ud83d",
        b"\\udc00<b>",
        b"\\u0000",
        b"&#1;",
    ]
)


@st.composite
def damaged_feeds(draw: st.DrawFn) -> bytes:
    """One of our feeds with a few cuts, repeats and hostile pieces."""
    body = draw(st.sampled_from(FEEDS))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(body)))
        end = min(len(body), at + draw(st.integers(0, 60)))
        body = body[:at] + draw(st.one_of(PIECES, st.binary(max_size=8), st.just(body[at:end] * 2))) + body[end:]
    return body


def assert_storable(feed: ParsedFeed) -> None:
    """Every text of the feed and its entries is UTF-8 without NUL, as the databases ask."""
    entries = [text for entry in feed.entries for text in astuple(entry)]
    tags = [tag for entry in feed.entries for tag in entry.tags]
    for text in (*astuple(replace(feed, entries=())), *entries, *tags):
        if isinstance(text, str):
            assert "\x00" not in text
            text.encode("utf-8")


def check(body: bytes, charset: str | None = None) -> None:
    """Parse, and hold the result to its bounds."""
    try:
        feed = parse_feed(body, base_url="https://here.example/feed", charset=charset)
    except ParseError:
        return
    assert len(feed.entries) <= ENTRIES_MAX
    assert_storable(feed)
    for entry in feed.entries:
        assert entry.title
        assert entry.link == "" or entry.link.startswith(("http://", "https://"))
        assert len(entry.text) <= TEXT_CHARS_MAX
        assert len(entry.tags) <= TAGS_MAX
    assert unpack_answer(pack_answer(feed, is_last=False)) == (False, feed)


@settings(max_examples=150, deadline=None)
@given(
    damaged_feeds(), st.sampled_from([None, "utf-8", "latin-1", "utf-7", "unicode_escape", "koi8-r", "\x00", "idna"])
)
def test_a_damaged_feed_is_a_feed_or_a_parse_error(body: bytes, charset: str | None) -> None:
    """No damage, charset or hostile piece makes anything but an entry within its bounds, or our own error."""
    check(body, charset)


HOSTILE = st.text(
    st.sampled_from(["\x00", "\x01", "\x1f", "\x85", "\ud83d", "\ude00", "\ufeff", "<", "&", "#", "b", "é", "\n"]),
    max_size=8,
)
ADDRESSES = st.builds("{}://x.example/{}".format, st.sampled_from(["http", "https", ""]), HOSTILE) | HOSTILE
ITEMS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(["title", "content_html", "content_text", "summary", "language", "date_published"], HOSTILE),
        **dict.fromkeys(["url", "external_url"], ADDRESSES),
        "id": ADDRESSES | st.just("same"),
        "authors": st.lists(st.fixed_dictionaries({"name": HOSTILE}), max_size=2),
        "attachments": st.lists(st.fixed_dictionaries({"url": ADDRESSES}), max_size=2),
        "tags": st.lists(HOSTILE, max_size=3),
    },
)


@settings(max_examples=150, deadline=None)
@given(HOSTILE, ADDRESSES, st.lists(ITEMS, max_size=4))
def test_whatever_json_can_name_can_be_stored(title: str, home: str, items: list[dict[str, object]]) -> None:
    """JSON can name halves of characters and NUL in every field; none reaches the database, and no feed is lost."""
    body = json.dumps({"title": title, "home_page_url": home, "language": title, "items": items}).encode()
    feed = parse_feed(body, base_url="https://here.example/feed")
    assert len(feed.entries) == len(items)
    assert_storable(feed)


RAW = st.builds(
    RawEntry,
    **dict.fromkeys(["title", "author", "summary", "content", "source", "language"], HOSTILE),
    **dict.fromkeys(["link", "source_url"], ADDRESSES),
    id=ADDRESSES | st.just("same"),
    other_links=st.lists(ADDRESSES, max_size=2),
    tags=st.lists(HOSTILE, max_size=3),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(RAW, max_size=4), HOSTILE, ADDRESSES)
def test_whatever_a_parser_finds_can_be_stored(entries: list[RawEntry], title: str, link: str) -> None:
    """No road has to clean: what any parser hands over is made fit to store in one place, links and ids included."""
    raw = RawFeed(road="fast", title=title, link=link, language=title, entries=entries)
    assert_storable(finish_feed(raw, base_url="", now=None))


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_feed_or_a_parse_error(body: bytes) -> None:
    """Noise, alone and behind the beginning of a feed, raises nothing but our own error."""
    for start in (
        b"",
        b"<rss><channel><item><title>",
        b'{"items": [',
        b"<?xml version='1.0' encoding='utf-16'?><feed>",
    ):
        check(start + body)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_date_or_none(text: str) -> None:
    """Whatever stands where a date should be costs no entry; a date is always aware and in UTC."""
    found = possible(read_date(text), None)
    assert found is None or (found.utcoffset() is not None and found.year >= 1990)


DIGITS = st.text(st.sampled_from("0123456789-:+.TWZ "), max_size=8)
ISO_DATES = st.datetimes().map(lambda at: f"{at.replace(microsecond=0).isoformat()}+00:00")


@settings(max_examples=150, deadline=None)
@given(ISO_DATES, st.integers(0, 25), DIGITS)
def test_a_plain_date_means_the_same_by_the_short_way(text: str, at: int, piece: str) -> None:
    """White space before a date says nothing, and makes it take the long way."""
    text = (text[:at] + piece + text[at + len(piece) :])[:25]
    assert read_date(text) == read_date(f" {text}")


URL_PIECES = st.sampled_from(
    ["http://", "https://", "//", "/", "a.example", "A-b", ".", ":80", "@", "[", "]", "?", "#", "%", "é"]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(URL_PIECES | HOSTILE, max_size=6).map("".join), st.sampled_from(["", "https://here.example/feed"]))
def test_a_plain_address_means_the_same_by_the_short_way(url: str, base_url: str) -> None:
    """White space before an address says nothing, and makes it take the long way."""
    assert resolve(url, base_url) == resolve(f" {url}", base_url)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_repairing_twice_changes_nothing(xml: bytes) -> None:
    """What was mended once is sound: a repaired body is never mended into something else."""
    once = repair_references(xml)
    assert repair_references(once) == once


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=100))
def test_valid_utf8_is_read_as_such(text: str) -> None:
    """A declaration never turns valid UTF-8 into something else."""
    body = b"<x>" + text.replace("\x1b", "").encode("utf-8", "ignore")
    assert decode_body(body, "windows-1251").encode("utf-8") == body


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.builds(
            RawEntry,
            id=st.sampled_from(["", "a", "a#1", "a#2", "b#1"]),
            link=st.sampled_from(["", "http://x/1", "http://x/2"]),
            title=st.sampled_from(["s", "t"]),
        ),
        max_size=6,
    )
)
def test_entries_that_differ_have_ids_that_differ(entries: list[RawEntry]) -> None:
    """Two entries of one feed share an id only when the feed gives them the same id, link and title, or no id."""
    feed = finish_feed(RawFeed(road="fast", entries=entries), base_url="", now=None)
    named = [
        (found.id, (raw.id, raw.link, raw.title)) for found, raw in zip(feed.entries, entries, strict=True) if raw.id
    ]
    assert len({found for found, _ in named}) == len({raw for _, raw in named})
