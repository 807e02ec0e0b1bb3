"""Ask Slack what works for a channel, without posting anything: for `monitor doctor`.

Effects: network.
"""

from collections.abc import Mapping
from typing import Any

from monitor.channels.base import Examined
from monitor.channels.sample import sample_digest
from monitor.channels.slack_blocks import render_messages
from monitor.channels.slack_elements import compact_json
from monitor.channels.slack_web import SlackWeb
from monitor.channels.wording import name_of
from monitor.errors import ChannelError

_REINSTALL = "Add {} to the bot's scopes at api.slack.com and reinstall the app."
_INVITE = "In Slack, open the channel and /invite the bot."
_NOT_FOUND = "Check `channel` in config/monitor.toml (its id, not its name); to a private channel, /invite the bot."


def examine_slack(web: SlackWeb, channel: str, *, is_interactive: bool) -> list[Examined]:
    """`token`, and where it is taken `scopes`, `membership`, `history` and `blocks`; never raises.

    Five calls at most, none of which posts.
    """
    try:
        answer = web.call("auth.test", {}, as_form=True)
    except ChannelError as error:
        return [Examined("token", False, _said(error))]
    workspace, bot = (name_of(str(answer.data.get(name) or "")) or "?" for name in ("team", "user"))
    about, membership = _membership(web, channel)
    history = _history(web, channel)
    if membership is None:
        # The one scope too few to be told of the channel is enough to see whether it can be read.
        said = "The bot is in the channel." if history.is_well else history.said
        membership = Examined("membership", history.is_well, said)
    return [
        Examined("token", True, f'Slack takes it: bot "{bot}" in the workspace "{workspace}".'),
        _scopes(answer.scopes, channel, about, is_interactive),
        membership,
        history,
        _blocks(web, is_interactive),
    ]


def _membership(web: SlackWeb, channel: str) -> tuple[Mapping[str, Any], Examined | None]:
    """What Slack tells of the channel, and how the bot stands to it; None where the bot may not ask."""
    try:
        about = web.call("conversations.info", {"channel": channel}, as_form=True).data.get("channel") or {}
    except ChannelError as error:
        if error.reason == "missing_scope":
            return {}, None
        remedy = f"{error.what}. {_NOT_FOUND}" if error.reason == "channel_not_found" else _said(error)
        return {}, Examined("membership", False, remedy)
    named = "The direct message" if about.get("is_im") else f"#{name_of(str(about.get('name') or channel))}"
    if about.get("is_archived"):
        words = f"{named} is archived. Unarchive it or name another channel in config/monitor.toml."
        return about, Examined("membership", False, words)
    if not about.get("is_im") and not about.get("is_member"):
        return about, Examined("membership", False, f"The bot is not in {named}. {_INVITE}")
    return about, Examined("membership", True, f"The bot is in {named}.")


def _scopes(scopes: frozenset[str] | None, channel: str, about: Mapping[str, Any], is_interactive: bool) -> Examined:
    if scopes is None:
        return Examined("scopes", True, "Slack does not say which scopes the token has.")
    missing = [] if "chat:write" in scopes else ["`chat:write` (to post)"]
    reading = _reading_scopes(channel, about)
    if not any(one in scopes for one in reading):
        names = " or ".join(f"`{one}`" for one in reading)
        missing.append(f"{names} (to see whether a message arrived before it is sent again)")
    if is_interactive and "commands" not in scopes:
        missing.append("`commands` (for /watch)")
    if missing:
        words = " and ".join(missing)
        return Examined(
            "scopes", False, f"The token lacks {words}. {_REINSTALL.format('them' if len(missing) > 1 else 'it')}"
        )
    return Examined("scopes", True, f"scopes {', '.join(sorted(scopes))}.")


def _reading_scopes(channel: str, about: Mapping[str, Any]) -> list[str]:
    """The scopes of which one is enough to read the channel."""
    if about.get("is_im") or channel.startswith("D"):
        return ["im:history"]
    if about:
        return ["groups:history" if about.get("is_private") else "channels:history"]
    return ["groups:history"] if channel.startswith("G") else ["channels:history", "groups:history"]


def _history(web: SlackWeb, channel: str) -> Examined:
    try:
        web.call("conversations.history", {"channel": channel, "limit": 1}, as_form=True)
    except ChannelError as error:
        remedies = {
            "missing_scope": _REINSTALL.format("`channels:history` and `groups:history`"),
            "not_in_channel": _INVITE,
            "channel_not_found": _NOT_FOUND,
        }
        if error.reason not in remedies:
            return Examined("history", False, _said(error))
        words = f"The bot cannot read the channel ({error.reason}): after a broken line `on_unknown` decides."
        return Examined("history", False, f"{words} {remedies[error.reason]}")
    return Examined("history", True, "What was perhaps sent can be looked for.")


def _blocks(web: SlackWeb, is_interactive: bool) -> Examined:
    blocks = render_messages(sample_digest(), "sample", is_interactive=is_interactive)[0]["blocks"]
    try:
        web.call("blocks.validate", {"blocks": compact_json(blocks)}, as_form=True)
    except ChannelError as error:
        if error.reason == "invalid_blocks":
            return Examined("blocks", False, f"{error.what}. Please report this.")
        # Only what Slack finds wrong is: that it does not look today keeps no digest from anybody.
        return Examined("blocks", True, f"Slack did not check a sample digest ({error.reason}).")
    return Examined("blocks", True, "Slack finds nothing wrong with a sample digest.")


def _said(error: ChannelError) -> str:
    """What happened and its remedy, without the advice that is about one delivery."""
    error.remedy = error.remedy.split(", then: monitor outbox")[0]
    return str(error) if not error.remedy or error.remedy.endswith(".") else f"{error}."
