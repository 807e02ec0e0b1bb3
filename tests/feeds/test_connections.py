"""The first address that answers is connected to, and nothing is taken from it that was said before TLS."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator

import httpcore
import pytest

from monitor.errors import FetchError, FetchReason
from monitor.feeds.connections import Stream, TlsError, connect_any
from monitor.feeds.fetch import fetch_once
from monitor.feeds.guard import Guard
from monitor.model import Fetched
from tests.fakes.http import respond, serve_scripts
from tests.fakes.tls import client_tls, server_tls

OWN = ["127.0.0.0/8"]
DEAD = ["127.0.1.1", "127.0.1.2", "127.0.1.3", "127.0.1.4"]


@contextlib.contextmanager
def black_holes(port: int) -> Iterator[None]:
    """The dead addresses swallow every attempt to connect, as a broken IPv6 route does: they say neither yes nor no."""
    with contextlib.ExitStack() as stack:
        for address in DEAD:
            listener = stack.enter_context(socket.create_server((address, port), backlog=0))
            for _ in range(2):  # the queue of those who wait to be accepted is full with these
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(listener.getsockname())
        yield


def test_a_living_address_behind_four_dead_ones_is_reached() -> None:
    """Many names have four IPv6 addresses; where IPv6 leads nowhere the feed is read all the same, and soon."""
    with serve_scripts() as server, black_holes(server.port):
        server.script("/", respond(body=b"here"))
        url = server.url("/", host="many.example.org")
        answer = fetch_once(url, Guard(OWN, resolve=lambda host, port: [*DEAD, "127.0.0.1"]), exchange_s=4.0)
        assert isinstance(answer, Fetched)
        assert answer.body == b"here"
        with pytest.raises(FetchError) as caught:
            fetch_once(url, Guard(OWN, resolve=lambda host, port: DEAD), exchange_s=0.4)
    assert caught.value.reason in (FetchReason.CONNECT, FetchReason.TIMEOUT)


def test_the_first_address_is_preferred() -> None:
    """The order is the resolver's, which knows which way is the better one."""
    with serve_scripts() as first, serve_scripts(host="127.0.0.2", port=first.port) as second:
        first.script("/", respond(body=b"first"))
        guard = Guard(OWN, resolve=lambda host, port: ["127.0.0.1", "127.0.0.2"])
        answer = fetch_once(first.url("/", host="two.example.org"), guard)
    assert isinstance(answer, Fetched)
    assert answer.body == b"first"
    assert second.asked == []


def test_when_all_refuse_the_last_refusal_is_told() -> None:
    """And not a timeout."""
    with serve_scripts() as gone:
        port = gone.port
    with pytest.raises(ConnectionRefusedError):
        asyncio.run(connect_any(["127.0.0.1", "127.0.0.2"], port))


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["127.0.0.1", "127.0.0.1"]])
def test_what_was_said_in_clear_is_not_read_as_encrypted(addresses: list[str]) -> None:
    """Somebody on the way could else put an answer before the handshake with the real server."""
    said = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL")
                said.set()
                with server_tls().wrap_socket(connection, server_side=True) as encrypted:
                    encrypted.recv(65_536)

        thread = threading.Thread(target=answer)
        thread.start()

        async def work() -> None:
            stream = await connect_any(addresses, listener.getsockname()[1])
            try:
                await asyncio.get_running_loop().run_in_executor(None, said.wait, 5)
                for _ in range(3):  # the loop looks for what came
                    await asyncio.sleep(0)
                with pytest.raises(TlsError):
                    await stream.start_tls(client_tls(), "127.0.0.1", 5.0)
            finally:
                await stream.aclose()

        asyncio.run(work())
        thread.join()


def test_a_stream_keeps_the_librarys_word() -> None:
    """Each step has its own bound where one is given, and an end is an end."""
    with serve_scripts() as server:
        server.script("/", respond(body=b"here"))

        async def work() -> bytes:
            stream = await connect_any(["127.0.0.1"], server.port)
            try:
                with pytest.raises(httpcore.ReadTimeout):
                    await stream.read(10, 0.05)
                await stream.write(b"GET / HTTP/1.1\r\n\r\n", 5.0)
                taken = b""
                while piece := await stream.read(7, 5.0):
                    assert len(piece) <= 7
                    taken += piece
                return taken
            finally:
                await stream.aclose()

        assert asyncio.run(work()).endswith(b"\r\n\r\nhere")


def test_who_sends_without_end_leaves_the_others_their_turns() -> None:
    """What is there is read without a wait: without a turn for others in between, no bound on time would end it."""
    ours, theirs = socket.socketpair()

    async def work() -> int:
        ours.setblocking(False)
        stream = Stream(ours)
        theirs.sendall(b"x" * 100)
        turns = 0

        async def count() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        counting = asyncio.create_task(count())
        for _ in range(100):
            assert await stream.read(1) == b"x"
        counting.cancel()
        await stream.aclose()
        return turns

    with theirs:
        assert asyncio.run(work()) >= 90
