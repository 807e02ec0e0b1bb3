"""Everything that is answered on one address: the page, the API, the topics' Atom feeds, health, the way off a list.

On loopback it answers only to loopback names, so that no page elsewhere can read it through a name of its own. The
public name is answered for `/unsubscribe/` alone.

Effects: none; what it is handed reads and writes the database and the configuration.
"""

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from monitor.web.access import Access
from monitor.web.answers import Answers
from monitor.web.api import build_api
from monitor.web.desk import Desk
from monitor.web.failing import handle_failures
from monitor.web.hosts import Hosts
from monitor.web.leaving import Leaving
from monitor.web.machine import machine_routes
from monitor.web.page_routes import ROUTERS
from monitor.web.pages import Pages
from monitor.web.statics import Statics

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def build_site(answers: Answers, host: str, desk: Desk | None = None) -> FastAPI:
    """The site of a listener on `host`; without a desk it has no page, and answers readers and machines alone."""
    names = ["127.0.0.1", "localhost", "::1"] if host in LOOPBACK else []
    access = [] if desk is None else [Middleware(Access, desk=desk, host=host)]
    site = FastAPI(
        title="news-monitor",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        middleware=[Middleware(Hosts, names=names, public_url=answers.public_url), *access],
    )
    site.router.redirect_slashes = False  # no address is guessed, and no redirect repeats a Host header
    site.router.routes.extend([*machine_routes(answers), *_reader_routes(answers)])
    if desk is not None:
        statics = Statics()
        site.state.desk = desk
        site.state.pages = Pages(statics)
        site.router.routes.append(Route("/static/{name}", statics.answer))
        for router in ROUTERS:
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
        headers = {"ETag": found.etag, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
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
