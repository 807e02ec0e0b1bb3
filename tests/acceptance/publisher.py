"""A publisher whose every answer a test decides: status, headers, body, how slowly, and when."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.acceptance.program import WAIT_S, wait_until


@dataclass(frozen=True, slots=True)
class Page:
    """What is answered at one path."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    repeat: int = 1
    """How often the body is sent, one after the other: large answers need no memory here."""
    hangs: bool = False
    """The head is sent, the body never comes."""


class Publisher:
    """The running server: what it answers, and what it was asked. Safe to use from any thread."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.changed = threading.Condition()
        self.asked: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.holds = False
        """While true, requests are noted and wait unanswered."""
        self.on_asked: Callable[[], None] = lambda: None
        self.url = ""
        self._ended = threading.Event()

    def hold(self) -> None:
        """Let requests wait from now on."""
        with self.changed:
            self.holds = True

    def let_go(self) -> None:
        """Answer what waits, and what comes."""
        with self.changed:
            self.holds = False
            self.changed.notify_all()

    def wait_asked(self, path: str, times: int) -> None:
        """Block until the path was asked for so many times."""
        wait_until(self.changed, lambda: self.asked[path] >= times, f"request {times} for {path}")

    def wait_answered(self, path: str, times: int) -> None:
        """Block until the path was answered in full so many times."""
        wait_until(self.changed, lambda: self.answered[path] >= times, f"answer {times} to {path}")

    def take(self, path: str) -> Page:
        """Note a request, wait while answers are held, and say what the answer is."""
        with self.changed:
            self.asked[path] += 1
            self.changed.notify_all()
        self.on_asked()
        with self.changed:
            self.changed.wait_for(lambda: not self.holds or self._ended.is_set(), timeout=WAIT_S)
            return self.pages.get(path, Page(b"nothing here", 404))

    def note_answered(self, path: str) -> None:
        """The whole answer is on its way."""
        with self.changed:
            self.answered[path] += 1
            self.changed.notify_all()

    def wait_end(self) -> None:
        """Block until the server ends, for an answer that never comes."""
        self._ended.wait(WAIT_S)

    def end(self) -> None:
        """Let every waiting request go."""
        self._ended.set()
        self.let_go()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer as the test decided."""
        publisher: Publisher = self.server.publisher  # type: ignore[attr-defined]  # set by serve_pages
        self.close_connection = True
        page = publisher.take(self.path)
        with suppress(OSError):  # the client may leave in the middle, and is right to with some answers
            self.send_response(page.status)
            for name, value in page.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(page.body) * page.repeat))
            self.end_headers()
            if page.hangs:
                publisher.wait_end()
                return
            for _ in range(page.repeat):
                self.wfile.write(page.body)
            publisher.note_answered(self.path)

    def log_message(self, format: str, *args: object) -> None:
        """A test's output is for the test."""


@contextmanager
def serve_pages(pages: Mapping[str, Page] | None = None, *, host: str = "127.0.0.1") -> Iterator[Publisher]:
    """A publisher on a port of its own, stopped at the end."""
    publisher = Publisher()
    publisher.pages.update(pages or {})
    server = ThreadingHTTPServer((host, 0), _Handler)
    server.publisher = publisher  # type: ignore[attr-defined]  # how a handler reaches its publisher
    server.daemon_threads = True
    publisher.url = f"http://{host}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield publisher
    finally:
        publisher.end()
        server.shutdown()
        server.server_close()
        thread.join()
