"""One GET over a connection that the guard has checked, with as little around it as there can be.

Effects: network.
"""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

import httpcore
import httpx

from monitor.feeds.connections import Replayed
from monitor.feeds.guard import CONNECT_S, Guard, GuardedBackend, parts_of
from monitor.feeds.heads import get_head, may_be_unchanged, read_unchanged
from monitor.feeds.parts import Parts

READ_BYTES = 65_536


class Answer:
    """The head of an answer to a GET, and its body as it comes."""

    def __init__(
        self,
        status: int,
        headers: Sequence[tuple[bytes, bytes]],
        close: Callable[[], Awaitable[None]],
        response: httpcore.Response | None = None,
    ) -> None:
        """Without a `response` there is no body."""
        self._response = response
        self._close = close
        self.status = status
        self.headers = headers

    def header(self, name: bytes) -> bytes:
        """The values of a header, whose name is given in lower case, joined by commas; empty where there is none."""
        return b", ".join([value for key, value in self.headers if key.lower() == name])

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes from the wire."""
        if self._response is not None:
            async for piece in self._response.aiter_stream():
                yield piece

    async def close(self) -> None:
        """Let the connection go, wherever the body is."""
        await self._close()


class GuardedGetter:
    """Asks by GET, each time over a connection of its own that the guard has checked.

    No redirect is followed, no cookie and no proxy of the environment taken, no connection kept: a feed is asked once
    in minutes. It stands on the library below httpx, whose requests, answers and pool cost as much as all the rest of
    a 304 (measured); the question, and an answer that is a plain 304, go past that one, too.
    """

    def __init__(self, guard: Guard, *, connect_s: float, user_agent: str) -> None:
        self._backend = GuardedBackend(guard)
        self._guard = guard
        self._tls: ssl.SSLContext | None = None
        self._proxies: dict[str, httpcore.AsyncHTTPProxy] = {}
        self._connect_s = min(CONNECT_S, connect_s)
        agent = user_agent.encode("latin-1", "replace")
        self._headers = [(b"User-Agent", agent), (b"Connection", b"keep-alive")]

    async def get(self, url: str, headers: Mapping[bytes, bytes], proxy: str = "") -> Answer:
        """The head of the answer; the caller bounds the time and closes it. Raises what `LIBRARY_ERRORS` names.

        Through a proxy an address is asked for only when its name, looked up here, leads where we may go.
        """
        asked = parts_of(url)
        more = [*self._headers, *headers.items()]
        if self._tls is None and (asked.scheme == "https" or proxy):
            self._tls = ssl.create_default_context()
            self._tls.set_alpn_protocols(["http/1.1"])
        if proxy:
            await self._guard.find_addresses(asked.host, asked.any_port)
            response = await self._through(proxy).handle_async_request(self._request(asked, more))
            return Answer(response.status, response.headers, response.aclose, response)
        stream = await self._connect(asked)
        try:
            head = get_head(asked.target, asked.netloc, more)
            came = b"" if head is None else await _exchange(stream, head)
            unchanged = read_unchanged(came)
            if unchanged is not None:
                return Answer(304, unchanged, stream.aclose)
            request = self._request(asked, more)
            connection = httpcore.AsyncHTTP11Connection(
                request.url.origin, stream if head is None else Replayed(stream, came)
            )
            response = await connection.handle_async_request(request)
            return Answer(response.status, response.headers, connection.aclose, response)
        except BaseException:
            await stream.aclose()
            raise

    async def _connect(self, asked: Parts) -> httpcore.AsyncNetworkStream:
        stream = await self._backend.connect_tcp(asked.name, asked.any_port, self._connect_s)
        if asked.scheme != "https":
            return stream
        assert self._tls is not None
        return await stream.start_tls(self._tls, asked.name, self._connect_s)

    def _request(self, asked: Parts, more: Sequence[tuple[bytes, bytes]]) -> httpcore.Request:
        target = httpcore.URL(scheme=asked.scheme, host=asked.name, port=asked.port, target=asked.target)
        extensions = {"timeout": {"connect": self._connect_s}}
        return httpcore.Request("GET", target, headers=[(b"Host", asked.netloc), *more], extensions=extensions)

    def _through(self, proxy: str) -> httpcore.AsyncHTTPProxy:
        """The connections to a proxy: they are few, and a person writes each of them down."""
        if proxy not in self._proxies:
            where = httpx.URL(proxy)
            # Wherever it is: the person who wrote it down vouches for it.
            backend = GuardedBackend(Guard([where.host]))
            self._proxies[proxy] = httpcore.AsyncHTTPProxy(
                httpcore.URL(scheme=where.raw_scheme, host=where.raw_host, port=where.port, target=b"/"),
                proxy_auth=(where.username, where.password) if where.userinfo else None,
                ssl_context=self._tls,
                max_connections=None,  # who asks is bounded already
                max_keepalive_connections=0,
                network_backend=backend,
            )
        return self._proxies[proxy]

    async def close(self) -> None:
        """Let the connections to proxies go; there are no others."""
        while self._proxies:
            await self._proxies.popitem()[1].aclose()


async def _exchange(stream: httpcore.AsyncNetworkStream, head: bytes) -> bytes:
    """Ask, and return what came first; where that begins as a 304 does, its whole head."""
    with suppress(httpcore.WriteError):  # servers close before they have read all, and yet say why
        await stream.write(head)
    came = await stream.read(READ_BYTES)
    while may_be_unchanged(came) and (more := await stream.read(READ_BYTES)):
        came += more
    return came
