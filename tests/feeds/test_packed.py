"""What a visit brought comes out of its bytes as it went in, and nothing else is taken for it."""

import zlib
from datetime import UTC, datetime, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.feeds import packed
from monitor.feeds.packed import PackError, pack_polled, unpack_polled
from monitor.model import Entry, Feed, FeedId, Fetched, ParsedFeed, Polled, PollOutcome

FEED = Feed(FeedId(7), "Outlet", "https://outlet.example/rss")
TEXT = st.text(st.characters(), max_size=12) | st.just("\ud83d alone \udc00\x00")
MAYBE = st.none() | TEXT
TIMES = st.datetimes(timezones=st.sampled_from([UTC, timezone.max]))
COUNTS = st.integers(0, 2**40)
_ENTRIES: dict[str, st.SearchStrategy[Any]] = {
    "id": TEXT,
    "title": TEXT,
    "link": TEXT,
    "published": st.none() | TIMES,
    "updated": st.none() | TIMES,
    "author": TEXT,
    "summary": TEXT,
    "content": TEXT,
    "source": TEXT,
    "source_url": TEXT,
    "language": MAYBE,
    "tags": st.lists(TEXT, max_size=3).map(tuple),
    "guid": TEXT,
}
ENTRIES = st.builds(Entry, **_ENTRIES)
_PARSED: dict[str, st.SearchStrategy[Any]] = {
    "title": TEXT,
    "link": TEXT,
    "entries": st.lists(ENTRIES, max_size=3).map(tuple),
    "language": MAYBE,
    "ttl_s": st.none() | COUNTS,
    "road": TEXT,
    "skip_times": TEXT,
}
PARSED = st.builds(ParsedFeed, **_PARSED)
_FETCHED: dict[str, st.SearchStrategy[Any]] = {
    "body": st.just(b""),
    "final_url": TEXT,
    "status": st.integers(100, 599),
    "etag": MAYBE,
    "last_modified": MAYBE,
    "content_type": TEXT,
    "charset": MAYBE,
    "min_wait_s": st.none() | st.floats(allow_nan=False, allow_infinity=False),
    "permanent_url": MAYBE,
}
FETCHED = st.builds(Fetched, **_FETCHED)
_VISITS: dict[str, st.SearchStrategy[Any]] = {
    "feed": st.just(FEED),
    "outcome": st.sampled_from(PollOutcome),
    "polled_at": TIMES,
    "fetched": FETCHED,
    "parsed": PARSED,
    "body_hash": st.none() | st.binary(max_size=20),
    "entries_hash": st.none() | st.binary(max_size=20),
    "bytes_read": COUNTS,
    "elapsed_ms": COUNTS,
}
VISITS = st.builds(Polled, **_VISITS)
VISIT = Polled(
    FEED,
    PollOutcome.NEW,
    datetime(2026, 3, 14, 9, 0, tzinfo=UTC),
    fetched=Fetched(b"", FEED.url, 200),
    parsed=ParsedFeed("Outlet", "https://outlet.example", (Entry("1", "A title", "https://outlet.example/1"),)),
    body_hash=b"\x00\xff",
)


@settings(max_examples=60, deadline=None)
@given(VISITS)
def test_it_comes_out_as_it_went_in(visit: Polled) -> None:
    """Whatever a publisher writes, half of a surrogate pair too, and whatever is not there."""
    assert unpack_polled(pack_polled(visit), FEED) == visit


def test_every_field_is_drawn() -> None:
    """A field that is added to the model is packed too, or is named here with the reason."""
    of_failures_or_of_who_unpacks = {"error", "is_offline", "held_as"}
    assert set(_VISITS) | of_failures_or_of_who_unpacks == set(Polled.__struct_fields__)
    assert set(_FETCHED) == set(Fetched.__struct_fields__)
    assert set(_PARSED) == set(ParsedFeed.__struct_fields__)
    assert set(_ENTRIES) == set(Entry.__struct_fields__)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_damaged_bytes_are_refused(data: st.DataObject) -> None:
    """One byte that is another, or an end that is missing, is a `PackError` and never another visit."""
    good = pack_polled(VISIT)
    place = data.draw(st.integers(0, len(good) - 1))
    bad = bytearray(good)
    bad[place] ^= data.draw(st.integers(1, 255))
    for body in (bytes(bad), good[:place], good[place:][1:]):
        with pytest.raises(PackError):
            unpack_polled(body, FEED)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"version": 0}',
        b'{"version": 1}',
        b'{"version": 1, "parsed": {"entries": [7]}}',
        b'{"version": 1, "parsed": {"entries": [{"id": 1, "unknown": 2}]}}',
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_what_another_version_wrote_is_refused(said: bytes) -> None:
    """Also what is deep, or no text at all."""
    with pytest.raises(PackError):
        unpack_polled(zlib.compress(said), FEED)


def test_what_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than the bound is ever unpacked."""
    monkeypatch.setattr(packed, "UNPACKED_BYTES_MAX", 1_000)
    assert unpack_polled(pack_polled(VISIT), FEED) == VISIT
    bomb = zlib.compress(b" " * 5_000_000 + b"{}")
    with pytest.raises(PackError):
        unpack_polled(bomb, FEED)
