"""An SMTP server on loopback that answers by script, verb by verb, and can drop the line after the final dot."""

import asyncio
import ssl
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

DROP = "drop"
"""In place of a reply: the line is cut."""
PASSWORD = "aVerySecretPassword"


@dataclass
class Mail:
    """One message as the server took it, to the byte."""

    sender: str
    recipient: str
    content: bytes
    was_tls: bool


class FakeSmtp:
    """What arrived, and what is scripted to be answered to the next MAIL, RCPT or DATA."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.verbs: list[str] = []
        self.host = "127.0.0.1"
        self.port = 0
        self._replies: dict[str, deque[str]] = {}

    def reply(self, verb: str, *replies: str) -> None:
        """Script replies such as `450 later`; `DROP` cuts the line, for DATA after the message was taken."""
        self._replies.setdefault(verb, deque()).extend(replies)

    def take(self, verb: str) -> str | None:
        """The reply scripted for this verb, if any; taken once."""
        self.verbs.append(verb)
        waiting = self._replies.get(verb)
        return waiting.popleft() if waiting else None


class _Handler:
    def __init__(self, fake: FakeSmtp) -> None:
        self.fake = fake

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        """Answer MAIL by script."""
        reply = self.fake.take("MAIL")
        if reply == DROP:
            return _drop(server)
        if reply is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return reply or "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        """Answer RCPT by script; a script named `RCPT <address>` is for that address alone."""
        reply = self.fake.take("RCPT") or self.fake.take(f"RCPT {address}")
        if reply == DROP:
            return _drop(server)
        if reply is None:
            envelope.rcpt_tos.append(address)
        return reply or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """The final dot came. `DROP` keeps the message and cuts the line, which no sender can tell from a loss."""
        reply = self.fake.take("DATA")
        if reply in (None, DROP):
            content = envelope.content
            assert isinstance(content, bytes)
            self.fake.mails.append(Mail(str(envelope.mail_from), envelope.rcpt_tos[0], content, _is_tls(server)))
        if reply == DROP:
            return _drop(server)
        return reply or "250 OK"


class _Controller(Controller):
    """A controller on whatever port is free; its own start-up check looks at the number it was given."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # the library has no types here


def _is_tls(server: SMTP) -> bool:
    transport = server.transport
    return transport is not None and transport.get_extra_info("ssl_object") is not None


def _drop(server: SMTP) -> str:
    transport = server.transport
    assert isinstance(transport, asyncio.Transport)
    transport.abort()
    return "421 gone"


def _authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: Any) -> AuthResult:
    good = isinstance(login, LoginPassword) and login.password == PASSWORD.encode()
    return AuthResult(success=good, handled=False)


@contextmanager
def serve_smtp(*, tls: ssl.SSLContext | None = None, implicit: bool = False, auth: bool = False) -> Iterator[FakeSmtp]:
    """A server on a port of its own; with `tls` it offers STARTTLS or, `implicit`, begins in TLS."""
    fake = FakeSmtp()
    options: dict[str, Any] = {"tls_context": tls} if tls else {}
    if auth:
        options |= {
            "authenticator": _authenticate,
            "auth_required": not implicit,
            "auth_require_tls": tls is not None and not implicit,
        }
    if implicit:
        options = {**options, "ssl_context": options.pop("tls_context")}
    controller = _Controller(_Handler(fake), hostname="127.0.0.1", port=0, **options)
    controller.start()
    fake.port = controller.port
    try:
        yield fake
    finally:
        controller.stop()
