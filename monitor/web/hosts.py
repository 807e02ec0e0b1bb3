"""Which name the listener answers to for what: the page to its own, what readers outside need to the public one alone.

Effects: none.
"""

from collections.abc import Callable, Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

OUTSIDE = "/unsubscribe/"
"""What the public name is answered for; nothing else of the page is seen from outside by it."""


LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Hosts:
    """Turns away what asks by a name that is not ours, or asks the public name for more than it is there for."""

    def __init__(
        self, app: ASGIApp, *, host: str, public_url: Callable[[], str], names: Callable[[], Collection[str]]
    ) -> None:
        self._app = app
        self._is_loopback = is_loopback(host)
        """Else the page is answered by any name that is not the public one: who asks has to be known."""
        self._host = host
        self._public_url = public_url
        self._names = names
        """Names of the page that a person gave it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, hand on, or turn away."""
        if scope["type"] != "http":
            return
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
        refusal = self._refusal(host_name(host), scope["path"])
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await refusal(scope, receive, send)

    def _refusal(self, name: str, path: str) -> PlainTextResponse | None:
        if name in LOOPBACK or name == self._host or name in self._names():
            return None
        public = urlsplit(self._public_url()).hostname
        if public is not None and name == public:
            return None if path.startswith(OUTSIDE) else PlainTextResponse("Not Found", status_code=404)
        return PlainTextResponse("Invalid host header", status_code=400) if self._is_loopback else None


def is_loopback(host: str) -> bool:
    """Whether what listens there is reached from this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def host_name(header: str) -> str:
    """The name in a Host header, in lower case and without its port; empty where there is none."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""
