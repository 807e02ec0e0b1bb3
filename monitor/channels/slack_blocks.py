"""A digest as Slack messages: one that reads by itself, and thread parts for what does not fit.

Feed text stands in `rich_text` elements only, which Slack shows literally: it can never mention, link or format. The
one exception is the notification text, where Slack's three control characters are escaped. Slack's limits are kept by
counting before anything is sent, and no story is ever dropped: what does not fit a message goes into the next.

Effects: none.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from monitor.channels.wording import (
    FOLDED_HEAD,
    FOLLOW_UPS_HEAD,
    Line,
    clean_title,
    count_line,
    folded_lines,
    follow_up_groups,
    header_line,
    headline_lines,
    heartbeat_line,
    host_of,
    kind_words,
    link_of,
    local_time,
    mark_words,
    more_line,
    name_of,
    other_outlets,
    snippet_pieces,
    subject_line,
    title_of,
    topic_name,
    troubles_line,
    why_terms,
)
from monitor.model import Digest, DigestStory, Note
from monitor.text import plural, shorten

Block = dict[str, Any]
Element = dict[str, Any]

EVENT_TYPE = "news_monitor_digest"
BLOCKS_MAX = 46  # Slack takes 50; the room is for what a later version adds to a message already told
BLOCKS_CHARS_MAX = 10_000  # of compact JSON: Slack's own limit is undocumented, refusals were seen from 11,300 on
STORIES_MAX = 8  # in one message: more are not read
LINES_MAX = 15  # compact stories in one thread part
HEADER_CHARS_MAX = 150  # Slack's limit
TEXT_CHARS_MAX = 1_500  # of the notification text; phones show two lines, screen readers read all
LEADS_IN_TEXT = 3
_STORY_EXTRA_CHARS = 60  # around a story's block: its divider, the numbers in front of both ids
_FRAME_CHARS_MAX = 3_500  # of what stands around the stories of a message: header, intro, the longest last block


def render_messages(digest: Digest, key: str) -> list[dict[str, Any]]:
    """The messages of a digest in order, the first the thread's root; pure, never empty, no channel and no token.

    Each carries `metadata` with the key and its part, by which it can be found again.
    """
    shown, left = _fit_first(digest)
    lines = [_compact(story, digest.timezone) for story in digest.overflow]
    hidden = len(left) + len(digest.overflow)
    blocks = [_header(digest), _intro(digest), *_divided(shown)]
    beside, foot = _beside(digest), _foot(digest, hidden)
    fits = size_of([*blocks, *beside, *foot]) + len(beside) * _STORY_EXTRA_CHARS <= BLOCKS_CHARS_MAX
    if fits and len(blocks) + len(beside) + len(foot) <= BLOCKS_MAX:
        blocks, beside = blocks + beside, []
    blocks += foot
    follow = _follow_parts([*(_fit_story(story, digest.timezone) for story in left), *lines, *beside])
    messages = [_message(_first_text(digest), blocks, key, 1)]
    for part, content in enumerate(follow, 2):
        words = f"{topic_name(digest)}, continued ({part} of {len(follow) + 1})"
        body = [_rich([_section([_text(words, bold=True)])], "head"), *content]
        messages.append(_message(escape(words), body, key, part))
    return messages


def escape(text: str) -> str:
    """Text for a field in which Slack reads markup: exactly its three control characters, once."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def size_of(blocks: list[Block]) -> int:
    """Characters of the blocks as compact JSON."""
    return len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":")))


def _message(text: str, blocks: list[Block], key: str, part: int) -> dict[str, Any]:
    numbered = [{**block, "block_id": f"{number}:{block['block_id']}"} for number, block in enumerate(blocks, 1)]
    return {
        "text": text,
        "blocks": numbered,
        "metadata": {"event_type": EVENT_TYPE, "event_payload": {"key": key, "part": part}},
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _fit_first(digest: Digest) -> tuple[list[Block], tuple[DigestStory, ...]]:
    """Blocks of the stories the first message has room for, and the stories that have to follow."""
    frame = [_header(digest), _intro(digest), *_foot(digest, digest.story_count)]
    room = BLOCKS_CHARS_MAX - size_of(frame) - _STORY_EXTRA_CHARS
    blocks: list[Block] = []
    for count, story in enumerate(digest.stories):
        block = _fit_story(story, digest.timezone)
        room -= size_of([block]) + _STORY_EXTRA_CHARS
        if count == STORIES_MAX or (room < 0 and blocks):
            return blocks, digest.stories[count:]
        blocks.append(block)
    return blocks, ()


def _beside(digest: Digest) -> list[Block]:
    """What stands beside the stories: more on what was told before, and what was folded; a block for each line."""
    blocks: list[Block] = []
    for told_title, lines in follow_up_groups(digest):
        head = [_text(f"{FOLLOW_UPS_HEAD}: ", bold=True), _text(told_title)] if told_title else []
        blocks += _lines(head or [_text(FOLLOW_UPS_HEAD, bold=True)], lines, f"u{len(blocks)}.")
    if digest.follow_ups_more:
        blocks.append(_rich([_section([_text(f"… {more_line(digest.follow_ups_more)}")])], "n:more"))
    blocks += _lines([_text(FOLDED_HEAD, bold=True)], folded_lines(digest), "f")
    if digest.folded_more:
        blocks.append(_rich([_section([_text(f"… {more_line(digest.folded_more)}")])], "n:folded"))
    return blocks


def _lines(head: list[Element], lines: list[Line], name: str) -> list[Block]:
    """A block for each line, the head in front of the first."""
    blocks = []
    for number, line in enumerate(lines):
        after = [_text(f" – {line.after}")] if line.after else []
        elements = [*(() if number else (*head, _text("\n"))), _text("• "), _link(line.url, line.title), *after]
        blocks.append(_rich([_section(elements)], f"n:{name}{number}"))
    return blocks


def _follow_parts(units: list[Block]) -> list[list[Block]]:
    parts: list[list[Block]] = []
    room, full, compact = 0, 0, 0
    for unit in units:
        is_line = str(unit["block_id"]).startswith(("l:", "n:"))
        size = size_of([unit]) + _STORY_EXTRA_CHARS
        crowded = compact + is_line > LINES_MAX or full + (not is_line) > STORIES_MAX
        if not parts or size > room or crowded:
            parts.append([])
            room, full, compact = BLOCKS_CHARS_MAX - 1_000, 0, 0  # 1,000 for the part's head
        parts[-1].append(unit)
        room, full, compact = room - size, full + (not is_line), compact + is_line
    return parts


def _divided(blocks: list[Block]) -> Iterator[Block]:
    for number, block in enumerate(blocks):
        if number:
            yield {"type": "divider", "block_id": "divider"}
        yield block


def _header(digest: Digest) -> Block:
    words = shorten(header_line(digest), HEADER_CHARS_MAX)
    # emoji false: a feed's or topic's ":name:" stays what it is.
    return {
        "type": "header",
        "block_id": "header",
        "text": {"type": "plain_text", "text": words, "emoji": False},
    }


def _intro(digest: Digest) -> Block:
    if not digest.story_count:
        return _rich([_section([_text(heartbeat_line(digest))])], "intro")
    elements = [_text(f"{kind_words(digest)} "), _date(digest.window_start, digest.timezone)]
    if digest.feed_count:
        elements.append(_text(f" · {plural(digest.feed_count, 'feed', 'feeds')}"))
    return _rich([_section(elements)], "intro")


def _foot(digest: Digest, hidden: int) -> list[Block]:
    sections = []
    if hidden:
        sections.append(_section([_text(f"… {more_line(hidden)}", bold=True), _text(" in this thread")]))
    if digest.troubles:
        sections.append(_section([_text(shorten(troubles_line(digest), 1_000))]))
    if digest.next_at:
        sections.append(_section([_text("Next digest "), _date(digest.next_at, digest.timezone)]))
    return [_rich(sections, "foot")] if sections else []


def _fit_story(story: DigestStory, timezone: str) -> Block:
    """A story in full; without its other links, or as one line, where its addresses alone fill a message."""
    room = BLOCKS_CHARS_MAX - _FRAME_CHARS_MAX
    for block in (_full(story, timezone), _full(story, timezone, links=False)):
        if size_of([block]) <= room:
            return block
    return _compact(story, timezone)


def _full(story: DigestStory, timezone: str, *, links: bool = True) -> Block:
    head = [*_titled(story), _text("\n" + _origin(story))]
    if story.lead.published_at:
        head += [_text(" · "), _date(story.lead.published_at, timezone)]
    head.append(_text(f" · {count_line(story)}"))
    parts: list[Element] = [_section(head)]
    pieces = [_text(piece, bold=marked) for piece, marked in snippet_pieces(story)]
    if pieces:
        parts.append({"type": "rich_text_quote", "elements": pieces})
    tail = [*_others(story, links), *_why(story)]
    if tail:
        parts.append(_section(tail))
    for line in headline_lines(story):
        after = [_text(f" – {line.after}")] if line.after else []
        parts.append(_section([_text("• "), _link(line.url if links else "", line.title), *after]))
    return _rich(parts, f"s:{story.story_id}")


def _compact(story: DigestStory, timezone: str) -> Block:
    elements = [*_titled(story), _text(f" – {_origin(story)}")]
    if story.lead.published_at:
        elements += [_text(" · "), _date(story.lead.published_at, timezone)]
    elements.append(_text(f" · {plural(story.publisher_count, 'publisher', 'publishers')}"))
    return _rich([_section(elements)], f"l:{story.story_id}")


def _titled(story: DigestStory) -> list[Element]:
    marks = mark_words(story.marks)
    title = _link(link_of(story.lead.url), title_of(story), bold=True)
    return [_text(f"{marks}  ", bold=True), title] if marks else [title]


def _origin(story: DigestStory) -> str:
    # The host is shown because an outlet's name is the feed's own word, and where the link leads is not.
    parts = (name_of(story.lead.outlet), host_of(story.lead.url))
    return " · ".join(part for part in parts if part) or "unnamed outlet"


def _others(story: DigestStory, links: bool) -> list[Element]:
    elements: list[Element] = []
    for number, (outlet, url) in enumerate(other_outlets(story)):
        elements += [_text(", " if number else "Also: "), _link(url if links else "", outlet)]
    if story.others_more:
        elements.append(_text(f" +{story.others_more:,}" if elements else f"+{story.others_more:,} other outlets"))
    return elements + ([_text("\n")] if elements and story.why else [])


def _why(story: DigestStory) -> list[Element]:
    terms = ", ".join(why_terms(story))
    return [_text(f"Why: {terms}")] if terms else []


def render_note_message(note: Note, key: str) -> dict[str, Any]:
    """A note as one message; pure, no channel and no token."""
    sections = [_section([_text(shorten(note.head, 1_000), bold=True)])]
    for one in note.lines[:LINES_MAX]:
        after = [_text(f" – {name_of(one.after)}")] if one.after else []
        sections.append(_section([_text("• "), _link(link_of(one.url), clean_title(one.title)), *after]))
    more = note.more + max(0, len(note.lines) - LINES_MAX)
    if more:
        sections.append(_section([_text(f"… {more_line(more)}")]))
    if note.remedy:
        sections.append(_section([_text(shorten(note.remedy, 1_000))]))
    text = escape(shorten(note.head, TEXT_CHARS_MAX // 2))
    return _message(text, [_rich(sections, "note")], key, 1)


def _first_text(digest: Digest) -> str:
    """What a phone's notification and a screen reader say: whole by itself."""
    if not digest.story_count:
        return escape(f"{header_line(digest)}. {heartbeat_line(digest)}")
    line = subject_line(digest)
    if line != header_line(digest):
        return escape(shorten(line, TEXT_CHARS_MAX // 2))
    stories = (digest.stories + digest.overflow)[:LEADS_IN_TEXT]
    titles = [": ".join(part for part in (mark_words(story.marks), title_of(story)) if part) for story in stories]
    rest = digest.story_count - len(titles)
    words = f"{line}. {'; '.join(titles)}{'; ' + more_line(rest) if rest else ''}"
    # Cut before it is escaped: an entity cut in two would show, and at worst a character becomes five.
    return escape(shorten(words, TEXT_CHARS_MAX // 2))


def _rich(elements: list[Element], block_id: str) -> Block:
    return {"type": "rich_text", "block_id": block_id, "elements": elements}


def _section(elements: list[Element]) -> Element:
    return {"type": "rich_text_section", "elements": _joined(elements)}


def _joined(elements: list[Element]) -> list[Element]:
    """The same elements with plain texts side by side made one: every element costs as much as a short word."""
    joined: list[Element] = []
    for element in elements:
        if joined and _is_plain(joined[-1]) and _is_plain(element):
            joined[-1] = _text(joined[-1]["text"] + element["text"])
        else:
            joined.append(element)
    return joined


def _is_plain(element: Element) -> bool:
    return element["type"] == "text" and "style" not in element


def _text(text: str, *, bold: bool = False) -> Element:
    element: Element = {"type": "text", "text": text}
    if bold:
        element["style"] = {"bold": True}
    return element


def _link(url: str, text: str, *, bold: bool = False) -> Element:
    if not url:
        return _text(text, bold=bold)
    element: Element = {"type": "link", "url": url, "text": text}
    if bold:
        element["style"] = {"bold": True}
    return element


def _date(when: datetime, timezone: str) -> Element:
    """A time that Slack shows in each reader's own zone."""
    return {
        "type": "date",
        "timestamp": int(when.timestamp()),
        "format": "{date_short_pretty} {time}",
        "fallback": local_time(when, timezone),
    }
