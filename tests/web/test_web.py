"""The listener: a page that nobody can misuse, and an answer for whoever restarts us."""

import asyncio
import http.client
import json
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.model import Feed, FeedId, FeedState, FeedTrouble, Need, TroubleKind
from monitor.status import Status, TopicStatus
from monitor.storage.health import FeedHealth
from monitor.web.app import Answers, Web
from monitor.web.pages import Pages
from tests.fakes.clock import START

HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>'


def a_status(name: str = "Gulf Wire") -> Status:
    """A failing feed, a topic, and something for a person to do, all of that name."""
    state = FeedState(fail_count=3, failing_since=START)
    feed = FeedHealth(
        feed=Feed(FeedId(1), name, "https://wire.example/rss", state=state),
        active=True,
        title=name,
        outcome="failed",
        reason="status",
        error=name,
        status=500,
        next_poll_at=START,
        last_poll_at=START,
        last_new_at=None,
        lost_windows=0,
        lost_entries=0,
        same_as=None,
    )
    topic = TopicStatus("hostages", name, "every 1h", START + timedelta(hours=1), None, waiting=2)
    trouble = FeedTrouble(name, "lost entries", START, TroubleKind.LOST, 6)
    return Status(
        START, START, 1, (feed,), 0, (trouble,), 7, 3, 1, (topic,), 0, 0, (Need("feed-gone", f'Feed "{name}" is gone'),)
    )


def get(
    path: str = "/", host: str = "127.0.0.1", *, page: Callable[[], str] = lambda: "page", healthy: bool = True
) -> tuple[int, dict[str, str], str]:
    """One request to a listener of its own: status, headers in lower case, body."""

    async def work() -> tuple[int, dict[str, str], str]:
        web = Web(Answers(page, lambda: (healthy, {"healthy": healthy, "heartbeat_age_s": 3.0})), "127.0.0.1", 0)
        serving = asyncio.create_task(web.serve())
        try:
            return await asyncio.to_thread(ask, web.address[1], path, host)
        finally:
            web.stop()
            await asyncio.wait_for(serving, 10)

    return asyncio.run(work())


def ask(port: int, path: str, host: str) -> tuple[int, dict[str, str], str]:
    """A plain client."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": host, "Connection": "close"})
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, headers, answer.read().decode()
    finally:
        connection.close()


def test_hostile_names_are_text() -> None:
    """Whatever a feed, a topic, an error or a fault is called, the page shows it and runs nothing."""
    page = Pages().render_status(a_status(HOSTILE), START, [HOSTILE])
    assert page.count("&lt;script&gt;") == 6
    assert "<script" not in page
    assert "<img" not in page


def test_the_page_says_how_things_stand() -> None:
    """Feeds, topics, what waits and what needs a person; and with nothing to say it is whole as well."""
    page = Pages().render_status(a_status(), START, [])
    for words in ("Gulf Wire", "every 1h", "14 Mar 10:00 UTC", "1 failing", "is gone", "A person is needed"):
        assert words in page
    empty = replace(a_status(), feeds_failing=(), troubles=(), topics=(), needs=())
    assert "Nothing needs a person" in Pages().render_status(empty, START, [])


def test_the_page_is_sent_with_its_guards() -> None:
    """No script, no frame, no sniffing, no cache, no word of the server."""
    status, headers, body = get(page=lambda: "<p>fine</p>")
    assert (status, body) == (200, "<p>fine</p>")
    assert headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers


@pytest.mark.parametrize(("healthy", "status"), [(True, 200), (False, 503)])
def test_healthz_tells_whoever_restarts_us(healthy: bool, status: int) -> None:
    """200 while the heart beats, 503 when it does not, with the age."""
    answered, _, body = get("/healthz", healthy=healthy)
    assert answered == status
    assert json.loads(body) == {"healthy": healthy, "heartbeat_age_s": 3.0}


@pytest.mark.parametrize(
    ("host", "status"), [("localhost", 200), ("evil.example", 400), ("monitor.attacker.example:8080", 400)]
)
def test_on_loopback_only_loopback_names_are_answered(host: str, status: int) -> None:
    """A page elsewhere cannot read ours through a name of its own that points to this machine."""
    assert get(host=host)[0] == status


def test_nothing_else_is_served() -> None:
    """No documentation pages, no schema, no files."""
    for path in ("/docs", "/openapi.json", "/../etc/passwd", "/static/x"):
        assert get(path)[0] == 404


def test_a_busy_port_is_an_error_when_it_is_built() -> None:
    """The daemon learns it before it starts serving, and goes on without the page."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        Web(Answers(lambda: "", lambda: (True, {})), "127.0.0.1", taken.getsockname()[1])
