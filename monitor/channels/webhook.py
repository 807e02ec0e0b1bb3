"""Post a digest as signed JSON (Standard Webhooks), through a `post` that refuses addresses it must not reach.

The message's id is the delivery's key and stays the same over retries, so a receiver that remembers ids takes each
digest once, although this channel alone can only promise at least once.

Effects: network through the function it is given, reads the clock.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import quote

from monitor.channels.base import Examined, Grown, Payload, Receipt
from monitor.channels.record import digest_record, note_record
from monitor.channels.waits import read_http_date, read_retry_after
from monitor.errors import ChannelError, ConfigError, FetchError, FetchReason, SendOutcome
from monitor.model import Delivery, Digest, Note, StoryId

TIMEOUT_S = 20.0  # the standard asks receivers to answer within 15-30 s
_NOT_SENT = frozenset({FetchReason.DNS, FetchReason.CONNECT, FetchReason.TLS})
_ASKS_FOR_TIME = frozenset({408, 425, 429, 503})


class PostAnswer(Protocol):
    """What a `post` answers with, whatever the status."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The answer's headers."""

    @property
    def body(self) -> bytes:
        """The answer's body, bounded by `post`."""


Post = Callable[[str, bytes, Mapping[str, str], float], PostAnswer]
"""`post(url, body, headers, timeout_s)`: one POST, no redirect followed; raises `FetchError`."""


class WebhookChannel:
    """One address that takes signed digests. The secret appears in no payload, error or `repr`."""

    kind = "webhook"
    can_find = False
    spacing_s = 0.0

    def __init__(
        self,
        name: str,
        url: str,
        secret: bytes | str,
        post: Post,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.name = name
        self.account = f"webhook {name}"
        self._url = url
        self._secret = _read_secret(name, secret)
        self._post = post
        self._now = now

    def __repr__(self) -> str:
        return f"WebhookChannel(name={self.name!r})"

    def render(self, digest: Digest, key: str, root: str = "") -> Sequence[Payload]:
        """One part: the digest's record as JSON. The key is not in it; `send` puts it into the headers."""
        del key, root
        return [Payload(1, "", json.dumps(digest_record(digest), ensure_ascii=False, separators=(",", ":")))]

    def render_note(self, note: Note, key: str, root: str = "") -> Sequence[Payload]:
        """One part: the note's record as JSON, told from a digest's by its key `note`."""
        del key, root
        return [Payload(1, "", json.dumps(note_record(note), ensure_ascii=False, separators=(",", ":")))]

    def render_edit(self, body: str, stories: Mapping[StoryId, Grown]) -> str | None:
        """What was posted stays as it is."""
        del body, stories
        return None

    def split(self, delivery: Delivery) -> Sequence[str]:
        """A receiver says nothing of lengths."""
        del delivery
        return ()

    def examine(self) -> Sequence[Examined]:
        """Nothing is tried."""
        return ()

    def send(self, delivery: Delivery) -> Receipt:
        """Post the frozen bytes with a fresh timestamp and signature. Any 2xx is taken; the receipt is the status."""
        body = delivery.payload.encode()
        try:
            answer = self._post(self._url, body, self._signed(message_id(delivery.key), body), TIMEOUT_S)
        except FetchError as error:
            raise self._failed(delivery, error) from error
        if 200 <= answer.status <= 299:
            return Receipt(str(answer.status))
        raise self._refused(delivery, answer)

    def find(self, delivery: Delivery) -> Receipt | None:
        """A webhook cannot be asked; the outbox does not call this while `can_find` is false."""
        raise ChannelError(
            "a webhook cannot be asked what it took",
            reason="cannot_find",
            outcome=SendOutcome.UNKNOWN,
            where=self._where(delivery),
        )

    def _signed(self, identity: str, body: bytes) -> dict[str, str]:
        stamp = str(int(self._now().timestamp()))
        digest = hmac.new(self._secret, f"{identity}.{stamp}.".encode() + body, hashlib.sha256).digest()
        return {
            "content-type": "application/json",
            "webhook-id": identity,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        }

    def _refused(self, delivery: Delivery, answer: PostAnswer) -> ChannelError:
        status = answer.status
        what, where = f"the receiver answers {status}", self._where(delivery)
        retry = f"then: monitor outbox retry {delivery.id}"
        if status in _ASKS_FOR_TIME:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            now = read_http_date(headers.get("date")) or self._now()
            wait_s = read_retry_after(headers.get("retry-after"), now)
            reason = "rate_limited" if status == 429 else "unavailable"
            return ChannelError(what, reason=reason, outcome=SendOutcome.RETRYABLE, retry_after_s=wait_s, where=where)
        if status == 410:
            remedy = "The receiver wants no more: remove the channel from config/monitor.toml."
            return ChannelError(what, reason="gone", outcome=SendOutcome.REFUSED, where=where, remedy=remedy)
        if 300 <= status <= 399:
            remedy = f"Redirects are not followed: put the final address into `url`, {retry}"
            return ChannelError(what, reason="redirect", outcome=SendOutcome.REFUSED, where=where, remedy=remedy)
        if 400 <= status <= 499:
            remedy = f"Check `url` and the secret at the receiver, {retry}"
            return ChannelError(what, reason="refused", outcome=SendOutcome.REFUSED, where=where, remedy=remedy)
        # A 5xx (and a 1xx that is no answer) says that something broke there, not that nothing was taken.
        return ChannelError(what, reason="server_error", outcome=SendOutcome.UNKNOWN, where=where)

    def _failed(self, delivery: Delivery, error: FetchError) -> ChannelError:
        outcome, remedy = SendOutcome.UNKNOWN, ""
        if error.reason in _NOT_SENT:
            outcome = SendOutcome.RETRYABLE
        elif error.reason is FetchReason.REFUSED_ADDRESS:
            outcome = SendOutcome.REFUSED
            remedy = error.remedy or f"Correct `url` in config/monitor.toml, then: monitor outbox retry {delivery.id}"
        return ChannelError(
            f"the post failed ({error.reason.value})",
            reason=error.reason.value,
            outcome=outcome,
            retry_after_s=error.retry_after_s,
            where=self._where(delivery),
            remedy=remedy,
        )

    def _where(self, delivery: Delivery) -> str:
        return f'delivery {delivery.id} to "{self.name}"'


def message_id(key: str) -> str:
    """The delivery's key as a `webhook-id`: unchanged but for what a header or the signature's dots forbid."""
    return quote(key, safe=":/@+,=").replace(".", "%2E")


def _read_secret(name: str, secret: bytes | str) -> bytes:
    text = secret.decode(errors="surrogateescape") if isinstance(secret, bytes) else secret
    text = text.strip()
    if not text.startswith("whsec_"):
        key = text.encode(errors="surrogateescape")
    else:
        encoded = text.removeprefix("whsec_")
        try:
            key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        except binascii.Error:
            key = b""
    if not key:
        raise ConfigError(
            "the webhook's secret is empty, or does not hold base64 after `whsec_`",
            where=f'channel "{name}"',
            remedy="Use `whsec_` and base64 as the receiver shows it, or any other text both sides know.",
        )
    return key
