"""One polite conditional GET per feed, bounded in time and size.

The bound on time is round the whole exchange, however slowly it drips; the bound on size is on the decoded body while
it streams, so that a few kilobytes cannot become gigabytes. Validators go back byte for byte as they came.

Effects: network.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime

from msgspec import Struct, field
from msgspec.structs import replace

from monitor import __version__
from monitor.errors import FetchError, FetchReason
from monitor.feeds.body import Body, bad_encoding
from monitor.feeds.getter import Answer, GuardedGetter
from monitor.feeds.guard import LIBRARY_ERRORS, Guard, parts_of, read_url, to_fetch_error
from monitor.model import Fetched, Gone, NotModified
from monitor.urls import shown_url

EXCHANGE_S = 30.0
"""For everything from the look-up of the name to the last byte."""
BODY_BYTES_MAX = 5_000_000
"""Decoded. The largest of 200 real feeds was 2.5 MB."""
HOPS_MAX = 10
VALIDATOR_BYTES_MAX = 2_000
"""A longer one is not kept: sent back, it would be refused by most servers, and the feed with it."""
HEADER_CHARS_MAX = 1_000
"""Read of a header that says how to take the body or when to come again."""
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


class _Ask(Struct, frozen=True):
    """What one fetch asks for, on every hop of its redirects."""

    url: str
    validators: Mapping[bytes, bytes]
    secret: Mapping[str, str]
    proxy: str
    hops_max: int
    more: Mapping[bytes, bytes] = field(default_factory=dict)


class Fetcher:
    """Fetches feeds each over a connection of its own; all methods belong to one event loop."""

    def __init__(
        self,
        guard: Guard,
        *,
        user_agent: str = "news-monitor",
        concurrency: int = 50,
        body_bytes_max: int = BODY_BYTES_MAX,
        exchange_s: float = EXCHANGE_S,
        accept: str = ACCEPT,
    ) -> None:
        self._guard = guard
        self._accept = accept.encode()
        self._user_agent = user_agent
        self._body_bytes_max = body_bytes_max
        self._exchange_s = exchange_s
        self._getter: GuardedGetter | None = None
        self._room = asyncio.Semaphore(concurrency)

    async def fetch(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        headers: Mapping[str, str] | None = None,
        proxy: str = "",
        hops_max: int = HOPS_MAX,
    ) -> Fetched | NotModified | Gone:
        """What is at the address, or that it did not change, or that it is gone for good.

        `headers` may hold secrets: they go to the address's own origin only. Through a `proxy` an address goes only
        when its name, looked up here, leads where we may go. At most `hops_max` redirects are followed. Raises
        FetchError with the reason; what was known of the feed stays known then.
        """
        ask = _Ask(url, _conditional(etag, last_modified), headers or {}, proxy, hops_max)
        try:
            async with asyncio.timeout(self._exchange_s), self._room:
                try:
                    return await self._follow(ask)
                except FetchError as error:
                    if error.reason is FetchReason.UNAUTHORISED and headers:
                        error.what = "401: the server does not take the credentials that are configured"
                        error.remedy = "Correct its user name, password or key, then: monitor feeds test NAME"
                    if error.reason is not FetchReason.BAD_ENCODING:
                        raise
                    # Some servers say gzip and send something else: asked for plain bytes, most send them.
                    plain = {b"Accept-Encoding": b"identity"}
                    return await self._follow(replace(ask, more=plain))
        except LIBRARY_ERRORS as error:
            raise to_fetch_error(error, url) from error

    async def close(self) -> None:
        """Let every connection go."""
        if self._getter is not None:
            await self._getter.close()
            self._getter = None
        self._guard.close()

    async def _follow(self, ask: _Ask) -> Fetched | NotModified | Gone:
        url, here, seen, moved, permanent = ask.url, ask.url, {ask.url}, None, True
        for _ in range(ask.hops_max + 1):
            self._guard.check_url(here)
            # A secret goes to the origin it was configured for, and to no other, whatever redirects there.
            is_ours = bool(ask.secret) and _origin(here) == _origin(url)
            own = {k.encode(): v.encode() for k, v in ask.secret.items()} if is_ours else {}
            response = await self._send(here, {**ask.validators, **ask.more, **own}, ask.proxy)
            try:
                target = _location(response)
                if response.status not in _REDIRECTS or not target:
                    return await self._take(response, here, moved, was_asked=bool(ask.validators))
            finally:
                await response.close()
            permanent = permanent and response.status in _PERMANENT
            here = str(read_url(here).join(target).copy_with(fragment=None))
            moved = here if permanent else moved  # what comes after a hop for the time being is for the time being
            if here in seen:
                raise FetchError("the redirects run in a circle", reason=FetchReason.REDIRECTS, where=shown_url(url))
            seen.add(here)
        raise FetchError(f"more than {ask.hops_max} redirects", reason=FetchReason.REDIRECTS, where=shown_url(url))

    async def _send(self, url: str, headers: Mapping[bytes, bytes], proxy: str) -> Answer:
        if self._getter is None:
            self._getter = GuardedGetter(self._guard, connect_s=self._exchange_s, user_agent=self._user_agent)
        return await self._getter.get(url, {b"Accept": self._accept, b"Accept-Encoding": b"gzip", **headers}, proxy)

    async def _take(
        self, response: Answer, url: str, moved: str | None, *, was_asked: bool
    ) -> Fetched | NotModified | Gone:
        status = response.status
        etag, last_modified = _validator(response, b"etag"), _validator(response, b"last-modified")
        if status == 304:
            if not was_asked:
                what = "the server says nothing changed although it was not asked"
                raise FetchError(what, reason=FetchReason.UNASKED_304, status=304, where=shown_url(url))
            return NotModified(url, etag, last_modified, _min_wait_s(response), moved)
        if status == 410:
            return Gone(url)
        if not 200 <= status < 300 or status == 206:  # a part of a feed is none, and we asked for no part
            raise _refusal(response, shown_url(url))
        body = await self._read(response, shown_url(url))
        content_type = _text(response, "content-type")
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

    async def _read(self, response: Answer, where: str) -> bytes:
        encoding = _text(response, "content-encoding").lower()
        if encoding not in ("", "identity", "gzip", "x-gzip"):
            raise bad_encoding(f"the body comes as {encoding}, which we did not ask for", where)
        body = Body(self._body_bytes_max, where, is_gzip="gzip" in encoding)
        async for chunk in response.pieces():
            body.add(chunk)
        return body.finish()


def _conditional(etag: str | None, last_modified: str | None) -> dict[bytes, bytes]:
    """The validators as they came, byte for byte: servers compare them as text."""
    sent = {}
    if etag:
        sent[b"If-None-Match"] = etag.encode("latin-1", "replace")
    if last_modified and "2038" not in last_modified:  # the end of somebody's clock: such a server says 304 for ever
        sent[b"If-Modified-Since"] = last_modified.encode("latin-1", "replace")
    return sent


def _validator(response: Answer, name: bytes) -> str | None:
    for key, value in response.headers:
        if key.lower() == name and 0 < len(value) <= VALIDATOR_BYTES_MAX:
            return value.decode("latin-1")
    return None


def _location(response: Answer) -> str:
    """Where the answer leads, in whichever of the two encodings that servers write it."""
    value = response.header(b"location")
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _text(response: Answer, name: str) -> str:
    """A header in short: the standard library takes square time over long ones."""
    return response.header(name.encode())[:HEADER_CHARS_MAX].decode("latin-1").strip()


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = parts_of(url)
    return parts.scheme, parts.host, parts.port


def _charset(content_type: str) -> str | None:
    message = Message()
    message["content-type"] = content_type
    found = message.get_param("charset")
    return found if isinstance(found, str) and found else None


def _min_wait_s(response: Answer) -> float | None:
    """The server's own wish for the next visit in seconds; nothing where it says 0 or that nothing may be kept."""
    control = _text(response, "cache-control").lower()
    directives = dict(part.strip().partition("=")[::2] for part in control.split(","))
    if "no-cache" in directives or "no-store" in directives:
        return None
    if "max-age" in directives:
        wait = _number(directives["max-age"].strip('"')) - _number(_text(response, "age"))
        return min(wait, WAIT_S_MAX) if wait > 0 else None
    expires = _date(_text(response, "expires"))
    if expires is None:
        return None
    now = _date(_text(response, "date")) or datetime.now(UTC)
    wait = (expires - now).total_seconds()
    return min(wait, WAIT_S_MAX) if wait > 0 else None


def _retry_after_s(response: Answer) -> float | None:
    value = _text(response, "retry-after")
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


def _refusal(response: Answer, where: str) -> FetchError:
    status = response.status
    reason, what, remedy = _REFUSALS.get(status, (FetchReason.STATUS, "the server answers with an error", ""))
    if status == 403 and _text(response, "cf-mitigated").lower() == "challenge":
        reason, what = FetchReason.CHALLENGE, "a wall against robots stands before the feed"
    wait_s = _retry_after_s(response) if status in (429, 503) else None
    what = f"{status}: {what}"
    return FetchError(what, reason=reason, status=status, retry_after_s=wait_s, where=where, remedy=remedy)


def fetch_once(
    url: str,
    guard: Guard,
    *,
    user_agent: str = "news-monitor",
    body_bytes_max: int = BODY_BYTES_MAX,
    exchange_s: float = EXCHANGE_S,
    headers: Mapping[str, str] | None = None,
    proxy: str = "",
) -> Fetched | NotModified | Gone:
    """One fetch by itself, for the commands; blocks. Raises FetchError."""

    async def work() -> Fetched | NotModified | Gone:
        fetcher = Fetcher(
            guard, user_agent=user_agent, concurrency=1, body_bytes_max=body_bytes_max, exchange_s=exchange_s
        )
        try:
            return await fetcher.fetch(url, headers=headers, proxy=proxy)
        finally:
            await fetcher.close()

    return asyncio.run(work())


def user_agent(contact: str | None) -> str:
    """How we introduce ourselves to a feed's server: who we are and, where configured, whom to ask."""
    return (
        f"news-monitor/{__version__} (+{contact}; feed poller)"
        if contact
        else f"news-monitor/{__version__} (feed poller)"
    )
