"""A HEAD is answered as the GET of the same address, without its body: uptime checkers and `curl -I` ask so.

Effects: none.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Heads:
    """Asks the pages for what a HEAD means."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        # A copy: the server looks at its own to know that no body follows.
        await self._app({**scope, "method": "GET"}, receive, send_head)
