"""Whatever bytes and addresses there are, nothing but our own error comes of a fetch."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import FetchError
from monitor.feeds.guard import Guard
from tests.fakes.http import (
    serve_scripts,
)
from tests.feeds.fetching import OWN, fetch

_NAMES = (
    b"Location|ETag|Expires|Retry-After|Content-Type|Cache-Control|Content-Encoding|Content-Length|Transfer-Encoding"
    b"|Date|Age|"
).split(b"|")
_VALUES = (
    b"http://[|http://a:b/|http://\xff/|//|?|mailto:x|http://127.0.0.1:70000/|chunked|gzip|max-age=nan|max-age=-1|inf"
    b"|1e400|text/xml; charset*=x''%ff|Mon, 01 Jan 0001 00:00:00 +1400|Fri, 31 Dec 9999 23:59:59 -2359|Fri, 99 Dec 9999"
).split(b"|")
_LINES = [b"200 OK", b"301 x", b"302", b"304 ", b"999 x", b"429 y", b"-1 z", b"200 \xff"]


@st.composite
def odd_answers(draw: st.DrawFn) -> bytes:
    """Bytes that look like an answer from afar."""
    headers = draw(
        st.lists(st.tuples(st.sampled_from(_NAMES), st.binary(max_size=30) | st.sampled_from(_VALUES)), max_size=4)
    )
    lines = [b"HTTP/1.1 " + draw(st.sampled_from(_LINES)), *(name + b": " + value for name, value in headers)]
    return b"\r\n".join([*lines, b"", draw(st.binary(max_size=60))])


@settings(max_examples=60, deadline=None)
@given(answer=st.binary(max_size=200) | odd_answers())
def test_nothing_but_our_own_error_comes_out(answer: bytes) -> None:
    """Whatever bytes a server answers with."""
    with serve_scripts() as random:
        url = random.script("/feed", answer)
        with contextlib.suppress(FetchError):
            fetch(url, etag="x", exchange_s=1.0)


@settings(max_examples=60, deadline=None)
@given(
    url=st.text(max_size=40)
    | st.text(max_size=40).map(lambda text: f"http://127.0.0.1:1/{text}")
    | st.text(alphabet="htps:/@[]%.\\#?0aé\u3002\udc80\x00 ", max_size=20).map(lambda text: f"http://{text}")
)
def test_nothing_but_our_own_error_comes_of_any_address(url: str) -> None:
    """Addresses are written by people and by feeds."""

    def unknown(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(FetchError):
        fetch(url, guard=Guard(OWN, resolve=unknown), exchange_s=1.0)
