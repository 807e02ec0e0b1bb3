"""One listener: the status page, the topics' Atom feeds, `/healthz` for whoever restarts us, and the way off a list.

Listens on loopback unless told otherwise; on loopback it answers only to loopback names, so that no page elsewhere
can read it through a name of its own. The public name is answered for `/unsubscribe/` alone, and a link there stops
nothing by being opened: programs open links before people do.

Effects: network (the listening address).
"""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from monitor.web.bounds import HEAD_BYTES_MAX, REQUEST_S, within
from monitor.web.hosts import Hosts
from monitor.web.readers import FeedAnswer, Leaver

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
CONNECTIONS_MAX = 100
"""Beyond, who keeps a place longest without having asked loses it, and more are answered 503: the page is for few."""
BODY_BYTES_MAX = 4_096
"""Of a request to leave: the words of the one-click standard and what a form wraps them in."""
LEAVES_A_MINUTE = 120
"""Requests to look at or use a link to leave; more are asked to come back."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What the pages ask; each is plain work, run off the loop."""

    page: Callable[[], str]
    health: Callable[[], tuple[bool, dict[str, object]]]
    feed: Callable[[str, str], FeedAnswer | None] = lambda _key, _address: None
    look: Callable[[str], Leaver | None] = lambda _token: None
    leave: Callable[[str], Leaver | None] = lambda _token: None
    leave_page: Callable[[Leaver | None], str] = lambda _leaver: ""
    public_url: Callable[[], str] = lambda: ""
    monotonic_s: Callable[[], float] = time.monotonic


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: the daemon has its own handlers."""
        yield


class Web:
    """The listener. `start` may fail without harm to the daemon; `serve` runs until `stop`."""

    def __init__(
        self,
        answers: Answers,
        host: str,
        port: int,
        *,
        request_s: float = REQUEST_S,
        connections_max: int = CONNECTIONS_MAX,
    ) -> None:
        config = uvicorn.Config(
            _build(answers, host),
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


HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


LEAVE_HEADERS = HEADERS | {
    "Content-Security-Policy": f"{HEADERS['Content-Security-Policy']}; form-action 'self'",
    "X-Robots-Tag": "noindex",
}


def _build(answers: Answers, host: str) -> Starlette:
    def status(_: Request) -> HTMLResponse:
        return HTMLResponse(answers.page(), headers=HEADERS)

    def healthz(_: Request) -> JSONResponse:
        healthy, facts = answers.health()
        return JSONResponse(facts, status_code=200 if healthy else 503)

    def feed(request: Request) -> Response:
        found = answers.feed(request.path_params["key"], str(request.url.replace(query="")))
        if found is None:
            return PlainTextResponse("Not Found", status_code=404)
        headers = {"ETag": found.etag, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        asked = request.headers.get("if-none-match", "")
        if found.etag in (one.strip().removeprefix("W/") for one in asked.split(",")):
            return Response(status_code=304, headers=headers)
        return Response(found.text, media_type="application/atom+xml", headers=headers)

    names = ["127.0.0.1", "localhost", "::1"] if host in LOOPBACK else []
    leaving = _Leaving(answers)
    # Plain functions run off the loop.
    app = Starlette(
        routes=[
            Route("/", status),
            Route("/healthz", healthz),
            Route("/topics/{key}.atom", feed),
            Route("/unsubscribe/{token}", leaving.look),
            Route("/unsubscribe/{token}", leaving.leave, methods=["POST"]),
        ],
        middleware=[Middleware(Hosts, names=names, public_url=answers.public_url)],
    )
    app.router.redirect_slashes = False  # no address is guessed, and no redirect repeats a Host header
    return app


class _Leaving:
    """The way off a list, bounded in how often it is asked and how much it is told."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._began_s = answers.monotonic_s()
        self._asked = 0

    async def look(self, request: Request) -> Response:
        """Say whom the link is for, with a button; opening it changes nothing."""
        if self._is_too_often():
            return self._later()
        return self._page(await run_in_threadpool(self._answers.look, request.path_params["token"]))

    async def leave(self, request: Request) -> Response:
        """The button, or a mail program's one click: no cookie, no second question."""
        if self._is_too_often():
            return self._later()
        taken = 0
        try:
            async for chunk in request.stream():
                taken += len(chunk)
                if taken > BODY_BYTES_MAX:
                    return PlainTextResponse("Too much", status_code=413, headers={"Connection": "close"})
        except ClientDisconnect:  # it left, or took longer than a request may: nobody reads the answer
            return PlainTextResponse("Too slow", status_code=408, headers={"Connection": "close"})
        return self._page(await run_in_threadpool(self._answers.leave, request.path_params["token"]))

    def _page(self, leaver: Leaver | None) -> HTMLResponse:
        code = 404 if leaver is None else 200
        return HTMLResponse(self._answers.leave_page(leaver), status_code=code, headers=LEAVE_HEADERS)

    def _is_too_often(self) -> bool:
        now_s = self._answers.monotonic_s()
        if now_s - self._began_s >= 60:
            self._began_s, self._asked = now_s, 0
        self._asked += 1
        return self._asked > LEAVES_A_MINUTE

    def _later(self) -> Response:
        return PlainTextResponse("Too many requests", status_code=429, headers={"Retry-After": "60"})
