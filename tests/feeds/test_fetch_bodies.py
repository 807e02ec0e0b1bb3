"""What a server packs comes out whole, within its bound."""

import gzip
import tracemalloc
import zlib

import pytest

from monitor.errors import FetchReason
from monitor.model import Fetched
from tests.fakes.http import (
    Scripted,
    respond,
)
from tests.feeds.fetching import FEED, failure, fetch


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ("Content-Encoding: gzip", gzip.compress(FEED, mtime=0)),
        ("Content-Encoding: x-gzip", gzip.compress(FEED, mtime=0)),
        ("Content-Encoding: gzip", gzip.compress(FEED[:20], mtime=0) + gzip.compress(FEED[20:], mtime=0)),
        ("Content-Encoding: gzip", gzip.compress(FEED, mtime=0) + b"\0" * 20),
        ("Content-Encoding: gzip", zlib.compress(FEED)),
        ("", gzip.compress(FEED, mtime=0)),
        ("Content-Encoding: identity", FEED),
        ("Content-Encoding: gzip", b""),
    ],
)
def test_bodies_are_decoded(server: Scripted, headers: str, body: bytes) -> None:
    """As it says, in several members, padded, or compressed without saying so."""
    answer = fetch(server.script("/feed", respond(headers=headers, body=body)))
    assert isinstance(answer, Fetched)
    assert answer.body == (FEED if body else b"")


def test_a_full_step_of_the_decoder_loses_nothing(server: Scripted) -> None:
    """Sizes at the decoder's own step come out whole."""
    for size in (65_535, 65_536, 65_537, 131_072):
        answer = fetch(
            server.script("/feed", respond(headers="Content-Encoding: gzip", body=gzip.compress(b"a" * size)))
        )
        assert isinstance(answer, Fetched)
        assert len(answer.body) == size


def test_a_wrong_label_is_tried_once_more_without_compression(server: Scripted) -> None:
    """Some servers say gzip and send something else; asked for plain bytes they send them."""
    url = server.script("/feed", respond(headers="Content-Encoding: gzip", body=FEED), respond(body=FEED))
    answer = fetch(url)
    assert isinstance(answer, Fetched)
    assert answer.body == FEED
    assert server.asked[1].headers["accept-encoding"] == b"identity"
    assert len(server.asked) == 2


def test_a_bomb_costs_its_bound_and_no_more(server: Scripted) -> None:
    """A few kilobytes that unpack to a hundred megabytes are dropped at the bound, while they stream."""
    bomb = gzip.compress(b"\0" * 100_000_000)
    url = server.script("/feed", respond(headers="Content-Encoding: gzip", body=bomb))
    tracemalloc.start()
    error = failure(url, bytes_max=2_000_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert error.reason is FetchReason.TOO_LARGE
    assert peak < 12_000_000
