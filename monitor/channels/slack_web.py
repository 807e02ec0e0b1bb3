"""One call of Slack's Web API: a request, its answer, and what a failure of it means.

The library's own retry is switched off, because it posts again after a dropped connection (measured); the outbox
alone decides about a second attempt.

Effects: network.
"""

import ipaddress
import logging
import ssl
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

from msgspec import Struct
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from monitor.channels.slack_errors import read_refusal
from monitor.channels.waits import read_http_date, read_retry_after
from monitor.errors import ChannelError, SendOutcome
from monitor.text import plain_line, shorten

ANSWER_BYTES_MAX = 8_000_000  # a page of 200 messages with 46 blocks each is under 3 MB


class Answer(Struct, frozen=True):
    """What Slack answered to a call that it took."""

    data: Mapping[str, Any]
    scopes: frozenset[str] | None
    """What the token may do; None where Slack does not say."""


class SlackWeb:
    """Slack's Web API with one token, which appears in no error and no `repr`."""

    def __init__(self, token: str, api_url: str, timeout_s: int, now: Callable[[], datetime]) -> None:
        self._client = _OneCallClient(token, api_url, timeout_s)
        self._now = now

    def call(self, method: str, arguments: Mapping[str, Any], *, as_form: bool = False) -> Answer:
        """One request, bounded in time.

        Raises `ChannelError` with what the failure means: for a method that posts, whether the message was sent. Its
        remedy may hold `{id}`, where the delivery's number goes.
        """
        try:
            response = (
                self._client.api_call(method, params=dict(arguments))
                if as_form
                else self._client.api_call(method, json=dict(arguments))
            )
        except SlackApiError as error:
            raise self._refused(error) from None
        except Exception as error:  # noqa: BLE001  # urllib, http.client, ssl and json raise what they like here
            # The cause is not chained: some of these quote the request's headers.
            raise _dropped(error) from None
        if not isinstance(response.data, dict):
            raise ChannelError("an answer that is not an object", reason="bad_answer", outcome=SendOutcome.UNKNOWN)
        named = {str(name).lower(): str(value) for name, value in response.headers.items()}.get("x-oauth-scopes")
        scopes = None if named is None else frozenset(one.strip() for one in named.split(",") if one.strip())
        return Answer(response.data, scopes)

    def _refused(self, error: SlackApiError) -> ChannelError:
        response = error.response
        headers = {str(name).lower(): str(value) for name, value in response.headers.items()}
        code = str(response.get("error") or "")
        refusal = read_refusal(code)
        if response.status_code == 429 or refusal.is_rate:
            now = read_http_date(headers.get("date")) or self._now()
            return ChannelError(
                "Slack asks us to slow down",
                reason="rate_limited",
                outcome=SendOutcome.RETRYABLE,
                retry_after_s=read_retry_after(headers.get("retry-after"), now),
            )
        if not code.replace("_", "").isalnum() or not code.isascii():
            # What is not JSON comes back as a sentence in place of a code: a proxy's page, or Slack's on a bad day.
            what = f"status {response.status_code} with a page instead of an answer"
            return ChannelError(what, reason="bad_answer", outcome=SendOutcome.UNKNOWN)
        needed = response.get("needed")
        named = f"{code} ({needed})" if isinstance(needed, str) and needed.isprintable() else code
        again = ", and will again" if refusal.outcome is SendOutcome.REFUSED else ""
        return ChannelError(
            f"Slack says {named}{again}{_first_fault(response.get('errors'))}",
            reason=code,
            outcome=refusal.outcome,
            remedy=refusal.remedy,
            scope=refusal.scope,
        )


def _first_fault(errors: object) -> str:
    """What Slack's own checker of blocks found first, and where."""
    first = errors[0] if isinstance(errors, list) and errors else None
    if not isinstance(first, dict):
        return ""
    words = [shorten(plain_line(str(first.get(name) or "")), 200) for name in ("pointer", "message")]
    return f" ({': '.join(filter(None, words))})" if any(words) else ""


def _dropped(error: Exception) -> ChannelError:
    """What a failed connection means; only a connection that never stood means "not sent"."""
    reason = error.reason if isinstance(error, URLError) else None
    kind = type(reason if isinstance(reason, Exception) else error).__name__
    if isinstance(reason, ssl.SSLCertVerificationError):  # other TLS faults may come after the request went out
        return ChannelError(f"no secure connection ({kind})", reason="tls", outcome=SendOutcome.RETRYABLE)
    if isinstance(reason, ConnectionRefusedError) or kind == "gaierror":
        word = "dns" if kind == "gaierror" else "connect"
        return ChannelError(f"no connection ({kind})", reason=word, outcome=SendOutcome.RETRYABLE)
    word = "timeout" if isinstance(error, TimeoutError) or isinstance(reason, TimeoutError) else "dropped"
    return ChannelError(f"no answer came ({kind})", reason=word, outcome=SendOutcome.UNKNOWN)


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
        opener.add_handler(HTTPSHandler(context=_trusted()))
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


@cache
def _trusted() -> ssl.SSLContext:
    """Who may answer for Slack; read from the system once, because it takes longer than all else of a channel."""
    return ssl.create_default_context()


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
