"""Hear what people click and type in Slack, over a socket that we open: no address of ours need be public.

Slack wants its receipt within three seconds, whatever the database does: so the receipt goes first, and the work waits
in a short line for one thread. The library finds its way back after a broken line; how often it asks for a new one is
held down here. Whether anybody is heard is told by what was last heard, never by "connected".

Effects: network, threads.
"""

import contextlib
import ipaddress
import json
import logging
import ssl
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from queue import Empty, Full, Queue
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

from msgspec import Struct
from slack_sdk import WebClient
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from monitor.channels.asked import Actions, Answer, say
from monitor.channels.base import Examined
from monitor.channels.slack_envelopes import Envelope, read_envelope
from monitor.channels.slack_replies import render_reply
from monitor.channels.waits import read_retry_after
from monitor.errors import ConfigError, MonitorError
from monitor.logs import get_log

log = get_log()

LINE_MAX = 50
"""Questions that wait for the one thread; who comes later is told to come again."""
BUSY_MAX = 20
"""Of those, how many are told so at a time; more hear nothing, and click again."""
FRAMES_MAX = 500
"""Messages of the socket that wait to be looked at."""
REPLY_S = 5.0
OPEN_S = 10.0
OPEN_BYTES_MAX = 100_000
PING_S = 5.0
WAIT_S_MAX = 300.0
"""The longest between two tries to open a line."""
DEAF_S = 60.0
"""Heard nothing for so long, not even the answer to a ping: nobody is heard."""
BUSY = say("Too much is asked at a time just now. Nothing was changed: please try again in a minute.")
BROKE = say("That did not work, and nothing is known to have changed. The monitor's log says why.")


class Hearing(Struct, frozen=True):
    """How the listener is."""

    is_well: bool
    said: str
    """One sentence, with the remedy where it is not well. Never holds a secret."""


class SlackListener:
    """One app's socket. `start` and `stop` never wait for Slack longer than they say; neither raises."""

    def __init__(
        self,
        token: str,
        actions: Actions,
        api_url: str = "https://slack.com/api/",
        *,
        ping_s: float = PING_S,
        line_max: int = LINE_MAX,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        token = token.strip()
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise ConfigError(
                "the token of the Slack app is empty or holds a character no token has",
                remedy="Copy the app-level token (xapp-…) from the app's page at api.slack.com again.",
            )
        self._actions = actions
        self._elapsed = elapsed
        self._line = _Line("slack-actions", line_max, self._work)
        self._busy = _Line("slack-busy", BUSY_MAX, lambda envelope: self._reply(envelope, BUSY))
        self._stopping = threading.Event()
        self._heard_s: float | None = None
        self._door = _Door(token, api_url, elapsed)
        self._client = _Client(self._door, ping_s)
        self._client.on_message_listeners.append(self._note_message)
        self._client.socket_mode_request_listeners.append(self._take)
        self._opening = threading.Thread(target=self._open, name="slack-open", daemon=True)

    def start(self) -> None:
        """Begin to listen, in threads of its own; where Slack cannot be reached it goes on trying."""
        self._line.start()
        self._busy.start()
        self._opening.start()

    def stop(self, within_s: float) -> bool:
        """Hear nothing any more, and let what was receipted be done as far as the time allows; whether all was."""
        until = self._elapsed() + within_s
        self._stopping.set()
        closing = threading.Thread(target=self._close, name="slack-close", daemon=True)
        closing.start()
        closing.join(within_s)
        is_done = self._line.end(max(0.0, until - self._elapsed()))
        self._busy.end(max(0.0, until - self._elapsed()))
        return is_done and not closing.is_alive()

    def hearing(self) -> Hearing:
        """Whether anybody would be heard now."""
        silent_s = self._silent_s()
        if silent_s is not None and silent_s < DEAF_S:
            return Hearing(True, f"Slack was heard {silent_s:.0f} s ago")
        if self._door.trouble:
            return Hearing(False, f"Slack cannot be heard: {self._door.trouble}")
        since = "nothing was heard yet" if silent_s is None else f"nothing was heard for {silent_s:.0f} s"
        return Hearing(False, f"Slack cannot be heard: {since}")

    def _silent_s(self) -> float | None:
        """Seconds since a message, or since the ping that was answered last."""
        known = [] if self._heard_s is None else [self._elapsed() - self._heard_s]
        session = self._client.current_session
        answered = session.last_ping_pong_time if session is not None else None
        if answered is not None:
            known.append(max(0.0, time.time() - answered))  # the library keeps it by the wall clock
        return min(known, default=None)

    def _open(self) -> None:
        """Until the first line stands: from then on the library looks after it."""
        while not self._stopping.is_set():
            try:
                self._client.connect()
            except Exception as error:  # noqa: BLE001  # the library raises what it likes here
                self._door.note(error)
                self._stopping.wait(self._door.wait_s)
            else:
                break
        if self._stopping.is_set():
            self._close()

    def _close(self) -> None:
        with contextlib.suppress(Exception):
            self._client.close()

    def _note_message(self, message: str) -> None:
        self._heard_s = self._elapsed()
        if _is_hello(message):
            self._door.greeted()

    def _take(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        """The receipt first; then the question goes into the line, or is sent away."""
        client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
        envelope = read_envelope(request.type, request.payload if isinstance(request.payload, dict) else {})
        if envelope is not None and not self._line.put(envelope):
            log.warning("slack.asked_too_much", waiting=LINE_MAX)
            self._busy.put(envelope)

    def _work(self, envelope: Envelope) -> None:
        try:
            answer = self._actions(envelope.asked)
        except MonitorError as error:
            said = str(error)
            answer = say(f"{said[:1].upper()}{said[1:]}")
        except Exception as error:  # noqa: BLE001  # the edge of a unit of work: the next question is another
            log.error("slack.action_broke", error=error, hint="please report this")
            answer = BROKE
        self._reply(envelope, answer)

    def _reply(self, envelope: Envelope, answer: Answer) -> None:
        body = json.dumps(render_reply(answer, replaces=envelope.is_in_answer), ensure_ascii=False).encode()
        try:
            self._door.answer(envelope.answer_url, body)
        except Exception as error:  # noqa: BLE001  # urllib, http.client and ssl raise what they like
            # What was done is done; the person may look, or click again. The address is a secret of its own.
            log.warning("slack.not_answered", reason=type(error).__name__)


class _Line:
    """A short line of questions before one thread."""

    def __init__(self, name: str, length_max: int, work: Callable[[Envelope], None]) -> None:
        self._waiting: Queue[Envelope] = Queue(length_max)
        self._work = work
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, envelope: Envelope) -> bool:
        """Stand in line; False where it is full."""
        try:
            self._waiting.put_nowait(envelope)
        except Full:
            return False
        return True

    def end(self, within_s: float) -> bool:
        """Take nobody any more once all who wait had their turn; whether they had, in that time."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(within_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            try:
                envelope = self._waiting.get(timeout=0.2)
            except Empty:
                if self._ending.is_set():
                    return
                continue
            self._work(envelope)


def examine_app_token(token: str, api_url: str) -> Examined:
    """Whether Slack would open a line for this token: one call, and no line is opened. Never raises."""
    try:
        _Door(token.strip(), api_url, time.monotonic).ask_for_line()
    except _NoLineError as error:
        return Examined("app token", False, f"Buttons and /watch do not work: {error}")
    except Exception as error:  # noqa: BLE001  # urllib, ssl and json raise what they like; some quote the token
        return Examined("app token", False, f"Buttons and /watch: no answer came ({type(error).__name__}).")
    return Examined("app token", True, "Slack takes the app token: buttons and /watch work while the daemon runs.")


class _Door:
    """The calls over HTTP: for the address of a new line, and for answers. One request each, no redirects.

    A proxy named in the environment is used, but never on the way to this very machine.
    """

    def __init__(self, token: str, api_url: str, elapsed: Callable[[], float]) -> None:
        self.is_loopback = _is_loopback(api_url)
        self.context = ssl.create_default_context()
        self.trouble = ""
        """Why there is no line, in words; empty where there is one, or none was asked for yet."""
        self.wait_s = 0.0
        self._token = token
        self._api_url = api_url
        self._elapsed = elapsed
        self._not_before_s = 0.0
        self._tries = 0
        self._was_greeted = False
        self._opener = OpenerDirector()
        self._opener.add_handler(ProxyHandler({} if self.is_loopback else None))
        self._opener.add_handler(HTTPHandler())
        self._opener.add_handler(HTTPSHandler(context=self.context))

    def __repr__(self) -> str:
        return f"_Door({self._api_url!r})"

    def ask_for_line(self) -> str:
        """The address of a new line. Raises `_NoLineError`, at once where the last try was too short ago."""
        if self._elapsed() < self._not_before_s:
            raise _NoLineError(self.trouble or "the last line was opened a moment ago")
        self._tries += 1
        self._hold(min(WAIT_S_MAX, 2.0 ** (self._tries - 1)))
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/x-www-form-urlencoded"}
        url = self._api_url.rstrip("/") + "/apps.connections.open"
        status, found, body = self._post(url, b"", headers, OPEN_S)
        if status == 429:
            self._hold(read_retry_after(found.get("retry-after"), datetime.now(UTC)))
            raise _NoLineError("Slack asks us to slow down")
        answer = json.loads(body)
        if not isinstance(answer, dict) or answer.get("ok") is not True:
            code = str(answer.get("error") if isinstance(answer, dict) else "")[:60]
            self._hold(WAIT_S_MAX if code in _REMEDIES else self.wait_s)
            raise _NoLineError(f"Slack says {code}. {_REMEDIES.get(code, '')}".strip())
        line = str(answer.get("url") or "")
        if not line.startswith("wss://") and not (self.is_loopback and line.startswith("ws://")):
            raise _NoLineError("Slack named no secure line")
        return line

    def answer(self, url: str, body: bytes) -> None:
        """Post an answer to where Slack wants it. Raises where it was not taken."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        is_slack = parts.scheme == "https" and (host == "slack.com" or host.endswith((".slack.com", ".slack-gov.com")))
        if not is_slack and not (self.is_loopback and _is_loopback(url)):
            raise ValueError("an answer goes to Slack alone")
        status, _, _ = self._post(url, body, {"Content-Type": "application/json; charset=utf-8"}, REPLY_S)
        if status != 200:
            raise ValueError(f"status {status}")

    def note(self, error: Exception) -> None:
        """Keep why there is no line, and say it once."""
        what = str(error) if isinstance(error, _NoLineError) else f"no answer came ({type(error).__name__})"
        if what != self.trouble:
            self.trouble = what
            log.warning("slack.not_listening", reason=what, hint="messages go out all the same; it is tried again")

    def greeted(self) -> None:
        """Slack said hello: the line stands."""
        if self.trouble or not self._was_greeted:
            log.info("slack.listening")
        self._was_greeted = True
        self.trouble, self._tries, self.wait_s, self._not_before_s = "", 0, 0.0, 0.0

    def _hold(self, wait_s: float) -> None:
        self.wait_s, self._not_before_s = wait_s, self._elapsed() + wait_s

    def _post(
        self, url: str, body: bytes, headers: dict[str, str], within_s: float
    ) -> tuple[int, dict[str, str], bytes]:
        until = time.monotonic() + within_s
        with self._opener.open(Request(url, body, headers, method="POST"), timeout=within_s) as response:  # noqa: S310
            answer = bytearray()
            while chunk := response.read1(65_536):
                answer += chunk
                if time.monotonic() > until or len(answer) > OPEN_BYTES_MAX:
                    raise TimeoutError("the answer is too slow or too long")
            return response.status, {name.lower(): value for name, value in response.headers.items()}, bytes(answer)


class _NoLineError(Exception):
    """There is no line, for a reason that may be shown."""


class _Client(SocketModeClient):
    """The library's client, which asks our door for its lines, keeps its log to itself, and lets little wait."""

    def __init__(self, door: _Door, ping_s: float) -> None:
        self._door = door
        silent = logging.Logger("slack_sdk", level=logging.CRITICAL + 1)  # its lines quote addresses and messages
        web = WebClient(ssl=door.context, logger=silent, retry_handlers=[])
        super().__init__("", silent, web, ping_interval=ping_s, concurrency=1, receive_buffer_size=16_384)
        self.message_queue.maxsize = FRAMES_MAX  # the thread that reads it runs already
        if door.is_loopback:
            self.proxy = None  # it knows no NO_PROXY

    def issue_new_wss_url(self) -> str:
        """The address of a new line; the library's own way sleeps as long as it is told and never gives up."""
        try:
            return self._door.ask_for_line()
        except Exception as error:
            self._door.note(error)
            raise


def _is_hello(message: str) -> bool:
    if '"hello"' not in message:
        return False
    with contextlib.suppress(ValueError):
        found = json.loads(message)
        return isinstance(found, dict) and found.get("type") == "hello"
    return False


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


_COPY_ANEW = "Copy the app-level token (xapp-…), with connections:write, from the app's page again."
_REMEDIES = {
    "invalid_auth": _COPY_ANEW,
    "not_authed": _COPY_ANEW,
    "token_revoked": _COPY_ANEW,
    "token_expired": _COPY_ANEW,
    "account_inactive": _COPY_ANEW,
    "not_allowed_token_type": f"The bot's token is another. {_COPY_ANEW}",
    "missing_scope": _COPY_ANEW,
    "forbidden_team": "The app must be installed in this workspace.",
    "socket_mode_disabled": "Switch Socket Mode on, on the app's page.",
}
