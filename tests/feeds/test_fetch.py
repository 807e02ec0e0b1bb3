"""One polite conditional GET, whatever the server does."""

import asyncio
import contextlib
import gzip
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from monitor.errors import FetchError, FetchReason
from monitor.feeds.fetch import Fetcher
from monitor.feeds.guard import Guard
from monitor.model import Fetched, Gone, NotModified
from tests.costs import at_most
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
from tests.feeds.fetching import FEED, OWN, failure, fetch


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
    with at_most(3):
        fetch(url)


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


def test_headers_that_cannot_be_sent_are_our_error(server: Scripted) -> None:
    """Configured by a person, with a line break in it or in a script of their own."""
    url = server.script("/feed", respond(body=FEED))
    for value in ("a\r\nX-Other: b", "\x00", "\udc80"):
        with pytest.raises(FetchError):
            fetch(url, headers={"X-Key": value})
    assert server.asked == []


def test_cookies_are_not_kept(server: Scripted) -> None:
    """Nothing is carried from one visit, or one feed, to another."""
    url = server.script("/feed", respond(headers="Set-Cookie: id=1; Path=/", body=FEED))
    fetch(url, times=2)
    assert len(server.asked) == 2
    assert all("cookie" not in asked.headers for asked in server.asked)
