"""One SMTP dialogue, led in steps, so that at every moment it is known how far it came and what a failure means.

smtplib raises one and the same exception before and after a message was handed over. Here a failure before the final
dot is certainly not sent, and after it nobody can say (RFC 1047).

Effects: network, reads the clock.
"""

import smtplib
import ssl
import time
from contextlib import suppress
from typing import Literal

from msgspec import Struct

from monitor.errors import ChannelError, RefusalScope, SendOutcome

Security = Literal["starttls", "tls", "none"]
REPLY_CHARS_MAX = 200  # of a server's words in an error
_OF_CONTENT = frozenset({552, 554})
"""To the command DATA: too much, or not this; after the dot every 5xx speaks of the message."""
_OF_LOGIN = frozenset({530, 534, 535, 538})
"""Whatever they answer: it is not this message, it is who we are."""


class _Reply(Struct, frozen=True):
    code: int
    text: str


class _Refusal(Struct, frozen=True):
    """What a 5xx to a command means."""

    reason: str
    remedy: str
    scope: RefusalScope


class Dialogue:
    """One SMTP session. `_sent_dot` tells apart what smtplib does not."""

    def __init__(self, where: str, again: str, timeout_s: float) -> None:
        self._where = where
        self._again = again
        self._until = time.monotonic() + timeout_s
        self._step = "connect"
        self._sent_dot = False
        self._smtp: smtplib.SMTP | None = None

    @property
    def step(self) -> str:
        """The step that was begun last: `connect`, `ehlo`, `starttls`, `auth`, `mail`, …"""
        return self._step

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
                f'Use security = "tls" on port 465 if it speaks that, {self._again}',
                RefusalScope.ACCOUNT,
            ) from None
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            if self._step == "starttls" and isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500:
                remedy = f"Ask the server's postmaster, {self._again}"
                what = f"the server refuses STARTTLS ({error.smtp_code})"
                raise self._error(what, "no_starttls", SendOutcome.REFUSED, remedy, RefusalScope.ACCOUNT) from None
            raise self._broken(error) from None

    def login(self, username: str, password: str) -> None:
        """Say who we are. A refusal is final until a person changes something; the server's words are not quoted."""
        smtp = self._begin("auth")
        try:
            smtp.login(username, password)
        except smtplib.SMTPNotSupportedError:
            remedy = f"Remove `username` if the server wants none, {self._again}"
            what = "the server offers no login"
            raise self._error(what, "no_auth", SendOutcome.REFUSED, remedy, RefusalScope.ACCOUNT) from None
        except smtplib.SMTPAuthenticationError as error:
            outcome = SendOutcome.RETRYABLE if 400 <= error.smtp_code <= 499 else SendOutcome.REFUSED
            remedy = f"Check `username` and the password's variable, {self._again}"
            what = f"the login was refused ({error.smtp_code})"
            raise self._error(what, "auth", outcome, remedy, RefusalScope.ACCOUNT) from None
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise self._broken(error) from None

    def hand_over(self, sender: str, recipient: str, message: bytes, *, is_short: bool = False) -> None:
        """MAIL, RCPT, DATA; returns only when the server took the message.

        A message whose content is refused may be tried once in a shorter form; `is_short` says that this is it.
        """
        content = RefusalScope.MESSAGE if is_short else RefusalScope.SIZE
        postmaster = "Ask the server's postmaster"
        try:
            mail = _Refusal("sender_refused", "Check `from` in config/monitor.toml", RefusalScope.ACCOUNT)
            self._ask("mail", f"MAIL FROM:<{sender}>", mail)
            rcpt = _Refusal("recipient_refused", "Check `to` in config/monitor.toml", RefusalScope.RECIPIENT)
            self._ask("rcpt", f"RCPT TO:<{recipient}>", rcpt)
            self._ask("data", "DATA", _Refusal("data_refused", postmaster, content), takes=(354, 354))
            smtp = self._begin("message")
            smtp.send(_dotted(message))
            self._begin("dot")
            self._sent_dot = True
            smtp.send(b".\r\n")
            code, words = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise self._broken(error) from None
        self._check(_Reply(code, _words(words)), (200, 299), _Refusal("message_refused", postmaster, content))

    def close(self) -> None:
        """Take leave if the server still listens; whatever happens now changes nothing any more."""
        if self._smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                if self._smtp.sock is not None:
                    self._smtp.sock.settimeout(1.0)  # a server slow to say goodbye is not worth more
                self._smtp.quit()
            self._smtp.close()

    def _ask(self, step: str, command: str, refusal: _Refusal, takes: tuple[int, int] = (200, 299)) -> None:
        smtp = self._begin(step)
        smtp.putcmd(command)
        code, words = smtp.getreply()
        self._check(_Reply(code, _words(words)), takes, refusal)

    def _check(self, reply: _Reply, takes: tuple[int, int], refusal: _Refusal) -> None:
        if takes[0] <= reply.code <= takes[1]:
            return
        what = f"the server answers {reply.code} {reply.text}".rstrip()
        if 400 <= reply.code <= 499:
            raise self._error(what, "busy", SendOutcome.RETRYABLE)
        if 500 <= reply.code <= 599:
            reason, remedy, scope = refusal.reason, refusal.remedy, refusal.scope
            if reply.code in _OF_LOGIN:
                reason, scope = "auth", RefusalScope.ACCOUNT
                remedy = "Check `username`, `security` and the password's variable"
            elif self._step == "data" and reply.code not in _OF_CONTENT:
                scope = RefusalScope.MESSAGE
            raise self._error(what, reason, SendOutcome.REFUSED, f"{remedy}, {self._again}", scope)
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

    def _error(
        self,
        what: str,
        reason: str,
        outcome: SendOutcome,
        remedy: str = "",
        scope: RefusalScope = RefusalScope.MESSAGE,
    ) -> ChannelError:
        return ChannelError(what, reason=reason, outcome=outcome, where=self._where, remedy=remedy, scope=scope)


def _dotted(message: bytes) -> bytes:
    """The message as it goes over the line: a line's leading dot doubled, ended by a line break, no final dot yet."""
    stuffed = message.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def _words(reply: bytes) -> str:
    text = reply.decode("ascii", "replace")
    return "".join(char if char.isprintable() else " " for char in text)[:REPLY_CHARS_MAX].strip()
