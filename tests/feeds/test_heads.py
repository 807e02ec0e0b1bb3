"""What is written and read past the HTTP library is what the library would have written and read."""

import socket
import threading

import h11
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.errors import FetchReason
from monitor.feeds.heads import HEAD_BYTES_MAX, get_head, may_be_unchanged, read_unchanged
from monitor.model import Fetched, NotModified
from tests.fakes.http import serve_scripts
from tests.feeds.fetching import failure, fetch

_NAMES = st.sampled_from([b"ETag", b"etag", b"X-A", b"Content-Length", b"Transfer-Encoding", b"Host", b"bad name", b""])
_VALUES = st.sampled_from(
    [b"0", b"12", b"", b"a b", b" a", b"a\r\nX: y", b"a\x00", b"\xe9", b"a\tb", b"chunked", b"\x0b"]
)
_HEADERS = st.lists(st.tuples(_NAMES, _VALUES), max_size=4)
_ENDS = st.sampled_from([b"\r\n", b"\n", b"\r", b"\r\n "])


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([b"/", b"/a?b=c", b"/a b", b"", b"*", b"/\xe9"]), _HEADERS)
def test_a_question_is_the_librarys_own(target: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    """Byte for byte; what the library refuses is not written."""
    ours = get_head(target, b"a.example:81", headers)
    if ours is None:
        return
    asked = h11.Request(method=b"GET", target=target, headers=[(b"Host", b"a.example:81"), *headers])
    assert h11.Connection(h11.CLIENT).send(asked) == ours


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from([b"HTTP/1.1 304 Yes", b"HTTP/1.0 304", b"HTTP/1.1 3041", b"HTTP/1.1 304 \0", b"HTTP/1.1 200"]),
    _HEADERS,
    st.lists(_ENDS, min_size=6, max_size=6),
)
@example(b"HTTP/1.1 304 Not Modified", [(b"ETag", b'"a"')], [b"\r\n"] * 6)
def test_an_answer_is_read_as_the_library_reads_it(
    first: bytes, headers: list[tuple[bytes, bytes]], ends: list[bytes]
) -> None:
    """The same status and headers; where the library sees a fault, nothing is read here."""
    lines = [first, *(b"%b: %b" % pair for pair in headers), b""]
    came = b"".join(line + end for line, end in zip(lines, ends, strict=False))
    ours = read_unchanged(came)
    if ours is None:
        return
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method=b"GET", target=b"/", headers=[(b"Host", b"a")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(came)
    answer = connection.next_event()
    assert isinstance(answer, h11.Response)
    assert answer.status_code == 304
    once = dict.fromkeys(pair for pair in ours if pair[0].lower() == b"content-length")
    others = [pair for pair in ours if pair not in once]
    assert [pair for pair in answer.headers.raw_items() if pair not in once] == others


def test_a_usual_304_is_read_without_the_library() -> None:
    """As servers write it; more is waited for only while its end has not come."""
    came = b'HTTP/1.1 304 Not Modified\r\nServer: nginx\r\nETag: W/"5"\r\ncontent-length: 0\r\n\r\n'
    assert read_unchanged(came) == [(b"Server", b"nginx"), (b"ETag", b'W/"5"'), (b"content-length", b"0")]
    assert may_be_unchanged(came[:-1])
    assert not may_be_unchanged(came)
    assert not may_be_unchanged(came.replace(b"\r\n", b"\n"))
    assert not may_be_unchanged(b"HTTP/1.1 304 " + b"a" * HEAD_BYTES_MAX)
    assert not may_be_unchanged(b"HTTP/1.1 200 OK\r\n")


def test_answers_in_pieces_and_odd_ones_are_taken_all_the_same() -> None:
    """A head that comes in two parts, one that ends its lines by half, a body behind a 304, no answer at all."""
    unchanged = b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nCache-Control: max-age=60\r\n\r\n'

    def in_pieces(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(unchanged[:30])
        over.wait(0.02)
        connection.sendall(unchanged[30:])

    with serve_scripts() as server:
        server.script("/pieces", in_pieces)
        server.script("/half", unchanged.replace(b"\r\n", b"\n"))
        server.script("/more", unchanged + b"what is this?")
        server.script("/length", unchanged.replace(b"Cache-Control: max-age=60", b"Content-Length: 9"))
        server.script("/early", b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\nhere")
        server.script("/none", b"")
        server.script("/torn", unchanged[:30])
        for path in ("/pieces", "/half", "/more", "/length"):
            answer = fetch(server.url(path), etag='"1"')
            assert isinstance(answer, NotModified), path
            assert answer.etag == '"1"'
        early = fetch(server.url("/early"), etag='"1"')
        assert isinstance(early, Fetched)
        assert early.body == b"here"
        assert failure(server.url("/none")).reason is FetchReason.PROTOCOL
        assert failure(server.url("/torn")).reason is FetchReason.PROTOCOL
