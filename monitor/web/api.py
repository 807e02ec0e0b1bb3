"""The same questions and edits as JSON, for programs: `/api/v1`, described by `/api/v1/openapi.json`.

Within a version keys and operations are added, never renamed or removed.

Effects: none by itself.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.middleware import Middleware

from monitor import __version__
from monitor.web.api_routes import ROUTERS
from monitor.web.bodies import BoundedBodies
from monitor.web.desk import Desk
from monitor.web.failing import handle_api_failures

BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="A token of `[web.tokens]`. None is asked for on loopback as long as none is configured.",
)
ABOUT = """How the news is watched, as JSON. Lists are paged: give `next` as `after` for the page behind; at the end it
is null. Times are UTC in ISO 8601. Whatever is refused is answered with what happened, where, and what to do."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why something was not done."""

    what: str
    where: str
    """The file and line, the parameter, or what else it is about; empty where that is clear."""
    remedy: str
    problems: list[str] = field(default_factory=list)
    """Of a configuration: every fault with its file and line."""


_FAULTS = {
    400: "What was asked cannot be done as it was written.",
    401: "A token is needed, or the one that came is not known.",
    403: "Not with this token, or not from another page.",
    404: "There is no such thing.",
    409: "It has changed since it was looked at.",
    413: "The request is larger than a megabyte.",
    422: "The request is not as described here, or the configuration it would make is faulty.",
    429: "Too many wrong tokens came from this address: `Retry-After` says when to come again.",
    503: "The archive does not answer now.",
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Fault, "description": words} for status, words in _FAULTS.items()
}


def _operation_of(route: APIRoute) -> str:
    """What programs that are made from the description call it: `get_topics_key_stories`."""
    return re.sub(r"\W+", "_", f"{min(route.methods or ())}{route.path}".lower()).strip("_")


def build_api(desk: Desk) -> FastAPI:
    """The API over a desk. Lists are paged, failures are `{what, where, remedy}`, bodies are bounded."""
    api = FastAPI(
        title="news-monitor",
        version=__version__,
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        dependencies=[Security(BEARER)],
        responses=RESPONSES,
        generate_unique_id_function=_operation_of,
        middleware=[Middleware(BoundedBodies)],
    )
    api.router.redirect_slashes = False
    api.state.desk = desk
    for router in ROUTERS:
        api.include_router(router)
    handle_api_failures(api)
    return api
