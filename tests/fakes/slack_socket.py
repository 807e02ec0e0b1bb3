"""Slack's side of a socket: says hello, hands over clicks and commands, takes receipts, and goes away on request."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty, Queue
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from tests.fakes.slack import CHANNEL, FakeSlack

USER = "U012AB3CD"
WAIT_S_MAX = 20  # a test that waits in vain still ends


class FakeSocket:
    """The socket of one app, and what came over it."""

    def __init__(self, slack: FakeSlack) -> None:
        self.slack = slack
        self.says_hello = True
        self.lines: Queue[ServerConnection] = Queue()
        """Every line that was opened, in order."""
        self.receipts: Queue[str] = Queue()
        self._line: ServerConnection | None = None
        self._count = 0

    def wait_for_line(self) -> None:
        """Until a line stands that was not there before; from now on it is the one that is used."""
        self._line = self.lines.get(timeout=WAIT_S_MAX)

    def click(self, value: str, *, channel: str = CHANNEL, user: str = USER, in_answer: bool = False) -> str:
        """Somebody presses a button with this value, or chooses it from a menu; the envelope's name."""
        menu = {"type": "overflow", "action_id": "story_menu", "selected_option": {"value": value}}
        button = {"type": "button", "action_id": value.partition(":")[0], "value": value}
        return self.hand_over(
            "interactive",
            {
                "type": "block_actions",
                "user": {"id": user, "name": "anna"},
                "channel": {"id": channel, "name": "desk"},
                "container": {"type": "message", "channel_id": channel, "is_ephemeral": in_answer},
                "actions": [button if in_answer else menu],
            },
        )

    def command(self, text: str, *, channel: str = CHANNEL, user: str = USER) -> str:
        """Somebody types `/watch` and this; the envelope's name."""
        written = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        payload = {"command": "/watch", "text": written, "channel_id": channel, "user_id": user}
        return self.hand_over("slash_commands", payload)

    def hand_over(self, kind: str, payload: dict[str, Any]) -> str:
        """Any envelope; its answer's address is named after it."""
        self._count += 1
        name = f"envelope-{self._count}"
        parts = urlsplit(self.slack.url)
        url = f"{parts.scheme}://{parts.netloc}/answer/{name}"
        self._send({"type": kind, "envelope_id": name, "payload": {**payload, "response_url": url}})
        return name

    def wait_for_receipt(self, name: str) -> None:
        """Until the envelope was receipted; the next one to come must be it."""
        assert self.receipts.get(timeout=WAIT_S_MAX) == name

    def wait_for_answer(self, name: str) -> dict[str, Any]:
        """What was answered; the next one to come must be to this envelope."""
        answered, message = self.slack.answers.get(timeout=WAIT_S_MAX)
        assert answered == name
        return message

    def has_answers(self) -> bool:
        """Whether an answer came that nobody waited for."""
        with suppress(Empty):
            self.slack.answers.get_nowait()
            return True
        return False

    def ask_to_leave(self) -> None:
        """As Slack does every few hours: the app should open another line."""
        self._send({"type": "disconnect", "reason": "refresh_requested"})

    def hang_up(self) -> None:
        """Close the line."""
        assert self._line is not None
        self._line.close()

    def serve_line(self, line: ServerConnection) -> None:
        """One line until it is closed."""
        if self.says_hello:
            line.send(json.dumps({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A0OURS"}}))
        self.lines.put(line)
        with suppress(ConnectionClosed):
            for message in line:
                receipt = json.loads(message)
                self.receipts.put(str(receipt["envelope_id"]))

    def _send(self, message: dict[str, Any]) -> None:
        assert self._line is not None, "wait_for_line first"
        self._line.send(json.dumps(message))


@contextmanager
def serve_socket(slack: FakeSlack) -> Iterator[FakeSocket]:
    """A socket beside a fake Slack, on a port of its own."""
    fake = FakeSocket(slack)
    with serve(fake.serve_line, "127.0.0.1", 0) as server:
        slack.socket_url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/link?ticket=aTicket"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield fake
        finally:
            slack.socket_url = ""
            server.shutdown()
            thread.join()


def words_of(message: dict[str, Any]) -> str:
    """What an answer says, as a person reads it."""
    [block] = [block for block in message["blocks"] if block["type"] == "rich_text"]
    return "".join(element["text"] for section in block["elements"] for element in section["elements"])


def buttons_of(message: dict[str, Any]) -> dict[str, str]:
    """The values of an answer's buttons by their labels."""
    rows = [block for block in message["blocks"] if block["type"] == "actions"]
    return {one["text"]["text"]: one["value"] for row in rows for one in row["elements"]}
