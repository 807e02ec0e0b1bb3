"""How long a connection may take: a request that comes in drop by drop keeps nobody else out.

Effects: closes connections of the listener.
"""

import asyncio
import time
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_S = 20.0
"""From the connection, or from the answer before, until the whole request is there and answered."""
HEAD_BYTES_MAX = 16_384
"""Of a request's line and headers."""


class BoundedProtocol(H11Protocol):
    """Closes what takes too long; where all places are taken, first who keeps one longest without having asked."""

    request_s = REQUEST_S

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._began_s = time.monotonic()
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the base class
        """Somebody came: make room where there is none."""
        super().connection_made(transport)
        if self.limit_concurrency is not None and len(self.connections) >= self.limit_concurrency:
            waiting = [one for one in self.connections if isinstance(one, BoundedProtocol) and one.is_waiting]
            others = [one for one in waiting if one is not self]
            if others:
                min(others, key=lambda one: one._began_s).transport.abort()
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        """Somebody left."""
        super().connection_lost(exc)
        if self._deadline is not None:
            self._deadline.cancel()

    def on_response_complete(self) -> None:
        """It was answered: the next request has its own time."""
        self._began_s = time.monotonic()
        self._arm()
        super().on_response_complete()

    @property
    def is_waiting(self) -> bool:
        """Whether we wait for it: no whole request is there that is not answered."""
        is_asking = self.cycle is not None and not self.cycle.more_body and not self.cycle.response_complete
        return not is_asking and not self.transport.is_closing()

    def _arm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(self.request_s, self.transport.abort)


def within(request_s: float) -> type[BoundedProtocol]:
    """The protocol with another time for a request."""

    class Given(BoundedProtocol):
        pass

    Given.request_s = request_s
    return Given
