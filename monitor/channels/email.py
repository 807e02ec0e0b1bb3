"""Send a digest by mail, one envelope per recipient, frozen with its message.

What was handed over cannot be asked for later; `on_unknown` decides what happens to a mail whose fate is not known.
Nothing goes out unencrypted but to this very machine, and no password either.

Effects: network.
"""

import ipaddress
import json
import ssl
from collections.abc import Mapping, Sequence

from monitor.channels.base import Examined, Grown, Payload, Receipt
from monitor.channels.email_dialogue import Dialogue, Security
from monitor.channels.email_message import read_address, read_sender, render_mails
from monitor.channels.email_note import render_note_mails
from monitor.channels.email_short import shorten_mail
from monitor.errors import ChannelError, ConfigError, SendOutcome
from monitor.model import Delivery, Digest, Note, StoryId

TIMEOUT_S = 90.0  # for the whole dialogue, below the outbox's lease; a content filter after the dot takes its time
EXAMINE_S = 20.0  # a person waits


class EmailChannel:
    """Mail through one SMTP server. The password appears in no payload, error or `repr`.

    `security="none"` is taken for a loopback host alone. `tls` replaces the system's trust, for a private authority.
    `unsubscribe` is where each recipient leaves, an https or mailto address; https promises one-click.
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
        unsubscribe: Mapping[str, str] | None = None,
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
        leave = unsubscribe or {}
        self._to = {address: leave.get(address, "") for address in (read_address(one, where) for one in to)}
        self._host, self._port, self._security = host, port, security
        self._username, self._password = username, password
        self._timeout_s = timeout_s
        self._tls = tls
        self.account = f"smtp {username or ''}@{host}:{port}"

    def __repr__(self) -> str:
        return f"EmailChannel(name={self.name!r}, host={self._host!r}, to={list(self._to)!r})"

    def render(self, digest: Digest, key: str, root: str = "") -> Sequence[Payload]:
        """One message per recipient, each frozen with its envelope; the recipient is the payload's suffix and lane."""
        return self._payloads(render_mails(digest, key, self._sender, self._to, root))

    def render_note(self, note: Note, key: str, root: str = "") -> Sequence[Payload]:
        """One message per recipient, as for a digest."""
        return self._payloads(render_note_mails(note, key, self._sender, self._to, root))

    def _payloads(self, mails: Mapping[str, str]) -> list[Payload]:
        sender = self._sender.address
        return [
            Payload(
                part=1,
                suffix=recipient,
                lane=recipient,
                body=json.dumps({"sender": sender, "recipient": recipient, "message": message}),
            )
            for recipient, message in mails.items()
        ]

    def render_edit(self, body: str, stories: Mapping[StoryId, Grown]) -> str | None:
        """A mail stays as it is."""
        del body, stories
        return None

    def split(self, delivery: Delivery) -> Sequence[str]:
        """One short form as text alone, for a server that refused the content; none when that is what it refused."""
        envelope = json.loads(delivery.payload)
        if envelope.get("short"):
            return ()
        return (json.dumps({**envelope, "message": shorten_mail(envelope["message"]), "short": True}),)

    def examine(self) -> Sequence[Examined]:
        """Connect, make the line secure, log in; no sender and no recipient is named."""
        dialogue = Dialogue("", "then: monitor doctor", min(EXAMINE_S, self._timeout_s))
        at = f"{self._host}:{self._port}"
        try:
            self._open(dialogue)
        except ChannelError as error:
            if dialogue.step in ("connect", "ehlo") and error.reason != "tls":
                remedy = error.remedy or "Check `host` and `port` of `smtp`, and whether the server is up."
                return (Examined("connection", False, f"{at}: {error.what}. {remedy}"),)
            reached = Examined("connection", True, f"{at} answers.")
            if dialogue.step == "auth":
                remedy = error.remedy or "Try again later: monitor doctor"
                return reached, self._encryption(), Examined("login", False, f"{error.what}. {remedy}")
            remedy = (
                error.remedy or "Check `host`, `port` and `security`: the certificate must be one this system trusts."
            )
            return reached, Examined("encryption", False, f"{error.what}. {remedy}")
        finally:
            dialogue.close()
        login = f"logged in as {self._username}." if self._username is not None else "no login is configured."
        return Examined("connection", True, f"{at} answers."), self._encryption(), Examined("login", True, login)

    def _encryption(self) -> Examined:
        said = {
            "none": "no encryption, to this machine alone.",
            "tls": "TLS from the first byte.",
            "starttls": "TLS by STARTTLS.",
        }
        return Examined("encryption", True, said[self._security])

    def _open(self, dialogue: Dialogue) -> None:
        dialogue.connect(self._host, self._port, self._security, self._tls, self._sender.domain)
        if self._username is not None:
            dialogue.login(self._username, self._password or "")

    def send(self, delivery: Delivery) -> Receipt:
        """One dialogue with the server; the receipt is the Message-ID. A resend is the same message to the byte."""
        envelope = json.loads(delivery.payload)
        message: str = envelope["message"]
        dialogue = Dialogue(self._where(delivery), f"then: monitor outbox retry {delivery.id}", self._timeout_s)
        try:
            self._open(dialogue)
            dialogue.hand_over(
                envelope["sender"],
                envelope["recipient"],
                message.encode("ascii"),
                is_short=bool(envelope.get("short")),
            )
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
