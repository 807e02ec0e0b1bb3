"""What programs that watch the daemon ask: does it live, is all well, and its numbers.

Effects: none; what it is handed reads the database.
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from monitor.web.answers import Answers
from monitor.web.headers import API_HEADERS


def machine_routes(answers: Answers) -> list[Route]:
    """Plain functions run off the loop. `/metrics` names topics and channels: `Access` lets few ask for it."""

    def healthz(_: Request) -> JSONResponse:
        healthy, facts = answers.health()
        return JSONResponse(facts, status_code=200 if healthy else 503)

    def readyz(_: Request) -> JSONResponse:
        ready, facts = answers.ready()
        return JSONResponse(facts, status_code=200 if ready else 503)

    def metrics(request: Request) -> Response:
        body, media_type = answers.metrics(request.headers.get("accept", ""))
        return Response(body, headers={**API_HEADERS, "Content-Type": media_type})

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
