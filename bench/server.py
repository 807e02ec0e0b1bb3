"""The publishers of the bench: every feed of a `World` on one of 500 loopback addresses, in a process of its own.

Its CPU is nobody's, so it is a separate process: `python -m bench.server START FEEDS` prints the port once it
listens, then each number it reads on standard input is the round it serves from there on, answered with a line. It
ends with its standard input. With two more arguments every answer comes that many seconds late, and that part of the
addresses accepts and never answers; a fifth says how many entries a feed shows. ETag, Last-Modified, 304 and gzip are
right; everything else is as small as can be.

Effects: network (127.0.x.y), standard input and output.
"""

import asyncio
import gzip
import hashlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import format_datetime

from bench.world import ENTRIES, FEEDS, World

ADDRESSES = 500
HEAD_BYTES_MAX = 16_384


def url_of(number: int, port: int) -> str:
    """Where a feed is served: two feeds share an address when there are a thousand."""
    place = number % ADDRESSES
    return f"http://127.0.{1 + place // 250}.{1 + place % 250}:{port}/feed/{number}.xml"


class Publishers:
    """The answers of a running server, from the side that started it."""

    def __init__(self, child: "subprocess.Popen[str]", port: int, feeds: int) -> None:
        self._child = child
        self.urls = [url_of(number, port) for number in range(feeds)]

    def show(self, round_number: int) -> None:
        """Serve a round from now on."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(f"{round_number}\n")
        self._child.stdin.flush()
        assert self._child.stdout.readline().strip() == str(round_number)


@contextmanager
def publishers(
    start: datetime, feeds: int = FEEDS, *, late_s: float = 0.0, silent_share: float = 0.0, entries: int = ENTRIES
) -> Iterator[Publishers]:
    """Run the server in its own process until the block ends; round 0 is always answered by all, at once."""
    numbers = (str(number) for number in (feeds, late_s, silent_share, entries))
    command = [sys.executable, "-m", "bench.server", start.isoformat(), *numbers]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        yield Publishers(child, int(child.stdout.readline()), feeds)
        assert child.stdin is not None
        child.stdin.close()


class _Shelf:
    """Whole answers, ready to be written, of the round that is shown."""

    def __init__(self, world: World, late_s: float, silent_share: float) -> None:
        self._world = world
        self._late_s = late_s
        self._silent = {_path(number) for number in range(world.feeds) if is_silent(number, silent_share)}
        self._answers: dict[bytes, tuple[bytes, bytes, bytes, bytes]] = {}
        self._shown = 0
        for number in range(world.feeds):
            self._answers[_path(number)] = self._make(number)

    def show(self, round_number: int) -> None:
        """Make the answers of a round; a feed whose bytes stay keeps its validators."""
        before, self._shown = self._shown, round_number
        for number in range(self._world.feeds):
            if self._world.is_changed(number, before) != self._world.is_changed(number, round_number):
                self._answers[_path(number)] = self._make(number)

    @property
    def late_s(self) -> float:
        """How long an answer is held back in this round."""
        return self._late_s if self._shown else 0.0

    def is_answered(self, head: bytes) -> bool:
        """Whether this request gets an answer at all."""
        return not self._shown or head.split(b" ", 2)[1] not in self._silent

    def _make(self, number: int) -> tuple[bytes, bytes, bytes, bytes]:
        body = self._world.body(number, self._shown)
        zipped = gzip.compress(body, compresslevel=6, mtime=0)
        at = self._world.start - timedelta(minutes=1 if self._world.is_changed(number, self._shown) else 60)
        tag = hashlib.blake2b(body, digest_size=8).hexdigest()
        shared = f'ETag: "{tag}"\r\nLast-Modified: {format_datetime(at, usegmt=True)}\r\nVary: Accept-Encoding\r\n'
        head = f"HTTP/1.1 200 OK\r\n{shared}Content-Type: application/xml; charset=utf-8\r\n"
        full = f"{head}Content-Encoding: gzip\r\nContent-Length: {len(zipped)}\r\n\r\n".encode() + zipped
        plain = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        return full, plain, f"HTTP/1.1 304 Not Modified\r\n{shared}\r\n".encode(), f'"{tag}"'.encode()

    def answer(self, head: bytes) -> bytes:
        """What to write for a request."""
        lines = head.split(b"\r\n")
        found = self._answers.get(lines[0].split(b" ")[1])
        if found is None:
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        full, plain, unchanged, tag = found
        pairs = (line.partition(b":") for line in lines[1:])
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        if headers.get(b"if-none-match") == tag:
            return unchanged
        return full if b"gzip" in headers.get(b"accept-encoding", b"") else plain


class _Connection(asyncio.Protocol):
    """One kept-open connection."""

    def __init__(self, shelf: _Shelf) -> None:
        self._shelf = shelf
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where to write."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every whole request."""
        self._got += data
        while b"\r\n\r\n" in self._got:
            head, _, self._got = self._got.partition(b"\r\n\r\n")
            if not self._shelf.is_answered(head):
                continue
            if self._shelf.late_s:
                asyncio.get_running_loop().call_later(self._shelf.late_s, self._write, head)
            else:
                self._write(head)
        if len(self._got) > HEAD_BYTES_MAX:
            self._transport.close()

    def _write(self, head: bytes) -> None:
        self._transport.write(self._shelf.answer(head))
        if b"connection: close" in head.lower():
            self._transport.close()


def is_silent(number: int, share: float) -> bool:
    """Whether the address of a feed is one of those that never answer; they are spread evenly."""
    return share > 0 and number % ADDRESSES % round(1 / share) == 0


def _path(number: int) -> bytes:
    return f"/feed/{number}.xml".encode()


def _listen() -> list[socket.socket]:
    """A socket on each address, all on one port that was free on the first."""
    sockets: list[socket.socket] = []
    port = 0
    for number in range(ADDRESSES):
        host = url_of(number, port).split("/")[2].split(":")[0]
        sockets.append(socket.create_server((host, port), backlog=64))
        port = sockets[0].getsockname()[1]
    return sockets


async def _serve(shelf: _Shelf, sockets: list[socket.socket]) -> None:
    loop = asyncio.get_running_loop()
    for each in sockets:
        await loop.create_server(lambda: _Connection(shelf), sock=each)
    print(sockets[0].getsockname()[1], flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        shelf.show(int(line))
        print(int(line), flush=True)


if __name__ == "__main__":
    _entries = int(sys.argv[5]) if len(sys.argv) > 5 else ENTRIES
    _world = World(datetime.fromisoformat(sys.argv[1]), int(sys.argv[2]), _entries)
    asyncio.run(_serve(_Shelf(_world, float(sys.argv[3]), float(sys.argv[4])), _listen()))
