"""A connection to the first of several addresses that answers, in the form the HTTP library wants.

Effects: network.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Iterator, Sequence
from typing import Any, TypeVar

import httpcore

T = TypeVar("T")

HEAD_START_S = 0.25
"""How long an address is tried alone before the next one joins; RFC 8305 recommends this. Names with four dead IPv6
addresses before a living IPv4 one are common: one after the other, each to its end, none would be reached in time."""


class TlsError(httpcore.ConnectError):
    """Tells a refused certificate from a dead server: the library takes every error's cause away."""


class Stream(httpcore.AsyncNetworkStream):
    """A connection in clear, on the socket itself: over asyncio's own streams a 304 takes a half more (measured).

    Nothing is read ahead: what came in clear before a handshake can never pass for something that came after it.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._has_read = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109  # the library's own
        """Up to `max_bytes` of what came; empty at the end."""
        if self._has_read:  # what is there comes without a pause: who sends for ever would have the loop to himself
            await asyncio.sleep(0)
        self._has_read = True
        return await _reading(timeout, asyncio.get_running_loop().sock_recv(self._socket, max_bytes))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109  # as above
        """Send all of it."""
        await _writing(timeout, asyncio.get_running_loop().sock_sendall(self._socket, buffer))

    async def aclose(self) -> None:
        """Let it go at once."""
        self._socket.close()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # as above
    ) -> httpcore.AsyncNetworkStream:
        """Go on encrypted, with the server that the certificate names; whatever fails, the connection is gone then."""
        opening = asyncio.open_connection(sock=self._socket, ssl=ssl_context, server_hostname=server_hostname or "")
        try:
            with _told_tls():
                return TlsStream(*await _within(timeout, opening))
        except BaseException:
            self._socket.close()
            raise

    def get_extra_info(self, info: str) -> Any:
        """Nothing: there is no `ssl_object` here, and whether an idle connection is readable nobody need know."""


class TlsStream(httpcore.AsyncNetworkStream):
    """An encrypted connection, over asyncio's own streams."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109  # as above
        """Up to `max_bytes` of what came; empty at the end."""
        return await _reading(timeout, self._reader.read(max_bytes))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109  # as above
        """Send all of it."""
        self._writer.write(buffer)
        await _writing(timeout, self._writer.drain())

    async def aclose(self) -> None:
        """Let it go at once."""
        # Not `close`: it waits for the other side's farewell, half a minute where that never comes.
        self._writer.transport.abort()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # as above
    ) -> httpcore.AsyncNetworkStream:
        """Encrypted once more, with the server behind a proxy that is spoken to in TLS itself."""
        try:
            with _told_tls():
                await _within(timeout, self._writer.start_tls(ssl_context, server_hostname=server_hostname))
        except BaseException:
            self._writer.transport.abort()
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        """What the library asks for is `ssl_object`; whether an idle connection is readable never, as we keep none."""
        return self._writer.get_extra_info(info)


@contextlib.contextmanager
def _told_tls() -> Iterator[None]:
    """What goes wrong with a handshake, as the library tells it."""
    try:
        yield
    except TimeoutError as error:
        raise httpcore.ConnectTimeout from error
    except (ssl.SSLError, ValueError) as error:  # a ValueError: no certificate can be for such a name
        raise TlsError(str(error)) from error
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error


async def _reading(seconds: float | None, work: Awaitable[bytes]) -> bytes:
    try:
        return await _within(seconds, work)
    except TimeoutError as error:
        raise httpcore.ReadTimeout from error
    except OSError as error:
        raise httpcore.ReadError(str(error)) from error


async def _writing(seconds: float | None, work: Awaitable[None]) -> None:
    try:
        await _within(seconds, work)
    except TimeoutError as error:
        raise httpcore.WriteTimeout from error
    except OSError as error:
        raise httpcore.WriteError(str(error)) from error


async def _within(seconds: float | None, work: Awaitable[T]) -> T:
    if seconds is None:  # mostly: who fetches bounds the whole exchange
        return await work
    async with asyncio.timeout(seconds):
        return await work


class Replayed(httpcore.AsyncNetworkStream):
    """A connection on which the question is asked already, and a part of the answer has come.

    Whoever takes it over asks again into nothing, and reads that part first.
    """

    def __init__(self, stream: httpcore.AsyncNetworkStream, came: bytes) -> None:
        self._stream = stream
        self._came = came

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109  # the library's own
        """Up to `max_bytes` of what came; empty at the end."""
        if not self._came:
            return await self._stream.read(max_bytes, timeout)
        piece, self._came = self._came[:max_bytes], self._came[max_bytes:]
        return piece

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109  # as above
        """Nothing: it is sent already."""

    async def aclose(self) -> None:
        """Let it go at once."""
        await self._stream.aclose()

    def get_extra_info(self, info: str) -> Any:
        """As the connection says."""
        return self._stream.get_extra_info(info)


async def connect_any(addresses: Sequence[str], port: int) -> Stream:
    """A connection to the first address that answers, tried in this order, each with a head start before the next.

    One that fails makes place for the next at once. Raises OSError of the last one when all fail. Whoever calls bounds
    the time; nothing is left open then.
    """
    if len(addresses) == 1:
        return await _connect(addresses[0], port)
    waiting = list(reversed(addresses))
    running: set[asyncio.Task[Stream]] = set()
    failed: BaseException | None = None
    try:
        while waiting or running:
            if waiting:
                running.add(asyncio.create_task(_connect(waiting.pop(), port)))
            head_start_s = HEAD_START_S if waiting else None
            done, _ = await asyncio.wait(running, timeout=head_start_s, return_when=asyncio.FIRST_COMPLETED)
            for attempt in done:
                running.discard(attempt)
                failed = attempt.exception()
                if failed is None:
                    return attempt.result()
        raise failed or OSError("no address to connect to")
    finally:
        await _drop(running)


async def _drop(attempts: set[asyncio.Task[Stream]]) -> None:
    """End attempts that lost; one that came through in the same moment is closed."""
    for attempt in attempts:
        attempt.cancel()
    for result in await asyncio.gather(*attempts, return_exceptions=True):
        if isinstance(result, Stream):
            await result.aclose()


async def _connect(address: str, port: int) -> Stream:
    opened = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        opened.setblocking(False)
        await asyncio.get_running_loop().sock_connect(opened, (address, port))
    except BaseException:
        opened.close()
        raise
    return Stream(opened)
