"""A receiver of webhooks on loopback that checks signatures with the standard's own package; a `post` to reach it."""

import contextlib
import http.client
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from standardwebhooks import Webhook, WebhookVerificationError

from monitor.errors import FetchError, FetchReason

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Answer:
    """What the receiver answers, and whether it drops the line instead, after it took the body."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    drops: bool = False


@dataclass
class Received:
    """One verified message."""

    identity: str
    body: bytes
    data: Any


class FakeReceiver:
    """What arrived with a good signature, what did not, and what is answered next."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.rejected: list[str] = []
        self.answers: deque[Answer] = deque()
        self.secret: str | bytes = SECRET
        self.url = ""


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Verify, keep, answer by script."""
        receiver: FakeReceiver = self.server.receiver  # type: ignore[attr-defined]  # set by serve_receiver
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = dict(self.headers.items())
        try:
            data = Webhook(receiver.secret).verify(body, headers)
        except WebhookVerificationError as error:
            receiver.rejected.append(str(error))
            self._answer(Answer(401))
            return
        receiver.received.append(Received(headers["webhook-id"], body, data))
        answer = receiver.answers.popleft() if receiver.answers else Answer()
        if not answer.drops:
            self._answer(answer)

    def _answer(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        with contextlib.suppress(OSError):  # who sent it may be gone by now
            self.end_headers()
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """A test's output is for the test."""


def plain_post(url: str, body: bytes, headers: Mapping[str, str], timeout_s: float) -> Answer:
    """A `post` without a guard, for loopback: the shape the webhook channel is handed."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_s)
    try:
        connection.connect()
    except OSError as error:
        raise FetchError("no connection", reason=FetchReason.CONNECT) from error
    try:
        connection.request("POST", parts.path, body, dict(headers))
        response = connection.getresponse()
        return Answer(response.status, dict(response.headers.items()), response.read())
    except (OSError, http.client.HTTPException) as error:
        raise FetchError("no answer", reason=FetchReason.PROTOCOL) from error
    finally:
        connection.close()


@contextmanager
def serve_receiver() -> Iterator[FakeReceiver]:
    """A receiver on a port of its own, stopped at the end."""
    receiver = FakeReceiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.receiver = receiver  # type: ignore[attr-defined]  # how a handler reaches its receiver
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
