"""Encrypted feeds through a proxy: a tunnel is asked for, and nobody but the feed's own server ends the encryption."""

import select
import socket
import threading

import pytest

from monitor.errors import FetchError, FetchReason
from monitor.feeds.guard import Guard
from monitor.model import Fetched
from tests.fakes.http import Script, Scripted, respond, serve_scripts
from tests.fakes.tls import FOLDER, server_tls
from tests.feeds.fetching import FEED, fetch


def tunnel(port: int) -> Script:
    """What a proxy does once it is asked to connect: say so, and pass on what either side says."""

    def answer(connection: socket.socket, over: threading.Event) -> None:
        with socket.create_connection(("127.0.0.1", port)) as beyond:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            while not over.is_set():
                ready, _, _ = select.select([connection, beyond], [], [], 5)
                for side, other in ((connection, beyond), (beyond, connection)):
                    if side in ready:
                        piece = side.recv(65_536)
                        if not piece:
                            return
                        other.sendall(piece)

    return answer


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_an_encrypted_feed_is_fetched_through_a_tunnel(monkeypatch: pytest.MonkeyPatch, is_encrypted: bool) -> None:
    """Also where the proxy itself is spoken to in TLS: the feed's is within it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(FOLDER / "loopback.pem"))
    of_proxy = server_tls() if is_encrypted else None
    with serve_scripts(tls=server_tls()) as publisher, serve_scripts(tls=of_proxy) as proxy:
        url = publisher.script("/feed", respond(body=FEED))
        proxy.script(f"127.0.0.1:{publisher.port}", tunnel(publisher.port))
        answer = fetch(url, proxy=f"{proxy.scheme}://127.0.0.1:{proxy.port}")
        assert isinstance(answer, Fetched)
        assert answer.body == FEED
        assert [asked.path for asked in proxy.asked] == [f"127.0.0.1:{publisher.port}"]
        assert [asked.path for asked in publisher.asked] == ["/feed"]


def test_a_proxy_that_answers_in_the_servers_place_is_not_believed(server: Scripted) -> None:
    """What it says in clear behind its consent is no answer of the feed's server."""
    evil = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL"
    server.script("feeds.example:443", b"HTTP/1.1 200 Connection established\r\n\r\n" + evil)
    guard = Guard(resolve=lambda host, port: ["93.184.215.14"])
    with pytest.raises(FetchError) as caught:
        fetch("https://feeds.example/rss", guard=guard, proxy=f"http://127.0.0.1:{server.port}")
    assert caught.value.reason in (FetchReason.CONNECT, FetchReason.TLS)
    assert len(server.asked) == 1
