"""A Slack message that is out, with its stories' counts as they are now.

Effects: none.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from monitor.channels.base import Grown
from monitor.channels.slack_elements import Block, aside, compact_json, date_words, kind_of, placed, text_of
from monitor.channels.slack_story import counts, find_counts
from monitor.model import StoryId


def edit_message(body: str, stories: Mapping[StoryId, Grown], now: datetime) -> str | None:
    """What `chat.update` takes to bring the counts of a message up to date; None where none of them changes.

    `body` is what was posted, or an earlier edit of it. The blocks get other ids than they had, as Slack wants of an
    edit; a line says when the counts were taken. The header and the notification's text stay what was told then, and
    so does the metadata, by which the message can still be found.
    """
    message = json.loads(body)
    blocks: list[Block] = message.get("blocks") or []
    said = [_bring_up(block, stories) for block in blocks if kind_of(block) in ("s", "l")]
    if not any(is_changed for is_changed, _ in said):
        return None
    blocks = [block for block in blocks if kind_of(block) != "u"]
    buttons = next((place for place, block in enumerate(blocks) if kind_of(block) == "b"), len(blocks))
    # The digest's own zone is in no payload; the words in it are read only where Slack shows no date.
    blocks.insert(buttons, aside(f"Counts updated {date_words(now, 'UTC')}", "u"))
    revision = hashlib.sha256(compact_json([words for _, words in said]).encode()).hexdigest()[:8]
    return compact_json(
        {"text": message["text"], "blocks": placed(blocks, f"e{revision}"), "metadata": message["metadata"]}
    )


def _bring_up(block: Block, stories: Mapping[StoryId, Grown]) -> tuple[bool, str]:
    """Put the story's new counts into the block: whether they differ, and what it says now."""
    found = find_counts(block)
    if found is None:
        return False, ""
    elements, place = found
    before = str(elements[place]["text"])
    grown = stories.get(StoryId(int(str(block["block_id"]).split(":")[1])))
    if grown is None:
        return False, before
    numbers = (grown.publisher_count, grown.independent_count, grown.article_count)
    after = counts(*numbers, is_short=kind_of(block) == "l")
    elements[place] = text_of(after)
    return after != before, after
