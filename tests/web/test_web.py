"""The listener: a page that nobody can misuse, and an answer for whoever restarts us."""

import asyncio
import http.client
import json
import socket

import pytest

from monitor.web.answers import Answers
from monitor.web.app import Web
from monitor.web.site import build_site


def get(path: str = "/healthz", host: str = "127.0.0.1", *, healthy: bool = True) -> tuple[int, dict[str, str], str]:
    """One request to a listener of its own: status, headers in lower case, body."""
    answers = Answers(lambda: (healthy, {"healthy": healthy, "heartbeat_age_s": 3.0}))

    async def work() -> tuple[int, dict[str, str], str]:
        web = Web(build_site(answers, "127.0.0.1"), "127.0.0.1", 0)
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
        Web(build_site(Answers(lambda: (True, {})), "127.0.0.1"), "127.0.0.1", taken.getsockname()[1])
