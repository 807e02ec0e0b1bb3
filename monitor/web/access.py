"""Who may ask for what: everybody on loopback.

Effects: none.
"""

import hmac
import secrets
from http.cookies import CookieError, SimpleCookie

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.web.desk import Desk
from monitor.web.person import Person

COOKIE = "monitor_visit"
LOCAL = "local"
"""The name of who sits at the machine itself."""


class Access:
    """Finds out who asks, and gives each browser a secret of its own that its forms carry back."""

    def __init__(self, app: ASGIApp, *, desk: Desk, host: str) -> None:
        self._app = app
        self._desk = desk
        self._host = host
        self._secret = secrets.token_bytes(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on with `person` in the scope."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        cookie = _read_cookie(scope)
        is_new = not cookie
        cookie = cookie or secrets.token_urlsafe(24)
        scope["person"] = Person(LOCAL, may_edit=True, csrf=self._csrf(cookie))

        async def send_with_cookie(message: Message) -> None:
            if is_new and message["type"] == "http.response.start":
                value = f"{COOKIE}={cookie}; Path=/; HttpOnly; SameSite=Strict"
                message["headers"] = [*message["headers"], (b"set-cookie", value.encode())]
            await send(message)

        await self._app(scope, receive, send_with_cookie)

    def _csrf(self, cookie: str) -> str:
        return hmac.new(self._secret, cookie.encode(), "sha256").hexdigest()


def _read_cookie(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                found = SimpleCookie(value.decode("latin-1")).get(COOKIE)
            except CookieError:
                return ""
            return found.value if found is not None else ""
    return ""
