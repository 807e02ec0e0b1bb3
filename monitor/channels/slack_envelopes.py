"""What Slack hands over its socket, read as what a person asks; whatever has another shape is nobody's question.

Effects: none.
"""

from collections.abc import Mapping

from msgspec import Struct

from monitor.channels.asked import Asked, AskedKind

TEXT_CHARS_MAX = 20_000
"""Of what was typed behind a command: more than Slack lets anybody type."""


class Envelope(Struct, frozen=True):
    """A question with the address that its answer goes to."""

    asked: Asked
    answer_url: str
    """Good for half an hour and five answers; whoever has it may answer, so it is shown nowhere."""
    is_in_answer: bool
    """Whether the click was in an earlier answer of ours, which the next one takes the place of."""


def read_envelope(kind: str, payload: Mapping[str, object]) -> Envelope | None:
    """The question in an envelope; None for anything that asks nothing of us."""
    if kind == "slash_commands":
        return _read_command(payload)
    if kind == "interactive" and payload.get("type") == "block_actions":
        return _read_click(payload)
    return None


def _read_command(payload: Mapping[str, object]) -> Envelope | None:
    place, user, url = (_text(payload, key) for key in ("channel_id", "user_id", "response_url"))
    if not (place and user and url):
        return None
    text = _text(payload, "text")[:TEXT_CHARS_MAX]
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):  # Slack writes these three, once
        text = text.replace(entity, sign)
    return Envelope(Asked(AskedKind.COMMAND, place, f"slack:{user}", text), url, is_in_answer=False)


def _read_click(payload: Mapping[str, object]) -> Envelope | None:
    actions = payload.get("actions")
    action = actions[0] if isinstance(actions, list) and actions else None
    if not isinstance(action, Mapping):
        return None
    chosen = _table(action, "selected_option")
    value = _text(chosen or action, "value")
    container = _table(payload, "container")
    place = _text(_table(payload, "channel"), "id") or _text(container, "channel_id")
    user, url = _text(_table(payload, "user"), "id"), _text(payload, "response_url")
    if not (value and place and user and url):
        return None  # a link's button, say, which Slack reports too
    asked = Asked(AskedKind.CLICK, place, f"slack:{user}", value[:TEXT_CHARS_MAX])
    return Envelope(asked, url, is_in_answer=container.get("is_ephemeral") is True)


def _text(table: Mapping[str, object], key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""


def _table(table: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = table.get(key)
    return value if isinstance(value, Mapping) else {}
