"""The same questions and edits as JSON, for programs: `/api/v1`, described by `/api/v1/openapi.json`.

Effects: none by itself.
"""

from fastapi import FastAPI

from monitor import __version__
from monitor.web.api_routes import ROUTERS
from monitor.web.desk import Desk
from monitor.web.failing import handle_api_failures


def build_api(desk: Desk) -> FastAPI:
    """The API over a desk. Lists are paged, failures are `{what, where, remedy}`."""
    api = FastAPI(title="news-monitor", version=__version__, docs_url=None, redoc_url=None)
    api.router.redirect_slashes = False
    api.state.desk = desk
    for router in ROUTERS:
        api.include_router(router)
    handle_api_failures(api)
    return api
