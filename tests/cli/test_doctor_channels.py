"""`monitor doctor` and the channels: a line each, with what is missing and its remedy; nothing is sent unasked."""

import json
import os
from collections.abc import Sequence

import pytest

from monitor.channels.base import Examined
from monitor.cli.doctor_channels import TEST_HEAD, join_examined, try_channels
from monitor.config.load import load
from monitor.model import ChannelName
from tests.cli.newsroom import Newsroom
from tests.fakes.slack import APP_TOKEN, CHANNEL, TOKEN, FakeSlack, Fault, serve_slack
from tests.fakes.smtp import serve_smtp


def configure(newsroom: Newsroom, slack: FakeSlack, names: Sequence[str] = ("desk",)) -> None:
    """The newsroom with Slack channels beside its console."""
    path = newsroom.folder / "monitor.toml"
    tables = [
        f'[channels.{name}]\nkind = "slack"\nchannel = "{CHANNEL}"\ntoken_env = "SLACK_BOT_TOKEN"\n'
        f'api_url = "{slack.url}"\n'
        for name in names
    ]
    path.write_text(path.read_text() + "".join(tables))


def test_nothing_is_sent_unasked_and_a_test_says_its_receipt(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --send-test one short message, through the channel named alone; the token is in no line."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", TOKEN)
    with serve_slack() as slack:
        configure(newsroom, slack)
        assert newsroom.run("doctor", "--channel", "desk").code == 0
        assert slack.posts() == []
        shown = newsroom.run("doctor", "--channel", "desk", "--send-test", "--json")
        [posted] = slack.posts()
    assert TEST_HEAD in json.dumps(posted, default=str)
    assert [record["part"] for record in shown.records][-1:] == ["desk"]
    assert "A test message was taken, " in shown.records[-1]["said"]
    assert set(shown.records[-1]) == {"part", "well", "said"}
    assert TOKEN not in shown.out + shown.err


def test_who_left_gets_no_test_either(newsroom: Newsroom) -> None:
    """The others do."""
    newsroom.read_first()
    with newsroom.store() as store, store.write() as tx:
        tokens = tx.recipients.tokens(ChannelName("mail"), ["anna@example.org", "ben@example.org"])
        tx.recipients.stop(tokens["anna@example.org"], newsroom.now)
    with serve_smtp() as smtp:
        path = newsroom.folder / "monitor.toml"
        path.write_text(
            f'{path.read_text()}[channels.mail]\nkind = "email"\nfrom = "m@example.org"\n'
            f'to = ["anna@example.org", "ben@example.org"]\n'
            f'smtp = {{ host = "{smtp.host}", port = {smtp.port}, security = "none" }}\n'
        )
        shown = newsroom.run("doctor", "--channel", "mail", "--send-test")
    assert shown.code == 0
    assert [mail.recipient for mail in smtp.mails] == ["ben@example.org"]
    assert "No test message to anna@example.org" in shown.out


def test_a_test_that_is_refused_says_what_to_do(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a word on the outbox, in which it is not."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", TOKEN)
    with serve_slack() as slack:
        configure(newsroom, slack)
        slack.members.clear()
        shown = newsroom.run("doctor", "--channel", "desk", "--send-test")
    assert shown.code == 1
    assert "desk          NOT WELL: " in shown.out
    assert "A test message was not sent: Slack says not_in_channel" in shown.out
    assert "Invite the bot to the channel." in shown.out
    assert "outbox" not in shown.out


def test_the_app_token_is_tried_too(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong one takes the buttons away and nothing else; the line says so, and never the token."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1-another")
    with serve_slack() as slack:
        configure(newsroom, slack)
        path = newsroom.folder / "monitor.toml"
        path.write_text(path.read_text() + 'app_token_env = "SLACK_APP_TOKEN"\n')
        slack.socket_url = "ws://127.0.0.1:9/link"
        wrong = newsroom.run("doctor", "--channel", "desk")
        monkeypatch.setenv("SLACK_APP_TOKEN", APP_TOKEN)
        right = newsroom.run("doctor", "--channel", "desk")
    assert wrong.code == 1
    assert "NOT WELL: Buttons and /watch do not work: Slack says invalid_auth. Copy the app-level token" in wrong.out
    assert "xapp-1-another" not in wrong.out + wrong.err
    assert right.code == 0
    assert "Slack takes the app token" in right.out


def test_a_secret_that_is_not_there_is_named(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the channel's own line, and the other channels are tried."""
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)
    with serve_slack() as slack:
        configure(newsroom, slack)
        shown = newsroom.run("doctor")
        assert slack.calls == []
    assert shown.code == 1
    assert "desk          NOT WELL: $SLACK_BOT_TOKEN is not there. Set it where the daemon starts." in shown.out
    assert "console       well: the standard output of whoever sends: monitor run, or a worker." in shown.out


def test_the_console_shows_its_test_where_the_lines_are_not(newsroom: Newsroom) -> None:
    """With --json the objects stay alone on standard output."""
    shown = newsroom.run("doctor", "--send-test", "--json")
    assert TEST_HEAD in shown.err
    assert shown.records[-1]["said"].endswith("A test message was taken, written.")


def test_a_channel_that_hangs_costs_the_others_nothing(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its line says so; theirs say what they are."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", TOKEN)
    with serve_slack() as slack:
        configure(newsroom, slack, ["slow"])
        slack.fail("auth.test", Fault("hang"))
        slack.fail("conversations.info", Fault("hang"))
        slack.fail("chat.postMessage", Fault("hang"))
        loaded = load(newsroom.folder, os.environ)
        written: list[str] = []
        found = try_channels(loaded, ["slow", "console"], written.append, sends=True, bound_s=0.5)
        slack.release.set()
    assert [finding.is_well for finding in found] == [False, True]
    assert found[0].said.startswith("it did not answer within 0.5 s.")
    assert len(written) == 1


def test_an_unknown_channel_is_refused_with_those_there_are(newsroom: Newsroom) -> None:
    """A mistyped name must not look like a channel that is well."""
    shown = newsroom.run("doctor", "--channel", "consol")
    assert shown.code == 1
    assert 'there is no channel "consol". Did you mean "console"? The configuration has: console.' in shown.err


def test_a_line_joins_the_parts() -> None:
    """What is missing first, with its remedy, then what works."""
    token = Examined("token", True, "token of News monitor in Port Amber.")
    member = Examined("membership", False, "the bot is not in the channel. /invite it.")
    assert join_examined("desk", [token]).said == "token of News monitor in Port Amber."
    assert join_examined("desk", [token, member]).said == (
        "the bot is not in the channel. /invite it. Well: token of News monitor in Port Amber."
    )
    assert join_examined("desk", []).said == "nothing can be tried without sending: use --send-test."


def test_a_remedy_that_serves_several_parts_is_said_once() -> None:
    """Two addresses that the same server refuses need one thing done."""
    remedy = "Look whether its server can be reached."
    two = [
        Examined("test", False, f"A test message to {one}@x.example was not sent: no answer. {remedy}") for one in "ab"
    ]
    said = join_examined("mail", two).said
    assert said.count(remedy) == 1
    assert said.endswith("A test message to b@x.example was not sent: no answer.")
