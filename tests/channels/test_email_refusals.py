"""Whom a server's refusal speaks of, the short form of a refused mail, and what can be tried without sending."""

import json
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from monitor.channels.email import EmailChannel
from monitor.errors import ChannelError, RefusalScope, SendOutcome
from monitor.model import Delivery, Digest
from tests.fakes.digests import KEY, a_delivery, a_digest, a_hostile_digest, a_huge_digest
from tests.fakes.smtp import PASSWORD, FakeSmtp, serve_smtp
from tests.fakes.tls import client_tls, server_tls

TO = "desk@example.org"
LEAVE = "https://news.example.org/unsubscribe/" + "t" * 43


@pytest.fixture
def smtp() -> Iterator[FakeSmtp]:
    """A plain server on loopback."""
    with serve_smtp() as fake:
        yield fake


def a_channel(smtp: FakeSmtp) -> EmailChannel:
    """A channel to that server."""
    return EmailChannel("morning", [TO], "m@example.org", smtp.host, smtp.port, "none", unsubscribe={TO: LEAVE})


def the_delivery(channel: EmailChannel, digest: Digest | None = None) -> Delivery:
    """The digest, leased."""
    (payload,) = channel.render(digest or a_digest(), KEY)
    return a_delivery(payload.body)


def refused(channel: EmailChannel, delivery: Delivery) -> ChannelError:
    """The error that sending raises."""
    with pytest.raises(ChannelError) as caught:
        channel.send(delivery)
    return caught.value


@pytest.mark.parametrize(
    ("verb", "reply", "scope"),
    [
        ("MAIL", "550 not your address", RefusalScope.ACCOUNT),
        ("MAIL", "530 authentication required", RefusalScope.ACCOUNT),
        ("RCPT", "550 nobody here", RefusalScope.RECIPIENT),
        ("RCPT", "551 moved", RefusalScope.RECIPIENT),
        ("RCPT", "553 what a name", RefusalScope.RECIPIENT),
        ("RCPT", "554 no", RefusalScope.RECIPIENT),
        ("RCPT", "530 log in first", RefusalScope.ACCOUNT),
        ("DATA", "552 too large", RefusalScope.SIZE),
        ("DATA", "554 spam", RefusalScope.SIZE),
        ("DATA", "550 spam", RefusalScope.SIZE),
    ],
)
def test_each_refusal_speaks_of_somebody(smtp: FakeSmtp, verb: str, reply: str, scope: RefusalScope) -> None:
    """At MAIL of us, at RCPT of the recipient, after the dot of what the mail says."""
    channel = a_channel(smtp)
    smtp.reply(verb, reply)

    error = refused(channel, the_delivery(channel))

    assert (error.outcome, error.scope) == (SendOutcome.REFUSED, scope)
    assert error.remedy


@pytest.mark.parametrize("digest", [a_digest(), a_hostile_digest(), a_huge_digest()])
def test_refused_content_is_sent_once_more_and_short(smtp: FakeSmtp, digest: Digest) -> None:
    """Text alone and no address, under the same Message-ID and Date; refused again, it is the end."""
    channel = a_channel(smtp)
    delivery = the_delivery(channel, digest)
    smtp.reply("DATA", "554 spam", "552 too large")
    assert refused(channel, delivery).scope is RefusalScope.SIZE

    (body,) = channel.split(delivery)
    short = a_delivery(body)
    assert refused(channel, short).scope is RefusalScope.MESSAGE
    assert channel.split(short) == ()
    assert channel.send(short).reference == channel.send(delivery).reference

    first, second = (_parsed(mail.content) for mail in reversed(smtp.mails))
    for name in ("From", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe"):
        assert second[name] == first[name], name
    assert second.get_content_type() == "text/plain"
    text = second.get_content()
    assert "http" not in text
    assert "refused this message in full" in text
    assert "Hostage negotiations" in text
    assert len(text) < 25_000
    assert f"List-Unsubscribe: <{LEAVE}>".encode() in smtp.mails[0].content
    assert max(len(line) for line in smtp.mails[0].content.split(b"\r\n")) <= 998
    assert json.loads(body)["recipient"] == TO


def _parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_examining_sends_nothing() -> None:
    """Connection, encryption and login are tried; no sender and no recipient is named."""
    with serve_smtp(tls=server_tls(), auth=True) as smtp:
        channel = EmailChannel(
            "m", [TO], "m@example.org", smtp.host, smtp.port, "starttls", "monitor", PASSWORD, tls=client_tls()
        )
        found = channel.examine()
    assert [(one.part, one.is_well) for one in found] == [("connection", True), ("encryption", True), ("login", True)]
    assert smtp.verbs == []
    assert smtp.mails == []


def test_examining_says_which_part_fails_and_what_to_do(smtp: FakeSmtp) -> None:
    """Nobody there, no STARTTLS, a certificate nobody trusts, a wrong password: each has its part and its remedy."""
    nobody = EmailChannel("m", [TO], "m@example.org", "127.0.0.1", 9, "none")
    stripped = EmailChannel("m", [TO], "m@example.org", smtp.host, smtp.port, "starttls")
    with serve_smtp(tls=server_tls(), auth=True) as secure:
        at = (secure.host, secure.port)
        distrusted = EmailChannel("m", [TO], "m@example.org", *at, "starttls", "monitor", PASSWORD)
        wrong = EmailChannel("m", [TO], "m@example.org", *at, "starttls", "monitor", "notThePassword", tls=client_tls())
        found = [channel.examine()[-1] for channel in (nobody, stripped, distrusted, wrong)]
    assert [one.part for one in found] == ["connection", "encryption", "encryption", "login"]
    assert not any(one.is_well for one in found)
    for one, remedy in zip(found, ("`host`", 'security = "tls"', "certificate", "`username`"), strict=True):
        assert remedy in one.said
        assert "notThePassword" not in one.said
    assert [one.said for one in EmailChannel("m", [TO], "m@x.org", smtp.host, smtp.port, "none").examine()][-1] == (
        "no login is configured."
    )
