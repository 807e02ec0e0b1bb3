"""What Slack refuses in a message: the documented limits, as an independent reading of its reference pages."""

from typing import Any

ELEMENTS = {"text", "link", "date", "emoji", "user", "usergroup", "channel", "broadcast", "color"}
CONTAINERS = {"rich_text_section", "rich_text_quote", "rich_text_list", "rich_text_preformatted"}


def find_fault(message: dict[str, Any], blocks_chars_max: int | None = None) -> str | None:
    """Slack's error code for the message, or None when it would be taken."""
    blocks = message.get("blocks") or []
    if not message.get("text") and not blocks:
        return "no_text"
    if len(message.get("text") or "") > 40_000:
        return "msg_too_long"
    if len(blocks) > 50:
        return "invalid_blocks"
    if sum(len(str(block)) for block in blocks) > (blocks_chars_max or 15_000):
        return "msg_blocks_too_long"
    ids = [block.get("block_id") for block in blocks if block.get("block_id")]
    if len(set(ids)) != len(ids) or any(len(one) > 255 for one in ids):
        return "invalid_blocks"
    if not all(_is_good(block) for block in blocks):
        return "invalid_blocks"
    metadata = message.get("metadata")
    if metadata is not None and not (metadata.get("event_type") and isinstance(metadata.get("event_payload"), dict)):
        return "invalid_metadata_format"
    return None


def _is_good(block: dict[str, Any]) -> bool:
    kind = block.get("type")
    if kind == "header":
        text = block.get("text") or {}
        return text.get("type") == "plain_text" and 1 <= len(text.get("text", "")) <= 150
    if kind == "section":
        text = block.get("text") or {}
        return text.get("type") in ("plain_text", "mrkdwn") and 1 <= len(text.get("text", "")) <= 3000
    if kind == "rich_text":
        parts = block.get("elements")
        return isinstance(parts, list) and bool(parts) and all(_is_good_part(part) for part in parts)
    if kind == "context":
        elements = block.get("elements") or []
        return 1 <= len(elements) <= 10 and all(
            one.get("type") == "mrkdwn" and 1 <= len(one["text"]) <= 3000 for one in elements
        )
    if kind == "actions":
        elements = block.get("elements") or []
        return 1 <= len(elements) <= 25 and all(_is_good_action(one) for one in elements)
    return kind == "divider"


def _is_good_action(element: dict[str, Any]) -> bool:
    if not element.get("action_id"):
        return False
    if element.get("type") == "button":
        confirm = element.get("confirm")
        return (
            1 <= len(element["text"]["text"]) <= 75
            and len(element["value"]) <= 2000
            and (confirm is None or (len(confirm["title"]["text"]) <= 100 and len(confirm["text"]["text"]) <= 300))
        )
    options = element.get("options") or []
    return (
        element.get("type") == "overflow"
        and 1 <= len(options) <= 5
        and all(1 <= len(one["text"]["text"]) <= 75 and len(one["value"]) <= 150 for one in options)
    )


def _is_good_part(part: dict[str, Any]) -> bool:
    if part.get("type") not in CONTAINERS:
        return False
    elements = part.get("elements")
    check = _is_good_part if part["type"] == "rich_text_list" else _is_good_element
    return isinstance(elements, list) and bool(elements) and all(check(one) for one in elements)


def _is_good_element(element: dict[str, Any]) -> bool:
    kind = element.get("type")
    if kind not in ELEMENTS:
        return False
    if kind == "text":
        return isinstance(element.get("text"), str) and element["text"] != ""
    if kind == "link":
        url = element.get("url", "")
        return url.startswith(("http://", "https://")) and len(url) <= 3000 and element.get("text") != ""
    if kind == "date":
        return isinstance(element.get("timestamp"), int) and bool(element.get("format"))
    return True
