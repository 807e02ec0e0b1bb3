"""A server that says exactly what a test tells it to, byte by byte: honest, broken, slow or hostile."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Script = bytes | Callable[[socket.socket, threading.Event], None]
"""What to answer: the bytes, or a function that writes them; the event says that the test is over."""


def respond(status: str = "200 OK", headers: str = "", body: bytes = b"") -> bytes:
    """A whole answer; headers as lines, with Content-Length added."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    lines = "".join(f"{line.strip()}\r\n" for line in headers.strip().split("\n") if line.strip())
    return (head + lines + "\r\n").encode("latin-1") + body


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    path: str
    headers: dict[str, bytes]
    """By name in lower case, raw."""
    body: bytes = b""


@dataclass
class Scripted:
    """The running server: scripts by path (a list is used up one by one, its last stays), and what it was asked."""

    port: int
    scheme: str = "http"
    scripts: dict[str, list[Script]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/feed", host: str = "127.0.0.1") -> str:
        """An address of this server."""
        return f"{self.scheme}://{host}:{self.port}{path}"

    def script(self, path: str, *answers: Script) -> str:
        """Say what to answer at a path; returns its address."""
        self.scripts[path] = list(answers)
        return self.url(path)

    def take(self, path: str) -> Script:
        """The next answer of a path."""
        answers = self.scripts.get(path)
        if not answers:
            return respond("404 Not Found")
        return answers.pop(0) if len(answers) > 1 else answers[0]


@contextlib.contextmanager
def serve_scripts(*, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0) -> Iterator[Scripted]:
    """Serve on a loopback port until the block ends; every connection and thread ends with it."""
    listener = socket.create_server((host, port))
    served = Scripted(listener.getsockname()[1], "https" if tls else "http")
    threads: list[threading.Thread] = []
    open_ones: set[socket.socket] = set()

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            open_ones.add(connection)
            thread = threading.Thread(target=answer, args=(connection,))
            threads.append(thread)
            thread.start()

    def answer(plain: socket.socket) -> None:
        with plain, contextlib.suppress(OSError), _encrypted(plain, tls) as connection:
            asked = _read(connection)
            if asked is not None:
                served.asked.append(asked)
                script = served.take(asked.path)
                if isinstance(script, bytes):
                    connection.sendall(script)
                else:
                    script(connection, served.over)
        open_ones.discard(plain)

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield served
    finally:
        served.over.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in list(open_ones):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        accepting.join()
        for thread in threads:
            thread.join()


def _encrypted(plain: socket.socket, tls: ssl.SSLContext | None) -> socket.socket:
    return tls.wrap_socket(plain, server_side=True) if tls else plain


def _read(connection: socket.socket) -> Asked | None:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(65_536)
        if not piece:
            return None
        head += piece
    head, _, body = head.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    headers = {
        name.decode("latin-1").lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)
    }
    while len(body) < int(headers.get("content-length", b"0")):
        piece = connection.recv(65_536)
        if not piece:
            return None
        body += piece
    return Asked(first.split(b" ")[1].decode("latin-1"), headers, body)


def hang(_: socket.socket, over: threading.Event) -> None:
    """Take the request and never answer."""
    over.wait()


def drip(connection: socket.socket, over: threading.Event) -> None:
    """Begin an answer and let one byte out now and then, for ever."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<rss>")
    while not over.wait(0.02):
        connection.sendall(b" ")


def endless(connection: socket.socket, over: threading.Event) -> None:
    """A body that never ends."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n")
    while not over.is_set():
        connection.sendall(b"x" * 65_536)


def endless_headers(connection: socket.socket, over: threading.Event) -> None:
    """Headers that never end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not over.is_set():
        connection.sendall(b"X-More: " + b"x" * 8_000 + b"\r\n")


def informing(connection: socket.socket, over: threading.Event) -> None:
    """Say for ever that the answer is about to come."""
    while not over.is_set():
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100)


def reset(connection: socket.socket, _: threading.Event) -> None:
    """Begin an answer and end the connection as a crashed host does."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def linger(answer: bytes) -> Script:
    """Answer in full, then keep the connection open and never say farewell."""

    def script(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(answer)
        over.wait()

    return script


def drop(connection: socket.socket, _: threading.Event) -> None:
    """Take the request and close without a word."""
    connection.shutdown(socket.SHUT_RDWR)
