"""One listener: the status page, and `/healthz` for whoever restarts us.

Listens on loopback unless told otherwise; on loopback it answers only to loopback names, so that no page elsewhere
can read it through a name of its own.

Effects: network (the listening address).
"""

import contextlib
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
CONNECTIONS_MAX = 100
"""More are answered 503: the page is for the few who run this."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What the pages ask; each is plain work, run off the loop."""

    page: Callable[[], str]
    health: Callable[[], tuple[bool, dict[str, object]]]


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: the daemon has its own handlers."""
        yield


class Web:
    """The listener. `start` may fail without harm to the daemon; `serve` runs until `stop`."""

    def __init__(self, answers: Answers, host: str, port: int) -> None:
        config = uvicorn.Config(
            _build(answers, host),
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            limit_concurrency=CONNECTIONS_MAX,
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


HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def _build(answers: Answers, host: str) -> Starlette:
    def status(_: Request) -> HTMLResponse:
        return HTMLResponse(answers.page(), headers=HEADERS)

    def healthz(_: Request) -> JSONResponse:
        healthy, facts = answers.health()
        return JSONResponse(facts, status_code=200 if healthy else 503)

    names = ["127.0.0.1", "localhost", "[::1]"] if host in LOOPBACK else ["*"]
    return Starlette(
        routes=[Route("/", status), Route("/healthz", healthz)],  # plain functions: run off the loop
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=names)],
    )
