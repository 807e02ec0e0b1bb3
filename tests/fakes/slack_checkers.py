"""Judges of Slack messages that others wrote: Slack's own types as a JSON Schema, the numbers of `slackblocks`, and
the checks of `slack_sdk`. Beside them `slack_limits` knows what all blocks together may be.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from jsonschema import Draft7Validator
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slackblocks import _limits as limits

SCHEMA = Path(__file__).resolve().parent.parent / "data" / "slack" / "blocks.schema.json"

# (type of the object, key in it) to the least and most characters or items.
RANGES: dict[tuple[str, str], tuple[int, int]] = {
    ("mrkdwn", "text"): (limits.TEXT_MIN_LENGTH, limits.TEXT_MAX_LENGTH),
    ("plain_text", "text"): (limits.TEXT_MIN_LENGTH, limits.TEXT_MAX_LENGTH),
    ("text", "text"): (limits.TEXT_MIN_LENGTH, 10_000),
    ("link", "url"): (1, limits.BUTTON_URL_MAX_LENGTH),
    ("actions", "elements"): (1, limits.ACTIONS_ELEMENTS_MAX_ITEMS),
    ("context", "elements"): (1, limits.CONTEXT_ELEMENTS_MAX_ITEMS),
    ("rich_text", "elements"): (1, 10_000),
    ("rich_text_section", "elements"): (1, 10_000),
    ("rich_text_quote", "elements"): (1, 10_000),
    ("rich_text_list", "elements"): (1, 10_000),
    ("overflow", "options"): (limits.OVERFLOW_OPTIONS_MIN_ITEMS, limits.OVERFLOW_OPTIONS_MAX_ITEMS),
    ("overflow", "action_id"): (1, limits.ACTION_ID_MAX_LENGTH),
    ("button", "action_id"): (1, limits.ACTION_ID_MAX_LENGTH),
    ("button", "value"): (1, limits.BUTTON_VALUE_MAX_LENGTH),
}
# Objects without a type of their own, by where they stand: the longest text of each key.
WITHIN: dict[str, dict[str, int]] = {
    "header": {"text": limits.HEADER_TEXT_MAX_LENGTH},
    "button": {"text": limits.BUTTON_TEXT_MAX_LENGTH},
    "confirm": {
        "title": limits.CONFIRMATION_TITLE_MAX_LENGTH,
        "text": limits.CONFIRMATION_TEXT_MAX_LENGTH,
        "confirm": limits.CONFIRMATION_CONFIRM_MAX_LENGTH,
        "deny": limits.CONFIRMATION_DENY_MAX_LENGTH,
    },
    "options": {"text": limits.OPTION_TEXT_MAX_LENGTH, "value": limits.OPTION_VALUE_MAX_LENGTH},
}


def find_faults(message: dict[str, Any]) -> list[str]:
    """What the three find wrong with a message's blocks; none is what is wanted."""
    blocks = message["blocks"]
    faults = list(_beyond_ranges(blocks, ""))
    if len(blocks) > limits.MESSAGE_BLOCKS_MAX_ITEMS:
        faults.append("too many blocks")
    ids = [block["block_id"] for block in blocks]
    if len(set(ids)) != len(ids) or max(map(len, ids)) > limits.BLOCK_ID_MAX_LENGTH:
        faults.append("ids that are alike or too long")
    shapes = [_shape(block) for block in blocks]
    faults += filter(None, (_schema_fault(json.dumps(shape)) for shape in shapes))
    for block, shape in zip(blocks, shapes, strict=True):
        # The library looks at no text within rich text, and takes its time over it.
        is_rich = block["type"] == "rich_text"
        faults += filter(
            None, [_sdk_fault(json.dumps(shape)) if is_rich else _sdk_fault.__wrapped__(json.dumps(block))]
        )
    return faults


def _beyond_ranges(value: Any, within: str) -> Iterator[str]:
    if isinstance(value, list):
        for inner in value:
            yield from _beyond_ranges(inner, within)
        return
    kind = value.get("type", within)
    for key, inner in value.items():
        least, most = RANGES.get((kind, key), (0, 100_000))
        if isinstance(inner, list | str) and not least <= len(inner) <= most:
            yield f"{len(inner)} of {kind}.{key}"
        words = inner["text"] if isinstance(inner, dict) and key != "style" and "text" in inner else inner
        longest = WITHIN.get(within if within in ("confirm", "options") else kind, {}).get(key)
        if longest is not None and isinstance(words, str) and len(words) > longest:
            yield f"{len(words)} in {kind}.{key}"
        if isinstance(inner, dict | list):
            yield from _beyond_ranges(inner, key)


def _shape(value: Any) -> Any:
    """The value without its words and numbers, and with one of each among things alike: what the schema judges."""
    if isinstance(value, dict):
        return {key: inner if key in ("type", "style") else _shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [json.loads(one) for one in dict.fromkeys(json.dumps(_shape(inner)) for inner in value)]
    return value if isinstance(value, bool) else type(value)()


@cache
def _schema_fault(shape: str) -> str:
    """Once for each shape: the schema bounds no text and no number, and it is slow."""
    error = next(_validator().iter_errors([json.loads(shape)]), None)
    return f"schema: {error.json_path}: {error.message[:200]}" if error else ""


@cache
def _sdk_fault(block: str) -> str:
    try:
        for parsed in Block.parse_all([json.loads(block)]):
            parsed.validate_json()
    except SlackObjectFormationError as error:
        return f"slack_sdk: {error}"
    return ""


@cache
def _validator() -> Draft7Validator:
    schema = json.loads(SCHEMA.read_text())
    return Draft7Validator(_by_type(schema, schema["definitions"]))


def _by_type(schema: Any, definitions: dict[str, Any]) -> Any:
    """The same schema, asking by `type` which of several shapes is meant, in place of trying every one."""
    if isinstance(schema, list):
        return [_by_type(one, definitions) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _by_type(inner, definitions) for key, inner in schema.items()}
    kinds = [_kind(one, definitions) for one in made.get("anyOf", [])]
    if not kinds or None in kinds or len(set(kinds)) < len(kinds):
        return made
    cases = [
        {"if": {"properties": {"type": {"const": kind}}}, "then": one}
        for kind, one in zip(kinds, made.pop("anyOf"), strict=True)
    ]
    return {**made, "required": ["type"], "properties": {"type": {"enum": kinds}}, "allOf": cases}


def _kind(schema: dict[str, Any], definitions: dict[str, Any]) -> str | None:
    named = definitions.get(unquote(schema.get("$ref", "")).rsplit("/", 1)[-1], schema)
    kind = named.get("properties", {}).get("type", {}).get("const")
    return kind if isinstance(kind, str) else None
