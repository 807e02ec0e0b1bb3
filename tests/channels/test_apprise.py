"""Digests through the package apprise: whole, once per try, with no word of the address and no call to anybody."""

import json
import logging
import sys
import traceback
from collections.abc import Iterator

import pytest

from monitor.channels.apprise import AppriseChannel
from monitor.errors import ChannelError, ConfigError, SendOutcome
from monitor.model import Digest
from tests.channels.test_email_note import a_note
from tests.fakes.apprise import FakeService, serve_service
from tests.fakes.digests import KEY, a_delivery, a_digest, every_digest

SECRET = "aVerySecretToken"


@pytest.fixture
def service() -> Iterator[FakeService]:
    """A receiver on loopback."""
    with serve_service(SECRET) as fake:
        yield fake


def refused(channel: AppriseChannel, payload: str) -> ChannelError:
    """The error that sending raises."""
    with pytest.raises(ChannelError) as caught:
        channel.send(a_delivery(payload))
    return caught.value


def test_a_digest_arrives_as_text(service: FakeService) -> None:
    """One message with a title; nothing of the package's own is in it."""
    channel = AppriseChannel("team", service.url)
    (payload,) = channel.render(a_digest(), KEY)
    assert channel.send(a_delivery(payload.body)).reference == "taken"
    (message,) = service.taken
    assert message["title"] == "Hostage negotiations: 3 stories, 93 articles"
    assert "https://gulfwire.example/world/3" in message["message"]
    assert "also Delta Echo: https://delta.example/3" in message["message"]
    assert message["attachments"] == []
    assert "github" not in json.dumps(message).lower()


def test_a_note_arrives_as_text(service: FakeService) -> None:
    """Its sentence is the title."""
    channel = AppriseChannel("team", service.url)
    (payload,) = channel.render_note(a_note(), KEY)
    channel.send(a_delivery(payload.body))
    assert service.taken[0]["title"] == a_note().head
    assert "Captives fly home" in service.taken[0]["message"]


@pytest.mark.parametrize("digest", every_digest())
def test_nobody_is_called(digest: Digest) -> None:
    """Whatever a feed writes, no `@everyone` and no `<!here>` stands in a message; addresses stay whole."""
    with serve_service() as fake:
        (payload,) = AppriseChannel("team", fake.url).render(digest, KEY)
    parts = json.loads(payload.body)
    for text in parts.values():
        for call in ("@everyone", "@here", "<!", "<@", "<#"):
            assert call not in text
    assert payload == AppriseChannel("team", fake.url).render(digest, KEY)[0]


def test_a_long_text_is_split_and_none_of_it_lost(service: FakeService) -> None:
    """What a service takes at once is the package's knowledge: nothing is cut, whatever the address asks for."""
    channel = AppriseChannel("team", f"{service.url}?overflow=truncate&retry=3")
    assert channel._service.retry == 0
    channel._service.body_maxlen = 2_000
    (payload,) = channel.render(a_digest(8, 40), KEY)
    channel.send(a_delivery(payload.body))
    assert len(service.taken) > 3
    words = " ".join(message["message"] for message in service.taken).split()
    assert all(f"https://gulfwire.example/world/{number}" in words for number in range(1, 49))


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 302])
def test_what_was_not_taken_is_of_unknown_outcome_and_tried_once(service: FakeService, status: int) -> None:
    """The package says neither why nor whether: one try, no redirect, and the outbox decides."""
    service.status = status
    channel = AppriseChannel("team", service.url)
    (payload,) = channel.render(a_digest(), KEY)
    error = refused(channel, payload.body)
    assert (error.outcome, error.reason) == (SendOutcome.UNKNOWN, "not_taken")
    assert error.remedy
    assert len(service.taken) == 1


def test_a_service_that_hangs_costs_a_bounded_time(service: FakeService) -> None:
    """The whole call has its own limit, whatever the package waits for."""
    service.gate.clear()
    channel = AppriseChannel("team", service.url, timeout_s=0.2)
    (payload,) = channel.render(a_digest(), KEY)
    error = refused(channel, payload.body)
    assert (error.outcome, error.reason) == (SendOutcome.UNKNOWN, "timeout")


def test_the_address_is_nowhere(service: FakeService, caplog: pytest.LogCaptureFixture) -> None:
    """Not in the payload, the error, the log or the repr; nor in the error of an address that is none."""
    service.status = 500
    channel = AppriseChannel("team", service.url)
    (payload,) = channel.render(a_digest(), KEY)
    with caplog.at_level(logging.DEBUG):
        error = refused(channel, payload.body)
    said = "".join(traceback.format_exception(error)) + repr(channel) + payload.body + caplog.text
    said += " ".join(one.said for one in channel.examine())
    for wrong in (f"nothing://{SECRET}@x", SECRET, "", f"json://{SECRET}:not-a-port@/"):
        with pytest.raises(ConfigError, match="none that apprise understands") as caught:
            AppriseChannel("team", wrong)
        said += "".join(traceback.format_exception(caught.value))
    assert SECRET not in said


def test_without_the_extra_the_remedy_is_the_command() -> None:
    """The package is asked for where a channel needs it, and nowhere else."""
    with pytest.raises(ConfigError, match=r"pip install 'news-monitor\[apprise\]'"):
        AppriseChannel("team", "json://localhost", package="apprise_that_is_not_installed")
    source = sys.modules["monitor.channels.apprise"]
    assert not hasattr(source, "apprise")
