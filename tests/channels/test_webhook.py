"""Signed webhooks: what a receiver verifies, and what each answer means."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from monitor.channels.webhook import WebhookChannel, message_id
from monitor.errors import ChannelError, ConfigError, FetchError, FetchReason, SendOutcome
from monitor.model import Delivery
from tests.fakes.digests import KEY, a_delivery, a_digest, a_hostile_digest
from tests.fakes.webhook import SECRET, Answer, FakeReceiver, plain_post, serve_receiver


@pytest.fixture
def receiver() -> Iterator[FakeReceiver]:
    """A receiver that verifies every signature."""
    with serve_receiver() as fake:
        yield fake


def a_channel(receiver: FakeReceiver, secret: str | bytes = SECRET) -> WebhookChannel:
    """A channel to that receiver."""
    return WebhookChannel("archive", receiver.url, secret, plain_post)


def one_delivery(channel: WebhookChannel) -> Delivery:
    """The hostile digest, frozen."""
    return a_delivery(channel.render(a_hostile_digest(), KEY)[0].body)


def test_the_body_verifies_byte_for_byte_and_its_id_is_stable(receiver: FakeReceiver) -> None:
    """The standard's own package accepts the signature; a retry has the same id and body."""
    channel = a_channel(receiver)
    delivery = one_delivery(channel)

    channel.send(delivery)
    channel.send(delivery)

    first, again = receiver.received
    assert receiver.rejected == []
    assert first.body == again.body == delivery.payload.encode()
    assert first.identity == again.identity == message_id(delivery.key)
    assert first.data["story_count"] == 8


def test_a_plain_text_secret_is_its_own_bytes(receiver: FakeReceiver) -> None:
    """A secret that is not `whsec_` is used as it is written, its line end dropped."""
    receiver.secret = "pässword of our own".encode()
    a_channel(receiver, "pässword of our own\n").send(one_delivery(a_channel(receiver)))
    assert len(receiver.received) == 1


def test_a_wrong_secret_is_refused_with_a_remedy(receiver: FakeReceiver) -> None:
    """A receiver that rejects the signature will again: a person has to look."""
    channel = a_channel(receiver, "whsec_" + "QUJD" * 8)

    with pytest.raises(ChannelError) as caught:
        channel.send(one_delivery(channel))

    assert caught.value.outcome is SendOutcome.REFUSED
    assert "secret" in caught.value.remedy
    assert "QUJD" not in str(caught.value) + repr(channel)


@pytest.mark.parametrize("key", [KEY + ".x-1", "d:1:é\r\nX-Evil: 1", "plain-1"])
def test_an_id_fits_a_header_and_the_signature(receiver: FakeReceiver, key: str) -> None:
    """Whatever a key holds, the id is one ASCII word without a dot, and verifies."""
    channel = a_channel(receiver)
    channel.send(a_delivery(channel.render(a_digest(), KEY)[0].body, key=key))

    identity = receiver.received[0].identity
    assert identity.isascii()
    assert not set(identity) & set(" .\r\n")


def test_different_keys_have_different_ids() -> None:
    """Making a key fit for a header joins no two of them."""
    assert len({message_id(key) for key in ("a.b", "a%2Eb", "a b", "a%20b")}) == 4


@pytest.mark.parametrize(
    ("status", "outcome", "wait_s"),
    [
        (301, SendOutcome.REFUSED, None),
        (400, SendOutcome.REFUSED, None),
        (404, SendOutcome.REFUSED, None),
        (410, SendOutcome.REFUSED, None),
        (408, SendOutcome.RETRYABLE, 30.0),
        (425, SendOutcome.RETRYABLE, 30.0),
        (429, SendOutcome.RETRYABLE, 30.0),
        (503, SendOutcome.RETRYABLE, 30.0),
        (500, SendOutcome.UNKNOWN, None),
        (502, SendOutcome.UNKNOWN, None),
        (504, SendOutcome.UNKNOWN, None),
    ],
)
def test_each_status_has_its_meaning(
    receiver: FakeReceiver, status: int, outcome: SendOutcome, wait_s: float | None
) -> None:
    """Refused needs a person, busy needs time, a broken receiver leaves us not knowing."""
    receiver.answers.append(Answer(status))
    channel = a_channel(receiver)

    with pytest.raises(ChannelError) as caught:
        channel.send(one_delivery(channel))

    assert (caught.value.outcome, caught.value.retry_after_s) == (outcome, wait_s)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_success_is_taken(receiver: FakeReceiver, status: int) -> None:
    """A receiver may say yes in its own way."""
    receiver.answers.append(Answer(status))
    channel = a_channel(receiver)
    assert channel.send(one_delivery(channel)).reference == str(status)


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        (FetchReason.DNS, SendOutcome.RETRYABLE),
        (FetchReason.CONNECT, SendOutcome.RETRYABLE),
        (FetchReason.TLS, SendOutcome.RETRYABLE),
        (FetchReason.REFUSED_ADDRESS, SendOutcome.REFUSED),
        (FetchReason.TIMEOUT, SendOutcome.UNKNOWN),
        (FetchReason.PROTOCOL, SendOutcome.UNKNOWN),
        (FetchReason.TOO_LARGE, SendOutcome.UNKNOWN),
    ],
)
def test_each_broken_post_has_its_meaning(reason: FetchReason, outcome: SendOutcome) -> None:
    """Only a connection that never stood means "not sent"; an address we must not reach needs a person."""

    def broken(url: str, body: bytes, headers: object, timeout_s: float) -> Answer:
        raise FetchError("no", reason=reason)

    channel = WebhookChannel("archive", "https://example.org/hook", SECRET, broken)

    with pytest.raises(ChannelError) as caught:
        channel.send(one_delivery(channel))

    assert caught.value.outcome is outcome
    assert caught.value.reason == reason.value


def test_the_timestamp_is_of_the_sending() -> None:
    """A retry after an hour is signed anew, or the receiver would refuse it as too old."""
    seen: list[str] = []
    times = iter((datetime(2026, 3, 14, 8, tzinfo=UTC), datetime(2026, 3, 14, 9, tzinfo=UTC)))

    def keep(url: str, body: bytes, headers: dict[str, str], timeout_s: float) -> Answer:
        seen.append(headers["webhook-timestamp"])
        return Answer()

    channel = WebhookChannel("archive", "https://example.org/hook", SECRET, keep, now=lambda: next(times))  # type: ignore[arg-type]  # a dict is a Mapping here
    delivery = one_delivery(channel)
    channel.send(delivery)
    channel.send(delivery)

    assert int(seen[1]) - int(seen[0]) == 3600


@pytest.mark.parametrize("secret", ["", " \n", "whsec_", "whsec_not base64!", b""])
def test_a_secret_that_signs_nothing_is_refused_at_once(secret: str | bytes) -> None:
    """An empty or broken secret is a fault of the configuration, said without showing it."""
    with pytest.raises(ConfigError) as caught:
        WebhookChannel("archive", "https://example.org/hook", secret, plain_post)
    assert "not base64" not in str(caught.value)
