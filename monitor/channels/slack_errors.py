"""What Slack's refusals mean: was the message sent, may we try again, what can a person do.

Every code that is not listed is unknown: Slack adds codes without notice, and a guess would be a message told twice.

Effects: none.
"""

from msgspec import Struct

from monitor.errors import RefusalScope, SendOutcome

RATE_CODES = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
"""Not executed; Slack asks for time."""

RETRYABLE_CODES = frozenset(
    {"service_unavailable", "request_timeout", "team_added_to_org", "external_channel_migrating", "update_failed"}
)
"""Not executed; later it will be."""

THREAD_LOST_CODES = frozenset(
    {
        "cannot_reply_to_message",
        "message_not_found",
        "restricted_action_non_threadable_channel",
        "restricted_action_thread_locked",
        "thread_not_found",
    }
)
"""Not executed, because the thread takes no reply: the same words can stand in the channel itself."""

EDIT_LOST_CODES = frozenset(
    {
        "block_mismatch",
        "cant_update_message",
        "edit_window_closed",
        "message_not_found",
        "streaming_state_conflict",
    }
)
"""The message that is out stays as it is: its counts were right when it was told, so nobody has to act."""

CANNOT_ASK_CODES = frozenset(
    {
        "method_not_supported_for_channel_type",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "not_in_channel",
    }
)
"""Said to a question: the bot may post, perhaps, but never read what stands there."""

CREDENTIAL_CODES = frozenset(
    {
        "access_denied",
        "accesslimited",
        "account_inactive",
        "invalid_auth",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
    }
)
"""The token will not do, for any channel of the workspace."""

_INVITE = "Invite the bot to the channel, then: monitor outbox retry {id}"
_CHANNEL = (
    "Check `channel` in config/monitor.toml (its id, not its name), invite the bot to it, "
    "then: monitor outbox retry {id}"
)
_RENEW = (
    "Copy the bot token from the app's page at api.slack.com into the variable or file that holds it, "
    "then: monitor outbox retry {id}"
)
_REPORT = "Please report this with the digest's text; then: monitor outbox drop {id}"
_ADMIN = "Ask an administrator of the workspace to let the app post there, then: monitor outbox retry {id}"

_REMEDIES = {
    "channel_not_found": _CHANNEL,
    "not_in_channel": _INVITE,
    "is_archived": "Unarchive the channel or name another in config/monitor.toml, then: monitor outbox retry {id}",
    "is_inactive": "Name an active channel in config/monitor.toml, then: monitor outbox retry {id}",
    "messages_tab_disabled": "Switch on the app's messages tab at api.slack.com, then: monitor outbox retry {id}",
    "team_not_found": _RENEW,
    "ekm_access_denied": _ADMIN,
    "missing_scope": "Add the scope named at api.slack.com, reinstall the app, then: monitor outbox retry {id}",
    "org_login_required": _ADMIN,
    "no_permission": _ADMIN,
    "team_access_not_granted": _ADMIN,
    "msg_blocks_too_long": _REPORT,
    "msg_too_long": _REPORT,
    "invalid_blocks": _REPORT,
    "invalid_blocks_format": _REPORT,
    "too_many_attachments": _REPORT,
    "metadata_too_large": _REPORT,
    "no_text": _REPORT,
    "markdown_text_conflict": _REPORT,
    "invalid_arguments": _REPORT,
}
_SCOPES = {
    **dict.fromkeys(
        (
            "channel_not_found",
            "not_in_channel",
            "is_archived",
            "is_inactive",
            "messages_tab_disabled",
            "team_not_found",
            "ekm_access_denied",
            "restricted_action",
            "slack_connect_",
        ),
        RefusalScope.CHANNEL,
    ),
    # A block that Slack cannot read is found like one too many: by halving, until it stands alone.
    **dict.fromkeys(
        ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"), RefusalScope.SIZE
    ),
}
"""What more than the one message is refused, or only its length."""
_PREFIXES = {"restricted_action": _ADMIN, "slack_connect_": _ADMIN, "invalid_metadata_": _REPORT}


class Refusal(Struct, frozen=True):
    """What one of Slack's error codes comes to."""

    outcome: SendOutcome
    remedy: str = ""
    """With `{id}` where the delivery's number goes."""
    is_rate: bool = False
    scope: RefusalScope = RefusalScope.MESSAGE


def read_refusal(code: str) -> Refusal:
    """What the code of an `ok: false` answer means for the message that was being sent."""
    if code in RATE_CODES:
        return Refusal(SendOutcome.RETRYABLE, is_rate=True)
    if code in RETRYABLE_CODES:
        return Refusal(SendOutcome.RETRYABLE)
    if code in CREDENTIAL_CODES:
        return Refusal(SendOutcome.REFUSED, _REMEDIES.get(code, _RENEW), scope=RefusalScope.ACCOUNT)
    if code in _REMEDIES:
        return Refusal(SendOutcome.REFUSED, _REMEDIES[code], scope=_SCOPES.get(code, RefusalScope.MESSAGE))
    if code in EDIT_LOST_CODES:
        return Refusal(SendOutcome.REFUSED)
    if code in THREAD_LOST_CODES:
        return Refusal(SendOutcome.REFUSED, _ADMIN)
    for prefix, remedy in _PREFIXES.items():
        if code.startswith(prefix):
            return Refusal(SendOutcome.REFUSED, remedy, scope=_SCOPES.get(prefix, RefusalScope.MESSAGE))
    # fatal_error and internal_error among them: Slack says some of it may have succeeded.
    return Refusal(SendOutcome.UNKNOWN)
