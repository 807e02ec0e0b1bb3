"""The way off a list: a page with one button, and a mail program's one click.

A link stops nothing by being opened: programs open links before people do.

Effects: none; what it is handed writes the database.
"""

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from monitor.web.answers import Answers
from monitor.web.headers import LEAVE_HEADERS
from monitor.web.readers import Leaver

BODY_BYTES_MAX = 4_096
"""Of a request to leave: the words of the one-click standard and what a form wraps them in."""
LEAVES_A_MINUTE = 120
"""Requests to look at or use a link to leave; more are asked to come back."""


class Leaving:
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
