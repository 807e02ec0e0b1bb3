"""The loopback server behaves as a publisher's does, ends without a trace, and the recorded feeds are real feeds."""

import gzip
import http.client
import io
import json
import re
import socket
import threading
from calendar import timegm
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import feedparser
import pytest

from monitor.errors import MonitorError
from monitor.feeds.replay import Replay, load_recorded, serve_recorded

BODY = b"<?xml version='1.0'?><rss version='2.0'><channel><title>A</title></channel></rss>"
NOW = datetime(2026, 3, 14, 9, 15, 2, 123456, tzinfo=UTC)


class Client:
    """One kept-open connection to the server, so that a test sees just what is sent."""

    def __init__(self, replay: Replay) -> None:
        host = replay.base_url.removeprefix("http://")
        self.connection = http.client.HTTPConnection(host, timeout=10)

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers in lower case, and body; `If_None_Match` stands for `If-None-Match`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in named.items():
            self.connection.putheader(name, value)
        self.connection.endheaders()
        answer = self.connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def all_bytes(replay: Replay, request: bytes) -> bytes:
    """Everything the server writes until it hangs up."""
    host, port = replay.base_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request)
        with connection.makefile("rb") as stream:
            return stream.read()


@pytest.fixture
def replay() -> Iterator[Replay]:
    """A server with one feed."""
    with serve_recorded({"wire.xml": BODY}) as running:
        yield running


@pytest.fixture
def client(replay: Replay) -> Iterator[Client]:
    """A client of it."""
    made = Client(replay)
    yield made
    made.connection.close()


def test_a_feed_comes_with_its_validators(replay: Replay, client: Client) -> None:
    """Whoever polls can only be polite if the server names a strong tag and a date."""
    status, headers, body = client.ask("/wire.xml")
    assert (status, body) == (200, BODY)
    assert re.fullmatch(r'"[0-9a-f]{24}"', headers["etag"])
    assert parsedate_to_datetime(headers["last-modified"]) < datetime.now(UTC)
    assert headers["content-type"] == "application/rss+xml"
    assert replay.url_of("wire.xml") == f"{replay.base_url}/wire.xml"


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_a_known_tag_gets_304_without_a_body(client: Client, form: str) -> None:
    """A tag that names the bytes, alone, weak, in a list or as a star, is answered with nothing but headers."""
    tag = client.ask("/wire.xml")[1]["etag"]
    status, headers, body = client.ask("/wire.xml", If_None_Match=form.format(tag))
    assert (status, body, headers["etag"]) == (304, b"", tag)


def test_an_unknown_tag_beats_a_known_date(client: Client) -> None:
    """Where a client sends both, the tag decides; a server that looked at the date would hide news."""
    date = client.ask("/wire.xml")[1]["last-modified"]
    assert client.ask("/wire.xml", If_Modified_Since=date)[0] == 304
    assert client.ask("/wire.xml", If_None_Match='"old"', If_Modified_Since=date)[0] == 200


@pytest.mark.parametrize("date", ["yesterday", "", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_date_that_is_old_or_nonsense_gets_the_feed(client: Client, date: str) -> None:
    """A date nobody can read is as good as none."""
    assert client.ask("/wire.xml", If_Modified_Since=date)[0] == 200


@pytest.mark.parametrize(
    ("accept", "is_zipped"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("*", True), ("gzip;q=0", False), ("identity", False), ("br", False)],
)
def test_gzip_where_it_is_asked_for(client: Client, accept: str, is_zipped: bool) -> None:
    """Only a client that takes gzip gets it, under a tag of its own, and that tag is known again."""
    _, headers, body = client.ask("/wire.xml", Accept_Encoding=accept)
    assert (headers.get("content-encoding") == "gzip") is is_zipped
    assert (gzip.decompress(body) if is_zipped else body) == BODY
    assert headers["etag"].endswith('-gzip"') is is_zipped
    assert client.ask("/wire.xml", Accept_Encoding=accept, If_None_Match=headers["etag"])[0] == 304


def test_a_replaced_feed_is_seen_by_tag_and_by_date(replay: Replay, client: Client) -> None:
    """A change within the same second must not hide behind a header that counts in seconds."""
    _, before, _ = client.ask("/wire.xml")
    replay.replace("wire.xml", BODY + b"<!-- more -->")
    assert client.ask("/wire.xml", If_None_Match=before["etag"])[0] == 200
    status, after, body = client.ask("/wire.xml", If_Modified_Since=before["last-modified"])
    assert (status, body) == (200, BODY + b"<!-- more -->")
    assert after["etag"] != before["etag"]


def test_replacing_with_the_same_bytes_changes_nothing(replay: Replay, client: Client) -> None:
    """An unchanged feed stays unchanged, so that a second round of the demo or a test gets its 304."""
    _, before, _ = client.ask("/wire.xml")
    replay.replace("/wire.xml", BODY)
    status, after, _ = client.ask("/wire.xml", If_None_Match=before["etag"])
    assert (status, after["last-modified"]) == (304, before["last-modified"])


def test_a_new_path_can_be_added_while_it_runs(replay: Replay, client: Client) -> None:
    """A feed that appears later is first missing, then there."""
    assert client.ask("/late.json")[0] == 404
    replay.replace("late.json", b'{"version": "https://jsonfeed.org/version/1.1"}')
    assert client.ask("/late.json")[1]["content-type"] == "application/feed+json"


def test_head_and_other_methods(replay: Replay, client: Client) -> None:
    """HEAD tells the length without the bytes; what a feed server has no use for is refused."""
    answer = all_bytes(replay, b"HEAD /wire.xml HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert f"Content-Length: {len(BODY)}\r\n".encode() in answer
    assert answer.endswith(b"\r\n\r\n")
    assert client.ask("/wire.xml", method="DELETE")[0] == 501


def test_a_request_with_a_body_is_answered_once(replay: Replay) -> None:
    """A body that nobody reads is not taken for a second request."""
    request = b"GET /wire.xml HTTP/1.1\r\nContent-Length: 32\r\n\r\nGET /other HTTP/1.1\r\nHost: here\r\n\r\n"
    all_bytes(replay, request)
    assert [seen.path for seen in replay.requests] == ["/wire.xml"]


def test_requests_are_remembered(replay: Replay, client: Client) -> None:
    """A test can say what was asked, in what order, with which headers, and what came back."""
    tag = client.ask("/wire.xml?page=2")[1]["etag"]
    client.ask("/wire.xml", If_None_Match=tag)
    client.ask("/none")
    assert [(seen.method, seen.path, seen.status) for seen in replay.requests] == [
        ("GET", "/wire.xml", 200),
        ("GET", "/wire.xml", 304),
        ("GET", "/none", 404),
    ]
    assert replay.requests[1].headers["if-none-match"] == tag


def test_nothing_stays_behind(capfd: pytest.CaptureFixture[str]) -> None:
    """No thread outlives the server, not even one whose client never hangs up; and nothing is printed."""
    threads = threading.active_count()
    with serve_recorded({"wire.xml": BODY}) as running:
        clients = [Client(running) for _ in range(3)]
        for each in clients:
            each.ask("/wire.xml")
        clients[0].connection.sock.sendall(b"GET /wire.xml HTTP/1.1\r\nHalf: ")
    assert threading.active_count() == threads
    for each in clients:
        each.connection.close()
    assert capfd.readouterr() == ("", "")


def test_connections_are_bounded() -> None:
    """A client that opens without end is refused at the bound, and whoever was served before is served on."""
    with serve_recorded({"wire.xml": BODY}, connections_max=1) as running:
        first, second = Client(running), Client(running)
        assert first.ask("/wire.xml")[0] == 200
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            second.ask("/wire.xml")
        assert first.ask("/wire.xml")[0] == 200
    first.connection.close()
    second.connection.close()


def test_a_connection_that_ended_makes_room() -> None:
    """The bound is on connections that are open, not on all there ever were."""
    with serve_recorded({"wire.xml": BODY}, connections_max=1) as running:
        for _ in range(3):
            assert all_bytes(running, b"GET /wire.xml HTTP/1.1\r\nConnection: close\r\n\r\n").endswith(BODY)


def ids_of(body: bytes) -> dict[str, tuple[str, str, datetime]]:
    """Title, text and time by id, as an independent reader sees them."""
    if body.startswith(b"{"):
        items = json.loads(body)["items"]
        return {e["id"]: (e["title"], e["content_html"], datetime.fromisoformat(e["date_published"])) for e in items}
    parsed = feedparser.parse(io.BytesIO(body))
    assert not parsed.bozo
    assert parsed.feed.title
    return {
        e.id: (e.title, e.summary, datetime.fromtimestamp(timegm(e.get("published_parsed") or e.updated_parsed), UTC))
        for e in parsed.entries
    }


def test_the_recorded_feeds_are_feeds_and_fresh() -> None:
    """Every feed of both stages can be read, is dated within a day of the time given, and has no placeholder left."""
    for stage in ("before", "after"):
        feeds = load_recorded(stage, NOW)
        assert len(feeds) == 6
        for name, body in feeds.items():
            assert b"{{" not in body, name
            for title, text, published in ids_of(body).values():
                assert title
                assert len(text) > 80
                assert NOW - timedelta(days=1) < published < NOW


def test_news_comes_with_the_second_stage() -> None:
    """The demo's second poll brings new entries in every feed, younger than all of the first, and none is edited."""
    before, after = load_recorded("before", NOW), load_recorded("after", NOW)
    assert before.keys() == after.keys()
    for name in before:
        old, now = ids_of(before[name]), ids_of(after[name])
        fresh = now.keys() - old.keys()
        assert fresh, name
        assert min(now[key][2] for key in fresh) > max(at for _, _, at in old.values())
        assert all(now[key] == old[key] for key in now.keys() & old.keys())


def test_the_hostage_story_is_carried_by_four_outlets() -> None:
    """Three carry one text; one tells it in its own words, without the topic's name. That is what the demo shows."""
    telling = {
        name: text
        for name, body in load_recorded("after", NOW).items()
        for title, text, _ in ids_of(body).values()
        if "captives" in text
    }
    assert set(telling) == {"/harbour-wire.xml", "/meridian-post.atom", "/lowland-courier.rdf", "/kestrel-report.json"}
    assert "hostage negotiations" not in telling["/kestrel-report.json"].lower()
    assert re.search(r"negotiators(\W+\w+){1,10}\W+hostages", telling["/kestrel-report.json"])


def test_dates_are_utc_whatever_the_zone_of_now() -> None:
    """The same moment gives the same bytes."""
    there = NOW.astimezone(datetime.fromisoformat("2026-03-14T00:00:00+05:30").tzinfo)
    assert load_recorded("after", there) == load_recorded("after", NOW)


@pytest.mark.parametrize("stage", ["during", "", "../recorded"])
def test_an_unknown_stage_is_told(stage: str) -> None:
    """A misspelt stage is an error with a remedy, not an empty demo."""
    with pytest.raises(MonitorError, match='"before" or "after"'):
        load_recorded(stage, NOW)
