"""Who asks drop by drop keeps nobody else out: over real sockets, with times so short that nobody sleeps."""

import asyncio
import http.client
import socket
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from monitor.web.answers import Answers
from monitor.web.app import Web
from monitor.web.bounds import HEAD_BYTES_MAX
from monitor.web.readers import Leaver
from monitor.web.site import build_site

LONG_S = 60.0
HEAD = b"POST /unsubscribe/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 30\r\n"


def serve(work: Callable[[int], None], *, request_s: float, connections_max: int = 20) -> list[str]:
    """Work against a listener of its own, by its port; returns whose links were used."""
    left: list[str] = []

    def leave(token: str) -> Leaver:
        left.append(token)
        return Leaver("anna@example.org", (), has_left=True)

    async def run() -> None:
        answers = Answers(lambda: (True, {}), leave=leave, leave_page=lambda _: "left")
        web = Web(
            build_site(answers, "127.0.0.1"), "127.0.0.1", 0, request_s=request_s, connections_max=connections_max
        )
        serving = asyncio.create_task(web.serve())
        try:
            await asyncio.to_thread(work, web.address[1])
        finally:
            web.stop()
            await asyncio.wait_for(serving, 10)

    asyncio.run(run())
    return left


def connect(port: int, said: bytes) -> socket.socket:
    """A connection on which so much was said."""
    made = socket.create_connection(("127.0.0.1", port), timeout=10)
    made.sendall(said)
    return made


def is_closed(connection: socket.socket) -> bool:
    """Wait until the other side closed, and without a word; an answer is False."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def get(port: int) -> int:
    """Ask for the page on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost", "Connection": "close"})
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize(
    "said", [b"", b"POST /unsub", HEAD, HEAD + b"\r\nList"], ids=["nothing", "line", "head", "body"]
)
def test_a_request_that_never_comes_whole_is_closed(said: bytes) -> None:
    """Wherever it stops; and the link it was for is not used."""

    def work(port: int) -> None:
        with connect(port, said) as slow:
            assert is_closed(slow)

    assert serve(work, request_s=0.05) == []


@pytest.mark.parametrize("was_answered", [False, True])
def test_where_all_places_are_taken_who_only_waits_makes_room(was_answered: bool) -> None:
    """The longest first: the page and the health check are answered whoever else is connected, or was answered once."""

    def work(port: int) -> None:
        with ExitStack() as stack:
            slow = [stack.enter_context(connect(port, HEAD)) for _ in range(4)]
            if was_answered:
                for one in slow:
                    one.sendall(b"\r\n" + b"x" * 30)
                    assert one.recv(65_536).startswith(b"HTTP/1.1 200")
                    one.sendall(HEAD)
            assert get(port) == 200
            while not is_closed(slow[0]):
                pass  # the rest of its answer
            assert get(port) == 200

    assert serve(work, request_s=LONG_S, connections_max=5) == ["x"] * (4 if was_answered else 0)


def test_a_head_without_end_is_refused() -> None:
    """It is not gathered in memory until it ends."""

    def work(port: int) -> None:
        with connect(port, HEAD + b"X: " + b"x" * (HEAD_BYTES_MAX + 1)) as endless:
            assert endless.recv(12) == b"HTTP/1.1 400"

    assert serve(work, request_s=LONG_S) == []
