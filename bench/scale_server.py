"""Thousands of publishers of the bench `scale`: as cheap an answer as Python gives, in a process of its own.

One port of every loopback address, so that 127.1.0.0 to 127.255.255.255 stand for as many hosts, `FEEDS_PER_HOST`
feeds each. The system hands a connection over once the request is there (TCP_DEFER_ACCEPT), so an answer is four
system calls and no event loop: about 25 microseconds. A feed's path is its number, its ETag the number of entries it
has had; whoever sends that back is told 304, anybody else gets a small RSS feed of its newest entries.

`python -m bench.scale_server` prints its port. Each line of its standard input is a command, answered with one line:
`count` says how many requests it has answered, `change EVERY FEEDS` gives a new entry to each EVERYth of so many feeds.
It ends with its standard input.

Effects: network (loopback), standard input and output, one thread.
"""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from bench.world import items

FEEDS_PER_HOST = 5
ENTRIES = 8
"""Shown by a feed."""
SERIALS = 512
"""Entries that differ; a feed shows a stretch of them."""
ANSWER_S = 5.0
REQUEST_BYTES_MAX = 8_192


def host_of_number(host: int) -> str:
    """The loopback address of a host: 16 million of them, apart from 127.0.*, where other servers of a machine are."""
    return f"127.{1 + host // 65_536}.{host // 256 % 256}.{host % 256}"


def url_of(number: int, port: int) -> str:
    """Where a feed is served."""
    return f"http://{host_of_number(number // FEEDS_PER_HOST)}:{port}/{number}"


def etag_of(entries: int) -> str:
    """The validator of a feed that has had so many entries."""
    return f'"{entries}"'


class Shelf:
    """What each feed shows: `ENTRIES` at first, one more with each `change` it takes part in."""

    def __init__(self, start: datetime) -> None:
        self.answered = 0
        self._start = start
        self._entries = list(items(start, SERIALS, 600))
        self._more: dict[int, int] = {}
        self._unchanged = _unchanged(ENTRIES)

    def change(self, every: int, feeds: int) -> None:
        """One more entry for each `every`th of so many feeds."""
        for number in range(0, feeds, every):
            self._more[number] = self._more.get(number, 0) + 1

    def answer(self, request: bytes) -> bytes:
        """The bytes for a request."""
        self.answered += 1
        number = int(request[5 : request.index(b" ", 5)])
        more = self._more.get(number)
        if more is None:  # nearly always
            return self._unchanged if b'"8"' in request else self._body(number, 0)
        entries = ENTRIES + more
        return _unchanged(entries) if etag_of(entries).encode() in request else self._body(number, more)

    def _body(self, number: int, more: int) -> bytes:
        """Entries of its own for each feed: taken from a common stock, with the feed's number in name and title."""
        now = datetime.now(UTC)
        parts = [
            f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Outlet {number}</title>'
            f"<link>https://outlet{number}.example/</link>"
        ]
        for serial in range(ENTRIES + more, more, -1):
            item = self._entries[(number * 37 + serial) % SERIALS]
            at = now if serial > ENTRIES else self._start - timedelta(minutes=30 * (ENTRIES + 1 - serial))
            parts.append(
                f"<item><title>{item.title} {number}</title><link>https://outlet{number}.example/{serial}</link>"
                f"<guid>{number}-{serial}</guid><pubDate>{format_datetime(at)}</pubDate>"
                f"<description>{item.text}</description></item>"
            )
        body = "".join([*parts, "</channel></rss>"]).encode()
        head = (
            f"HTTP/1.1 200 OK\r\nETag: {etag_of(ENTRIES + more)}\r\nContent-Type: application/xml; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        return head.encode() + body


def _unchanged(entries: int) -> bytes:
    return f"HTTP/1.1 304 Not Modified\r\nETag: {etag_of(entries)}\r\nConnection: close\r\n\r\n".encode()


class Publishers:
    """The running server, from the side that started it."""

    def __init__(self, child: "subprocess.Popen[str]", port: int) -> None:
        self._child = child
        self.port = port
        self.pid = child.pid

    def ask(self, command: str) -> int:
        """Give a command and return the number it answers."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(f"{command}\n")
        self._child.stdin.flush()
        return int(self._child.stdout.readline())


@contextmanager
def publishers() -> Iterator[Publishers]:
    """Run the server in its own process until the block ends."""
    command = [sys.executable, "-m", "bench.scale_server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            yield Publishers(child, int(child.stdout.readline()))
        finally:
            child.terminate()


def _serve(shelf: Shelf, listener: socket.socket) -> None:
    while True:
        connection, _ = listener.accept()
        with suppress(OSError, ValueError):  # whoever hangs up or asks for something else is not answered
            connection.settimeout(ANSWER_S)
            request = connection.recv(REQUEST_BYTES_MAX)
            while request and b"\r\n\r\n" not in request and len(request) < REQUEST_BYTES_MAX:
                request += connection.recv(REQUEST_BYTES_MAX)
            if request:
                connection.sendall(shelf.answer(request))
        connection.close()


def main() -> None:
    """Serve until the standard input ends."""
    shelf = Shelf(datetime.now(UTC).replace(microsecond=0))
    listener = socket.create_server(("0.0.0.0", 0), backlog=4_096)  # every loopback address is a host
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 5)
    threading.Thread(target=_serve, args=(shelf, listener), daemon=True).start()
    print(listener.getsockname()[1], flush=True)
    for line in sys.stdin:
        name, *numbers = line.split()
        if name == "change":
            shelf.change(*(int(number) for number in numbers))
        print(shelf.answered, flush=True)


if __name__ == "__main__":
    main()
