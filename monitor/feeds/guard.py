"""Every connection to an address that a feed or a user gave: resolve, check, connect to what was checked.

Checking a name and then connecting by name can be got round by answering differently the second time (measured), so
the check is on the very address the socket goes to, for redirects and reconnects too. TLS still verifies the name.

Effects: network, threads for name resolution.
"""

import asyncio
import ipaddress
import os
import socket
import ssl
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpcore
import httpx
from msgspec import Struct

from monitor.errors import FetchError, FetchReason
from monitor.feeds.addresses import Address, ipv4_inside, is_public
from monitor.feeds.connections import TlsError, connect_any
from monitor.feeds.parts import Parts, plain_parts
from monitor.urls import shown_url

PORTS = frozenset({80, 443, 8080, 8443})
"""Ports feeds are served on; others only where the host is allowed by the configuration."""
CONNECT_S = 10.0
ADDRESSES_MAX = 8
"""Addresses of one name that are tried: more would let a name server send us knocking through the internet."""
RESOLVED_S = 300.0
UNRESOLVED_S = 60.0
NAMES_MAX = 10_000
"""Names remembered, the oldest forgotten first: as many as feeds are expected at most."""
ADDRESSES_KEPT = 1_024
"""Addresses remembered in their parts, as one exchange asks several times."""
RESOLVER_THREADS = 32
"""A few dead name servers must not stall everybody's look-ups."""
ANSWER_BYTES_MAX = 65_536

_OWN_NETWORK = 'If it is yours, add its network to polling.allow_private_hosts, as in ["127.0.0.0/8"].'

Resolve = Callable[[str, int], Sequence[str]]


def resolve_name(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, as the system's resolver gives them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class _Known(Struct):
    """What a name led to."""

    until_s: float
    found: Sequence[str]
    failed: str = ""
    """Why there is none."""
    is_allowed: bool = False
    """Whether every one of them was checked, and may be connected to."""


class Guard:
    """Says where a connection may go. `allow` holds networks (`127.0.0.0/8`) and host names of one's own network."""

    def __init__(self, allow: Sequence[str] = (), *, resolve: Resolve = resolve_name) -> None:
        self.allow = tuple(allow)
        self.resolve = resolve
        self._networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
        self._names: set[str] = set()
        self._own: dict[str, bool] = {}
        self._listeners: set[tuple[str, int]] = set()
        for item in allow:
            try:
                self._networks.append(ipaddress.ip_network(item, strict=False))
            except ValueError:
                self._names.add(item.lower().rstrip("."))
        self._known: OrderedDict[tuple[str, int], _Known] = OrderedDict()
        self._pool: ThreadPoolExecutor | None = None

    def allow_listener(self, host: str, port: int) -> None:
        """Let one listener of this very process be reached: this address on this port alone."""
        self._listeners.add((host, port))

    def forget_listener(self, host: str, port: int) -> None:
        """It is gone: another program may listen there next."""
        self._listeners.discard((host, port))

    def allows_name(self, host: str) -> bool:
        """Whether the configuration names this host, or its literal address, as one's own."""
        found = self._own.get(host)  # asked several times at every visit
        if found is None:
            if len(self._own) >= NAMES_MAX:
                self._own.clear()
            found = self._own[host] = self._names_or_allows(host)
        return found

    def _names_or_allows(self, host: str) -> bool:
        name = host.lower().strip("[]").rstrip(".")
        if name in self._names:
            return True
        try:
            return self._allows(ipaddress.ip_address(name))
        except ValueError:
            return False

    def check_url(self, url: str) -> None:
        """Raise FetchError for an address that is refused by its looks: scheme, credentials."""
        try:
            parts = parts_of(url)
        except (httpx.InvalidURL, ValueError) as error:
            raise _refused("the address cannot be read", shown_url(url)) from error
        if parts.scheme not in ("http", "https") or not parts.host:
            raise _refused("only http and https addresses are fetched", shown_url(url))
        if parts.has_user:
            what = "the address holds a user name or password, which would end up in logs"
            raise _refused(what, shown_url(url), "Use an address without.")

    async def find_addresses(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a host, every one of them allowed. Raises FetchError when one is not, or none is found."""
        known = await self._look_up(host, port)
        if known.is_allowed or (host, port) in self._listeners:
            return known.found
        if not self.allows_name(host):
            for text in known.found:
                self._check_address(text, host, port)
        known.is_allowed = True  # by rules that never change, for the very addresses that are remembered
        return known.found

    def _check_address(self, text: str, host: str, port: int) -> None:
        address = ipaddress.ip_address(text.partition("%")[0])
        if self._allows(address):
            return
        if not is_public(address):
            named = host if host.strip("[]") == text else f"{host} ({address})"
            raise _refused(f"{named} is not on the open internet", "", _OWN_NETWORK)
        if port not in PORTS:
            raise _refused(f"port {port} of {host} is not one that feeds are served on", "", _OWN_NETWORK)

    def close(self) -> None:
        """Let the resolver's threads go; look-ups under way are not waited for."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def _allows(self, address: Address) -> bool:
        inner = ipv4_inside(address)
        return any(
            one.version == network.version and one in network
            for network in self._networks
            for one in (address, inner)
            if one is not None
        )

    async def _look_up(self, host: str, port: int) -> _Known:
        known = self._known.get((host, port))
        if known is not None and known.until_s > time.monotonic():
            if known.failed:
                raise _no_name(host, known.failed)
            return known
        try:
            return self._remember((host, port), RESOLVED_S, [str(ipaddress.ip_address(host.strip("[]")))])
        except ValueError:
            pass
        if self._pool is None:
            self._pool = ThreadPoolExecutor(RESOLVER_THREADS, "resolver")
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._pool, self.resolve, host, port)
            for text in found:
                ipaddress.ip_address(text.partition("%")[0])
            if not found:
                raise OSError("the name server knows none")
        except (OSError, ValueError) as error:  # a ValueError: the name itself cannot be asked for
            failed = str(error) or type(error).__name__
            self._remember((host, port), UNRESOLVED_S, [], failed)
            raise _no_name(host, failed) from error
        return self._remember((host, port), RESOLVED_S, found)

    def _remember(self, key: tuple[str, int], for_s: float, found: Sequence[str], failed: str = "") -> _Known:
        known = self._known[key] = _Known(time.monotonic() + for_s, found, failed)
        self._known.move_to_end(key)
        while len(self._known) > NAMES_MAX:
            self._known.popitem(last=False)
        return known


def _refused(what: str, where: str, remedy: str = "") -> FetchError:
    return FetchError(what, reason=FetchReason.REFUSED_ADDRESS, where=where, remedy=remedy)


def _no_name(host: str, said: str) -> FetchError:
    return FetchError(f"there is no address for {host} ({said})", reason=FetchReason.DNS)


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects only where the guard says."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # the library's own signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to an address that was checked. Raises the library's errors, and FetchError for a refusal."""
        try:
            # One bound round the look-up and every address: who posts must know that nothing was sent yet.
            async with asyncio.timeout(timeout):
                addresses = await self._guard.find_addresses(host, port)
                return await connect_any(addresses[:ADDRESSES_MAX], port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"{host} does not answer") from error
        except (OSError, OverflowError) as error:  # an OverflowError: no port has this number
            raise httpcore.ConnectError(str(error)) from error

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109  # as above
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refused: a file of this machine is no address of a feed."""
        raise _refused("only http and https addresses are fetched", path)

    async def sleep(self, seconds: float) -> None:
        """As the library wants it."""
        await asyncio.sleep(seconds)


def guarded_client(guard: Guard, timeout_s: float) -> httpx.AsyncClient:
    """A client for one exchange, all of whose connections the guard has checked.

    It follows no redirect by itself, takes no cookie and no proxy of the environment, each of which would go round
    the guard.
    """
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=0)
    trusted = _trusted(os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", ""))
    transport = httpx.AsyncHTTPTransport(verify=trusted, limits=limits, trust_env=False, retries=0)
    # The one private attribute we lean on; a test pins it, and the versions of httpx and httpcore are pinned with it.
    transport._pool._network_backend = GuardedBackend(guard)
    return httpx.AsyncClient(
        transport=transport,
        trust_env=False,
        follow_redirects=False,
        cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
        timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
        headers={"user-agent": "news-monitor", "accept-encoding": "gzip"},
    )


@lru_cache(maxsize=4)
def _trusted(_file: str, _folder: str) -> ssl.SSLContext:
    """Who may answer, read from the system once for each place the environment names: it takes as long as a post."""
    return ssl.create_default_context()


@lru_cache(maxsize=ADDRESSES_KEPT)
def parts_of(url: str) -> Parts:
    """An address taken apart; raises what the library raises for one that is none."""
    plain = plain_parts(url)
    if plain is not None:
        return plain
    read = read_url(url)
    name = read.raw_host.decode("ascii")
    return Parts(read.scheme, read.host, name, read.port, read.netloc, read.raw_path, has_user=bool(read.userinfo))


@lru_cache(maxsize=ADDRESSES_KEPT)
def read_url(url: str) -> httpx.URL:
    """An address as the library reads it; raises what the library raises."""
    return httpx.URL(url)


class PostAnswer(Struct, frozen=True):
    """What came back of a POST, its body cut at 64 KB."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


def guarded_post(guard: Guard, url: str, body: bytes, headers: Mapping[str, str], timeout_s: float) -> PostAnswer:
    """POST once, in this thread, within `timeout_s` for the whole exchange; no redirect is followed.

    Once there is a status it is the answer, even if its body breaks off. Raises FetchError when there is none: with
    `dns`, `connect`, `tls` or `refused_address` nothing was sent; with `timeout` or `protocol` it may have arrived.
    """
    return _ask(guard, "POST", url, body, headers, timeout_s)


def guarded_get(guard: Guard, url: str, timeout_s: float) -> PostAnswer:
    """GET once, in this thread, by the rules and with the errors of `guarded_post`."""
    return _ask(guard, "GET", url, b"", {}, timeout_s)


def _ask(guard: Guard, method: str, url: str, body: bytes, headers: Mapping[str, str], timeout_s: float) -> PostAnswer:
    guard.check_url(url)
    own = Guard(guard.allow, resolve=guard.resolve)  # the same rules; names and threads belong to one loop
    try:
        return asyncio.run(_exchange(own, method, url, body, headers, timeout_s))
    finally:
        own.close()


async def _exchange(
    guard: Guard, method: str, url: str, body: bytes, headers: Mapping[str, str], timeout_s: float
) -> PostAnswer:
    client = guarded_client(guard, timeout_s)
    # A third for connecting and a third for TLS: what ends there is known as not sent, before the whole time is up.
    client.timeout = httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s / 3))
    response, taken = None, bytearray()
    try:
        async with client, asyncio.timeout(timeout_s):
            request = client.build_request(method, url, content=body or None, headers=dict(headers))
            response = await client.send(request, stream=True)
            try:
                async for chunk in response.aiter_raw():
                    taken += chunk
                    if len(taken) >= ANSWER_BYTES_MAX:
                        break
            finally:
                await response.aclose()
    except LIBRARY_ERRORS as error:
        # With a status the receiver has said what it did; a body that then breaks off takes nothing back.
        if response is None:
            raise to_fetch_error(error, url) from error
    found = {name.lower(): value for name, value in response.headers.items()}
    return PostAnswer(response.status_code, found, bytes(taken[:ANSWER_BYTES_MAX]))


LIBRARY_ERRORS: tuple[type[Exception], ...] = (
    OSError,  # a TimeoutError is one
    ValueError,  # names, ports and headers that cannot be encoded
    RuntimeError,  # httpx.StreamError, and states the library did not expect
    httpx.HTTPError,
    httpx.InvalidURL,
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    httpcore.ConnectionNotAvailable,
    httpcore.ProxyError,
)
"""What comes out of the client, by its documentation and under random addresses, headers and answers."""


_UNCONNECTED = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpcore.ConnectError,
    httpcore.ConnectTimeout,
)


def to_fetch_error(error: Exception, url: str) -> FetchError:
    """A failure of the library as ours, with the reason that tells whether anything was sent."""
    # What httpx raises has the lower library's own error as its cause.
    where, cause = shown_url(url), error.__cause__ if isinstance(error, httpx.HTTPError) else error
    cause = cause or error
    said = f" ({cause})" if str(cause) else ""
    if isinstance(error, _UNCONNECTED):
        if isinstance(cause, TlsError):
            return FetchError(
                f"the certificate or encryption was not accepted{said}", reason=FetchReason.TLS, where=where
            )
        return FetchError(f"the server cannot be reached{said}", reason=FetchReason.CONNECT, where=where)
    if isinstance(error, TimeoutError | httpx.TimeoutException | httpcore.TimeoutException):
        return FetchError("the server took too long", reason=FetchReason.TIMEOUT, where=where)
    return FetchError(f"the connection broke or made no sense{said}", reason=FetchReason.PROTOCOL, where=where)
