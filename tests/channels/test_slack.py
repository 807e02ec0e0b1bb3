"""Slack over HTTP: what each failure means, and finding again what was perhaps posted."""

import json
import traceback
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from monitor.channels.slack import SlackChannel
from monitor.errors import ChannelError, ConfigError, RefusalScope, SendOutcome
from monitor.model import Delivery
from tests.fakes.digests import KEY, a_delivery, a_digest
from tests.fakes.slack import CHANNEL, TOKEN, FakeSlack, Fault, serve_slack

POST = "chat.postMessage"


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    """A workspace of its own for each test."""
    with serve_slack() as fake:
        yield fake


@pytest.fixture
def channel(slack: FakeSlack) -> SlackChannel:
    """The channel `desk` of that workspace."""
    return SlackChannel("desk", CHANNEL, TOKEN, slack.url, timeout_s=5)


def deliveries(channel: SlackChannel, shown: int = 3, overflow: int = 0) -> list[Delivery]:
    """A digest's parts as the outbox holds them."""
    return [a_delivery(payload.body, part=payload.part) for payload in channel.render(a_digest(shown, overflow), KEY)]


def fail(channel: SlackChannel, delivery: Delivery) -> ChannelError:
    """The error that sending raises."""
    with pytest.raises(ChannelError) as caught:
        channel.send(delivery)
    return caught.value


def send_as_the_outbox(channel: SlackChannel, delivery: Delivery, attempts: int = 5) -> str:
    """Send until taken, asking first whenever an attempt ended without a known outcome."""
    for _ in range(attempts):
        with suppress(ChannelError):
            found = channel.find(delivery) if delivery.perhaps_sent else None
            return (found or channel.send(delivery)).reference
        delivery = replace(delivery, perhaps_sent=True)
    raise AssertionError("never taken")


@pytest.mark.parametrize(
    "fault",
    [
        Fault("drop", stored=True),
        Fault("drop"),
        Fault("short", stored=True),
        Fault("status", stored=True, status=500),
        Fault("status", status=503, code="service_unavailable"),
        Fault("html", stored=True, status=200),
        Fault("html", status=502),
        Fault("html", stored=True, status=504),
        Fault("code", stored=True, code="fatal_error"),
        Fault("code", code="fatal_error"),
        Fault("code", stored=True, code="internal_error"),
        Fault("not_object", stored=True),
        Fault("rate", retry_after="1"),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}-{fault.code}-{'stored' if fault.stored else 'lost'}",
)
def test_one_message_whatever_went_wrong(slack: FakeSlack, channel: SlackChannel, fault: Fault) -> None:
    """Asked first and sent again only if absent, a digest stands in the channel exactly once."""
    slack.fail(POST, fault)
    (delivery,) = deliveries(channel)

    receipt = send_as_the_outbox(channel, delivery)

    assert [message["ts"] for message in slack.posts()] == [receipt]


def test_the_library_never_posts_by_itself(slack: FakeSlack, channel: SlackChannel) -> None:
    """A dropped connection is one post, not the library's hidden second one."""
    slack.fail(POST, Fault("drop", stored=True), Fault("drop", stored=True))

    assert fail(channel, deliveries(channel)[0]).outcome is SendOutcome.UNKNOWN
    assert len(slack.calls_of(POST)) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        ("2.5", 2.5),
        (None, 30.0),
        ("soon", 30.0),
        ("0", 1.0),
        ("999999", 3600.0),
        ("nan", 30.0),
        ("-5", 1.0),
    ],
)
def test_retry_after_in_every_spelling(
    slack: FakeSlack, channel: SlackChannel, header: str | None, seconds: float
) -> None:
    """Whole, broken, absent or absurd: the wait is what was meant, within bounds, and nothing was posted."""
    slack.fail(POST, Fault("rate", retry_after=header))

    error = fail(channel, deliveries(channel)[0])

    assert (error.outcome, error.reason) == (SendOutcome.RETRYABLE, "rate_limited")
    assert error.retry_after_s == seconds
    assert slack.posts() == []


def test_retry_after_as_a_date_counts_from_the_servers_own_clock(slack: FakeSlack) -> None:
    """A date is read against the answer's own Date, so that a wrong clock here changes nothing."""
    wrong = datetime(2001, 1, 1, tzinfo=UTC)
    channel = SlackChannel("desk", CHANNEL, TOKEN, slack.url, now=lambda: wrong)
    until = datetime.now(UTC) + timedelta(seconds=90)
    slack.fail(POST, Fault("rate", retry_after=until.strftime("%a, %d %b %Y %H:%M:%S GMT")))

    error = fail(channel, deliveries(channel)[0])

    assert error.retry_after_s is not None
    assert 80 <= error.retry_after_s <= 91


@pytest.mark.parametrize(
    ("code", "outcome", "words"),
    [
        ("channel_not_found", SendOutcome.REFUSED, "invite the bot to it, then: monitor outbox retry 8812"),
        ("not_in_channel", SendOutcome.REFUSED, "Invite the bot to the channel, then: monitor outbox retry 8812"),
        ("is_archived", SendOutcome.REFUSED, "Unarchive the channel"),
        ("restricted_action_read_only_channel", SendOutcome.REFUSED, "administrator"),
        ("invalid_auth", SendOutcome.REFUSED, "bot token"),
        ("token_revoked", SendOutcome.REFUSED, "bot token"),
        ("missing_scope", SendOutcome.REFUSED, "missing_scope (chat:write)"),
        ("msg_blocks_too_long", SendOutcome.REFUSED, "report"),
        ("invalid_metadata_schema", SendOutcome.REFUSED, "report"),
        ("service_unavailable", SendOutcome.RETRYABLE, "service_unavailable"),
        ("message_limit_exceeded", SendOutcome.RETRYABLE, "slow down"),
        ("fatal_error", SendOutcome.UNKNOWN, "fatal_error"),
        ("a_code_of_next_year", SendOutcome.UNKNOWN, "a_code_of_next_year"),
    ],
)
def test_each_code_has_its_meaning(
    slack: FakeSlack, channel: SlackChannel, code: str, outcome: SendOutcome, words: str
) -> None:
    """A refusal says whether trying again is safe, and what a person can do."""
    slack.fail(POST, Fault("code", code=code, extra={"needed": "chat:write"} if code == "missing_scope" else {}))

    error = fail(channel, deliveries(channel)[0])

    assert error.outcome is outcome
    assert words in str(error)
    assert str(error).startswith('delivery 8812 to "desk": ')


def test_a_refused_token_costs_one_call_and_a_new_one_works(slack: FakeSlack, channel: SlackChannel) -> None:
    """A revoked token is tried once; the same frozen delivery goes out with the next token."""
    (delivery,) = deliveries(channel)
    slack.token = "xoxb-the-new-one"

    assert fail(channel, delivery).reason == "invalid_auth"
    assert len(slack.calls) == 1
    SlackChannel("desk", CHANNEL, "xoxb-the-new-one\n", slack.url).send(delivery)
    assert len(slack.posts()) == 1


def test_one_channel_refused_stops_no_other(slack: FakeSlack, channel: SlackChannel) -> None:
    """A channel that is not there is its own trouble."""
    elsewhere = SlackChannel("lost", "C0NOWHERE", TOKEN, slack.url)

    assert fail(elsewhere, deliveries(elsewhere)[0]).reason == "channel_not_found"
    channel.send(deliveries(channel)[0])
    assert len(slack.posts()) == 1


def test_a_corrected_channel_takes_the_frozen_digest(slack: FakeSlack) -> None:
    """`monitor outbox retry` after the id was corrected sends to the corrected channel."""
    wrong = SlackChannel("desk", "C0NOWHERE", TOKEN, slack.url)
    (delivery,) = deliveries(wrong)

    SlackChannel("desk", CHANNEL, TOKEN, slack.url).send(delivery)

    assert len(slack.posts()) == 1


def test_thread_parts_stand_under_part_one(slack: FakeSlack, channel: SlackChannel) -> None:
    """Overflow goes into the first part's thread, and never before the first part is known to stand."""
    first, *rest = deliveries(channel, 8, 40)

    assert fail(channel, rest[0]).reason == "parent_missing"
    root = channel.send(first).reference
    for part in rest:
        channel.send(replace(part, parent_receipt=root))

    assert slack.posts()[0].get("thread_ts") is None
    assert {message["thread_ts"] for message in slack.posts()[1:]} == {root}
    assert len(slack.posts()) == 1 + len(rest)


def test_a_lost_thread_loses_no_story(slack: FakeSlack, channel: SlackChannel) -> None:
    """Where the root was deleted, the part stands in the channel itself, and is found there."""
    part = replace(deliveries(channel, 8, 40)[1], parent_receipt="1.000001")

    ts = channel.send(part).reference

    assert slack.posts()[0].get("thread_ts") is None
    found = channel.find(part)
    assert found is not None
    assert found.reference == ts


def test_a_thread_part_is_found_in_its_thread(slack: FakeSlack, channel: SlackChannel) -> None:
    """A part that was posted but not answered for is looked for where it belongs."""
    first, second, *_ = deliveries(channel, 8, 40)
    root = channel.send(first).reference
    second = replace(second, parent_receipt=root)
    assert channel.find(second) is None
    slack.fail(POST, Fault("drop", stored=True))

    fail(channel, second)

    found = channel.find(second)
    assert found is not None
    assert found.reference == slack.posts()[-1]["ts"]
    assert found.reference != root


def test_found_on_a_later_page(slack: FakeSlack, channel: SlackChannel) -> None:
    """A busy channel does not hide our message: every page is read."""
    (delivery,) = deliveries(channel)
    receipt = channel.send(delivery)
    for number in range(25):
        slack.store({"channel": CHANNEL, "text": f"chatter {number}"}, bot_id="B0PEOPLE")
    slack.page_size = 10

    assert channel.find(delivery) == receipt
    assert len(slack.calls_of("conversations.history")) == 3


def test_only_our_own_message_with_our_key_is_adopted(slack: FakeSlack, channel: SlackChannel) -> None:
    """Another app's copy of our metadata, another part and another digest are all not ours."""
    (delivery,) = deliveries(channel)
    message = {"channel": CHANNEL, **json.loads(delivery.payload)}
    slack.store(message, bot_id="B0OTHER")
    for payload in ({"key": KEY, "part": 2}, {"key": KEY + "x", "part": 1}):
        slack.store({**message, "metadata": {"event_type": "news_monitor_digest", "event_payload": payload}})

    assert channel.find(delivery) is None


def test_the_question_reaches_back_before_the_first_attempt(slack: FakeSlack, channel: SlackChannel) -> None:
    """A clock that runs ahead of Slack's by less than a minute does not hide the message."""
    (delivery,) = deliveries(channel)
    receipt = channel.send(delivery)
    ahead = datetime.now(UTC) + timedelta(seconds=50)

    assert channel.find(replace(delivery, first_attempt_at=ahead)) == receipt
    asked = slack.calls_of("conversations.history")[0]
    assert asked["include_all_metadata"] == "1"
    assert float(asked["oldest"]) == pytest.approx(ahead.timestamp() - 60, abs=0.001)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault("rate", retry_after="7"), SendOutcome.UNKNOWN),
        (Fault("drop"), SendOutcome.UNKNOWN),
        (Fault("html", status=502), SendOutcome.UNKNOWN),
        (Fault("code", code="missing_scope"), SendOutcome.REFUSED),
        (Fault("code", code="not_in_channel"), SendOutcome.REFUSED),
    ],
    ids=lambda value: getattr(value, "kind", None) and f"{value.kind}-{value.code}",
)
def test_a_question_that_fails_never_means_not_sent(
    slack: FakeSlack, channel: SlackChannel, fault: Fault, outcome: SendOutcome
) -> None:
    """When Slack cannot be asked, the delivery stays perhaps sent; it is not sent again on a guess."""
    slack.fail("conversations.history", fault)

    with pytest.raises(ChannelError) as caught:
        channel.find(deliveries(channel)[0])

    assert caught.value.outcome is outcome
    assert (caught.value.reason == "cannot_ask") == (outcome is SendOutcome.REFUSED)
    assert caught.value.scope is RefusalScope.MESSAGE  # whoever may not read may still post
    assert caught.value.retry_after_s == (7 if fault.kind == "rate" else None)


def test_a_channel_that_hangs_is_left(slack: FakeSlack) -> None:
    """No answer within the timeout is unknown, and the message is found once Slack speaks again."""
    channel = SlackChannel("desk", CHANNEL, TOKEN, slack.url, timeout_s=1)
    (delivery,) = deliveries(channel)
    slack.fail(POST, Fault("hang", stored=True))

    error = fail(channel, delivery)

    assert (error.outcome, error.reason) == (SendOutcome.UNKNOWN, "timeout")
    assert slack.hanging.is_set()
    assert channel.find(delivery) is not None


def test_nobody_listening_means_not_sent() -> None:
    """A refused connection carried nothing: trying again is safe without asking."""
    channel = SlackChannel("desk", CHANNEL, TOKEN, "http://127.0.0.1:9/api/")

    error = fail(channel, deliveries(channel)[0])

    assert (error.outcome, error.reason) == (SendOutcome.RETRYABLE, "connect")


def test_a_proxy_of_the_environment_is_not_used_for_this_machine(
    slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With proxies set for the world, a Slack on loopback is reached directly."""
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    channel = SlackChannel("desk", CHANNEL, TOKEN, slack.url)

    channel.send(deliveries(channel)[0])

    assert len(slack.posts()) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault("drop"),
        Fault("short"),
        Fault("html", status=500),
        Fault("code", code="invalid_auth"),
        Fault("rate"),
        Fault("not_object"),
    ],
    ids=lambda fault: fault.kind,
)
def test_the_token_is_nowhere(
    slack: FakeSlack, channel: SlackChannel, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    """No payload, error, traceback, log line or repr holds the token."""
    (delivery,) = deliveries(channel)
    slack.fail(POST, fault)

    error = fail(channel, delivery)

    shown = "".join(traceback.format_exception(error)) + caplog.text + repr(channel) + delivery.payload
    assert TOKEN not in shown
    assert error.__cause__ is None


@pytest.mark.parametrize("token", ["", "  ", "xoxb-1\nx", "xoxb-…"])
def test_a_token_that_no_header_takes_is_refused_at_once(token: str) -> None:
    """What http.client would choke on, quoting it, is named without being shown."""
    with pytest.raises(ConfigError) as caught:
        SlackChannel("desk", CHANNEL, token)
    assert "xoxb-1" not in str(caught.value)
