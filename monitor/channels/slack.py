"""Post digests to a Slack channel so that each can be found again, and ask for what was perhaps posted.

Every message carries its delivery's key as metadata. When an attempt ends without an answer, `find` reads the channel
back and looks for that key: that is what makes telling once possible here. The library's own retry is switched off,
because it posts again after a dropped connection (measured); the outbox alone decides about a second attempt.

Effects: network.
"""

import ipaddress
import json
import logging
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from monitor.channels.base import Examined, Grown, Payload, Receipt
from monitor.channels.slack_blocks import render_messages, render_note_message
from monitor.channels.slack_errors import THREAD_LOST_CODES, read_refusal
from monitor.channels.waits import read_http_date, read_retry_after
from monitor.errors import ChannelError, ConfigError, RefusalScope, SendOutcome
from monitor.model import Delivery, Digest, Note, StoryId

ANSWER_BYTES_MAX = 8_000_000  # a page of 200 messages with 46 blocks each is under 3 MB
PAGE_MESSAGES = 200
PAGES_MAX = 50  # 10,000 messages since the first attempt: the rate limit of a minute, and more than a channel's day
FIND_S_MAX = 60.0  # all pages of one question; with the call then under way and the post well under the lease
CLOCK_SKEW = timedelta(seconds=60)  # between our clock and Slack's, when we ask for what came since an attempt


class SlackChannel:
    """One Slack channel, through a bot's token. The token appears in no payload, error or `repr`."""

    kind = "slack"
    can_find = True
    spacing_s = 1.0
    """What Slack asks for: about one message a second and channel."""

    def __init__(
        self,
        name: str,
        channel: str,
        token: str,
        api_url: str = "https://slack.com/api/",
        timeout_s: int = 15,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        if not token.strip() or not token.strip().isascii() or not token.strip().isprintable() or " " in token.strip():
            # http.client would quote a header it cannot send, the token with it, in its own error.
            raise ConfigError(
                "the Slack token is empty or holds a character no token has",
                where=f'channel "{name}"',
                remedy="Copy the bot token (xoxb-…) from the app's page at api.slack.com again.",
            )
        self.name = name
        self._channel = channel
        self._client = _OneCallClient(token.strip(), api_url, timeout_s)
        self._now = now
        self._elapsed = elapsed
        self._bot_id: str | None = None
        self.account = f"slack {api_url}"

    def __repr__(self) -> str:
        return f"SlackChannel(name={self.name!r}, channel={self._channel!r})"

    def render(self, digest: Digest, key: str, root: str = "") -> Sequence[Payload]:
        """The thread's root, then its replies. The channel is not in them: one corrected later takes a retry too."""
        del root  # the outbox knows the thread's receipt
        messages = render_messages(digest, key)
        return [
            Payload(part=part, suffix="", body=json.dumps(message, ensure_ascii=False, separators=(",", ":")))
            for part, message in enumerate(messages, 1)
        ]

    def render_note(self, note: Note, key: str, root: str = "") -> Sequence[Payload]:
        """One message."""
        del root
        message = render_note_message(note, key)
        return [Payload(part=1, suffix="", body=json.dumps(message, ensure_ascii=False, separators=(",", ":")))]

    def render_edit(self, body: str, stories: Mapping[StoryId, Grown]) -> str | None:
        """Nothing yet changes a message that is out."""
        del body, stories
        return None

    def split(self, delivery: Delivery) -> Sequence[str]:
        """A message is not divided."""
        del delivery
        return ()

    def examine(self) -> Sequence[Examined]:
        """Nothing is tried."""
        return ()

    def send(self, delivery: Delivery) -> Receipt:
        """Post one part; the receipt is its `ts`. Parts after the first go into the first one's thread.

        Where the thread takes no reply any more, the part is posted in the channel itself: read rather than lost.
        """
        message = json.loads(delivery.payload)
        if delivery.part > 1 and not delivery.parent_receipt:
            raise ChannelError(
                f"part {delivery.part} waits for part 1",
                reason="parent_missing",
                outcome=SendOutcome.RETRYABLE,
                where=self._where(delivery),
            )
        try:
            return self._post(delivery, message, delivery.parent_receipt)
        except ChannelError as error:
            if delivery.parent_receipt is None or error.reason not in THREAD_LOST_CODES:
                raise
            return self._post(delivery, message, None)

    def find(self, delivery: Delivery) -> Receipt | None:
        """Look for the part by its key, in the channel and for later parts in the thread, since the first attempt.

        Another app's message is not taken for ours, even with our key in it. Raises `ChannelError` when Slack cannot
        be asked: refused where it says it never can be (a missing scope), else unknown; never "certainly not sent".
        """
        until = self._elapsed() + FIND_S_MAX
        wanted = json.loads(delivery.payload)["metadata"]
        oldest = f"{((delivery.first_attempt_at or delivery.created_at) - CLOCK_SKEW).timestamp():.6f}"
        if delivery.parent_receipt:
            found = self._look(
                delivery, "conversations.replies", wanted, oldest, {"ts": delivery.parent_receipt}, until
            )
            if found is not None:
                return found
        return self._look(delivery, "conversations.history", wanted, oldest, {}, until)

    def _post(self, delivery: Delivery, message: dict[str, Any], thread: str | None) -> Receipt:
        body = {"channel": self._channel, **message, **({"thread_ts": thread} if thread else {})}
        answer = self._call(delivery, "chat.postMessage", body)
        ts = answer.get("ts")
        if not isinstance(ts, str) or not ts:
            raise self._error(delivery, "an answer without `ts`", "no_receipt", SendOutcome.UNKNOWN)
        return Receipt(ts)

    def _look(
        self, delivery: Delivery, method: str, wanted: dict[str, Any], oldest: str, extra: dict[str, str], until: float
    ) -> Receipt | None:
        cursor = ""
        for _ in range(PAGES_MAX):
            if self._elapsed() > until:
                raise self._error(delivery, "looking for it took too long", "find_too_slow", SendOutcome.UNKNOWN)
            arguments: dict[str, Any] = {
                "channel": self._channel,
                "oldest": oldest,
                "limit": PAGE_MESSAGES,
                "include_all_metadata": True,
                **extra,
            }
            page = self._ask(delivery, method, {**arguments, "cursor": cursor} if cursor else arguments)
            for message in page.get("messages") or []:
                if message.get("metadata") == wanted and self._is_ours(delivery, message):
                    return Receipt(str(message["ts"]))
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return None
        raise self._error(
            delivery,
            f"more than {PAGES_MAX * PAGE_MESSAGES:,} messages since the first attempt",
            "history_too_long",
            SendOutcome.REFUSED,
            "Look whether it arrived, then: monitor outbox retry {id}, or drop it.",
        )

    def _is_ours(self, delivery: Delivery, message: dict[str, Any]) -> bool:
        if self._bot_id is None:
            self._bot_id = str(self._ask(delivery, "auth.test", {}).get("bot_id") or "")
        return message.get("bot_id") == self._bot_id

    def _ask(self, delivery: Delivery, method: str, arguments: dict[str, Any]) -> Mapping[str, Any]:
        """A call that sends nothing: its failure says nothing of the message, so it is never "certainly not sent"."""
        try:
            return self._call(delivery, method, arguments, as_form=True)
        except ChannelError as error:
            if error.outcome is SendOutcome.RETRYABLE:
                error.outcome = SendOutcome.UNKNOWN
            raise

    def _call(
        self, delivery: Delivery, method: str, arguments: dict[str, Any], *, as_form: bool = False
    ) -> Mapping[str, Any]:
        try:
            data = (
                self._client.api_call(method, params=arguments)
                if as_form
                else self._client.api_call(method, json=arguments)
            ).data
        except SlackApiError as error:
            raise self._refused(delivery, error) from None
        except Exception as error:  # noqa: BLE001  # urllib, http.client, ssl and json raise what they like here
            # The cause is not chained: some of these quote the request's headers.
            raise self._dropped(delivery, error) from None
        if not isinstance(data, dict):
            raise self._error(delivery, "an answer that is not an object", "bad_answer", SendOutcome.UNKNOWN)
        return data

    def _refused(self, delivery: Delivery, error: SlackApiError) -> ChannelError:
        response = error.response
        headers = {str(name).lower(): str(value) for name, value in response.headers.items()}
        code = str(response.get("error") or "")
        refusal = read_refusal(code)
        if response.status_code == 429 or refusal.is_rate:
            now = read_http_date(headers.get("date")) or self._now()
            wait_s = read_retry_after(headers.get("retry-after"), now)
            return ChannelError(
                "Slack asks us to slow down",
                reason="rate_limited",
                outcome=SendOutcome.RETRYABLE,
                retry_after_s=wait_s,
                where=self._where(delivery),
            )
        if not code.replace("_", "").isalnum() or not code.isascii():
            # What is not JSON comes back as a sentence in place of a code: a proxy's page, or Slack's on a bad day.
            return self._error(
                delivery,
                f"status {response.status_code} with a page instead of an answer",
                "bad_answer",
                SendOutcome.UNKNOWN,
            )
        needed = response.get("needed")
        named = f"{code} ({needed})" if isinstance(needed, str) and needed.isprintable() else code
        again = ", and will again" if refusal.outcome is SendOutcome.REFUSED else ""
        return self._error(
            delivery, f"Slack says {named}{again}", code, refusal.outcome, refusal.remedy, scope=refusal.scope
        )

    def _dropped(self, delivery: Delivery, error: Exception) -> ChannelError:
        """What a failed connection means; only a connection that never stood means "not sent"."""
        reason = error.reason if isinstance(error, URLError) else None
        kind = type(reason if isinstance(reason, Exception) else error).__name__
        if isinstance(reason, ssl.SSLCertVerificationError):  # other TLS faults may come after the request went out
            return self._error(delivery, f"no secure connection ({kind})", "tls", SendOutcome.RETRYABLE)
        if isinstance(reason, ConnectionRefusedError) or kind == "gaierror":
            word = "dns" if kind == "gaierror" else "connect"
            return self._error(delivery, f"no connection ({kind})", word, SendOutcome.RETRYABLE)
        word = "timeout" if isinstance(error, TimeoutError) or isinstance(reason, TimeoutError) else "dropped"
        return self._error(delivery, f"no answer came ({kind})", word, SendOutcome.UNKNOWN)

    def _error(
        self,
        delivery: Delivery,
        what: str,
        reason: str,
        outcome: SendOutcome,
        remedy: str = "",
        *,
        scope: RefusalScope = RefusalScope.MESSAGE,
    ) -> ChannelError:
        return ChannelError(
            what,
            reason=reason,
            outcome=outcome,
            where=self._where(delivery),
            remedy=remedy.replace("{id}", str(delivery.id)),
            scope=scope,
        )

    def _where(self, delivery: Delivery) -> str:
        return f'delivery {delivery.id} to "{self.name}"'


class _OneCallClient(WebClient):
    """slack_sdk's client with a transport of ours: one request per call, bounded in time and size, no redirects.

    A proxy named in the environment is used as everywhere else, but never on the way to this very machine: the
    library alone would send a loopback address to it. The library's log lines are dropped; they quote requests.
    """

    def __init__(self, token: str, api_url: str, timeout_s: int) -> None:
        silent = logging.Logger("slack_sdk", level=logging.CRITICAL + 1)
        super().__init__(token=token, base_url=api_url, timeout=timeout_s, retry_handlers=[], logger=silent)
        opener = OpenerDirector()
        opener.add_handler(ProxyHandler({} if _is_loopback(api_url) else None))
        opener.add_handler(HTTPHandler())
        opener.add_handler(HTTPSHandler(context=ssl.create_default_context()))
        # No redirect handler: the token must not follow one. No error handler: 4xx and 5xx come back as answers.
        self._opener = opener

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        until = time.monotonic() + self.timeout
        with self._opener.open(req, timeout=self.timeout) as response:
            body = bytearray()
            while chunk := response.read1(65_536):
                body += chunk
                # The timeout is per read; a server that drips could hold the sender past its lease without this.
                if time.monotonic() > until or len(body) > ANSWER_BYTES_MAX:
                    raise TimeoutError("the answer is too slow or too long")
            return {"status": response.status, "headers": response.headers, "body": body.decode("utf-8", "replace")}


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
