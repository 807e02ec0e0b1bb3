"""A Slack of our own on loopback: it stores, pages and refuses as the real one documents, and fails on request."""

import contextlib
import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any, Literal
from urllib.parse import parse_qsl

from tests.fakes.slack_limits import find_fault

TOKEN = "xoxb-111-222-aVerySecretToken"
APP_TOKEN = "xapp-1-A0OURS-333-anotherSecret"
CHANNEL = "C0123456789"
BOT_ID = "B0OURS"
WAIT_S_MAX = 10  # a test that forgot to release a hanging call still ends


@dataclass
class Fault:
    """How one call goes wrong. `stored` says whether a post was kept before that.

    `hang` says nothing until `release` and then cuts the line, `late` answers then as if nothing had been.
    """

    kind: Literal["rate", "drop", "short", "status", "code", "html", "hang", "late", "not_object"]
    stored: bool = False
    retry_after: str | None = None
    status: int = 500
    code: str = "fatal_error"
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass
class Call:
    """One request as it came in."""

    method: str
    arguments: dict[str, Any]


class FakeSlack:
    """Messages of one workspace. `faults` are taken in order, one per call to the method they are scripted for."""

    def __init__(self) -> None:
        self.token = TOKEN
        self.app_token = APP_TOKEN
        self.socket_url = ""
        """Where a socket is open to the app, if one is: `slack_socket` sets it."""
        self.answers: Queue[tuple[str, dict[str, Any]]] = Queue()
        """What was posted to a response address, with the last part of its path."""
        self.messages: dict[str, list[dict[str, Any]]] = {CHANNEL: []}
        self.members = {CHANNEL}
        self.scopes: str | None = "chat:write,channels:history,groups:history,channels:read,groups:read,commands"
        self.about: dict[str, dict[str, Any]] = {CHANNEL: {"name": "port-amber"}}
        """What a channel is beside its id: `is_archived`, `is_private`, `is_im`."""
        self.blocks_chars_max: int | None = None
        """Below what is documented, as the real one may be."""
        self.page_size: int | None = None
        self.calls: list[Call] = []
        self.release = threading.Event()
        self.hanging = threading.Event()
        self.on_called: Callable[[], None] = lambda: None
        self._faults: dict[str, deque[Fault]] = {}
        self._lock = threading.Lock()
        self._count = 0
        self.url = ""

    def fail(self, method: str, *faults: Fault) -> None:
        """Script what happens to the next calls of a method."""
        self._faults.setdefault(method, deque()).extend(faults)

    def next_fault(self, method: str) -> Fault | None:
        """The fault scripted for this call, if any; taken once."""
        waiting = self._faults.get(method)
        return waiting.popleft() if waiting else None

    def posts(self, channel: str = CHANNEL) -> list[dict[str, Any]]:
        """What the channel holds, threads included, oldest first."""
        return self.messages[channel]

    def calls_of(self, method: str) -> list[dict[str, Any]]:
        """The arguments of every call of a method."""
        return [call.arguments for call in self.calls if call.method == method]

    def store(self, message: dict[str, Any], bot_id: str = BOT_ID) -> str:
        """Keep a message as any app may post it; its ts."""
        with self._lock:
            self._count += 1
            ts = f"{int(datetime.now(UTC).timestamp())}.{self._count:06d}"
            self.messages[message["channel"]].append({**message, "ts": ts, "bot_id": bot_id, "type": "message"})
            return ts

    def answer(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Slack's answer to a call with a good token."""
        if method == "apps.connections.open":
            return {"ok": True, "url": self.socket_url} if self.socket_url else {"ok": False, "error": "internal_error"}
        if method == "auth.test":
            return {"ok": True, "bot_id": BOT_ID, "team": "Port Amber", "user": "news-monitor", "user_id": "U0OURS"}
        if method == "blocks.validate":
            return _validated(json.loads(arguments["blocks"]))
        channel = arguments.get("channel", "")
        if channel not in self.messages:
            return {"ok": False, "error": "channel_not_found"}
        if method == "conversations.info":
            about = {"id": channel, "is_member": channel in self.members, **self.about.get(channel, {})}
            return {"ok": True, "channel": about}
        if channel not in self.members:
            return {"ok": False, "error": "not_in_channel"}
        if method == "chat.postMessage":
            return self._post(arguments)
        if method == "chat.update":
            return self._update(arguments)
        if method in ("conversations.history", "conversations.replies"):
            return self._read(method, arguments)
        return {"ok": False, "error": "unknown_method"}

    def _post(self, message: dict[str, Any]) -> dict[str, Any]:
        fault = find_fault(message, self.blocks_chars_max)
        if fault:
            return {"ok": False, "error": fault}
        thread = message.get("thread_ts")
        if thread and thread not in [one["ts"] for one in self.messages[message["channel"]]]:
            return {"ok": False, "error": "thread_not_found"}
        return {"ok": True, "channel": message["channel"], "ts": self.store(message)}

    def _update(self, change: dict[str, Any]) -> dict[str, Any]:
        fault = find_fault(change, self.blocks_chars_max) or (len(change["text"]) > 4_000 and "msg_too_long")
        if fault:
            return {"ok": False, "error": fault}
        for message in self.messages[change["channel"]]:
            if message["ts"] == change["ts"]:
                if message["bot_id"] != BOT_ID:
                    return {"ok": False, "error": "cant_update_message"}
                message |= change
                return {"ok": True, "channel": change["channel"], "ts": change["ts"], "text": change["text"]}
        return {"ok": False, "error": "message_not_found"}

    def _read(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        root = arguments.get("ts") if method == "conversations.replies" else None
        everything = self.messages[arguments["channel"]]
        if root is not None and root not in [one["ts"] for one in everything]:
            return {"ok": False, "error": "thread_not_found"}
        kept = [
            one
            for one in everything
            if float(one["ts"]) > float(arguments.get("oldest", 0))
            and ((one["ts"] == root or one.get("thread_ts") == root) if root else not one.get("thread_ts"))
        ]
        if root is None:
            kept.reverse()  # history is newest first, replies are oldest first
        size = min(int(arguments.get("limit", 100)), self.page_size or 999)
        start = int(arguments.get("cursor") or 0)
        page = [dict(one) for one in kept[start : start + size]]
        if arguments.get("include_all_metadata") not in ("1", "true", True):
            for one in page:
                one.pop("metadata", None)
        after = str(start + size) if start + size < len(kept) else ""
        return {"ok": True, "messages": page, "response_metadata": {"next_cursor": after}}


def _validated(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    fault = find_fault({"text": "x", "blocks": blocks})
    if fault is None:
        return {"ok": True}
    error = {"pointer": "/0/type", "code": "failed_constraint", "message": f"{fault} was found"}
    return {"ok": False, "error": "invalid_blocks", "errors": [error]}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def slack(self) -> FakeSlack:
        """The workspace this server speaks for."""
        return self.server.slack  # type: ignore[attr-defined,no-any-return]  # set by serve_slack

    def do_POST(self) -> None:
        """Every Web API method takes POST."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        method = self.path.rsplit("/", 1)[-1]
        is_json = self.headers.get("Content-Type", "").startswith("application/json")
        arguments = json.loads(body or b"{}") if is_json else dict(parse_qsl(body.decode()))
        self.slack.calls.append(Call(method, arguments))
        self.slack.on_called()
        if self.path.startswith("/answer/"):
            self.slack.answers.put((method, arguments))
            self._send(b"ok", 200, "text/plain")
            return
        token = self.slack.app_token if method == "apps.connections.open" else self.slack.token
        if self.headers.get("Authorization") != f"Bearer {token}":
            self._json({"ok": False, "error": "invalid_auth"})
            return
        fault = self.slack.next_fault(method)
        if fault is None:
            self._json(self.slack.answer(method, arguments))
            return
        if fault.kind == "late":
            answer = self.slack.answer(method, arguments)
            self._wait()
            self._json(answer)
            return
        if fault.stored:
            self.slack.answer(method, arguments)
        self._fail(fault)

    def _fail(self, fault: Fault) -> None:
        if fault.kind == "rate":
            after = {"Retry-After": fault.retry_after} if fault.retry_after is not None else {}
            self._json({"ok": False, "error": "ratelimited"}, 429, after)
        elif fault.kind == "status":
            self._json({"ok": False, "error": fault.code}, fault.status)
        elif fault.kind == "code":
            self._json({"ok": False, "error": fault.code, **fault.extra})
        elif fault.kind == "not_object":
            self._send(b"[1]", 200, "application/json")
        elif fault.kind == "html":
            self._send(b"<html><body>Bad gateway</body></html>", fault.status, "text/html")
        elif fault.kind == "short":
            self.send_response(200)
            self.send_header("Content-Length", "500")
            self.end_headers()
            self.wfile.write(b'{"ok": tr')
            self.close_connection = True
        else:
            if fault.kind == "hang":
                self._wait()
            self.close_connection = True

    def _wait(self) -> None:
        self.slack.hanging.set()
        self.slack.release.wait(WAIT_S_MAX)

    def _json(self, data: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> None:
        self._send(json.dumps(data).encode(), status, "application/json", headers)

    def _send(self, body: bytes, status: int, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        scopes = {"X-OAuth-Scopes": self.slack.scopes} if self.slack.scopes is not None else {}
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **scopes,
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):  # who asked may be gone by now
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """A test's output is for the test."""


@contextmanager
def serve_slack() -> Iterator[FakeSlack]:
    """A fake Slack on a port of its own, stopped at the end; `url` is what goes into `api_url`."""
    slack = FakeSlack()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.slack = slack  # type: ignore[attr-defined]  # how a handler reaches its workspace
    server.daemon_threads = True
    slack.url = f"http://127.0.0.1:{server.server_port}/api/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield slack
    finally:
        slack.release.set()
        server.shutdown()
        server.server_close()
        thread.join()
