"""How much a request to the API may bring: it is counted before anything of it is read as JSON.

Effects: none.
"""

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.web.headers import API_HEADERS

BODY_BYTES_MAX = 1_000_000
PASSED_OVER_MAX = 20
"""Times the bound that are still taken in and thrown away: who is cut off while sending reads no answer."""


class BoundedBodies:
    """Takes the body in, up to the bound, and hands it on whole; more is answered 413."""

    def __init__(self, app: ASGIApp, *, bytes_max: int = BODY_BYTES_MAX) -> None:
        self._app = app
        self._bytes_max = bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on, or refuse."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        body, taken, is_more = bytearray(), 0, True
        while is_more and taken <= self._bytes_max * PASSED_OVER_MAX:
            message = await receive()
            if message["type"] == "http.disconnect":
                return  # nobody reads an answer
            part = message.get("body", b"")
            taken += len(part)
            if taken <= self._bytes_max:
                body += part
            is_more = message.get("more_body", False)
        if taken > self._bytes_max:
            await self._refuse(scope, receive, send)
            return
        is_given = False

        async def give() -> Message:
            nonlocal is_given
            if is_given:
                return await receive()
            is_given = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self._app(scope, give, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        remedy = f"At most {self._bytes_max:,} bytes are read."
        fault = {"what": "the request is too large", "where": "", "remedy": remedy}
        await JSONResponse(fault, 413, API_HEADERS | {"Connection": "close"})(scope, receive, send)
