"""A Slack message in halves, for when Slack finds it too long although we counted, or cannot read a block of it.

Halving goes on until what Slack refuses stands alone: that is told in one line, then in words without blocks, and
only then given up; what stood beside it arrives.

Effects: none.
"""

import json
from typing import Any

from monitor.channels.slack_blocks import more_block
from monitor.channels.slack_elements import (
    TEXT_CHARS_MAX,
    Block,
    Message,
    compact_json,
    divider,
    escape,
    kind_of,
    placed,
    rich,
    section,
    text_of,
)
from monitor.channels.slack_story import find_counts
from monitor.text import shorten

Unit = list[Block]
"""What must stay together: a story with its menu, or a list of lines."""

_CONTINUED = ", continued"


def split_message(body: str) -> tuple[str, ...]:
    """The bodies of two messages that say the same in the same order, or of one that says it more shortly.

    Each carries metadata of its own, so that each can be found by itself. Empty when nothing shorter can be said.
    """
    message = json.loads(body)
    blocks = message.get("blocks") or []
    top = [block for block in blocks if kind_of(block) in "hct"]
    end = [block for block in blocks if kind_of(block) in "fub"]
    more = next((int(block["block_id"].split(":")[1]) for block in blocks if kind_of(block) == "m"), 0)
    units = _units(blocks)
    if len(units) == 1:
        units = _halved(units[0])
    if len(units) > 1:
        half = (len(units) + 1) // 2
        stories = sum(kind_of(unit[0]) in "sl" for unit in units[half:])
        is_root = any(kind_of(block) == "h" for block in top)
        hidden = more + stories if is_root else 0
        first = [*top, *_joined(units[:half]), *([more_block(hidden)] if hidden else []), *end]
        words = _continued(top)
        second = [rich([section([text_of(words, "bold")])], "t"), *_joined(units[half:])]
        return _body(message, first, "1"), _body(message, second, "2", escape(words))
    shorter = _shorter(units[0]) if units else None
    if shorter:
        kept = [more_block(more)] if more else []
        return (_body(message, [*top, *shorter, *kept, *end], "1"),)
    words = _words(units[0][0]) if units else ""
    if not blocks or not words:
        return ()
    text = shorten(f"{_head_words(top)}: {words}", TEXT_CHARS_MAX)
    return (_body(message, [], "1", escape(text + _addresses(units[0][0]))),)


def _units(blocks: list[Block]) -> list[Unit]:
    units: list[Unit] = []
    for block in blocks:
        kind = kind_of(block)
        if kind in "sln":
            units.append([block])
        elif kind == "a" and units:
            units[-1].append(block)
    return units


def _joined(units: list[Unit]) -> list[Block]:
    blocks: list[Block] = []
    for unit in units:
        blocks += [divider(), *unit] if blocks and kind_of(unit[0]) == "s" else unit
    return blocks


def _halved(unit: Unit) -> list[Unit]:
    """A list of lines as two; anything else as it is."""
    (*head, last) = unit[0]["elements"]
    items = last["elements"] if last["type"] == "rich_text_list" else []
    if kind_of(unit[0]) != "n" or len(items) < 2:
        return [unit]
    half = (len(items) + 1) // 2
    name = str(unit[0]["block_id"])
    return [
        [rich([*head, {**last, "elements": items[:half]}], name)],
        [rich([{**last, "elements": items[half:]}], name)],
    ]


def _shorter(unit: Unit) -> Unit | None:
    """A story up to its counts, without its menu; None where it is that already, or is a line."""
    found = find_counts(unit[0]) if kind_of(unit[0]) in "sl" else None
    if found is None:
        return None
    elements, place = found
    said = text_of(str(elements[place]["text"]).partition(", ")[0])
    line = [{"type": "rich_text_section", "elements": [*elements[:place], said]}]
    if len(unit) == 1 and line == unit[0]["elements"]:
        return None
    return [rich(line, "l:" + unit[0]["block_id"].split(":")[1])]


def _body(message: Message, blocks: list[Block], half: str, text: str = "") -> str:
    metadata = message["metadata"]
    payload = metadata["event_payload"]
    made: dict[str, Any] = {
        **message,
        "text": text or message["text"],
        "blocks": placed(blocks),
        "metadata": {**metadata, "event_payload": {**payload, "part": f"{payload['part']}.{half}"}},
    }
    if not blocks:
        del made["blocks"]
    if half != "1":
        made.pop("reply_broadcast", None)
    return compact_json(made)


def _continued(top: list[Block]) -> str:
    words = _head_words(top)
    return words if _CONTINUED in words else words + _CONTINUED


def _head_words(top: list[Block]) -> str:
    for block in top:
        if kind_of(block) == "h":
            return str(block["text"]["text"])
    return " ".join(_words(block) for block in top if kind_of(block) == "t")


def _words(block: Block) -> str:
    """What a block of rich text says, in one line."""
    return " ".join("".join(_strings(block)).split())


def _strings(value: Any) -> list[str]:
    """The texts in the element, in order; a line's end as white space."""
    if isinstance(value.get("elements"), list):
        return [*(text for inner in value["elements"] for text in _strings(inner)), " "]
    return [str(value.get("text") or value.get("fallback") or "")]


def _addresses(block: Block) -> str:
    """The first address in the block, on a line of its own."""
    link = next(iter(_links(block)), "")
    return f"\n{link}" if link else ""


def _links(value: Any) -> list[str]:
    return [value["url"]] if "url" in value else [link for inner in value.get("elements", []) for link in _links(inner)]
