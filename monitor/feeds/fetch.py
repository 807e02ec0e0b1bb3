"""One polite conditional GET per feed, bounded in time and size.

The bound on time is round the whole exchange, however slowly it drips; the bound on size is on the decoded body while
it streams, so that a few kilobytes cannot become gigabytes. Validators go back byte for byte as they came.

Effects: network.
"""

import asyncio
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime

import httpx

from monitor.errors import FetchError, FetchReason
from monitor.feeds.guard import Guard, guarded_client, to_fetch_error
from monitor.model import Fetched, Gone, NotModified

EXCHANGE_S = 30.0
"""For everything from the look-up of the name to the last byte."""
BODY_BYTES_MAX = 5_000_000
"""Decoded. The largest of 200 real feeds was 2.5 MB."""
HOPS_MAX = 10
DECODE_STEP = 65_536
"""Bytes decoded at a time: a compressed bomb costs this much memory before it is noticed."""
WAIT_S_MAX = 86_400.0
"""No server may send us away for more than a day by one header."""
ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1"
)
_PERMANENT = {301, 308}
_REDIRECTS = {301, 302, 303, 307, 308}
_REFUSALS: dict[int, tuple[FetchReason, str, str]] = {
    401: (FetchReason.UNAUTHORISED, "the server asks for credentials", "Check whether the feed is still public."),
    403: (FetchReason.FORBIDDEN, "the server refuses us", "Some sites refuse feed readers; look for another address."),
    404: (FetchReason.NOT_FOUND, "there is nothing at this address", "Correct `url`, or remove the feed."),
    429: (FetchReason.RATE_LIMITED, "the server says we come too often", "It is left alone for a while."),
    503: (FetchReason.UNAVAILABLE, "the server is not available for now", "It is tried again later."),
}


class Fetcher:
    """Fetches feeds over one client, made on first use; all methods belong to one event loop."""

    def __init__(
        self,
        guard: Guard,
        *,
        user_agent: str = "news-monitor",
        concurrency: int = 50,
        body_bytes_max: int = BODY_BYTES_MAX,
        exchange_s: float = EXCHANGE_S,
    ) -> None:
        self._guard = guard
        self._user_agent = user_agent
        self._concurrency = concurrency
        self._body_bytes_max = body_bytes_max
        self._exchange_s = exchange_s
        self._client: httpx.AsyncClient | None = None

    async def fetch(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Fetched | NotModified | Gone:
        """What is at the address, or that it did not change, or that it is gone for good.

        `headers` may hold secrets: they go to the address's own origin only. Raises FetchError with the reason; what
        was known of the feed stays known then.
        """
        sent = _conditional(etag, last_modified)
        try:
            async with asyncio.timeout(self._exchange_s):
                try:
                    return await self._follow(url, sent, headers or {})
                except FetchError as error:
                    if error.reason is not FetchReason.BAD_ENCODING:
                        raise
                    # Some servers say gzip and send something else: asked for plain bytes, most send them.
                    return await self._follow(url, {**sent, b"Accept-Encoding": b"identity"}, headers or {})
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
            raise to_fetch_error(error, url) from error

    async def close(self) -> None:
        """Let every connection go."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None
        self._guard.close()

    async def _follow(
        self, url: str, sent: Mapping[bytes, bytes], secret: Mapping[str, str]
    ) -> Fetched | NotModified | Gone:
        here, seen, permanent = url, {url}, True
        for _ in range(HOPS_MAX + 1):
            self._guard.check_url(here)
            # A secret goes to the origin it was configured for, and to no other, whatever redirects there.
            is_ours = bool(secret) and _origin(here) == _origin(url)
            own = {k.encode(): v.encode() for k, v in secret.items()} if is_ours else {}
            response = await self._send(here, {**sent, **own})
            try:
                target = response.headers.get("location", "")
                if response.status_code not in _REDIRECTS or not target:
                    moved = here if permanent and here != url else None
                    return await self._take(response, here, moved, was_asked=len(sent) > 0)
            finally:
                await response.aclose()
            permanent = permanent and response.status_code in _PERMANENT
            here = str(httpx.URL(here).join(target).copy_with(fragment=None))
            if here in seen:
                raise FetchError("the redirects run in a circle", reason=FetchReason.REDIRECTS, where=url)
            seen.add(here)
        raise FetchError(f"more than {HOPS_MAX} redirects", reason=FetchReason.REDIRECTS, where=url)

    async def _send(self, url: str, headers: Mapping[bytes, bytes]) -> httpx.Response:
        if self._client is None:
            self._client = guarded_client(
                self._guard,
                concurrency=self._concurrency,
                timeout_s=self._exchange_s,
                user_agent=self._user_agent,
            )
        request = self._client.build_request("GET", url, headers=[(b"Accept", ACCEPT.encode()), *headers.items()])
        return await self._client.send(request, stream=True)

    async def _take(
        self, response: httpx.Response, url: str, moved: str | None, *, was_asked: bool
    ) -> Fetched | NotModified | Gone:
        status = response.status_code
        etag, last_modified = _raw(response, b"etag"), _raw(response, b"last-modified")
        if status == 304:
            if not was_asked:
                what = "the server says nothing changed although it was not asked"
                raise FetchError(what, reason=FetchReason.UNASKED_304, status=304, where=url)
            return NotModified(url, etag, last_modified, _min_wait_s(response))
        if status == 410:
            return Gone(url)
        if not 200 <= status < 300:
            raise _refusal(response, url)
        body = await self._read(response, url)
        content_type = response.headers.get("content-type", "")
        return Fetched(
            body=body,
            final_url=url,
            status=status,
            etag=etag,
            last_modified=last_modified,
            content_type=content_type,
            charset=_charset(content_type),
            min_wait_s=_min_wait_s(response),
            permanent_url=moved,
        )

    async def _read(self, response: httpx.Response, url: str) -> bytes:
        encoding = response.headers.get("content-encoding", "").strip().lower()
        if encoding not in ("", "identity", "gzip", "x-gzip"):
            raise _bad_encoding(f"the body comes as {encoding}, which we did not ask for", url)
        body = _Body(self._body_bytes_max, url, is_gzip="gzip" in encoding)
        async for chunk in response.aiter_raw():
            body.add(chunk)
        return body.finish()


class _Body:
    """Takes a body piece by piece, decoded, and refuses to grow past its bound."""

    def __init__(self, bytes_max: int, url: str, *, is_gzip: bool) -> None:
        self._bytes_max = bytes_max
        self._url = url
        self._raw_bytes = 0
        self._parts = bytearray()
        self._decoder = _new_decoder() if is_gzip else None
        self._started = False

    def add(self, chunk: bytes) -> None:
        """One more piece from the wire."""
        self._raw_bytes += len(chunk)
        if self._raw_bytes > self._bytes_max:
            raise self._too_large()
        if not self._started and chunk:
            self._started = True
            if self._decoder is None and chunk[:2] == b"\x1f\x8b":
                self._decoder = _new_decoder()  # compressed without saying so
        if self._decoder is None:
            self._keep(chunk)
        else:
            self._decode(chunk)

    def finish(self) -> bytes:
        """The whole body."""
        if self._decoder is not None and self._started and not self._decoder.eof:
            raise _bad_encoding("the compressed body ends too early", self._url)
        return bytes(self._parts)

    def _decode(self, chunk: bytes) -> None:
        assert self._decoder is not None
        while True:
            if self._decoder.eof:
                if not chunk.startswith(b"\x1f\x8b"):
                    return  # padding after the last member
                self._decoder = _new_decoder()
            try:
                plain = self._decoder.decompress(chunk, DECODE_STEP)
            except zlib.error as error:
                raise _bad_encoding(f"the compressed body is damaged ({error})", self._url) from error
            self._keep(plain)
            chunk = self._decoder.unused_data if self._decoder.eof else self._decoder.unconsumed_tail
            if not chunk and (self._decoder.eof or len(plain) < DECODE_STEP):
                return  # a full step may leave more inside the decoder although all input is taken

    def _keep(self, plain: bytes) -> None:
        self._parts += plain
        if len(self._parts) > self._bytes_max:
            raise self._too_large()

    def _too_large(self) -> FetchError:
        what = f"the body is larger than {self._bytes_max} bytes"
        remedy = "Raise polling.body_bytes_max if this feed is right."
        return FetchError(what, reason=FetchReason.TOO_LARGE, where=self._url, remedy=remedy)


def _new_decoder() -> "zlib._Decompress":
    return zlib.decompressobj(47)  # 32 + 15: gzip or zlib, whichever its head says


def _conditional(etag: str | None, last_modified: str | None) -> dict[bytes, bytes]:
    """The validators as they came, byte for byte: servers compare them as text."""
    sent = {}
    if etag:
        sent[b"If-None-Match"] = etag.encode("latin-1", "replace")
    if last_modified and "2038" not in last_modified:  # the end of somebody's clock: such a server says 304 for ever
        sent[b"If-Modified-Since"] = last_modified.encode("latin-1", "replace")
    return sent


def _raw(response: httpx.Response, name: bytes) -> str | None:
    for key, value in response.headers.raw:
        if key.lower() == name:
            return value.decode("latin-1")
    return None


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = httpx.URL(url)
    return parts.scheme, parts.host, parts.port


def _charset(content_type: str) -> str | None:
    message = Message()
    message["content-type"] = content_type
    found = message.get_param("charset")
    return found if isinstance(found, str) and found else None


def _min_wait_s(response: httpx.Response) -> float | None:
    """The server's own wish for the next visit in seconds; nothing where it says 0 or that nothing may be kept."""
    control = response.headers.get("cache-control", "").lower()
    directives = dict(part.strip().partition("=")[::2] for part in control.split(","))
    if "no-cache" in directives or "no-store" in directives:
        return None
    if "max-age" in directives:
        age = response.headers.get("age", "0")
        wait = _number(directives["max-age"].strip('"')) - (_number(age) if age.isdigit() else 0)
        return min(wait, WAIT_S_MAX) if wait > 0 else None
    expires = _date(response.headers.get("expires", ""))
    if expires is None:
        return None
    now = _date(response.headers.get("date", "")) or datetime.now(UTC)
    wait = (expires - now).total_seconds()
    return min(wait, WAIT_S_MAX) if wait > 0 else None


def _retry_after_s(response: httpx.Response) -> float | None:
    value = response.headers.get("retry-after", "").strip()
    if not value:
        return None
    wait = _number(value)
    if wait <= 0:
        at = _date(value)
        wait = (at - datetime.now(UTC)).total_seconds() if at is not None else 0.0
    return min(wait, WAIT_S_MAX) if wait > 0 else None


def _number(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        return 0.0
    return found if 0 <= found < 1e9 else 0.0


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _refusal(response: httpx.Response, url: str) -> FetchError:
    status = response.status_code
    reason, what, remedy = _REFUSALS.get(status, (FetchReason.STATUS, "the server answers with an error", ""))
    if status == 403 and response.headers.get("cf-mitigated", "").lower() == "challenge":
        reason, what = FetchReason.CHALLENGE, "a wall against robots stands before the feed"
    wait_s = _retry_after_s(response) if status in (429, 503) else None
    return FetchError(f"{status}: {what}", reason=reason, status=status, retry_after_s=wait_s, where=url, remedy=remedy)


def _bad_encoding(what: str, url: str) -> FetchError:
    return FetchError(what, reason=FetchReason.BAD_ENCODING, where=url)


def fetch_once(
    url: str,
    guard: Guard,
    *,
    user_agent: str = "news-monitor",
    body_bytes_max: int = BODY_BYTES_MAX,
    exchange_s: float = EXCHANGE_S,
) -> Fetched | NotModified | Gone:
    """One fetch by itself, for the commands; blocks. Raises FetchError."""

    async def work() -> Fetched | NotModified | Gone:
        fetcher = Fetcher(
            guard, user_agent=user_agent, concurrency=1, body_bytes_max=body_bytes_max, exchange_s=exchange_s
        )
        try:
            return await fetcher.fetch(url)
        finally:
            await fetcher.close()

    return asyncio.run(work())
