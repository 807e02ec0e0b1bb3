"""One polite conditional GET, whatever the server does."""

import asyncio
import contextlib
import gzip
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import FetchError, FetchReason
from monitor.feeds.fetch import HOPS_MAX, Fetcher
from monitor.feeds.guard import Guard
from monitor.model import Fetched, Gone, NotModified
from tests.fakes.http import (
    Scripted,
    drip,
    drop,
    endless,
    endless_headers,
    hang,
    informing,
    reset,
    respond,
    serve_scripts,
)

FEED = b"<rss version='2.0'><channel><title>News</title></channel></rss>"
OWN = ["127.0.0.0/8"]


@pytest.fixture
def server() -> Iterator[Scripted]:
    """A scripted server on loopback."""
    with serve_scripts() as served:
        yield served


def fetch(
    url: str,
    *,
    etag: str | None = None,
    last_modified: str | None = None,
    headers: dict[str, str] | None = None,
    exchange_s: float = 5.0,
    bytes_max: int = 200_000,
    guard: Guard | None = None,
    times: int = 1,
    proxy: str = "",
) -> Fetched | NotModified | Gone:
    """Fetch with small bounds; `times` over one client, the last answer counts."""

    async def work() -> Fetched | NotModified | Gone:
        fetcher = Fetcher(guard or Guard(OWN), exchange_s=exchange_s, body_bytes_max=bytes_max, user_agent="test/1")
        try:
            for _ in range(times - 1):
                await fetcher.fetch(url)
            return await fetcher.fetch(url, etag=etag, last_modified=last_modified, headers=headers, proxy=proxy)
        finally:
            await fetcher.close()

    return asyncio.run(work())


def failure(url: str, **bounds: float) -> FetchError:
    """The error of a fetch that must fail."""
    with pytest.raises(FetchError) as caught:
        fetch(url, **bounds)  # type: ignore[arg-type]  # bounds of `fetch`
    return caught.value


def test_a_first_fetch_asks_for_everything_and_says_who_we_are(server: Scripted) -> None:
    """No conditional header, an honest name, gzip alone."""
    answer = fetch(server.script("/feed", respond(headers='ETag: W/"a"\nLast-Modified: long ago', body=FEED)))

    assert isinstance(answer, Fetched)
    assert (answer.body, answer.status, answer.etag, answer.last_modified) == (FEED, 200, 'W/"a"', "long ago")
    [asked] = server.asked
    assert "if-none-match" not in asked.headers
    assert "if-modified-since" not in asked.headers
    assert asked.headers["user-agent"] == b"test/1"
    assert asked.headers["accept-encoding"] == b"gzip"
    assert b"application/rss+xml" in asked.headers["accept"]


@pytest.mark.parametrize("etag", ['"strong"', 'W/"weak"', "unquoted", '"caf\xe9"'])
@pytest.mark.parametrize("last_modified", ["Sat, 14 Mar 2026 09:00:00 GMT", "2026-03-14 09:00", "yesterday"])
def test_validators_go_back_byte_for_byte(server: Scripted, etag: str, last_modified: str) -> None:
    """Servers compare them as text: nothing is re-quoted, re-dated or re-coded."""
    url = server.script("/feed", respond("304 Not Modified"))
    assert isinstance(fetch(url, etag=etag, last_modified=last_modified), NotModified)
    assert server.asked[0].headers["if-none-match"] == etag.encode("latin-1")
    assert server.asked[0].headers["if-modified-since"] == last_modified.encode("latin-1")


def test_a_date_at_the_end_of_a_clock_is_not_sent(server: Scripted) -> None:
    """A server that dates itself 2038 would say 304 for ever."""
    fetch(server.script("/feed", respond(body=FEED)), last_modified="Tue, 19 Jan 2038 03:14:07 GMT")
    assert "if-modified-since" not in server.asked[0].headers


def test_whatever_a_server_calls_its_version_can_be_sent_back(server: Scripted) -> None:
    """A validator the library takes but would not send must not make a feed fail for ever."""

    async def work() -> None:
        fetcher = Fetcher(Guard(OWN))
        for byte in sorted({*range(1, 256)} - {0x0A, 0x0D}):
            sent = b'"a' + bytes([byte]) + b'b"'
            head = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nETag: " + sent
            url = server.script("/feed", head + b"\r\n\r\n<")
            with contextlib.suppress(FetchError):  # the whole answer was refused, so nothing is stored
                first = await fetcher.fetch(url)
                assert isinstance(first, Fetched)
                taken.append(byte)
                await fetcher.fetch(url, etag=first.etag)
                assert server.asked[-1].headers["if-none-match"] == sent
                given_back.append(byte)
        await fetcher.close()

    taken: list[int] = []
    given_back: list[int] = []
    asyncio.run(work())
    assert taken == given_back
    assert {*range(0x20, 0x7F), *range(0x80, 0x100)} <= {*taken}


def test_a_version_of_any_length_is_not_kept(server: Scripted) -> None:
    """Sent back, it would be refused as too large a request, and so would the feed."""
    answer = fetch(server.script("/feed", respond(headers=f"ETag: {'x' * 5_000}\nLast-Modified: now", body=FEED)))
    assert isinstance(answer, Fetched)
    assert (answer.etag, answer.last_modified) == (None, "now")


def test_a_304_to_the_second_try_was_not_asked_for_either(server: Scripted) -> None:
    """Asking without compression is not asking whether anything changed."""
    wrong = respond(headers="Content-Encoding: gzip", body=FEED)
    error = failure(server.script("/feed", wrong, respond("304 Not Modified")))
    assert error.reason is FetchReason.UNASKED_304


def test_long_headers_cost_no_time(server: Scripted) -> None:
    """The standard library takes square time over them; the loop serves everybody."""
    long = ";" * 60_000
    url = server.script("/feed", respond(headers=f"Content-Type: text/xml{long}", body=FEED))
    fetch(url)
    started = time.process_time()
    fetch(url)
    assert time.process_time() - started < 0.5


def test_a_304_nobody_asked_for_is_an_error(server: Scripted) -> None:
    """We have nothing that could be unchanged."""
    assert failure(server.script("/feed", respond("304 Not Modified"))).reason is FetchReason.UNASKED_304


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (respond("401 Unauthorized"), FetchReason.UNAUTHORISED),
        (respond("403 Forbidden"), FetchReason.FORBIDDEN),
        (respond("403 Forbidden", "cf-mitigated: challenge"), FetchReason.CHALLENGE),
        (respond("404 Not Found"), FetchReason.NOT_FOUND),
        (respond("429 Too Many Requests"), FetchReason.RATE_LIMITED),
        (respond("500 Oh"), FetchReason.STATUS),
        (respond("503 Service Unavailable"), FetchReason.UNAVAILABLE),
        (respond("301 Moved"), FetchReason.STATUS),
        (respond("206 Partial Content", body=FEED), FetchReason.STATUS),
        (respond("101 Switching Protocols"), FetchReason.PROTOCOL),
        (reset, FetchReason.PROTOCOL),
        (b"nonsense\r\n\r\n", FetchReason.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", FetchReason.PROTOCOL),
        (drop, FetchReason.PROTOCOL),
        (respond(headers="Content-Encoding: br", body=FEED), FetchReason.BAD_ENCODING),
        (respond(headers="Content-Encoding: gzip, gzip", body=FEED), FetchReason.BAD_ENCODING),
        (respond(headers="Content-Encoding: gzip", body=FEED), FetchReason.BAD_ENCODING),
        (respond(headers="Content-Encoding: gzip", body=gzip.compress(FEED)[:-9]), FetchReason.BAD_ENCODING),
    ],
)
def test_each_refusal_has_its_own_reason(server: Scripted, answer: bytes, reason: FetchReason) -> None:
    """What a person can do differs with the reason, so the reasons are told apart."""
    error = failure(server.script("/feed", answer))
    assert error.reason is reason
    assert server.url() in str(error)


def test_gone_is_a_value(server: Scripted) -> None:
    """410 is no failure: the publisher says that it will not come back."""
    assert fetch(server.script("/feed", respond("410 Gone"))) == Gone(server.url())


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [("120", 120), ("2.5", 2.5), ("0", None), ("soon", None), ("-5", None), ("999999999999", None), ("200000", 86_400)],
)
def test_retry_after_is_read_in_seconds(server: Scripted, value: str, wait_s: float | None) -> None:
    """A wish that makes no sense is none, and nobody sends us away for more than a day."""
    error = failure(server.script("/feed", respond("429 Too Many Requests", f"Retry-After: {value}")))
    assert error.retry_after_s == wait_s


def test_retry_after_is_read_as_a_date(server: Scripted) -> None:
    """The other form the header may have."""
    at = datetime.now(UTC) + timedelta(seconds=100)
    header = f"Retry-After: {format_datetime(at.replace(microsecond=0), usegmt=True)}"
    error = failure(server.script("/feed", respond("503 Service Unavailable", header)))
    assert error.retry_after_s is not None
    assert 90 < error.retry_after_s <= 100


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ("Cache-Control: max-age=600", 600),
        ("Cache-Control: public, max-age=600\nAge: 100", 500),
        ("Cache-Control: max-age=0", None),
        ("Cache-Control: no-cache, max-age=600", None),
        ("Cache-Control: max-age=nonsense", None),
        ("Date: Sat, 14 Mar 2026 09:00:00 GMT\nExpires: Sat, 14 Mar 2026 09:10:00 GMT", 600),
        ("Expires: 0", None),
        ("Expires: Sat, 14 Mar 1987 09:10:00 GMT", None),
        ("Cache-Control: max-age=504576000", 86_400),
    ],
)
def test_the_servers_own_wish(server: Scripted, headers: str, wait_s: float | None) -> None:
    """What it asks for is told to the policy; sixteen years are a day."""
    answer = fetch(server.script("/feed", respond(headers=headers, body=FEED)))
    assert isinstance(answer, Fetched)
    assert answer.min_wait_s == wait_s


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


def test_a_body_without_end_is_cut(server: Scripted) -> None:
    """What is larger than any feed is not read to its end."""
    assert failure(server.script("/feed", endless)).reason is FetchReason.TOO_LARGE


@pytest.mark.parametrize("script", [drip, hang, informing])
def test_the_whole_exchange_has_one_bound(server: Scripted, script: bytes) -> None:
    """However slowly it drips: a timeout per read would never end this."""
    assert failure(server.script("/feed", script), exchange_s=0.3).reason is FetchReason.TIMEOUT


def test_headers_without_end_are_refused(server: Scripted) -> None:
    """Nor do headers fill the memory."""
    assert failure(server.script("/feed", endless_headers), exchange_s=2.0).reason is FetchReason.PROTOCOL


def test_nobody_there_and_no_such_name() -> None:
    """Both are said as what they are."""
    with serve_scripts() as gone:
        url = gone.url()
    assert failure(url).reason is FetchReason.CONNECT

    def unknown(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(FetchError) as caught:
        fetch("http://nowhere.example.org/", guard=Guard(resolve=unknown))
    assert caught.value.reason is FetchReason.DNS


def test_redirects_are_followed_and_the_permanent_hops_at_the_beginning_are_told(server: Scripted) -> None:
    """A 301 to B, then a 302 to C: B is the feed's new address, C where it happens to be today."""
    target = server.script("/new", respond(body=FEED))
    url = server.script("/old", respond("301 Moved", f"Location: {target}"))
    answer = fetch(url)
    assert isinstance(answer, Fetched)
    assert (answer.final_url, answer.permanent_url) == (target, target)

    middle = server.script("/middle", respond("302 Found", "Location: /new"))
    mixed = fetch(server.script("/old", respond("308 Permanent", "Location: /middle")))
    assert isinstance(mixed, Fetched)
    assert (mixed.final_url, mixed.permanent_url) == (target, middle)


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


def test_headers_that_cannot_be_sent_are_our_error(server: Scripted) -> None:
    """Configured by a person, with a line break in it or in a script of their own."""
    url = server.script("/feed", respond(body=FEED))
    for value in ("a\r\nX-Other: b", "\x00", "\udc80"):
        with pytest.raises(FetchError):
            fetch(url, headers={"X-Key": value})
    assert server.asked == []


def test_redirects_end(server: Scripted) -> None:
    """In a circle, or one after the other for ever."""
    assert failure(server.script("/a", respond("302 Found", "Location: /a"))).reason is FetchReason.REDIRECTS
    for hop in range(HOPS_MAX + 2):
        server.script(f"/{hop}", respond("302 Found", f"Location: /{hop + 1}"))
    assert failure(server.url("/0")).reason is FetchReason.REDIRECTS


@pytest.mark.parametrize(
    "target", ["ftp://example.org/x", "http://u:p@127.0.0.1/", "file:///etc/passwd", "http://[::1"]
)
def test_a_redirect_to_somewhere_else_is_refused(server: Scripted, target: str) -> None:
    """A feed cannot send us to a file, with credentials, or to nonsense."""
    error = failure(server.script("/feed", respond("302 Found", f"Location: {target}")))
    assert error.reason in (FetchReason.REFUSED_ADDRESS, FetchReason.PROTOCOL)


def test_a_redirect_home_is_refused_before_connecting(server: Scripted) -> None:
    """A public feed that points at our own network gets no connection there."""
    with serve_scripts() as inside:
        secret = inside.script("/secret", respond(body=b"inside"))
        hop = secret.replace("127.0.0.1", "127.9.9.9")
        url = server.script("/feed", respond("302 Found", f"Location: {hop}"))
        with pytest.raises(FetchError) as caught:
            fetch(url, guard=Guard(["127.0.0.1/32"]))
        assert caught.value.reason is FetchReason.REFUSED_ADDRESS
        assert inside.asked == []


def test_secret_headers_stay_with_their_origin(server: Scripted) -> None:
    """A redirect elsewhere does not carry a key along, whatever its header is called."""
    with serve_scripts() as other:
        target = other.script("/feed", respond(body=FEED))
        url = server.script("/feed", respond("302 Found", f"Location: {target}"))
        fetch(url, headers={"X-Key": "s3cret", "Authorization": "Bearer s3cret"})
        assert server.asked[0].headers["x-key"] == b"s3cret"
        assert "x-key" not in other.asked[0].headers
        assert "authorization" not in other.asked[0].headers


def test_cookies_are_not_kept(server: Scripted) -> None:
    """Nothing is carried from one visit, or one feed, to another."""
    url = server.script("/feed", respond(headers="Set-Cookie: id=1; Path=/", body=FEED))
    fetch(url, times=2)
    assert len(server.asked) == 2
    assert all("cookie" not in asked.headers for asked in server.asked)


def test_a_proxy_of_the_environment_is_not_asked(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would go round the guard."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert isinstance(fetch(server.script("/feed", respond(body=FEED))), Fetched)


# --- a proxy of one's own --------------------------------------------------------------------------------------------


def test_a_proxy_is_asked_for_the_whole_address(server: Scripted) -> None:
    """Wherever the proxy is; the name is looked up here as well, and the proxy's password is not the feed's."""
    guard = Guard(resolve=lambda host, port: ["93.184.215.14"])
    server.script("http://feeds.example/rss", respond(body=FEED))
    answer = fetch("http://feeds.example/rss", guard=guard, proxy=f"http://me:secret@127.0.0.1:{server.port}")
    assert isinstance(answer, Fetched)
    [asked] = server.asked
    assert asked.path == "http://feeds.example/rss"
    assert asked.headers["proxy-authorization"].startswith(b"Basic ")
    assert b"secret" not in asked.headers["host"]


@pytest.mark.parametrize("url", ["http://feeds.example/rss", "http://169.254.169.254/latest", "http://[::1]/rss"])
def test_a_proxy_is_no_way_round_the_guard(server: Scripted, url: str) -> None:
    """An address that leads home is refused before the proxy hears of it, and so is a redirect there."""
    proxy = f"http://127.0.0.1:{server.port}"
    home = Guard(resolve=lambda host, port: ["10.0.0.1"])
    with pytest.raises(FetchError) as caught:
        fetch(url, guard=home, proxy=proxy)
    assert caught.value.reason is FetchReason.REFUSED_ADDRESS
    assert server.asked == []

    public = Guard(resolve=lambda host, port: ["93.184.215.14"] if host == "start.example" else ["10.0.0.1"])
    server.script("http://start.example/", respond("302 Found", f"Location: {url}"))
    with pytest.raises(FetchError) as caught:
        fetch("http://start.example/", guard=public, proxy=proxy)
    assert caught.value.reason is FetchReason.REFUSED_ADDRESS
    assert len(server.asked) == 1
