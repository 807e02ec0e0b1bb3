"""Everything that is answered on one address: the page, the API, the topics' Atom feeds, health, the way off a list.

On loopback it answers only to loopback names and to those it was given, so that no page elsewhere can read it through
a name of its own. The public name is answered for `/unsubscribe/` alone. Who asks is found out before anything else.

Effects: none; what it is handed reads and writes the database and the configuration.
"""

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from monitor.web import sign_in
from monitor.web.access import Access
from monitor.web.answers import Answers
from monitor.web.api import build_api
from monitor.web.desk import Desk
from monitor.web.failing import handle_failures
from monitor.web.gate import Gate
from monitor.web.heads import Heads
from monitor.web.hosts import Hosts
from monitor.web.leaving import Leaving
from monitor.web.machine import machine_routes
from monitor.web.page_routes import ROUTERS
from monitor.web.pages import Pages
from monitor.web.sealed import Sealed
from monitor.web.statics import Statics


def build_site(answers: Answers, host: str, desk: Desk | None = None) -> FastAPI:
    """The site of a listener on `host`; without a desk it has no page, and answers readers and machines alone."""
    gate = None if desk is None else Gate(desk, host)
    hosts = Middleware(
        Hosts, host=host, public_url=answers.public_url, names=lambda: () if gate is None else gate.web.names
    )
    site = FastAPI(
        title="news-monitor",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        middleware=[
            Middleware(Sealed),
            Middleware(Heads),
            hosts,
            *([] if gate is None else [Middleware(Access, gate=gate)]),
        ],
    )
    site.router.redirect_slashes = False  # no address is guessed, and no redirect repeats a Host header
    site.router.routes.extend([*machine_routes(answers), *_reader_routes(answers)])
    if desk is not None:
        statics = Statics()
        site.state.desk = desk
        site.state.gate = gate
        site.state.pages = Pages(statics)
        site.router.routes.append(Route("/static/{name}", statics.answer))
        for router in (*ROUTERS, sign_in.router):
            site.include_router(router, include_in_schema=False)
        site.mount("/api/v1", build_api(desk))
        handle_failures(site)
    return site


def _reader_routes(answers: Answers) -> list[Route]:
    """Plain functions run off the loop."""

    def feed(request: Request) -> Response:
        found = answers.feed(request.path_params["key"], str(request.url.replace(query="")))
        if found is None:
            return PlainTextResponse("Not Found", status_code=404)
        headers = {"ETag": found.etag, "Cache-Control": "private, no-cache"}
        asked = request.headers.get("if-none-match", "")
        if found.etag in (one.strip().removeprefix("W/") for one in asked.split(",")):
            return Response(status_code=304, headers=headers)
        return Response(found.text, media_type="application/atom+xml", headers=headers)

    leaving = Leaving(answers)
    return [
        Route("/topics/{key}.atom", feed),
        Route("/unsubscribe/{token}", leaving.look),
        Route("/unsubscribe/{token}", leaving.leave, methods=["POST"]),
    ]
