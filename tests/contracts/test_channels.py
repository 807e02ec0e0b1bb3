"""One table over every channel: what each promises the outbox."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from email import message_from_bytes, policy

import pytest

from monitor.channels.apprise import AppriseChannel
from monitor.channels.base import Channel, Payload
from monitor.channels.console import ConsoleChannel
from monitor.channels.email import EmailChannel
from monitor.channels.slack import SlackChannel
from monitor.channels.webhook import WebhookChannel
from monitor.channels.wording import link_of, title_of
from monitor.errors import ChannelError, SendOutcome
from monitor.model import Digest
from tests.fakes.apprise import serve_service
from tests.fakes.digests import KEY, a_delivery, a_digest, every_digest
from tests.fakes.slack import CHANNEL, TOKEN, Fault, serve_slack
from tests.fakes.smtp import DROP, serve_smtp
from tests.fakes.webhook import SECRET, Answer, plain_post, serve_receiver


@dataclass
class Case:
    """A channel with its peer: how to make that one slow down, refuse or fall silent, and what it took."""

    channel: Channel
    taken: Callable[[], int]
    slow_down: Callable[[], None] | None = None
    refuse: Callable[[], None] | None = None
    fall_silent: Callable[[], None] | None = None


class BrokenPipe:
    """A standard output that can be switched off."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.is_broken = False

    def write(self, text: str) -> None:
        """Keep the text, or break as a pipe does."""
        if self.is_broken:
            raise BrokenPipeError
        self.texts.append(text)

    def snap(self) -> None:
        """From now on nothing is read."""
        self.is_broken = True


def a_console(stack: ExitStack) -> Case:
    """The console over a list."""
    del stack
    pipe = BrokenPipe()
    return Case(ConsoleChannel("screen", pipe.write), lambda: len(pipe.texts), slow_down=pipe.snap)


def a_slack(stack: ExitStack) -> Case:
    """Slack over HTTP."""
    slack = stack.enter_context(serve_slack())
    return Case(
        SlackChannel("desk", CHANNEL, TOKEN, slack.url),
        lambda: len(slack.posts()),
        slow_down=lambda: slack.fail("chat.postMessage", Fault("rate", retry_after="3")),
        refuse=lambda: slack.members.clear(),
        fall_silent=lambda: slack.fail("chat.postMessage", Fault("drop", stored=True)),
    )


def an_email(stack: ExitStack) -> Case:
    """Mail over SMTP."""
    smtp = stack.enter_context(serve_smtp())
    channel = EmailChannel("morning", ["desk@example.org"], "monitor@example.org", smtp.host, smtp.port, "none")
    return Case(
        channel,
        lambda: len(smtp.mails),
        slow_down=lambda: smtp.reply("RCPT", "450 later"),
        refuse=lambda: smtp.reply("RCPT", "550 nobody here"),
        fall_silent=lambda: smtp.reply("DATA", DROP),
    )


def a_webhook(stack: ExitStack) -> Case:
    """A webhook over HTTP."""
    receiver = stack.enter_context(serve_receiver())
    return Case(
        WebhookChannel("archive", receiver.url, SECRET, plain_post),
        lambda: len(receiver.received),
        slow_down=lambda: receiver.answers.append(Answer(429, {"Retry-After": "3"})),
        refuse=lambda: receiver.answers.append(Answer(410)),
        fall_silent=lambda: receiver.answers.append(Answer(drops=True)),
    )


def an_apprise(stack: ExitStack) -> Case:
    """The package apprise over HTTP; it tells no refusal from a failure."""
    service = stack.enter_context(serve_service())
    return Case(
        AppriseChannel("team", service.url),
        lambda: len(service.taken),
        fall_silent=lambda: setattr(service, "status", 500),
    )


@pytest.fixture(params=[a_console, a_slack, an_email, a_webhook, an_apprise])
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    """Each channel with its peer."""
    with ExitStack() as stack:
        yield request.param(stack)


def deliver(channel: Channel, payload: Payload) -> str:
    """Send one payload; the receipt's reference."""
    return channel.send(a_delivery(payload.body, part=payload.part)).reference


def words_of(payload: Payload, kind: str) -> str:
    """All a reader may see or click in a payload, in one line."""
    if kind == "email":
        message = message_from_bytes(json.loads(payload.body)["message"].encode(), policy=policy.default)
        text = message.get_body(("plain",))
        assert text is not None
        return " ".join(text.get_content().split())
    if kind == "apprise":  # it parts the signs that call people from their names
        return " ".join(_strings(json.loads(payload.body))).replace("\u200b", "").replace("\n", " ")
    if kind in ("slack", "webhook"):
        return " ".join(_strings(json.loads(payload.body)))
    return " ".join(payload.body.split())


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
    elif isinstance(value, str):
        yield value


def test_what_is_accepted_has_a_receipt(case: Case) -> None:
    """A taken message is proven by a reference, and is taken once."""
    payload = case.channel.render(a_digest(), KEY)[0]

    assert deliver(case.channel, payload)
    assert case.taken() == 1


def test_a_busy_channel_is_tried_again(case: Case) -> None:
    """A peer that asks for time took nothing, so trying later is safe."""
    payload = case.channel.render(a_digest(), KEY)[0]
    if case.slow_down is None:
        assert case.channel.kind == "apprise"  # it says no more than that it failed
        return
    case.slow_down()

    with pytest.raises(ChannelError) as caught:
        deliver(case.channel, payload)

    assert caught.value.outcome is SendOutcome.RETRYABLE
    if case.channel.kind in ("slack", "webhook"):
        assert caught.value.retry_after_s == 3


def test_a_refusal_for_good_says_what_to_do(case: Case) -> None:
    """A refusal that will not pass by itself is final and names the remedy."""
    payload = case.channel.render(a_digest(), KEY)[0]
    if case.refuse is None:
        assert case.channel.kind in ("console", "apprise")  # a terminal refuses nobody, apprise never says so
        return
    case.refuse()

    with pytest.raises(ChannelError) as caught:
        deliver(case.channel, payload)

    assert caught.value.outcome is SendOutcome.REFUSED
    assert caught.value.remedy
    assert "8812" in str(caught.value)


def test_taken_but_unanswered_is_unknown(case: Case) -> None:
    """A peer that took the message and fell silent leaves us not knowing; only a channel that can be asked is."""
    payload = case.channel.render(a_digest(), KEY)[0]
    if case.fall_silent is None:
        assert case.channel.kind == "console"  # a write ends or raises
        return
    case.fall_silent()

    with pytest.raises(ChannelError) as caught:
        deliver(case.channel, payload)

    assert case.taken() == 1
    assert caught.value.outcome is SendOutcome.UNKNOWN
    delivery = a_delivery(payload.body, perhaps_sent=True)
    if case.channel.can_find:
        assert case.channel.find(delivery) is not None
    else:
        with pytest.raises(ChannelError):
            case.channel.find(delivery)


@pytest.mark.parametrize("number", range(len(every_digest())))
def test_rendering_is_pure_and_stable(case: Case, number: int) -> None:
    """The same digest and key give the same bytes, made anew, and parts count from 1."""
    first, again = (case.channel.render(every_digest()[number], KEY) for _ in range(2))

    assert first == again
    assert first
    if case.channel.kind == "slack":
        assert [payload.part for payload in first] == list(range(1, len(first) + 1))
    assert len({(payload.part, payload.suffix) for payload in first}) == len(first)


@pytest.mark.parametrize("number", range(len(every_digest())))
def test_no_story_is_dropped(case: Case, number: int) -> None:
    """Every story's title, and its address where it may be linked, stand somewhere in the parts."""
    digest: Digest = every_digest()[number]

    words = " ".join(words_of(payload, case.channel.kind) for payload in case.channel.render(digest, KEY))

    squeezed = words.replace(" ", "")  # long words of scripts without spaces are cut at a line's end
    for story in digest.stories + digest.overflow:
        assert title_of(story).replace(" ", "") in squeezed
        assert link_of(story.lead.url) in words


@pytest.mark.parametrize("number", range(len(every_digest())))
def test_every_digest_is_taken(case: Case, number: int) -> None:
    """Whatever a feed holds, each peer takes the first message as valid."""
    deliver(case.channel, case.channel.render(every_digest()[number], KEY)[0])

    # What is too long for a service goes out in parts there.
    assert case.taken() == 1 or (case.taken() > 1 and case.channel.kind == "apprise")
