"""Serve recorded feeds on a loopback port, for the demo and the acceptance tests.

The server behaves as a well-kept publisher's does: strong ETags, Last-Modified, 304 for what has not changed, gzip
where it is asked for. The recorded feeds beside this module are of our own writing; their outlets do not exist.

Effects: files (the recorded feeds), network (127.0.0.1), one thread and one per open connection.
"""

import gzip
import re
import socket
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import blake2b
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from monitor.clock import SystemClock
from monitor.errors import MonitorError

RECORDED = Path(__file__).parent / "recorded"
REQUESTS_KEPT_MAX = 10_000
"""Requests remembered, the oldest forgotten first: ten rounds over a thousand feeds, about 2 MB."""
CONNECTIONS_MAX = 200
"""Connections served at once, one thread each; four times what the daemon opens. More are closed unanswered."""
IDLE_S = 30
"""Seconds a connection may say nothing before it is closed."""

_AGE = re.compile(rb"\{\{(rfc822|iso) -(\d{1,6})m\}\}")


class ReplayRequest(Struct, frozen=True):
    """One request that was answered."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    """As the client sent them, names in lower case."""


class _Recording(Struct, frozen=True):
    """A body with what the server says of it, made once so that a request costs no hashing."""

    body: bytes
    zipped: bytes
    tag: str
    changed_at: datetime

    def etag(self, is_zipped: bool) -> str:
        # A strong tag names exact bytes, so the compressed form has its own.
        return f'"{self.tag}-gzip"' if is_zipped else f'"{self.tag}"'


class Replay:
    """The running server: where it is, what it serves, what it was asked. Safe to use from any thread."""

    def __init__(self, feeds: Mapping[str, bytes], connections_max: int, port: int) -> None:
        self._lock = threading.Lock()
        # Begun in the past, one second later with each replacement: never in the future, and never the same twice,
        # although the header cannot tell two changes within a second apart.
        self._started_at = SystemClock().now().replace(microsecond=0) - timedelta(hours=1)
        self._recordings: dict[str, _Recording] = {}
        self._requests: deque[ReplayRequest] = deque(maxlen=REQUESTS_KEPT_MAX)
        self._server = _Server(self, connections_max, port)
        for path, body in feeds.items():
            self.replace(path, body)

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:PORT`, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def requests(self) -> tuple[ReplayRequest, ...]:
        """What was asked so far, in the order it was answered; the last 10,000."""
        with self._lock:
            return tuple(self._requests)

    def url_of(self, path: str) -> str:
        """The whole address of a feed."""
        return self.base_url + _rooted(path)

    def replace(self, path: str, body: bytes) -> None:
        """Serve this body under the path from now on; its validators change if, and only if, the bytes do."""
        with self._lock:
            before = self._recordings.get(_rooted(path))
            if before and before.body == body:
                return
            self._recordings[_rooted(path)] = _Recording(
                body=body,
                zipped=gzip.compress(body, compresslevel=6, mtime=0),
                tag=blake2b(body, digest_size=12).hexdigest(),
                changed_at=before.changed_at + timedelta(seconds=1) if before else self._started_at,
            )

    def _find(self, path: str) -> _Recording | None:
        with self._lock:
            return self._recordings.get(path)

    def _note(self, request: ReplayRequest) -> None:
        with self._lock:
            self._requests.append(request)


@contextmanager
def serve_recorded(
    feeds: Mapping[str, bytes], *, connections_max: int = CONNECTIONS_MAX, port: int = 0
) -> Iterator[Replay]:
    """Serve these bodies by their paths (`wire.xml` or `/wire.xml`) on a free port of 127.0.0.1, or on this one.

    When the block ends, so has every thread and connection, also those a client left open. Raises OSError where the
    port is taken.
    """
    replay = Replay(feeds, connections_max, port)
    server = replay._server
    # The poll is how long `shutdown` may take, in seconds; tests start and stop many of these.
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="replay")
    thread.start()
    try:
        yield replay
    finally:
        server.shutdown()
        server.end_connections()
        server.server_close()
        thread.join()


def load_recorded(stage: str, now: datetime) -> dict[str, bytes]:
    """The recorded feeds of a stage by their paths: `before`, or `after`, when new entries have come.

    Their dates are counted back from `now`, so that the news is always fresh and the same `now` gives the same bytes.
    """
    folder = RECORDED / stage
    if stage not in {"before", "after"} or not folder.is_dir():
        raise MonitorError(f'no feeds are recorded for the stage "{stage}"', remedy='Ask for "before" or "after".')
    return {f"/{path.name}": _fill_dates(path.read_bytes(), now) for path in sorted(folder.iterdir()) if path.is_file()}


def _fill_dates(text: bytes, now: datetime) -> bytes:
    """Put a real time for each `{{rfc822 -35m}}` and `{{iso -35m}}`: that many minutes before `now`."""

    def date_for(found: re.Match[bytes]) -> bytes:
        at = now.astimezone(UTC).replace(microsecond=0) - timedelta(minutes=int(found[2]))
        return (format_datetime(at) if found[1] == b"rfc822" else at.strftime("%Y-%m-%dT%H:%M:%SZ")).encode()

    return _AGE.sub(date_for, text)


def _rooted(path: str) -> str:
    return path if path.startswith("/") else f"/{path}"


def _media_type(body: bytes) -> str:
    """The type a publisher would declare, by how the body begins."""
    start = body[:600].lstrip()
    if start.startswith(b"{"):
        return "application/feed+json"
    for mark, media_type in ((b"<feed", "atom+xml"), (b"<rdf:RDF", "rdf+xml"), (b"<rss", "rss+xml")):
        if mark in start:
            return f"application/{media_type}"
    return "text/html" if b"<html" in start.lower() else "application/xml"


class _Server(ThreadingMixIn, HTTPServer):
    """Keeps count of its connections, so that it can refuse too many and end them all."""

    daemon_threads = False  # so that server_close waits for every thread
    request_queue_size = 128  # waiting connections: a poller opens fifty at once

    def __init__(self, replay: Replay, connections_max: int, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.replay = replay
        self._connections_max = connections_max
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._connections_lock:
            is_full = len(self._connections) >= self._connections_max
            if not is_full:
                self._connections.add(request)
        if is_full:
            self.shutdown_request(request)
        else:
            super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._connections_lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def end_connections(self) -> None:
        """End every open connection: a thread that waits for a client's next request would otherwise wait on."""
        with self._connections_lock:
            for connection in self._connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # the client was sooner

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that leaves in the middle is its own affair, and the demo's screen is for digests."""


class _Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD."""

    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "recorded"
    sys_version = ""
    timeout = IDLE_S
    disable_nagle_algorithm = True  # head and body leave in two writes, which a delayed ACK would part by 40 ms
    wbufsize = -1  # buffered, so that head and body leave together

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, with_body: bool) -> None:
        if "content-length" in self.headers or "transfer-encoding" in self.headers:
            self.close_connection = True  # a body nobody reads would be taken for the next request
        path = urlsplit(self.path).path
        recording = self.server.replay._find(path)
        if recording is None:
            status, body = HTTPStatus.NOT_FOUND, b"no such feed\n"
        elif self._is_known(recording):
            status, body = HTTPStatus.NOT_MODIFIED, b""
        else:
            status, body = HTTPStatus.OK, recording.zipped if self._takes_gzip() else recording.body
        headers = {name.lower(): value for name, value in self.headers.items()}
        # Noted before it is sent: a test that has the answer must find the request.
        self.server.replay._note(ReplayRequest(self.command, path, status.value, headers))
        self.send_response(status)
        if recording is not None:
            self._describe(recording, is_full=status is HTTPStatus.OK)
        if status is not HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def _describe(self, recording: _Recording, is_full: bool) -> None:
        is_zipped = self._takes_gzip()
        self.send_header("ETag", recording.etag(is_zipped))
        self.send_header("Last-Modified", format_datetime(recording.changed_at, usegmt=True))
        self.send_header("Vary", "Accept-Encoding")
        if is_full:
            self.send_header("Content-Type", _media_type(recording.body))
            if is_zipped:
                self.send_header("Content-Encoding", "gzip")

    def _is_known(self, recording: _Recording) -> bool:
        """Whether the client has these bytes: by its tags if it sent any, else by its date, as RFC 9110 orders them."""
        tags = self.headers.get("If-None-Match")
        if tags is not None:
            sent = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
            return bool(sent & {recording.etag(True), recording.etag(False), "*"})
        since = self.headers.get("If-Modified-Since", "")
        try:
            return recording.changed_at <= parsedate_to_datetime(since).astimezone(UTC)
        except (ValueError, OverflowError):
            return False

    def _takes_gzip(self) -> bool:
        for part in self.headers.get("Accept-Encoding", "").lower().split(","):
            coding, _, quality = part.replace(" ", "").partition(";q=")
            if coding in {"gzip", "*"}:
                return quality.strip("0.") != "" or quality == ""
        return False

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what was asked stands in `Replay.requests`."""
