"""Send a digest by mail, one envelope per recipient, knowing at every moment how far the dialogue came.

smtplib raises one and the same exception before and after a message was handed over, so the dialogue is led in steps
here: before the final dot a failure is certainly not sent, after it nobody can say (RFC 1047). There is no asking
later; `on_unknown` decides. Nothing goes out unencrypted but to this very machine, and no password either.

Effects: network, reads the clock.
"""

import ipaddress
import json
import smtplib
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from monitor.channels.base import Examined, Grown, Payload, Receipt
from monitor.channels.email_message import read_address, read_sender, render_mail, render_note_mail
from monitor.errors import ChannelError, ConfigError, SendOutcome
from monitor.model import Delivery, Digest, Note, StoryId

Security = Literal["starttls", "tls", "none"]
TIMEOUT_S = 90.0  # for the whole dialogue, below the outbox's lease; a content filter after the dot takes its time
REPLY_CHARS_MAX = 200  # of a server's words in an error


@dataclass(frozen=True, slots=True)
class _Reply:
    code: int
    text: str


class EmailChannel:
    """Mail through one SMTP server. The password appears in no payload, error or `repr`.

    `security="none"` is taken for a loopback host alone. `tls` replaces the system's trust, for a private authority.
    `unsubscribe` is an https or mailto address for List-Unsubscribe; https promises one-click.
    """

    kind = "email"
    can_find = False
    spacing_s = 0.0

    def __init__(
        self,
        name: str,
        to: Sequence[str],
        sender: str,
        host: str,
        port: int,
        security: Security,
        username: str | None = None,
        password: str | None = None,
        timeout_s: float = TIMEOUT_S,
        *,
        tls: ssl.SSLContext | None = None,
        unsubscribe: str = "",
    ) -> None:
        where = f'channel "{name}"'
        if security == "none" and not _is_loopback(host):
            raise ConfigError(
                f"mail to {host} would go out unencrypted",
                where=where,
                remedy='Set security = "starttls" (port 587) or "tls" (port 465); "none" is for this machine only.',
            )
        if not to:
            raise ConfigError(
                "a mail channel needs a recipient", where=where, remedy='Write to = ["desk@example.org"].'
            )
        self.name = name
        self._sender = read_sender(sender, where)
        # Twice the same address would be two deliveries with one key.
        self._to = tuple(dict.fromkeys(read_address(address, where) for address in to))
        self._host, self._port, self._security = host, port, security
        self._username, self._password = username, password
        self._timeout_s = timeout_s
        self._tls = tls
        self._unsubscribe = unsubscribe
        self.account = f"smtp {username or ''}@{host}:{port}"

    def __repr__(self) -> str:
        return f"EmailChannel(name={self.name!r}, host={self._host!r}, to={list(self._to)!r})"

    def render(self, digest: Digest, key: str, root: str = "") -> Sequence[Payload]:
        """One message per recipient, each frozen with its envelope; the recipient is the payload's suffix."""
        del root
        return [
            Payload(
                part=1,
                suffix=recipient,
                lane=recipient,
                body=json.dumps(
                    {
                        "sender": self._sender.address,
                        "recipient": recipient,
                        "message": render_mail(digest, key, self._sender, recipient, self._unsubscribe),
                    }
                ),
            )
            for recipient in self._to
        ]

    def render_note(self, note: Note, key: str, root: str = "") -> Sequence[Payload]:
        """One message per recipient, as for a digest."""
        del root
        return [
            Payload(
                part=1,
                suffix=recipient,
                lane=recipient,
                body=json.dumps(
                    {
                        "sender": self._sender.address,
                        "recipient": recipient,
                        "message": render_note_mail(note, key, self._sender, recipient),
                    }
                ),
            )
            for recipient in self._to
        ]

    def render_edit(self, body: str, stories: Mapping[StoryId, Grown]) -> str | None:
        """A mail stays as it is."""
        del body, stories
        return None

    def split(self, delivery: Delivery) -> Sequence[str]:
        """A mail is not divided."""
        del delivery
        return ()

    def examine(self) -> Sequence[Examined]:
        """Nothing is tried."""
        return ()

    def send(self, delivery: Delivery) -> Receipt:
        """One dialogue with the server; the receipt is the Message-ID. A resend is the same message to the byte."""
        envelope = json.loads(delivery.payload)
        message: str = envelope["message"]
        dialogue = _Dialogue(self._where(delivery), delivery.id, self._timeout_s)
        dialogue.connect(self._host, self._port, self._security, self._tls, self._sender.domain)
        try:
            if self._username is not None:
                dialogue.login(self._username, self._password or "")
            dialogue.hand_over(envelope["sender"], envelope["recipient"], message.encode("ascii"))
        finally:
            dialogue.close()
        return Receipt(_message_id(message))

    def find(self, delivery: Delivery) -> Receipt | None:
        """A mailbox cannot be asked; the outbox does not call this while `can_find` is false."""
        raise ChannelError(
            "mail cannot be asked for once it was handed over",
            reason="cannot_find",
            outcome=SendOutcome.UNKNOWN,
            where=self._where(delivery),
        )

    def _where(self, delivery: Delivery) -> str:
        return f'delivery {delivery.id} to "{self.name}"'


class _Dialogue:
    """One SMTP session. `_sent_dot` tells apart what smtplib does not."""

    def __init__(self, where: str, delivery_id: int, timeout_s: float) -> None:
        self._where = where
        self._retry = f"then: monitor outbox retry {delivery_id}"
        self._until = time.monotonic() + timeout_s
        self._step = "connect"
        self._sent_dot = False
        self._smtp: smtplib.SMTP | None = None

    def connect(self, host: str, port: int, security: Security, tls: ssl.SSLContext | None, name: str) -> None:
        """Reach the server and make the line secure, or raise; never carries on in clear."""
        context = tls or (None if security == "none" else ssl.create_default_context())
        try:
            left_s = self._left_s()
            # `name` greets the server; the library's own choice asks the DNS for this machine's name, with no limit.
            self._smtp = (
                smtplib.SMTP_SSL(host, port, name, timeout=left_s, context=context)
                if security == "tls"
                else smtplib.SMTP(host, port, name, timeout=left_s)
            )
            self._begin("ehlo")
            self._smtp.ehlo_or_helo_if_needed()
            if security == "starttls":
                self._begin("starttls")
                self._smtp.starttls(context=context)
                self._smtp.ehlo()
        except smtplib.SMTPNotSupportedError:
            self.close()
            raise self._error(
                "the server offers no STARTTLS, and mail does not go out in clear",
                "no_starttls",
                SendOutcome.REFUSED,
                f'Use security = "tls" on port 465 if it speaks that, {self._retry}',
            ) from None
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            if self._step == "starttls" and isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500:
                remedy = f"Ask the server's postmaster, {self._retry}"
                what = f"the server refuses STARTTLS ({error.smtp_code})"
                raise self._error(what, "no_starttls", SendOutcome.REFUSED, remedy) from None
            raise self._broken(error) from None

    def login(self, username: str, password: str) -> None:
        """Say who we are. A refusal is final until a person changes something; the server's words are not quoted."""
        smtp = self._begin("auth")
        try:
            smtp.login(username, password)
        except smtplib.SMTPNotSupportedError:
            remedy = f"Remove `username` if the server wants none, {self._retry}"
            raise self._error("the server offers no login", "no_auth", SendOutcome.REFUSED, remedy) from None
        except smtplib.SMTPAuthenticationError as error:
            outcome = SendOutcome.RETRYABLE if 400 <= error.smtp_code <= 499 else SendOutcome.REFUSED
            remedy = f"Check `username` and the password's variable, {self._retry}"
            raise self._error(f"the login was refused ({error.smtp_code})", "auth", outcome, remedy) from None
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise self._broken(error) from None

    def hand_over(self, sender: str, recipient: str, message: bytes) -> None:
        """MAIL, RCPT, DATA; returns only when the server took the message."""
        try:
            self._ask("mail", f"MAIL FROM:<{sender}>", "sender_refused", "Check `from` in config/monitor.toml")
            self._ask("rcpt", f"RCPT TO:<{recipient}>", "recipient_refused", "Check `to` in config/monitor.toml")
            self._ask("data", "DATA", "data_refused", "Ask the server's postmaster", takes=(354, 354))
            smtp = self._begin("message")
            smtp.send(_dotted(message))
            self._begin("dot")
            self._sent_dot = True
            smtp.send(b".\r\n")
            code, words = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise self._broken(error) from None
        self._check(_Reply(code, _words(words)), (200, 299), "message_refused", "Ask the server's postmaster")

    def close(self) -> None:
        """Take leave if the server still listens; whatever happens now changes nothing any more."""
        if self._smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                if self._smtp.sock is not None:
                    self._smtp.sock.settimeout(1.0)  # a server slow to say goodbye is not worth more
                self._smtp.quit()
            self._smtp.close()

    def _ask(self, step: str, command: str, reason: str, remedy: str, takes: tuple[int, int] = (200, 299)) -> None:
        smtp = self._begin(step)
        smtp.putcmd(command)
        code, words = smtp.getreply()
        self._check(_Reply(code, _words(words)), takes, reason, remedy)

    def _check(self, reply: _Reply, takes: tuple[int, int], reason: str, remedy: str) -> None:
        if takes[0] <= reply.code <= takes[1]:
            return
        what = f"the server answers {reply.code} {reply.text}".rstrip()
        if 400 <= reply.code <= 499:
            raise self._error(what, "busy", SendOutcome.RETRYABLE)
        if 500 <= reply.code <= 599:
            raise self._error(what, reason, SendOutcome.REFUSED, f"{remedy}, {self._retry}")
        outcome = SendOutcome.UNKNOWN if self._sent_dot else SendOutcome.RETRYABLE
        raise self._error(f"the server answers what is no SMTP ({reply.code})", "bad_answer", outcome)

    def _begin(self, step: str) -> smtplib.SMTP:
        """Note where we are and leave this step no more than the time that is left."""
        assert self._smtp is not None
        self._step = step
        if self._smtp.sock is not None:
            self._smtp.sock.settimeout(self._left_s())
        return self._smtp

    def _left_s(self) -> float:
        return max(0.1, self._until - time.monotonic())

    def _broken(self, error: Exception) -> ChannelError:
        """The line broke. What it means depends on the step alone: the exceptions are alike."""
        outcome = SendOutcome.UNKNOWN if self._sent_dot else SendOutcome.RETRYABLE
        code = error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0
        answered = f", {code}" if code else ""
        if isinstance(error, ssl.SSLError):
            reason = "tls"
        elif self._sent_dot:
            reason = "no_answer"
        else:
            reason = "connect" if self._step == "connect" else "dropped"
        return self._error(f"the line broke at {self._step} ({type(error).__name__}{answered})", reason, outcome)

    def _error(self, what: str, reason: str, outcome: SendOutcome, remedy: str = "") -> ChannelError:
        return ChannelError(what, reason=reason, outcome=outcome, where=self._where, remedy=remedy)


def _dotted(message: bytes) -> bytes:
    """The message as it goes over the line: a line's leading dot doubled, ended by a line break, no final dot yet."""
    stuffed = message.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def _words(reply: bytes) -> str:
    text = reply.decode("ascii", "replace")
    return "".join(char if char.isprintable() else " " for char in text)[:REPLY_CHARS_MAX].strip()


def _message_id(message: str) -> str:
    for line in message.split("\r\n"):
        if line.lower().startswith("message-id:"):
            return line.partition(":")[2].strip()
    return ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
