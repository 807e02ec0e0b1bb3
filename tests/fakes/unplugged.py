"""The fake Slack without a socket and with a clock that a test moves: urllib's way to the network ends in memory.

Everything of ours and of slack_sdk runs; only the library's own door to the network (`HTTPHandler.http_open`) is
replaced, and the bytes that come back are those the fake server writes.
"""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPResponse, RemoteDisconnected
from typing import Any
from unittest.mock import patch
from urllib.request import HTTPHandler, Request

from tests.fakes.clock import FakeClock
from tests.fakes.slack import BOT_ID, CHANNEL, FakeSlack, _Handler

URL = "http://127.0.0.1:1/api/"
LAG_S = 5
"""How long a post may be there before a question finds it; the outbox waits longer than that before it asks."""


class SlackInMemory(FakeSlack):
    """A workspace on a clock that a test moves. A post is shown to questions only after `LAG_S`."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock

    def store(self, message: dict[str, Any], bot_id: str = BOT_ID) -> str:
        """Keep a message; its ts is the clock's."""
        self._count += 1
        ts = f"{int(self._clock.now().timestamp())}.{self._count:06d}"
        self.messages[message["channel"]].append({**message, "ts": ts, "bot_id": bot_id, "type": "message"})
        return ts

    def answer(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """As Slack answers; what was posted a moment ago is not shown yet."""
        if method == "chat.update":
            return self._update(arguments)
        answer = super().answer(method, arguments)
        if "messages" in answer:
            shown_until = self._clock.now().timestamp() - LAG_S
            answer["messages"] = [one for one in answer["messages"] if float(one["ts"]) <= shown_until]
        return answer

    def _update(self, message: dict[str, Any]) -> dict[str, Any]:
        for one in self.messages.get(message["channel"], []):
            if one["ts"] == message.get("ts"):
                one.update(message)
                return {"ok": True, "channel": message["channel"], "ts": one["ts"]}
        return {"ok": False, "error": "message_not_found"}

    def chat(self, count: int) -> None:
        """Other people's messages, so that ours lie on later pages."""
        for _ in range(count):
            self.store({"channel": CHANNEL, "text": "chatter"}, bot_id="B0PEOPLE")


Exchange = Callable[[str, Callable[[], HTTPResponse]], HTTPResponse]
"""What stands between a call of a method and its answer: it may do things before or after, or raise."""


@contextmanager
def unplugged(slack: FakeSlack, exchange: Exchange) -> Iterator[None]:
    """Until the block ends, whatever this process asks at `URL` over plain HTTP is answered by the fake."""

    def http_open(_: HTTPHandler, request: Request) -> HTTPResponse:
        method = request.selector.rsplit("/", 1)[-1]
        return exchange(method, lambda: _answer(slack, request))

    with patch.object(HTTPHandler, "http_open", http_open):
        yield


class _Wire:
    """As much of a socket as a server's handler and a client's answer need."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.sent = bytearray()

    def makefile(self, mode: str, *_: object) -> io.BytesIO:
        """What the other side wrote."""
        return io.BytesIO(self._data)

    def sendall(self, data: bytes) -> None:
        """Keep what is written."""
        self.sent += data


class _Server:
    def __init__(self, slack: FakeSlack) -> None:
        self.slack = slack


def _answer(slack: FakeSlack, request: Request) -> HTTPResponse:
    body = request.data or b""
    assert isinstance(body, bytes)
    headers = {**dict(request.header_items()), "Content-Length": str(len(body)), "Connection": "close"}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    wire = _Wire(f"POST {request.selector} HTTP/1.1\r\n{head}\r\n".encode() + body)
    _Handler(wire, ("127.0.0.1", 1), _Server(slack))  # type: ignore[arg-type]  # all that it uses of both
    if not wire.sent:
        raise RemoteDisconnected("Remote end closed connection without response")
    response = HTTPResponse(_Wire(bytes(wire.sent)))  # type: ignore[arg-type]  # it only makes a file of it
    response.begin()
    return response


def key_of(message: dict[str, Any]) -> str:
    """By what one of our messages is found again; empty for other people's."""
    metadata = message.get("metadata")
    if isinstance(metadata, str):
        metadata = json.loads(metadata)
    payload = (metadata or {}).get("event_payload", {})
    return f"{payload['key']}-{payload['part']}" if payload else ""
