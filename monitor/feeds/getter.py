"""One GET over a connection that the guard has checked, with as little around it as there can be.

Effects: network.
"""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

import httpcore
import httpx

from monitor.feeds.guard import CONNECT_S, Guard, GuardedBackend, read_url

PORT_OF = {"http": 80, "https": 443}


class Answer:
    """The head of an answer to a GET, and its body as it comes."""

    def __init__(self, response: httpcore.Response, close: Callable[[], Awaitable[None]]) -> None:
        self._response = response
        self._close = close
        self.status = response.status
        self.headers: Sequence[tuple[bytes, bytes]] = response.headers

    def header(self, name: bytes) -> bytes:
        """The values of a header, whose name is given in lower case, joined by commas; empty where there is none."""
        return b", ".join([value for key, value in self.headers if key.lower() == name])

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes from the wire."""
        async for piece in self._response.aiter_stream():
            yield piece

    async def close(self) -> None:
        """Let the connection go, wherever the body is."""
        await self._close()


class GuardedGetter:
    """Asks by GET, each time over a connection of its own that the guard has checked.

    No redirect is followed, no cookie and no proxy of the environment taken, no connection kept: a feed is asked once
    in minutes. It stands on the library below httpx, whose requests, answers and pool cost as much as all the rest of
    a 304 (measured).
    """

    def __init__(self, guard: Guard, *, connect_s: float, user_agent: str) -> None:
        self._backend = GuardedBackend(guard)
        self._guard = guard
        self._tls: ssl.SSLContext | None = None
        self._proxies: dict[str, httpcore.AsyncHTTPProxy] = {}
        self._extensions = {"timeout": {"connect": min(CONNECT_S, connect_s)}}
        agent = user_agent.encode("latin-1", "replace")
        self._headers = [(b"User-Agent", agent), (b"Connection", b"keep-alive")]

    async def get(self, url: str, headers: Mapping[bytes, bytes], proxy: str = "") -> Answer:
        """The head of the answer; the caller bounds the time and closes it. Raises what `LIBRARY_ERRORS` names.

        Through a proxy an address is asked for only when its name, looked up here, leads where we may go.
        """
        asked = read_url(url)
        target = httpcore.URL(scheme=asked.raw_scheme, host=asked.raw_host, port=asked.port, target=asked.raw_path)
        sent = [(b"Host", asked.netloc), *self._headers, *headers.items()]
        request = httpcore.Request("GET", target, headers=sent, extensions=self._extensions)
        if self._tls is None and (asked.scheme == "https" or proxy):
            self._tls = ssl.create_default_context()
        if proxy:
            await self._guard.find_addresses(asked.host, asked.port or PORT_OF[asked.scheme])
            response = await self._through(proxy).handle_async_request(request)
            return Answer(response, response.aclose)
        connection = httpcore.AsyncHTTPConnection(target.origin, self._tls, network_backend=self._backend)
        try:
            return Answer(await connection.handle_async_request(request), connection.aclose)
        except BaseException:
            await connection.aclose()
            raise

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
