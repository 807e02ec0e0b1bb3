"""The listener: takes connections, within bounds, for the site it is handed.

Effects: network (the listening address).
"""

import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from monitor.web.bounds import HEAD_BYTES_MAX, REQUEST_S, within

CONNECTIONS_MAX = 100
"""Beyond, who keeps a place longest without having asked loses it, and more are answered 503: the page is for few."""


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: the daemon has its own handlers."""
        yield


class Web:
    """The listener. `start` may fail without harm to the daemon; `serve` runs until `stop`."""

    def __init__(
        self,
        site: ASGIApp,
        host: str,
        port: int,
        *,
        request_s: float = REQUEST_S,
        connections_max: int = CONNECTIONS_MAX,
    ) -> None:
        config = uvicorn.Config(
            site,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            limit_concurrency=connections_max,
            http=within(request_s),
            ws="none",
            h11_max_incomplete_event_size=HEAD_BYTES_MAX,
            timeout_graceful_shutdown=2,
        )
        self._server = _Server(config)
        self._socket = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)

    @property
    def address(self) -> tuple[str, int]:
        """Where it really listens, the port chosen by the system included."""
        host, port = self._socket.getsockname()[:2]
        return str(host), int(port)

    async def serve(self) -> None:
        """Answer until `stop`."""
        try:
            await self._server.serve(sockets=[self._socket])
        finally:
            self._socket.close()

    def stop(self) -> None:
        """End `serve` soon."""
        self._server.should_exit = True
