"""A receiver for the package apprise's own `json://` on loopback: what arrived, and what it answers."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FakeService:
    """What arrived, and the status it answers with; `gate` holds answers back while it is closed."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.status = 200
        self.url = ""
        self.gate = threading.Event()
        self.gate.set()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Keep, wait for the gate, answer."""
        service: FakeService = self.server.service  # type: ignore[attr-defined]  # set by serve_service
        service.taken.append(json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0)))))
        service.gate.wait(10)
        try:
            self.send_response(service.status)
            self.send_header("Content-Length", "0")
            self.end_headers()
        except OSError:
            return  # nobody waits for it any more

    def log_message(self, format: str, *args: object) -> None:
        """A test's output is for the test."""


@contextmanager
def serve_service(secret: str = "aVerySecretToken") -> Iterator[FakeService]:
    """A service on a port of its own, its address with a secret in it."""
    service = FakeService()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.service = service  # type: ignore[attr-defined]  # how a handler reaches its service
    server.daemon_threads = True
    service.url = f"json://bot:{secret}@127.0.0.1:{server.server_port}/{secret}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.gate.set()
        server.shutdown()
        server.server_close()
        thread.join()
