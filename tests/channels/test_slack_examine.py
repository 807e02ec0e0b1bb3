"""What `monitor doctor` learns of a Slack channel, and that asking posts nothing."""

from collections.abc import Iterator

import pytest

from monitor.channels.base import Examined
from monitor.channels.slack import SlackChannel
from tests.fakes.slack import CHANNEL, TOKEN, FakeSlack, Fault, serve_slack


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    """A workspace of its own for each test."""
    with serve_slack() as fake:
        yield fake


def examine(slack: FakeSlack, channel: str = CHANNEL, *, interactive: bool = True) -> dict[str, Examined]:
    """What is said of each part."""
    found = SlackChannel("desk", channel, TOKEN, slack.url, timeout_s=5, interactive=interactive).examine()
    assert not slack.calls_of("chat.postMessage")
    assert TOKEN not in repr(found)
    return {one.part: one for one in found}


def test_a_channel_that_works(slack: FakeSlack) -> None:
    """Every part is well and says what it is."""
    found = examine(slack)
    assert {part: (one.is_well, one.said) for part, one in found.items()} == {
        "token": (True, 'Slack takes it: bot "news-monitor" in the workspace "Port Amber".'),
        "scopes": (True, "scopes channels:history, channels:read, chat:write, commands, groups:history, groups:read."),
        "membership": (True, "The bot is in #port-amber."),
        "history": (True, "What was perhaps sent can be looked for."),
        "blocks": (True, "Slack finds nothing wrong with a sample digest."),
    }


def test_a_token_that_is_refused_is_all_there_is_to_say(slack: FakeSlack) -> None:
    """One call, one remedy, nothing about a delivery."""
    slack.token = "xoxb-another"
    (token,) = examine(slack).values()
    assert not token.is_well
    assert token.said == (
        "Slack says invalid_auth, and will again. Copy the bot token from the app's page at api.slack.com into the "
        "variable or file that holds it."
    )
    assert len(slack.calls) == 1


def test_missing_scopes_are_named_with_their_use(slack: FakeSlack) -> None:
    """What posts, what looks, what listens; the last only where buttons are wanted."""
    slack.scopes = "channels:read"
    assert examine(slack)["scopes"].said == (
        "The token lacks `chat:write` (to post) and `channels:history` (to see whether a message arrived before it is "
        "sent again) and `commands` (for /watch). Add them to the bot's scopes at api.slack.com and reinstall the app."
    )
    slack.scopes = "chat:write,channels:history"
    assert examine(slack, interactive=False)["scopes"].is_well
    slack.about[CHANNEL]["is_private"] = True
    assert "groups:history" in examine(slack, interactive=False)["scopes"].said
    slack.scopes = None
    assert examine(slack)["scopes"].is_well


def test_where_the_bot_is_not(slack: FakeSlack) -> None:
    """Not a member, archived, not there: each with what to do in Slack."""
    slack.members.clear()
    found = examine(slack)
    assert found["membership"].said == (
        "The bot is not in #port-amber. In Slack, open the channel and /invite the bot."
    )
    assert found["history"].said.startswith("The bot cannot read the channel (not_in_channel)")
    slack.about[CHANNEL]["is_archived"] = True
    assert "is archived. Unarchive it" in examine(slack)["membership"].said
    gone = examine(slack, "C0NOWHERE")["membership"]
    assert (gone.is_well, gone.said.split(". ")[1]) == (
        False,
        "Check `channel` in config/monitor.toml (its id, not its name); to a private channel, /invite the bot.",
    )


def test_a_direct_message_needs_no_invitation(slack: FakeSlack) -> None:
    """Its history has a scope of its own."""
    slack.members.add("D0123456789")
    slack.messages["D0123456789"] = []
    slack.about["D0123456789"] = {"is_im": True, "is_member": None}
    found = examine(slack, "D0123456789")
    assert found["membership"].said == "The bot is in The direct message." or found["membership"].is_well
    assert "im:history" in found["scopes"].said


def test_membership_shows_without_the_scope_to_ask_for_it(slack: FakeSlack) -> None:
    """Who can read the channel is in it."""
    slack.fail("conversations.info", Fault("code", code="missing_scope"), Fault("code", code="missing_scope"))
    assert examine(slack)["membership"] == Examined("membership", True, "The bot is in the channel.")
    slack.members.clear()
    assert not examine(slack)["membership"].is_well


def test_what_slack_says_of_the_blocks(slack: FakeSlack) -> None:
    """A fault is passed on with its place; not looking today is no fault."""
    bad = {"errors": [{"pointer": "/0/text", "message": "too\nlong"}]}
    slack.fail("blocks.validate", Fault("code", code="invalid_blocks", extra=bad), Fault("rate"), Fault("drop"))
    assert examine(slack)["blocks"] == Examined(
        "blocks", False, "Slack says invalid_blocks, and will again (/0/text: too long). Please report this."
    )
    assert [examine(slack)["blocks"].said for _ in range(2)] == [
        "Slack did not check a sample digest (rate_limited).",
        "Slack did not check a sample digest (dropped).",
    ]


@pytest.mark.parametrize("method", ["auth.test", "conversations.info", "conversations.history", "blocks.validate"])
@pytest.mark.parametrize("kind", ["drop", "short", "html", "not_object", "rate"])
def test_it_never_raises(slack: FakeSlack, method: str, kind: str) -> None:
    """Whatever breaks is said; an answer that never came is not taken for a good one."""
    slack.fail(method, Fault(kind))  # type: ignore[arg-type]  # each is one of the fake's kinds
    found = examine(slack)
    assert all(one.said.endswith(".") for one in found.values())
    assert method == "blocks.validate" or not all(one.is_well for one in found.values())


def test_accounts_differ_by_where_the_token_comes_from() -> None:
    """Two apps are two accounts, two channels of one app are one; nothing of the token is in it."""
    names = [
        SlackChannel(name, CHANNEL, TOKEN, token_origin=origin).account
        for name, origin in (("a", "$ONE"), ("b", "$ONE"), ("c", "$TWO"))
    ]
    assert names == ["slack https://slack.com/api/ $ONE"] * 2 + ["slack https://slack.com/api/ $TWO"]
