"""Bodies come in any pieces, compressed in any way, and never grow past their bounds."""

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import FetchError, FetchReason
from monitor.feeds.body import MEMBERS_MAX, PIECES_MAX, Body
from tests.costs import at_most

FEED = b"<rss version='2.0'>" + b"news " * 50 + b"</rss>"


def read(*pieces: bytes, is_gzip: bool = False, bytes_max: int = 100_000) -> bytes:
    """The body that comes in these pieces."""
    body = Body(bytes_max, "https://example.org/rss", is_gzip=is_gzip)
    for piece in pieces:
        body.add(piece)
    return body.finish()


@settings(max_examples=100, deadline=None)
@given(
    data=st.data(),
    is_labelled=st.booleans(),
    members=st.integers(1, 4),
    padding=st.sampled_from([b"", b"\0\0", b"\x1f"]),
)
def test_pieces_do_not_matter(data: st.DataObject, is_labelled: bool, members: int, padding: bytes) -> None:
    """The mark of a member may be cut in the middle: nothing is lost, whatever a network makes of the body."""
    wire = b"".join(gzip.compress(FEED) for _ in range(members)) + padding
    marks = [0, 1, *(len(gzip.compress(FEED)) * n + d for n in range(1, members + 1) for d in (-1, 0, 1))]
    cuts = sorted(data.draw(st.sets(st.integers(0, len(wire)) | st.sampled_from(marks), max_size=8)))
    pieces = [wire[a:b] for a, b in zip([0, *cuts], [*cuts, len(wire)], strict=True)]
    assert read(*pieces, is_gzip=is_labelled) == FEED * members


def test_one_byte_that_only_begins_like_compression_is_kept() -> None:
    """A body may be that short, or go on otherwise."""
    assert read(b"\x1f") == b"\x1f"
    assert read(b"\x1f", b"<rss/>") == b"\x1f<rss/>"
    assert read() == b""


def test_what_follows_the_padding_is_no_body() -> None:
    """However it is cut."""
    wire = gzip.compress(FEED)
    assert read(wire, b"\0", wire, is_gzip=True) == FEED
    assert read(wire + b"\0" + wire, is_gzip=True) == FEED


@pytest.mark.parametrize("cut", [1, 5, 12, -9, -1])
def test_a_cut_body_is_damaged(cut: int) -> None:
    """Half a feed that looks whole would be worse."""
    with pytest.raises(FetchError) as caught:
        read(gzip.compress(FEED)[:cut], is_gzip=True)
    assert caught.value.reason is FetchReason.BAD_ENCODING


def test_many_tiny_members_are_refused_before_they_cost() -> None:
    """A decoder for each twenty bytes takes seconds for a body within its bound."""
    wire = gzip.compress(b"", mtime=0) * 200_000
    with at_most(50), pytest.raises(FetchError) as caught:
        read(*(wire[at : at + 65_536] for at in range(0, len(wire), 65_536)), is_gzip=True, bytes_max=5_000_000)
    assert caught.value.reason is FetchReason.BAD_ENCODING
    assert str(MEMBERS_MAX) in str(caught.value)


def test_a_body_byte_by_byte_is_refused() -> None:
    """Each piece costs the loop some microseconds."""
    body = Body(10_000_000, "https://example.org/rss", is_gzip=False)
    for _ in range(PIECES_MAX):
        body.add(b"x")
    with pytest.raises(FetchError) as caught:
        body.add(b"x")
    assert caught.value.reason is FetchReason.TOO_LARGE


def test_bounds_are_exact() -> None:
    """As large as allowed is allowed."""
    assert len(read(b"x" * 100_000)) == 100_000
    assert len(read(gzip.compress(b"x" * 100_000), is_gzip=True)) == 100_000
    for wire, is_gzip in ((b"x" * 100_001, False), (gzip.compress(b"x" * 100_001), True)):
        with pytest.raises(FetchError):
            read(wire, is_gzip=is_gzip)
